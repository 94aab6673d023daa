//! The servers, and a fresh place on them for each measurement.

use std::{path::PathBuf, time::Duration};

use spotlight_peers::Result;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Where jobs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    Postgres,
    Redis,
    Sqlite,
}

impl Store {
    pub(crate) const ALL: [Self; 3] = [Self::Postgres, Self::Redis, Self::Sqlite];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Postgres => "Postgres",
            Self::Redis => "Redis",
            Self::Sqlite => "SQLite",
        }
    }
}

/// The servers of this run.
#[derive(Debug)]
pub(crate) struct Stores {
    pub(crate) postgres: Option<String>,
    pub(crate) redis: Option<String>,
    folder: PathBuf,
}

/// The database of one measurement.
const DATABASE: &str = "peer";

impl Stores {
    pub(crate) fn from_environment() -> Result<Self> {
        let folder = std::env::var_os("PEERS_FOLDER").ok_or("PEERS_FOLDER is not set; benches/peers/run sets it")?;
        let url = |name| std::env::var(name).ok();
        Ok(Self { postgres: url("BENCH_DATABASE_URL"), redis: url("PEERS_REDIS_URL"), folder: folder.into() })
    }

    pub(crate) fn has(&self, store: Store) -> bool {
        match store {
            Store::Postgres => self.postgres.is_some(),
            Store::Redis => self.redis.is_some(),
            Store::Sqlite => true,
        }
    }

    /// An empty place, and where it is.
    pub(crate) async fn fresh(&self, store: Store) -> Result<String> {
        self.clear(store).await?;
        match store {
            Store::Postgres => {
                let server = self.postgres.as_deref().ok_or("no Postgres")?;
                execute(server, &format!("CREATE DATABASE {DATABASE}")).await?;
                Ok(self.database()?)
            }
            Store::Redis => Ok(self.redis.clone().ok_or("no Redis")?),
            Store::Sqlite => Ok(format!("sqlite:{}", self.folder.join("queue/queue.db").display())),
        }
    }

    /// Nothing that was written is still on its way to the disk, and the planner knows what is there, as it would a
    /// minute later. The same for everybody.
    pub(crate) async fn settle(&self, store: Store) -> Result<()> {
        match store {
            Store::Postgres => {
                execute(&self.database()?, "VACUUM (ANALYZE)").await?;
                execute(&self.database()?, "CHECKPOINT").await
            }
            Store::Redis => self.rewrite().await,
            Store::Sqlite => Ok(()),
        }
    }

    /// Removes whatever a measurement left.
    pub(crate) async fn clear(&self, store: Store) -> Result<()> {
        match store {
            Store::Postgres => {
                let server = self.postgres.as_deref().ok_or("no Postgres")?;
                execute(server, &format!("DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")).await?;
                execute(server, "CHECKPOINT").await
            }
            Store::Redis => {
                let mut redis = self.redis().await?;
                redis::cmd("FLUSHALL").arg("SYNC").exec_async(&mut redis).await?;
                self.rewrite().await
            }
            Store::Sqlite => match std::fs::remove_dir_all(self.folder.join("queue")) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            },
        }
    }

    fn database(&self) -> Result<String> {
        let server = self.postgres.as_deref().ok_or("no Postgres")?;
        let (host, _) = server.rsplit_once('/').ok_or("BENCH_DATABASE_URL names no database")?;
        Ok(format!("{host}/{DATABASE}"))
    }

    pub(crate) async fn redis(&self) -> Result<redis::aio::MultiplexedConnection> {
        let url = self.redis.as_deref().ok_or("no Redis")?;
        Ok(redis::Client::open(url)?.get_multiplexed_async_connection().await?)
    }

    /// Has Redis write its file anew now, so that it does not do so while it is measured.
    async fn rewrite(&self) -> Result<()> {
        let mut redis = self.redis().await?;
        redis::cmd("BGREWRITEAOF").exec_async(&mut redis).await?;
        loop {
            let state: String = redis::cmd("INFO").arg("persistence").query_async(&mut redis).await?;
            let busy = |name: &str| state.lines().any(|line| line.trim() == format!("{name}:1"));
            if !busy("aof_rewrite_in_progress") && !busy("aof_rewrite_scheduled") {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn execute(url: &str, statement: &str) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
