//! Figures that have to be read: none is read twice within seconds, and none keeps a scrape.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::Duration as Span;
use futures::future::join_all;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use uuid::Uuid;

use super::{
    catalog::{
        ACTIVE_USERS, POOL_CONNECTIONS, POOL_MOST, POOL_WAITED, POOL_WAITS, QUEUE_AGE, QUEUE_JOBS, QUEUE_PAUSED,
        QUEUE_PROCESSES, SOURCE_UP,
    },
    conditions::Schema,
};
use crate::{
    caching::{CacheReader, Keep},
    domain::OrganizationId,
    error::Result,
    ports::{
        Clock, Figure, FigureSource, JobQueue, Label, Metric, PoolFigures, QueueFigures, ReadConsistency, Storage,
    },
};

/// What was read is given to everybody who asks within this time.
const FRESH: Duration = Duration::from_secs(4);
/// How long a source has.
const PATIENCE: Duration = Duration::from_secs(2);
/// Queues that have figures of their own. Whoever makes one for each customer has the others together, as `other`.
const QUEUES: usize = 50;
/// A user who was seen within this time is active.
const ACTIVE: Span = Span::minutes(15);
/// How long the fleet goes by one count of active users.
const COUNTED_FOR: Duration = Duration::from_secs(30);

/// The sources of a platform.
pub(crate) struct Sources(Vec<Kept>);

impl Sources {
    pub(crate) fn new(sources: Vec<Arc<dyn FigureSource>>) -> Self {
        Self(sources.into_iter().map(|source| Kept { source, last: Mutex::default() }).collect())
    }

    /// Every metric that they may give.
    pub(crate) fn metrics(&self) -> impl Iterator<Item = &'static Metric> {
        self.0.iter().flat_map(|kept| kept.source.metrics())
    }

    /// What all of them say, and which do not answer.
    pub(crate) async fn read(&self, into: &mut Vec<Figure>) {
        let read = join_all(self.0.iter().map(Kept::read)).await;
        for (kept, figures) in self.0.iter().zip(read) {
            let up = f64::from(u8::from(figures.is_some()));
            into.extend(figures.iter().flat_map(|figures| figures.iter().cloned()));
            into.push(Figure::number(&SOURCE_UP, vec![Label::Borrowed(kept.source.name())], up));
        }
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|kept| kept.source.name())).finish()
    }
}

/// What a source said; nothing when it did not answer.
type Said = Option<Arc<Vec<Figure>>>;

/// A source, and what it said last.
struct Kept {
    source: Arc<dyn FigureSource>,
    last: Mutex<Option<(Instant, Said)>>,
}

impl Kept {
    /// What the source says, or said a moment ago. None when it does not answer: for that moment nobody asks it again.
    async fn read(&self) -> Said {
        // Whoever comes meanwhile waits here, and is given the same.
        let mut last = self.last.lock().await;
        if let Some((at, figures)) = &*last
            && at.elapsed() < FRESH
        {
            return figures.clone();
        }
        let figures = match timeout(PATIENCE, self.source.read()).await {
            Ok(Ok(figures)) => Some(Arc::new(figures)),
            Ok(Err(error)) => {
                let source = self.source.name();
                tracing::debug!(source, error = error.chain(), "figures are missing from the metrics");
                None
            }
            Err(_) => {
                tracing::debug!(source = self.source.name(), "figures took too long and are missing from the metrics");
                None
            }
        };
        *last = Some((Instant::now(), figures.clone()));
        figures
    }
}

/// What every platform has: its queue, its storage's connections and schema, and its users.
pub(crate) fn usual(
    storage: &Arc<dyn Storage>,
    queue: &Arc<dyn JobQueue>,
    cache: &Arc<CacheReader>,
    clock: &Arc<dyn Clock>,
) -> Vec<Arc<dyn FigureSource>> {
    let users = Users { storage: Arc::clone(storage), cache: Arc::clone(cache), clock: Arc::clone(clock) };
    vec![
        Arc::new(Queues(Arc::clone(queue))),
        Arc::new(Pools(Arc::clone(storage))),
        Arc::new(Schema(Arc::clone(storage))),
        Arc::new(users),
    ]
}

struct Queues(Arc<dyn JobQueue>);

#[async_trait]
impl FigureSource for Queues {
    fn name(&self) -> &'static str {
        "queue"
    }

    fn metrics(&self) -> Vec<&'static Metric> {
        vec![&QUEUE_JOBS, &QUEUE_AGE, &QUEUE_PAUSED, &QUEUE_PROCESSES]
    }

    async fn read(&self) -> Result<Vec<Figure>> {
        let snapshot = self.0.snapshot().await?;
        let mut figures = vec![Figure::plain(&QUEUE_PROCESSES, snapshot.processes.len() as f64)];
        for queue in bounded(snapshot.queues) {
            let name = || Label::Owned(queue.queue.clone());
            let states = [
                ("ready", queue.ready),
                ("scheduled", queue.scheduled),
                ("blocked", queue.blocked),
                ("running", queue.running),
                ("dead", queue.dead),
            ];
            figures.extend(
                states.map(|(state, jobs)| {
                    Figure::number(&QUEUE_JOBS, vec![name(), Label::Borrowed(state)], jobs as f64)
                }),
            );
            let age = queue.oldest_ready_ms.unwrap_or(0) as f64 / 1000.0;
            figures.push(Figure::number(&QUEUE_AGE, vec![name()], age));
            figures.push(Figure::number(&QUEUE_PAUSED, vec![name()], f64::from(u8::from(queue.paused))));
        }
        Ok(figures)
    }
}

/// The first queues by name, and all others as one.
fn bounded(mut queues: Vec<QueueFigures>) -> Vec<QueueFigures> {
    let rest = queues.split_off(queues.len().min(QUEUES));
    if rest.is_empty() {
        return queues;
    }
    let mut other = QueueFigures { queue: "other".to_owned(), ..QueueFigures::default() };
    for queue in rest {
        other.ready += queue.ready;
        other.scheduled += queue.scheduled;
        other.blocked += queue.blocked;
        other.running += queue.running;
        other.dead += queue.dead;
        other.oldest_ready_ms = other.oldest_ready_ms.max(queue.oldest_ready_ms);
        other.paused |= queue.paused;
    }
    queues.push(other);
    queues
}

struct Pools(Arc<dyn Storage>);

#[async_trait]
impl FigureSource for Pools {
    fn name(&self) -> &'static str {
        "storage"
    }

    fn metrics(&self) -> Vec<&'static Metric> {
        vec![&POOL_CONNECTIONS, &POOL_MOST, &POOL_WAITS, &POOL_WAITED]
    }

    async fn read(&self) -> Result<Vec<Figure>> {
        Ok(self.0.pools().iter().flat_map(pool_figures).collect())
    }
}

/// The figures of a pool of connections.
pub fn pool_figures(pool: &PoolFigures) -> Vec<Figure> {
    let name = Label::Borrowed(pool.pool);
    let idle = pool.open.saturating_sub(pool.in_use);
    let connections = |state, number: u64| {
        Figure::number(&POOL_CONNECTIONS, vec![name.clone(), Label::Borrowed(state)], number as f64)
    };
    vec![
        connections("idle", idle),
        connections("in_use", pool.in_use),
        Figure::number(&POOL_MOST, vec![name.clone()], pool.most as f64),
        Figure::number(&POOL_WAITS, vec![name.clone()], pool.waits as f64),
        Figure::number(&POOL_WAITED, vec![name.clone()], pool.waited.as_secs_f64()),
    ]
}

/// Counted by the database, and for the fleet: processes that share a cache share the count.
struct Users {
    storage: Arc<dyn Storage>,
    cache: Arc<CacheReader>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl FigureSource for Users {
    fn name(&self) -> &'static str {
        "users"
    }

    fn metrics(&self) -> Vec<&'static Metric> {
        vec![&ACTIVE_USERS]
    }

    async fn read(&self) -> Result<Vec<Figure>> {
        // The count belongs to no organization.
        let nobody = OrganizationId::from_uuid(Uuid::nil());
        let since = self.clock.now() - ACTIVE;
        let count = || async {
            let repositories = self.storage.read(ReadConsistency::Eventual);
            repositories.sessions().active_users(since).await.map(Some)
        };
        let active = self.cache.get_or_compute(nobody, "active_users", &Keep::new(COUNTED_FOR), count).await?;
        Ok(vec![Figure::plain(&ACTIVE_USERS, active.unwrap_or(0_u64) as f64)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_beyond_the_bound_are_one() {
        let queue = |number: usize| QueueFigures {
            queue: format!("queue-{number:03}"),
            ready: 1,
            dead: 2,
            oldest_ready_ms: (number == 60).then_some(9),
            ..QueueFigures::default()
        };
        let all = bounded((0..QUEUES + 20).map(queue).collect());
        assert_eq!(all.len(), QUEUES + 1);
        let other = all.last().expect("the rest");
        assert_eq!((other.queue.as_str(), other.ready, other.dead, other.oldest_ready_ms), ("other", 20, 40, Some(9)));
        assert_eq!(bounded((0..QUEUES).map(queue).collect()).len(), QUEUES);
    }
}
