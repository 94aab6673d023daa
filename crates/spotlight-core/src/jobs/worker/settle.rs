//! Ends claims: as many in one call as came while the call before was under way.
//!
//! Where a call fails, each queue of it is tried by itself from then on, until its store answers: queues can be parts of
//! a store that fail by themselves, and one that is away keeps no other from its ends.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::sync::{mpsc, watch};

use super::{Ended, Shared, UNSETTLED};
use crate::{domain::ProcessId, error::Result, ports::Settlement};

/// Claims ended in one call at most.
const AT_ONCE: usize = 2048;
/// The pause after a failed call, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// Settles until nobody can send any more, and everything is settled.
pub(super) async fn run<S: Send + Sync + 'static>(
    shared: Arc<Shared<S>>,
    current: watch::Receiver<ProcessId>,
    mut arrived: mpsc::Receiver<Ended>,
) {
    let mut settler = Settler { shared, current, usual: 0, late: BTreeMap::new(), calls: FuturesUnordered::new() };
    let (mut ended, mut open) = (Vec::new(), true);
    while open || !settler.calls.is_empty() {
        // What came meanwhile goes with the next call. Too much that waits for a store has jobs wait too.
        let takes = open && settler.usual == 0 && settler.waiting() < UNSETTLED;
        tokio::select! {
            count = arrived.recv_many(&mut ended, AT_ONCE), if takes => {
                open = count > 0;
                settler.take(ended.drain(..));
            }
            Some(answered) = settler.calls.next() => settler.note(answered),
        }
    }
}

/// Ends of one process, with the queues of their jobs.
struct Part {
    process: ProcessId,
    queues: Vec<String>,
    settlements: Vec<Settlement>,
}

/// A queue whose last call failed. One call of it is under way.
struct Late {
    waiting: Vec<Ended>,
    under_way: usize,
    pause: Duration,
}

/// What came of a call: of a late queue, or of all others.
struct Answered {
    late: Option<String>,
    part: Part,
    answer: Result<Vec<bool>>,
}

struct Settler<S> {
    shared: Arc<Shared<S>>,
    current: watch::Receiver<ProcessId>,
    /// Calls of queues that are not late.
    usual: usize,
    late: BTreeMap<String, Late>,
    calls: FuturesUnordered<BoxFuture<'static, Answered>>,
}

impl<S: Send + Sync + 'static> Settler<S> {
    fn take(&mut self, ended: impl Iterator<Item = Ended>) {
        let mut parts: BTreeMap<ProcessId, Part> = BTreeMap::new();
        for one in ended {
            match self.late.get_mut(&one.queue) {
                Some(late) => late.waiting.push(one),
                None => parts.entry(one.process).or_insert_with(|| Part::of(one.process)).push(one),
            }
        }
        for part in parts.into_values() {
            self.usual += 1;
            self.call(None, part, Duration::ZERO);
        }
    }

    /// Ends that wait for late queues.
    fn waiting(&self) -> usize {
        self.late.values().map(|late| late.waiting.len() + late.under_way).sum()
    }

    fn call(&self, late: Option<String>, part: Part, pause: Duration) {
        let shared = Arc::clone(&self.shared);
        self.calls.push(Box::pin(async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            let answer = shared.queue.settle(part.process, &part.settlements).await;
            Answered { late, part, answer }
        }));
    }

    fn note(&mut self, answered: Answered) {
        let Answered { late, part, answer } = answered;
        let (health, jobs) = (&self.shared.health, part.settlements.len());
        health.answered(answer.is_ok());
        let failed = match answer {
            Ok(accepted) => {
                let refused = accepted.iter().filter(|accepted| !**accepted).count();
                if refused > 0 {
                    health.refused.fetch_add(refused as u64, Ordering::Relaxed);
                    tracing::warn!(refused, "ends of jobs were refused: their claims belong to others by now");
                }
                None
            }
            Err(_) if *self.current.borrow() != part.process => {
                tracing::warn!(jobs, "ends of jobs were left to their new owners");
                None
            }
            // A call that failed half way is repeated whole: what was written is refused then, and changes nothing.
            Err(error) => {
                let error = error.chain();
                tracing::warn!(error, queue = late, jobs, "ends of jobs could not be noted; trying again");
                Some(part)
            }
        };
        match (late, failed) {
            (None, failed) => {
                self.usual -= 1;
                self.part_ways(failed);
            }
            (Some(queue), failed) => self.go_on(queue, failed),
        }
    }

    /// Has each queue of a failed call be tried by itself: at once where there are several, of which some may answer.
    fn part_ways(&mut self, failed: Option<Part>) {
        let mut queues: BTreeMap<String, Part> = BTreeMap::new();
        for one in failed.into_iter().flat_map(Part::into_ends) {
            queues.entry(one.queue.clone()).or_insert_with(|| Part::of(one.process)).push(one);
        }
        let pause = if queues.len() > 1 { Duration::ZERO } else { PAUSES.0 };
        for (queue, part) in queues {
            // It can be late already, by a call of another process.
            if let Some(late) = self.late.get_mut(&queue) {
                late.waiting.extend(part.into_ends());
                continue;
            }
            let under_way = part.settlements.len();
            self.late.insert(queue.clone(), Late { waiting: Vec::new(), under_way, pause: PAUSES.0 });
            self.call(Some(queue), part, pause);
        }
    }

    /// Has a late queue be tried again, unless everything of it is settled.
    fn go_on(&mut self, queue: String, failed: Option<Part>) {
        let Some(late) = self.late.get_mut(&queue) else { return };
        let mut pause = Duration::ZERO;
        if let Some(part) = failed {
            pause = late.pause;
            late.pause = (late.pause * 2).min(PAUSES.1);
            late.waiting.splice(0..0, part.into_ends());
        } else {
            late.pause = PAUSES.0;
        }
        let Some(process) = late.waiting.first().map(|one| one.process) else {
            self.late.remove(&queue);
            return;
        };
        let mut part = Part::of(process);
        late.waiting.extract_if(.., |one| one.process == process).take(AT_ONCE).for_each(|one| part.push(one));
        late.under_way = part.settlements.len();
        self.call(Some(queue), part, pause);
    }
}

impl Part {
    const fn of(process: ProcessId) -> Self {
        Self { process, queues: Vec::new(), settlements: Vec::new() }
    }

    fn push(&mut self, Ended { queue, settlement, .. }: Ended) {
        self.queues.push(queue);
        self.settlements.push(settlement);
    }

    fn into_ends(self) -> impl Iterator<Item = Ended> {
        let Self { process, queues, settlements } = self;
        queues.into_iter().zip(settlements).map(move |(queue, settlement)| Ended { process, queue, settlement })
    }
}
