//! The job queue on Postgres: adding, draining by the real worker, and from enqueue to start.
//!
//! `benches/postgres.sh cargo bench -p spotlight-benches --bench queue_postgres` runs it on a server of its own.
//! `BENCH_JOBS` says how many jobs are drained, as `50000,1000000`; 50,000 by default.
#![expect(clippy::print_stdout, reason = "the figures are what the suite is run for")]

use std::sync::Arc;

use spotlight_benches::measure_queue;
use spotlight_core::ports::JobQueue;
use spotlight_storage::postgres::{PgOptions, PgQueue};

fn main() {
    let Ok(url) = std::env::var("BENCH_DATABASE_URL") else {
        println!("BENCH_DATABASE_URL is not set; benches/postgres.sh sets it");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let queue = PgQueue::connect(PgOptions::new(url)).await.expect("the server answers");
        let port: Arc<dyn JobQueue> = Arc::new(queue.clone());
        measure_queue(&port).await;
        queue.close().await;
    });
}
