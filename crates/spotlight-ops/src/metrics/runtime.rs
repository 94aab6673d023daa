//! The runtime that everything asynchronous runs on.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    ports::{Figure, FigureSource, Metric},
};
use tokio::runtime::Handle;

static WORKERS: Metric = Metric::gauge("tokio_workers", "Threads of the runtime that work.", &[]);
static TASKS: Metric = Metric::gauge("tokio_tasks_alive", "Tasks of the runtime that have not ended.", &[]);
static QUEUE: Metric =
    Metric::gauge("tokio_global_queue_depth", "Tasks that wait for a thread in the runtime's common queue.", &[]);
static BUSY: Metric = Metric::counter(
    "tokio_worker_busy_seconds_total",
    "Time that threads of the runtime have worked, all together; less than one for each of them in a second.",
    &[],
);

/// The runtime that reads it.
#[derive(Debug, Clone, Copy)]
pub struct TokioRuntime;

#[async_trait]
impl FigureSource for TokioRuntime {
    fn name(&self) -> &'static str {
        "runtime"
    }

    fn metrics(&self) -> Vec<&'static Metric> {
        vec![&WORKERS, &BUSY, &TASKS, &QUEUE]
    }

    async fn read(&self) -> Result<Vec<Figure>> {
        let runtime = Handle::current().metrics();
        let busy: f64 =
            (0..runtime.num_workers()).map(|worker| runtime.worker_total_busy_duration(worker).as_secs_f64()).sum();
        Ok(vec![
            Figure::plain(&WORKERS, runtime.num_workers() as f64),
            Figure::plain(&BUSY, busy),
            Figure::plain(&TASKS, runtime.num_alive_tasks() as f64),
            Figure::plain(&QUEUE, runtime.global_queue_depth() as f64),
        ])
    }
}
