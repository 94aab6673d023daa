//! Jobs: whether they wait, since when, and which were given up; and whether anybody works on them.

use serde_json::json;
use spotlight_core::{
    Result,
    ports::{Clock, OutboxKind, QueueFigures, QueueSnapshot, ReadConsistency, SystemClock},
};

use super::{Finding, Severity};
use crate::{
    config::{Adapter, Config},
    wiring::Stored,
};

/// Jobs that may wait, as in `/health`.
const MANY: u64 = 1_000;
/// Milliseconds that the oldest may have waited.
const OLD: u64 = 5 * 60 * 1_000;

/// The queue, and the outbox before it.
pub(super) async fn examine(config: &Config) -> Result<Vec<Finding>> {
    let stored = Stored::open(config).await?;
    let asked = asked(config, &stored).await;
    stored.close().await;
    asked
}

async fn asked(config: &Config, stored: &Stored) -> Result<Vec<Finding>> {
    let mut found = of_queues(&stored.queue().snapshot().await?);
    let outbox = stored.storage().read(ReadConsistency::Strong).outbox();
    let mut kinds = vec![("events", OutboxKind::Event)];
    if config.jobs.adapter == Adapter::Redis {
        kinds.push(("jobs on their way to Redis", OutboxKind::Job));
    }
    for (name, kind) in kinds {
        let stats = outbox.stats(kind, SystemClock.now()).await?;
        found.push(waiting("jobs.outbox", name, stats.ready, None));
        if stats.dead > 0 {
            found.push(given_up("jobs.outbox", name, stats.dead));
        }
    }
    Ok(found)
}

fn of_queues(snapshot: &QueueSnapshot) -> Vec<Finding> {
    let mut found = Vec::new();
    for queue in &snapshot.queues {
        let QueueFigures { queue: name, ready, oldest_ready_ms, dead, paused, .. } = queue;
        found.push(waiting("jobs.queue", name, *ready, *oldest_ready_ms).with(json!(queue)));
        if *dead > 0 {
            found.push(given_up("jobs.queue", name, *dead));
        }
        if *paused {
            found.push(
                Finding::new(Severity::Notice, "jobs.queue", format!("{name} is paused"))
                    .because("nothing is worked on in it")
                    .then("resume it in the console, or with POST /api/v1/jobs/queues/{queue}/resume"),
            );
        }
    }
    let (processes, waits) = (snapshot.processes.len(), snapshot.queues.iter().any(|queue| queue.ready > 0));
    found.push(if processes == 0 && waits {
        Finding::new(Severity::Critical, "jobs.processes", "jobs wait, and no process works on them")
            .because("nothing that was promised is done: no mail, no score, no webhook")
            .then("start `spotlight serve`, with --role all or worker")
    } else {
        Finding::fine("jobs.processes", format!("{processes} processes work on jobs")).with(json!(snapshot.processes))
    });
    found
}

fn waiting(area: &'static str, name: &str, ready: u64, oldest_ms: Option<u64>) -> Finding {
    let oldest = oldest_ms.map_or_else(String::new, |ms| format!(", the oldest for {} s", ms / 1_000));
    let evidence = format!("{name}: {ready} wait{oldest}");
    if ready >= MANY || oldest_ms.is_some_and(|ms| ms >= OLD) {
        return Finding::new(Severity::Warning, area, evidence).because("more comes in than is worked off").then(
            "start more workers (`spotlight serve --role worker`), or give the queue more threads (docs/jobs.md)",
        );
    }
    Finding::fine(area, evidence)
}

fn given_up(area: &'static str, name: &str, dead: u64) -> Finding {
    Finding::new(Severity::Warning, area, format!("{name}: {dead} were given up after all of their tries"))
        .because("what they were to do is not done, and waits for a person")
        .then("look at why with GET /api/v1/jobs?state=dead, mend it, and have them tried again or discarded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_that_nobody_works_on_are_critical() {
        let queue =
            QueueFigures { queue: "mail".to_owned(), ready: 1, dead: 2, paused: true, ..QueueFigures::default() };
        let severities = |snapshot: &QueueSnapshot| -> Vec<_> {
            of_queues(snapshot).iter().map(|finding| finding.severity).collect()
        };
        let snapshot = QueueSnapshot { queues: vec![queue], processes: Vec::new() };
        assert_eq!(severities(&snapshot), [Severity::Fine, Severity::Warning, Severity::Notice, Severity::Critical]);
        assert_eq!(severities(&QueueSnapshot::default()), [Severity::Fine]);
        let old = waiting("jobs.queue", "mail", 1, Some(OLD));
        assert!(old.severity == Severity::Warning && old.evidence.contains("for 300 s"), "{old:?}");
    }
}
