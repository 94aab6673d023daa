//! The command `spotlight`, run as its users run it.

mod guide;
mod lifecycle;
mod logs;
mod process;
mod processes;
mod profile;
mod settings;
mod tls;
