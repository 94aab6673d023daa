//! A new migration file is picked up without a change to any source file.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
