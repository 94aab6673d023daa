//! A whole server process of the restart test: requests and jobs on Postgres, with live events over it.
//!
//! `live_server --database URL --port N` serves until its input ends, and then says goodbye to its clients.

use std::{io::Read, process::ExitCode, sync::Arc, time::Duration};

use spotlight_core::{Error, ErrorKind, Result, jobs::WorkerOptions, ports::Quota};
use spotlight_http::{Api, HttpPolicy};
use spotlight_storage::postgres::PgOptions;
use spotlight_tests::deployment::live_platform;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

fn arguments() -> Option<(String, u16)> {
    let (mut database, mut port) = (None, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--database" => database = words.next(),
            "--port" => port = words.next()?.parse().ok(),
            _ => return None,
        }
    }
    Some((database?, port?))
}

fn main() -> ExitCode {
    let Some((database, port)) = arguments() else {
        complain("usage: live_server --database URL --port N");
        return ExitCode::from(2);
    };
    let stop = CancellationToken::new();
    let told = stop.clone();
    // The input ends when the test says so, and when it is gone.
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        told.cancel();
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let served = runtime.map_err(|error| Error::internal("there is no runtime").with_source(error));
    match served.and_then(|runtime| runtime.block_on(serve(&database, port, stop))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.chain());
            ExitCode::FAILURE
        }
    }
}

async fn serve(database: &str, port: u16, stop: CancellationToken) -> Result<()> {
    let platform = live_platform(PgOptions::new(database.to_owned())).await;
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| Error::new(ErrorKind::Misconfigured, "the port is taken").with_source(error))?;
    let plenty = Quota { burst: 1_000_000, period: Duration::from_secs(1) };
    let mut policy = HttpPolicy::development();
    (policy.api, policy.open, policy.live_connections) = (plenty, plenty, 100_000);
    let api = Arc::new(Api::new(platform.clone(), policy));
    let worker = platform.worker(WorkerOptions::default())?;
    let jobs = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    let router = spotlight_http_axum::router(Arc::clone(&api));
    let goodbye = Arc::clone(&api);
    spotlight_http_axum::serve(listener, router, async move {
        stop.cancelled().await;
        goodbye.pause(Duration::from_secs(1));
    })
    .await?;
    api.drained().await;
    platform.drain().await;
    let _ = jobs.await;
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a command talks to whoever runs it")]
fn complain(text: &str) {
    eprintln!("{text}");
}
