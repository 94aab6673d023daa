//! The database, where it is SQLite's file.

use spotlight_core::Result;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{Finding, Severity};
use crate::config::Config;

/// Bytes of the write-ahead log from which somebody holds it back.
const LONG_LOG: u64 = 256 << 20;

/// Whether it is whole, how large it is, and how much of it is empty.
pub(super) async fn examine(config: &Config) -> Result<Vec<Finding>> {
    let path = config.general.data_dir.join("spotlight.db");
    if config.database.url.is_some() {
        return Ok(Vec::new());
    }
    let area = "database.file";
    if !path.exists() {
        let text = format!("there is none at {} yet", path.display());
        return Ok(vec![
            Finding::new(Severity::Notice, area, text).because("the first start makes it").then("spotlight serve"),
        ]);
    }
    let options = SqliteConnectOptions::new().filename(&path).read_only(true).disable_statement_logging();
    let mut connection = options.connect().await.map_err(super::postgres::failed)?;
    let asked = asked(&mut connection).await;
    // The answer is there; an end that fails changes nothing.
    let _ = connection.close().await;
    let (damage, pages, free, page) = asked.map_err(super::postgres::failed)?;
    let log = std::fs::metadata(path.with_extension("db-wal")).map_or(0, |file| file.len());
    let size = format!(
        "{} MiB, {} MiB of them empty, write-ahead log {} MiB",
        (pages * page) >> 20,
        (free * page) >> 20,
        log >> 20
    );
    let mut found = vec![if damage == "ok" {
        Finding::fine(area, format!("{} is whole: {size}", path.display()))
    } else {
        Finding::new(Severity::Critical, area, format!("{} is damaged: {damage}", path.display()))
            .because("what is read from it may be wrong")
            .then("stop the server, keep a copy of the file, and restore the last backup")
    }];
    if log > LONG_LOG {
        found.push(
            Finding::new(Severity::Warning, area, format!("the write-ahead log has {} MiB", log >> 20))
                .because("a reader that does not end keeps it from being brought in")
                .then("end other programs that have the file open"),
        );
    }
    Ok(found)
}

async fn asked(connection: &mut SqliteConnection) -> sqlx::Result<(String, u64, u64, u64)> {
    let damage: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut *connection).await?;
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *connection).await?;
    let free: i64 = sqlx::query_scalar("PRAGMA freelist_count").fetch_one(&mut *connection).await?;
    let page: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(connection).await?;
    Ok((damage, pages.unsigned_abs(), free.unsigned_abs(), page.unsigned_abs()))
}
