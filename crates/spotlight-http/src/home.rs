//! Work on the runtime that the platform belongs to, asked for from another.
//!
//! A connection of a database's pool belongs to the runtime that opened it and dies with that runtime. Frameworks that
//! run their workers each on a runtime of its own (actix's arbiters) must therefore not drive the platform's work there:
//! a worker that ends would take connections along that others wait for. So the head goes over, the body follows part by
//! part as it is asked for, and the answer comes back the same way. What is done with an open socket is the binding's to
//! put on that runtime.

use std::{io, panic::AssertUnwindSafe, pin::pin};

use bytes::Bytes;
use futures::{FutureExt, Stream, StreamExt, stream, stream::BoxStream};
use http::{HeaderMap, Method};
use spotlight_core::{
    error::{Error, ErrorKind},
    services::Spotlight,
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use crate::{
    api::Api,
    error::Refusal,
    request::Request,
    response::{Body, Response},
};

/// A body that ended early.
#[derive(Debug)]
pub(crate) struct CutOff;

type Part = Option<Result<Bytes, CutOff>>;

/// The platform's runtime, where it is not the one that asks.
pub(crate) fn elsewhere(platform: &Spotlight) -> Option<&Handle> {
    let home = platform.runtime()?;
    let here = Handle::try_current().is_ok_and(|here| here.id() == home.id());
    (!here).then_some(home)
}

/// Work that ends when nobody waits for it any more.
struct Work<T>(JoinHandle<T>);

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Answers a request on another runtime.
///
/// # Cancel safety
/// Dropping the future ends the work there.
pub(crate) async fn from_afar<S, E>(home: &Handle, api: Api, request: Request, body: S) -> Response
where
    S: Stream<Item = Result<Bytes, E>>,
{
    let (asks, mut asked) = mpsc::channel::<oneshot::Sender<Part>>(1);
    let (there, peer) = (api.clone(), request.peer);
    let mut work = Work(home.spawn(async move {
        let mut response = there.respond_here(request, incoming(asks)).await;
        if let Body::Stream(parts) = response.body {
            response.body = Body::Stream(outgoing(parts));
        }
        response
    }));
    let mut body = pin!(body);
    // Nothing is read ahead: what nobody asks for waits in the client's socket.
    let carry = async {
        while let Some(wants) = asked.recv().await {
            let part = body.next().await.map(|part| part.map_err(|_| CutOff));
            // Whoever asked may have stopped waiting.
            let _ = wants.send(part);
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        done = &mut work.0 => done.unwrap_or_else(|error| {
            tracing::error!(%error, "the platform's runtime does not answer");
            let lost = Request {
                method: Method::GET, path: String::new(), prefix: 0, query: None, headers: HeaderMap::new(), peer,
                encrypted: false,
            };
            api.refuse(&lost, &Refusal::Core(Error::new(ErrorKind::Unavailable, "the platform has stopped")))
        }),
        () = carry => unreachable!("it never ends"),
    }
}

/// The body, as the platform's runtime reads it.
fn incoming(asks: mpsc::Sender<oneshot::Sender<Part>>) -> impl Stream<Item = Result<Bytes, CutOff>> + Send {
    stream::unfold(Some(asks), |asks| async move {
        let asks = asks?;
        let (wants, comes) = oneshot::channel();
        let part = match asks.send(wants).await {
            Ok(()) => comes.await.unwrap_or(Some(Err(CutOff))),
            Err(_) => Some(Err(CutOff)),
        };
        match part? {
            Ok(part) => Some((Ok(part), Some(asks))),
            Err(cut) => Some((Err(cut), None)),
        }
    })
}

/// A stream that goes on being driven here, and whose parts can be taken anywhere. Dropping it drops the stream.
fn outgoing(parts: BoxStream<'static, io::Result<Bytes>>) -> BoxStream<'static, io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut parts = parts;
        loop {
            let next = AssertUnwindSafe(parts.next()).catch_unwind();
            let part = tokio::select! {
                biased;
                () = sender.closed() => break,
                part = next => part.unwrap_or_else(|_| Some(Err(io::Error::other("a stream panicked")))),
            };
            let Some(part) = part else { break };
            if sender.send(part).await.is_err() {
                break;
            }
        }
    });
    stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|part| (part, receiver)) }).boxed()
}
