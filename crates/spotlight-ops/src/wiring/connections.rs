//! Whether the connections that this deployment may open are there to be had.

use spotlight_core::{Error, ErrorKind, Result};
use spotlight_storage::postgres::{PgPlaces, PgStorage};

use crate::config::{Adapter, Config};

/// Compares what the processes behind one socket may open with what the server takes. Other machines are not seen.
///
/// # Errors
/// `Misconfigured` when they could never all be served. Behind a pooler nothing is compared: its number is another.
pub(super) async fn fit(config: &Config, storage: &PgStorage) -> Result<()> {
    if config.database.pooler {
        return Ok(());
    }
    check(config, storage.places().await?)
}

fn check(config: &Config, places: PgPlaces) -> Result<()> {
    let (process, processes) = (of_a_process(config), u32::try_from(config.processes()).unwrap_or(u32::MAX));
    let (needed, free) = (process.saturating_mul(processes), places.all.saturating_sub(places.reserved));
    if needed <= free {
        return Ok(());
    }
    let PgPlaces { all, reserved } = places;
    let text = format!(
        "{processes} processes may open {process} connections to Postgres each, and it takes {free} (max_connections {all}, \
         {reserved} of them reserved): lower DATABASE_POOL or WEB_CONCURRENCY, raise max_connections, or use a pooler"
    );
    Err(Error::new(ErrorKind::Misconfigured, text))
}

/// Connections that one process may open: a pool for requests; a pool for jobs in the database, with one for signs of life
/// and one that listens; a pool and one that listens for live events, where no Redis carries them; and one that tells how far
/// replicas may be, where there are any.
fn of_a_process(config: &Config) -> u32 {
    let pool = config.pool();
    let jobs = if config.jobs.adapter == Adapter::Database { pool + 2 } else { 0 };
    let events = if config.redis.url.is_none() { pool + 1 } else { 0 };
    let replicas = u32::from(!config.database.replicas.is_empty());
    pool + jobs + events + replicas
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn checked(variables: &[(&str, &str)]) -> Result<()> {
        let url = ("DATABASE_URL", "postgres://app@db/spotlight");
        let sources = Sources::none().with_variables(variables.iter().copied().chain([url]));
        check(&Config::read(&sources).expect("settings"), PgPlaces { all: 100, reserved: 3 })
    }

    #[test]
    fn pools_that_could_never_be_filled_are_told_at_the_start() {
        assert!(checked(&[("WEB_CONCURRENCY", "5")]).is_ok(), "five times 18");
        let error = checked(&[("WEB_CONCURRENCY", "6")]).expect_err("six times 18 are 108").to_string();
        assert!(error.contains("6 processes may open 18") && error.contains("takes 97"), "{error}");
        assert!(checked(&[("WEB_CONCURRENCY", "6"), ("REDIS_URL", "redis://r/0")]).is_ok(), "six times 12");
        let replica = ("DATABASE_REPLICA_URLS", "postgres://app@replica/spotlight");
        assert!(checked(&[("WEB_CONCURRENCY", "5"), replica]).is_ok(), "five times 19");
        let error = checked(&[("WEB_CONCURRENCY", "6"), replica]).expect_err("six times 19").to_string();
        assert!(error.contains("may open 19"), "{error}");
        assert!(checked(&[("DATABASE_POOL", "33")]).is_err(), "one of 102");
    }
}
