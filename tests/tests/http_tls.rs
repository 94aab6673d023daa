//! The API over TLS, on every framework: what is agreed on, who is let go, and that everything else is as on plain TCP.

use std::time::{Duration, Instant};

use futures::{SinkExt, StreamExt};
use spotlight_http::{
    Api, HttpPolicy, Patience,
    conformance::{Target, in_memory, seed},
};
use spotlight_tests::{
    framework::{self, Framework, Server},
    tls::Authority,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

/// Far beyond every patience here.
const LONG: Duration = Duration::from_secs(30);

struct World {
    authority: Authority,
    server: Server,
    target: Target,
}

impl World {
    async fn start(framework: Framework, patience: Patience) -> Self {
        let (authority, platform) = (Authority::new(), in_memory());
        let target = seed(&platform, "").await;
        let mut policy = HttpPolicy::default();
        policy.security.force_https = true;
        policy.keep_alive = Duration::from_millis(50);
        let tls = authority.issue(&["localhost"], -1..30).server();
        let server = framework::serve_tls(framework, Api::new(platform, policy), tls, patience).await;
        Self { authority, server, target }
    }

    fn address(&self) -> &str {
        self.server.url.trim_start_matches("https://")
    }

    /// Asks on a connection of its own, and gives the answer with its head.
    async fn ask(&self, path: &str, headers: &str) -> String {
        let mut stream = self.authority.connect(self.address(), &["http/1.1"]).await.expect("a handshake");
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.expect("it is sent");
        let mut answer = String::new();
        timeout(LONG, stream.read_to_string(&mut answer)).await.expect("an answer").expect("it ends well");
        answer.to_ascii_lowercase()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encrypted_request_is_answered_and_its_client_told_to_stay() {
    for framework in Framework::ALL {
        let world = World::start(framework, Patience::default()).await;
        let up = world.ask("/up", "").await;
        assert!(up.starts_with("http/1.1 200"), "{framework:?}: {up}");
        let stays = "strict-transport-security: max-age=31536000; includesubdomains; preload";
        assert!(up.contains(stays), "{framework:?}: {up}");
        for said in ["", "x-forwarded-proto: http\r\n"] {
            let leads = world.ask("/api/v1/leads", said).await;
            assert!(leads.starts_with("http/1.1 401"), "it is sent nowhere else, {framework:?}: {leads}");
        }
        world.server.stop().await;
    }
}

/// The status and the headers of an answer over HTTP/2.
async fn ask_h2<T>(stream: T, address: &str) -> http::Response<()>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sends, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    let driven = tokio::spawn(connection);
    let request = http::Request::get(address).body(()).expect("a request");
    let (answer, _) = sends.ready().await.expect("it takes one").send_request(request, true).expect("it is sent");
    let answer = timeout(LONG, answer).await.expect("an answer").expect("it comes");
    driven.abort();
    answer.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_and_server_agree_on_a_protocol() {
    for framework in Framework::ALL {
        let world = World::start(framework, Patience::default()).await;
        let stream = world.authority.connect(world.address(), &["h2", "http/1.1"]).await.expect("a handshake");
        let agreed = stream.get_ref().1.alpn_protocol().map(String::from_utf8_lossy).map(|name| name.into_owned());
        assert_eq!(agreed.as_deref(), Some("http/1.1"), "{framework:?}");
        drop(stream);
        assert!(world.authority.connect(world.address(), &["h2"]).await.is_err(), "{framework:?}");
        let without = world.authority.connect(world.address(), &[]).await.expect("a client may say nothing");
        assert_eq!(without.get_ref().1.alpn_protocol(), None);
        assert!(world.authority.connect(world.address(), &["gopher"]).await.is_err(), "{framework:?}");
        world.server.stop().await;
    }
}

/// Clients name the host elsewhere in HTTP/2 than in HTTP/1.1.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_host_of_a_request_in_http_2_is_known() {
    let mut policy = HttpPolicy::default();
    policy.security.force_https = true;
    let server = framework::start(Framework::Axum, in_memory(), policy).await;
    let stream = TcpStream::connect(server.url.trim_start_matches("http://")).await.expect("it listens");
    let answer = ask_h2(stream, "http://app.example.com/api/v1/leads").await;
    let there = answer.headers().get("location").and_then(|there| there.to_str().ok());
    assert_eq!((answer.status().as_u16(), there), (301, Some("https://app.example.com/api/v1/leads")));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_words_and_strangers_to_the_authority_do_no_harm() {
    for framework in Framework::ALL {
        let world = World::start(framework, Patience::default()).await;
        let mut plain = TcpStream::connect(world.address()).await.expect("it listens");
        plain.write_all(b"GET /up HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("it is sent");
        let mut said = Vec::new();
        // An end or a reset, and perhaps an alert before it.
        let _ = timeout(LONG, plain.read_to_end(&mut said)).await.expect("the connection ends");
        assert!(!String::from_utf8_lossy(&said).contains("HTTP"), "{framework:?}: {said:?}");
        assert!(Authority::new().connect(world.address(), &[]).await.is_err(), "trust is not asked of the server");
        assert!(world.ask("/up", "").await.starts_with("http/1.1 200"), "{framework:?}");
        world.server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handshake_that_stalls_is_let_go_and_others_are_served_meanwhile() {
    let head = Duration::from_secs(8);
    for framework in Framework::ALL {
        let world = World::start(framework, Patience { head, ..Patience::default() }).await;
        let began = Instant::now();
        let mut stalled = Vec::new();
        for number in 0..40 {
            let mut stream = TcpStream::connect(world.address()).await.expect("it listens");
            // Half of them begin to greet.
            if number % 2 == 0 {
                stream.write_all(&[22, 3, 1, 0, 200, 1, 0]).await.expect("it is sent");
            }
            stalled.push(stream);
        }
        assert!(world.ask("/up", "").await.starts_with("http/1.1 200"), "{framework:?}");
        let answered = began.elapsed();
        assert!(answered < head, "{framework:?}: others waited for {answered:?}");
        for mut stream in stalled {
            let ended = timeout(LONG, stream.read(&mut [0; 64])).await.expect("it is let go");
            assert!(matches!(ended, Ok(0) | Err(_)), "{framework:?}: {ended:?}");
        }
        assert!(began.elapsed() >= head.mul_f64(0.9), "{framework:?}: {:?}", began.elapsed());
        world.server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_and_streams_are_encrypted_too() {
    for framework in Framework::ALL {
        let world = World::start(framework, Patience::default()).await;
        let bearer = format!("Bearer {}", world.target.owner.token);
        let mut request = "wss://localhost/api/v1/live".into_client_request().expect("an address");
        request.headers_mut().insert("authorization", HeaderValue::from_str(&bearer).expect("a value"));
        let stream = world.authority.connect(world.address(), &["http/1.1"]).await.expect("a handshake");
        let (mut socket, _) = client_async(request, stream).await.expect("the socket opens");
        socket.send(Message::text(r#"{"type":"ping"}"#)).await.expect("it is sent");
        let pong = async {
            loop {
                // Signs of life come between.
                let said = socket.next().await.expect("a message").expect("it comes");
                if let Message::Text(text) = said {
                    return text;
                }
            }
        };
        assert_eq!(timeout(LONG, pong).await.expect("an answer").as_str(), r#"{"type":"pong"}"#, "{framework:?}");
        let mut stream = world.authority.connect(world.address(), &["http/1.1"]).await.expect("a handshake");
        let head = "GET /api/v1/events?channels=leads HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n";
        let request = format!("{head}authorization: {bearer}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("it is sent");
        let mut heard = String::new();
        // Signs of life come one after the other, each as it is said.
        while heard.matches(": alive").count() < 3 {
            let mut part = [0; 1024];
            let read = timeout(LONG, stream.read(&mut part)).await.expect("it goes on").expect("it is read");
            assert!(read > 0, "{framework:?}: {heard}");
            heard += &String::from_utf8_lossy(&part[..read]);
        }
        assert!(heard.starts_with("HTTP/1.1 200"), "{framework:?}: {heard}");
        drop((socket, stream));
        world.server.stop().await;
    }
}

/// Whoever is in the middle of a handshake keeps a server that stops no longer than one who is idle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_answers_what_has_begun_and_waits_for_no_handshake() {
    let patience = Patience { farewell: Duration::from_secs(5), ..Patience::default() };
    for framework in Framework::ALL {
        let world = World::start(framework, patience).await;
        let _stalled = TcpStream::connect(world.address()).await.expect("it listens");
        let mut idle = world.authority.connect(world.address(), &["http/1.1"]).await.expect("a handshake");
        let ask = "GET /up HTTP/1.1\r\nhost: localhost\r\n\r\n";
        idle.write_all(ask.as_bytes()).await.expect("it is sent");
        let mut part = [0; 4096];
        let read = timeout(LONG, idle.read(&mut part)).await.expect("an answer").expect("it comes");
        assert!(!String::from_utf8_lossy(&part[..read]).to_ascii_lowercase().contains("connection: close"));
        let began = Instant::now();
        let stopping = tokio::spawn(world.server.stop());
        let mut last = String::new();
        let asking = async {
            // Until the server has heard of its end, an answer is like any other.
            while !last.contains("connection: close") {
                idle.write_all(ask.as_bytes()).await.expect("it is sent");
                let read = idle.read(&mut part).await.expect("it comes");
                assert!(read > 0, "{framework:?}: a request was not answered");
                last = String::from_utf8_lossy(&part[..read]).to_ascii_lowercase();
            }
            let mut rest = Vec::new();
            idle.read_to_end(&mut rest).await.expect("the end is said, not torn off");
        };
        timeout(LONG, asking).await.expect("the last answer");
        stopping.await.expect("it stops");
        assert!(began.elapsed() < patience.shutdown, "{framework:?}: {:?}", began.elapsed());
    }
}
