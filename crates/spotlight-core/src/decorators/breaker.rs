//! Doing without a dependency that is away, at no cost.

use std::{future::Future, sync::Arc, time::Duration};

use super::circuit::Circuit;
use crate::{error::Result, metrics::Metrics, ports::Clock};

/// When a dependency is taken to be away. [`BreakerSettings::default`] gives the usual values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// How long a call may take. 250 ms.
    pub patience: Duration,
    /// After so many failures in a row it is not called any more, at least 1. 3.
    pub failures_to_open: u32,
    /// After so long one call tries again. 2 s.
    pub cool_down: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { patience: Duration::from_millis(250), failures_to_open: 3, cool_down: Duration::from_secs(2) }
    }
}

pub(super) struct Breaker {
    what: &'static str,
    circuit: Arc<Circuit>,
    patience: Duration,
}

impl Breaker {
    pub(super) fn new(what: &'static str, clock: Arc<dyn Clock>, settings: BreakerSettings) -> Self {
        let circuit = Arc::new(Circuit::new(clock, settings.failures_to_open, settings.cool_down));
        Self { what, circuit, patience: settings.patience }
    }

    /// Shows its circuit in metrics.
    pub(super) fn watched_by(&self, metrics: &Metrics) {
        self.circuit.watched_by(metrics, self.what);
    }

    /// What the call gives, or nothing when it fails, takes too long, or is not made at all.
    pub(super) async fn call<T>(&self, call: impl Future<Output = Result<T>>) -> Option<T> {
        let mut permit = self.circuit.enter().ok()?;
        match tokio::time::timeout(self.patience, call).await {
            Ok(Ok(value)) => {
                permit.succeeded();
                return Some(value);
            }
            Ok(Err(error)) => tracing::warn!(error = %error.chain(), "the {} failed and is done without", self.what),
            Err(_) => tracing::warn!("the {} took too long and is done without", self.what),
        }
        permit.failed();
        None
    }
}
