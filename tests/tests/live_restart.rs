//! A server that dies under its live clients, and one that is told to stop: on Postgres, whoever comes back with the last
//! id hears everything, each once.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use futures::{SinkExt, StreamExt, future::join_all};
use serde_json::{Value, json};
use spotlight_core::{Context, Spotlight, conformance::rounds, services::leads::NewLead};
use spotlight_http::conformance::seed;
use spotlight_storage::postgres::PgOptions;
use spotlight_tests::{deployment::live_platform, postgres::TestDatabase};
use tokio::{net::TcpStream, sync::Semaphore, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

/// Longest wait for anything here.
const LONG: Duration = Duration::from_mins(3);
/// Leads that are added before, around and after the server's end; fewer than a channel keeps.
const PART: usize = 40;

/// A server process. It ends with this value.
struct Server(Child);

impl Server {
    fn start(database: &str, port: u16) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_live_server"));
        command.args(["--database", database, "--port", &port.to_string()]).stdin(Stdio::piped());
        Self(command.spawn().expect("a server"))
    }

    /// Ends it without a word.
    fn kill(&mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it has ended");
    }

    /// Tells it to stop, and waits until it has.
    fn stop(&mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().expect("it ends").success(), "it ends in peace");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a client has heard, and how.
#[derive(Default)]
struct Client {
    last: Option<u64>,
    heard: Vec<(u64, String)>,
    gaps: usize,
    /// The codes with which servers ended it; 1006 where there was none.
    ends: Vec<u16>,
}

async fn open(port: u16, token: &str) -> Option<WebSocketStream<TcpStream>> {
    let mut request = format!("ws://127.0.0.1:{port}/api/v1/live").into_client_request().expect("an address");
    let bearer = HeaderValue::from_str(&format!("Bearer {token}")).expect("a value");
    request.headers_mut().insert("authorization", bearer);
    let connection = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    client_async(request, connection).await.ok().map(|(stream, _)| stream)
}

impl Client {
    /// Listens until it has heard of `enough` leads, coming back as often as it is cut off.
    async fn listen(&mut self, port: u16, token: &str, enough: usize, subscribed: &Semaphore) {
        while self.heard.len() < enough {
            let Some(mut stream) = open(port, token).await else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let subscribe = json!({"type": "subscribe", "channel": "leads", "last_id": self.last});
            if stream.send(Message::text(subscribe.to_string())).await.is_err() {
                continue;
            }
            while self.heard.len() < enough {
                match stream.next().await {
                    Some(Ok(Message::Text(text))) => {
                        let message: Value = serde_json::from_str(text.as_str()).expect("JSON");
                        match message["type"].as_str().expect("a type") {
                            "subscribed" => {
                                self.last = self.last.or(message["id"].as_u64());
                                subscribed.add_permits(1);
                            }
                            "gap" => self.gaps += 1,
                            "lead.created" => {
                                let id = message["id"].as_u64().expect("an id");
                                self.last = Some(id);
                                let lead = message["data"]["lead_id"].as_str().expect("a lead");
                                self.heard.push((id, lead.to_owned()));
                            }
                            "reconnect" => {}
                            other => panic!("{other}: {message}"),
                        }
                    }
                    Some(Ok(Message::Close(close))) => {
                        self.ends.push(close.map_or(1006, |close| close.code.into()));
                        break;
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => {
                        self.ends.push(1006);
                        break;
                    }
                }
            }
        }
    }
}

/// Adds leads, each with a permit of `there`, and gives their ids in the order in which they were added.
async fn add(platform: &Spotlight, owner: &Context, from: usize, there: &Semaphore) -> Vec<String> {
    let mut added = Vec::new();
    for number in from..from + PART {
        let new = NewLead { email: Some(format!("lead-{number}@example.com")), ..NewLead::default() };
        added.push(platform.leads().create(owner, new).await.expect("a lead").id.to_string());
        there.add_permits(1);
    }
    added
}

/// Runs clients against a server that `ends`, and gives them.
async fn restart(clients: usize, ends: fn(&mut Server)) -> Vec<Client> {
    let database = TestDatabase::fresh().await;
    let platform = live_platform(PgOptions::new(database.url())).await;
    let target = seed::seed(&platform, "").await;
    let token = target.owner.token.clone();
    let owner = platform.accounts().authenticate_token(&token.clone().into()).await.expect("the owner").context;
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let mut server = Server::start(&database.url(), port);
    let subscribed = Arc::new(Semaphore::new(0));
    let listening: Vec<_> = (0..clients)
        .map(|_| {
            let (token, subscribed) = (token.clone(), Arc::clone(&subscribed));
            tokio::spawn(async move {
                let mut client = Client::default();
                client.listen(port, &token, 3 * PART, &subscribed).await;
                client
            })
        })
        .collect();
    let all = u32::try_from(clients).expect("few");
    let ready = timeout(LONG, subscribed.acquire_many(all)).await.expect("all subscribe").expect("it is open");
    ready.forget();
    let there = Arc::new(Semaphore::new(0));
    let mut expected = add(&platform, &owner, 0, &there).await;
    // The server ends in the middle of the second part, with events on their way.
    let adding = {
        let (platform, owner, there) = (platform.clone(), owner.clone(), Arc::clone(&there));
        tokio::spawn(async move { add(&platform, &owner, PART, &there).await })
    };
    let half = u32::try_from(PART + PART / 2).expect("few");
    timeout(LONG, there.acquire_many(half)).await.expect("leads are added").expect("it is open").forget();
    tokio::task::block_in_place(|| ends(&mut server));
    let mut server = Server::start(&database.url(), port);
    expected.extend(adding.await.expect("the second part"));
    expected.extend(add(&platform, &owner, 2 * PART, &there).await);
    let clients = timeout(LONG, join_all(listening)).await.expect("all hear everything");
    let clients: Vec<Client> = clients.into_iter().map(|client| client.expect("no client fails")).collect();
    for client in &clients {
        let heard: Vec<_> = client.heard.iter().map(|(_, lead)| lead.clone()).collect();
        assert_eq!(heard, expected, "each lead is heard of once, in order");
        assert!(client.heard.windows(2).all(|pair| pair[0].0 < pair[1].0), "ids ascend");
        assert_eq!(client.gaps, 0);
    }
    server.stop();
    clients
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_and_repeats_nothing() {
    let clients = restart(rounds(200, 1_000) as usize, Server::kill).await;
    assert!(clients.iter().all(|client| client.ends.contains(&1006)), "every client was cut off");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_tells_its_clients_to_come_back() {
    let clients = restart(rounds(50, 200) as usize, Server::stop).await;
    let told = clients.iter().filter(|client| client.ends.contains(&1012)).count();
    assert_eq!(told, clients.len(), "every client was told");
}
