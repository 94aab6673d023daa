//! What kind of deployment this is.

use std::{fmt, str::FromStr};

/// What kind of deployment this is. It decides what must be set, and what is on without being named.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine: starts with nothing set.
    #[default]
    Development,
    /// A run of tests: as development.
    Test,
    /// As strict as production, under another name in logs and metrics.
    Staging,
    /// Real visitors: refuses to start when something is missing or weak.
    Production,
}

impl Environment {
    /// Whether a start is refused over what is missing or weak.
    pub fn is_strict(self) -> bool {
        matches!(self, Self::Staging | Self::Production)
    }

    /// The name, as settings and logs have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Test => "test",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Environment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Development, Self::Test, Self::Staging, Self::Production]
            .into_iter()
            .find(|one| one.name() == text)
            .ok_or_else(|| "give development, test, staging or production".to_owned())
    }
}
