//! Thousands of live clients of one server process: how long an event takes to reach all of them, and what each costs.
//!
//! The clients are another process, which this program starts from itself. `BENCH_CLIENTS` (5,000) and `BENCH_EVENTS` (50)
//! say how many. Both processes share the machine, so the time is that of the server and of its clients.

use std::{
    process::{ExitCode, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use futures::{SinkExt, StreamExt, stream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use spotlight_core::{
    Spotlight,
    ports::{Event, Quota},
};
use spotlight_http::{
    Api, HttpPolicy,
    conformance::{in_memory, seed},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::Semaphore,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue, protocol::WebSocketConfig},
};

/// The server's own allocator, since memory is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Between two events.
const PAUSE: Duration = Duration::from_millis(500);
/// Longest time for an event to reach everybody, at the 99th percentile; and most memory for each client.
const AIMS: (Duration, u64) = (Duration::from_millis(250), 20 * 1024);
/// Handshakes at once.
const AT_ONCE: usize = 50;
/// Longest wait for the clients.
const LONG: Duration = Duration::from_mins(5);

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() -> ExitCode {
    // As many descriptors as the system lets us have.
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    match arguments.as_slice() {
        [role, address, token, clients, events] if role == "clients" => {
            let count = |text: &String| text.parse().expect("a number");
            runtime.block_on(listen(address, token, count(clients), count(events)));
            ExitCode::SUCCESS
        }
        _ => runtime.block_on(measure()),
    }
}

/// Memory of this process that is in use, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the system tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") * 1024
}

fn micros() -> u64 {
    let now = now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(now.as_micros()).expect("not that late")
}

#[expect(clippy::disallowed_methods, reason = "two processes of one machine compare their clocks")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// The server's side.
async fn measure() -> ExitCode {
    let (clients, events) = (setting("BENCH_CLIENTS", 5_000), setting("BENCH_EVENTS", 50));
    let platform = in_memory();
    let target = seed::seed(&platform, "").await;
    let plenty = Quota { burst: 1_000_000, period: Duration::from_secs(1) };
    let most = u32::try_from(clients).unwrap_or(u32::MAX).saturating_add(1);
    let mut policy = HttpPolicy::development();
    (policy.api, policy.open, policy.live_connections) = (plenty, plenty, most);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let router = spotlight_http_axum::router(Api::new(platform.clone(), policy));
    tokio::spawn(spotlight_http_axum::serve(listener, router, std::future::pending()));

    // One client first, so that what only the first one costs is not counted.
    warm(&address, &target.owner.token).await;
    let before = resident();
    let mut child = Command::new(std::env::current_exe().expect("a program"))
        .args(["clients", &address, &target.owner.token, &clients.to_string(), &events.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the clients start");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut line = async || {
        let line = tokio::time::timeout(LONG, lines.next_line()).await.expect("the clients answer");
        line.expect("text").expect("the clients have not ended")
    };
    let began = Instant::now();
    assert_eq!(line().await, "ready");
    let opened = began.elapsed();
    let idle = resident();
    let organization = platform.accounts().authenticate_token(&target.owner.token.clone().into()).await;
    let organization = organization.expect("the owner").context.organization;
    for _ in 0..events {
        publish(&platform, organization).await;
        tokio::time::sleep(PAUSE).await;
    }
    let report: Value = serde_json::from_str(&line().await).expect("a report");
    let after = resident();
    child.wait().await.expect("the clients end");
    show(clients, events, opened, &report, (before, idle, after))
}

async fn publish(platform: &Spotlight, organization: spotlight_core::domain::OrganizationId) {
    let event = Event {
        id: 0,
        event_type: "lead.updated".to_owned(),
        conversation_id: None,
        data: json!({ "lead_id": platform.ids().uuid(), "sent": micros() }),
        at: platform.clock().now(),
    };
    platform.events().publish(organization, "leads", platform.ids().uuid(), event).await.expect("published");
}

#[expect(clippy::print_stdout, reason = "a benchmark tells its figures")]
fn show(clients: usize, events: usize, opened: Duration, report: &Value, memory: (u64, u64, u64)) -> ExitCode {
    let (before, idle, after) = memory;
    let each = |bytes: u64| bytes.saturating_sub(before) / clients as u64;
    let number = |name: &str| report[name].as_u64().expect("a number");
    let (p50, p99, longest) = (number("p50_us"), number("p99_us"), number("max_us"));
    let (heard, expected) = (number("heard"), (clients * events) as u64);
    let met = |good: bool| if good { "yes" } else { "**no**" };
    let build = if cfg!(debug_assertions) { "without optimisation" } else { "optimised" };
    println!("{clients} clients, {events} events, {build}; opened in {:.1} s\n", opened.as_secs_f64());
    println!("| | | aim | met |\n|---|---|---|---|");
    println!("| messages that arrived | {heard} | {expected} | {} |", met(heard == expected));
    println!("| until a client has it, median | {:.1} ms | | |", p50 as f64 / 1000.0);
    let quick = u128::from(p99) < AIMS.0.as_micros();
    println!("| 99 of 100 | {:.1} ms | {} ms | {} |", p99 as f64 / 1000.0, AIMS.0.as_millis(), met(quick));
    println!("| the slowest | {:.1} ms | | |", longest as f64 / 1000.0);
    println!("| memory for each client, subscribed | {:.1} KiB | | |", each(idle) as f64 / 1024.0);
    let small = each(after) < AIMS.1;
    println!("| after the events | {:.1} KiB | {} KiB | {} |", each(after) as f64 / 1024.0, AIMS.1 / 1024, met(small));
    if heard == expected && quick && small { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn warm(address: &str, token: &str) {
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

/// The clients' side: listens until every client has heard every event, and tells how long each took.
async fn listen(address: &str, token: &str, clients: usize, events: usize) {
    let open_all = stream::iter(0..clients).map(|_| open(address, token)).buffer_unordered(AT_ONCE);
    let sockets: Vec<_> = open_all.collect().await;
    let took = Arc::new(Mutex::new(Vec::with_capacity(clients * events)));
    let done = Arc::new(Semaphore::new(0));
    for mut socket in sockets {
        let (took, done) = (Arc::clone(&took), Arc::clone(&done));
        tokio::spawn(async move {
            let (mut own, mut last) = (Vec::with_capacity(events), 0);
            while own.len() < events {
                let Some(Ok(message)) = socket.next().await else { break };
                let Message::Text(text) = message else { continue };
                let at = micros();
                let message: Value = serde_json::from_str(text.as_str()).expect("JSON");
                let (id, sent) = (message["id"].as_u64().expect("an id"), &message["data"]["sent"]);
                assert!(last == 0 || id == last + 1, "each event once and in order");
                last = id;
                own.push(at.saturating_sub(sent.as_u64().expect("a time")));
            }
            took.lock().unwrap_or_else(PoisonError::into_inner).extend(own);
            done.add_permits(1);
            // Answers pings until the end.
            while let Some(Ok(_)) = socket.next().await {}
        });
    }
    say("ready").await;
    let all = u32::try_from(clients).expect("not that many");
    let every = done.acquire_many(all).await.expect("it is open");
    every.forget();
    let mut took = std::mem::take(&mut *took.lock().unwrap_or_else(PoisonError::into_inner));
    took.sort_unstable();
    let at = |part: f64| took.get(((took.len() as f64 * part) as usize).min(took.len().saturating_sub(1))).copied();
    let report = json!({"heard": took.len(), "p50_us": at(0.5), "p99_us": at(0.99), "max_us": took.last()});
    say(&report.to_string()).await;
}

async fn say(line: &str) {
    let mut output = tokio::io::stdout();
    output.write_all(format!("{line}\n").as_bytes()).await.expect("somebody listens");
    output.flush().await.expect("somebody listens");
}
