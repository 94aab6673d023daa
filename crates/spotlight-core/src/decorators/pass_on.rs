//! What a decorator of a job queue does not touch.

/// Writes a trait of the job queue for a decorator: the methods that are named pass their calls on to a field, and the
/// others are written out. The caller has the trait in scope, and `async-trait` among its dependencies.
///
/// ```
/// use spotlight_core::{Result, domain::time::Timestamp, memory::MemoryQueue, pass_on, ports::JobProducer};
///
/// struct Forgetful {
///     inner: MemoryQueue,
/// }
///
/// pass_on! { JobProducer for Forgetful, to inner: enqueue, enqueue_with_ids, enqueue_batch, tick;
///     async fn last_tick(&self, _: &str) -> Result<Option<Timestamp>> {
///         Ok(None)
///     }
/// }
/// ```
#[macro_export]
macro_rules! pass_on {
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*]) => {
        #[::async_trait::async_trait]
        impl $trait for $type {
            $($done)*
        }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] enqueue $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn enqueue(
                &self,
                jobs: Vec<$crate::ports::JobSpec>,
            ) -> $crate::Result<Vec<$crate::ports::Enqueued>> {
                self.$inner.enqueue(jobs).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] enqueue_with_ids $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn enqueue_with_ids(
                &self,
                jobs: Vec<($crate::domain::JobId, $crate::ports::JobSpec)>,
            ) -> $crate::Result<Vec<$crate::ports::Enqueued>> {
                self.$inner.enqueue_with_ids(jobs).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] enqueue_batch $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn enqueue_batch(
                &self,
                batch: $crate::ports::BatchSpec,
            ) -> $crate::Result<$crate::domain::BatchId> {
                self.$inner.enqueue_batch(batch).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] tick $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn tick(
                &self,
                schedule: &str,
                at: $crate::domain::time::Timestamp,
                job: $crate::ports::JobSpec,
            ) -> $crate::Result<bool> {
                self.$inner.tick(schedule, at, job).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] last_tick $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn last_tick(&self, schedule: &str) -> $crate::Result<Option<$crate::domain::time::Timestamp>> {
                self.$inner.last_tick(schedule).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] register $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn register(
                &self,
                process: $crate::domain::ProcessId,
                label: &str,
                lease: ::std::time::Duration,
            ) -> $crate::Result<()> {
                self.$inner.register(process, label, lease).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] heartbeat $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn heartbeat(
                &self,
                process: $crate::domain::ProcessId,
                progress: &[$crate::ports::Progress],
            ) -> $crate::Result<$crate::ports::Pulse> {
                self.$inner.heartbeat(process, progress).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] deregister $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn deregister(&self, process: $crate::domain::ProcessId) -> $crate::Result<()> {
                self.$inner.deregister(process).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] claim $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn claim(
                &self,
                process: $crate::domain::ProcessId,
                queues: &[String],
                limit: u32,
            ) -> $crate::Result<Vec<$crate::ports::ClaimedJob>> {
                self.$inner.claim(process, queues, limit).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] settle $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn settle(
                &self,
                process: $crate::domain::ProcessId,
                settlements: &[$crate::ports::Settlement],
            ) -> $crate::Result<Vec<bool>> {
                self.$inner.settle(process, settlements).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] wait $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn wait(&self, queues: &[String], patience: ::std::time::Duration) -> $crate::Result<()> {
                self.$inner.wait(queues, patience).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] upkeep $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn upkeep(&self, limit: u32) -> $crate::Result<$crate::ports::Upkeep> {
                self.$inner.upkeep(limit).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] find $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn find(&self, id: $crate::domain::JobId) -> $crate::Result<Option<$crate::ports::JobRecord>> {
                self.$inner.find(id).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] states $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn states(
                &self,
                ids: &[$crate::domain::JobId],
            ) -> $crate::Result<Vec<Option<$crate::ports::JobState>>> {
                self.$inner.states(ids).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] list $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn list(
                &self,
                filter: &$crate::ports::JobFilter,
                after: Option<$crate::domain::JobId>,
                limit: u32,
            ) -> $crate::Result<Vec<$crate::ports::JobRecord>> {
                self.$inner.list(filter, after, limit).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] retry $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn retry(&self, id: $crate::domain::JobId) -> $crate::Result<bool> {
                self.$inner.retry(id).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] discard $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn discard(&self, id: $crate::domain::JobId) -> $crate::Result<bool> {
                self.$inner.discard(id).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] cancel $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn cancel(&self, id: $crate::domain::JobId) -> $crate::Result<bool> {
                self.$inner.cancel(id).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] set_paused $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn set_paused(&self, queue: &str, paused: bool) -> $crate::Result<()> {
                self.$inner.set_paused(queue, paused).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] batch $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn batch(&self, id: $crate::domain::BatchId) -> $crate::Result<Option<$crate::ports::BatchRecord>> {
                self.$inner.batch(id).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] waiting $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn waiting(&self, most: u64) -> $crate::Result<u64> {
                self.$inner.waiting(most).await
            }
        ] $($rest)* }
    };
    (@ $trait:ident, $type:ty, $inner:ident, [$($done:tt)*] snapshot $($rest:ident)*) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($done)*
            async fn snapshot(&self) -> $crate::Result<$crate::ports::QueueSnapshot> {
                self.$inner.snapshot().await
            }
        ] $($rest)* }
    };
    ($trait:ident for $type:ty, to $inner:ident: $($method:ident),+ $(; $($own:tt)*)?) => {
        $crate::pass_on! { @ $trait, $type, $inner, [$($($own)*)?] $($method)+ }
    };
}
