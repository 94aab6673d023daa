//! The served document against the server that serves it, by schemathesis, which knows neither.

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use spotlight_core::{
    Context,
    error::Result,
    memory::MemoryStorage,
    ports::{Quota, RateLimiter, SystemClock, Verdict},
    services::accounts::SignIn,
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

/// What is a person's alone: a program is refused, whatever it sends.
const OF_PEOPLE: [&str; 10] = [
    "sign_out",
    "update_user",
    "list_sessions",
    "get_session",
    "revoke_session",
    "revoke_sessions",
    "enrol_second_factor",
    "confirm_second_factor",
    "disable_second_factor",
    "delete_organization",
];

/// What would leave a browser nothing to ask.
const ENDS: [&str; 2] = ["sign_out", "delete_organization"];

/// Who asks.
#[derive(Clone)]
struct Caller {
    /// What schemathesis is told of them.
    config: &'static str,
    /// What they show.
    environment: Vec<(&'static str, String)>,
    /// What they do not ask.
    spares: Vec<&'static str>,
    /// For how many seconds, in the short run and in the long one: four minutes for each server.
    seconds: (u32, u32),
}

/// Lets everything through: requests come by the thousand, and wrong passwords with them.
struct Unlimited;

#[async_trait]
impl RateLimiter for Unlimited {
    async fn check(&self, _: &str, quota: Quota) -> Result<Verdict> {
        Ok(Verdict { allowed: true, remaining: quota.burst, reset_after: Duration::ZERO, retry_after: Duration::ZERO })
    }
}

/// An API without limits, and those who ask: a program, and a browser.
async fn api() -> (Api, [Caller; 2]) {
    let storage = MemoryStorage::new(Arc::new(SystemClock));
    let queue = Arc::new(storage.queue());
    let platform = builder(Arc::new(storage), queue).limiter(Arc::new(Unlimited)).build().expect("every port is there");
    let target = seed(&platform, "").await;
    let sign_in = SignIn::new(&target.owner.email, SecretString::from(target.owner.password.clone()));
    let session = platform.accounts().sign_in(&Context::anonymous(), sign_in).await.expect("a session");
    let program = Caller {
        config: "schemathesis.toml",
        environment: vec![("SPOTLIGHT_TOKEN", target.owner.token)],
        spares: [STREAMS.as_slice(), &OF_PEOPLE].concat(),
        seconds: (40, 150),
    };
    let browser = Caller {
        config: "session.toml",
        environment: vec![
            ("SPOTLIGHT_SESSION", session.secret.expose_secret().to_owned()),
            ("SPOTLIGHT_CSRF_TOKEN", session.csrf_token),
        ],
        spares: [STREAMS.as_slice(), &ENDS].concat(),
        seconds: (20, 90),
    };
    // The document names the cookie as it is with HTTPS.
    (Api::new(platform, HttpPolicy::default()), [program, browser])
}

/// Lets schemathesis ask; its report is printed when it finds something.
fn ask(name: &str, base: &str, caller: &Caller) {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    // It remembers what it found last time, and would begin with that: each run begins anew.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("schemathesis-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let seconds = spotlight_core::conformance::rounds(caller.seconds.0, caller.seconds.1);
    let mut command = Command::new(format!("{root}/scripts/schemathesis"));
    command
        .args(["--config-file", &format!("{root}/tests/schemathesis/{}", caller.config), "--no-color"])
        .args(["run", &format!("{base}/api/v1/openapi.json"), "--url", base, "--checks", "all"])
        .args(["--seed", SEED, "--max-time", &seconds.to_string(), "--continue-on-failure"])
        .args(["--output-truncate", "false"])
        .envs(caller.environment.iter().map(|(name, value)| (*name, value)))
        .current_dir(&folder);
    for operation in &caller.spares {
        command.args(["--exclude-operation-id", operation]);
    }
    let output = command.stdin(Stdio::null()).output().expect("scripts/schemathesis runs");
    let (said, warned) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{said}\n{warned}", caller.config);
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
    let (api, callers) = api().await;
    let server = framework::serve(framework, api).await;
    let (name, base) = (format!("{framework:?}"), server.url.clone());
    let asking = tokio::task::spawn_blocking(move || callers.iter().for_each(|caller| ask(&name, &base, caller)));
    asking.await.expect("schemathesis finds nothing");
    server.stop().await;
}
