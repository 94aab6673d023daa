//! TLS in the process itself: settings, the certificate that is renewed, and a plain listener for figures.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    time::{Duration, Instant},
};

use rustls::pki_types::CertificateDer;
use spotlight_tests::{
    postgres::TestDatabase,
    tls::{Authority, Issued},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Runtime,
    time::{sleep, timeout},
};
use tokio_rustls::client::TlsStream;

use crate::process::{Folder, PATIENCE, Server, ended, signal, spotlight};

const UP: &str = "GET /up HTTP/1.1\r\nhost: localhost\r\n\r\n";

fn runtime() -> Runtime {
    Runtime::new().expect("a runtime")
}

/// Asks on a connection that stays, and gives the answer.
async fn ask(stream: &mut TlsStream<TcpStream>, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.expect("it is sent");
    let mut part = [0; 8192];
    let read = timeout(PATIENCE, stream.read(&mut part)).await.expect("an answer").expect("it comes");
    String::from_utf8_lossy(&part[..read]).to_ascii_lowercase()
}

async fn connected(authority: &Authority, server: &Server) -> TlsStream<TcpStream> {
    authority.connect(&server.address.to_string(), &["http/1.1"]).await.expect("a handshake")
}

/// The certificate that a new connection is shown.
async fn shown(authority: &Authority, server: &Server) -> CertificateDer<'static> {
    let stream = connected(authority, server).await;
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).expect("a certificate");
    shown.clone().into_owned()
}

/// Waits until new connections are shown a certificate.
async fn shows(authority: &Authority, server: &Server, expected: &Issued) {
    let expected = expected.der();
    let until = Instant::now() + PATIENCE;
    while shown(authority, server).await != expected {
        assert!(Instant::now() < until, "the new certificate is not served");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Has `live` lead to a new folder with this certificate, in one step, as certbot and Kubernetes do it.
fn renew(folder: &Path, name: &str, issued: &Issued) {
    let (there, link) = (folder.join(name), folder.join("next"));
    fs::create_dir(&there).expect("a folder");
    issued.write(&there);
    symlink(&there, &link).expect("a link");
    fs::rename(&link, folder.join("live")).expect("it takes the place");
}

fn variables<'a>(framework: &'a str, paths: &'a [String; 2]) -> Vec<(&'a str, &'a str)> {
    vec![("SPOTLIGHT_HTTP", framework), ("TLS_CERTIFICATE", &paths[0]), ("TLS_KEY", &paths[1])]
}

fn paths(folder: &Path) -> [String; 2] {
    ["fullchain.pem", "privkey.pem"].map(|name| folder.join("live").join(name).to_str().expect("a path").to_owned())
}

fn is_renewed_without_a_new_start(framework: &str) {
    let (folder, authority, runtime) = (Folder::new(), Authority::new(), runtime());
    let [first, second, third] = [30, 60, 90].map(|days| authority.issue(&["localhost"], -1..days));
    renew(&folder.0, "1", &first);
    let paths = paths(&folder.0);
    let mut server = Server::start(&folder.0, &variables(framework, &paths), None);
    let mut old = runtime.block_on(async {
        assert_eq!(shown(&authority, &server).await, first.der());
        let mut old = connected(&authority, &server).await;
        assert!(ask(&mut old, UP).await.starts_with("http/1.1 200"));
        renew(&folder.0, "2", &second);
        shows(&authority, &server, &second).await;
        assert!(ask(&mut old, UP).await.starts_with("http/1.1 200"), "an open connection goes on");
        old
    });
    // A key that does not belong to it: what was served before stays, and that is told once.
    fs::write(folder.0.join("2/privkey.pem"), &first.key).expect("written");
    let line = server.until(|line| line["message"].as_str().is_some_and(|text| text.contains("cannot be used")));
    let said = line["message"].as_str().expect("words");
    assert!(line["level"] == "WARN" && said.contains("privkey.pem") && said.contains("does not belong"), "{line}");
    let secret = first.key.lines().nth(1).expect("a key");
    assert!(!line.to_string().contains(secret));
    runtime.block_on(async {
        assert_eq!(shown(&authority, &server).await, second.der());
        renew(&folder.0, "3", &third);
        shows(&authority, &server, &third).await;
        assert!(ask(&mut old, UP).await.starts_with("http/1.1 200"));
    });
    // Between the two, nothing else was complained of.
    let next = server.until(|line| line["level"] == "WARN" || line["message"] == "a new certificate is served");
    assert_eq!(next["message"], "a new certificate is served");
    assert!(next["until"].is_string(), "{next}");
}

#[test]
fn a_certificate_is_renewed_without_a_new_start_on_axum() {
    is_renewed_without_a_new_start("axum");
}

#[test]
fn a_certificate_is_renewed_without_a_new_start_on_actix() {
    is_renewed_without_a_new_start("actix");
}

#[test]
fn each_of_several_processes_reads_a_new_certificate() {
    let (folder, authority, runtime) = (Folder::new(), Authority::new(), runtime());
    let database = runtime.block_on(TestDatabase::unmigrated());
    let (first, second) = (authority.issue(&["localhost"], -1..30), authority.issue(&["localhost"], -1..60));
    renew(&folder.0, "1", &first);
    let (url, paths) = (database.url(), paths(&folder.0));
    let mut variables = variables("axum", &paths);
    variables.extend([("DATABASE_URL", url.as_str()), ("WEB_CONCURRENCY", "2")]);
    let mut server = Server::start(&folder.0, &variables, None);
    server.until(|line| line["message"] == "started");
    renew(&folder.0, "2", &second);
    for _ in 0..2 {
        server.until(|line| line["message"] == "a new certificate is served");
    }
    runtime.block_on(async {
        for _ in 0..10 {
            assert_eq!(shown(&authority, &server).await, second.der());
        }
    });
    signal(server.id(), "TERM");
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn https_alone_is_spoken_and_figures_stay_plain() {
    for framework in ["axum", "actix"] {
        let (folder, authority, runtime) = (Folder::new(), Authority::new(), runtime());
        let issued = authority.issue(&["localhost"], -1..30);
        renew(&folder.0, "1", &issued);
        let paths = paths(&folder.0);
        let mut variables = variables(framework, &paths);
        // As in production: whoever comes plainly would be sent elsewhere.
        variables.extend([("FORCE_SSL", "true"), ("METRICS_LISTEN", "127.0.0.1:0")]);
        let mut server = Server::start(&folder.0, &variables, None);
        runtime.block_on(async {
            let mut stream = connected(&authority, &server).await;
            let answer = ask(&mut stream, "GET /api/v1/leads HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
            assert!(answer.starts_with("http/1.1 401") && answer.contains("strict-transport-security: "), "{answer}");
            let mut plain = TcpStream::connect(server.metrics.expect("a listener")).await.expect("it listens");
            let request = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            plain.write_all(request).await.expect("it is sent");
            let mut figures = String::new();
            timeout(PATIENCE, plain.read_to_string(&mut figures)).await.expect("an answer").expect("it ends well");
            assert!(figures.contains("tls_certificate_end_seconds"), "{framework}: {figures}");
            // Draining: an idle connection is told that its next answer is the last.
            signal(server.id(), "TERM");
            server.until(|line| line["message"] == "stopping");
            let until = Instant::now() + PATIENCE;
            while !ask(&mut stream, UP).await.contains("connection: close") {
                assert!(Instant::now() < until, "{framework}: it does not take its leave");
            }
        });
        assert_eq!(server.ended().code(), Some(0), "{framework}");
    }
}

#[test]
fn figures_say_when_the_certificate_ends() {
    let (folder, authority, runtime) = (Folder::new(), Authority::new(), runtime());
    renew(&folder.0, "1", &authority.issue(&["localhost"], -1..30));
    let paths = paths(&folder.0);
    let mut variables = variables("axum", &paths);
    variables.push(("METRICS_TOKEN", "a-long-token-of-the-collector"));
    let server = Server::start(&folder.0, &variables, None);
    let metrics = "GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                   authorization: Bearer a-long-token-of-the-collector\r\n\r\n";
    let answer = runtime.block_on(async {
        let mut stream = connected(&authority, &server).await;
        stream.write_all(metrics.as_bytes()).await.expect("it is sent");
        let mut answer = String::new();
        timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("an answer").expect("it ends well");
        answer
    });
    assert!(answer.contains("\ntls_certificate_end_seconds "), "{answer}");
}

#[test]
fn files_that_cannot_be_used_are_told_before_anything_is_begun() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let (one, other) = (authority.issue(&["localhost"], -1..30), authority.issue(&["localhost"], -1..30));
    let ended_one = authority.issue(&["localhost"], -30..-1);
    let write = |name: &str, text: &str| {
        let path = folder.0.join(name);
        fs::write(&path, text).expect("written");
        path.to_str().expect("a path").to_owned()
    };
    let (chain, key, strange) = (write("chain", &one.chain), write("key", &one.key), write("strange", &other.key));
    let (old, its_key) = (write("old", &ended_one.chain), write("old-key", &ended_one.key));
    for (certificate, key, expected) in [
        (chain.as_str(), strange.as_str(), "TLS_KEY"),
        (&old, &its_key, "it ended on"),
        ("nowhere.pem", &key, "TLS_CERTIFICATE (nowhere.pem): it cannot be read: there is no such file"),
        (&chain, "", "TLS_CERTIFICATE and TLS_KEY: one without the other"),
    ] {
        for arguments in [&["config", "check"][..], &["serve"]] {
            let mut command = spotlight(&folder.0);
            command.args(arguments).envs([("TLS_CERTIFICATE", certificate), ("TLS_KEY", key)]);
            let output = ended(command);
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
            assert!(said.contains(expected), "{expected} in {said}");
            let secret = other.key.lines().nth(1).expect("a key");
            assert!(!said.contains(secret), "{said}");
        }
    }
    assert_eq!(fs::read_dir(&folder.0).expect("a folder").count(), 5, "nothing was made");
    let mut worker = spotlight(&folder.0);
    worker.args(["config", "check"]).envs([("TLS_CERTIFICATE", old.as_str()), ("TLS_KEY", &its_key)]);
    worker.envs([("SPOTLIGHT_ROLE", "worker"), ("DATABASE_URL", "postgres://app@db/spotlight")]);
    assert!(ended(worker).status.success(), "who works on jobs alone opens none of them");
}
