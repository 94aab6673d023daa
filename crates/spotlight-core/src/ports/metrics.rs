//! Figures of a running process, for whoever watches it.
//!
//! What the platform counts itself is in [`metrics`](crate::metrics). What it cannot see, as the memory of the process or
//! the connections of a pool, comes from a [`FigureSource`]: implement one, and give it to
//! `SpotlightBuilder::figure_source`. Names follow Prometheus: base units, `_total` for what only grows.

use std::{borrow::Cow, time::Duration};

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use crate::error::Result;

/// What kind of figure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows, and begins at zero with the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How often something was how large.
    Histogram,
}

impl MetricKind {
    /// The word of the exposition format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// What is measured: the one definition from which scrapes, documentation, dashboard and alerts come.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What kind of figure it is.
    pub kind: MetricKind,
    /// What it says, in one line.
    pub help: &'static str,
    /// What it is told apart by. Values are words of the program or of the deployment's settings, never ids.
    pub labels: &'static [&'static str],
}

impl Metric {
    /// Something that only grows.
    pub const fn counter(name: &'static str, help: &'static str, labels: &'static [&'static str]) -> Self {
        Self { name, kind: MetricKind::Counter, help, labels }
    }

    /// Something that goes up and down.
    pub const fn gauge(name: &'static str, help: &'static str, labels: &'static [&'static str]) -> Self {
        Self { name, kind: MetricKind::Gauge, help, labels }
    }

    /// How often something was how large.
    pub const fn histogram(name: &'static str, help: &'static str, labels: &'static [&'static str]) -> Self {
        Self { name, kind: MetricKind::Histogram, help, labels }
    }
}

/// A value of a label.
pub type Label = Cow<'static, str>;

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub enum FigureValue {
    /// Of a counter or a gauge.
    Number(f64),
    /// Of a histogram.
    Distribution {
        /// Upper bounds, ascending, and how many values were at most that large.
        buckets: Vec<(f64, u64)>,
        /// The sum of all values.
        sum: f64,
        /// How many values there were.
        count: u64,
    },
}

/// A metric at this moment, for one combination of its labels.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct Figure {
    /// What it is of.
    pub of: &'static Metric,
    /// A value for each of its labels, in their order.
    #[debug(shown = "the program chooses labels; no id becomes one")]
    pub labels: Vec<Label>,
    /// What was measured.
    pub value: FigureValue,
}

impl Figure {
    /// A number.
    pub const fn number(of: &'static Metric, labels: Vec<Label>, value: f64) -> Self {
        Self { of, labels, value: FigureValue::Number(value) }
    }

    /// A number without labels.
    pub const fn plain(of: &'static Metric, value: f64) -> Self {
        Self::number(of, Vec::new(), value)
    }
}

/// Gives figures that the platform cannot see itself.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait FigureSource: Send + Sync {
    /// What it is called: 1 to 64 of `a-z`, `0-9` and `_`. Always the same.
    fn name(&self) -> &'static str;

    /// Every metric that it may give figures of. Always the same.
    fn metrics(&self) -> Vec<&'static Metric>;

    /// Its figures now. Whoever calls sees to it that scrapes that follow one another closely read once, that it has two
    /// seconds, and that a scrape goes on without it when it fails.
    ///
    /// # Errors
    /// Any, when they cannot be read.
    ///
    /// # Ordering
    /// In any order.
    ///
    /// # Cancel safety
    /// It is dropped when its time is over, and read again later.
    async fn read(&self) -> Result<Vec<Figure>>;
}

/// How a pool of connections stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolFigures {
    /// What it is for, as `main` or `readers`.
    pub pool: &'static str,
    /// Connections it may have.
    pub most: u64,
    /// Connections that are open.
    pub open: u64,
    /// Connections that somebody works with.
    pub in_use: u64,
    /// How often nobody's connection was there for somebody who wanted one, since the pool was opened.
    pub waits: u64,
    /// How long they waited, all together; of those who wait still, nothing.
    pub waited: Duration,
}
