//! The checks that every platform has.

use std::{fmt::Write, sync::Arc};

use async_trait::async_trait;
use tokio::time::Instant;

use crate::{
    error::{ErrorKind, Result},
    ports::{
        Finding, HealthCheck, HealthComponent, HealthStatus, HealthSubject, HealthValue, JobQueue, SchemaState, Storage,
    },
};

/// Waiting jobs that are worth a warning.
const MANY: u64 = 1_000;
/// As far as waiting jobs are counted.
const MOST: u64 = 100_000;
/// Versions of the schema that are named; of more, how many there are.
const NAMED: usize = 10;

/// A check, and whether it was registered.
pub(super) struct Named {
    pub(super) check: Arc<dyn HealthCheck>,
    pub(super) given: bool,
}

impl Named {
    pub(super) fn given(check: Arc<dyn HealthCheck>) -> Self {
        Self { check, given: true }
    }

    pub(super) fn subject(&self) -> HealthSubject {
        self.check.subject()
    }
}

/// In the order in which they are shown. What the core knows nothing of is disabled until a check of its name is
/// registered.
pub(super) fn checks(storage: &Arc<dyn Storage>, queue: &Arc<dyn JobQueue>) -> Vec<Named> {
    let checks: [Arc<dyn HealthCheck>; 4] = [
        Arc::new(StorageCheck(Arc::clone(storage))),
        Arc::new(Unused { name: "redis", component: HealthComponent::Datastore }),
        Arc::new(QueueCheck(Arc::clone(queue))),
        Arc::new(Unused { name: "disk_space", component: HealthComponent::System }),
    ];
    checks.into_iter().map(|check| Named { check, given: false }).collect()
}

/// Whether the database answers. Nothing works without it.
struct StorageCheck(Arc<dyn Storage>);

#[async_trait]
impl HealthCheck for StorageCheck {
    fn subject(&self) -> HealthSubject {
        HealthSubject::new("database").of(HealthComponent::Datastore).needed()
    }

    async fn check(&self) -> Result<Finding> {
        let mut began = Instant::now();
        if let Err(error) = self.0.ping().await {
            if error.kind() != ErrorKind::Unavailable {
                return Err(error);
            }
            // A pooled connection that broke says little about the server.
            began = Instant::now();
            self.0.ping().await?;
        }
        Ok(Finding::ok().took(began.elapsed()))
    }
}

/// How much work waits. Not needed for traffic: what requests leave for a queue elsewhere waits in the database.
struct QueueCheck(Arc<dyn JobQueue>);

#[async_trait]
impl HealthCheck for QueueCheck {
    fn subject(&self) -> HealthSubject {
        HealthSubject::new("queue").of(HealthComponent::Datastore)
    }

    async fn check(&self) -> Result<Finding> {
        let waiting = match self.0.waiting(MOST).await {
            Err(error) if error.kind() == ErrorKind::Unavailable => self.0.waiting(MOST).await,
            answered => answered,
        }?;
        let status = if waiting < MANY { HealthStatus::Ok } else { HealthStatus::Warning };
        Ok(Finding::new(status).with("queue_size", HealthValue::Number(waiting), "jobs"))
    }
}

/// Something that the deployment does not use.
struct Unused {
    name: &'static str,
    component: HealthComponent,
}

#[async_trait]
impl HealthCheck for Unused {
    fn subject(&self) -> HealthSubject {
        HealthSubject::new(self.name).of(self.component)
    }

    async fn check(&self) -> Result<Finding> {
        Ok(Finding::new(HealthStatus::Disabled))
    }
}

/// Whether the schema has what this program was built for.
pub(super) struct SchemaCheck {
    name: &'static str,
    storage: Arc<dyn Storage>,
}

impl SchemaCheck {
    pub(super) fn new(name: &'static str, storage: &Arc<dyn Storage>) -> Self {
        Self { name, storage: Arc::clone(storage) }
    }
}

#[async_trait]
impl HealthCheck for SchemaCheck {
    fn subject(&self) -> HealthSubject {
        HealthSubject::new(self.name).of(HealthComponent::Datastore).needed()
    }

    async fn check(&self) -> Result<Finding> {
        let found = match self.storage.schema().await {
            Err(error) if error.kind() == ErrorKind::Unavailable => self.storage.schema().await,
            answered => answered,
        }?;
        Ok(judge(&found))
    }
}

fn judge(found: &SchemaState) -> Finding {
    match (found.pending.as_slice(), found.newer.as_slice()) {
        ([], []) => Finding::ok(),
        ([], newer) => {
            let text = format!("a newer program has migrated the database: {}", named(newer));
            Finding::new(HealthStatus::Warning).because(text)
        }
        (pending, _) => {
            Finding::new(HealthStatus::Error).because(format!("migrations are pending: {}", named(pending)))
        }
    }
}

fn named(versions: &[i64]) -> String {
    let mut text = String::new();
    for (index, version) in versions.iter().take(NAMED).enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{}{version:04}", if index > 0 { ", " } else { "" });
    }
    if let Some(more @ 1..) = versions.len().checked_sub(NAMED) {
        let _ = write!(text, " and {more} more");
    }
    text
}
