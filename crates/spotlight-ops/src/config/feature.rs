//! Parts of a deployment that can be switched off by name.

use std::{fmt, str::FromStr};

/// A part of the deployment that needs settings of its own.
///
/// In production each is on unless it is switched off, so that a forgotten key is found at the start and not by a visitor.
/// In development each is on when its settings are there, or when it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Limits, live events and a cache that processes share.
    Redis,
    /// A language model that answers; without it the scripted assistant does.
    Models,
    /// Voices.
    Voice,
    /// Plans that are paid for.
    Billing,
    /// Mail that leaves this machine; without it, mail lies in a folder.
    Mail,
    /// Files in a bucket; without it, they lie in a folder.
    Files,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Redis, Self::Models, Self::Voice, Self::Billing, Self::Mail, Self::Files];

    /// The name, as `SPOTLIGHT_FEATURES` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Models => "models",
            Self::Voice => "voice",
            Self::Billing => "billing",
            Self::Mail => "mail",
            Self::Files => "files",
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Features that are switched by name: `-billing,-voice,+redis`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Switches(Vec<(Feature, bool)>);

impl Switches {
    /// Whether a feature was named, and how.
    pub fn named(&self, feature: Feature) -> Option<bool> {
        self.0.iter().rev().find(|(one, _)| *one == feature).map(|(_, on)| *on)
    }
}

impl FromStr for Switches {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut switches = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, on) = match part.strip_prefix('-') {
                Some(name) => (name, false),
                None => (part.strip_prefix('+').unwrap_or(part), true),
            };
            let feature = Feature::ALL.into_iter().find(|feature| feature.name() == name).ok_or_else(|| {
                let names = Feature::ALL.map(Feature::name).join(", ");
                format!("there is no feature `{name}`; there are {names}, each switched off with a - before it")
            })?;
            switches.push((feature, on));
        }
        Ok(Self(switches))
    }
}
