//! Ours, as it ships: the usual options of `Worker` and of the adapters, with fencing, heartbeats and history.

use std::{future::Future, ops::Range, process::ExitCode, sync::Arc};

use serde::{Deserialize, Serialize};
use spotlight_core::{
    jobs::{Job, JobContext, Registry, Worker, WorkerOptions, spec},
    ports::{Concurrency, JobQueue, SystemClock, SystemIds},
};
use spotlight_peers::{Keys, NAME, Peer, Purpose, Result, Seen};
use spotlight_storage::{
    postgres::{PgOptions, PgQueue},
    sqlite::{SqliteOptions, SqliteQueue, SqliteStorage},
};
use tokio_util::sync::CancellationToken;

#[derive(Serialize, Deserialize)]
struct Nothing {
    number: u64,
    #[serde(skip)]
    limit: Option<(u64, u32)>,
}

impl Job for Nothing {
    type State = Arc<Seen>;
    type Output = ();
    const NAME: &'static str = NAME;

    fn concurrency(&self) -> Option<Concurrency> {
        self.limit.map(|(key, limit)| Concurrency { key: format!("key-{key}"), limit })
    }

    fn run(self, ctx: JobContext<Arc<Seen>>) -> impl Future<Output = spotlight_core::Result<()>> + Send {
        ctx.state.mark(self.number);
        std::future::ready(Ok(()))
    }
}

struct Ours(Arc<dyn JobQueue>);

async fn redis(url: &str) -> Result<Ours> {
    use spotlight_storage::redis::{RedisClient, RedisOptions, RedisQueue};
    let client = RedisClient::connect(RedisOptions::new(url)).await?;
    Ok(Ours(Arc::new(RedisQueue::connect(client, Arc::new(SystemIds)).await?)))
}

impl Peer for Ours {
    const BULK: u64 = 10_000;

    async fn connect(url: &str, _: Purpose) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let storage = SqliteStorage::open(SqliteOptions::new(path)).await?;
            return Ok(Self(Arc::new(SqliteQueue::new(&storage))));
        }
        if url.starts_with("redis:") {
            return redis(url).await;
        }
        Ok(Self(Arc::new(PgQueue::connect(PgOptions::new(url)).await?)))
    }

    async fn add(&self, numbers: Range<u64>, keys: Option<Keys>) -> Result<()> {
        let limit = |number: u64| keys.map(|keys| (number % keys.keys, keys.limit));
        let jobs = numbers.map(|number| spec(&Nothing { number, limit: limit(number) }, None));
        self.0.enqueue(jobs.collect::<spotlight_core::Result<_>>()?).await?;
        Ok(())
    }

    async fn add_one(&self, number: u64) -> Result<()> {
        self.0.enqueue(vec![spec(&Nothing { number, limit: None }, None)?]).await?;
        Ok(())
    }

    async fn work(self: Arc<Self>, seen: Arc<Seen>, stop: CancellationToken) -> Result<()> {
        let registry = Registry::new(seen).with::<Nothing>();
        let parts = (Arc::new(SystemClock) as _, Arc::new(SystemIds) as _);
        Worker::new(Arc::clone(&self.0), registry, WorkerOptions::default(), parts)?.run(stop).await;
        Ok(())
    }

    async fn left(&self) -> Result<u64> {
        let figures = self.0.snapshot().await?.queues;
        Ok(figures.iter().map(|one| one.ready + one.scheduled + one.blocked + one.running + one.dead).sum())
    }
}

fn main() -> ExitCode {
    spotlight_peers::main::<Ours>()
}
