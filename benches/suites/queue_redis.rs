//! The job queue on Redis: adding, draining by the real worker, and from enqueue to start.
//!
//! `BENCH_REDIS_URL=redis://127.0.0.1:6379 cargo bench -p spotlight-benches --bench queue_redis` runs it, in a namespace
//! of its own.
//! `BENCH_JOBS` says how many jobs are drained, as `50000,1000000`; 50,000 by default.
#![expect(clippy::print_stdout, reason = "the figures are what the suite is run for")]

use std::sync::Arc;

use spotlight_benches::measure_queue;
use spotlight_core::ports::{IdGenerator, JobQueue, SystemIds};
use spotlight_storage::redis::{RedisClient, RedisOptions, RedisQueue};

fn main() {
    let Ok(url) = std::env::var("BENCH_REDIS_URL") else {
        println!("BENCH_REDIS_URL is not set; it names a server that may be written to");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let ids = Arc::new(SystemIds);
        let namespace = format!("bench-{}", ids.uuid().simple());
        let client = RedisClient::new(RedisOptions { namespace, ..RedisOptions::new(url) }).expect("options");
        let queue: Arc<dyn JobQueue> = Arc::new(RedisQueue::connect(client, ids).await.expect("the server answers"));
        measure_queue(&queue).await;
    });
}
