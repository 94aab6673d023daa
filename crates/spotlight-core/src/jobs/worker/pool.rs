//! A group of queues: fetches jobs ahead, and runs them in its places.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc, watch},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Ended, PoolOptions, Share, Shared, heart::Heart};
use crate::{
    domain::ProcessId,
    error::Result,
    ports::{ClaimedJob, Outcome, Settlement},
};

/// Jobs are claimed ahead for about this long.
const AHEAD: Duration = Duration::from_millis(20);
/// Every so many looks, the queues are taken from the next one in turn.
const TURN: usize = 16;
/// The pause after a failed look, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// How much longer than asked an idle pool waits for a wake-up.
const IDLE: u32 = 10;

/// A pool at work.
pub(super) struct Pool(TaskTracker);

/// Waits until every job of every pool has ended.
pub(super) async fn all(pools: &[Pool]) {
    for Pool(tasks) in pools {
        tasks.wait().await;
    }
}

struct Inner<S> {
    shared: Arc<Shared<S>>,
    options: PoolOptions,
    process: watch::Receiver<ProcessId>,
    ended: mpsc::Sender<Ended>,
    stop: CancellationToken,
    waiting: Mutex<VecDeque<(ProcessId, ClaimedJob)>>,
    filled: Notify,
    drained: Notify,
    idle: AtomicUsize,
    /// Nanoseconds a job takes, smoothed; 0 until one has ended.
    pace: AtomicU64,
}

/// Begins a pool's tasks.
pub(super) fn start<S: Send + Sync + 'static>(
    shared: &Arc<Shared<S>>,
    options: &PoolOptions,
    heart: &Heart,
    ended: &mpsc::Sender<Ended>,
    stop: &CancellationToken,
) -> Pool {
    let inner = Arc::new(Inner {
        shared: Arc::clone(shared),
        options: options.clone(),
        process: heart.process(),
        ended: ended.clone(),
        stop: stop.clone(),
        waiting: Mutex::default(),
        filled: Notify::new(),
        drained: Notify::new(),
        idle: AtomicUsize::new(0),
        pace: AtomicU64::new(0),
    });
    let tasks = TaskTracker::new();
    tasks.spawn(Arc::clone(&inner).fetch());
    for _ in 0..options.threads {
        tasks.spawn(Arc::clone(&inner).place());
    }
    tasks.close();
    Pool(tasks)
}

impl<S: Send + Sync + 'static> Inner<S> {
    /// One place: runs a job after the other.
    async fn place(self: Arc<Self>) {
        while let Some((process, job)) = self.next().await {
            let began = Instant::now();
            let outcome = self.shared.work(process, &job).await;
            self.keep_pace(began.elapsed());
            let settlement = Settlement { id: job.id, claim: job.claim, outcome };
            if self.ended.send(Ended { process, queue: job.queue, settlement }).await.is_err() {
                return;
            }
        }
    }

    /// The next job that was claimed; none once the worker stops.
    async fn next(&self) -> Option<(ProcessId, ClaimedJob)> {
        loop {
            let filled = self.filled.notified();
            tokio::pin!(filled);
            filled.as_mut().enable();
            if self.stop.is_cancelled() {
                return None;
            }
            if self.shared.rest.is_on() {
                tokio::select! {
                    () = self.shared.rest.is_over() => {}
                    () = self.stop.cancelled() => {}
                }
                continue;
            }
            let (next, left) = {
                let mut waiting = self.waiting();
                (waiting.pop_front(), waiting.len())
            };
            if let Some((process, job)) = next {
                if left == self.capacity() / 2 || left == 0 {
                    self.drained.notify_one();
                }
                // Jobs of a process that was given up belong to others.
                if *self.process.borrow() == process {
                    return Some((process, job));
                }
                continue;
            }
            self.idle.fetch_add(1, Ordering::Relaxed);
            self.drained.notify_one();
            tokio::select! {
                () = filled => {}
                () = self.stop.cancelled() => {}
            }
            self.idle.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Claims jobs until the worker stops, then hands back what no place has taken.
    async fn fetch(self: Arc<Self>) {
        let mut looks = 0;
        let mut pause = PAUSES.0;
        let mut patience = self.options.polling_interval;
        while !self.stop.is_cancelled() {
            if self.shared.rest.is_on() {
                self.hand_back().await;
                tokio::select! {
                    () = self.shared.rest.is_over() => {}
                    () = self.stop.cancelled() => {}
                }
                continue;
            }
            let room = self.capacity().saturating_sub(self.waiting().len());
            let idle = self.idle.load(Ordering::Relaxed);
            if room == 0 || (idle == 0 && room < self.capacity() / 2) {
                tokio::select! {
                    () = self.drained.notified() => {}
                    () = self.shared.rest.begins() => {}
                    () = self.stop.cancelled() => {}
                }
                continue;
            }
            looks += 1;
            let waits = match self.look(looks, room).await {
                Ok(found) => {
                    self.shared.health.answered(true);
                    pause = PAUSES.0;
                    if found > 0 {
                        patience = self.options.polling_interval;
                        continue;
                    }
                    let waited = self.shared.queue.wait(&self.options.queues, patience);
                    patience = (patience * 2).min(self.options.polling_interval * IDLE);
                    tokio::select! {
                        waited = waited => waited,
                        () = self.shared.rest.begins() => Ok(()),
                        () = self.stop.cancelled() => Ok(()),
                    }
                }
                Err(error) => Err(error),
            };
            if let Err(error) = waits {
                self.shared.health.answered(false);
                tracing::warn!(error = error.chain(), "jobs could not be fetched; trying again");
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = self.stop.cancelled() => {}
                }
                pause = (pause * 2).min(PAUSES.1);
            }
        }
        self.hand_back().await;
    }

    /// Claims what there is room for. Gives how many.
    async fn look(&self, looks: usize, room: usize) -> Result<usize> {
        let process = *self.process.borrow();
        let queues = self.order(looks);
        let limit = u32::try_from(room).unwrap_or(u32::MAX);
        let claimed = self.shared.queue.claim(process, &queues, limit).await?;
        let found = claimed.len();
        if found > 0 {
            self.waiting().extend(claimed.into_iter().map(|job| (process, job)));
            self.filled.notify_waiters();
        }
        Ok(found)
    }

    /// The queues in the order of this look.
    fn order(&self, looks: usize) -> Vec<String> {
        let mut queues = self.options.queues.clone();
        let first = match &self.options.share {
            Share::Listed if looks.is_multiple_of(TURN) => (looks / TURN) % queues.len(),
            Share::Listed => 0,
            Share::Weighted(weights) => {
                let total: u32 = weights.iter().sum();
                let mut at = u32::try_from(looks % total as usize).unwrap_or(0);
                // Turns of a queue follow one another: a look takes as much as there is room for, so a finer order
                // would make no difference.
                weights.iter().take_while(|weight| at.checked_sub(**weight).map(|left| at = left).is_some()).count()
            }
        };
        queues.rotate_left(first);
        queues
    }

    async fn hand_back(&self) {
        let left: Vec<_> = self.waiting().drain(..).collect();
        for (process, job) in left {
            let settlement = Settlement { id: job.id, claim: job.claim, outcome: Outcome::HandedBack };
            if self.ended.send(Ended { process, queue: job.queue, settlement }).await.is_err() {
                return;
            }
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<(ProcessId, ClaimedJob)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Jobs that may wait here: one for each place, and of short ones as many as the places run until more can be here.
    fn capacity(&self) -> usize {
        let threads = self.options.threads;
        let pace = self.pace.load(Ordering::Relaxed);
        if pace == 0 {
            return threads;
        }
        let ahead = AHEAD.as_nanos() / u128::from(pace) * threads as u128;
        usize::try_from(ahead).unwrap_or(usize::MAX).clamp(threads, threads.max(self.options.prefetch as usize))
    }

    fn keep_pace(&self, took: Duration) {
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).max(1);
        let old = self.pace.load(Ordering::Relaxed);
        // A mean over about eight jobs; a race of two places loses one of them, which does not matter.
        let pace = if old == 0 { took } else { old - old / 8 + took / 8 };
        self.pace.store(pace.max(1), Ordering::Relaxed);
    }
}
