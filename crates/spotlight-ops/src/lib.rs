//! The deployment guide as code: what a running deployment of Spotlight needs beside its requests.
//!
//! - [`config`]: every setting, where it came from, and all that is wrong with it at once;
//! - [`credentials`]: settings in a file that is encrypted, and can be committed;
//! - [`doctor`]: what a look at a running deployment finds, and what to do about it;
//! - [`health`]: checks of what the core knows nothing of;
//! - [`metrics`]: figures of the process, and what is rendered from all of them;
//! - [`profile`](mod@profile): where a running process spends its time and its memory;
//! - [`wiring`]: which adapter stands behind which port, by the settings;
//! - [`telemetry`]: log lines for people or for programs;
//! - [`server`]: a process that serves requests, works on jobs, or both, until it is told to stop.
//!
//! The program `spotlight` is a thin face on this library ([`command`]).
//!
//! # How to add …
//!
//! - a setting: a [`Variable`](config::Variable) in its file of `config/sections/`, and the line that reads it; then
//!   `spotlight config reference > docs/configuration.md`;
//! - a command: a file in `command/`.

pub mod command;
pub mod config;
pub mod credentials;
pub mod doctor;
pub mod health;
mod hex;
pub mod metrics;
#[cfg(unix)]
pub mod profile;
pub mod server;
pub mod telemetry;
mod tls;
pub mod wiring;
