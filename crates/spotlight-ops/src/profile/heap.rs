//! What the memory of a process consists of.

use spotlight_core::{Error, ErrorKind, Result};

/// What the kernel says of this process, in its own names and units: what lies in memory now and at most so far, what of it
/// is the program's own (`Anonymous`), what lies in swap.
///
/// Who allocated it is not known: mimalloc, which the bundled programs allocate with, keeps no record of that.
///
/// # Errors
/// `Misconfigured` where the kernel has no such figures.
pub(super) fn report() -> Result<String> {
    let none = |error| {
        Error::new(ErrorKind::Misconfigured, "this system has no figures of a process's memory under /proc")
            .with_source(error)
    };
    let status = std::fs::read_to_string("/proc/self/status").map_err(none)?;
    let parts = std::fs::read_to_string("/proc/self/smaps_rollup").map_err(none)?;
    let is_wanted = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        ["VmHWM", "VmRSS", "Threads", "Pss", "Anonymous", "Private_Dirty", "AnonHugePages", "Swap"].contains(&name)
    };
    let lines = status.lines().chain(parts.lines()).filter(is_wanted);
    let lines: Vec<_> = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    Ok(lines.join("\n"))
}
