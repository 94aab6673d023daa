//! Ends claims: as many in one call as came while the call before was under way.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::sync::{mpsc, watch};

use super::{Ended, Shared};
use crate::{domain::ProcessId, ports::Settlement};

/// Claims ended in one call at most.
const AT_ONCE: usize = 2048;
/// The pause after a failed call, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// Settles until nobody can send any more.
pub(super) async fn run<S>(
    shared: Arc<Shared<S>>,
    current: watch::Receiver<ProcessId>,
    mut arrived: mpsc::Receiver<Ended>,
) {
    let mut ended = Vec::new();
    while arrived.recv_many(&mut ended, AT_ONCE).await > 0 {
        let mut by_process: BTreeMap<ProcessId, Vec<Settlement>> = BTreeMap::new();
        for Ended { process, settlement } in ended.drain(..) {
            by_process.entry(process).or_default().push(settlement);
        }
        for (process, settlements) in by_process {
            settle(&shared, &current, process, &settlements).await;
        }
    }
}

async fn settle<S>(
    shared: &Shared<S>,
    current: &watch::Receiver<ProcessId>,
    process: ProcessId,
    settlements: &[Settlement],
) {
    let mut pause = PAUSES.0;
    loop {
        match shared.queue.settle(process, settlements).await {
            Ok(accepted) => {
                shared.health.answered(true);
                let refused = accepted.iter().filter(|accepted| !**accepted).count();
                if refused > 0 {
                    shared.health.refused.fetch_add(refused as u64, Ordering::Relaxed);
                    tracing::warn!(refused, "ends of jobs were refused: their claims belong to others by now");
                }
                return;
            }
            // A call that failed half way is repeated whole: what was written is refused then, and changes nothing.
            Err(error) => {
                shared.health.answered(false);
                if *current.borrow() != process {
                    tracing::warn!(jobs = settlements.len(), "ends of jobs were left to their new owners");
                    return;
                }
                tracing::warn!(error = error.chain(), "ends of jobs could not be noted; trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }
}
