//! Two ways of doing one thing, timed in turns, and the table of results.

use std::time::{Duration, Instant};

/// The middle of the times.
pub fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Medians of two futures that do the same, in turns for so long: what else the machine does meets both alike.
pub async fn pair<A, B>(
    long: Duration,
    mut ours: impl AsyncFnMut() -> A,
    mut bare: impl AsyncFnMut() -> B,
) -> [Duration; 2] {
    let (mut mine, mut plain) = (Vec::new(), Vec::new());
    // Connections, statements and caches are warm before it counts.
    for _ in 0..10 {
        ours().await;
        bare().await;
    }
    let until = Instant::now() + long;
    while Instant::now() < until || mine.len() < 30 {
        // Who goes first changes, since the second finds the data in the processor's cache.
        if mine.len() % 2 == 0 {
            mine.push(timed(&mut ours).await);
            plain.push(timed(&mut bare).await);
        } else {
            plain.push(timed(&mut bare).await);
            mine.push(timed(&mut ours).await);
        }
    }
    [median(&mut mine), median(&mut plain)]
}

async fn timed<T>(work: &mut impl AsyncFnMut() -> T) -> Duration {
    let begun = Instant::now();
    let done = work().await;
    let took = begun.elapsed();
    drop(done);
    took
}

/// The most the SDK may take of what bare `sqlx` takes.
const RATIO: f64 = 1.10;

/// The table of a suite.
pub struct Sheet {
    suite: &'static str,
    rows: Vec<String>,
    paired: bool,
}

impl Sheet {
    /// A table of times alone.
    pub const fn absolute(suite: &'static str) -> Self {
        Self { suite, rows: Vec::new(), paired: false }
    }

    /// A table of times beside bare `sqlx`.
    pub const fn paired(suite: &'static str) -> Self {
        Self { suite, rows: Vec::new(), paired: true }
    }

    /// A time and what it may be.
    pub fn single(&mut self, name: &str, took: Duration, aim: Duration) {
        self.rows.push(format!("| {name} | {} | {} | {} |", shown(took), shown(aim), met(took <= aim)));
    }

    /// A time beside bare `sqlx`, and what it may be by itself, if that is limited.
    pub fn beside(&mut self, name: &str, [ours, bare]: [Duration; 2], aim: Option<Duration>) {
        let ratio = ours.as_secs_f64() / bare.as_secs_f64();
        let limit = aim.map_or_else(String::new, |aim| format!(", {}", shown(aim)));
        let good = ratio <= RATIO && aim.is_none_or(|aim| ours <= aim);
        self.rows.push(format!(
            "| {name} | {} | {} | {ratio:.3} | {RATIO:.2}{limit} | {} |",
            shown(ours),
            shown(bare),
            met(good)
        ));
    }

    /// Prints the table, as it stands in `docs/benchmarks.md`.
    #[expect(clippy::print_stdout, reason = "the table is what the suite is run for")]
    pub fn print(&self) {
        println!("\n{}\n", self.suite);
        if self.paired {
            println!("| | ours | bare | ratio | aim | met |\n|---|---|---|---|---|---|");
        } else {
            println!("| | median | aim | met |\n|---|---|---|---|");
        }
        for row in &self.rows {
            println!("{row}");
        }
    }
}

const fn met(good: bool) -> &'static str {
    if good { "yes" } else { "**no**" }
}

fn shown(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 1_000.0 { format!("{micros:.1} µs") } else { format!("{:.2} ms", micros / 1_000.0) }
}
