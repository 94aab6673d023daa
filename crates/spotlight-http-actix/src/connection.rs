//! One connection: whether a request of it is in hand, and what is sent and read on it.

use std::{
    cell::Cell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;
use spotlight_http::Wire;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::Notify,
    time::{Instant, sleep_until},
};

/// Since when a connection waits for its client to ask something.
#[derive(Debug)]
pub(crate) struct Activity {
    /// None while a request is in hand.
    waits_since: Cell<Option<Instant>>,
    changed: Notify,
}

impl Activity {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self { waits_since: Cell::new(Some(Instant::now())), changed: Notify::new() })
    }

    /// A request is in hand until what this gives is dropped.
    pub(crate) fn begin(self: &Rc<Self>) -> InHand {
        self.set(None);
        InHand(Rc::clone(self))
    }

    fn set(&self, waits_since: Option<Instant>) {
        self.waits_since.set(waits_since);
        self.changed.notify_one();
    }

    /// Returns once the connection has waited so long for a head: the first one, or the next one.
    pub(crate) async fn silence(&self, patience: Duration) {
        loop {
            let Some(since) = self.waits_since.get() else {
                self.changed.notified().await;
                continue;
            };
            tokio::select! {
                () = sleep_until(since + patience) => return,
                () = self.changed.notified() => {}
            }
        }
    }
}

/// A request in hand.
pub(crate) struct InHand(Rc<Activity>);

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.set(Some(Instant::now()));
    }
}

/// A body that has its request in hand until it is sent.
pub(crate) struct Counted {
    pub(crate) body: BoxBody,
    pub(crate) _in_hand: Option<InHand>,
}

impl MessageBody for Counted {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}

/// Among what is known of a connection, says that it is encrypted.
pub(crate) struct Encrypted;

/// A stream that knows its connection.
pub(crate) struct Connection {
    pub(crate) stream: Wire,
    pub(crate) activity: Rc<Activity>,
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
