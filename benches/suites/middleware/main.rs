//! What our stack costs over the bare framework on routes that do nothing: request id, log, metrics, headers, limits.
//!
//! `cargo bench -p spotlight-benches --bench middleware`. Settings: `BENCH_SECONDS` (2) of a round, `BENCH_ROUNDS` (5) of
//! each side, `BENCH_CONNECTIONS` (16).
//!
//! Each side is a process of its own, which this program starts from itself. What counts is the time on processors that a
//! side has used for a request, which the kernel tells: the client costs it nothing. Sides take turns, and the medians of
//! rounds are compared. Ours writes a line of JSON for each request to a sink that counts the lines, and the count is
//! checked; `silent` is ours without a log.
//!
//! | route | what it goes through |
//! |---|---|
//! | `/up` | request id, log, metrics, headers |
//! | `/docs/start.js` | the same, a place among the requests in flight, the limit of its address, a deadline |

#[path = "../http/client.rs"]
mod client;
mod report;
mod server;

use std::{cell::Cell, time::Duration};

use tokio::runtime::Builder;

use self::{
    report::{Row, print},
    server::{Framework, Server, Side},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The routes.
const ROUTES: [&str; 2] = ["/up", "/docs/start.js"];

/// A number from the environment.
fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).filter(|number| *number > 0).unwrap_or(default)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [role, framework, side] = arguments.as_slice()
        && role == "serve"
    {
        server::serve(Framework::of(framework), Side::of(side));
        return;
    }
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut rows = Vec::new();
    for framework in [Framework::Axum, Framework::Actix] {
        let mut servers = Side::ALL.map(|side| Server::start(framework, side));
        for route in ROUTES {
            let answers = servers.each_ref().map(|server| {
                let request = request(route);
                runtime.block_on(client::ask(&server.address, &request))
            });
            assert!(answers.iter().all(|answer| *answer == answers[0]), "the sides answer {route} alike");
            let mut costs = Side::ALL.map(|_| Vec::new());
            // The first round warms up.
            for round in 0..=setting("BENCH_ROUNDS", 5) {
                for (server, costs) in servers.iter_mut().zip(&mut costs) {
                    let cost = runtime.block_on(cost(server, route));
                    if round > 0 {
                        costs.push(cost);
                    }
                }
            }
            rows.push(Row { framework, route, costs: costs.map(report::middle) });
        }
    }
    print(&rows);
}

fn request(route: &str) -> Vec<u8> {
    format!("GET {route} HTTP/1.1\r\nhost: bench\r\n\r\n").into_bytes()
}

/// Of one round: microseconds on processors for a request, requests in a second, and microseconds within which 99 of 100
/// were answered.
async fn cost(server: &mut Server, route: &str) -> [f64; 3] {
    let (seconds, connections) = (setting("BENCH_SECONDS", 2), setting("BENCH_CONNECTIONS", 16));
    let long = Duration::from_secs(seconds.into());
    let (before, lines) = (server.processor_time(), server.lines());
    let (request, sent) = (request(route), Cell::new(0_u64));
    let round = client::load(&server.address, connections as usize, long, 200, |_, write| {
        write.extend_from_slice(&request);
        sent.set(sent.get() + 1);
    })
    .await;
    let used = server.processor_time().saturating_sub(before);
    if server.side == Side::Ours {
        assert_eq!(server.lines() - lines, sent.get(), "a line for each request");
    }
    [used.as_secs_f64() * 1e6 / sent.get() as f64, round.per_second, round.p99.as_secs_f64() * 1e6]
}
