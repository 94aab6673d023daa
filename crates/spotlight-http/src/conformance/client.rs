//! A small client, and what it hears.

use reqwest::{Method, header::HeaderMap};
use serde_json::Value;

use super::seen::{note, note_key};

/// A client of one server, as one caller.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    headers: Vec<(&'static str, String)>,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as JSON; null when it is empty.
    pub body: Value,
    /// The body, as text.
    pub text: String,
}

/// A server-sent event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its data.
    pub data: Value,
}

/// A client of HTTP. Where another crate turns TLS on, the library wants to be told by which means.
pub fn http_client() -> reqwest::Client {
    // Whoever was first has chosen.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

impl Client {
    /// A client of the server at `base`, as nobody.
    pub fn new(base: &str) -> Self {
        Self { http: http_client(), base: base.to_owned(), headers: Vec::new() }
    }

    /// The same client with a header on every request.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same client with a token.
    pub fn token(self, token: &str) -> Self {
        self.with("authorization", format!("Bearer {token}"))
    }

    /// A request to be completed by hand.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
    }

    /// The head of the answer to a request, and what was asked.
    pub(super) async fn send(request: reqwest::RequestBuilder) -> (reqwest::Response, (Method, String)) {
        let (http, request) = request.build_split();
        let request = request.expect("a request");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = http.execute(request).await.expect("the server answers");
        note(&method, &path, response.status().as_u16(), response.headers());
        (response, (method, path))
    }

    /// The answer to a request.
    pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
        let (response, (method, path)) = Self::send(request).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("the answer ends");
        let answer = Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text };
        if answer.problems().contains(&("Idempotency-Key".to_owned(), "reused".to_owned())) {
            note_key(&method, &path);
        }
        answer
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        Self::answer(self.request(Method::GET, path)).await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Self::answer(self.request(Method::POST, path).json(body)).await
    }

    /// Patches with JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        Self::answer(self.request(Method::PATCH, path).json(body)).await
    }

    /// Deletes.
    pub async fn delete(&self, path: &str) -> Answer {
        Self::answer(self.request(Method::DELETE, path)).await
    }

    /// Posts JSON and gives the events of the answer, which must be a stream.
    pub async fn events(&self, path: &str, body: &Value) -> Vec<Event> {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.header("content-type"), "text/event-stream");
        events(&answer.text)
    }
}

/// The events of a stream.
pub(super) fn events(text: &str) -> Vec<Event> {
    text.split("\n\n")
        .filter(|frame| !frame.trim().is_empty() && !frame.starts_with(':'))
        .map(|frame| {
            let line = |key: &str| frame.lines().find_map(|line| line.strip_prefix(key)).expect("a whole event");
            Event {
                name: line("event: ").to_owned(),
                data: serde_json::from_str(line("data: ")).expect("data is JSON"),
            }
        })
        .collect()
}

impl Answer {
    /// The same answer, which must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// A header's text; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The id of the resource.
    #[track_caller]
    pub fn id(&self) -> String {
        self.body["data"]["id"].as_str().expect("a resource").to_owned()
    }

    /// An attribute of the resource.
    pub fn attribute(&self, name: &str) -> &Value {
        &self.body["data"]["attributes"][name]
    }

    /// The values of an attribute over a list.
    pub fn attributes(&self, name: &str) -> Vec<Value> {
        let items = self.body["data"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["attributes"][name].clone()).collect()
    }

    /// Where the problems are: pointers, parameters or headers, with their codes.
    pub fn problems(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let place = |error: &Value| {
            let places = ["pointer", "parameter", "header"];
            places.iter().map(|name| text(&error["source"][*name])).find(|place| !place.is_empty()).unwrap_or_default()
        };
        errors.iter().map(|error| (place(error), text(&error["meta"]["code"]))).collect()
    }

    /// Where `Link` sends a client for `rel`.
    pub fn link(&self, rel: &str) -> Option<String> {
        let wanted = format!("rel=\"{rel}\"");
        let link = self.header("link").split(", ").find(|link| link.ends_with(&wanted))?;
        Some(link.split_once('<')?.1.split_once('>')?.0.to_owned())
    }
}
