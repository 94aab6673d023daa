//! Puts a platform together: which adapter stands behind which port.

use std::{ffi::OsString, fs, io::Write, path::Path, sync::Arc};

use secrecy::SecretString;
use spotlight_core::{
    Error, ErrorKind, Result, Spotlight,
    decorators::{BreakerSettings, FallbackRateLimiter, OutboxQueue},
    local::{FolderMailer, LocalFileStore},
    memory::{MemoryEventBus, MemoryRateLimiter},
    ports::{Clock, EventBus, IdGenerator, JobPlacement, JobQueue, RateLimiter, Storage, SystemClock, SystemIds},
    scripted::ScriptedChatModel,
    services::flags::FlagOverrides,
};
use spotlight_providers::webhooks::{HttpWebhookSender, Ports, WebhookOptions};
use spotlight_storage::{
    postgres::{PgEventBus, PgOptions, PgQueue, PgStorage},
    redis::{RedisClient, RedisEventBus, RedisOptions, RedisQueue, RedisRateLimiter},
    sqlite::{SqliteOptions, SqliteQueue, SqliteStorage},
};

use crate::{
    cli::Options,
    settings::{Adapter, Settings},
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
    let stores = open_stores(options, settings.jobs.adapter, redis.as_ref()).await?;
    create_dir(&options.data_dir)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mailer = FolderMailer::new(options.data_dir.join("mail"));
    // Ends with the runtime.
    tokio::spawn(mailer.clone().tidy(Arc::clone(&clock)));
    let events = events(options, redis.as_ref(), &clock).await?;
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
        .clock(clock)
        .secret_key(secret_key(options)?)
        .flag_overrides(flag_overrides()?)
        .build()?;
    Ok(Deployment { platform, storage: stores.described.clone(), stores })
}

/// Where webhooks may go.
fn webhooks(options: &Options) -> WebhookOptions {
    let usual = WebhookOptions::default();
    let ports = match options.webhooks_ports.as_slice() {
        [] => usual.ports,
        ports if ports.contains(&0) => Ports::Any,
        ports => Ports::These(ports.to_vec()),
    };
    WebhookOptions {
        plain_http: options.webhooks_plain_http,
        private_networks: options.webhooks_private_networks,
        ports,
        ..usual
    }
}

/// The Redis of the deployment, when it has one. It is connected when it is first used.
fn redis(options: &Options) -> Result<Option<RedisClient>> {
    options.redis_url.clone().map(|url| RedisClient::new(RedisOptions::new(url))).transpose()
}

/// Opens storage, and the queue: that of the database, or one in Redis, which the outbox fills.
async fn open_stores(options: &Options, adapter: Adapter, redis: Option<&RedisClient>) -> Result<Stores> {
    let queue = match (adapter, redis) {
        (Adapter::Database, _) => return open_database(options, JobPlacement::Queue).await,
        (Adapter::Redis, Some(client)) => RedisQueue::connect(client.clone(), Arc::new(SystemIds)).await?,
        (Adapter::Redis, None) => {
            let text = "jobs.adapter is \"redis\", and REDIS_URL does not say where that is; set it";
            return Err(Error::new(ErrorKind::Misconfigured, text));
        }
    };
    let stores = open_database(options, JobPlacement::Outbox).await?;
    if let Some(unused) = &stores.connected {
        unused.close().await;
    }
    let queue = Arc::new(OutboxQueue::new(Arc::new(queue), Arc::clone(&stores.storage)));
    Ok(Stores { queue, connected: None, described: format!("{}, jobs in Redis", stores.described), ..stores })
}

/// The Postgres of the deployment, when it has one.
fn postgres(options: &Options, jobs: JobPlacement) -> Option<PgOptions> {
    let mut postgres = PgOptions::new(options.database_url.clone()?);
    postgres.pooler = options.database_pooler;
    postgres.direct_url = options.database_direct_url.clone().map(SecretString::from);
    postgres.jobs = jobs;
    Some(postgres)
}

async fn open_database(options: &Options, jobs: JobPlacement) -> Result<Stores> {
    if let Some(postgres) = postgres(options, jobs) {
        let storage = Arc::new(PgStorage::connect(postgres.clone()).await?);
        let queue = PgQueue::connect(postgres).await?;
        let described = "Postgres".to_owned();
        return Ok(Stores { storage, queue: Arc::new(queue.clone()), connected: Some(queue), described });
    }
    let path = options.data_dir.join("spotlight.db");
    let storage = SqliteStorage::open(SqliteOptions { jobs, ..SqliteOptions::new(&path) }).await.map_err(|error| {
        let text = format!("the database {} cannot be used", path.display());
        Error::new(error.kind(), text).with_retry(error.retry()).with_source(error)
    })?;
    let queue = Arc::new(SqliteQueue::new(&storage));
    let described = format!("SQLite in {}", path.display());
    Ok(Stores { storage: Arc::new(storage), queue, connected: None, described })
}

/// Live events: what several processes share where there is a Redis or a Postgres.
async fn events(options: &Options, redis: Option<&RedisClient>, clock: &Arc<dyn Clock>) -> Result<Arc<dyn EventBus>> {
    if let Some(client) = redis {
        return Ok(Arc::new(RedisEventBus::new(client.clone())));
    }
    match postgres(options, JobPlacement::Queue) {
        Some(postgres) => Ok(Arc::new(PgEventBus::connect(postgres).await?)),
        None => Ok(Arc::new(MemoryEventBus::new(Arc::clone(clock)))),
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
        assert!(!WebhookOptions::default().plain_http && !WebhookOptions::default().private_networks);
        let all = allowed(&["--webhooks-plain-http", "--webhooks-private-networks", "--webhooks-ports", "0"]);
        assert_eq!(all, WebhookOptions::development());
        assert_eq!(allowed(&["--webhooks-ports", "443,9443"]).ports, Ports::These(vec![443, 9443]));
    }
}
