//! Waking listeners: by the server's notifications where there is a connection for them, and by looking.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use spotlight_core::{Error, ErrorKind, Result};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::{sync::Notify, task::JoinHandle};

use super::{
    feed::{Feed, Name},
    log::{Log, told},
};
use crate::postgres::{error, queue::guard};

/// The channel of the database on which events are told.
pub(super) const CHANNEL: &str = "spotlight_events";
/// The pause before a lost connection is opened again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// How often the numbers of channels are looked at while nothing is told, and as a safety net while it is.
const LOOK: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// The channels that somebody listens to.
#[derive(Default)]
pub(super) struct Feeds(Mutex<HashMap<Name, Weak<Feed>>>);

impl Feeds {
    fn get(&self, name: &Name) -> Option<Arc<Feed>> {
        guard(&self.0).get(name).and_then(Weak::upgrade)
    }

    fn names(&self) -> Vec<Name> {
        guard(&self.0).keys().cloned().collect()
    }

    /// Forgets a channel unless somebody listens to it again.
    pub(super) fn forget(&self, name: &Name) {
        let mut feeds = guard(&self.0);
        if feeds.get(name).is_some_and(|feed| feed.strong_count() == 0) {
            feeds.remove(name);
        }
    }

    fn tell(&self, name: &Name, newest: u64) {
        let Some(feed) = self.get(name) else { return };
        feed.newest.send_if_modified(|known| {
            let is_new = *known < newest;
            *known = newest.max(*known);
            is_new
        });
    }
}

pub(super) struct Wake {
    log: Arc<Log>,
    feeds: Arc<Feeds>,
    listening: AtomicBool,
    /// Somebody has to look now.
    look: Notify,
    /// None: there is no connection to listen on.
    options: Option<PgConnectOptions>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Wake {
    pub(super) fn new(log: Arc<Log>, options: Option<PgConnectOptions>) -> Self {
        Self {
            log,
            feeds: Arc::default(),
            listening: AtomicBool::new(false),
            look: Notify::new(),
            options,
            tasks: Mutex::default(),
        }
    }

    /// The feed of a channel, whose listeners are woken from now on.
    pub(super) fn feed(self: &Arc<Self>, name: Name) -> Arc<Feed> {
        let feed = {
            let mut feeds = guard(&self.feeds.0);
            if let Some(feed) = feeds.get(&name).and_then(Weak::upgrade) {
                return feed;
            }
            let feed = Arc::new(Feed::new(name.clone(), Arc::clone(&self.log), Arc::downgrade(&self.feeds)));
            feeds.insert(name, Arc::downgrade(&feed));
            feed
        };
        let mut tasks = guard(&self.tasks);
        // Tasks end by themselves only with their runtime.
        if tasks.iter().all(JoinHandle::is_finished) {
            tasks.clear();
            tasks.push(tokio::spawn(look(Arc::downgrade(self))));
            if let Some(options) = &self.options {
                tasks.push(tokio::spawn(listen(Arc::downgrade(self), options.clone())));
            }
        }
        feed
    }

    /// Wakes the listeners of a channel.
    pub(super) fn tell(&self, name: &Name, newest: u64) {
        self.feeds.tell(name, newest);
    }

    pub(super) fn stop(&self) {
        for task in guard(&self.tasks).drain(..) {
            task.abort();
        }
        self.listening.store(false, Ordering::Release);
    }
}

/// Looks at the numbers of channels from time to time.
async fn look(wake: Weak<Wake>) {
    while let Some(wake) = wake.upgrade() {
        let names = wake.feeds.names();
        if !names.is_empty() {
            match wake.log.last_of(&names).await {
                Ok(lasts) => lasts.iter().for_each(|(name, last)| wake.feeds.tell(name, *last)),
                Err(error) => tracing::debug!(error = %error.chain(), "channels of events cannot be looked at"),
            }
        }
        let pause = if wake.listening.load(Ordering::Acquire) { LOOK.1 } else { LOOK.0 };
        // Whoever drops the bus stops this task.
        let _ = tokio::time::timeout(pause, wake.look.notified()).await;
    }
}

/// Listens for as long as there is somebody to tell.
async fn listen(wake: Weak<Wake>, options: PgConnectOptions) {
    let mut pause = PAUSES.0;
    while wake.strong_count() > 0 {
        let ended = session(&wake, &options).await;
        let Some(wake) = wake.upgrade() else { return };
        if wake.listening.swap(false, Ordering::AcqRel) {
            pause = PAUSES.0;
            // Whatever was told meanwhile was not heard.
            wake.look.notify_one();
        }
        drop(wake);
        if let Err(failure) = ended {
            tracing::warn!(error = failure.chain(), "events are not told; channels are looked at meanwhile");
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
        wake.look.notify_one();
    }
    loop {
        let notification = listener.try_recv().await.map_err(error::map)?;
        let Some(wake) = wake.upgrade() else { return Ok(()) };
        let Some(notification) = notification else {
            return Err(Error::new(ErrorKind::Unavailable, "the connection to the database broke"));
        };
        match told(notification.payload()) {
            Some((name, newest)) => wake.tell(&name, newest),
            None => wake.look.notify_one(),
        }
    }
}
