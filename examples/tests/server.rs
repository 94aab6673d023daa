//! The server as somebody runs it: first start, second start, and everything that can be wrong with its surroundings.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("spotlight-server-{}-{count}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
        let _ = std::fs::remove_file(&self.0);
    }
}

fn server(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    for variable in
        ["DATABASE_URL", "SECRET_KEY_BASE", "SPOTLIGHT_LISTEN", "SPOTLIGHT_ROLE", "SPOTLIGHT_HTTP", "LOG_LEVEL"]
    {
        command.env_remove(variable);
    }
    command.args(["--listen", "127.0.0.1:0", "--time-zone", "Europe/Berlin", "--data-dir"]).arg(data);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a server that must refuse to start, and gives what it says.
fn refused(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("the server runs");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert!(!status.success(), "it started: {}", String::from_utf8_lossy(&stdout));
    assert!(said.starts_with("error: "), "a clear error: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// A server that runs until the end of the test.
struct Running {
    child: Child,
    /// What it said while it started.
    said: String,
    address: String,
}

impl Running {
    fn start(data: &Path) -> Self {
        let mut child = server(data).spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("output")).lines();
        let mut said = String::new();
        let mut address = None;
        for line in lines.by_ref() {
            let line = line.expect("text");
            if let Some((_, url)) = line.split_once("listening  http://") {
                address = Some(url.to_owned());
            }
            let last = line.starts_with("Stop:");
            said.push_str(&line);
            said.push('\n');
            if last {
                break;
            }
        }
        let address = address.unwrap_or_else(|| panic!("it never listened: {said}"));
        Self { child, said, address }
    }

    fn request(&self, method: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            self.address
        );
        stream.write_all(head.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    /// Asks it to stop, and gives whether it ended well.
    fn stop(mut self) -> bool {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().expect("kill runs");
        assert!(sent.success());
        self.child.wait().expect("it ends").success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_first_start_answers_a_visitor_and_the_second_keeps_everything() {
    let folder = Folder::new();
    let first = Running::start(&folder.0);
    assert!(first.said.contains("with the password"), "{}", first.said);
    let path = first.said.split("/api/v1/public").nth(1).and_then(|rest| rest.lines().next()).expect("a path to try");
    let path = format!("/api/v1/public{}", path.trim());
    assert!(first.request("GET", "/up").starts_with("HTTP/1.1 200"));
    assert!(first.request("GET", "/health").contains("\"status\":\"ok\""));
    let opened = first.request("POST", &path);
    assert!(opened.starts_with("HTTP/1.1 201"), "{opened}");
    assert!(first.stop(), "it ends well");
    let second = Running::start(&folder.0);
    assert!(!second.said.contains("password"), "the password is shown once: {}", second.said);
    assert!(second.request("POST", &path).starts_with("HTTP/1.1 201"), "the assistant is still there");
    assert!(second.stop());
}

#[test]
fn a_busy_port_is_named_and_the_data_is_not_touched() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command.args(["--listen", &address, "--data-dir"]).arg(&folder.0).env_remove("DATABASE_URL");
    command.stdin(Stdio::null());
    let said = refused(command);
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
    assert!(!folder.0.exists());
}

#[test]
fn an_unreachable_postgres_is_told_without_its_password() {
    let folder = Folder::new();
    let mut command = server(&folder.0);
    command.env("DATABASE_URL", "postgres://user:topsecret@127.0.0.1:1/spotlight");
    let said = refused(command);
    assert!(!said.contains("topsecret"), "{said}");
    assert!(said.to_lowercase().contains("database") || said.contains("Postgres"), "{said}");
    assert!(!folder.0.exists(), "nothing is half-made");
}

#[test]
fn a_data_folder_that_is_a_file_is_told() {
    let folder = Folder::new();
    std::fs::write(&folder.0, "not a folder").expect("a file");
    let said = refused(server(&folder.0));
    assert!(said.contains(folder.0.to_str().expect("text")), "{said}");
    assert_eq!(std::fs::read_to_string(&folder.0).expect("the file"), "not a folder");
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let file = folder.0.join("spotlight.db");
    let garbage = "this is not a database, and it is long enough to be read as a header ".repeat(20);
    std::fs::write(&file, &garbage).expect("a file");
    refused(server(&folder.0));
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), garbage);
}

#[test]
fn what_arrives_later_says_so() {
    let folder = Folder::new();
    for arguments in [["--http", "actix"], ["--role", "worker"], ["--role", "web"]] {
        let mut command = server(&folder.0);
        command.args(arguments);
        assert!(refused(command).contains("not part of this version yet"));
    }
}

#[test]
fn the_api_document_is_printed() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    let output = command.arg("openapi").output().expect("it runs");
    assert!(output.status.success());
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(document["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    assert!(document["paths"]["/api/v1/leads"].is_object());
}

#[test]
fn a_conversation_in_the_terminal_shows_score_and_criteria() {
    let folder = Folder::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command.args(["chat", "--data-dir"]).arg(&folder.0).env_remove("DATABASE_URL");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut input = child.stdin.take().expect("input");
    input.write_all(b"How much does it cost?\nThanks, bye\n").expect("typed");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("49 euros") && said.contains("score ") && said.contains("sentiment "), "{said}");
}
