//! The one connection over which all listeners of a process are woken.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use futures::StreamExt;
use redis::{
    RedisResult,
    aio::{PubSubSink, PubSubStream},
};
use spotlight_core::{Error, ErrorKind, Result};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval, sleep},
};

use super::feed::{Feed, Names};
use crate::redis::client::RedisClient;

/// How often a silent connection is asked whether it is still there.
const ASK: Duration = Duration::from_secs(10);

/// The same where the connection is no proof that everything was heard; then listeners look for themselves, too.
const LOOK: Duration = Duration::from_secs(5);

/// The pause before connecting again: the first, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(2)];

/// So many channels are subscribed to in one command.
const AT_ONCE: usize = 1_000;

pub(super) enum Command {
    /// Somebody listens to a channel now.
    Wake(String),
    /// Nobody listens to it any more.
    Forget(String),
}

/// The feeds that somebody listens to, by where they are woken.
#[derive(Clone, Default)]
struct Feeds(Arc<Mutex<HashMap<String, Weak<Feed>>>>);

pub(super) struct Wakes {
    client: RedisClient,
    feeds: Feeds,
    commands: mpsc::UnboundedSender<Command>,
}

impl Wakes {
    pub(super) fn start(client: RedisClient) -> Self {
        let (commands, taken) = mpsc::unbounded_channel();
        let feeds = Feeds::default();
        let waker = Waker { client: client.clone(), feeds: feeds.clone(), commands: taken };
        tokio::spawn(waker.run());
        Self { client, feeds, commands }
    }

    /// The feed of a channel, once its listeners are woken.
    pub(super) async fn feed(&self, names: Names) -> Result<Arc<Feed>> {
        let feed = self.find(names);
        let mut sign = feed.sign.subscribe();
        let ready = tokio::time::timeout(self.client.response_timeout(), sign.wait_for(|sign| sign.ready)).await;
        match ready {
            Ok(Ok(_)) => Ok(Arc::clone(&feed)),
            _ => Err(Error::new(ErrorKind::Unavailable, "Redis cannot be reached to listen")),
        }
    }

    fn find(&self, names: Names) -> Arc<Feed> {
        let mut feeds = self.feeds.lock();
        if let Some(feed) = feeds.get(&names.wake).and_then(Weak::upgrade) {
            return feed;
        }
        let wake = names.wake.clone();
        let feed = Arc::new(Feed::new(names, self.commands.clone()));
        feeds.insert(wake.clone(), Arc::downgrade(&feed));
        // The task that takes it has ended only if its runtime has; then nobody is ever ready.
        let _ = self.commands.send(Command::Wake(wake));
        feed
    }
}

impl Feeds {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Weak<Feed>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, wake: &str) -> Option<Arc<Feed>> {
        self.lock().get(wake).and_then(Weak::upgrade)
    }

    fn names(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// Has every listener look whether there is something.
    fn look(&self) {
        let feeds: Vec<_> = self.lock().values().filter_map(Weak::upgrade).collect();
        for feed in feeds {
            feed.sign.send_modify(|sign| sign.lost += 1);
        }
    }

    /// True when nobody listens there, who then is forgotten.
    fn forget(&self, wake: &str) -> bool {
        let mut feeds = self.lock();
        let gone = feeds.get(wake).is_some_and(|feed| feed.strong_count() == 0);
        if gone {
            feeds.remove(wake);
        }
        gone
    }
}

/// The task.
struct Waker {
    client: RedisClient,
    feeds: Feeds,
    commands: mpsc::UnboundedReceiver<Command>,
}

/// Why a connection is no longer used.
enum End {
    /// It broke.
    Broken,
    /// Nobody listens, and nobody will.
    Unused,
}

impl Waker {
    async fn run(mut self) {
        let [first, longest] = PAUSES;
        let mut pause = first;
        loop {
            // Nobody has listened yet: a bus that only publishes needs no second connection.
            if self.feeds.lock().is_empty() {
                match self.commands.recv().await {
                    Some(Command::Wake(_)) => {}
                    Some(Command::Forget(wake)) => {
                        self.feeds.forget(&wake);
                        continue;
                    }
                    None => return,
                }
            }
            match self.client.listen().await {
                Ok(connection) => {
                    pause = first;
                    let (sink, stream) = connection.split();
                    if matches!(self.serve(sink, stream).await, End::Unused) {
                        return;
                    }
                    tracing::debug!("the connection that wakes listeners broke");
                }
                Err(error) => tracing::debug!(error = %error.chain(), "listeners cannot be woken"),
            }
            sleep(pause).await;
            pause = (pause * 2).min(longest);
            if self.commands.is_closed() && self.commands.is_empty() {
                return;
            }
        }
    }

    async fn serve(&mut self, mut sink: PubSubSink, mut stream: PubSubStream) -> End {
        for names in self.feeds.names().chunks(AT_ONCE) {
            if self.done(sink.subscribe(names)).await.is_err() {
                return End::Broken;
            }
            for feed in names.iter().filter_map(|name| self.feeds.get(name)) {
                feed.sign.send_modify(|sign| {
                    sign.ready = true;
                    sign.lost += 1;
                });
            }
        }
        let look = self.client.listens_through_others();
        let mut ask = interval(if look { LOOK } else { ASK });
        ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                message = stream.next() => {
                    let Some(message) = message else { return End::Broken };
                    if let (Some(feed), Ok(number)) = (self.feeds.get(message.get_channel_name()), message.get_payload()) {
                        feed.sign.send_if_modified(|sign| {
                            let is_new = sign.newest < number;
                            sign.newest = sign.newest.max(number);
                            is_new
                        });
                    }
                    Ok(())
                }
                command = self.commands.recv() => match command {
                    Some(Command::Wake(name)) => {
                        let done = self.done(sink.subscribe(&name)).await;
                        if let Some(feed) = self.feeds.get(&name).filter(|_| done.is_ok()) {
                            feed.sign.send_modify(|sign| sign.ready = true);
                        }
                        done
                    }
                    Some(Command::Forget(name)) if self.feeds.forget(&name) => self.done(sink.unsubscribe(&name)).await,
                    Some(Command::Forget(_)) => Ok(()),
                    None => return End::Unused,
                },
                _ = ask.tick() => {
                    if look {
                        self.feeds.look();
                    }
                    self.done(async { sink.ping::<redis::Value>().await.map(|_| ()) }).await
                }
            };
            if done.is_err() {
                return End::Broken;
            }
        }
    }

    async fn done(&self, call: impl Future<Output = RedisResult<()>>) -> Result<()> {
        self.client.in_time(call).await
    }
}
