//! A hundred people who sign in at once: how long everything else on the runtime waits meanwhile, and how much memory
//! it takes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono_tz::UTC;
use futures::future::join_all;
use secrecy::SecretString;
use spotlight_core::{
    Context, ErrorKind, Spotlight,
    domain::{contact::Email, schedule::WeeklyHours},
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryStorage},
    ports::SystemClock,
    scripted::ScriptedChatModel,
    services::{accounts::SignIn, organizations::NewOrganization},
};
use tokio_util::sync::CancellationToken;

const AT_ONCE: usize = 100;

/// The server's own allocator, since memory is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

async fn platform() -> Spotlight {
    let clock = Arc::new(SystemClock);
    let platform = Spotlight::builder()
        .memory(Arc::new(MemoryStorage::new(clock.clone())))
        .chat(Arc::new(ScriptedChatModel::new()))
        .events(Arc::new(MemoryEventBus::new(clock.clone())))
        .mailer(Arc::new(MemoryMailer::new()))
        .files(Arc::new(MemoryFileStore::new()))
        .limiter(Arc::new(MemoryRateLimiter::new(clock)))
        .build()
        .expect("nothing is missing");
    let new = NewOrganization {
        name: "Bike Shop".to_owned(),
        slug: "bikes".to_owned(),
        time_zone: UTC,
        business_hours: WeeklyHours::weekdays(9, 17),
        owner_email: Email::parse("owner@bikes.example").expect("an address"),
        owner_name: "Olga Owner".to_owned(),
        owner_password: SecretString::from("a long password"),
    };
    platform.organizations().create(&Context::deployment(), new).await.expect("an organization");
    platform
}

/// How everybody fared: answered after a whole hash, turned away for now.
///
/// Nobody here has an account, which costs the same work: otherwise the limit of one account would be what is measured.
async fn rush(platform: &Spotlight) -> (usize, usize) {
    let one = |at: usize| {
        let platform = platform.clone();
        tokio::spawn(async move {
            let ctx = Context { source_address: Some(format!("192.0.2.{at}")), ..Context::anonymous() };
            let request = SignIn::new(format!("person{at}@bikes.example"), SecretString::from("a long password"));
            platform.accounts().sign_in(&ctx, request).await.map(drop)
        })
    };
    let ended = join_all((0..AT_ONCE).map(one)).await;
    let ended: Vec<_> = ended.into_iter().map(|ended| ended.expect("no panic")).collect();
    let of = |kind| ended.iter().filter(|ended| ended.as_ref().is_err_and(|error| error.kind() == kind)).count();
    let (answered, turned_away) = (of(ErrorKind::Unauthenticated), of(ErrorKind::Unavailable));
    assert_eq!(answered + turned_away, AT_ONCE, "everybody is answered in one of two ways");
    (answered, turned_away)
}

/// The longest time between two turns of a task that asks for one each millisecond.
async fn longest_gap(stop: CancellationToken) -> Duration {
    let mut longest = Duration::ZERO;
    let mut last = Instant::now();
    while !stop.is_cancelled() {
        tokio::time::sleep(Duration::from_millis(1)).await;
        longest = longest.max(last.elapsed());
        last = Instant::now();
    }
    longest
}

/// KiB of memory that the process has ever held at once.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the figures are what the suite is run for")]
async fn main() {
    let platform = platform().await;
    let before = peak();
    let stop = CancellationToken::new();
    let watching = tokio::spawn(longest_gap(stop.clone()));
    let began = Instant::now();
    let (answered, turned_away) = rush(&platform).await;
    let took = began.elapsed();
    stop.cancel();
    let gap = watching.await.expect("no panic");
    println!("\nsign_in\n\n| | |\n|---|---|");
    println!("| answered after a whole hash, of {AT_ONCE} at once | {answered} |");
    println!("| turned away for a moment | {turned_away} |");
    println!("| until all had an answer | {:.0} ms |", took.as_secs_f64() * 1e3);
    println!("| longest wait of another task | {:.1} ms |", gap.as_secs_f64() * 1e3);
    println!("| growth of memory at its peak | {:.1} MiB |", (peak() - before) as f64 / 1024.0);
}
