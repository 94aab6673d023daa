//! One thing that was seen.

use std::fmt;

use serde::Serialize;
use serde_json::Value;
use spotlight_derive::RedactedDebug;

/// How much something matters; the later, the more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// As it should be.
    Fine,
    /// Worth knowing.
    Notice,
    /// It works, and will not for ever.
    Warning,
    /// It does not work, or data is at risk.
    Critical,
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The code that the command ends with.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Fine | Self::Notice => 0,
            Self::Warning => 3,
            Self::Critical => 4,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One thing that was seen. It names no person, shows no value of a query, and no secret.
#[derive(RedactedDebug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What it is about, as `database.connections`.
    pub area: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What was seen, with figures.
    pub evidence: String,
    /// Why it matters; empty where all is well.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub why: &'static str,
    /// What to do; empty where all is well.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remedy: String,
    /// The figures, for programs.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub details: Value,
}

impl Finding {
    /// Something that was seen.
    pub fn new(severity: Severity, area: &'static str, evidence: impl Into<String>) -> Self {
        Self { area, severity, evidence: evidence.into(), why: "", remedy: String::new(), details: Value::Null }
    }

    /// Something that is as it should be.
    pub fn fine(area: &'static str, evidence: impl Into<String>) -> Self {
        Self::new(Severity::Fine, area, evidence)
    }

    /// Says why it matters.
    #[must_use]
    pub fn because(mut self, why: &'static str) -> Self {
        self.why = why;
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn then(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// Gives the figures.
    #[must_use]
    pub fn with(mut self, details: Value) -> Self {
        self.details = details;
        self
    }
}
