//! Where everything is kept: the database, and the job queue in it or in Redis.

use std::{path::PathBuf, sync::Arc};

use secrecy::ExposeSecret;
use spotlight_core::{
    Error, ErrorKind, Result,
    decorators::OutboxQueue,
    ports::{JobPlacement, JobQueue, Storage, SystemIds},
};
use spotlight_storage::{
    postgres::{PgOptions, PgQueue, PgStorage},
    redis::{RedisClient, RedisQueue},
    sqlite::{SqliteOptions, SqliteQueue, SqliteStorage},
};

use super::connections;
use crate::config::{Adapter, Config};

/// Where everything is kept.
pub(super) struct Stores {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) queue: Arc<dyn JobQueue>,
    /// A queue with connections of its own.
    pub(super) connected: Option<PgQueue>,
    postgres: Option<Arc<PgStorage>>,
    pub(super) described: String,
}

impl Stores {
    /// Opens storage, and the queue: that of the database, or one in Redis, which the outbox fills.
    pub(super) async fn open(config: &Config, redis: Option<&RedisClient>) -> Result<Self> {
        match (config.jobs.adapter, redis) {
            (Adapter::Database, _) => {
                let database = Database::open(config, JobPlacement::Queue).await?;
                let (queue, connected) = database.queue().await?;
                Ok(Self::new(&database, queue, connected, database.described.clone()))
            }
            (Adapter::Redis, Some(client)) => {
                let queue = jobs_in_redis(client).await?;
                let database = Database::open(config, JobPlacement::Outbox).await?;
                let queue = Arc::new(OutboxQueue::new(Arc::new(queue), database.storage()));
                let described = format!("{}, jobs in Redis", database.described);
                Ok(Self::new(&database, queue, None, described))
            }
            (Adapter::Redis, None) => {
                let text = "jobs.adapter is \"redis\", and REDIS_URL does not say where that is; set it";
                Err(Error::new(ErrorKind::Misconfigured, text))
            }
        }
    }
}

impl Stores {
    fn new(database: &Database, queue: Arc<dyn JobQueue>, connected: Option<PgQueue>, described: String) -> Self {
        let postgres = match &database.kind {
            Kind::Postgres(storage, _) => Some(Arc::clone(storage)),
            Kind::Sqlite(_) => None,
        };
        Self { storage: database.storage(), queue, connected, postgres, described }
    }

    /// What has connections made anew when an operator says so.
    pub(super) fn renew(&self) -> impl Fn() + Send + 'static {
        let (storage, queue) = (self.postgres.clone(), self.connected.clone());
        move || {
            if let Some(storage) = &storage {
                storage.renew_connections();
            }
            if let Some(queue) = &queue {
                queue.renew_connections();
            }
        }
    }
}

/// The database alone, for whoever changes what is stored and does nothing else: the schema and where jobs go stay as they
/// are. And what it is, in words without addresses.
pub(super) async fn alone(config: &Config) -> Result<(Arc<dyn Storage>, String)> {
    let database = untouched(config).await?;
    Ok((database.storage(), database.described))
}

/// The same with the queue: that of the database, or one in Redis.
pub(super) async fn with_queue(config: &Config, redis: Option<&RedisClient>) -> Result<Stores> {
    let database = untouched(config).await?;
    let (queue, connected): (Arc<dyn JobQueue>, _) = match redis.filter(|_| config.jobs.adapter == Adapter::Redis) {
        Some(client) => (Arc::new(RedisQueue::new(client.clone(), Arc::new(SystemIds))?), None),
        None => database.queue().await?,
    };
    Ok(Stores::new(&database, queue, connected, database.described.clone()))
}

async fn untouched(config: &Config) -> Result<Database> {
    let file = database_file(config);
    if config.database.url.is_none() && !file.exists() {
        let text = format!(
            "there is no database at {} yet; start the server once, or name its folder with --data-dir or \
             SPOTLIGHT_DATA_DIR",
            file.display()
        );
        return Err(Error::new(ErrorKind::Misconfigured, text));
    }
    let jobs = match config.jobs.adapter {
        Adapter::Database => JobPlacement::Queue,
        Adapter::Redis => JobPlacement::Outbox,
    };
    let mut config = config.clone();
    config.database.migrate = false;
    config.jobs.change_over = false;
    Database::open(&config, jobs).await
}

fn database_file(config: &Config) -> PathBuf {
    config.general.data_dir.join("spotlight.db")
}

/// The queue in Redis. One that is away keeps nobody from starting: jobs wait in the outbox until it is back.
async fn jobs_in_redis(client: &RedisClient) -> Result<RedisQueue> {
    let queue = RedisQueue::new(client.clone(), Arc::new(SystemIds))?;
    match queue.check().await {
        Err(error) if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout) => {
            tracing::warn!(error = error.chain(), "Redis is away; jobs wait in the database until it is back");
        }
        checked => checked?,
    }
    Ok(queue)
}

/// The database of the deployment.
struct Database {
    kind: Kind,
    described: String,
}

enum Kind {
    Postgres(Arc<PgStorage>, Box<PgOptions>),
    Sqlite(Arc<SqliteStorage>),
}

impl Database {
    async fn open(config: &Config, jobs: JobPlacement) -> Result<Self> {
        let change_jobs = config.jobs.change_over;
        if let Some(postgres) = postgres(config) {
            let postgres = PgOptions { jobs, change_jobs, ..postgres };
            let storage = Arc::new(PgStorage::connect(postgres.clone()).await?);
            connections::fit(config, &storage).await?;
            return Ok(Self { kind: Kind::Postgres(storage, Box::new(postgres)), described: "Postgres".to_owned() });
        }
        let path = database_file(config);
        let options = SqliteOptions {
            jobs,
            change_jobs,
            migrate: config.database.migrate,
            acquire_timeout: config.database.checkout_timeout,
            busy_timeout: config.database.busy_timeout,
            ..SqliteOptions::new(&path)
        };
        let storage = SqliteStorage::open(options).await.map_err(|error| {
            let text = format!("the database {} cannot be used", path.display());
            Error::new(error.kind(), text).with_retry(error.retry()).with_source(error)
        })?;
        Ok(Self { kind: Kind::Sqlite(Arc::new(storage)), described: format!("SQLite in {}", path.display()) })
    }

    fn storage(&self) -> Arc<dyn Storage> {
        match &self.kind {
            Kind::Postgres(storage, _) => Arc::clone(storage) as _,
            Kind::Sqlite(storage) => Arc::clone(storage) as _,
        }
    }

    /// The queue in it; and once more when that has connections of its own.
    async fn queue(&self) -> Result<(Arc<dyn JobQueue>, Option<PgQueue>)> {
        match &self.kind {
            Kind::Postgres(_, options) => {
                let queue = PgQueue::connect(PgOptions::clone(options)).await?;
                Ok((Arc::new(queue.clone()), Some(queue)))
            }
            Kind::Sqlite(storage) => Ok((Arc::new(SqliteQueue::new(storage)), None)),
        }
    }
}

/// The Postgres of the deployment, when it has one.
pub(super) fn postgres(config: &Config) -> Option<PgOptions> {
    let database = &config.database;
    let url = database.url.as_ref()?;
    Some(PgOptions {
        pooler: database.pooler,
        direct_url: database.direct_url.clone(),
        replicas: database.replicas.clone(),
        replica_lag: database.replica_lag,
        max_connections: config.pool(),
        acquire_timeout: database.checkout_timeout,
        statement_timeout: database.statement_timeout,
        lock_timeout: database.lock_timeout,
        migrate: database.migrate,
        ..PgOptions::new(url.expose_secret())
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::Sources;

    #[test]
    fn the_guides_tuning_is_the_usual_one() {
        let url = ("DATABASE_URL", "postgres://app@db/spotlight");
        let options = |variables: &[(&str, &str)]| {
            let sources = Sources::none().with_variables(variables.iter().copied().chain([url]));
            postgres(&Config::read(&sources).expect("settings")).expect("a Postgres")
        };
        let usual = options(&[]);
        assert_eq!((usual.max_connections, usual.acquire_timeout), (5, Duration::from_secs(5)));
        assert_eq!((usual.statement_timeout, usual.lock_timeout), (Duration::from_secs(30), Duration::from_secs(10)));
        assert!(!usual.pooler && usual.migrate);
        assert_eq!(options(&[("RAILS_MAX_THREADS", "8")]).max_connections, 8);
        let own = options(&[("DATABASE_POOL", "9"), ("MAX_THREADS", "8"), ("DATABASE_LOCK_TIMEOUT", "500ms")]);
        assert_eq!((own.max_connections, own.lock_timeout), (9, Duration::from_millis(500)));
    }
}
