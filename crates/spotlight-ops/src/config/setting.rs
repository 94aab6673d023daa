//! What a setting became, and where that came from.

use std::{fmt, path::PathBuf};

use spotlight_derive::RedactedDebug;

use super::Variable;

/// Where a value came from. Later ones here win over earlier ones.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The settings file.
    File(PathBuf),
    /// The encrypted credentials.
    Credentials(PathBuf),
    /// A variable of the environment, under this name.
    Environment(String),
    /// A file that the variable of this name names.
    SecretFile(String, PathBuf),
    /// The command line.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Credentials(path) => write!(f, "credentials in {}", path.display()),
            Self::Environment(name) => write!(f, "environment, {name}"),
            Self::SecretFile(name, path) => write!(f, "{name}, {}", path.display()),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

/// A setting as it may be shown.
#[derive(RedactedDebug, Clone)]
pub struct Setting {
    /// Which one.
    pub variable: &'static Variable,
    /// The value; of a secret, that there is one. `None` when nothing is set.
    pub shown: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}
