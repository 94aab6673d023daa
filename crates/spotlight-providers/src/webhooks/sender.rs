//! The client.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use reqwest::{
    Client, Response, Url,
    header::{DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
};
use spotlight_core::{
    domain::destination::{Destinations, Ports},
    error::{Error, ErrorKind, Result},
    ports::{WebhookAnswer, WebhookRequest, WebhookSender},
};
use tokio::time::timeout;

use super::resolve::{Guard, NameResolver, OutOfBounds, SystemResolver};
use crate::{client, outgoing::tell_trace};

/// Most of an answer's body that is read, in bytes.
const MOST: usize = 4096;
/// Longest wait for the body of an answer whose status is known.
const BODY: Duration = Duration::from_secs(2);
/// How long a connection is kept for the next delivery to the same receiver. Its address was checked when it was made.
const IDLE: Duration = Duration::from_secs(15);

/// How webhooks are sent. `Default` is right for a deployment on the Internet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookOptions {
    /// Where they may go.
    pub destinations: Destinations,
    /// Longest wait for a connection, the name's resolution included.
    pub connect_timeout: Duration,
    /// Longest wait for an answer's head, the connection included. For its body, two seconds more.
    pub timeout: Duration,
}

impl Default for WebhookOptions {
    fn default() -> Self {
        Self {
            destinations: Destinations::default(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
        }
    }
}

impl WebhookOptions {
    /// For development: everything on this machine and its networks, over plain HTTP too and at any port.
    pub fn development() -> Self {
        let destinations = Destinations { plain_http: true, private_networks: true, ports: Ports::Any };
        Self { destinations, ..Self::default() }
    }
}

/// Sends webhooks over HTTP.
#[derive(Debug, Clone)]
pub struct HttpWebhookSender {
    client: Client,
    options: Arc<WebhookOptions>,
}

impl HttpWebhookSender {
    /// A sender that asks the operating system for addresses.
    ///
    /// # Errors
    /// `Misconfigured` when the client cannot be built.
    pub fn new(options: WebhookOptions) -> Result<Self> {
        Self::with_resolver(options, Arc::new(SystemResolver))
    }

    /// A sender that asks `names` for addresses, and checks what it says.
    ///
    /// # Errors
    /// `Misconfigured` when the client cannot be built.
    pub fn with_resolver(options: WebhookOptions, names: Arc<dyn NameResolver>) -> Result<Self> {
        let client = client::builder()?
            .dns_resolver(Arc::new(Guard { names, destinations: options.destinations.clone() }))
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("Spotlight-Webhooks/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| unusable("the client of webhooks cannot be built").with_source(error))?;
        Ok(Self { client, options: Arc::new(options) })
    }
}

fn unusable(message: &str) -> Error {
    Error::new(ErrorKind::Misconfigured, message)
}

fn out_of_bounds() -> Error {
    Error::invalid("url", "refused", OutOfBounds.to_string())
}

#[async_trait]
impl WebhookSender for HttpWebhookSender {
    fn destinations(&self) -> Destinations {
        self.options.destinations.clone()
    }

    async fn send(&self, request: &WebhookRequest) -> Result<WebhookAnswer> {
        let destinations = &self.options.destinations;
        // One reason is enough for who reads of a delivery.
        destinations.check(&request.url).map_err(|error| match error.violations() {
            [first, _, ..] => Error::validation(vec![first.clone()]),
            _ => error,
        })?;
        let url = Url::parse(&request.url).map_err(|_| Error::invalid("url", "format", "URL cannot be read"))?;
        let mut headers = HeaderMap::with_capacity(request.headers.len());
        for (name, value) in &request.headers {
            let value = HeaderValue::from_str(value).map_err(|_| Error::internal("a header cannot be sent"))?;
            headers.insert(HeaderName::from_static(name), value);
        }
        tell_trace(&mut headers);
        let sent = self.client.post(url).headers(headers).body(request.body.clone()).send();
        match timeout(self.options.timeout, sent).await {
            Ok(Ok(answer)) => Ok(heard(answer).await),
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(Error::new(ErrorKind::Timeout, "the receiver took too long")),
        }
    }
}

/// What an answer says, with the beginning of its body.
async fn heard(mut answer: Response) -> WebhookAnswer {
    let (status, retry_after) = (answer.status().as_u16(), retry_after(answer.headers()));
    let mut body = Vec::new();
    let read = async {
        // A body that breaks off says what it has said.
        while let Ok(Some(part)) = answer.chunk().await {
            body.extend_from_slice(&part[..part.len().min(MOST - body.len())]);
            if body.len() >= MOST {
                return;
            }
        }
    };
    // So does one that takes too long.
    let _ = timeout(BODY, read).await;
    WebhookAnswer { status, retry_after, body: Bytes::from(body) }
}

/// When the receiver wants to be asked again: in seconds, or at an instant of its own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = DateTime::parse_from_rfc2822(value).ok()?;
    let now = DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some((at - now).to_std().unwrap_or_default())
}

/// What went wrong, without an address. The cause is dropped: it names one.
fn failed(error: reqwest::Error) -> Error {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(one) = cause {
        if one.is::<OutOfBounds>() {
            return out_of_bounds();
        }
        // What an error of input and output wraps is not its source.
        let wrapped = one.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref());
        if one.is::<rustls::Error>() || wrapped.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return Error::new(ErrorKind::Unavailable, "the receiver's certificate or TLS is not acceptable");
        }
        cause = one.source();
    }
    if error.is_timeout() {
        return Error::new(ErrorKind::Timeout, "the receiver took too long");
    }
    let message =
        if error.is_connect() { "the receiver cannot be reached" } else { "the receiver broke the connection off" };
    Error::new(ErrorKind::Unavailable, message)
}
