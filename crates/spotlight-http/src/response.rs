//! A response, as every web framework can send it.

use std::{fmt, io};

use bytes::Bytes;
use futures::stream::BoxStream;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use spotlight_derive::RedactedDebug;

use crate::socket::Upgrade;

/// What is sent after the head.
pub enum Body {
    /// All of it.
    Full(Bytes),
    /// Parts as they come. Each is to be sent at once; dropping the stream cancels the work behind it.
    Stream(BoxStream<'static, io::Result<Bytes>>),
    /// A WebSocket, once the head is sent.
    Socket(Upgrade),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(bytes) => write!(f, "Full({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Stream"),
            Self::Socket(upgrade) => write!(f, "Socket({upgrade:?})"),
        }
    }
}

/// A whole response.
#[derive(RedactedDebug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers; of those named twice, both are sent.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// The connection is to be closed after it: `Connection: close`, where the protocol has that.
    pub close: bool,
}

impl Response {
    /// A response without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Body::Full(Bytes::new()), close: false }
    }

    /// A response with a JSON body.
    pub(crate) fn json(status: StatusCode, body: &impl serde::Serialize) -> serde_json::Result<Self> {
        let bytes = Bytes::from(serde_json::to_vec(body)?);
        let mut response = Self { body: Body::Full(bytes), ..Self::empty(status) };
        response.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(response)
    }

    /// The same response with one more header. A value that no header can hold is left out.
    pub(crate) fn with(mut self, name: HeaderName, value: impl AsRef<str>) -> Self {
        self.set(name, value);
        self
    }

    /// Sets a header. A value that no header can hold is left out.
    pub(crate) fn set(&mut self, name: HeaderName, value: impl AsRef<str>) {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.headers.insert(name, value);
        }
    }
}
