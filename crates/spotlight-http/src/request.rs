//! A request, as every web framework can give it.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, Method};
use spotlight_derive::RedactedDebug;

/// The head of a request; the body comes beside it, as a stream.
#[derive(RedactedDebug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path as sent, still percent-encoded. Links in answers begin with it.
    pub path: String,
    /// How many bytes of the path stand before the API's own: what the application around it has put it below. None at
    /// the root.
    pub prefix: usize,
    /// What follows `?`, still percent-encoded.
    pub query: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The address at the other end of the connection.
    pub peer: IpAddr,
    /// The connection itself is encrypted. What a proxy says of its own is read from the headers.
    pub encrypted: bool,
}

impl Request {
    /// The path below what the API is mounted at.
    pub(crate) fn own_path(&self) -> &str {
        self.path.get(self.prefix..).unwrap_or_default()
    }

    /// What the API is mounted at, as `/sales`; nothing at the root.
    pub(crate) fn mounted_at(&self) -> &str {
        self.path.get(..self.prefix).unwrap_or_default()
    }

    /// The text of a header that is there once.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Every value of a header that is a comma-separated list, over all its lines.
    pub(crate) fn list(&self, name: &HeaderName) -> impl DoubleEndedIterator<Item = &str> {
        let lines: Vec<_> = self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        lines.into_iter().flat_map(|line| line.split(',')).map(str::trim).filter(|item| !item.is_empty())
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .get_all(http::header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }
}
