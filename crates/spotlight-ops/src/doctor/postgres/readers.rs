//! The replicas that figures are read from.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use spotlight_storage::postgres::{LOG_REPLAYED, LOG_WRITTEN};
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::time::timeout;

use super::{Finding, NAME, Severity, failed};

const AREA: &str = "database.replicas";
const PATIENCE: Duration = Duration::from_secs(3);
/// Bytes of the log behind which a replica shows the state of long ago.
const FAR: i64 = 64 << 20;

/// Asks each replica of the settings for its place in the log of the primary.
pub(super) async fn examine(c: &mut PgConnection, replicas: &[SecretString]) -> sqlx::Result<Vec<Finding>> {
    if replicas.is_empty() {
        return Ok(Vec::new());
    }
    let (written, ours): (i64, String) = sqlx::query_as(LOG_WRITTEN).fetch_one(c).await?;
    let mut found = Vec::new();
    for (number, url) in (1..).zip(replicas) {
        let asked = timeout(PATIENCE, replayed(url)).await;
        found.push(match asked {
            Ok(Ok((_, origin))) if origin != ours => useless(number, "is of another server, or shows another database"),
            Ok(Ok((Some(replayed), _))) => told(number, written.saturating_sub(replayed).max(0)),
            Ok(Ok((None, _))) => useless(number, "is a server of its own and follows nobody"),
            Ok(Err(error)) => useless(number, &format!("cannot be asked: {}", failed(error).chain())),
            Err(_) => useless(number, &format!("did not answer within {} s", PATIENCE.as_secs())),
        });
    }
    Ok(found)
}

/// How far a server has replayed the log, where it follows another one; and whose log that is, and for which database.
async fn replayed(url: &SecretString) -> sqlx::Result<(Option<i64>, String)> {
    let options: PgConnectOptions = url.expose_secret().parse()?;
    let options = options.application_name(NAME).statement_cache_capacity(0).disable_statement_logging();
    let mut connection = options.connect().await?;
    let replayed = sqlx::query_as(LOG_REPLAYED).persistent(false).fetch_one(&mut connection).await?;
    // The answer is there; an end that fails changes nothing.
    let _ = connection.close().await;
    Ok(replayed)
}

fn told(number: u32, behind: i64) -> Finding {
    let evidence = format!("replica {number} is {behind} bytes of the log behind");
    if behind < FAR {
        return Finding::fine(AREA, evidence);
    }
    Finding::new(Severity::Warning, AREA, evidence)
        .because("figures are read from the primary while a replica is further behind than DATABASE_REPLICA_LAG")
        .then("look for long queries on the replica, and for its network and disk")
}

fn useless(number: u32, why: &str) -> Finding {
    Finding::new(Severity::Warning, AREA, format!("replica {number} {why}"))
        .because("the primary bears the figures that this replica was to bear")
        .then("bring it back, or take it out of DATABASE_REPLICA_URLS")
}
