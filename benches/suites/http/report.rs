//! The table.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures are what the suite is run for")]

use std::time::Duration;

use crate::{client::Round, server::Framework, world::Ask};

/// Least part of the requests by hand, and most times their 99th percentile.
const AIMS: (f64, f64) = (0.85, 1.3);

/// What came of a comparison: rounds of ours and by hand, in pairs.
pub(crate) type Pairs = Vec<[Round; 2]>;

/// The results.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<String>,
    missed: bool,
}

fn middle(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

impl Table {
    /// A comparison. What is stored in another way by hand has no aim.
    pub(crate) fn add(&mut self, framework: Framework, ask: Ask, pairs: Pairs) {
        let of = |what: fn(&[Round; 2]) -> f64| middle(pairs.iter().map(what).collect());
        let (ours, bare) = (of(|pair| pair[0].per_second), of(|pair| pair[1].per_second));
        let many = of(|[ours, bare]| ours.per_second / bare.per_second);
        let (ours_p99, bare_p99) = (of(|pair| ms(pair[0].p99)), of(|pair| ms(pair[1].p99)));
        let slow = of(|[ours, bare]| ours.p99.as_secs_f64() / bare.p99.as_secs_f64());
        let reached = many >= AIMS.0 && slow <= AIMS.1;
        let aimed = ask != Ask::TurnAtOnce;
        self.missed |= aimed && !reached;
        let (met, aims) = match (aimed, reached) {
            (false, _) => ("", [String::new(), String::new()]),
            (true, true) => ("yes", [AIMS.0.to_string(), AIMS.1.to_string()]),
            (true, false) => ("**no**", [AIMS.0.to_string(), AIMS.1.to_string()]),
        };
        let [many_aim, slow_aim] = aims;
        let row = format!(
            "| {}, {} | {ours:.0} | {bare:.0} | {many:.2} | {many_aim} | {ours_p99:.2} ms | {bare_p99:.2} ms | {slow:.2} \
             | {slow_aim} | {met} |",
            framework.name(),
            ask.name()
        );
        println!("{row}");
        self.rows.push(row);
    }

    /// Whether every aim was reached.
    pub(crate) const fn met(&self) -> bool {
        !self.missed
    }

    /// Prints the table, as it stands in `docs/benchmarks.md`.
    pub(crate) fn print(&self) {
        let build = if cfg!(debug_assertions) { "without optimisation" } else { "optimised" };
        println!("\nhttp, {build}\n");
        println!(
            "| | ours, requests/s | by hand | ratio | aim, at least | ours, p99 | by hand | ratio | aim, at most | met |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|");
        for row in &self.rows {
            println!("{row}");
        }
    }
}

/// Says how to run the suite.
pub(crate) fn usage() {
    eprintln!(
        "BENCH_DATABASE_URL is not set. `benches/postgres.sh cargo bench -p spotlight-benches --bench http` starts a \
         throwaway Postgres and runs this suite on it; or set the URL to a server on which the database `bench_http` may be \
         made anew."
    );
}
