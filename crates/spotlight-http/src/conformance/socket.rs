//! A client of WebSockets.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::{Answer, Client, Target, seen::note};

/// Far beyond what anything here takes.
const LONG: Duration = Duration::from_secs(30);

/// What the server says.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// A message of JSON.
    Message(Value),
    /// A message of bytes.
    Sound(Vec<u8>),
    /// The end, with the code; 1006 when there was none.
    Closed(u16, String),
}

/// An open socket.
#[derive(Debug)]
pub struct SocketClient {
    stream: WebSocketStream<TcpStream>,
    /// The protocol that the server chose.
    pub protocol: String,
}

impl SocketClient {
    /// Opens a socket with headers of one's own.
    ///
    /// # Panics
    /// When the server does not open it.
    pub async fn open(target: &Target, path: &str, headers: &[(&'static str, &str)]) -> Self {
        let address = target.base.trim_start_matches("http://");
        let mut request = format!("ws://{address}{path}").into_client_request().expect("an address");
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).expect("a value"));
        }
        let connection = TcpStream::connect(address).await.expect("it listens");
        connection.set_nodelay(true).expect("a connection");
        let (stream, response) = client_async(request, connection).await.expect("the server opens the socket");
        let (path, _) = path.split_once('?').unwrap_or((path, ""));
        note(&Method::GET, path, response.status().as_u16(), response.headers());
        let protocol = response.headers().get("sec-websocket-protocol").and_then(|value| value.to_str().ok());
        Self { stream, protocol: protocol.unwrap_or_default().to_owned() }
    }

    /// Opens a socket with a token.
    pub async fn with_token(target: &Target, path: &str, token: &str) -> Self {
        Self::open(target, path, &[("authorization", &format!("Bearer {token}"))]).await
    }

    /// Says something of JSON.
    pub async fn say(&mut self, message: &Value) {
        self.stream.send(Message::text(message.to_string())).await.expect("it is sent");
    }

    /// Says a text as it is.
    pub async fn say_text(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.expect("it is sent");
    }

    /// Sends bytes. A server that has ended the connection meanwhile is no reason to fail.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.send(Message::binary(bytes.to_vec())).await;
    }

    /// The next of what the server says.
    ///
    /// # Panics
    /// When it says nothing for long.
    pub async fn hear(&mut self) -> Said {
        loop {
            let next = timeout(LONG, self.stream.next()).await.expect("the server says something");
            return match next {
                Some(Ok(Message::Text(text))) => {
                    Said::Message(serde_json::from_str(text.as_str()).expect("messages are JSON"))
                }
                Some(Ok(Message::Binary(bytes))) => Said::Sound(bytes.to_vec()),
                Some(Ok(Message::Close(Some(close)))) => {
                    Said::Closed(close.code.into(), close.reason.as_str().to_owned())
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Ok(Message::Close(None)) | Err(_)) | None => Said::Closed(1006, String::new()),
            };
        }
    }

    /// The next message of JSON.
    ///
    /// # Panics
    /// When the server says anything else.
    #[track_caller]
    pub fn message(&mut self) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            match self.hear().await {
                Said::Message(message) => message,
                other => panic!("{caller}: {other:?}"),
            }
        }
    }

    /// The end: its code.
    ///
    /// # Panics
    /// When the server says anything but messages before it.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Said::Closed(code, _) = self.hear().await {
                return code;
            }
        }
    }

    /// Ends it.
    pub async fn close(mut self) {
        self.stream.close(None).await.expect("it ends");
        while let Some(Ok(_)) = self.stream.next().await {}
    }
}

/// The answer to a request for a socket that is made by hand, and refused. Headers that are given replace those of a good
/// handshake; an empty value leaves one out.
pub async fn refused(client: &Client, path: &str, headers: &[(&'static str, &str)]) -> Answer {
    let good = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let mut request = client.request(Method::GET, path);
    for (name, value) in good {
        let value = headers.iter().find(|(given, _)| *given == name).map_or(value, |(_, value)| value);
        if !value.is_empty() {
            request = request.header(name, value);
        }
    }
    for (name, value) in headers.iter().filter(|(name, _)| good.iter().all(|(given, _)| given != name)) {
        request = request.header(*name, *value);
    }
    Client::answer(request).await
}
