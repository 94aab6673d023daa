//! Waking those who wait for jobs: by the server's notifications where there is a connection for them, else by looking.

use std::{
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use spotlight_core::{Error, Result};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::{sync::Notify, task::JoinHandle};
use uuid::Uuid;

use super::guard;
use crate::postgres::error;

/// The channel of the database on which queues that got jobs are named.
const CHANNEL: &str = "spotlight_jobs";
/// The pause before a lost connection is opened again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

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
    waiters: Mutex<Vec<Weak<Waiter>>>,
    listening: AtomicBool,
    /// None: there is no connection to listen on.
    options: Option<PgConnectOptions>,
    task: Mutex<Option<JoinHandle<()>>>,
    /// Names this queue in what it tells: it has told those who wait here already.
    name: String,
}

impl Wake {
    pub(super) fn new(options: Option<PgConnectOptions>, name: Uuid) -> Self {
        Self {
            waiters: Mutex::default(),
            listening: AtomicBool::new(false),
            options,
            task: Mutex::default(),
            name: name.simple().to_string(),
        }
    }

    /// How other processes are told that queues got jobs: who tells, and which; none stand for all, since the server
    /// takes 8000 bytes.
    pub(super) fn telling<'a>(&self, queues: impl IntoIterator<Item = &'a String>) -> String {
        telling(&self.name, queues)
    }

    /// Wakes those who wait, after another process told something.
    fn hear(&self, told: &str) {
        let (teller, queues) = told.split_once(':').unwrap_or_default();
        if teller != self.name {
            self.tell(|queue| queues.is_empty() || queues.split(',').any(|told| told == queue));
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
        if let Some(options) = &self.options {
            let mut task = guard(&self.task);
            // A task ends by itself only with its runtime.
            if task.as_ref().is_none_or(JoinHandle::is_finished) {
                *task = Some(tokio::spawn(listen(Arc::downgrade(self), options.clone())));
            }
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

/// What is told by somebody of this name.
pub(super) fn telling<'a>(name: &str, queues: impl IntoIterator<Item = &'a String>) -> String {
    let queues = queues.into_iter().map(String::as_str).collect::<Vec<_>>().join(",");
    format!("{name}:{}", if queues.len() < 7_900 { queues.as_str() } else { "" })
}

/// Listens for as long as there is somebody to tell.
async fn listen(wake: Weak<Wake>, options: PgConnectOptions) {
    let mut pause = PAUSES.0;
    while wake.strong_count() > 0 {
        let ended = session(&wake, &options).await;
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
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// One connection, until it breaks.
async fn session(wake: &Weak<Wake>, options: &PgConnectOptions) -> Result<()> {
    // The driver listens on connections of a pool; this one has nothing else to do.
    let one = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let pool = one.connect_with(options.clone()).await.map_err(error::map)?;
    let heard = hear(wake, &pool).await;
    pool.close().await;
    heard
}

async fn hear(wake: &Weak<Wake>, pool: &sqlx::PgPool) -> Result<()> {
    let mut listener = PgListener::connect_with(pool).await.map_err(error::map)?;
    listener.eager_reconnect(false);
    listener.ignore_pool_close_event(true);
    listener.listen(CHANNEL).await.map_err(error::map)?;
    {
        let Some(wake) = wake.upgrade() else { return Ok(()) };
        wake.listening.store(true, Ordering::Release);
        wake.tell(|_| true);
    }
    loop {
        let told = listener.try_recv().await.map_err(error::map)?;
        let Some(wake) = wake.upgrade() else { return Ok(()) };
        let Some(told) = told else {
            return Err(Error::new(spotlight_core::ErrorKind::Unavailable, "the connection to the database broke"));
        };
        wake.hear(told.payload());
    }
}
