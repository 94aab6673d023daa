//! What is written down of what happens.

use crate::config::{Section, Variable, parse, reader::Reader};

static LEVEL: Variable = Variable::new(
    "LOG_LEVEL",
    "logs.level",
    "the least that is logged: error, warn, info, debug or trace; or by target, as info,spotlight_core::jobs=debug",
    "info",
)
.once(&["RAILS_LOG_LEVEL"])
.or("info");

pub(super) const SECTION: Section = Section { title: "Logs", variables: &[&LEVEL] };

/// What is written down of what happens.
#[derive(Debug, Clone)]
pub struct Logs {
    /// The least that is logged, as `tracing_subscriber`'s `EnvFilter` reads it.
    pub level: String,
}

impl Logs {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self { level: reader.usual(&LEVEL, parse::filter) }
    }
}
