//! How a process of a deployment begins and ends, seen from outside.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::{net::UnixDatagram, process::ExitStatusExt},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};
use spotlight_tests::tls::Authority;

use crate::process::{Folder, PATIENCE, Server, signal};

/// What a client speaks over.
trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// A client with a connection that it keeps, which never asks twice: every request is answered or has failed.
struct Caller {
    address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
    connection: Option<BufReader<Box<dyn Stream>>>,
}

impl Caller {
    fn over(&self, stream: TcpStream) -> Box<dyn Stream> {
        let Some(tls) = &self.tls else { return Box::new(stream) };
        let name = ServerName::try_from("localhost").expect("a name");
        Box::new(StreamOwned::new(ClientConnection::new(Arc::clone(tls), name).expect("a client"), stream))
    }

    fn ask(&mut self, path: &str) -> Result<u16, String> {
        let mut connection = if let Some(kept) = self.connection.take() {
            kept
        } else {
            let stream = TcpStream::connect(self.address).map_err(|error| format!("connecting: {error}"))?;
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            stream.set_nodelay(true).expect("no delay");
            BufReader::new(self.over(stream))
        };
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        connection.get_mut().write_all(request.as_bytes()).map_err(|error| format!("asking: {error}"))?;
        let (mut status, mut length, mut last, mut line) = (0, 0, false, String::new());
        loop {
            line.clear();
            let read = connection.read_line(&mut line).map_err(|error| format!("hearing: {error}"))?;
            if read == 0 {
                return Err("the connection ended before the answer".to_owned());
            }
            let text = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = text.strip_prefix("http/1.1 ") {
                status = rest.get(..3).and_then(|code| code.parse().ok()).unwrap_or_default();
            } else if let Some(value) = text.strip_prefix("content-length: ") {
                length = value.parse().expect("a length");
            } else if text == "connection: close" {
                last = true;
            } else if text.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        connection.read_exact(&mut body).map_err(|error| format!("hearing the body: {error}"))?;
        // A client that was told so opens another one; that is no second try.
        self.connection = (!last).then_some(connection);
        Ok(status)
    }
}

/// What callers met.
struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    callers: Vec<thread::JoinHandle<Result<(), String>>>,
}

impl Load {
    /// Callers that ask as fast as they are answered, and some with a pause, whose connections are idle meanwhile.
    fn on(address: SocketAddr, tls: Option<&Arc<ClientConfig>>) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let callers = (0..12).map(|number: u64| {
            let (stop, answered, tls) = (Arc::clone(&stop), Arc::clone(&answered), tls.cloned());
            thread::spawn(move || {
                let mut caller = Caller { address, tls, connection: None };
                while !stop.load(Ordering::Relaxed) {
                    for (path, expected) in [("/up", 200), ("/api/v1/leads", 401), ("/nowhere", 404)] {
                        match caller.ask(path)? {
                            status if status == expected => drop(answered.fetch_add(1, Ordering::Relaxed)),
                            // The limit of an address is no failure of the restart.
                            429 => drop(answered.fetch_add(1, Ordering::Relaxed)),
                            status => return Err(format!("{path} was answered with {status}")),
                        }
                    }
                    thread::sleep(Duration::from_millis(number % 4 * 15));
                }
                Ok(())
            })
        });
        let callers = callers.collect();
        Self { stop, answered, callers }
    }

    /// Waits for so many more answers.
    fn more(&self, answers: u64) {
        let wanted = self.answered.load(Ordering::Relaxed) + answers;
        let until = Instant::now() + PATIENCE;
        while self.answered.load(Ordering::Relaxed) < wanted {
            assert!(Instant::now() < until, "answers stopped coming");
            assert!(self.callers.iter().any(|caller| !caller.is_finished()), "every caller has failed");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends it, and gives what failed.
    fn failures(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.callers.into_iter().filter_map(|caller| caller.join().expect("a caller").err()).collect()
    }
}

fn restarts_without_a_failed_request(framework: &str, authority: Option<&Authority>) {
    let folder = Folder::new();
    let files = authority.map(|authority| authority.issue(&["localhost"], -1..30).write(&folder.0));
    let tls = authority.map(|authority| Arc::new(authority.client(&["http/1.1"])));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut variables = vec![("SPOTLIGHT_HTTP", framework), ("LOG_LEVEL", "warn,spotlight_ops=info")];
    if let Some([certificate, key]) = &files {
        variables.extend([("TLS_CERTIFICATE", certificate.as_str()), ("TLS_KEY", key)]);
    }
    let first = Server::start(&folder.0, &variables, Some(&listener));
    assert_eq!(first.address, address, "it serves on the socket that it was handed");
    let load = Load::on(address, tls.as_ref());
    load.more(300);
    // The next one is there before the first one goes.
    let second = Server::start(&folder.0, &variables, Some(&listener));
    signal(first.id(), "TERM");
    assert_eq!(first.ended().code(), Some(0));
    load.more(300);
    // The next one comes once the last one is gone: who connects meanwhile waits.
    signal(second.id(), "TERM");
    assert_eq!(second.ended().code(), Some(0));
    let third = Server::start(&folder.0, &variables, Some(&listener));
    load.more(300);
    assert_eq!(load.failures(), [""; 0]);
    signal(third.id(), "TERM");
    assert_eq!(third.ended().code(), Some(0));
}

#[test]
fn a_restart_under_load_fails_no_request_on_axum() {
    restarts_without_a_failed_request("axum", None);
}

#[test]
fn a_restart_under_load_fails_no_request_on_actix() {
    restarts_without_a_failed_request("actix", None);
}

#[test]
fn a_restart_under_load_fails_no_request_over_tls() {
    for framework in ["axum", "actix"] {
        restarts_without_a_failed_request(framework, Some(&Authority::new()));
    }
}

/// A request whose body does not come.
fn hang(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = "POST /api/v1/users/sign_in HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                content-length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).expect("it is sent");
    stream
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for framework in ["axum", "actix"] {
        let folder = Folder::new();
        let mut server = Server::start(&folder.0, &[("SPOTLIGHT_HTTP", framework)], None);
        let _hanging = hang(server.address);
        signal(server.id(), "TERM");
        server.until(|line| line["message"] == "stopping");
        let told = Instant::now();
        signal(server.id(), "TERM");
        let status = server.ended();
        assert_eq!((status.code(), status.signal()), (Some(143), None), "{framework}");
        assert!(told.elapsed() < Duration::from_secs(5), "{framework}: {:?}", told.elapsed());
    }
}

#[test]
fn what_does_not_end_within_the_grace_is_cut_off() {
    for framework in ["axum", "actix"] {
        let folder = Folder::new();
        let server = Server::start(&folder.0, &[("SPOTLIGHT_HTTP", framework), ("SPOTLIGHT_GRACE", "1s")], None);
        let mut hanging = hang(server.address);
        let told = Instant::now();
        signal(server.id(), "TERM");
        assert_eq!(server.ended().code(), Some(0), "{framework}");
        assert!(told.elapsed() < Duration::from_secs(10), "{framework}: {:?}", told.elapsed());
        let mut rest = Vec::new();
        // An end or a reset; but no silence.
        hanging.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        assert!(hanging.read_to_end(&mut rest).is_ok_and(|read| read < 2_000) || rest.is_empty(), "{framework}");
    }
}

#[test]
fn the_supervisor_hears_of_beginning_and_end() {
    let folder = Folder::new();
    let path = folder.0.join("notify");
    let supervisor = UnixDatagram::bind(&path).expect("a socket");
    supervisor.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let heard = || {
        let mut message = [0; 256];
        let length = supervisor.recv(&mut message).expect("a message");
        String::from_utf8_lossy(&message[..length]).into_owned()
    };
    let server = Server::start(&folder.0, &[("NOTIFY_SOCKET", path.to_str().expect("a path"))], None);
    assert!(heard().contains("READY=1"));
    signal(server.id(), "TERM");
    assert!(heard().contains("STOPPING=1"));
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn a_request_is_found_in_the_log_by_its_id() {
    let folder = Folder::new();
    let mut server = Server::start(&folder.0, &[], None);
    let mut stream = TcpStream::connect(server.address).expect("it listens");
    let request = "GET /up HTTP/1.1\r\nhost: localhost\r\nx-request-id: of-mine\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("it is sent");
    let line = server.until(|line| line["message"] == "answered");
    let expected = [("request_id", "of-mine"), ("operation", "up"), ("level", "INFO"), ("service", "spotlight")];
    for (name, value) in expected {
        assert_eq!(line[name], value, "{name} in {line}");
    }
    assert_eq!((line["status"].as_u64(), line["environment"].as_str()), (Some(200), Some("development")));
    assert!(line["timestamp"].is_string() && line["took_ms"].is_number(), "{line}");
}
