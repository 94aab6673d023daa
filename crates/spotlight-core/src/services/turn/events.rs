//! Events on their way to the caller, and how much of them was taken.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, stream::BoxStream};
use spotlight_derive::RedactedDebug;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::conversation::{ConversationStatus, Transcript},
    error::{Error, ErrorKind, Result},
};

/// Something that happens in a turn.
#[derive(RedactedDebug, Clone, PartialEq)]
pub enum TurnEvent {
    /// The visitor's words as stored.
    Transcript(Transcript),
    /// A piece of the answer.
    Token(String),
    /// Sound of the answer.
    Audio(Bytes),
    /// A tool was used.
    Tool {
        /// Its name.
        name: String,
        /// It did what was asked.
        ok: bool,
    },
    /// The turn is over and stored; the last event.
    Done {
        /// The assistant's utterance; none when it was silent.
        utterance: Option<Transcript>,
        /// Where the conversation stands.
        status: ConversationStatus,
    },
}

/// A turn as it happens. An error is its last item. A stream from which nothing is taken for a minute counts as
/// dropped: the turn ends with what was taken, and the stream with `Timeout`.
pub type TurnStream = BoxStream<'static, Result<TurnEvent>>;

/// An event with how many bytes of the answer are heard once it has been taken.
struct Sent {
    event: Result<TurnEvent>,
    heard: usize,
}

/// Events that wait for a listener at most: a slow one slows the answer down and never grows memory. More than one, so
/// that a quick model and its listener need not hand over for each word.
const AHEAD: usize = 32;
/// A listener that takes nothing for this long is gone, and no longer keeps the conversation from others.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the listener has taken.
#[derive(Default)]
struct Taken {
    /// Bytes of the answer.
    heard: usize,
    /// Events, by which a slow listener differs from one that is gone.
    events: u64,
    /// The turn goes on without this listener; nothing counts as heard from here on.
    left: bool,
}

/// What both sides know of each other.
#[derive(Default)]
struct Shared {
    taken: Mutex<Taken>,
    left: CancellationToken,
}

impl Shared {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends events. What waits is not heard: a listener that goes away has heard what it took.
#[derive(Clone)]
pub(crate) struct Outlet {
    sender: mpsc::Sender<Sent>,
    shared: Arc<Shared>,
}

impl Outlet {
    /// Sends an event. False when nobody listens any more.
    pub(super) async fn send(&self, event: TurnEvent, heard: usize) -> bool {
        self.put(Sent { event: Ok(event), heard }).await
    }

    /// Sends the last item.
    pub(super) async fn fail(&self, error: Error) {
        let heard = self.heard();
        // Nobody listening is no reason to do anything more.
        let _ = self.put(Sent { event: Err(error), heard }).await;
    }

    async fn put(&self, sent: Sent) -> bool {
        if self.is_closed() {
            return false;
        }
        // The usual case needs no timer.
        if let Ok(permit) = self.sender.try_reserve() {
            permit.send(sent);
            return true;
        }
        match self.patiently(self.sender.reserve()).await {
            Some(permit) => {
                permit.send(sent);
                true
            }
            None => false,
        }
    }

    /// Waits as long as the listener takes events now and then. `None` when it is gone.
    async fn patiently<T, E>(&self, room: impl Future<Output = Result<T, E>>) -> Option<T> {
        let mut room = pin!(room);
        let mut seen = self.shared.taken().events;
        loop {
            tokio::select! {
                biased;
                room = &mut room => return room.ok(),
                () = self.shared.left.cancelled() => return None,
                () = tokio::time::sleep(PATIENCE) => {
                    let mut taken = self.shared.taken();
                    if taken.events == seen {
                        taken.left = true;
                        self.shared.left.cancel();
                        return None;
                    }
                    seen = taken.events;
                }
            }
        }
    }

    /// Bytes of the answer that the listener has taken.
    pub(super) fn heard(&self) -> usize {
        self.shared.taken().heard
    }

    /// Waits until everything sent was taken. False when nobody listens any more.
    pub(super) async fn taken(&self) -> bool {
        !self.is_closed() && self.patiently(self.sender.reserve_many(AHEAD)).await.is_some()
    }

    /// True when nobody listens any more.
    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed() || self.shared.left.is_cancelled()
    }

    /// Waits until nobody listens any more.
    pub(super) async fn closed(&self) {
        tokio::select! {
            () = self.sender.closed() => {}
            () = self.shared.left.cancelled() => {}
        }
    }
}

/// The caller's side: counts what it gives out.
struct Inlet {
    receiver: mpsc::Receiver<Sent>,
    shared: Arc<Shared>,
    over: bool,
}

impl Stream for Inlet {
    type Item = Result<TurnEvent>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let inlet = self.get_mut();
        if inlet.over {
            return Poll::Ready(None);
        }
        // Held while taking, so that nothing is given out that the turn no longer counts as heard.
        let mut taken = inlet.shared.taken();
        if taken.left {
            inlet.over = true;
            let late = Error::new(ErrorKind::Timeout, "the answer was not taken in time; what was taken is stored");
            return Poll::Ready(Some(Err(late)));
        }
        inlet.receiver.poll_recv(cx).map(|sent| {
            sent.map(|sent| {
                taken.heard = taken.heard.max(sent.heard);
                taken.events += 1;
                sent.event
            })
        })
    }
}

/// A way for events.
pub(super) fn channel() -> (Outlet, TurnStream) {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let shared = Arc::new(Shared::default());
    let inlet = Inlet { receiver, shared: Arc::clone(&shared), over: false };
    (Outlet { sender, shared }, Box::pin(inlet))
}
