//! Prometheus's own tool on what a deployment shows, and on the rules that are rendered.

use std::{
    convert::Infallible,
    io::Write,
    net::{IpAddr, Ipv4Addr},
    process::{Command, Stdio},
};

use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use spotlight_http::{
    Api, Body, HttpPolicy, Request,
    conformance::{Client, Target, seed},
};
use spotlight_ops::{
    config::{Config, Sources},
    metrics::{catalog, rules},
    wiring::Deployment,
};

/// Runs `promtool`, with something on its standard input.
fn promtool(arguments: &[&str], input: &str) {
    let mut command = Command::new("promtool");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = command.spawn();
    let mut tool = started.expect("promtool is not installed, and this test needs it: apt-get install prometheus");
    tool.stdin.take().expect("input").write_all(input.as_bytes()).expect("it reads");
    let output = tool.wait_with_output().expect("it ends");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // Advice is no failure for promtool; for us it is.
    let advice =
        said.lines().any(|line| !line.trim().is_empty() && !line.contains("SUCCESS") && !line.contains("Checking"));
    assert!(output.status.success() && !advice, "promtool {arguments:?} says:\n{said}\nof\n{input}");
}

fn request(method: Method, path: &str, headers: &[(&'static str, &str)]) -> Request {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value")))
        .collect();
    let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
    Request { method, path: path.to_owned(), prefix: 0, query: None, headers, peer, encrypted: false }
}

/// What a deployment of its own shows after it has served, talked and worked a little.
async fn exposition() -> String {
    let folder = std::env::temp_dir().join(format!("spotlight-promtool-{}", std::process::id()));
    let path = folder.to_str().expect("a path");
    let sources = Sources::none().with_variables([("SPOTLIGHT_DATA_DIR", path)]);
    let deployment = Deployment::open(&Config::read(&sources).expect("settings")).await.expect("a deployment");
    let platform = deployment.platform();
    let target: Target = seed(platform, "").await;
    let api = Api::new(platform.clone(), HttpPolicy::development());
    let token = format!("Bearer {}", target.owner.token);
    let ask = async |method: Method, path: &str, body: &'static str| {
        let length = body.len().to_string();
        let headers =
            [("authorization", token.as_str()), ("content-type", "application/json"), ("content-length", &length)];
        let body = stream::iter([Ok::<_, Infallible>(Bytes::from_static(body.as_bytes()))]);
        match api.respond(request(method, path, &headers), body).await.body {
            Body::Full(bytes) => String::from_utf8(bytes.to_vec()).expect("text"),
            _ => String::new(),
        }
    };
    for path in ["/up", "/health", "/api/v1/leads", "/nowhere"] {
        ask(Method::GET, path, "").await;
    }
    ask(Method::POST, "/api/v1/leads", r#"{"lead": {"name": "Ada Lovelace", "email": "ada@example.com"}}"#).await;
    // An address that has an account is sent a link, by a job.
    let reset = r#"{"user": {"email": "owner@acme.example"}}"#;
    ask(Method::POST, "/api/v1/users/password", reset).await;
    platform.run_until_idle().await.expect("jobs run");
    let text = ask(Method::GET, "/metrics", "").await;
    deployment.close().await;
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_deployment_shows_is_clean() {
    let text = exposition().await;
    promtool(&["check", "metrics"], &text);
    for wanted in [
        "http_request_duration_seconds_bucket{method=\"POST\",route=\"/api/v1/leads\",status=\"201\",le=\"0.005\"}",
        "http_request_duration_seconds_count{method=\"GET\",route=\"unmatched\",status=\"404\"} 1",
        "job_duration_seconds_count{job_name=",
        "event_publish_delay_seconds_count",
        "cache_reads_total{result=\"miss\"}",
        "pool_connections_max{pool=\"writer\"} 1",
        "circuit_state{circuit=\"event bus of the cache\",state=\"closed\"} 1",
        "process_resident_memory_bytes ",
        "tokio_workers 2",
        "spotlight_build_info{version=",
        "active_users ",
        "tokio_worker_busy_seconds_total ",
        "disk_used_ratio 0.",
        "health_check_status{check=\"disk_space\",status=\"error\"} 0",
        "schema_migrations{state=\"pending\"} 0",
        "schema_migrations{state=\"newer\"} 0",
    ] {
        assert!(text.lines().any(|line| line.starts_with(wanted)), "{wanted} is missing from:\n{text}");
    }
    let known: Vec<_> =
        catalog().iter().map(|metric| format!("# TYPE {} {}", metric.name, metric.kind.as_str())).collect();
    for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
        assert!(known.iter().any(|known| known == line), "{line} is in no reference");
    }
}

#[test]
fn the_rules_are_clean() {
    let file = std::env::temp_dir().join(format!("spotlight-rules-{}.yml", std::process::id()));
    std::fs::write(&file, rules()).expect("a file");
    promtool(&["check", "rules", file.to_str().expect("a path")], "");
    std::fs::remove_file(&file).expect("it goes");
}

/// Without a listener of their own, whoever has the token sees the figures at the main address, and nobody else does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_opens_the_figures_at_the_main_address() {
    let folder = std::env::temp_dir().join(format!("spotlight-metrics-token-{}", std::process::id()));
    let path = folder.to_str().expect("a path");
    let sources = Sources::none().with_variables([
        ("SPOTLIGHT_DATA_DIR", path),
        ("SPOTLIGHT_LISTEN", "127.0.0.1:0"),
        ("METRICS_TOKEN", "a-long-token-of-the-collector"),
    ]);
    let config = Config::read(&sources).expect("settings");
    let server = spotlight_ops::server::Server::prepare(&config).await.expect("a server");
    assert_eq!(server.metrics_address(), None);
    let main = Client::new(&format!("http://{}", server.address().expect("it listens")));
    let running = tokio::spawn(server.run());
    main.get("/metrics").await.expect(401);
    main.clone().token("a-long-token-of-somebody-else").get("/metrics").await.expect(401);
    let shown = main.token("a-long-token-of-the-collector").get("/metrics").await.expect(200);
    assert!(shown.text.lines().any(|line| line.starts_with("disk_used_ratio 0.")), "{}", shown.text);
    running.abort();
    let _ = running.await;
    // What works on jobs may still hold files there.
    let _ = std::fs::remove_dir_all(&folder);
}

/// A listener of their own shows the figures and nothing else, while the main address does not know them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_have_a_listener_of_their_own() {
    let folder = std::env::temp_dir().join(format!("spotlight-metrics-listener-{}", std::process::id()));
    let path = folder.to_str().expect("a path");
    let sources = Sources::none().with_variables([
        ("SPOTLIGHT_DATA_DIR", path),
        ("SPOTLIGHT_LISTEN", "127.0.0.1:0"),
        ("METRICS_LISTEN", "127.0.0.1:0"),
        ("METRICS_TOKEN", "a-long-token-of-the-collector"),
    ]);
    let config = Config::read(&sources).expect("settings");
    let server = spotlight_ops::server::Server::prepare(&config).await.expect("a server");
    let main = format!("http://{}", server.address().expect("it listens"));
    let own = format!("http://{}", server.metrics_address().expect("it listens"));
    let running = tokio::spawn(server.run());
    Client::new(&main).get("/up").await.expect(200);
    Client::new(&main).get("/metrics").await.expect(404);
    let collector = Client::new(&own);
    collector.get("/metrics").await.expect(401);
    collector.clone().token("a-long-token-of-somebody-else").get("/metrics").await.expect(401);
    collector.get("/up").await.expect(404);
    let shown = collector.clone().token("a-long-token-of-the-collector").get("/metrics").await.expect(200);
    let counted = "http_request_duration_seconds_count{method=\"GET\",route=\"/up\",status=\"200\"} 1";
    assert!(shown.text.lines().any(|line| line == counted), "{}", shown.text);
    running.abort();
    let _ = running.await;
    // What works on jobs may still hold files there.
    let _ = std::fs::remove_dir_all(&folder);
}
