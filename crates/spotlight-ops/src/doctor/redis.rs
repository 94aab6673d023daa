//! Redis, where there is one.

use spotlight_core::{
    Result,
    ports::{Clock, SystemClock},
};
use spotlight_storage::redis::RedisNode;

use super::{Finding, Severity, clock};
use crate::{
    config::{Adapter, Config},
    wiring::redis,
};

/// Every node: memory and what happens when it is full, clients, clock.
pub(super) async fn examine(config: &Config) -> Result<Vec<Finding>> {
    let Some(client) = redis(config)? else { return Ok(Vec::new()) };
    let before = SystemClock.now();
    let nodes = client.inspect().await?;
    let after = SystemClock.now();
    let jobs = config.jobs.adapter == Adapter::Redis;
    let mut found: Vec<_> = nodes.iter().flat_map(|node| of_node(node, jobs)).collect();
    let times = nodes.iter().filter_map(|node| node.time);
    found.extend(times.map(|time| clock::compared("redis.clock", "Redis'", time, (before, after))));
    Ok(found)
}

fn of_node(node: &RedisNode, jobs: bool) -> Vec<Finding> {
    let RedisNode { version, role, clients, max_clients, .. } = node;
    let mut found = vec![Finding::fine("redis.server", format!("Redis {version}, {role}, {clients} clients"))];
    found.push(memory(node, jobs));
    if node.evicted > 0 && jobs {
        found.push(
            Finding::new(Severity::Critical, "redis.memory", format!("{} keys were thrown away", node.evicted))
                .because("jobs may be among them")
                .then("give Redis more memory, and set maxmemory-policy to noeviction"),
        );
    }
    if *max_clients > 0 && clients * 100 / max_clients >= 80 {
        found.push(
            Finding::new(
                Severity::Warning,
                "redis.clients",
                format!("{clients} of {max_clients} clients are connected"),
            )
            .because("whoever comes next is refused")
            .then("raise maxclients, and look with CLIENT LIST for who does not let go"),
        );
    }
    if node.rejected > 0 {
        let evidence = format!("{} connections were refused since it began", node.rejected);
        found.push(
            Finding::new(Severity::Warning, "redis.clients", evidence)
                .because("there were more clients than it takes")
                .then("raise maxclients"),
        );
    }
    if node.save_failed {
        found.push(
            Finding::new(Severity::Critical, "redis.disk", "its last try to write to disk failed")
                .because("what it holds is lost with it, and by its usual settings it takes no writes meanwhile")
                .then("look at its log and its disk"),
        );
    }
    found
}

/// Memory, and what happens at its end.
fn memory(node: &RedisNode, jobs: bool) -> Finding {
    let RedisNode { used_memory: used, max_memory: max, eviction, .. } = node;
    let area = "redis.memory";
    let of = if *max == 0 { "no limit".to_owned() } else { format!("{} MiB", max >> 20) };
    let evidence = format!("{} MiB in use of {of}; when full: {eviction}", used >> 20);
    if jobs && *max > 0 && eviction != "noeviction" {
        return Finding::new(Severity::Critical, area, evidence)
            .because("a Redis that is full throws jobs away")
            .then("CONFIG SET maxmemory-policy noeviction, and write it into its configuration");
    }
    if *max == 0 {
        return Finding::new(Severity::Notice, area, evidence)
            .because("it grows until the machine ends it")
            .then("set maxmemory to three quarters of what the machine can give");
    }
    if used * 100 / max >= 90 && (jobs || eviction == "noeviction") {
        return Finding::new(Severity::Warning, area, evidence)
            .because("it is about to refuse writes")
            .then("give it more memory, or look with --bigkeys for what fills it");
    }
    Finding::fine(area, evidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(max_memory: u64, eviction: &str) -> RedisNode {
        RedisNode {
            version: "7.2.4".to_owned(),
            role: "master".to_owned(),
            used_memory: 95 << 20,
            max_memory,
            eviction: eviction.to_owned(),
            evicted: 0,
            clients: 9,
            max_clients: 10,
            rejected: 0,
            save_failed: false,
            time: None,
        }
    }

    #[test]
    fn a_redis_that_would_throw_jobs_away_is_critical_and_one_that_caches_is_not() {
        let severity = |max, eviction, jobs| memory(&node(max, eviction), jobs).severity;
        assert_eq!(severity(200 << 20, "allkeys-lru", true), Severity::Critical);
        assert_eq!(severity(200 << 20, "allkeys-lru", false), Severity::Fine);
        assert_eq!(severity(200 << 20, "noeviction", true), Severity::Fine);
        assert_eq!(severity(100 << 20, "noeviction", true), Severity::Warning);
        assert_eq!(severity(0, "noeviction", true), Severity::Notice);
        let mut full = node(200 << 20, "noeviction");
        (full.evicted, full.rejected, full.save_failed) = (1, 1, true);
        let areas: Vec<_> = of_node(&full, true).iter().map(|finding| (finding.area, finding.severity)).collect();
        let expected = [
            ("redis.server", Severity::Fine),
            ("redis.memory", Severity::Fine),
            ("redis.memory", Severity::Critical),
            ("redis.clients", Severity::Warning),
            ("redis.clients", Severity::Warning),
            ("redis.disk", Severity::Critical),
        ];
        assert_eq!(areas, expected);
    }
}
