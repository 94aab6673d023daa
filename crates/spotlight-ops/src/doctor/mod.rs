//! What a look at a running deployment finds: settings, the database, Redis, jobs, the machine, and what lies outside.
//!
//! Every finding has its evidence, why it matters, and what to do. Nothing is changed by looking, each part has thirty
//! seconds, and a part that cannot be looked at is a finding itself.
//!
//! To add a check: a file here (or a query in `postgres/`) that gives [`Finding`]s, and its line in [`examine`].

mod certificates;
mod clock;
mod finding;
mod jobs;
mod machine;
mod outside;
mod postgres;
mod program;
mod redis;
mod report;
mod sqlite;

use std::{future::Future, time::Duration};

use spotlight_core::{Error, ErrorKind, Result};

pub(crate) use self::postgres::{connect, ended_idle, failed, sessions};
pub use self::{
    finding::{Finding, Severity},
    report::Report,
};
use crate::config::{Config, Problem};

/// How long one part may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Looks at everything that the settings name, all parts at once.
pub async fn examine(config: &Config, problems: &[Problem]) -> Report {
    let (database, sqlite, redis, jobs, machine, outside, certificates) = tokio::join!(
        looked("database", postgres::examine(config)),
        looked("database", sqlite::examine(config)),
        looked("redis", redis::examine(config)),
        looked("jobs", jobs::examine(config)),
        looked("machine", machine::examine(config)),
        looked("outside", outside::examine(config)),
        looked("certificates", certificates::examine(config)),
    );
    let parts = [program::examine(config, problems), database, sqlite, redis, jobs, machine, outside, certificates];
    Report::new(parts.into_iter().flatten().collect())
}

/// What a part found, or that it could not be looked at.
async fn looked(area: &'static str, part: impl Future<Output = Result<Vec<Finding>>>) -> Vec<Finding> {
    let late = |_| Err(Error::new(ErrorKind::Timeout, "it did not answer within thirty seconds"));
    tokio::time::timeout(PATIENCE, part).await.unwrap_or_else(late).unwrap_or_else(|error| {
        let finding = Finding::new(Severity::Critical, area, error.chain());
        vec![
            finding
                .because("what cannot be asked cannot serve")
                .then("see that it runs, and that the settings lead there"),
        ]
    })
}
