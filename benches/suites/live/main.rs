//! Thousands of live clients of one server process: how long an event takes to reach all of them, and what each costs.
//!
//! The clients are another process, and so is each server, all started from this program. `BENCH_CLIENTS` (5,000) and
//! `BENCH_EVENTS` (50) say how many, and `BENCH_FRAMEWORK` (both, or `axum` or `actix`) who serves. Server and clients share
//! the machine, so the time is that of both; the memory is the server's alone.

#![expect(clippy::print_stdout, reason = "the figures are what the suite is run for")]

mod clients;

use std::{
    process::{ExitCode, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use spotlight_core::{
    Spotlight,
    domain::OrganizationId,
    ports::{Event, Quota},
};
use spotlight_http::{
    Api, HttpPolicy,
    conformance::{in_memory, seed},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::Command,
};

use self::clients::{listen, micros, warm};

/// The server's own allocator, since memory is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BUILD: &str = if cfg!(debug_assertions) { "without optimisation" } else { "optimised" };
/// Between two events.
const PAUSE: Duration = Duration::from_millis(500);
/// Longest time for an event to reach everybody, at the 99th percentile; and most memory for each client.
const AIMS: (Duration, u64) = (Duration::from_millis(250), 20 * 1024);
/// Longest wait for a word of the clients, besides the time that events take.
const LONG: Duration = Duration::from_mins(5);
/// Clients that come and go before it counts.
const WARM: usize = 50;
/// Longest wait for what has not arrived after the last event.
const LATE: Duration = Duration::from_secs(20);
/// Descriptors a process needs besides those of its connections.
const SPARE: u64 = 200;

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() -> ExitCode {
    // As many descriptors as the system lets us have.
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let clients = setting("BENCH_CLIENTS", 5_000);
    if limit.maximum.is_some_and(|most| most < clients as u64 + SPARE) {
        few_descriptors(limit.maximum, clients);
        return ExitCode::from(2);
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    match arguments.as_slice() {
        [role, address, token, clients, events] if role == "clients" => {
            let count = |text: &String| text.parse().expect("a number");
            runtime.block_on(listen(address, token, count(clients), count(events)));
            ExitCode::SUCCESS
        }
        [role, framework] if role == "server" => runtime.block_on(measure(framework)),
        _ => each_framework(),
    }
}

/// Measures one framework after the other, each in a fresh process: memory that one has had says nothing of the other.
fn each_framework() -> ExitCode {
    let chosen = std::env::var("BENCH_FRAMEWORK").map_or_else(|_| vec!["axum".into(), "actix".into()], |one| vec![one]);
    let mut met = true;
    for framework in chosen {
        let mut server = std::process::Command::new(std::env::current_exe().expect("a program"));
        // What was freed, as by hashing passwords, is given back at once: else it would count as there before the clients.
        server.env("MIMALLOC_PURGE_DELAY", "0");
        met &= server.args(["server", &framework]).status().expect("the server starts").success();
    }
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stderr, reason = "the only way to say it")]
fn few_descriptors(most: Option<u64>, clients: usize) {
    let most = most.unwrap_or_default();
    eprintln!(
        "{clients} clients need {SPARE} descriptors more than themselves, and the limit is {most}: see `ulimit -Hn`"
    );
}

/// Memory of this process that is in use, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the system tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") * 1024
}

/// The server's side.
async fn measure(framework: &str) -> ExitCode {
    let (clients, events) = (setting("BENCH_CLIENTS", 5_000), setting("BENCH_EVENTS", 50));
    let platform = in_memory();
    let target = seed::seed(&platform, "").await;
    let plenty = Quota { burst: 1_000_000, period: Duration::from_secs(1) };
    let most = u32::try_from(clients).unwrap_or(u32::MAX).saturating_add(1);
    let mut policy = HttpPolicy::development();
    (policy.api, policy.open, policy.live_connections) = (plenty, plenty, most);
    policy.max_live = policy.max_live.max(most as usize);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let api = Api::new(platform.clone(), policy);
    match framework {
        "axum" => {
            let router = spotlight_http_axum::router(api.clone());
            tokio::spawn(spotlight_http_axum::serve(listener, router, std::future::pending()))
        }
        "actix" => tokio::spawn(spotlight_http_actix::serve(listener, api.clone(), std::future::pending())),
        _ => panic!("{framework} is neither axum nor actix"),
    };

    // Some clients first, so that what only the first ones cost is not counted; and the least of what was resident then.
    let mut before = u64::MAX;
    for _ in 0..WARM {
        warm(&address, &target.owner.token).await;
        before = before.min(resident());
    }
    let mut child = Command::new(std::env::current_exe().expect("a program"))
        .args(["clients", &address, &target.owner.token, &clients.to_string(), &events.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the clients start");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut line = async || {
        let line = tokio::time::timeout(LONG, lines.next_line()).await.expect("the clients answer");
        line.expect("text").expect("the clients have not ended")
    };
    let began = Instant::now();
    assert_eq!(line().await, "ready");
    let opened = began.elapsed();
    // The one that was there first has left.
    assert_eq!(api.live_connections(), clients, "live connections of the server");
    let idle = resident();
    let organization = platform.accounts().authenticate_token(&target.owner.token.clone().into()).await;
    let organization = organization.expect("the owner").context.organization;
    for _ in 0..events {
        publish(&platform, organization).await;
        tokio::time::sleep(PAUSE).await;
    }
    let report: Value = serde_json::from_str(&line().await).expect("a report");
    // They leave when they are told, so that none has left yet.
    let (after, open) = (resident(), api.live_connections());
    drop(child.stdin.take());
    child.wait().await.expect("the clients end");
    println!(
        "{framework}: {clients} clients, {events} events, {BUILD}; opened in {:.1} s, {open} open at the end\n",
        opened.as_secs_f64()
    );
    show((clients, events), &report, (before, idle, after))
}

async fn publish(platform: &Spotlight, organization: OrganizationId) {
    let event = Event {
        id: 0,
        event_type: "lead.updated".to_owned(),
        conversation_id: None,
        data: json!({ "lead_id": platform.ids().uuid(), "sent": micros() }),
        at: platform.clock().now(),
    };
    platform.events().publish(organization, "leads", platform.ids().uuid(), event).await.expect("published");
}

/// The table. A message that arrived is one of an event that its client had not heard.
fn show((clients, events): (usize, usize), report: &Value, memory: (u64, u64, u64)) -> ExitCode {
    let (before, idle, after) = memory;
    let each = |bytes: u64| bytes.saturating_sub(before) / clients as u64;
    let number = |name: &str| report[name].as_u64().unwrap_or_default();
    let (p50, p99, longest) = (number("p50_us"), number("p99_us"), number("max_us"));
    let (heard, expected, other) = (number("heard"), (clients * events) as u64, number("other"));
    let met = |good: bool| if good { "yes" } else { "**no**" };
    println!("| | | aim | met |\n|---|---|---|---|");
    println!("| messages that arrived | {heard} | {expected} | {} |", met(heard == expected));
    println!("| ends, gaps, and messages again or out of order | {other} | 0 | {} |", met(other == 0));
    println!("| until a client has it, median | {:.1} ms | | |", p50 as f64 / 1000.0);
    let quick = u128::from(p99) < AIMS.0.as_micros();
    println!("| 99 of 100 | {:.1} ms | {} ms | {} |", p99 as f64 / 1000.0, AIMS.0.as_millis(), met(quick));
    println!("| the slowest | {:.1} ms | | |", longest as f64 / 1000.0);
    println!("| memory for each client, subscribed | {:.1} KiB | | |", each(idle) as f64 / 1024.0);
    let small = each(after) < AIMS.1;
    println!(
        "| after the events | {:.1} KiB | {} KiB | {} |\n",
        each(after) as f64 / 1024.0,
        AIMS.1 / 1024,
        met(small)
    );
    if heard == expected && other == 0 && quick && small { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
