//! What `scripts/` decides: where Postgres is, and what a log of tests comes to.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("spotlight-scripts-{}-{count}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    /// A version of Postgres with these programs, and its folder of programs.
    fn version(&self, version: &str, programs: &[&str]) -> PathBuf {
        let bin = self.0.join(version).join("bin");
        fs::create_dir_all(&bin).expect("a folder");
        for program in programs {
            let path = bin.join(program);
            fs::write(&path, "#!/bin/sh\n").expect("a program");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be run");
        }
        bin
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What `postgres_bin` says of a folder of packages, on a machine without Postgres in its path.
fn postgres_bin(packages: &Path, named: Option<&Path>) -> String {
    let mut command = Command::new("/bin/bash");
    command
        .args(["-c", "set -euo pipefail; . scripts/servers.sh; bin=$(postgres_bin); echo \"$bin\""])
        .current_dir(ROOT);
    command.env("SPOTLIGHT_PG_PACKAGES", packages).env_remove("SPOTLIGHT_PG_BIN").env("PATH", "/usr/bin:/bin");
    if let Some(named) = named {
        command.env("SPOTLIGHT_PG_BIN", named);
    }
    let output = command.output().expect("bash runs");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

#[test]
fn clients_alone_are_no_postgres() {
    let folder = Folder::new();
    folder.version("17", &["psql", "pg_isready"]);
    assert_eq!(postgres_bin(&folder.0, None), "");
    let whole = folder.version("15", &["psql", "initdb", "postgres"]);
    assert_eq!(postgres_bin(&folder.0, None), whole.display().to_string());
    let newer = folder.version("16", &["initdb", "postgres"]);
    assert_eq!(postgres_bin(&folder.0, None), newer.display().to_string());
    assert_eq!(postgres_bin(&folder.0, Some(&whole)), whole.display().to_string());
    assert_eq!(postgres_bin(&folder.0, Some(Path::new("/nowhere"))), newer.display().to_string());
}

/// What the summary says of a log, and how it ends.
fn summary(log: &str, named: bool) -> (String, Option<i32>) {
    let mut command = Command::new("awk");
    command.args(["-v", if named { "named=1" } else { "named=0" }, "-f", "scripts/summary.awk"]).current_dir(ROOT);
    let mut awk = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("awk runs");
    awk.stdin.take().expect("input").write_all(log.as_bytes()).expect("the log is read");
    let output = awk.wait_with_output().expect("awk ends");
    (String::from_utf8(output.stdout).expect("text"), output.status.code())
}

/// Suites about no one adapter.
const SUITES: [&str; 21] = [
    "accounts_postgres",
    "analyses",
    "architecture",
    "broken_adapters",
    "cache_processes",
    "fleet_cache",
    "garbage",
    "held_out",
    "health",
    "http_parity",
    "http_statements",
    "http_tls",
    "live_restart",
    "operate",
    "promtool",
    "redaction",
    "server",
    "services",
    "storage_postgres_replicas",
    "webhooks",
    "worker",
];

/// The log of a run in which every adapter is tested.
fn log() -> String {
    let suites = [
        ("conformance_memory", "lead::pages"),
        ("storage_sqlite", "conformance::lead::pages"),
        ("storage_sqlite", "a_newer_database_is_left_alone"),
        ("storage_postgres", "direct::lead::pages"),
        ("storage_postgres", "pooled::lead::pages"),
        ("queue_sqlite", "conformance::queue_add::upkeep_is_bounded"),
        ("queue_postgres", "direct::queue_add::upkeep_is_bounded"),
        ("queue_postgres", "pooled::queue_add::upkeep_is_bounded"),
        ("queue_redis", "conformance::queue_add::upkeep_is_bounded"),
        ("queue_redis", "cluster::queue_add::upkeep_is_bounded"),
        ("queue_redis", "sentinel::queue_add::upkeep_is_bounded"),
        ("queue_faults", "postgres::cut_connections_cost_nothing_but_time"),
        ("queue_faults", "redis::cut_connections_cost_nothing_but_time"),
        ("http", "axum::memory::lead::moves"),
        ("http", "axum::sqlite::lead::moves"),
        ("http", "axum::postgres::lead::moves"),
        ("http", "actix::memory::lead::moves"),
        ("http", "actix::sqlite::lead::moves"),
        ("http", "actix::postgres::lead::moves"),
        ("visitors", "memory::silent"),
        ("visitors", "sqlite::silent"),
        ("visitors", "postgres::silent"),
        ("events_postgres", "direct::channels_are_apart"),
        ("events_postgres", "pooled::channels_are_apart"),
        ("redis", "cache::a_value_is_whole"),
        ("redis", "events::channels_are_apart"),
        ("redis", "limit::keys_are_counted_apart"),
        ("redis_two_level", "a_value_is_whole"),
        ("redis_cluster", "limit::keys_are_counted_apart"),
        ("redis_sentinel", "limit::keys_are_counted_apart"),
    ];
    let mut log = "     Running unittests src/lib.rs (target/debug/deps/spotlight_core-0123456789abcdef)\n\
                   test domain::lead::tests::moves ... ok\n\
                   test domain::lead::tests::later ... ignored, it waits\n\
                   \x20    Running unittests src/lib.rs (target/debug/deps/spotlight_http-0123456789abcdef)\n\
                   test query::tests::moves ... ok\n"
        .to_owned();
    for (suite, test) in suites {
        log += &format!(
            "     Running tests/{suite}.rs (target/debug/deps/{suite}-0123456789abcdef)\ntest {test} ... ok\n"
        );
    }
    for suite in SUITES {
        log += &format!("     Running tests/{suite}.rs (target/debug/deps/{suite}-0123456789abcdef)\ntest it ... ok\n");
    }
    log + "   Doc-tests spotlight_core\ntest crates/spotlight-core/src/lib.rs - (line 3) - compile ... ok\n"
}

#[test]
fn a_whole_run_is_counted_by_suite_and_by_adapter() {
    let (said, code) = summary(&log(), false);
    assert_eq!(code, Some(0), "{said}");
    let passed = log().matches("... ok").count();
    assert!(said.contains(&format!("{passed} passed, 0 failed, 1 skipped")), "{said}");
    for suite in ["spotlight_core (unit tests)", "spotlight_http (unit tests)", "spotlight_core (documentation)"] {
        assert!(said.lines().any(|line| line.trim() == format!("1 passed   0 failed  {suite}")), "{suite}: {said}");
    }
    let adapters: Vec<_> = said.lines().skip_while(|line| !line.starts_with("per adapter")).skip(1).collect();
    let counted: Vec<_> = adapters.iter().take_while(|line| !line.is_empty()).map(|line| line.trim()).collect();
    let expected = [
        "1  storage on memory",
        "1  storage on SQLite",
        "1  storage on Postgres",
        "1  storage on Postgres through PgBouncer",
        "1  queue on SQLite",
        "1  queue on Postgres",
        "1  queue on Postgres through PgBouncer",
        "1  queue on Redis",
        "1  queue on a cluster of Redis",
        "1  queue on Redis with sentinels",
        "1  faults of the queue on Postgres",
        "1  faults of the queue on Redis",
        "1  HTTP on axum and memory",
        "1  HTTP on axum and SQLite",
        "1  HTTP on axum and Postgres",
        "1  HTTP on actix and memory",
        "1  HTTP on actix and SQLite",
        "1  HTTP on actix and Postgres",
        "1  visitors on memory",
        "1  visitors on SQLite",
        "1  visitors on Postgres",
        "1  cache on Redis",
        "1  events on Redis",
        "1  limit on Redis",
        "1  events on Postgres",
        "1  events on Postgres through PgBouncer",
        "1  ports on a cluster of Redis",
        "1  ports on Redis with sentinels",
        "1  cache of two levels on Redis",
    ];
    assert_eq!(counted, expected);
}

#[test]
fn an_adapter_that_was_not_tested_is_a_failure_unless_tests_were_chosen() {
    for gone in ["visitors on Postgres", "HTTP on actix and memory", "storage on Postgres through PgBouncer"] {
        let test = match gone {
            "visitors on Postgres" => "test postgres::silent ... ok\n",
            "HTTP on actix and memory" => "test actix::memory::lead::moves ... ok\n",
            _ => "test pooled::lead::pages ... ok\n",
        };
        let (said, code) = summary(&log().replacen(test, "", 1), false);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains(&format!("no test ran for: [{gone}]")), "{said}");
        assert_eq!(summary(&log().replacen(test, "", 1), true).1, Some(0));
    }
    for suite in SUITES {
        let (said, code) = summary(&log().replace(&format!("/{suite}-"), "/another-"), false);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains(&format!("no test ran for: [{suite}]")), "{said}");
    }
    assert_eq!(summary("", true).1, Some(4));
}

#[test]
fn a_failed_test_fails_the_summary() {
    let (said, code) = summary(&log().replacen("silent ... ok", "silent ... FAILED", 1), false);
    assert_eq!(code, Some(1), "{said}");
    let passed = log().matches("... ok").count() - 1;
    assert!(said.contains(&format!("{passed} passed, 1 failed, 1 skipped")), "{said}");
}
