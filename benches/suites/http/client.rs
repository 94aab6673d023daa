//! A client of HTTP/1.1 that keeps its connections and does as little as it can.

use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A connection and what has come over it.
struct Connection {
    stream: TcpStream,
    taken: Vec<u8>,
}

/// Where an answer is in what has come.
struct Answer {
    status: u16,
    /// Where the body begins.
    body: usize,
    chunked: bool,
}

fn place(of: &[u8], within: &[u8]) -> Option<usize> {
    within.windows(of.len()).position(|part| part == of)
}

/// The value of a header.
fn header<'a>(name: &str, head: &'a str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find_map(|(given, value)| given.eq_ignore_ascii_case(name).then(|| value.trim()))
}

impl Connection {
    async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a connection without delay");
        Self { stream, taken: Vec::with_capacity(64 * 1024) }
    }

    async fn more(&mut self) {
        let read = self.stream.read_buf(&mut self.taken).await.expect("an answer");
        assert!(read > 0, "the connection ended: {}", String::from_utf8_lossy(&self.taken));
    }

    /// Sends a request and takes in the whole answer.
    async fn ask(&mut self, request: &[u8]) -> Answer {
        self.taken.clear();
        self.stream.write_all(request).await.expect("it is sent");
        let body = loop {
            self.more().await;
            if let Some(end) = place(b"\r\n\r\n", &self.taken) {
                break end + 4;
            }
        };
        let head = std::str::from_utf8(&self.taken[..body]).expect("a head");
        let status = head.get(9..12).and_then(|code| code.parse().ok()).expect("a status");
        let length = header("content-length", head).map(|length| length.parse::<usize>().expect("a length"));
        match length {
            Some(length) => {
                while self.taken.len() < body + length {
                    self.more().await;
                }
            }
            // Nothing that is streamed here holds the mark of the end.
            None => {
                while !self.taken.ends_with(b"\r\n0\r\n\r\n") {
                    self.more().await;
                }
            }
        }
        Answer { status, body, chunked: length.is_none() }
    }
}

/// What a request is answered with: its status, and its body as text.
pub(crate) async fn ask(address: &str, request: &[u8]) -> (u16, String) {
    let mut connection = Connection::open(address).await;
    let Answer { status, body, chunked } = connection.ask(request).await;
    let mut rest = &connection.taken[body..];
    let mut whole = Vec::new();
    if chunked {
        // Each part has its length before it, and the last one has none.
        loop {
            let line = place(b"\r\n", rest).expect("the length of a part");
            let length = std::str::from_utf8(&rest[..line]).expect("a length");
            let length = usize::from_str_radix(length, 16).expect("a length");
            if length == 0 {
                break;
            }
            whole.extend_from_slice(&rest[line + 2..line + 2 + length]);
            rest = &rest[line + 2 + length + 2..];
        }
    } else {
        whole.extend_from_slice(rest);
    }
    (status, String::from_utf8(whole).expect("text"))
}

/// What came of a round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    /// Requests answered in a second.
    pub(crate) per_second: f64,
    /// 99 of 100 were answered within this.
    pub(crate) p99: Duration,
}

/// Asks over so many connections, each one after the other, for so long. `write` makes the request of a connection.
///
/// # Panics
/// When an answer has another status.
pub(crate) async fn load(
    address: &str,
    connections: usize,
    long: Duration,
    status: u16,
    write: impl Fn(usize, &mut Vec<u8>),
) -> Round {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(address).await);
    }
    let write = &write;
    let began = Instant::now();
    let each = open.into_iter().enumerate().map(|(number, mut connection)| async move {
        let (mut times, mut request) = (Vec::new(), Vec::new());
        while began.elapsed() < long {
            request.clear();
            write(number, &mut request);
            let asked = Instant::now();
            let answer = connection.ask(&request).await;
            times.push(asked.elapsed());
            let text = || String::from_utf8_lossy(&connection.taken).into_owned();
            assert_eq!(answer.status, status, "{}", text());
        }
        times
    });
    let mut times = join_all(each).await.concat();
    let took = began.elapsed();
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    Round { per_second: times.len() as f64 / took.as_secs_f64(), p99 }
}
