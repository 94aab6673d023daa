//! Where a running server spends its time and its memory, asked by the command.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::Value;

use crate::process::{Folder, Server, ended, signal, spotlight};

fn profile(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = spotlight(folder);
    command.arg("profile").args(arguments);
    let output = ended(command);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Ends the load however a test ends.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks how the server is again and again, which nobody limits, until told to stop.
fn keep_busy(address: SocketAddr, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let mut stream = TcpStream::connect(address).expect("it listens");
        let asked = b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(asked).expect("it is sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
}

#[test]
fn a_running_server_shows_where_it_spends_its_time() {
    let folder = Folder::new();
    let (code, _, complained) = profile(&folder.0, &["cpu"]);
    assert!(code == Some(1) && complained.contains("no process serves"), "{complained}");
    let server = Server::start(&folder.0, &[], None);
    let control = folder.0.join("data/control");
    let control = if control.exists() { control } else { folder.0.join("control") };
    assert_eq!(control.metadata().expect("a folder").permissions().mode() & 0o777, 0o700, "its user's alone");

    let (stop, address) = (AtomicBool::new(false), server.address);
    let (drawn, folded) = thread::scope(|scope| {
        let _ends = Ends(&stop);
        scope.spawn(|| keep_busy(address, &stop));
        let drawn = profile(&folder.0, &["cpu", "--seconds", "2", "--hertz", "499", "--output", "cpu.svg", "--json"]);
        let folded = profile(&folder.0, &["cpu", "--seconds", "1", "--folded", "--output", "cpu.txt"]);
        (drawn, folded)
    });
    assert_eq!((drawn.0, folded.0), (Some(0), Some(0)), "{} {}", drawn.2, folded.2);
    let told: Value = serde_json::from_str(&drawn.1).expect("JSON");
    assert_eq!(told["process"], server.id().to_string());
    assert!(told["samples"].as_u64().is_some_and(|samples| samples > 0) && told["busiest"][0].is_object(), "{told}");
    let svg = std::fs::read_to_string(folder.0.join("cpu.svg")).expect("a drawing");
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(svg.contains("tokio") || svg.contains("spotlight"), "frames have their names: {svg}");
    let lines = std::fs::read_to_string(folder.0.join("cpu.txt")).expect("stacks");
    assert!(lines.lines().all(|line| line.rsplit_once(' ').is_some_and(|(_, count)| count.parse::<u64>().is_ok())));
    assert!(folded.1.contains("Busiest:") && folded.1.contains('%'), "{}", folded.1);

    signal(server.id(), "TERM");
    assert_eq!(server.ended().code(), Some(0));
    assert_eq!(std::fs::read_dir(control).expect("a folder").count(), 0, "nothing is left");
}

#[test]
fn a_running_server_shows_what_its_memory_consists_of() {
    let folder = Folder::new();
    let server = Server::start(&folder.0, &[], None);
    let (code, said, complained) = profile(&folder.0, &["heap", "--json"]);
    assert_eq!(code, Some(0), "{complained}");
    let told: Value = serde_json::from_str(&said).expect("JSON");
    for figure in ["VmRSS", "VmHWM", "Anonymous"] {
        let kilobytes = told["figures"][figure].as_str().and_then(|text| text.strip_suffix(" kB")?.parse::<u64>().ok());
        assert!(kilobytes.is_some_and(|kilobytes| kilobytes > 1_000), "{figure} in {told}");
    }
    let (_, said, _) = profile(&folder.0, &["heap", "--process", &server.id().to_string()]);
    assert!(said.contains("VmRSS: ") && said.contains("Compare after an hour"), "{said}");

    // One that was killed leaves its socket, and is none.
    signal(server.id(), "KILL");
    server.ended();
    let (code, _, complained) = profile(&folder.0, &["heap"]);
    assert!(code == Some(1) && complained.contains("no process serves"), "{complained}");
}
