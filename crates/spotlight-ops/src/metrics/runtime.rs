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

/// The runtime that reads it.
#[derive(Debug, Clone, Copy)]
pub struct TokioRuntime;

#[async_trait]
impl FigureSource for TokioRuntime {
    fn name(&self) -> &'static str {
        "runtime"
    }

    fn metrics(&self) -> Vec<&'static Metric> {
        vec![&WORKERS, &TASKS, &QUEUE]
    }

    async fn read(&self) -> Result<Vec<Figure>> {
        let runtime = Handle::current().metrics();
        Ok(vec![
            Figure::plain(&WORKERS, runtime.num_workers() as f64),
            Figure::plain(&TASKS, runtime.num_alive_tasks() as f64),
            Figure::plain(&QUEUE, runtime.global_queue_depth() as f64),
        ])
    }
}
