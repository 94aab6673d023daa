//! One measurement of one peer.

use std::path::Path;

use serde_json::Value;
use spotlight_peers::Result;
use tokio::process::Command;

use crate::{
    plan::{Entry, Measure, Plan, Program},
    store::Stores,
    table::{Figure, Row},
};

/// Measures, on a fresh place that is gone afterwards.
pub(crate) async fn measure(
    plan: &Plan,
    stores: &Stores,
    peer: &'static Entry,
    measure: Measure,
) -> Result<Vec<Figure>> {
    let url = stores.fresh(peer.store).await?;
    let url = url.as_str();
    let figure = |row, value| Figure { peer, row, value };
    call(peer, &["prepare", url]).await?;
    let found = match measure {
        Measure::Drain => {
            let jobs = plan.jobs.to_string();
            let added = call(peer, &["add", url, &jobs]).await?;
            stores.settle(peer.store).await?;
            let drained = call(peer, &["drain", url, &jobs]).await?;
            vec![
                figure(Row::Bulk, pace(&added, "jobs", "seconds")?),
                figure(Row::Drain, pace(&drained, "jobs", "seconds")?),
                figure(Row::Memory, number(&drained, "peak_kib")? / 1024.0),
            ]
        }
        Measure::Keyed => {
            let jobs = plan.jobs.to_string();
            let (keys, limit) = (plan.keys.to_string(), plan.key_limit.to_string());
            call(peer, &["add", url, &jobs, &keys, &limit]).await?;
            stores.settle(peer.store).await?;
            let drained = call(peer, &["drain", url, &jobs]).await?;
            vec![figure(Row::Keyed, pace(&drained, "jobs", "seconds")?)]
        }
        Measure::Million => {
            let jobs = plan.waiting.to_string();
            call(peer, &["add", url, &jobs]).await?;
            stores.settle(peer.store).await?;
            let drained = call(peer, &["drain", url, &jobs]).await?;
            vec![
                figure(Row::MillionFirst, pace(&drained, "first", "first_seconds")?),
                figure(Row::Million, pace(&drained, "jobs", "seconds")?),
                figure(Row::MillionMemory, number(&drained, "peak_kib")? / 1024.0),
            ]
        }
        Measure::Singles => {
            let (callers, each) = (plan.callers.to_string(), plan.each.to_string());
            let added = call(peer, &["singles", url, &callers, &each]).await?;
            vec![figure(Row::Singles, pace(&added, "jobs", "seconds")?)]
        }
        Measure::Latency => {
            let (samples, seconds) = (plan.samples.to_string(), plan.latency_seconds.to_string());
            let found = call(peer, &["latency", url, &samples, &seconds]).await?;
            vec![
                figure(Row::Median, number(&found, "median_ms")?),
                figure(Row::Tail, number(&found, "p99_ms")?),
                figure(Row::Samples, number(&found, "samples")?),
            ]
        }
    };
    stores.clear(peer.store).await?;
    Ok(found)
}

/// Runs a peer's program, and gives the figures that it printed.
async fn call(peer: &Entry, words: &[&str]) -> Result<Value> {
    let mut command = match peer.program {
        Program::Rust(name) => Command::new(std::env::current_exe()?.with_file_name(name)),
        Program::Node(script) => {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
            let mut command = Command::new(folder.join("node_modules/node/bin/node"));
            command.arg(folder.join(script));
            command
        }
    };
    let output = command.args(words).kill_on_drop(true).output().await?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{}: {complaint}", output.status).into());
    }
    if !complaint.is_empty() {
        eprint!("{complaint}");
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn number(found: &Value, name: &str) -> Result<f64> {
    Ok(found[name].as_f64().ok_or_else(|| format!("no figure {name} in {found}"))?)
}

fn pace(found: &Value, jobs: &str, seconds: &str) -> Result<f64> {
    Ok(number(found, jobs)? / number(found, seconds)?)
}
