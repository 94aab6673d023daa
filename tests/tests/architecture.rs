//! The arrows between crates, read from `cargo metadata`.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

/// What each crate may use of ours. A crate that is not listed here fails the test.
const ALLOWED: &[(&str, &[&str])] = &[
    ("spotlight-core", &[]),
    ("spotlight-storage", &["spotlight-core"]),
    ("spotlight-http", &["spotlight-core"]),
    ("spotlight-http-axum", &["spotlight-core", "spotlight-http"]),
    ("spotlight-examples", &["spotlight-core", "spotlight-storage", "spotlight-http", "spotlight-http-axum"]),
    (
        "spotlight-benches",
        &["spotlight-core", "spotlight-storage", "spotlight-http", "spotlight-http-axum", "spotlight-tests"],
    ),
    ("spotlight-tests", &["spotlight-core", "spotlight-storage", "spotlight-http", "spotlight-http-axum"]),
];

/// Technologies that must not reach a crate, and the crates they must not reach.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("sqlx", &["spotlight-core", "spotlight-http", "spotlight-http-axum"]),
    ("redis", &["spotlight-core", "spotlight-http", "spotlight-http-axum"]),
    ("axum", &["spotlight-core", "spotlight-storage", "spotlight-http"]),
    ("actix-web", &["spotlight-core", "spotlight-storage", "spotlight-http", "spotlight-http-axum"]),
    ("hyper", &["spotlight-core", "spotlight-storage", "spotlight-http"]),
    ("reqwest", &["spotlight-core", "spotlight-storage", "spotlight-http-axum"]),
    (
        "openssl-sys",
        &["spotlight-core", "spotlight-storage", "spotlight-http", "spotlight-http-axum", "spotlight-examples"],
    ),
    (
        "aws-lc-sys",
        &["spotlight-core", "spotlight-storage", "spotlight-http", "spotlight-http-axum", "spotlight-examples"],
    ),
];

/// Normal and build dependencies of each of our crates, features that are off by default included.
fn packages() -> BTreeMap<String, Vec<(String, bool)>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "cargo metadata failed");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let name = package["name"].as_str().expect("name").to_owned();
            let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
            let normal = dependencies
                .filter(|dependency| dependency["kind"] != "dev")
                .map(|dependency| {
                    let name = dependency["name"].as_str().expect("name").to_owned();
                    (name, dependency["optional"].as_bool().unwrap_or_default())
                })
                .collect();
            (name, normal)
        })
        .collect()
}

#[test]
fn our_crates_depend_only_along_the_arrows() {
    let packages = packages();
    assert!(packages.len() >= ALLOWED.len(), "the workspace has fewer crates than the rules name");
    for (name, dependencies) in &packages {
        let allowed = ALLOWED.iter().find(|(known, _)| known == name);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{name} has no rule here; decide what it may depend on"));
        for (dependency, _) in dependencies.iter().filter(|(dependency, _)| dependency.starts_with("spotlight-")) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn no_technology_reaches_a_crate_it_must_not() {
    let packages = packages();
    for (technology, crates) in FORBIDDEN {
        for name in *crates {
            let dependencies = packages.get(*name).unwrap_or_else(|| panic!("{name} is not in the workspace"));
            // The black-box suite of the contract is a client, behind a feature that no server turns on.
            let found = dependencies.iter().any(|(dependency, optional)| dependency == technology && !optional);
            assert!(!found, "{name} must not depend on {technology}");
        }
    }
}

/// What a normal build of a crate pulls in, all the way down.
fn tree(package: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--prefix", "none", "--edges", "normal", "--package", package])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo tree runs");
    assert!(output.status.success(), "cargo tree failed: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo tree prints text")
}

#[test]
fn core_stays_free_of_technologies_all_the_way_down() {
    let tree = tree("spotlight-core");
    assert!(tree.starts_with("spotlight-core"), "an unexpected tree:\n{tree}");
    for technology in ["sqlx", "redis", "axum", "hyper", "reqwest", "rustls", "libsqlite3-sys", "openssl"] {
        let found = tree.lines().any(|line| line.split(' ').next().is_some_and(|name| name.starts_with(technology)));
        assert!(!found, "spotlight-core pulls in {technology}");
    }
}
