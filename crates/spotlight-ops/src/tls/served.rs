//! The certificate that is served, which follows its files.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rustls::{
    ServerConfig,
    crypto::ring,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use spotlight_core::{
    Error, ErrorKind, Result,
    ports::{Clock, Figure, FigureSource, Metric, SystemClock},
};
use tokio::time::{MissedTickBehavior, interval};

use super::{Pair, pair::Files};
use crate::config::{Config, refusal};

pub(crate) static UNTIL: Metric = Metric::gauge(
    "tls_certificate_end_seconds",
    "When the certificate ends that the process serves with, in seconds since 1970; absent without one.",
    &[],
);

pub(crate) static FROM: Metric = Metric::gauge(
    "tls_certificate_start_seconds",
    "When that certificate began, in seconds since 1970; absent without one.",
    &[],
);

/// Between two looks at the files: two small files are read.
const LOOK: Duration = Duration::from_secs(1);

/// The certificate that is served.
pub(crate) struct Certificate {
    files: Files,
    /// Of what was served first.
    first: u64,
    served: RwLock<Arc<Pair>>,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("served", &self.served()).finish_non_exhaustive()
    }
}

impl Certificate {
    /// That of the settings, where they name one.
    ///
    /// # Errors
    /// `Misconfigured`, with all that is wrong with its files.
    pub(crate) fn read(config: &Config) -> Result<Option<Arc<Self>>> {
        let Some(files) = Files::of(&config.tls) else { return Ok(None) };
        let found = files.read();
        let pair = found.pair().and_then(|pair| pair.current(SystemClock.now())).map_err(|told| refusal(&told))?;
        let served = RwLock::new(Arc::new(pair));
        Ok(Some(Arc::new(Self { files, first: found.fingerprint(), served })))
    }

    /// When it ends.
    pub(crate) fn until(&self) -> DateTime<Utc> {
        self.served().facts.until
    }

    /// How a server encrypts with it: TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// `Misconfigured` when this machine gives no randomness.
    pub(crate) fn config(self: &Arc<Self>) -> Result<Arc<ServerConfig>> {
        let wrong = |error| Error::new(ErrorKind::Misconfigured, "TLS cannot be set up").with_source(error);
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(wrong)?;
        let resolver = Arc::clone(self) as Arc<dyn ResolvesServerCert>;
        let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
        // What a client needs to come back more cheaply lies with the client, however many there are.
        config.ticketer = ring::Ticketer::new().map_err(wrong)?;
        Ok(Arc::new(config))
    }

    /// Looks at the files again and again, and serves what they hold once that has been the same for two looks: a pair
    /// that is just being written is left alone. What cannot be used is told once, and what was served before stays.
    pub(crate) async fn follow(self: Arc<Self>) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = Seen { last: self.first, judged: self.first, begins: None };
        loop {
            ticks.tick().await;
            let files = self.files.clone();
            let Ok(found) = tokio::task::spawn_blocking(move || files.read()).await else { return };
            let now = SystemClock.now();
            if !seen.is_to_be_judged(found.fingerprint(), now) {
                continue;
            }
            let pair = found.pair();
            // One that has not begun is looked at again when it has.
            seen.begins = pair.as_ref().ok().map(|pair| pair.facts.from).filter(|from| *from > now);
            match pair.and_then(|pair| pair.current(now)) {
                Ok(pair) => {
                    tracing::info!(until = pair.facts.until.to_rfc3339(), "a new certificate is served");
                    *self.served.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
                }
                Err(told) => {
                    let until = self.until().to_rfc3339();
                    let told: Vec<_> = told.iter().map(ToString::to_string).collect();
                    tracing::warn!(
                        until,
                        "the new certificate cannot be used, and the last one stays: {}",
                        told.join("; ")
                    );
                }
            }
        }
    }

    fn served(&self) -> Arc<Pair> {
        Arc::clone(&self.served.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What was seen of the files.
struct Seen {
    /// The content at the last look.
    last: u64,
    /// The content that was served or refused last.
    judged: u64,
    /// When a certificate begins that was refused for that alone.
    begins: Option<DateTime<Utc>>,
}

impl Seen {
    /// Whether this content is to be served or refused now: it is new and stays, or waited for its time.
    fn is_to_be_judged(&mut self, content: u64, now: DateTime<Utc>) -> bool {
        let settled = std::mem::replace(&mut self.last, content) == content;
        let is_new = content != self.judged;
        if is_new && settled {
            self.judged = content;
            return true;
        }
        !is_new && self.begins.is_some_and(|begins| begins <= now)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.served().key))
    }
}

#[async_trait]
impl FigureSource for Certificate {
    fn name(&self) -> &'static str {
        "certificate"
    }

    fn metrics(&self) -> Vec<&'static Metric> {
        vec![&UNTIL, &FROM]
    }

    async fn read(&self) -> Result<Vec<Figure>> {
        let facts = &self.served().facts;
        let at = |instant: DateTime<Utc>| instant.timestamp() as f64;
        Ok(vec![Figure::plain(&UNTIL, at(facts.until)), Figure::plain(&FROM, at(facts.from))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_judged_once_it_stays_and_again_when_its_time_has_come() {
        let now = SystemClock.now();
        let mut seen = Seen { last: 1, judged: 1, begins: None };
        assert!(!seen.is_to_be_judged(1, now), "it is served");
        assert!(!seen.is_to_be_judged(2, now), "it may be half written");
        assert!(seen.is_to_be_judged(2, now) && !seen.is_to_be_judged(2, now), "once");
        seen.begins = Some(now + Duration::from_mins(1));
        assert!(!seen.is_to_be_judged(2, now + Duration::from_secs(59)));
        assert!(!seen.is_to_be_judged(3, now + Duration::from_mins(1)), "another one is there");
        assert!(!seen.is_to_be_judged(2, now) && seen.is_to_be_judged(2, now + Duration::from_mins(1)));
    }
}
