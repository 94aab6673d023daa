//! Events on their way to the caller, and how much of them was taken.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{Stream, stream::BoxStream};
use tokio::sync::mpsc;

use crate::{
    domain::conversation::{ConversationStatus, Transcript},
    error::{Error, Result},
};

/// Something that happens in a turn.
#[derive(Debug, Clone, PartialEq)]
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

/// A turn as it happens. An error is its last item.
pub type TurnStream = BoxStream<'static, Result<TurnEvent>>;

/// An event with how many bytes of the answer are heard once it has been taken.
struct Sent {
    event: Result<TurnEvent>,
    heard: usize,
}

/// Events that wait for a listener at most: a slow one slows the answer down and never grows memory. More than one, so
/// that a quick model and its listener need not hand over for each word.
const AHEAD: usize = 32;

/// Sends events. What waits is not heard: a listener that goes away has heard what it took.
#[derive(Clone)]
pub(crate) struct Outlet {
    sender: mpsc::Sender<Sent>,
    heard: Arc<AtomicUsize>,
}

impl Outlet {
    /// Sends an event. False when nobody listens any more.
    pub(super) async fn send(&self, event: TurnEvent, heard: usize) -> bool {
        self.sender.send(Sent { event: Ok(event), heard }).await.is_ok()
    }

    /// Sends the last item.
    pub(super) async fn fail(&self, error: Error) {
        let heard = self.heard();
        // Nobody listening is no reason to do anything more.
        let _ = self.sender.send(Sent { event: Err(error), heard }).await;
    }

    /// Bytes of the answer that the listener has taken.
    pub(super) fn heard(&self) -> usize {
        self.heard.load(Ordering::Acquire)
    }

    /// Waits until everything sent was taken. False when nobody listens any more.
    pub(super) async fn taken(&self) -> bool {
        self.sender.reserve_many(AHEAD).await.is_ok()
    }

    /// True when nobody listens any more.
    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Waits until nobody listens any more.
    pub(super) async fn closed(&self) {
        self.sender.closed().await;
    }
}

/// The caller's side: counts what it gives out.
struct Inlet {
    receiver: mpsc::Receiver<Sent>,
    heard: Arc<AtomicUsize>,
}

impl Stream for Inlet {
    type Item = Result<TurnEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.receiver.poll_recv(cx).map(|sent| {
            sent.map(|sent| {
                self.heard.fetch_max(sent.heard, Ordering::AcqRel);
                sent.event
            })
        })
    }
}

/// A way for events.
pub(super) fn channel() -> (Outlet, TurnStream) {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let heard = Arc::new(AtomicUsize::new(0));
    let inlet = Inlet { receiver, heard: Arc::clone(&heard) };
    (Outlet { sender, heard }, Box::pin(inlet))
}
