//! Signs of life, from a thread of their own.

use std::{sync::Arc, thread, time::Duration};

use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::Shared;
use crate::{domain::ProcessId, error::Result, ports::Pulse};

/// Beats in a lease: two may fail before it ends.
const BEATS: u32 = 3;
/// A beat that failed is tried again after this part of the pause: the first call on a connection that broke while nobody
/// used it tells no more than that.
const SOONER: u32 = 8;
/// The longest pause before a registration is tried again.
const LONGEST: Duration = Duration::from_secs(5);

/// The thread, and who the process is at the moment.
pub(super) struct Heart {
    process: watch::Receiver<ProcessId>,
    stop: CancellationToken,
    ended: oneshot::Receiver<()>,
}

impl Heart {
    /// Joins the fleet and begins to beat. None when the worker was stopped before it could join.
    pub(super) async fn start<S: Send + Sync + 'static>(
        shared: Arc<Shared<S>>,
        stop: &CancellationToken,
    ) -> Option<Self> {
        let first = tokio::select! {
            process = join(&shared) => process,
            () = stop.cancelled() => return None,
        };
        let (known, process) = watch::channel(first);
        let (end, ended) = oneshot::channel();
        let stopped = CancellationToken::new();
        let (beats, token) = (Arc::clone(&shared), stopped.clone());
        let beating = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(beat(&beats, &known, &token)),
                Err(error) => tracing::error!(%error, "no heartbeat can be given; the lease will end"),
            }
            let _ = end.send(());
        };
        if let Err(error) = thread::Builder::new().name("spotlight-heart".to_owned()).spawn(beating) {
            tracing::error!(%error, "no heartbeat can be given; the lease will end");
        }
        Some(Self { process, stop: stopped, ended })
    }

    /// Who the process is; changes when it was given up and joined again.
    pub(super) fn process(&self) -> watch::Receiver<ProcessId> {
        self.process.clone()
    }

    /// Leaves the fleet.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        let _ = self.ended.await;
    }
}

/// Joins the fleet as a new process, however long that takes.
async fn join<S>(shared: &Shared<S>) -> ProcessId {
    let mut pause = Duration::from_millis(50);
    loop {
        let process = ProcessId::from_uuid(shared.ids.uuid());
        match shared.queue.register(process, &shared.options.label, shared.options.lease).await {
            Ok(()) => {
                shared.health.answered(true);
                return process;
            }
            Err(error) => {
                shared.health.answered(false);
                tracing::warn!(error = error.chain(), "the worker could not join its fleet; trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST);
            }
        }
    }
}

async fn beat<S>(shared: &Shared<S>, known: &watch::Sender<ProcessId>, stop: &CancellationToken) {
    let pause = shared.options.lease / BEATS;
    loop {
        let began = Instant::now();
        let process = *known.borrow();
        let mut next = began + pause;
        tokio::select! {
            pulse = pulse(shared, process, pause) => match pulse {
                Ok(Pulse { alive: true, cancelled, .. }) => shared.running.cancel(&cancelled),
                Ok(_) => {
                    tracing::error!(%process, "this process was given up by its fleet; it joins anew");
                    shared.running.lose(process);
                    tokio::select! {
                        process = join(shared) => known.send_replace(process),
                        () = stop.cancelled() => break,
                    };
                }
                Err(error) => {
                    tracing::warn!(error = error.chain(), "a heartbeat failed; trying again");
                    next = Instant::now() + pause / SOONER;
                }
            },
            () = stop.cancelled() => break,
        }
        tokio::select! {
            () = tokio::time::sleep_until(next) => {}
            () = stop.cancelled() => break,
        }
    }
    let process = *known.borrow();
    match tokio::time::timeout(pause, shared.queue.deregister(process)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = error.chain(), "the process could not leave its fleet; its lease ends");
        }
        Err(_) => tracing::warn!("the process could not leave its fleet in time; its lease ends"),
    }
}

/// One sign of life. A store that hangs must not cost the next one.
async fn pulse<S>(shared: &Shared<S>, process: ProcessId, patience: Duration) -> Result<Pulse> {
    let progress = shared.running.progress(process);
    let pulse = tokio::time::timeout(patience, shared.queue.heartbeat(process, &progress)).await;
    pulse.unwrap_or_else(|_| {
        Err(crate::error::Error::new(crate::error::ErrorKind::Timeout, "the store does not answer a heartbeat"))
    })
}
