//! On which stacks the processors are.

use std::{collections::BTreeMap, time::Duration};

use pprof::{Frames, ProfilerGuardBuilder};
use spotlight_core::{Error, ErrorKind, Result};

/// While one of these is at work, its stack cannot be walked without harm.
const LEFT_OUT: [&str; 4] = ["libc", "libgcc", "pthread", "vdso"];

/// Watches this process. Gives a line for each stack, `thread;outermost;…;innermost 7`, with how often it was met.
///
/// # Errors
/// `Conflict` while somebody else watches.
///
/// # Cancel safety
/// It stops watching when the future is dropped.
pub(super) async fn watch(time: Duration, hertz: u16) -> Result<String> {
    let guard =
        ProfilerGuardBuilder::default().frequency(hertz.into()).blocklist(&LEFT_OUT).build().map_err(|error| {
            let text = "this process is being watched already, or cannot be; try again in a while";
            Error::new(ErrorKind::Conflict, text).with_source(error)
        })?;
    tokio::time::sleep(time).await;
    // Names are looked up in the program's file, which takes a while.
    let looked_up = tokio::task::spawn_blocking(move || guard.report().build());
    let report = looked_up.await.map_err(|error| Error::internal("stacks could not be read").with_source(error))?;
    let report = report.map_err(|error| Error::internal("stacks could not be read").with_source(error))?;
    let mut stacks = BTreeMap::new();
    for (frames, count) in &report.data {
        *stacks.entry(stack(frames)).or_insert(0) += count;
    }
    let lines: Vec<_> = stacks.iter().map(|(stack, count)| format!("{stack} {count}")).collect();
    Ok(lines.join("\n"))
}

fn stack(frames: &Frames) -> String {
    let outward = frames.frames.iter().rev().flat_map(|inlined| inlined.iter().rev());
    let names = std::iter::once(frames.thread_name_or_id()).chain(outward.map(|symbol| symbol.name()));
    names.map(|name| name.replace([';', '\n'], ":")).collect::<Vec<_>>().join(";")
}
