//! On what it ran.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use spotlight_peers::Result;
use sqlx::{Connection, PgConnection};

use crate::store::Stores;

/// What must be on for a commit to be durable, and what else matters for speed.
const SHOWN: [&str; 8] = [
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_level",
    "shared_buffers",
    "max_wal_size",
    "max_connections",
];

/// Machine, servers and versions.
///
/// # Errors
/// When Postgres would acknowledge what is not on the disk.
pub(crate) async fn describe(stores: &Stores) -> Result<String> {
    let mut text = String::new();
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let (cpu, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split(':').nth(1)).unwrap_or("?").trim().to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    text +=
        &format!("- machine: {cores} cores, {}, memory {}\n", field(&cpu, "model name"), field(&memory, "MemTotal"));
    text += &format!("- Linux {}", read("/proc/sys/kernel/osrelease"));
    text += &format!("- load before the run: {}", read("/proc/loadavg"));
    text += &format!("- one synced write of 8 KiB: {:?} (median of 100)\n", synced_write()?);
    for (name, value) in [("date", "PEERS_DATE"), ("commit", "PEERS_COMMIT"), ("compiler", "PEERS_RUSTC")] {
        text += &format!("- {name}: {}\n", std::env::var(value).unwrap_or_else(|_| "?".to_owned()));
    }
    if let Some(url) = &stores.postgres {
        text += &format!("- Postgres: {}\n", postgres(url).await?);
    }
    if stores.redis.is_some() {
        text += &format!("- Redis: {}\n", redis(stores).await?);
    }
    text += &format!("- peers: {}\n", versions());
    Ok(text)
}

async fn postgres(url: &str) -> Result<String> {
    let mut connection = PgConnection::connect(url).await?;
    let mut shown = Vec::new();
    for name in SHOWN {
        let query = "SELECT current_setting($1)";
        let value: String = sqlx::query_scalar(query).bind(name).fetch_one(&mut connection).await?;
        if matches!(name, "fsync" | "synchronous_commit") && value != "on" {
            return Err(format!("{name} is {value}, and must be on").into());
        }
        shown.push(format!("{name} {value}"));
    }
    connection.close().await?;
    Ok(shown.join(", "))
}

async fn redis(stores: &Stores) -> Result<String> {
    let mut connection = stores.redis().await?;
    let server: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
    let version = server.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or("?").to_owned();
    let mut shown = vec![version];
    for name in ["appendonly", "appendfsync", "maxmemory-policy"] {
        let setting: Vec<String> = redis::cmd("CONFIG").arg("GET").arg(name).query_async(&mut connection).await?;
        shown.push(setting.join(" "));
    }
    Ok(shown.join(", "))
}

/// How long the disk takes for a commit.
fn synced_write() -> Result<Duration> {
    let folder = std::env::var_os("PEERS_FOLDER").ok_or("PEERS_FOLDER is not set")?;
    let path = Path::new(&folder).join("synced");
    let mut file = File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..100 {
        let began = Instant::now();
        file.write_all(&[0; 8192])?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    fs::remove_file(path)?;
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

/// The peers' versions, by the lock files.
fn versions() -> String {
    let mut found = Vec::new();
    let lock = include_str!("../../../Cargo.lock");
    for name in ["graphile_worker", "apalis", "apalis-postgres", "apalis-redis", "sqlx", "redis", "tokio"] {
        let version = lock.split("[[package]]").find_map(|package| {
            let mut lines = package.lines().skip(1);
            (lines.next()? == format!("name = \"{name}\"")).then(|| lines.next()?.split('"').nth(1)).flatten()
        });
        found.push(format!("{name} {}", version.unwrap_or("?")));
    }
    let packages: serde_json::Value =
        serde_json::from_str(include_str!("../../../node/package.json")).unwrap_or_default();
    for name in ["graphile-worker", "pg-boss", "bullmq", "ioredis", "pg", "node"] {
        found.push(format!("{name} (npm) {}", packages["dependencies"][name].as_str().unwrap_or("?")));
    }
    found.join(", ")
}
