//! The served document against the server that serves it, by schemathesis, which knows neither.

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use spotlight_core::{
    error::Result,
    memory::MemoryStorage,
    ports::{Quota, RateLimiter, SystemClock, Verdict},
};
use spotlight_http::{
    Api, HttpPolicy,
    conformance::{builder, seed},
};
use spotlight_tests::framework::{self, Framework};

/// The same requests each time, unless another seed is wanted.
const SEED: &str = "20261126";

/// Endpoints whose answers never end by themselves, or are no answers but sockets.
const STREAMS: [&str; 4] = ["take_turn", "live", "live_events", "voice"];

/// Seconds of requests: four minutes in the long run.
fn seconds() -> u64 {
    spotlight_core::conformance::rounds(60, 240).into()
}

/// Lets everything through: requests come by the thousand, and wrong passwords with them.
struct Unlimited;

#[async_trait]
impl RateLimiter for Unlimited {
    async fn check(&self, _: &str, quota: Quota) -> Result<Verdict> {
        Ok(Verdict { allowed: true, remaining: quota.burst, reset_after: Duration::ZERO, retry_after: Duration::ZERO })
    }
}

/// An API without limits.
async fn api() -> (Api, String) {
    let storage = MemoryStorage::new(Arc::new(SystemClock));
    let queue = Arc::new(storage.queue());
    let platform = builder(Arc::new(storage), queue).limiter(Arc::new(Unlimited)).build().expect("every port is there");
    let target = seed(&platform, "").await;
    (Api::new(platform, HttpPolicy::development()), target.owner.token)
}

/// Lets schemathesis ask; its report is printed when it finds something.
fn ask(name: &str, base: &str, token: &str) {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    // It remembers what it found last time, and would begin with that: each run begins anew.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("schemathesis-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut command = Command::new(format!("{root}/scripts/schemathesis"));
    command
        .args(["--config-file", &format!("{root}/tests/schemathesis/schemathesis.toml"), "--no-color"])
        .args(["run", &format!("{base}/api/v1/openapi.json"), "--url", base, "--checks", "all"])
        .args(["--seed", SEED, "--max-time", &seconds().to_string(), "--continue-on-failure"])
        .args(["--output-truncate", "false"])
        .env("SPOTLIGHT_TOKEN", token)
        .current_dir(&folder);
    for operation in STREAMS {
        command.args(["--exclude-operation-id", operation]);
    }
    let output = command.stdin(Stdio::null()).output().expect("scripts/schemathesis runs");
    let (said, warned) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{warned}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn axum_serves_what_the_document_says() {
    serves_what_the_document_says(Framework::Axum).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn actix_serves_what_the_document_says() {
    serves_what_the_document_says(Framework::Actix).await;
}

async fn serves_what_the_document_says(framework: Framework) {
    let (api, token) = api().await;
    let server = framework::serve(framework, api).await;
    let (name, base) = (format!("{framework:?}"), server.url.clone());
    tokio::task::spawn_blocking(move || ask(&name, &base, &token)).await.expect("schemathesis finds nothing");
    server.stop().await;
}
