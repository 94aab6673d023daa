//! The command `spotlight`, run as its users run it.

mod guide;
mod lifecycle;
mod process;
mod processes;
mod settings;
