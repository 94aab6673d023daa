//! HTTP by hand: bytes as they are sent, and all that comes back.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, tcp::OwnedReadHalf},
    time::timeout,
};

/// Far beyond what an answer takes.
const LONG: Duration = Duration::from_secs(30);

/// What a server did with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The statuses of interim answers.
    pub interim: Vec<u16>,
    /// The status; none when the connection ended without an answer.
    pub status: Option<u16>,
    /// The headers, sorted, with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body, without its chunks.
    pub body: Vec<u8>,
    /// True when the connection takes no further request.
    pub closes: bool,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Sends bytes on a connection of their own, reads the answer, and tries whether the connection is still good.
///
/// # Panics
/// When the server does not answer in half a minute, or in no form that is HTTP.
pub async fn ask(address: &str, request: &[u8]) -> Answer {
    let connection = TcpStream::connect(address).await.expect("it listens");
    let (reads, mut writes) = connection.into_split();
    let head = request.split(|byte| *byte == b' ').next() == Some(b"HEAD");
    // The server may stop reading once it has answered.
    let send = async {
        let _ = writes.write_all(request).await;
        writes
    };
    let mut reader = Reader { reads, read: Vec::new() };
    let answer = timeout(LONG, async { tokio::join!(send, reader.answer(head)) });
    let shown = || String::from_utf8_lossy(&request[..request.len().min(400)]).into_owned();
    let (mut writes, mut answer) = answer.await.unwrap_or_else(|_| panic!("no answer to {}", shown()));
    if !answer.closes {
        let probe = timeout(LONG, async {
            let sent = writes.write_all(b"GET /up HTTP/1.1\r\nhost: here\r\n\r\n").await;
            sent.is_ok() && reader.answer(false).await.status.is_some()
        });
        answer.closes = !probe.await.unwrap_or_else(|_| panic!("the connection hangs after {}", shown()));
    }
    answer
}

struct Reader {
    reads: OwnedReadHalf,
    read: Vec<u8>,
}

impl Reader {
    /// Reads more; false at the end.
    async fn more(&mut self) -> bool {
        self.read.reserve(16 * 1024);
        self.reads.read_buf(&mut self.read).await.unwrap_or(0) > 0
    }

    /// Takes what stands before a mark, and the mark.
    async fn until(&mut self, mark: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.read.windows(mark.len()).position(|window| window == mark) {
                let taken = self.read.drain(..at + mark.len()).collect();
                return Some(taken);
            }
            if !self.more().await {
                return None;
            }
        }
    }

    async fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.read.len() < count && self.more().await {}
        self.read.drain(..count.min(self.read.len())).collect()
    }

    async fn answer(&mut self, head: bool) -> Answer {
        let mut answer =
            Answer { interim: Vec::new(), status: None, headers: Vec::new(), body: Vec::new(), closes: true };
        loop {
            let Some(lines) = self.until(b"\r\n\r\n").await else { return answer };
            let text = String::from_utf8_lossy(&lines).into_owned();
            let mut lines = text.split("\r\n").filter(|line| !line.is_empty());
            let first = lines.next().expect("a status line");
            let status: u16 = first.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
            if status < 200 {
                answer.interim.push(status);
                continue;
            }
            answer.status = Some(status);
            let pairs = lines.map(|line| line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")));
            answer.headers = pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
            answer.headers.sort();
            answer.closes = answer.header("connection") == Some("close") || first.starts_with("HTTP/1.0");
            break;
        }
        let status = answer.status.unwrap_or_default();
        if head || matches!(status, 204 | 304) {
            return answer;
        }
        if answer.header("transfer-encoding") == Some("chunked") {
            while let Some(size) = self.until(b"\r\n").await {
                let size = String::from_utf8_lossy(&size);
                let size = usize::from_str_radix(size.trim(), 16).expect("a chunk");
                answer.body.extend(self.exactly(size).await);
                self.exactly(2).await;
                if size == 0 {
                    break;
                }
            }
        } else if let Some(length) = answer.header("content-length") {
            let length = length.parse().expect("a length");
            answer.body = self.exactly(length).await;
        } else {
            while self.more().await {}
            answer.body = std::mem::take(&mut self.read);
            answer.closes = true;
        }
        answer
    }
}
