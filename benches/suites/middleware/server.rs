//! The processes that serve.

use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use actix_web::{App, HttpResponse, HttpServer, web};
use axum::{Router, routing::get};
use spotlight_core::ports::Quota;
use spotlight_http::{Api, HttpPolicy, conformance::in_memory};
use tokio::{net::TcpListener, runtime::Runtime};
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

/// A web framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framework {
    Axum,
    Actix,
}

impl Framework {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Axum => "axum",
            Self::Actix => "actix",
        }
    }

    pub(crate) fn of(name: &str) -> Self {
        if name == "axum" { Self::Axum } else { Self::Actix }
    }
}

/// Who serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The framework, and handlers of two lines.
    Bare,
    /// Our stack, with a log.
    Ours,
    /// Our stack without one.
    Silent,
}

impl Side {
    pub(crate) const ALL: [Self; 3] = [Self::Bare, Self::Ours, Self::Silent];

    const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Ours => "ours",
            Self::Silent => "silent",
        }
    }

    pub(crate) fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|side| side.name() == name).expect("a side")
    }
}

/// A process that serves until this is dropped.
pub(crate) struct Server {
    pub(crate) side: Side,
    pub(crate) address: String,
    process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) fn start(framework: Framework, side: Side) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("a program"))
            .args(["serve", framework.name(), side.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let (asks, answers) = (process.stdin.take().expect("its input"), process.stdout.take().expect("its output"));
        let mut server = Self { side, address: String::new(), process, asks, answers: BufReader::new(answers) };
        server.address = server.line();
        server
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("text");
        line.trim().to_owned()
    }

    /// Lines that it has logged.
    pub(crate) fn lines(&mut self) -> u64 {
        self.asks.write_all(b"\n").expect("it is asked");
        self.line().parse().expect("a number")
    }

    /// Time on processors that it has used, as the kernel counts it.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).expect("a process");
        let fields: Vec<&str> = stat.rsplit_once(") ").expect("a name").1.split_whitespace().collect();
        let ticks: u64 = [11, 12].map(|at: usize| fields[at].parse::<u64>().expect("ticks")).iter().sum();
        // The kernel tells it in hundredths of a second everywhere.
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Counts lines, and keeps none.
struct Sink;

static LINES: AtomicU64 = AtomicU64::new(0);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let ends = bytes.split(|byte| *byte == b'\n').count() as u64 - 1;
        LINES.fetch_add(ends, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tells the client where to ask, and how many lines were logged whenever it wants to know.
#[expect(clippy::print_stdout, reason = "the client reads it")]
async fn listen() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    std::thread::spawn(|| {
        for _ in io::stdin().lines() {
            println!("{}", LINES.load(Ordering::Relaxed));
        }
    });
    listener
}

/// What both routes answer, as ours does.
const UP: (&str, &str) = ("application/json", r#"{"status":"ok"}"#);
const SCRIPT: (&str, &str) =
    ("text/javascript; charset=utf-8", include_str!("../../../crates/spotlight-http/assets/docs/start.js"));

/// Serves until the process is ended.
pub(crate) fn serve(framework: Framework, side: Side) {
    let runtime = || Runtime::new().expect("a runtime");
    if side == Side::Ours {
        let lines = spotlight_ops::telemetry::json_lines("production", || Sink);
        let lines = lines.with_filter(EnvFilter::new("info"));
        tracing_subscriber::registry().with(lines).init();
    }
    match (side, framework) {
        (Side::Bare, Framework::Axum) => runtime().block_on(async {
            let answer =
                |(kind, body): (&'static str, &'static str)| get(async move || ([("content-type", kind)], body));
            let router = Router::new().route("/up", answer(UP)).route("/docs/start.js", answer(SCRIPT));
            axum::serve(listen().await, router).await.expect("it serves");
        }),
        (Side::Bare, Framework::Actix) => actix_web::rt::System::new().block_on(async {
            let listener = listen().await.into_std().expect("a listener");
            let answer = |(kind, body): (&'static str, &'static str)| {
                web::get().to(move || async move { HttpResponse::Ok().content_type(kind).body(body) })
            };
            let app = move || App::new().route("/up", answer(UP)).route("/docs/start.js", answer(SCRIPT));
            HttpServer::new(app).listen(listener).expect("it listens").run().await.expect("it serves");
        }),
        (_, Framework::Axum) => runtime().block_on(async {
            let router = spotlight_http_axum::router(api());
            spotlight_http_axum::serve(listen().await, router, std::future::pending()).await.expect("it serves");
        }),
        (_, Framework::Actix) => runtime().block_on(async {
            spotlight_http_actix::serve(listen().await, api(), std::future::pending()).await.expect("it serves");
        }),
    }
}

/// Our API. Limits count every request and refuse none.
fn api() -> Api {
    let mut policy = HttpPolicy::default();
    policy.open = Quota { burst: 1_000_000, period: Duration::from_secs(1) };
    Api::new(in_memory(), policy)
}
