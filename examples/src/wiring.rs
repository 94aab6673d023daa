//! Puts a platform together: which adapter stands behind which port.

use std::{ffi::OsString, fs, io::Write, path::Path, sync::Arc};

use secrecy::SecretString;
use spotlight_core::{
    Error, ErrorKind, Result, Spotlight,
    decorators::{BreakerSettings, FallbackRateLimiter, FleetCache, OutboxQueue, TwoLevelCache, TwoLevelSettings},
    domain::destination::{Destinations, Ports},
    local::{FolderMailer, LocalFileStore},
    memory::{MemoryEventBus, MemoryRateLimiter},
    ports::{
        Cache, Clock, EventBus, IdGenerator, JobPlacement, JobQueue, RateLimiter, Storage, SystemClock, SystemIds,
    },
    scripted::ScriptedChatModel,
    services::flags::FlagOverrides,
};
use spotlight_providers::webhooks::{HttpWebhookSender, WebhookOptions};
use spotlight_storage::{
    postgres::{PgEventBus, PgOptions, PgQueue, PgStorage},
    redis::{RedisCache, RedisClient, RedisEventBus, RedisOptions, RedisQueue, RedisRateLimiter},
    sqlite::{SqliteOptions, SqliteQueue, SqliteStorage},
};

use crate::{
    cli::Options,
    settings::{Adapter, Jobs, Settings},
};

/// A platform, and in words what it stands on.
pub(crate) struct Deployment {
    pub(crate) platform: Spotlight,
    pub(crate) storage: String,
    stores: Stores,
}

impl Deployment {
    /// Ends every connection once the work on it is done.
    pub(crate) async fn close(&self) {
        if let Some(queue) = &self.stores.connected {
            queue.close().await;
        }
        self.platform.storage().close().await;
    }
}

/// Where everything is kept.
struct Stores {
    storage: Arc<dyn Storage>,
    queue: Arc<dyn JobQueue>,
    /// A queue with connections of its own.
    connected: Option<PgQueue>,
    described: String,
}

/// Opens storage and builds the platform.
pub(crate) async fn deploy(options: &Options, settings: &Settings) -> Result<Deployment> {
    let redis = redis(options)?;
    let stores = open_stores(options, &settings.jobs, redis.as_ref()).await?;
    create_dir(&options.data_dir)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mailer = FolderMailer::new(options.data_dir.join("mail"));
    // Ends with the runtime.
    tokio::spawn(mailer.clone().tidy(Arc::clone(&clock)));
    let events = events(options, redis.as_ref(), &clock).await?;
    let cache = cache(redis.as_ref(), &events, &clock);
    let limiter = limiter(redis, &clock);
    let mut builder = Spotlight::builder();
    if let Some(secret) = &options.stripe_webhook_secret {
        builder = builder.stripe_webhook_secret(SecretString::from(secret.clone()));
    }
    let platform = builder
        .storage(Arc::clone(&stores.storage))
        .queue(Arc::clone(&stores.queue))
        .chat(Arc::new(ScriptedChatModel::new()))
        .events(events)
        .mailer(Arc::new(mailer))
        .files(Arc::new(LocalFileStore::new(options.data_dir.join("files"))))
        .limiter(limiter)
        .webhook_sender(Arc::new(HttpWebhookSender::new(webhooks(options))?))
        .cache(cache)
        .clock(clock)
        .secret_key(secret_key(options)?)
        .flag_overrides(flag_overrides()?)
        .build()?;
    Ok(Deployment { platform, storage: stores.described.clone(), stores })
}

/// Where webhooks may go.
fn webhooks(options: &Options) -> WebhookOptions {
    let usual = WebhookOptions::default();
    let allowed = usual.destinations;
    let ports = match options.webhooks_ports.as_slice() {
        [] => allowed.ports,
        ports if ports.contains(&0) => Ports::Any,
        ports => Ports::These(ports.to_vec()),
    };
    let destinations = Destinations {
        plain_http: options.webhooks_plain_http,
        private_networks: options.webhooks_private_networks,
        ports,
    };
    WebhookOptions { destinations, ..usual }
}

/// The Redis of the deployment, when it has one. It is connected when it is first used.
fn redis(options: &Options) -> Result<Option<RedisClient>> {
    options.redis_url.clone().map(|url| RedisClient::new(RedisOptions::new(url))).transpose()
}

/// Opens storage, and the queue: that of the database, or one in Redis, which the outbox fills.
async fn open_stores(options: &Options, jobs: &Jobs, redis: Option<&RedisClient>) -> Result<Stores> {
    match (jobs.adapter, redis) {
        (Adapter::Database, _) => {
            let database = Database::open(options, JobPlacement::Queue, jobs.change_over).await?;
            let (queue, connected) = database.queue().await?;
            Ok(Stores { storage: database.storage(), queue, connected, described: database.described })
        }
        (Adapter::Redis, Some(client)) => {
            let queue = jobs_in_redis(client).await?;
            let database = Database::open(options, JobPlacement::Outbox, jobs.change_over).await?;
            let storage = database.storage();
            let queue = Arc::new(OutboxQueue::new(Arc::new(queue), Arc::clone(&storage)));
            let described = format!("{}, jobs in Redis", database.described);
            Ok(Stores { storage, queue, connected: None, described })
        }
        (Adapter::Redis, None) => {
            let text = "jobs.adapter is \"redis\", and REDIS_URL does not say where that is; set it";
            Err(Error::new(ErrorKind::Misconfigured, text))
        }
    }
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
    async fn open(options: &Options, jobs: JobPlacement, change_jobs: bool) -> Result<Self> {
        if let Some(postgres) = postgres(options) {
            let postgres = PgOptions { jobs, change_jobs, ..postgres };
            let storage = Arc::new(PgStorage::connect(postgres.clone()).await?);
            return Ok(Self { kind: Kind::Postgres(storage, Box::new(postgres)), described: "Postgres".to_owned() });
        }
        let path = options.data_dir.join("spotlight.db");
        let opened = SqliteStorage::open(SqliteOptions { jobs, change_jobs, ..SqliteOptions::new(&path) }).await;
        let storage = opened.map_err(|error| {
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
fn postgres(options: &Options) -> Option<PgOptions> {
    let mut postgres = PgOptions::new(options.database_url.clone()?);
    postgres.pooler = options.database_pooler;
    postgres.direct_url = options.database_direct_url.clone().map(SecretString::from);
    Some(postgres)
}

/// Live events: what several processes share where there is a Redis or a Postgres.
async fn events(options: &Options, redis: Option<&RedisClient>, clock: &Arc<dyn Clock>) -> Result<Arc<dyn EventBus>> {
    if let Some(client) = redis {
        return Ok(Arc::new(RedisEventBus::new(client.clone())));
    }
    match postgres(options) {
        Some(postgres) => Ok(Arc::new(PgEventBus::connect(postgres).await?)),
        None => Ok(Arc::new(MemoryEventBus::new(Arc::clone(clock)))),
    }
}

/// What is read often, in the memory of each process. Where there is a Redis it is asked before the database; without,
/// processes tell each other over the bus what they have changed.
fn cache(redis: Option<&RedisClient>, events: &Arc<dyn EventBus>, clock: &Arc<dyn Clock>) -> Arc<dyn Cache> {
    let (events, clock, ids, settings) =
        (Arc::clone(events), Arc::clone(clock), Arc::new(SystemIds), TwoLevelSettings::default());
    match redis {
        // It does without a Redis that is away.
        Some(client) => {
            let remote = Arc::new(RedisCache::new(client.clone()));
            Arc::new(TwoLevelCache::new(remote, events, clock, ids, settings))
        }
        None => Arc::new(FleetCache::new(events, clock, ids, settings.max_bytes)),
    }
}

/// Limits, which without a Redis are each process's own.
fn limiter(redis: Option<RedisClient>, clock: &Arc<dyn Clock>) -> Arc<dyn RateLimiter> {
    let own: Arc<dyn RateLimiter> = Arc::new(MemoryRateLimiter::new(Arc::clone(clock)));
    let Some(client) = redis else { return own };
    let limiter = Arc::new(RedisRateLimiter::new(client));
    Arc::new(FallbackRateLimiter::new(limiter, own, Arc::clone(clock), BreakerSettings::default()))
}

fn create_dir(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| {
        Error::new(
            ErrorKind::Misconfigured,
            format!("the data folder {} cannot be made; choose another with --data-dir", path.display()),
        )
        .with_source(error)
    })
}

/// What the environment says about feature flags, as `ENABLE_NEW_CONSOLE=true`.
fn flag_overrides() -> Result<FlagOverrides> {
    let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    FlagOverrides::from_variables(std::env::vars_os().filter_map(text))
}

/// The key from the environment, or the one kept beside the data, made at the first start.
fn secret_key(options: &Options) -> Result<SecretString> {
    if let Some(key) = &options.secret_key_base {
        return Ok(SecretString::from(key.clone()));
    }
    let path = options.data_dir.join("secret.key");
    let unusable = |error: std::io::Error| {
        let text = format!("the key file {} cannot be used; mend it or set SECRET_KEY_BASE", path.display());
        Error::new(ErrorKind::Misconfigured, text).with_source(error)
    };
    match fs::read_to_string(&path) {
        Ok(key) => Ok(SecretString::from(key.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = hex(&SystemIds.secret());
            let mut open = fs::OpenOptions::new();
            open.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
            open.open(&path).and_then(|mut file| file.write_all(key.as_bytes())).map_err(unusable)?;
            Ok(SecretString::from(key))
        }
        Err(error) => Err(unusable(error)),
    }
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn allowed(arguments: &[&str]) -> WebhookOptions {
        webhooks(&Cli::parse_from(["server"].iter().chain(arguments)).options)
    }

    #[test]
    fn webhooks_go_to_the_internet_over_https_unless_more_is_allowed() {
        assert_eq!(allowed(&[]), WebhookOptions::default());
        assert!(!Destinations::default().plain_http && !Destinations::default().private_networks);
        let all = allowed(&["--webhooks-plain-http", "--webhooks-private-networks", "--webhooks-ports", "0"]);
        assert_eq!(all, WebhookOptions::development());
        assert_eq!(allowed(&["--webhooks-ports", "443,9443"]).destinations.ports, Ports::These(vec![443, 9443]));
    }
}
