//! WebSockets (RFC 6455), as every web framework can carry them.
//!
//! A request for a socket passes the edge as any other. What comes back then is a response with status 101 and
//! [`Body::Socket`](crate::Body::Socket): the binding sends its head, and runs [`Upgrade::over`] with the bytes of the
//! connection, on the runtime that the platform's adapters live on. One that has frames already makes a [`Socket`] of them
//! and runs [`Upgrade::run`]: it answers pings by itself, gives whole messages, and keeps its buffers small, since there are
//! thousands of sockets.

mod frames;

use std::{fmt, pin::Pin, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::{Sink, SinkExt, Stream, StreamExt, future::BoxFuture};
use http::{HeaderName, Method, StatusCode, header};
use sha1::{Digest, Sha1};
use spotlight_derive::RedactedDebug;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout},
};

use crate::{
    error::Refusal,
    request::Request,
    response::{Body, Response},
};

/// What every socket of the API speaks, where the client asks.
pub(crate) const PROTOCOL: &str = "spotlight.v1";
/// Begins the protocol that carries a token, for browsers, which cannot send other headers with a socket.
pub(crate) const TOKEN_PROTOCOL: &str = "token.";

/// How long a client that is told of the end may take to hear it, and then to agree.
const FAREWELL: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(2));
/// Longest reason of a close, in bytes.
const MAX_REASON: usize = 123;

/// Codes with which sockets are closed, besides those of the protocol.
pub(crate) mod code {
    /// Everything was said.
    pub(crate) const DONE: u16 = 1000;
    /// The client broke the protocol.
    pub(crate) const PROTOCOL: u16 = 1002;
    /// A kind of message that this socket has no use for.
    pub(crate) const UNSUPPORTED: u16 = 1003;
    /// A text that is not UTF-8.
    pub(crate) const NOT_TEXT: u16 = 1007;
    /// A message beyond the limit.
    pub(crate) const TOO_LARGE: u16 = 1009;
    /// The server restarts; come back.
    pub(crate) const RESTART: u16 = 1012;
    /// The caller is no longer who they were.
    pub(crate) const SIGNED_OUT: u16 = 4401;
    /// Nothing was heard from the client.
    pub(crate) const SILENT: u16 = 4408;
    /// The client takes or sends what it may not in this time.
    pub(crate) const PACE: u16 = 4429;
}

/// A message, or a sign of the protocol.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Text, which is UTF-8.
    Text(Bytes),
    /// Anything else.
    Binary(Bytes),
    /// A question for a sign of life. One that comes in was answered already.
    Ping(Bytes),
    /// A sign of life.
    Pong(Bytes),
    /// The end, with a code and a reason.
    Close(Option<(u16, String)>),
}

/// Why no more frames come or go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The connection is gone.
    Lost,
    /// The other side broke the protocol.
    Protocol,
    /// A message is beyond the limit.
    TooLarge,
    /// A text is not UTF-8.
    NotText,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "the connection is gone",
            Self::Protocol => "the other side broke the protocol",
            Self::TooLarge => "a message is beyond the limit",
            Self::NotText => "a text is not UTF-8",
        })
    }
}

impl std::error::Error for Broken {}

/// Frames both ways.
///
/// Frames that come are whole messages. A frame that is sent is not yet with the client when the sink is ready for
/// another, but the sink takes no more than one or two beyond what the connection takes.
pub trait Duplex: Stream<Item = Result<Frame, Broken>> + Sink<Frame, Error = Broken> + Send {}

impl<T: Stream<Item = Result<Frame, Broken>> + Sink<Frame, Error = Broken> + Send> Duplex for T {}

/// An open socket, whatever carries it.
pub struct Socket(Pin<Box<dyn Duplex>>);

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Socket")
    }
}

/// Why a frame could not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// The client takes nothing.
    Slow,
    /// The connection is gone.
    Gone,
}

impl Socket {
    /// A socket over these frames.
    pub fn new(duplex: impl Duplex + 'static) -> Self {
        Self(Box::pin(duplex))
    }

    /// The next frame. None when the connection is gone.
    ///
    /// # Cancel safety
    /// No frame is lost with a dropped future.
    pub(crate) async fn next(&mut self) -> Option<Result<Frame, Broken>> {
        self.0.next().await
    }

    /// Sends a frame, as long as the client takes what it is sent within `patience`.
    pub(crate) async fn send(&mut self, frame: Frame, patience: Duration) -> Result<(), Unsent> {
        match timeout(patience, self.0.send(frame)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Unsent::Gone),
            Err(_) => Err(Unsent::Slow),
        }
    }

    /// Ends the socket. The client is given some time to hear why.
    pub(crate) async fn close(mut self, code: u16, reason: &str) {
        let mut end = reason.len().min(MAX_REASON);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        let farewell = Frame::Close(Some((code, reason[..end].to_owned())));
        if timeout(FAREWELL.0, self.0.send(farewell)).await.is_ok_and(|sent| sent.is_ok()) {
            // What the client still says is passed over; its agreement is the last of it.
            let agreed = async {
                while let Some(Ok(frame)) = self.0.next().await
                    && !matches!(frame, Frame::Close(_))
                {}
            };
            let _ = timeout(FAREWELL.1, agreed).await;
        }
        // The binding's own answer to a close goes out with this.
        let _ = timeout(FAREWELL.1, self.0.close()).await;
    }

    /// Ends the socket after a frame that could not be read.
    pub(crate) async fn refuse(self, broken: Broken) {
        match broken {
            Broken::Lost => {}
            Broken::Protocol => self.close(code::PROTOCOL, "this is not the protocol").await,
            Broken::TooLarge => self.close(code::TOO_LARGE, "the message is too large").await,
            Broken::NotText => self.close(code::NOT_TEXT, "the text is not UTF-8").await,
        }
    }

    /// Lets the client's close be answered.
    pub(crate) async fn agree(mut self) {
        let _ = timeout(FAREWELL.1, self.0.close()).await;
    }
}

/// What is done with a socket once it is open.
pub struct Upgrade {
    max_message: usize,
    session: Box<dyn FnOnce(Socket) -> BoxFuture<'static, ()> + Send>,
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade").field("max_message", &self.max_message).finish_non_exhaustive()
    }
}

impl Upgrade {
    /// The longest message that the client may send, in bytes. The binding refuses longer ones with
    /// [`Broken::TooLarge`], before they have been gathered.
    pub fn max_message(&self) -> usize {
        self.max_message
    }

    /// Holds the conversation with the client over a connection whose handshake is done, to its end.
    ///
    /// # Cancel safety
    /// Dropping the future cuts the client off.
    pub async fn over(self, connection: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
        let frames = frames::Frames::over(connection, self.max_message).await;
        self.run(Socket::new(frames)).await;
    }

    /// Holds the conversation with the client, to its end.
    ///
    /// # Cancel safety
    /// Dropping the future cuts the client off.
    pub async fn run(self, socket: Socket) {
        (self.session)(socket).await;
    }
}

const KEY: HeaderName = header::SEC_WEBSOCKET_KEY;
const VERSION: HeaderName = header::SEC_WEBSOCKET_VERSION;

/// Refuses a request that does not ask for a socket as the protocol says.
///
/// # Errors
/// 426 without `Upgrade: websocket` or with another version; 400 where the rest of the handshake is wrong.
pub(crate) fn check(request: &Request) -> Result<(), Refusal> {
    let names = |name: &HeaderName, word: &str| request.list(name).any(|value| value.eq_ignore_ascii_case(word));
    if request.method != Method::GET || !names(&header::UPGRADE, "websocket") || !names(&header::CONNECTION, "upgrade")
    {
        let text = "this address is a WebSocket: send `Connection: Upgrade` and `Upgrade: websocket` over HTTP/1.1";
        return Err(Refusal::new(StatusCode::UPGRADE_REQUIRED, text).with(header::UPGRADE, "websocket"));
    }
    if request.header(&VERSION) != Some("13") {
        let text = "Sec-WebSocket-Version must be 13";
        return Err(Refusal::new(StatusCode::UPGRADE_REQUIRED, text).with(VERSION, "13"));
    }
    let key = request.header(&KEY).and_then(|key| STANDARD.decode(key.trim()).ok());
    if key.is_none_or(|key| key.len() != 16) {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "Sec-WebSocket-Key must be 16 bytes in base64"));
    }
    Ok(())
}

/// The answer to a request that was [checked](check).
pub(crate) fn accept(
    request: &Request,
    max_message: usize,
    session: impl FnOnce(Socket) -> BoxFuture<'static, ()> + Send + 'static,
) -> Response {
    let mut response = Response::empty(StatusCode::SWITCHING_PROTOCOLS)
        .with(header::UPGRADE, "websocket")
        .with(header::CONNECTION, "Upgrade");
    if let Some(key) = request.header(&KEY) {
        let hash = Sha1::new().chain_update(key.trim()).chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
        response.set(header::SEC_WEBSOCKET_ACCEPT, STANDARD.encode(hash));
    }
    if request.list(&header::SEC_WEBSOCKET_PROTOCOL).any(|offered| offered == PROTOCOL) {
        response.set(header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL);
    }
    response.body = Body::Socket(Upgrade { max_message, session: Box::new(session) });
    response
}

/// Signs of life: the client is asked for one in each period, and given up after two without any.
#[derive(Debug)]
pub(crate) struct Pulse {
    every: Duration,
    next: Instant,
    heard: bool,
    missed: u8,
}

impl Pulse {
    pub(crate) fn new(every: Duration) -> Self {
        Self { every, next: Instant::now() + every, heard: true, missed: 0 }
    }

    /// Notes that something came from the client.
    pub(crate) fn heard(&mut self) {
        self.heard = true;
    }

    /// Waits until the client is to be asked. False when it is to be given up.
    ///
    /// # Cancel safety
    /// Time that was waited counts.
    pub(crate) async fn beat(&mut self) -> bool {
        tokio::time::sleep_until(self.next).await;
        self.next = Instant::now() + self.every;
        self.missed = if self.heard { 0 } else { self.missed + 1 };
        self.heard = false;
        self.missed < 2
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn asks(headers: &[(HeaderName, &str)]) -> Request {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        let peer = [203, 0, 113, 7].into();
        Request {
            method: Method::GET,
            path: "/api/v1/live".to_owned(),
            prefix: 0,
            query: None,
            headers: map,
            peer,
            encrypted: false,
        }
    }

    /// The example of the protocol itself.
    const GOOD: [(HeaderName, &str); 4] = [
        (header::UPGRADE, "WebSocket"),
        (header::CONNECTION, "keep-alive, Upgrade"),
        (KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
        (VERSION, "13"),
    ];

    #[test]
    fn a_key_is_answered_as_the_protocol_says() {
        let request = asks(&GOOD);
        assert!(check(&request).is_ok());
        let response = accept(&request, 1, |_| Box::pin(async {}));
        assert_eq!(response.status, 101);
        assert_eq!(response.headers[header::SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(!response.headers.contains_key(header::SEC_WEBSOCKET_PROTOCOL));
    }

    #[test]
    fn what_is_no_handshake_is_refused() {
        type Change<'a> = &'a dyn Fn(&mut Vec<(HeaderName, &'static str)>);
        let status = |change: Change<'_>| {
            let mut headers = GOOD.to_vec();
            change(&mut headers);
            check(&asks(&headers)).expect_err("refused").status().as_u16()
        };
        assert_eq!(status(&|headers| headers.clear()), 426);
        assert_eq!(status(&|headers| headers[0].1 = "h2c"), 426);
        assert_eq!(status(&|headers| headers[1].1 = "keep-alive"), 426);
        assert_eq!(status(&|headers| headers[3].1 = "8"), 426);
        assert_eq!(status(&|headers| headers[2].1 = "short"), 400);
        assert_eq!(status(&|headers| headers[2].1 = "AAAA"), 400);
    }
}
