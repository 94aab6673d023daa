//! `graphile_worker` in Rust.

use std::{ops::Range, process::ExitCode, sync::Arc, time::Duration};

use graphile_worker::{
    IntoTaskHandlerResult, JobSpec, LocalQueueConfig, RawJobSpec, TaskHandler, WorkerContext, WorkerOptions,
    WorkerUtils,
};
use serde::{Deserialize, Serialize};
use spotlight_peers::{Keys, NAME, Peer, Purpose, Result, Seen};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Its schema, by its own usual name.
const SCHEMA: &str = "graphile_worker";
/// Jobs at once, and connections: what the project's own figures were made with.
const CONCURRENCY: u32 = 24;

#[derive(Serialize, Deserialize)]
struct Nothing {
    number: u64,
}

#[derive(Debug, Clone)]
struct State(Arc<Seen>);

impl TaskHandler for Nothing {
    const IDENTIFIER: &'static str = NAME;

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        if let Some(State(seen)) = ctx.get_ext::<State>() {
            seen.mark(self.number);
        }
        Ok::<(), String>(())
    }
}

struct Graphile {
    pool: PgPool,
    utils: WorkerUtils,
    purpose: Purpose,
}

impl Peer for Graphile {
    const BULK: u64 = 10_000;

    async fn connect(url: &str, purpose: Purpose) -> Result<Self> {
        let connections = match purpose {
            Purpose::Singles(callers) => callers,
            Purpose::Drain => CONCURRENCY + 1,
            // The usual size.
            Purpose::Bulk | Purpose::Latency => 20,
        };
        let pool = PgPoolOptions::new().max_connections(connections).connect(url).await?;
        let utils = WorkerUtils::new(pool.clone(), SCHEMA);
        utils.migrate().await?;
        Ok(Self { pool, utils, purpose })
    }

    async fn add(&self, numbers: Range<u64>, keys: Option<Keys>) -> Result<()> {
        if keys.is_some() {
            return Err("no limit per key but one at a time".into());
        }
        let job = |number| {
            let payload = serde_json::to_value(Nothing { number })?;
            Ok(RawJobSpec { identifier: NAME.to_owned(), payload, spec: JobSpec::default() })
        };
        let jobs = numbers.map(job).collect::<Result<Vec<_>>>()?;
        self.utils.add_raw_jobs(&jobs).await?;
        Ok(())
    }

    async fn add_one(&self, number: u64) -> Result<()> {
        self.utils.add_job(Nothing { number }, JobSpec::default()).await?;
        Ok(())
    }

    async fn work(self: Arc<Self>, seen: Arc<Seen>, stop: CancellationToken) -> Result<()> {
        let options = WorkerOptions::default().pg_pool(self.pool.clone()).schema(SCHEMA);
        let options = options.define_job::<Nothing>().add_extension(State(seen));
        let options = if self.purpose == Purpose::Drain {
            options
                .concurrency(CONCURRENCY as usize)
                .local_queue(LocalQueueConfig::default().with_size(500))
                .complete_job_batch_delay(batch_delay())
                .fail_job_batch_delay(batch_delay())
        } else {
            options
        };
        let worker = options.init().await?;
        let stopping = async {
            stop.cancelled().await;
            worker.request_shutdown();
        };
        let (ran, ()) = tokio::join!(worker.run(), stopping);
        Ok(ran?)
    }

    async fn left(&self) -> Result<u64> {
        let query = "SELECT count(*) FROM graphile_worker._private_jobs";
        let count: i64 = sqlx::query_scalar(query).fetch_one(&self.pool).await?;
        Ok(count.try_into()?)
    }
}

fn batch_delay() -> Duration {
    Duration::from_millis(std::env::var("DELAY").ok().and_then(|delay| delay.parse().ok()).unwrap_or(5))
}

fn main() -> ExitCode {
    spotlight_peers::main::<Graphile>()
}
