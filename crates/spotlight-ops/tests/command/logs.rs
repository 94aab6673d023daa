//! What is found of a request in the log, over its jobs, and what of it others are told; and how the level changes.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::{Value, json};

use crate::process::{Folder, PATIENCE, Server, ended, signal, spotlight};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Sends a request and gives the head of its answer.
fn ask(address: SocketAddr, request: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let length = body.len();
    let head =
        format!("{request} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {length}\r\nconnection: close\r\n");
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

/// Signs somebody up, which leaves a job that writes to them.
fn sign_up(address: SocketAddr, request_id: &str) {
    let body = r#"{"user": {"name": "Ana Silva", "email": "ana.silva@example.com", "password": "Planted-Secret-1-and-more",
        "organization": "Silva"}}"#;
    let headers = format!(
        "content-type: application/json\r\nx-request-id: {request_id}\r\n\
         traceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\n"
    );
    let answer = ask(address, "POST /api/v1/users", &headers, body);
    assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
}

/// A collector: the bodies that it was sent.
fn collector() -> (String, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let (tells, heard) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream);
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                    break;
                }
                if let Some(told) = line.to_lowercase().strip_prefix("content-length: ") {
                    length = told.trim().parse().expect("a length");
                }
            }
            let mut body = vec![0; length];
            let whole = reader.read_exact(&mut body).is_ok();
            let _ = reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            if !whole || tells.send(body).is_err() {
                break;
            }
        }
    });
    (endpoint, heard)
}

#[test]
fn a_request_and_the_job_that_it_leaves_are_one_trace_in_the_log_and_for_a_collector() {
    let folder = Folder::new();
    let (endpoint, heard) = collector();
    let variables =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("LOG_LEVEL", "info,spotlight_core::jobs=debug")];
    let mut server = Server::start(&folder.0, &variables, None);
    sign_up(server.address, "of-mine");
    // The request's line and its job's come in any order.
    let (mut answered, mut began) = (None, None);
    while answered.is_none() || began.is_none() {
        let line = server.until(|line| {
            let is_answer = line["message"] == "answered" && line["operation"] == "sign_up";
            is_answer || (line["message"] == "a job begins" && line["job"] == "send_email")
        });
        let place = if line["message"] == "answered" { &mut answered } else { &mut began };
        *place = Some(line);
    }
    let (answered, began) = (answered.expect("a line"), began.expect("a line"));
    for line in [&answered, &began] {
        assert_eq!((line["request_id"].as_str(), line["trace_id"].as_str()), (Some("of-mine"), Some(TRACE)), "{line}");
    }
    assert_eq!(answered["parent_span_id"], "00f067aa0ba902b7");
    assert_eq!(began["parent_span_id"], answered["span_id"]);
    signal(server.id(), "TERM");
    assert_eq!(server.ended().code(), Some(0));

    let mut spans = Vec::new();
    let until = Instant::now() + PATIENCE;
    while spans.len() < 2 && Instant::now() < until {
        let Ok(body) = heard.recv_timeout(Duration::from_secs(10)) else { break };
        let text = String::from_utf8_lossy(&body);
        for private in ["Ana", "ana.silva", "example.com", "Planted-Secret", "127.0.0.1"] {
            assert!(!text.contains(private), "{private} in {text}");
        }
        let told = ExportTraceServiceRequest::decode(&body[..]).expect("what OTLP says");
        let scopes = told.resource_spans.into_iter().flat_map(|of_one| of_one.scope_spans);
        spans.extend(
            scopes.flat_map(|scope| scope.spans).filter(|span| span.name == "sign_up" || span.name == "send_email"),
        );
    }
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {spans:?}"));
    let (request, job) = (named("sign_up"), named("send_email"));
    assert_eq!(request.trace_id, job.trace_id);
    assert_eq!(job.parent_span_id, request.span_id);
    let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    assert_eq!(hex(&request.trace_id), TRACE);
    assert_eq!(answered["span_id"].as_str(), Some(hex(&request.span_id).as_str()), "the log's ids are the trace's");
}

fn level(folder: &Folder, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = spotlight(&folder.0);
    command.args(["logs", "level"]).args(arguments);
    let output = ended(command);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Asks until the request's lines are as wanted: `debug` before the answer, or none.
fn turns(server: &mut Server, debug: bool) {
    let until = Instant::now() + PATIENCE;
    for number in 0.. {
        let id = format!("{debug}-{number}");
        ask(server.address, "GET /up", &format!("x-request-id: {id}\r\n"), "");
        let first: Value = server.until(|line| line["request_id"] == id.as_str());
        if (first["level"] == "DEBUG") == debug {
            return;
        }
        assert!(Instant::now() < until, "the level never turned");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_level_changes_while_a_server_runs_and_changes_back() {
    let folder = Folder::new();
    let mut server = Server::start(&folder.0, &[], None);
    turns(&mut server, false);
    let (code, said, _) = level(&folder, &["info,spotlight_http=debug"]);
    assert!(code == Some(0) && said.contains("info,spotlight_http=debug"), "{said}");
    turns(&mut server, true);
    let (_, said, _) = level(&folder, &["--json"]);
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said["log_level"], "info,spotlight_http=debug");
    let (code, _, complained) = level(&folder, &["debgu"]);
    assert!(code == Some(1) && complained.contains("Level must be"), "{complained}");
    assert_eq!(level(&folder, &["--reset"]).0, Some(0));
    turns(&mut server, false);
}

#[test]
fn statements_and_reads_of_the_cache_are_logged_on_demand_without_their_values() {
    let folder = Folder::new();
    let mut server = Server::start(&folder.0, &[], None);
    let wanted = "info,spotlight_http=debug,sqlx::query=debug,spotlight_core::caching=debug";
    assert_eq!(level(&folder, &[wanted]).0, Some(0));
    turns(&mut server, true);
    sign_up(server.address, "of-mine");
    let is_private = |line: &Value| {
        let line = line.to_string();
        ["Ana", "ana.silva", "example.com", "Planted-Secret"].iter().any(|private| line.contains(private))
    };
    let statement = server.until(|line| {
        assert!(!is_private(line), "{line}");
        let inserts = |field: &str| line[field].as_str().is_some_and(|text| text.contains("INSERT INTO users"));
        line["request_id"] == "of-mine"
            && line["target"] == "sqlx::query"
            && (inserts("summary") || inserts("db.statement"))
    });
    assert!(statement["elapsed_secs"].as_f64().is_some_and(|took| took > 0.0), "{statement}");

    let assistant = "0198f0a0-0000-7000-8000-000000000000";
    let headers = "content-type: application/json\r\norigin: https://shop.example\r\n";
    let visit = r#"{"conversation": {}}"#;
    ask(server.address, &format!("POST /api/v1/public/assistants/{assistant}/conversations"), headers, visit);
    let read = server
        .until(|line| line["target"].as_str().is_some_and(|target| target.starts_with("spotlight_core::caching")));
    assert_eq!((&read["value"], &read["result"]), (&json!("organization_of"), &json!("miss")), "{read}");
    assert!(!read.to_string().contains(assistant), "{read}");
}
