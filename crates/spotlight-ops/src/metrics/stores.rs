//! Pools of connections that the storage does not know of.

use std::fmt;

use async_trait::async_trait;
use spotlight_core::{
    Result,
    metrics::{
        catalog::{POOL_CONNECTIONS, POOL_MOST, POOL_WAITED, POOL_WAITS},
        pool_figures,
    },
    ports::{Figure, FigureSource, Metric, PoolFigures},
};

type Look = Box<dyn Fn() -> Option<PoolFigures> + Send + Sync>;

/// A pool of connections beside those of the storage: that of a job queue, or of an event bus.
///
/// A Redis has no pool to show: calls do not wait for one another on its one connection.
pub struct OwnPool {
    name: &'static str,
    look: Look,
}

impl OwnPool {
    /// A pool. The name is that of the source; `look` says how it stands, and nothing once it is closed.
    pub fn new(name: &'static str, look: impl Fn() -> Option<PoolFigures> + Send + Sync + 'static) -> Self {
        Self { name, look: Box::new(look) }
    }
}

impl fmt::Debug for OwnPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnPool({})", self.name)
    }
}

#[async_trait]
impl FigureSource for OwnPool {
    fn name(&self) -> &'static str {
        self.name
    }

    fn metrics(&self) -> Vec<&'static Metric> {
        vec![&POOL_CONNECTIONS, &POOL_MOST, &POOL_WAITS, &POOL_WAITED]
    }

    async fn read(&self) -> Result<Vec<Figure>> {
        Ok((self.look)().iter().flat_map(pool_figures).collect())
    }
}
