//! The table.
#![expect(clippy::print_stdout, reason = "the figures are what the suite is run for")]

use crate::server::Framework;

/// Most microseconds of a request above the bare framework.
const AIM: f64 = 8.0;

/// What came of a route: microseconds on processors for a request, requests in a second, and microseconds within which 99 of
/// 100 were answered, of the sides in their order.
pub(crate) struct Row {
    pub(crate) framework: Framework,
    pub(crate) route: &'static str,
    pub(crate) costs: [[f64; 3]; 3],
}

/// The median of each figure.
pub(crate) fn middle(rounds: Vec<[f64; 3]>) -> [f64; 3] {
    [0, 1, 2].map(|at| {
        let mut figures: Vec<_> = rounds.iter().map(|round| round[at]).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
    })
}

/// Prints the table, as it stands in `docs/benchmarks.md`.
pub(crate) fn print(rows: &[Row]) {
    let build = if cfg!(debug_assertions) { "without optimisation" } else { "optimised" };
    println!("\nmiddleware, {build}\n");
    println!(
        "| | bare, CPU | ours, CPU | of it the log | above the bare | aim, at most | met | requests/s, bare | ours | p99, bare | ours |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for Row { framework, route, costs: [bare, ours, silent] } in rows {
        let above = ours[0] - bare[0];
        let met = if above <= AIM { "yes" } else { "**no**" };
        println!(
            "| {}, `{route}` | {:.1} µs | {:.1} µs | {:.1} µs | {above:.1} µs | {AIM} µs | {met} | {:.0} | {:.0} | {:.0} µs | {:.0} µs |",
            framework.name(),
            bare[0],
            ours[0],
            ours[0] - silent[0],
            bare[1],
            ours[1],
            bare[2],
            ours[2],
        );
    }
}
