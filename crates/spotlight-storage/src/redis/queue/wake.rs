//! Waking those who wait for jobs: by what scripts publish, over one connection for all who wait in a process.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::StreamExt;
use spotlight_core::{Error, ErrorKind, Result};
use tokio::{
    sync::Notify,
    task::JoinHandle,
    time::{MissedTickBehavior, interval, sleep},
};

use crate::redis::client::RedisClient;

/// The pause before a lost connection is opened again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// How often a silent connection is asked whether it is still there.
const ASK: Duration = Duration::from_secs(10);

/// Somebody who waits for jobs of some queues.
pub(super) struct Waiter {
    queues: Vec<String>,
    woken: Notify,
}

impl Waiter {
    /// Waits to be woken, also when that happened already.
    pub(super) async fn woken(&self) {
        self.woken.notified().await;
    }
}

/// Who waits, and the task that listens for them.
pub(super) struct Wake {
    client: RedisClient,
    waiters: Mutex<Vec<Weak<Waiter>>>,
    listening: AtomicBool,
    task: Mutex<Option<JoinHandle<()>>>,
    channel: String,
    /// Names this queue in what its scripts publish: it has told those who wait here already.
    name: String,
}

impl Wake {
    pub(super) fn new(client: RedisClient, channel: String, name: String) -> Self {
        Self {
            client,
            waiters: Mutex::default(),
            listening: AtomicBool::new(false),
            task: Mutex::default(),
            channel,
            name,
        }
    }

    /// Where scripts publish.
    pub(super) fn channel(&self) -> &str {
        &self.channel
    }

    /// What a script publishes about a queue.
    pub(super) fn telling(&self, queue: &str) -> String {
        format!("{}:{queue}", self.name)
    }

    /// Wakes those who wait, after another process told something.
    fn hear(&self, told: &str) {
        let (teller, told) = told.split_once(':').unwrap_or_default();
        if teller != self.name {
            self.tell(|queue| queue == told);
        }
    }

    /// Wakes those who wait for queues of which something was told.
    pub(super) fn tell(&self, told: impl Fn(&str) -> bool) {
        guard(&self.waiters).retain(|waiter| {
            let Some(waiter) = waiter.upgrade() else { return false };
            if waiter.queues.iter().any(|queue| told(queue)) {
                waiter.woken.notify_one();
            }
            true
        });
    }

    /// Somebody begins to wait. The first one has the listening begin.
    pub(super) fn join(self: &Arc<Self>, queues: &[String]) -> Arc<Waiter> {
        let waiter = Arc::new(Waiter { queues: queues.to_vec(), woken: Notify::new() });
        {
            let mut waiters = guard(&self.waiters);
            // Nobody may be told anything for days.
            waiters.retain(|waiter| waiter.strong_count() > 0);
            waiters.push(Arc::downgrade(&waiter));
        }
        let mut task = guard(&self.task);
        // A task ends by itself only with its runtime.
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            *task = Some(tokio::spawn(listen(Arc::downgrade(self))));
        }
        waiter
    }

    /// True while whatever becomes ready is told.
    pub(super) fn is_listening(&self) -> bool {
        self.listening.load(Ordering::Acquire)
    }

    pub(super) fn stop(&self) {
        if let Some(task) = guard(&self.task).take() {
            task.abort();
        }
        self.listening.store(false, Ordering::Release);
    }
}

/// Listens for as long as there is somebody to tell.
async fn listen(wake: Weak<Wake>) {
    let mut pause = PAUSES.0;
    while wake.strong_count() > 0 {
        let ended = session(&wake).await;
        let Some(wake) = wake.upgrade() else { return };
        if wake.listening.swap(false, Ordering::AcqRel) {
            pause = PAUSES.0;
        }
        // Whatever was told meanwhile was not heard.
        wake.tell(|_| true);
        drop(wake);
        if let Err(failure) = ended {
            tracing::warn!(error = failure.chain(), "wake-ups for jobs are not heard; queues are looked at meanwhile");
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// One connection, until it breaks or nobody is left to tell.
async fn session(wake: &Weak<Wake>) -> Result<()> {
    let (client, channel) = {
        let Some(wake) = wake.upgrade() else { return Ok(()) };
        (wake.client.clone(), wake.channel.clone())
    };
    let (mut sink, mut stream) = client.listen().await?.split();
    client.in_time(sink.subscribe(&channel)).await?;
    {
        let Some(wake) = wake.upgrade() else { return Ok(()) };
        wake.listening.store(true, Ordering::Release);
        wake.tell(|_| true);
    }
    let mut ask = interval(ASK);
    ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = stream.next() => {
                let Some(message) = message else {
                    return Err(Error::new(ErrorKind::Unavailable, "the connection to Redis broke"));
                };
                let Some(wake) = wake.upgrade() else { return Ok(()) };
                if let Ok(told) = message.get_payload::<String>() {
                    wake.hear(&told);
                }
            }
            _ = ask.tick() => {
                if wake.strong_count() == 0 {
                    return Ok(());
                }
                client.in_time(async { sink.ping::<redis::Value>().await.map(drop) }).await?;
            }
        }
    }
}

/// A lock whose holders leave it sound also when they panic.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
