//! The machine: memory, swap, disk, and the busiest processes.

use std::time::Duration;

use serde_json::json;
use spotlight_core::{
    Error, ErrorKind, Result,
    ports::{HealthCheck, HealthStatus, HealthValue},
};
use sysinfo::{MemoryRefreshKind, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System};

use super::{Finding, Severity};
use crate::{config::Config, health::DiskCheck};

/// How long processes are watched for how busy they are.
const WATCHED: Duration = Duration::from_millis(500);

/// All of it.
pub(super) async fn examine(config: &Config) -> Result<Vec<Finding>> {
    let mut found = vec![disk(config).await];
    let looked = tokio::task::spawn_blocking(look).await;
    found.extend(
        looked.map_err(|error| Error::new(ErrorKind::Internal, "the machine was not looked at").with_source(error))?,
    );
    Ok(found)
}

async fn disk(config: &Config) -> Finding {
    let folder = config.health.disk.as_ref().unwrap_or(&config.general.data_dir);
    let (area, shown) = ("machine.disk", folder.display());
    match DiskCheck::new(folder).check().await {
        Ok(seen) => {
            let share = seen.details.iter().find_map(|detail| match detail.value {
                HealthValue::Percent(share) => Some(share),
                _ => None,
            });
            let evidence = format!("the disk of {shown} is {} % full", share.unwrap_or_default());
            if seen.status == HealthStatus::Ok {
                return Finding::fine(area, evidence);
            }
            let severity = if share.is_some_and(|share| share >= 95) { Severity::Critical } else { Severity::Warning };
            Finding::new(severity, area, evidence)
                .because("a database that cannot write stops")
                .then("find what fills it (`du -xh --max-depth=2`); enlarge it, or turn logs and backups over sooner")
        }
        Err(error) => Finding::new(Severity::Warning, area, error.chain())
            .because("how full the disk is, is not known")
            .then("SPOTLIGHT_DATA_DIR and HEALTH_DISK_PATH must name folders that are there"),
    }
}

/// Blocks for half a second.
fn look() -> Vec<Finding> {
    let processes = ProcessRefreshKind::nothing().with_cpu().with_memory();
    let everything = RefreshKind::nothing().with_memory(MemoryRefreshKind::everything()).with_processes(processes);
    let mut system = System::new_with_specifics(everything);
    std::thread::sleep(WATCHED);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, processes);
    // In a container its own limit counts.
    let (total, free) = system
        .cgroup_limits()
        .filter(|limits| limits.total_memory > 0 && limits.total_memory < system.total_memory())
        .map_or((system.total_memory(), system.available_memory()), |limits| (limits.total_memory, limits.free_memory));
    vec![memory(total, free), swap(system.total_swap(), system.used_swap()), busiest(&system)]
}

fn memory(total: u64, free: u64) -> Finding {
    let used = total.saturating_sub(free);
    let share = used * 100 / total.max(1);
    let evidence = format!("{} of {} MiB in use ({share} %)", used >> 20, total >> 20);
    let details = json!({ "total_bytes": total, "available_bytes": free });
    let finding = if share >= 90 {
        Finding::new(if share >= 97 { Severity::Critical } else { Severity::Warning }, "machine.memory", evidence)
            .because("at the end of it the kernel ends the largest process")
            .then("see below which that is; give the machine more, or move a part of the deployment elsewhere")
    } else {
        Finding::fine("machine.memory", evidence)
    };
    finding.with(details)
}

fn swap(total: u64, used: u64) -> Finding {
    let area = "machine.swap";
    if total == 0 {
        return Finding::fine(area, "none");
    }
    let evidence = format!("{} of {} MiB in use", used >> 20, total >> 20);
    if used * 2 > total {
        return Finding::new(Severity::Warning, area, evidence)
            .because("what is read from swap is a thousand times slower")
            .then("give the machine more memory");
    }
    Finding::fine(area, evidence)
}

/// The five that use most of the processor, and the five that hold most of the memory. Names alone: what stands on a
/// command line may be secret.
fn busiest(system: &System) -> Finding {
    let mut processes: Vec<_> = system.processes().values().filter(|process| process.thread_kind().is_none()).collect();
    let mut lines =
        vec![format!("{} processors", std::thread::available_parallelism().map_or(1, std::num::NonZero::get))];
    let line = |process: &sysinfo::Process| {
        let (name, cpu, memory) = (process.name().to_string_lossy(), process.cpu_usage(), process.memory() >> 20);
        format!("{:>7} {name}: {cpu:.0} % of a processor, {memory} MiB", process.pid())
    };
    processes.sort_by(|one, other| other.cpu_usage().total_cmp(&one.cpu_usage()));
    lines.extend(processes.iter().take(5).map(|process| line(process)));
    processes.sort_by_key(|process| std::cmp::Reverse(process.memory()));
    lines.extend(processes.iter().take(5).map(|process| line(process)));
    lines[1..].sort();
    lines.dedup();
    Finding::fine("machine.processes", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_swap_warn_before_their_end() {
        let of = |share: u64| memory(100 << 20, (100 - share) << 20).severity;
        assert_eq!([89, 90, 97].map(of), [Severity::Fine, Severity::Warning, Severity::Critical]);
        assert_eq!(
            [swap(0, 0), swap(2, 1), swap(2, 2)].map(|one| one.severity),
            [Severity::Fine, Severity::Fine, Severity::Warning]
        );
    }

    #[test]
    fn this_machine_is_looked_at() {
        let found = look();
        let areas: Vec<_> = found.iter().map(|finding| finding.area).collect();
        assert_eq!(areas, ["machine.memory", "machine.swap", "machine.processes"]);
        assert!(found[0].details["total_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{found:?}");
        assert!(found[2].evidence.contains("MiB"), "{}", found[2].evidence);
    }
}
