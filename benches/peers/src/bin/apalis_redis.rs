//! `apalis-redis`.

use std::{ops::Range, process::ExitCode, sync::Arc};

use apalis::prelude::{BackendFactory, BoxDynError, Data, ParallelizeExt, TaskSink, WorkerBuilder};
use apalis_redis::{Client, Config, RedisStorage, factory::RedisStorageFactory};
use redis::aio::ConnectionManager;
use spotlight_peers::{Keys, NAME, Nothing, Peer, Purpose, Result, Seen};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Apalis {
    url: String,
    connection: ConnectionManager,
    purpose: Purpose,
}

impl Apalis {
    fn config(&self) -> Config {
        let config = Config::default().queue(NAME);
        if self.purpose == Purpose::Drain { config.batch_size(1_000) } else { config }
    }

    fn storage(&self) -> RedisStorage<Nothing> {
        RedisStorage::new(self.connection.clone()).with_config(self.config())
    }
}

async fn handle(job: Nothing, seen: Data<Arc<Seen>>) -> std::result::Result<(), BoxDynError> {
    seen.mark(job.number);
    Ok(())
}

impl Peer for Apalis {
    // Redis answers nobody else while one call adds its jobs.
    const BULK: u64 = 1_000;

    async fn connect(url: &str, purpose: Purpose) -> Result<Self> {
        let connection = apalis_redis::connect(url).await?;
        Ok(Self { url: url.to_owned(), connection, purpose })
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
        // Only the factory's storage is woken by what others add. Its messages need the third protocol.
        let client = Client::open(format!("{}/?protocol=resp3", self.url))?;
        let storage = RedisStorageFactory::new(client).await?.create_with_config(self.config())?;
        let worker = WorkerBuilder::new(NAME).backend(storage).data(seen);
        worker.parallelize(tokio::spawn).build(handle).run_until(stopped).await?;
        Ok(())
    }

    async fn left(&self) -> Result<u64> {
        let (config, mut connection) = (self.config(), self.connection.clone());
        // A job stays in the hash of payloads for good; what has ended well is in the set of those done.
        let (all, done): (u64, u64) = redis::pipe()
            .hlen(config.job_data_hash())
            .scard(config.done_jobs_set())
            .query_async(&mut connection)
            .await?;
        Ok(all - done)
    }
}

fn main() -> ExitCode {
    spotlight_peers::main::<Apalis>()
}
