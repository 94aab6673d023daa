//! Bodies that are taken as they come, in other forms than JSON.
//!
//! A framework's body can neither be sent to another task nor outlive its request, and an action wants both. So the
//! body is moved beside the action, in the same future, into a small channel that the action reads: what the action does
//! not take waits in the client's socket.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use http::{StatusCode, header};
use spotlight_core::error::{Error, ErrorKind, Result};
use spotlight_derive::RedactedDebug;
use tokio::{sync::mpsc, time::timeout};

use crate::{
    error::Refusal,
    policy::HttpPolicy,
    request::Request,
    response::Response,
    schema::{Book, Node},
};

/// Bytes that must come within the time a body is given, again and again: a client that drips keeps no place.
const LEAST: usize = 16 * 1024;
/// Parts that wait for the action at most.
const AHEAD: usize = 2;

/// A body that an endpoint takes as it comes.
#[derive(Clone, Copy)]
pub(crate) struct Streams {
    /// Its media type.
    pub(crate) kind: &'static str,
    /// Most bytes of it.
    pub(crate) most: u64,
    /// What it is called in the places of what is wrong with it.
    pub(crate) key: &'static str,
    /// Its schema.
    pub(crate) describe: fn(&mut Book) -> Node,
}

/// A body as the action reads it: a body that breaks off ends with an error.
#[derive(RedactedDebug)]
pub(crate) struct Incoming(mpsc::Receiver<Result<Bytes>>);

impl Stream for Incoming {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

/// The other end of [`Incoming`].
pub(crate) struct Outgoing(mpsc::Sender<Result<Bytes>>);

/// A way from a body to an action.
pub(crate) fn way() -> (Outgoing, Incoming) {
    let (sender, receiver) = mpsc::channel(AHEAD);
    (Outgoing(sender), Incoming(receiver))
}

/// How the moving of a body ended.
enum Moved {
    /// The action has everything it wants.
    Enough,
    /// There is no more to be had, and the action knows.
    Broken(Refusal),
    /// The action takes nothing any more.
    Stuck,
}

impl Streams {
    /// Refuses a body that is announced as too large, or in another form.
    pub(crate) fn check(&self, request: &Request) -> Result<(), Refusal> {
        let announced = request.header(&header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        if announced.is_some_and(|length| length > self.most) {
            return Err(self.too_large());
        }
        let given = request.header(&header::CONTENT_TYPE).unwrap_or_default();
        let mut parts = given.split(';').map(str::trim);
        let known = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(self.kind));
        let utf8 = parts
            .filter_map(|part| part.split_once('='))
            .filter(|(name, _)| name.eq_ignore_ascii_case("charset"))
            .all(|(_, charset)| charset.trim_matches('"').eq_ignore_ascii_case("utf-8"));
        if known && utf8 {
            return Ok(());
        }
        let detail = format!("send `Content-Type: {}`, in UTF-8", self.kind);
        Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
    }

    fn too_large(&self) -> Refusal {
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body must be at most {} bytes", self.most))
    }

    /// Runs an action while its body comes. There is no limit to the whole, as long as something comes and is taken;
    /// once the body has ended, the answer is given its usual time.
    pub(crate) async fn run<S, E>(
        &self,
        policy: &HttpPolicy,
        body: S,
        outgoing: Outgoing,
        action: impl Future<Output = Result<Response>>,
    ) -> Result<Response, Refusal>
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        let mut action = pin!(action);
        let moved = tokio::select! {
            answered = &mut action => return answered.map_err(Refusal::from),
            moved = self.pump(policy, body, outgoing) => moved,
        };
        let late = || Err(Error::new(ErrorKind::Timeout, "the answer took too long"));
        let answered = match moved {
            Moved::Stuck => late(),
            Moved::Enough | Moved::Broken(_) => timeout(policy.timeout, action).await.unwrap_or_else(|_| late()),
        };
        match (answered, moved) {
            (Err(_), Moved::Broken(refusal)) => Err(refusal),
            (answered, _) => answered.map_err(Refusal::from),
        }
    }

    async fn pump<S, E>(&self, policy: &HttpPolicy, body: S, Outgoing(sender): Outgoing) -> Moved
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        let (mut body, mut sum) = (pin!(body), 0_u64);
        loop {
            let (part, more) = match gather(body.as_mut(), policy.body_timeout).await {
                Ok(gathered) => gathered,
                Err(refusal) => return broken(&sender, refusal).await,
            };
            sum = sum.saturating_add(part.len() as u64);
            if sum > self.most {
                return broken(&sender, self.too_large()).await;
            }
            if !part.is_empty() {
                match timeout(policy.timeout, sender.send(Ok(part))).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return Moved::Enough,
                    Err(_) => return Moved::Stuck,
                }
            }
            if !more {
                return Moved::Enough;
            }
        }
    }
}

/// Tells the action that no more comes.
async fn broken(sender: &mpsc::Sender<Result<Bytes>>, refusal: Refusal) -> Moved {
    // An action that no longer listens needs no telling.
    let _ = sender.send(Err(Error::new(ErrorKind::Malformed, "the body was cut off"))).await;
    Moved::Broken(refusal)
}

/// The next part, and whether another may follow.
async fn gather<S, E>(mut body: Pin<&mut S>, patience: Duration) -> Result<(Bytes, bool), Refusal>
where
    S: Stream<Item = Result<Bytes, E>>,
{
    let refuse = |detail: &str| Refusal::new(StatusCode::BAD_REQUEST, detail);
    let gather = async {
        let mut gathered = BytesMut::new();
        while let Some(part) = body.next().await {
            let part = part.map_err(|_| refuse("the body was cut off"))?;
            if gathered.is_empty() && part.len() >= LEAST {
                return Ok((part, true));
            }
            gathered.extend_from_slice(&part);
            if gathered.len() >= LEAST {
                return Ok((gathered.freeze(), true));
            }
        }
        Ok((gathered.freeze(), false))
    };
    timeout(patience, gather).await.unwrap_or_else(|_| Err(refuse("the body took too long to arrive")))
}
