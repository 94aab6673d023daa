//! Requests through our whole stack on Postgres, beside handlers of the same framework that were written by hand.
//!
//! `benches/postgres.sh cargo bench -p spotlight-benches --bench http` runs it on a server of its own. Settings:
//! `BENCH_SECONDS` (2) of a round, `BENCH_ROUNDS` (5) of each side, `BENCH_CONNECTIONS` (16), `BENCH_POOL` (10) connections
//! of each side to the database, `BENCH_LEADS` (1,000) in the list, and `BENCH_FRAMEWORK` (both, or `axum` or `actix`).
//!
//! Each side is a process of its own, which this program starts from itself; this process is the client of both, on one
//! thread. All of them and the database share the machine, so what the client costs dilutes both sides alike. They take
//! turns, and what counts is the median of the ratios of neighbouring rounds.
//!
//! | file | holds |
//! |---|---|
//! | `client` | a light client that keeps its connections |
//! | `world` | the database, who asks, and for what |
//! | `race` | rounds in turns, and whether both sides do the same |
//! | `server` | the processes, and ours |
//! | `bare`, `turn`, `shown` | what is written by hand: statements, a streamed turn, documents |
//! | `by_axum`, `by_actix` | its handlers |
//! | `report` | the table |

mod bare;
mod by_actix;
mod by_axum;
mod client;
mod race;
mod report;
mod server;
mod shown;
mod turn;
mod world;

use std::process::ExitCode;

use tokio::runtime::{Builder, Runtime};

use self::{
    race::race,
    report::Table,
    server::{Framework, Server, Side},
    world::{Ask, World},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A number from the environment.
fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).filter(|number| *number > 0).unwrap_or(default)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [role, framework, side, given @ ..] = arguments.as_slice()
        && role == "serve"
    {
        server::serve(Framework::of(framework), Side::of(side), given);
        return ExitCode::SUCCESS;
    }
    let Ok(url) = std::env::var("BENCH_DATABASE_URL") else {
        report::usage();
        return ExitCode::from(2);
    };
    // Ours is put together on a runtime of several threads to fill the database; the load comes from one thread.
    let filling = Runtime::new().expect("a runtime");
    let world = filling.block_on(World::new(&url));
    let client = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut table = Table::default();
    for framework in Framework::chosen() {
        let [ours, bare] = [Side::Ours, Side::Bare].map(|side| client.block_on(Server::start(framework, side, &world)));
        for ask in Ask::ALL {
            let found = race(&filling, &client, &world, [&ours, &bare], ask);
            table.add(framework, ask, found);
        }
    }
    table.print();
    if table.met() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
