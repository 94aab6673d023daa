//! What is written down of what happens: log lines for people or for programs; and what of it is told elsewhere, traces and
//! errors.

#[cfg(feature = "sentry")]
mod errors;
mod file;
mod json;
#[cfg(any(feature = "otlp", feature = "sentry"))]
mod outlet;
mod panics;
mod spans;
#[cfg(test)]
mod tests;
#[cfg(feature = "otlp")]
mod traces;

use std::{
    io::{self, IsTerminal},
    sync::Arc,
    time::Duration,
};

use spotlight_core::{Error, ErrorKind, Result, domain::deployment::DeploymentSettings};
use tokio::sync::watch;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::LevelFilter,
    fmt::{self, MakeWriter, writer::BoxMakeWriter},
    layer::SubscriberExt,
    registry::LookupSpan,
    reload,
    util::SubscriberInitExt,
};

use self::json::{Json, Kept};
use crate::config::{Config, LogFormat};

/// What everything says it comes from.
const SERVICE: &str = "spotlight";
/// Where lines of the log come from that are about what is told elsewhere: they are told nobody.
const TARGET: &str = "spotlight_ops::telemetry";
/// The longest that the end of a process waits for what is told elsewhere, within the grace of the settings.
const LAST: Duration = Duration::from_secs(5);

/// Layers of a kind, over the registry.
type Layers = Vec<AnyLayer>;
type AnyLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The log of this process, while it lasts. Dropping it writes what is still kept back, and sends what is to be told
/// elsewhere, for some seconds at most.
pub struct Telemetry {
    filter: reload::Handle<EnvFilter, Registry>,
    /// What it was started with.
    level: String,
    _reports: Reports,
    _file: Option<file::Guard>,
}

/// What is told elsewhere.
#[derive(Default)]
struct Reports {
    #[cfg(feature = "otlp")]
    traces: Option<traces::Rest>,
    #[cfg(feature = "sentry")]
    errors: Option<errors::Rest>,
    limit: Duration,
}

impl Drop for Reports {
    fn drop(&mut self) {
        // One time for both.
        let began = std::time::Instant::now();
        let left = || self.limit.saturating_sub(began.elapsed());
        #[cfg(feature = "otlp")]
        if let Some(traces) = &self.traces {
            traces.send(left());
        }
        #[cfg(feature = "sentry")]
        if let Some(errors) = &self.errors {
            errors.send(left());
        }
    }
}

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Telemetry")
    }
}

impl Telemetry {
    /// Begins to log as the settings say: JSON lines on standard output, or lines for people on standard error; into a file
    /// that turns every day besides, where one is named. Traces and errors are told to whom the settings name. Panics are
    /// lines of the log; for people, the usual words of them stand before.
    ///
    /// # Errors
    /// `Misconfigured` when the file cannot be written, nobody can be told at an address of the settings, or something logs
    /// already in this process.
    pub fn start(config: &Config) -> Result<Self> {
        let (file, guard) = match &config.logs.file {
            Some(path) => file::open(path, config.logs.keep).map(|(writer, guard)| (Some(writer), Some(guard)))?,
            None => (None, None),
        };
        let environment = config.general.environment.name();
        let mut logs: Layers = match config.logs.format {
            LogFormat::Json => vec![lines(environment, io::stdout).boxed()],
            LogFormat::Pretty => {
                let pretty = fmt::layer().compact().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
                vec![pretty.boxed()]
            }
        };
        logs.extend(file.map(|writer| lines(environment, writer).boxed()));
        let (filter, handle) = reload::Layer::new(EnvFilter::new(&config.logs.level));
        let (told, reports) = told(config)?;
        let layers: Layers = vec![logs.with_filter(spans::with_ours(filter)).boxed()];
        let layers: Layers = layers.into_iter().chain(told).collect();
        tracing_subscriber::registry().with(layers).try_init().map_err(|error| {
            Error::new(ErrorKind::Misconfigured, "something logs already in this process").with_source(error)
        })?;
        panics::log(config.logs.format == LogFormat::Pretty);
        Ok(Self { filter: handle, level: config.logs.level.clone(), _reports: reports, _file: guard })
    }

    /// Logs from now on at least this, as `info,spotlight_core::jobs=debug`.
    ///
    /// # Errors
    /// `Validation` for what is no filter; nothing changes then.
    pub fn set_level(&self, level: &str) -> Result<()> {
        reload(&self.filter, level)
    }

    /// Logs what is set for the deployment, and what it was started with where nothing is; to the end of `settings`.
    ///
    /// # Cancel safety
    /// What was set last stays.
    pub fn follow(
        &self,
        mut settings: watch::Receiver<Arc<DeploymentSettings>>,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (filter, usual) = (self.filter.clone(), self.level.clone());
        async move {
            let mut now = usual.clone();
            loop {
                let set = settings.borrow_and_update().log_level.clone();
                let wanted = set.map_or_else(|| usual.clone(), |level| level.0);
                if wanted != now {
                    if let Err(error) = reload(&filter, &wanted) {
                        tracing::warn!(error = error.chain(), "what is to be logged cannot be read");
                    }
                    now = wanted;
                }
                if settings.changed().await.is_err() {
                    return;
                }
            }
        }
    }
}

/// The layers that tell others, where the settings name any, and what is left of them at the end.
fn told(config: &Config) -> Result<(Option<AnyLayer>, Reports)> {
    #[cfg_attr(not(any(feature = "otlp", feature = "sentry")), expect(unused_mut, reason = "nobody is told"))]
    let (mut layers, mut reports) = (Layers::new(), Reports::default());
    reports.limit = LAST.min(config.server.grace);
    #[cfg(any(feature = "otlp", feature = "sentry"))]
    {
        let environment = config.general.environment.name();
        let mut open = None;
        let mut outlet = || match &open {
            Some(outlet) => Ok(Arc::clone(outlet)),
            None => outlet::Outlet::open().inspect(|outlet| open = Some(Arc::clone(outlet))),
        };
        #[cfg(feature = "otlp")]
        if let Some((layer, rest)) = traces::open(&config.monitoring, environment, &mut outlet)? {
            layers.push(layer.boxed());
            reports.traces = Some(rest);
        }
        #[cfg(feature = "sentry")]
        if let Some((layer, rest)) = errors::open(&config.monitoring, environment, &mut outlet)? {
            layers.push(layer.boxed());
            reports.errors = Some(rest);
        }
        if !layers.is_empty() {
            // First, so that what the others read is there.
            layers.insert(0, spans::Notes.boxed());
        }
    }
    let layer = (!layers.is_empty()).then(|| layers.with_filter(spans::reported()).boxed());
    Ok((layer, reports))
}

/// Whether this says what is logged.
///
/// # Errors
/// `Validation`.
pub fn check_level(level: &str) -> Result<()> {
    parse(level).map(drop)
}

fn parse(level: &str) -> Result<EnvFilter> {
    let detail =
        "Level must be error, warn, info, debug or trace, or levels by target, as info,spotlight_core::jobs=debug";
    // A word alone would be a target, of which everything is logged, and of the rest nothing.
    let is_level =
        |part: &str| part.contains('=') || (!part.trim().is_empty() && part.trim().parse::<LevelFilter>().is_ok());
    if level.trim().is_empty() || !level.split(',').all(is_level) {
        return Err(Error::invalid("level", "format", detail));
    }
    EnvFilter::builder().parse(level).map_err(|error| Error::invalid("level", "format", detail).with_source(error))
}

fn reload(filter: &reload::Handle<EnvFilter, Registry>, level: &str) -> Result<()> {
    filter.reload(parse(level)?).map_err(|error| Error::internal("the log has ended").with_source(error))
}

/// The lines that [`Telemetry`] writes in production, as a layer for a subscriber of one's own.
pub fn json_lines<S, W>(environment: &'static str, writer: W) -> impl Layer<S> + Send + Sync + use<S, W>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    lines(environment, writer)
}

/// A layer of JSON lines.
fn lines<S, W>(environment: &'static str, writer: W) -> fmt::Layer<S, Kept, Json, BoxMakeWriter>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    fmt::layer()
        .fmt_fields(Kept)
        .event_format(Json::new(environment))
        .with_ansi(false)
        .with_writer(BoxMakeWriter::new(writer))
}
