//! The storage: what is committed, and the one writer.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::{queue::MemoryQueue, tables::Tables, unit::MemoryRepositories};
use crate::{
    domain::time::Timestamp,
    error::{Error, ErrorKind, Result},
    ports::{
        Clock, JobPlacement, PoolFigures, ReadConsistency, Repositories, SchemaState, Storage, SystemIds, UnitOfWork,
    },
};

/// Longest that a unit waits for the units before it.
const BEGIN_WITHIN: Duration = Duration::from_secs(10);

/// A [`Storage`] in memory, which keeps every promise but durability.
///
/// One unit writes at a time, in the order of asking; readers never wait and see what was committed when they asked.
/// A list costs time in proportion to the organization's rows, a single read or write to the logarithm of all rows.
pub struct MemoryStorage {
    shared: Arc<Shared>,
    committed: MemoryRepositories,
}

impl MemoryStorage {
    /// An empty storage beside an empty queue, both on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_jobs(clock, JobPlacement::Queue)
    }

    /// The same, and where the jobs of its units go.
    pub fn with_jobs(clock: Arc<dyn Clock>, jobs: JobPlacement) -> Self {
        let queue = MemoryQueue::new(Arc::clone(&clock), Arc::new(SystemIds));
        Self::beside(queue, clock, jobs)
    }

    /// An empty storage on `clock` beside a queue, into which units put their jobs: for ids that a test knows beforehand.
    pub fn with_queue(queue: MemoryQueue, clock: Arc<dyn Clock>) -> Self {
        Self::beside(queue, clock, JobPlacement::Queue)
    }

    fn beside(queue: MemoryQueue, clock: Arc<dyn Clock>, jobs: JobPlacement) -> Self {
        let shared = Arc::new(Shared {
            queue,
            jobs,
            clock,
            committed: RwLock::default(),
            writer: Arc::default(),
            closed: AtomicBool::new(false),
            numbers: AtomicU64::new(0),
        });
        Self { committed: MemoryRepositories::committed(Arc::clone(&shared)), shared }
    }

    /// The queue beside it, into which units put their jobs.
    pub fn queue(&self) -> MemoryQueue {
        self.shared.queue.clone()
    }
}

impl std::fmt::Debug for MemoryStorage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryStorage").finish_non_exhaustive()
    }
}

/// What readers and units share.
pub(super) struct Shared {
    pub(super) queue: MemoryQueue,
    pub(super) jobs: JobPlacement,
    clock: Arc<dyn Clock>,
    committed: RwLock<Arc<Tables>>,
    writer: Arc<Mutex<()>>,
    closed: AtomicBool,
    numbers: AtomicU64,
}

impl Shared {
    /// What is committed now.
    pub(super) fn snapshot(&self) -> Arc<Tables> {
        Arc::clone(&self.committed.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes the tables of the one writer what is committed.
    pub(super) fn commit(&self, tables: Arc<Tables>) {
        let mut committed = self.committed.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *committed, tables);
        // Freeing what only the old tables held takes a while; readers need not wait for it.
        drop(committed);
        drop(before);
    }

    /// The storage's own time.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A number above every one given before, of units that were rolled back too.
    pub(super) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// # Errors
    /// `Unavailable` after the storage was closed.
    pub(super) fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            Err(Error::new(ErrorKind::Unavailable, "the storage was closed"))
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl Storage for MemoryStorage {
    fn read(&self, _consistency: ReadConsistency) -> &dyn Repositories {
        &self.committed
    }

    async fn begin(&self) -> Result<Box<dyn UnitOfWork>> {
        self.shared.check_open()?;
        let writer = if let Ok(writer) = Arc::clone(&self.shared.writer).try_lock_owned() {
            writer
        } else {
            let waiting = tokio::time::timeout(BEGIN_WITHIN, Arc::clone(&self.shared.writer).lock_owned());
            waiting.await.map_err(|_| Error::new(ErrorKind::Timeout, "other units of work took too long"))?
        };
        self.shared.check_open()?;
        Ok(Box::new(MemoryRepositories::unit(Arc::clone(&self.shared), writer)))
    }

    async fn relays_jobs(&self) -> Result<bool> {
        Ok(true)
    }

    async fn ping(&self) -> Result<()> {
        self.shared.check_open()
    }

    async fn schema(&self) -> Result<SchemaState> {
        self.shared.check_open()?;
        // What it holds was made by this very program.
        Ok(SchemaState::default())
    }

    fn pools(&self) -> Vec<PoolFigures> {
        Vec::new()
    }

    async fn close(&self) {
        self.shared.closed.store(true, Ordering::Release);
        drop(self.shared.writer.lock().await);
    }
}
