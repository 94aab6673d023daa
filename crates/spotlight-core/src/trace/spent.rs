//! Where the time of a piece of work goes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

tokio::task_local! {
    static CURRENT: Arc<Spent>;
}

/// What one piece of work has asked of the storage: how often, and how long that took.
///
/// Storages count with [`Spent::statement`], which costs nothing where nobody looks. Work that goes on in a task of its own
/// is not counted, nor is what one call does for several callers at once.
#[derive(Debug, Default)]
pub struct Spent {
    statements: AtomicU64,
    nanos: AtomicU64,
}

/// A statement that is under way. Dropping it counts it, answered or not.
#[derive(Debug)]
#[must_use = "it is counted when it is dropped"]
pub struct Statement(Option<(Arc<Spent>, Instant)>);

impl Spent {
    /// Counts what a future spends.
    ///
    /// # Cancel safety
    /// That of the future.
    pub async fn scope<F: Future>(self: &Arc<Self>, work: F) -> F::Output {
        CURRENT.scope(Arc::clone(self), work).await
    }

    /// Begins a statement of the work that asks.
    pub fn statement() -> Statement {
        Statement(CURRENT.try_with(|spent| (Arc::clone(spent), Instant::now())).ok())
    }

    /// How many statements so far.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// How long they took all together, waiting for a connection included.
    pub fn in_statements(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::Relaxed))
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        let Some((spent, began)) = &self.0 else { return };
        let nanos = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        spent.statements.fetch_add(1, Ordering::Relaxed);
        spent.nanos.fetch_add(nanos, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn statements_count_where_somebody_looks_and_nowhere_else() {
        let spent = Arc::new(Spent::default());
        drop(Spent::statement());
        spent
            .scope(async {
                drop(Spent::statement());
                let statement = Spent::statement();
                tokio::task::yield_now().await;
                drop(statement);
            })
            .await;
        drop(Spent::statement());
        assert_eq!(spent.statements(), 2);
        assert!(spent.in_statements() > Duration::ZERO);
    }
}
