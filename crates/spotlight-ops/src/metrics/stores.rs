//! Pools that the storage does not know of.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    metrics::pool_figures,
    ports::{Figure, FigureSource, Metric},
};
use spotlight_storage::postgres::PgQueue;

/// The connections of a job queue that has some of its own.
#[derive(Clone)]
pub struct QueuePool(pub PgQueue);

#[async_trait]
impl FigureSource for QueuePool {
    fn name(&self) -> &'static str {
        "queue_pool"
    }

    fn metrics(&self) -> Vec<&'static Metric> {
        // Those of the storage, which the catalog of the platform holds.
        Vec::new()
    }

    async fn read(&self) -> Result<Vec<Figure>> {
        Ok(self.0.pool().iter().flat_map(pool_figures).collect())
    }
}
