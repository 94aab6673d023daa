//! What is written down of what happens.

use std::path::PathBuf;

use spotlight_derive::RedactedDebug;

use crate::config::{Environment, Section, Variable, parse, reader::Reader};

static LEVEL: Variable = Variable::new(
    "LOG_LEVEL",
    "logs.level",
    "the least that is logged: error, warn, info, debug or trace; or by target, as in the example",
    "info,spotlight_core::jobs=debug",
)
.once(&["RAILS_LOG_LEVEL"])
.or("info");
static FORMAT: Variable = Variable::new(
    "LOG_FORMAT",
    "logs.format",
    "json (lines on standard output) or pretty (for people, on standard error); json in production unless given",
    "json",
);
static FILE: Variable = Variable::new(
    "LOG_FILE",
    "logs.file",
    "a file for JSON lines besides; it turns at midnight UTC, and the day stands after its name",
    "/var/log/spotlight/spotlight.log",
);
static KEEP: Variable =
    Variable::new("LOG_FILES_KEPT", "logs.files_kept", "how many of these files are kept", "30").or("7");

pub(super) const SECTION: Section = Section { title: "Logs", variables: &[&LEVEL, &FORMAT, &FILE, &KEEP] };

/// What is written down of what happens.
#[derive(RedactedDebug, Clone)]
pub struct Logs {
    /// The least that is logged, as `tracing_subscriber`'s `EnvFilter` reads it.
    #[debug(shown = "levels, and names of parts of the program")]
    pub level: String,
    /// What a line looks like.
    pub format: LogFormat,
    /// A file for JSON lines besides.
    pub file: Option<PathBuf>,
    /// How many of these files are kept.
    pub keep: usize,
}

/// What a log line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// A JSON object, on standard output.
    Json,
    /// For people, on standard error.
    Pretty,
}

impl Logs {
    pub(in crate::config) fn read(reader: &mut Reader<'_>, environment: Environment) -> Self {
        let usual = if environment.is_strict() { LogFormat::Json } else { LogFormat::Pretty };
        let format = reader.value(&FORMAT, parse::one_of(&[("json", LogFormat::Json), ("pretty", LogFormat::Pretty)]));
        Self {
            level: reader.usual(&LEVEL, parse::filter),
            format: format.unwrap_or(usual),
            file: reader.value(&FILE, parse::of("give a path")),
            keep: reader.usual(&KEEP, parse::number(1..=3650)),
        }
    }
}
