//! How the process and what it depends on are, for load balancers and for people.

mod usual;
mod watched;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::future::join_all;
use tokio::runtime::Handle;

pub use self::watched::Checked;
use self::watched::Watched;
use crate::{
    error::{Error, ErrorKind, Result},
    ports::{Clock, HealthCheck, HealthStatus, HealthSubject, JobQueue, Storage},
};

/// The check that `/ready` alone asks: its name is nobody else's.
const SCHEMA: &str = "migrations";

/// What all clones of a platform share.
pub(crate) struct Health {
    checks: Vec<Arc<Watched>>,
    schema: Arc<Watched>,
    draining: AtomicBool,
    clock: Arc<dyn Clock>,
    home: Option<Handle>,
}

impl Health {
    /// The usual checks, each replaced by a given one of its name, and then the other given ones.
    ///
    /// # Errors
    /// `Misconfigured` for a name that cannot be one, or that two checks have.
    pub(crate) fn new(
        storage: &Arc<dyn Storage>,
        queue: &Arc<dyn JobQueue>,
        clock: &Arc<dyn Clock>,
        home: Option<Handle>,
        given: Vec<Arc<dyn HealthCheck>>,
    ) -> Result<Self> {
        let mut checks = usual::checks(storage, queue);
        for check in given {
            let name = check.subject().name;
            if !is_name(&name) || name == SCHEMA {
                let text =
                    format!("a health check cannot be named {name:?}: 1 to 64 of a-z, 0-9 and _, and not \"{SCHEMA}\"");
                return Err(Error::new(ErrorKind::Misconfigured, text));
            }
            match checks.iter().position(|known| known.subject().name == name) {
                Some(at) if !checks[at].given => checks[at] = usual::Named::given(check),
                Some(_) => {
                    let text = format!("two health checks are named {name:?}");
                    return Err(Error::new(ErrorKind::Misconfigured, text));
                }
                None => checks.push(usual::Named::given(check)),
            }
        }
        Ok(Self {
            checks: checks.into_iter().map(|named| Arc::new(Watched::new(named.check))).collect(),
            schema: Arc::new(Watched::new(Arc::new(usual::SchemaCheck::new(SCHEMA, storage)))),
            draining: AtomicBool::new(false),
            clock: Arc::clone(clock),
            home,
        })
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.checks.iter().map(|check| &check.subject().name);
        f.debug_list().entries(names).finish()
    }
}

/// What every check found.
#[derive(Debug, Clone)]
pub struct HealthReport {
    /// By check: `database`, `redis`, `queue`, `disk_space`, then those that were registered, in their order.
    pub checks: Vec<Arc<Checked>>,
}

impl HealthReport {
    /// The worst of all.
    pub fn status(&self) -> HealthStatus {
        self.checks.iter().map(|checked| checked.finding.status).max().unwrap_or(HealthStatus::Ok).max(HealthStatus::Ok)
    }

    /// Nothing fails. A warning is no failure.
    pub fn is_ok(&self) -> bool {
        self.status() < HealthStatus::Error
    }
}

/// Whether the process may be given traffic.
#[derive(Debug, Clone)]
pub struct Readiness {
    /// It is about to stop.
    pub draining: bool,
    /// What it needs: `migrations` last.
    pub checks: Vec<Arc<Checked>>,
}

impl Readiness {
    /// True when it may be given traffic.
    pub fn is_ready(&self) -> bool {
        self.reasons().is_empty()
    }

    /// Why it may not be given traffic, in words that leak nothing; none when it may.
    pub fn reasons(&self) -> Vec<String> {
        let draining = self.draining.then(|| "this process is about to stop".to_owned());
        let failed = self.checks.iter().filter(|checked| checked.finding.status == HealthStatus::Error);
        let failed = failed.map(|checked| match &checked.finding.message {
            Some(message) => format!("{}: {message}", checked.name),
            None => checked.name.clone(),
        });
        draining.into_iter().chain(failed).collect()
    }
}

/// How the process and what it depends on are. Nobody is asked who they are: probes have no account.
///
/// Checks run at once, each with its own time, and each is begun at most once a second however many ask: those who come
/// meanwhile are told what was found. What fails is logged when it begins to fail, and when it works again.
#[derive(Debug, Clone)]
pub struct HealthService {
    health: Arc<Health>,
}

impl HealthService {
    pub(crate) fn new(health: Arc<Health>) -> Self {
        Self { health }
    }

    /// What every check finds. Takes as long as the slowest check may.
    ///
    /// # Cancel safety
    /// The checks go on for others who ask.
    pub async fn report(&self) -> HealthReport {
        HealthReport { checks: self.ask(self.health.checks.iter()).await }
    }

    /// Whether the process may be given traffic: it is not about to stop, what it needs answers, and the schema has what
    /// this program was built for. A schema that is ahead is a warning: so every upgrade begins, and the programs that
    /// serve meanwhile go on.
    ///
    /// # Cancel safety
    /// The checks go on for others who ask.
    pub async fn ready(&self) -> Readiness {
        let needed = self.health.checks.iter().filter(|check| check.subject().needed);
        let checks = self.ask(needed.chain([&self.health.schema])).await;
        Readiness { draining: self.is_draining(), checks }
    }

    /// From now on the process is not ready, since it is about to stop. It is told before it stops taking connections, so
    /// that nobody is sent to it any more.
    pub fn start_draining(&self) {
        self.health.draining.store(true, Ordering::Release);
    }

    /// Whether it was told so.
    pub fn is_draining(&self) -> bool {
        self.health.draining.load(Ordering::Acquire)
    }

    /// What a check is about, by its place in the report.
    pub fn subjects(&self) -> impl Iterator<Item = &HealthSubject> {
        self.health.checks.iter().map(|check| check.subject())
    }

    async fn ask<'a>(&'a self, checks: impl Iterator<Item = &'a Arc<Watched>>) -> Vec<Arc<Checked>> {
        // On the runtime of the platform: pools belong to it, and whoever asks may go away.
        let on = self.health.home.clone().unwrap_or_else(Handle::current);
        join_all(checks.map(|check| check.ask(&on, &self.health.clock))).await
    }
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
