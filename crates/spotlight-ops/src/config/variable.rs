//! What a setting is: its names, what it is for, and when it must be there.

use super::Feature;

/// When a setting must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Never.
    Optional,
    /// In production and staging.
    InProduction,
    /// While its feature is on.
    With(Feature),
}

/// Says what is wrong with a value that is too weak for production; `None` when nothing is.
pub type Weakness = fn(&str) -> Option<&'static str>;

/// A setting, as people know it. What it becomes is said where it is read.
#[derive(Debug)]
pub struct Variable {
    /// The variable of the environment. With `_FILE` after it, it names a file that holds the value.
    pub name: &'static str,
    /// Older names that are accepted.
    pub older: &'static [&'static str],
    /// Its place in the settings file and in the credentials, as `database.url`.
    pub key: &'static str,
    /// What it is for, in one line.
    pub what: &'static str,
    /// A value as one would write it.
    pub example: &'static str,
    /// What holds when nobody says anything. Empty: nothing does.
    pub default: &'static str,
    /// When it must be there.
    pub need: Need,
    /// Its value is shown to nobody.
    pub secret: bool,
    /// What production refuses.
    pub weakness: Option<Weakness>,
}

impl Variable {
    /// An optional setting without a default.
    pub const fn new(name: &'static str, key: &'static str, what: &'static str, example: &'static str) -> Self {
        Self { name, older: &[], key, what, example, default: "", need: Need::Optional, secret: false, weakness: None }
    }

    /// The same with a default.
    pub const fn or(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    /// The same with older names.
    pub const fn once(mut self, older: &'static [&'static str]) -> Self {
        self.older = older;
        self
    }

    /// The same, needed.
    pub const fn needed(mut self, need: Need) -> Self {
        self.need = need;
        self
    }

    /// The same, shown to nobody.
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// The same, with what production refuses.
    pub const fn strong(mut self, weakness: Weakness) -> Self {
        self.weakness = Some(weakness);
        self
    }

    /// Every name it goes by, the present one first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.older.iter().copied())
    }
}

/// Settings of one concern.
#[derive(Debug)]
pub struct Section {
    /// What the concern is called.
    pub title: &'static str,
    /// Its settings.
    pub variables: &'static [&'static Variable],
}
