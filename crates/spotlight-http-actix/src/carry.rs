//! Requests and answers, from actix's types and into them.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::{BodySize, BoxBody, MessageBody},
    http::{Version, header as theirs},
};
use bytes::Bytes;
use futures::stream::BoxStream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use spotlight_http::{Body, Request, Response};

use crate::connection::Encrypted;

/// The head of a request whose own path has so many slashes.
pub(crate) fn head(request: &HttpRequest, slashes: usize) -> Request {
    let path = request.uri().path().to_owned();
    let own = slashes.checked_sub(1).and_then(|before| path.rmatch_indices('/').nth(before));
    let mut headers = HeaderMap::with_capacity(request.headers().len());
    for (name, value) in request.headers() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            headers.append(name, value);
        }
    }
    Request {
        // The two crates of types know the same methods: what one has parsed, the other takes.
        method: Method::from_bytes(request.method().as_str().as_bytes()).unwrap_or(Method::GET),
        prefix: own.map_or(0, |(at, _)| at),
        path,
        query: request.uri().query().map(str::to_owned),
        headers,
        peer: request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip()),
        // A server of actix-web's own says so by its settings.
        encrypted: request.conn_data::<Encrypted>().is_some() || request.app_config().secure(),
    }
}

/// An answer of the API, which actix sends.
pub(crate) struct Answered {
    pub(crate) response: Response,
    /// The body is the other protocol that the client has asked for.
    pub(crate) upgraded: bool,
}

impl Responder for Answered {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let Response { status, mut headers, body, close } = self.response;
        let status = actix_web::http::StatusCode::from_u16(status.as_u16());
        let status = status.unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
        let length = headers.remove(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let body = match body {
            _ if *request.method() == actix_web::http::Method::HEAD => Sent::Nothing(length),
            Body::Full(bytes) => Sent::Full(bytes),
            Body::Stream(parts) => Sent::Stream(parts),
            // Was made a stream when its session began.
            Body::Socket(_) => Sent::Nothing(None),
        };
        let mut response = HttpResponse::with_body(status, BoxBody::new(body));
        for (name, value) in &headers {
            let name = theirs::HeaderName::from_bytes(name.as_str().as_bytes());
            if let (Ok(name), Ok(value)) = (name, theirs::HeaderValue::from_bytes(value.as_bytes())) {
                response.headers_mut().append(name, value);
            }
        }
        if request.version() == Version::HTTP_10 {
            // That protocol has no chunks: a stream ends with its connection.
            response.head_mut().no_chunking(true);
        }
        if close {
            response.head_mut().set_connection_type(actix_http::ConnectionType::Close);
        } else if self.upgraded {
            response.head_mut().set_connection_type(actix_http::ConnectionType::Upgrade);
        }
        response
    }
}

/// What is sent after the head.
enum Sent {
    Full(Bytes),
    /// Nothing, of what would have been so long.
    Nothing(Option<u64>),
    Stream(BoxStream<'static, io::Result<Bytes>>),
}

impl MessageBody for Sent {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        match self {
            Self::Full(bytes) => BodySize::Sized(bytes.len() as u64),
            Self::Nothing(length) => length.map_or(BodySize::None, BodySize::Sized),
            Self::Stream(_) => BodySize::Stream,
        }
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match self.get_mut() {
            Self::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Full(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Self::Nothing(_) => Poll::Ready(None),
            Self::Stream(parts) => parts.as_mut().poll_next(context),
        }
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        match self {
            Self::Full(bytes) => Ok(bytes),
            other => Err(other),
        }
    }
}
