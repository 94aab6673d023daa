//! What is written down of what happens: log lines for people or for programs.

mod file;
mod json;
#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal};

use spotlight_core::{Error, ErrorKind, Result};
use tracing_subscriber::{
    EnvFilter, Registry,
    fmt::{self, MakeWriter, format::JsonFields, writer::BoxMakeWriter},
    layer::SubscriberExt,
    registry::LookupSpan,
    reload,
    util::SubscriberInitExt,
};

use self::json::Json;
use crate::config::{Config, LogFormat};

/// The log of this process, while it lasts. Dropping it writes what is still kept back.
pub struct Telemetry {
    filter: reload::Handle<EnvFilter, Registry>,
    _file: Option<file::Guard>,
}

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Telemetry")
    }
}

impl Telemetry {
    /// Begins to log as the settings say: JSON lines on standard output, or lines for people on standard error; into a file
    /// that turns every day besides, where one is named.
    ///
    /// # Errors
    /// `Misconfigured` when the file cannot be written, or something logs already in this process.
    pub fn start(config: &Config) -> Result<Self> {
        let (file, guard) = match &config.logs.file {
            Some(path) => file::open(path, config.logs.keep).map(|(writer, guard)| (Some(writer), Some(guard)))?,
            None => (None, None),
        };
        let (filter, handle) = reload::Layer::new(EnvFilter::new(&config.logs.level));
        let environment = config.general.environment.name();
        let registry = tracing_subscriber::registry().with(filter);
        let started = match config.logs.format {
            LogFormat::Json => {
                let file = file.map(|writer| lines(environment, writer));
                registry.with(lines(environment, io::stdout)).with(file).try_init()
            }
            LogFormat::Pretty => {
                let pretty = fmt::layer().compact().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
                registry.with(pretty).with(file.map(|writer| lines(environment, writer))).try_init()
            }
        };
        started.map_err(|error| {
            Error::new(ErrorKind::Misconfigured, "something logs already in this process").with_source(error)
        })?;
        Ok(Self { filter: handle, _file: guard })
    }

    /// Logs from now on at least this, as `info,spotlight_core::jobs=debug`.
    ///
    /// # Errors
    /// `Validation` for what is no filter; nothing changes then.
    pub fn set_level(&self, level: &str) -> Result<()> {
        let filter = EnvFilter::builder().parse(level).map_err(|error| {
            let detail = "Level must be error, warn, info, debug or trace, or levels by target";
            Error::invalid("level", "format", detail).with_source(error)
        })?;
        self.filter.reload(filter).map_err(|error| Error::internal("the log has ended").with_source(error))
    }
}

/// A layer of JSON lines.
fn lines<S, W>(environment: &'static str, writer: W) -> fmt::Layer<S, JsonFields, Json, BoxMakeWriter>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    fmt::layer()
        .fmt_fields(JsonFields::new())
        .event_format(Json::new(environment))
        .with_ansi(false)
        .with_writer(BoxMakeWriter::new(writer))
}
