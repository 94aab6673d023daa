//! Clients that stall, before they ask and while they are answered.

use std::{sync::Arc, time::Duration};

use actix_web::{App, HttpResponse, web};
use bytes::Bytes;
use futures::{StreamExt, stream};
use spotlight_http_actix::{Patience, serve_with};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::timeout,
};

/// Far beyond every patience here.
const LONG: Duration = Duration::from_secs(20);

struct Server {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<spotlight_core::Result<()>>,
    /// The slow answer has begun, and may end.
    begun: Arc<Notify>,
    ends: Arc<Notify>,
    /// The answer without an end was given up.
    dropped: Arc<Notify>,
}

/// Says when an answer is dropped.
struct Tells(Arc<Notify>);

impl Drop for Tells {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

async fn start(patience: Patience) -> Server {
    let (begun, ends) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let dropped = Arc::new(Notify::new());
    let app = {
        let (begun, ends, dropped) = (Arc::clone(&begun), Arc::clone(&ends), Arc::clone(&dropped));
        move || {
            let endless = || async {
                let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"data: 1\n\n"))]);
                HttpResponse::Ok().streaming(first.chain(stream::pending()))
            };
            let (begun, ends) = (Arc::clone(&begun), Arc::clone(&ends));
            let slow = move || {
                let (begun, ends) = (Arc::clone(&begun), Arc::clone(&ends));
                async move {
                    begun.notify_one();
                    ends.notified().await;
                    "done"
                }
            };
            let dropped = Arc::clone(&dropped);
            let flood = move || {
                let tells = Tells(Arc::clone(&dropped));
                async move {
                    HttpResponse::Ok().streaming(stream::repeat_with(move || {
                        let _alive = &tells;
                        Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 64 * 1024]))
                    }))
                }
            };
            App::new().route("/flood", web::to(flood)).route("/endless", web::to(endless)).route("/slow", web::to(slow))
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let running = tokio::spawn(serve_with(listener, app, patience, async move {
        let _ = stopped.await;
    }));
    Server { address, stop, running, begun, ends, dropped }
}

/// A connection that has sent these bytes.
async fn sent(server: &Server, bytes: &str) -> TcpStream {
    let mut connection = TcpStream::connect(server.address).await.expect("it listens");
    connection.write_all(bytes.as_bytes()).await.expect("they are sent");
    connection
}

/// What comes until the server ends the connection.
async fn all(mut connection: TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = timeout(LONG, connection.read_to_end(&mut answer)).await.expect("the server ends the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

const ASKS: &str = "GET /endless HTTP/1.1\r\nhost: here\r\n\r\n";

#[tokio::test]
async fn a_stalled_reader_cannot_hold_the_shutdown() {
    let server = start(Patience { shutdown: Duration::from_millis(100), ..Patience::default() }).await;
    let mut stalled = sent(&server, ASKS).await;
    let mut head = [0; 12];
    stalled.read_exact(&mut head).await.expect("it begins to answer");
    assert_eq!(&head, b"HTTP/1.1 200");
    server.stop.send(()).expect("it runs");
    timeout(LONG, server.running).await.expect("it stops").expect("no panic").expect("no error");
}

#[tokio::test]
async fn an_answer_that_has_begun_is_finished_at_shutdown() {
    let server = start(Patience::default()).await;
    let asked = sent(&server, "GET /slow HTTP/1.1\r\nhost: here\r\n\r\n").await;
    let idle = sent(&server, "").await;
    timeout(LONG, server.begun.notified()).await.expect("the request is in hand");
    server.stop.send(()).expect("it runs");
    server.ends.notify_one();
    let answer = all(asked).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
    drop(idle);
    timeout(LONG, server.running).await.expect("it stops").expect("no panic").expect("no error");
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn who_does_not_finish_a_head_is_let_go() {
    let server = start(Patience { head: Duration::from_millis(100), ..Patience::default() }).await;
    for bytes in ["", "PR", "GET /slow HTTP/1.1\r\nhost: he"] {
        let answer = all(sent(&server, bytes).await).await;
        assert!(!answer.contains("200"), "{bytes:?}: {answer}");
    }
    // A slow answer is not a slow head.
    let asked = sent(&server, "GET /slow HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").await;
    timeout(LONG, server.begun.notified()).await.expect("the request is in hand");
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.ends.notify_one();
    let answer = all(asked).await;
    assert!(answer.ends_with("done"), "{answer}");
}

#[tokio::test]
async fn who_does_not_finish_a_later_head_is_let_go_too() {
    let server = start(Patience { head: Duration::from_millis(100), ..Patience::default() }).await;
    for later in ["", "GET /slow HTTP/1.1\r\nhost: he"] {
        let mut asked = sent(&server, "GET /slow HTTP/1.1\r\nhost: here\r\n\r\n").await;
        timeout(LONG, server.begun.notified()).await.expect("the request is in hand");
        server.ends.notify_one();
        asked.write_all(later.as_bytes()).await.expect("it is sent");
        let answer = all(asked).await;
        assert!(answer.ends_with("done") && answer.matches("HTTP/1.1").count() == 1, "{answer}");
    }
}

/// A client that reads the head of an endless answer and then nothing: within the limit its connection is ended and the
/// answer dropped.
#[tokio::test]
async fn who_takes_nothing_of_an_answer_is_let_go() {
    let server = start(Patience { write: Duration::from_millis(200), ..Patience::default() }).await;
    let mut stalled = sent(&server, "GET /flood HTTP/1.1\r\nhost: here\r\n\r\n").await;
    let mut head = [0; 12];
    stalled.read_exact(&mut head).await.expect("it begins to answer");
    assert_eq!(&head, b"HTTP/1.1 200");
    timeout(LONG, server.dropped.notified()).await.expect("the answer is given up");
    // What the system holds for it may still come; then there is an end.
    all(stalled).await;
}

#[tokio::test]
async fn who_waits_for_an_answer_that_says_nothing_is_kept() {
    let server = start(Patience { write: Duration::from_millis(50), ..Patience::default() }).await;
    let mut listening = sent(&server, ASKS).await;
    let mut heard = vec![0; 4096];
    let mut text = String::new();
    while !text.contains("data: 1") {
        let read = timeout(LONG, listening.read(&mut heard)).await.expect("it begins").expect("no error");
        text.push_str(std::str::from_utf8(&heard[..read]).expect("text"));
    }
    let more = timeout(Duration::from_millis(500), listening.read(&mut heard)).await;
    assert!(more.is_err(), "the connection is open, and there is nothing to read: {more:?}");
}
