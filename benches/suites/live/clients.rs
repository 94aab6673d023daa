//! The clients' side.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use futures::{SinkExt, StreamExt, stream};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue, protocol::WebSocketConfig},
};

use crate::{LATE, PAUSE};

/// Handshakes at once.
const AT_ONCE: usize = 50;

/// The time, by the clock that both processes see, in microseconds since 1970.
pub(crate) fn micros() -> u64 {
    let now = now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(now.as_micros()).expect("not that late")
}

#[expect(clippy::disallowed_methods, reason = "two processes of one machine compare their clocks")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// A client that comes and goes.
pub(crate) async fn warm(address: &str, token: &str) {
    let mut stream = open(address, token).await;
    stream.close(None).await.expect("it ends");
    while stream.next().await.is_some() {}
}

/// A client that has subscribed.
async fn open(address: &str, token: &str) -> WebSocketStream<TcpStream> {
    let mut request = format!("ws://{address}/api/v1/live").into_client_request().expect("an address");
    let bearer = HeaderValue::from_str(&format!("Bearer {token}")).expect("a value");
    request.headers_mut().insert("authorization", bearer);
    let connection = TcpStream::connect(address).await.expect("it listens");
    let config = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
    let opened = client_async_with_config(request, connection, Some(config)).await;
    let (mut stream, _) = opened.expect("the server opens the socket");
    let subscribe = json!({"type": "subscribe", "channel": "leads"}).to_string();
    stream.send(Message::text(subscribe)).await.expect("it is sent");
    let answer = stream.next().await.expect("an answer").expect("a message");
    assert!(answer.to_text().is_ok_and(|text| text.contains("subscribed")), "{answer:?}");
    stream
}

/// What a client has heard.
#[derive(Default)]
struct Heard {
    /// How long each event took, in microseconds.
    took: Vec<u64>,
    /// The number of the last one.
    last: Option<u64>,
    /// The end, gaps, and messages that came again or out of order.
    other: u64,
}

impl Heard {
    /// Notes a message that came now.
    fn note(&mut self, text: &str) {
        let at = micros();
        let message: Value = serde_json::from_str(text).unwrap_or_default();
        match (message["id"].as_u64(), message["data"]["sent"].as_u64()) {
            (Some(id), Some(sent)) if self.last.is_none_or(|last| id == last + 1) => {
                self.last = Some(id);
                self.took.push(at.saturating_sub(sent));
            }
            _ => self.other += 1,
        }
    }
}

/// The clients' side: listens until every client has heard every event, or until it is too late for them, and tells how
/// long each took.
pub(crate) async fn listen(address: &str, token: &str, clients: usize, events: usize) {
    let done = Arc::new(Semaphore::new(0));
    let open_all = stream::iter(0..clients).map(|_| async {
        let mut socket = open(address, token).await;
        let heard = Arc::new(Mutex::new(Heard { took: Vec::with_capacity(events), ..Heard::default() }));
        let (own, done) = (Arc::clone(&heard), Arc::clone(&done));
        // From the start on: it answers pings while others open.
        tokio::spawn(async move {
            while let Some(Ok(message)) = socket.next().await {
                let Message::Text(text) = message else { continue };
                let mut own = guard(&own);
                own.note(text.as_str());
                if own.took.len() == events {
                    done.add_permits(1);
                }
            }
            guard(&own).other += 1;
        });
        heard
    });
    let everybody: Vec<_> = open_all.buffer_unordered(AT_ONCE).collect().await;
    say("ready").await;
    let all = u32::try_from(clients).expect("not that many");
    let patience = PAUSE * u32::try_from(events).expect("not that many") + LATE;
    // Who has not heard everything by then is counted.
    let _ = tokio::time::timeout(patience, done.acquire_many(all)).await;
    let mut took: Vec<u64> = everybody.iter().flat_map(|heard| guard(heard).took.clone()).collect();
    let other: u64 = everybody.iter().map(|heard| guard(heard).other).sum();
    took.sort_unstable();
    let at = |part: f64| took.get(((took.len() as f64 * part) as usize).min(took.len().saturating_sub(1))).copied();
    let report =
        json!({"heard": took.len(), "other": other, "p50_us": at(0.5), "p99_us": at(0.99), "max_us": took.last()});
    say(&report.to_string()).await;
    // Connected until the server has been looked at.
    let _ = tokio::io::stdin().read(&mut [0]).await;
}

fn guard(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn say(line: &str) {
    let mut output = tokio::io::stdout();
    output.write_all(format!("{line}\n").as_bytes()).await.expect("somebody listens");
    output.flush().await.expect("somebody listens");
}
