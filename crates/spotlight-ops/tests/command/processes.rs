//! Several processes behind one socket.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::net::UnixDatagram,
    process::Command,
};

use spotlight_tests::postgres::TestDatabase;

use crate::process::{Folder, PATIENCE, Server, ended, signal, spotlight};

fn answers(address: SocketAddr) -> bool {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.write_all(b"GET /up HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer.starts_with("HTTP/1.1 200")
}

/// Whether a process is there.
fn lives(id: u64) -> bool {
    Command::new("kill").args(["-0", &id.to_string()]).output().is_ok_and(|output| output.status.success())
}

#[test]
fn processes_share_a_socket_and_one_that_dies_is_replaced() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let database = runtime.block_on(TestDatabase::unmigrated());
    let folder = Folder::new();
    let url = database.url();
    let path = folder.0.join("notify");
    let supervised = UnixDatagram::bind(&path).expect("a socket");
    supervised.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let variables =
        [("DATABASE_URL", url.as_str()), ("WEB_CONCURRENCY", "2"), ("NOTIFY_SOCKET", path.to_str().expect("a path"))];
    let mut server = Server::start(&folder.0, &variables, None);
    let second = server.until(|line| line["message"] == "started");
    assert_eq!(second["listening"], server.address.to_string());
    let second = second["process"].as_u64().expect("a process");
    assert!(second != u64::from(server.id()) && answers(server.address));
    assert!(supervised.recv(&mut [0; 256]).is_ok(), "the supervisor hears once all have come up");
    signal(u32::try_from(second).expect("an id"), "KILL");
    server.until(|line| line["message"] == "a process has ended by itself and is started again");
    assert!(answers(server.address), "the other one answers meanwhile");
    let third = server.until(|line| line["message"] == "started")["process"].as_u64().expect("a process");
    assert!(lives(third) && answers(server.address));
    signal(server.id(), "TERM");
    assert_eq!(server.ended().code(), Some(0));
    assert!(!lives(third), "they end with the one that holds the socket");
}

#[test]
fn processes_that_cannot_come_up_end_all() {
    let folder = Folder::new();
    let mut command = spotlight(&folder.0);
    command.arg("serve").env("DATABASE_URL", "postgres://user:topsecret@127.0.0.1:1/spotlight");
    command.env("WEB_CONCURRENCY", "2").env("SPOTLIGHT_LISTEN", "127.0.0.1:0");
    let output = ended(command);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot be reached") && said.contains("did not come up") && !said.contains("topsecret"));
}
