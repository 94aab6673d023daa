//! `apalis-postgres`.

use std::{ops::Range, process::ExitCode, sync::Arc};

use apalis::prelude::{BoxDynError, Data, ParallelizeExt, TaskSink, WorkerBuilder};
use apalis_postgres::{Config, PostgresStorage};
use spotlight_peers::{Keys, NAME, Nothing, Peer, Purpose, Result, Seen};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Apalis {
    pool: PgPool,
    purpose: Purpose,
}

impl Apalis {
    fn storage(&self) -> PostgresStorage<Nothing> {
        let config = Config::default().queue(NAME);
        let config = if self.purpose == Purpose::Drain { config.batch_size(1_000) } else { config };
        PostgresStorage::new(&self.pool).with_config(config)
    }
}

async fn handle(job: Nothing, seen: Data<Arc<Seen>>) -> std::result::Result<(), BoxDynError> {
    seen.mark(job.number);
    Ok(())
}

impl Peer for Apalis {
    const BULK: u64 = 10_000;

    async fn connect(url: &str, purpose: Purpose) -> Result<Self> {
        // The usual size, save where it would make callers wait.
        let connections = if let Purpose::Singles(callers) = purpose { callers } else { 10 };
        let pool = PgPoolOptions::new().max_connections(connections).connect(url).await?;
        PostgresStorage::setup(&pool).await?;
        Ok(Self { pool, purpose })
    }

    async fn add(&self, numbers: Range<u64>, keys: Option<Keys>) -> Result<()> {
        if keys.is_some() {
            return Err("no limit per key".into());
        }
        self.storage().push_bulk(numbers.map(|number| Nothing { number }).collect()).await?;
        Ok(())
    }

    async fn add_one(&self, number: u64) -> Result<()> {
        self.storage().push(Nothing { number }).await?;
        Ok(())
    }

    async fn work(self: Arc<Self>, seen: Arc<Seen>, stop: CancellationToken) -> Result<()> {
        let stopped = async move {
            stop.cancelled().await;
            Ok::<(), std::io::Error>(())
        };
        // Without NOTIFY it looks again only at its heartbeat.
        let storage = self.storage().with_pubsub();
        let worker = WorkerBuilder::new(NAME).backend(storage).data(seen);
        worker.parallelize(tokio::spawn).build(handle).run_until(stopped).await?;
        Ok(())
    }

    async fn left(&self) -> Result<u64> {
        let query = "SELECT count(*) FROM apalis.jobs WHERE status <> 'Done'";
        let count: i64 = sqlx::query_scalar(query).fetch_one(&self.pool).await?;
        Ok(count.try_into()?)
    }
}

fn main() -> ExitCode {
    spotlight_peers::main::<Apalis>()
}
