//! Sockets: bytes between a connection of a worker and a session on the platform's runtime.
//!
//! actix gives a connection in another protocol as the body of its request, which stays on the worker, and sends the
//! body of the answer. A pipe in memory stands between the two and the session.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{rt, web::Payload};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream::BoxStream};
use spotlight_http::Upgrade;
use tokio::{
    io::{AsyncRead, AsyncWriteExt, DuplexStream, ReadBuf, ReadHalf, WriteHalf},
    runtime::Handle,
    task::JoinHandle,
};

/// Bytes that wait for the other side at most, each way. There are thousands of sockets.
const AHEAD: usize = 2048;

/// Begins the session on the platform's runtime. Gives what it sends; dropping that cuts it off from its client.
pub(crate) fn open(session: Upgrade, body: Payload, home: Option<&Handle>) -> BoxStream<'static, io::Result<Bytes>> {
    let (near, far) = tokio::io::duplex(AHEAD);
    let home = home.cloned().unwrap_or_else(Handle::current);
    home.spawn(session.over(far));
    let (sends, takes) = tokio::io::split(near);
    // Beside the answer and not in it: a client that reads slowly is still heard.
    let heard = rt::spawn(hear(body, takes));
    Sends { sends, heard }.boxed()
}

/// Hands what the client says to the session.
async fn hear(mut body: Payload, mut session: WriteHalf<DuplexStream>) {
    while let Some(Ok(part)) = body.next().await {
        if session.write_all(&part).await.is_err() {
            return;
        }
    }
    // The session sees the end of its client; if it is over itself, there is nobody to tell.
    let _ = session.shutdown().await;
}

/// What a session sends.
struct Sends {
    sends: ReadHalf<DuplexStream>,
    heard: JoinHandle<()>,
}

impl Drop for Sends {
    fn drop(&mut self) {
        self.heard.abort();
    }
}

impl Stream for Sends {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut space = [0; AHEAD];
        let mut part = ReadBuf::new(&mut space);
        std::task::ready!(Pin::new(&mut self.sends).poll_read(context, &mut part))?;
        let sent = Bytes::copy_from_slice(part.filled());
        Poll::Ready((!sent.is_empty()).then_some(Ok(sent)))
    }
}
