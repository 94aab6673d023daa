//! Puts a platform together: which adapter stands behind which port. Explicit code, to read and to copy from.

mod connections;
mod key;
mod operator;
mod shared;
mod stored;
mod stores;

use std::{fs, path::Path, sync::Arc};

use spotlight_core::{
    Error, ErrorKind, Result, Spotlight, SpotlightBuilder,
    domain::{
        deployment::PoolsRenewed,
        destination::{Destinations, Ports},
    },
    local::{FolderMailer, LocalFileStore},
    metrics::Metrics,
    ports::{Clock, FigureSource, SystemClock},
    scripted::ScriptedChatModel,
};
use spotlight_providers::webhooks::{HttpWebhookSender, WebhookOptions};
use tokio_util::sync::CancellationToken;

pub use self::operator::Operator;
use self::stores::Stores;
pub(crate) use self::{shared::redis, stored::Stored};
use crate::{
    config::{Config, Webhooks},
    health,
    metrics::{self, OwnPool},
};

/// A platform, and what it stands on.
pub struct Deployment {
    platform: Spotlight,
    stores: Stores,
    /// Ends the watch over flags and settings.
    unwatched: CancellationToken,
}

impl std::fmt::Debug for Deployment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Deployment({})", self.stores.described)
    }
}

impl Deployment {
    /// Opens the stores that the settings name and builds the platform over them. Ends with [`close`](Self::close).
    ///
    /// # Errors
    /// `Misconfigured` for what cannot be used; `Unavailable` and `Timeout` when the database is away. A Redis that is away
    /// keeps nobody from starting.
    pub async fn open(config: &Config) -> Result<Self> {
        Self::open_with(config, []).await
    }

    /// The same, which shows these figures besides.
    pub(crate) async fn open_with(
        config: &Config,
        figures: impl IntoIterator<Item = Arc<dyn FigureSource>>,
    ) -> Result<Self> {
        let redis = shared::redis(config)?;
        let counts = Arc::new(Metrics::new());
        let stores = Stores::open(config, redis.as_ref()).await?;
        let data_dir = &config.general.data_dir;
        create_dir(data_dir)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let mailer = FolderMailer::new(data_dir.join("mail"));
        // Ends with the runtime.
        tokio::spawn(mailer.clone().tidy(Arc::clone(&clock)));
        let (events, on_postgres) = shared::events(config, redis.as_ref(), &clock).await?;
        let cache = shared::cache(redis.as_ref(), &events, &clock, &counts);
        let checks = health::checks(config, redis.as_ref())?;
        let limiter = shared::limiter(redis, &clock, &counts);
        let mut builder = checks.into_iter().fold(Spotlight::builder(), SpotlightBuilder::health_check);
        if let Some(secret) = &config.billing.webhook_secret {
            builder = builder.stripe_webhook_secret(secret.clone());
        }
        if let Some(url) = &config.server.public_url {
            builder = builder.public_url(url);
        }
        builder = metrics::sources().into_iter().chain(figures).fold(builder, SpotlightBuilder::figure_source);
        if let Some(queue) = stores.connected.clone() {
            builder = builder.figure_source(Arc::new(OwnPool::new("queue_pool", move || queue.pool())));
        }
        let (renew, of_events) = (stores.renew(), on_postgres.clone());
        let renew = move || {
            renew();
            if let Some(events) = &of_events {
                events.renew_connections();
            }
        };
        if let Some(events) = on_postgres {
            builder = builder.figure_source(Arc::new(OwnPool::new("event_pool", move || events.pool())));
        }
        let platform = builder
            .metrics(counts)
            .storage(Arc::clone(&stores.storage))
            .queue(Arc::clone(&stores.queue))
            .chat(Arc::new(ScriptedChatModel::new()))
            .events(events)
            .mailer(Arc::new(mailer))
            .files(Arc::new(LocalFileStore::new(data_dir.join("files"))))
            .limiter(limiter)
            .webhook_sender(Arc::new(HttpWebhookSender::new(webhooks(&config.webhooks))?))
            .cache(cache)
            .clock(clock)
            .secret_key(key::of(config)?)
            .previous_secret_keys(config.secrets.previous.iter().cloned())
            .flag_overrides(config.flags.clone())
            .maintenance(config.general.maintenance)
            .build()?;
        let unwatched = CancellationToken::new();
        let (watched, end) = (platform.clone(), unwatched.clone());
        tokio::spawn(async move { watched.watch(end).await });
        tokio::spawn(pools(platform.clone(), renew, unwatched.clone()));
        Ok(Self { platform, stores, unwatched })
    }

    /// The platform. Cheap to clone.
    pub fn platform(&self) -> &Spotlight {
        &self.platform
    }

    /// What the data lies in, in words without addresses.
    pub fn storage(&self) -> &str {
        &self.stores.described
    }

    /// Ends every connection once the work on it is done.
    pub async fn close(&self) {
        self.unwatched.cancel();
        if let Some(queue) = &self.stores.connected {
            queue.close().await;
        }
        self.platform.storage().close().await;
    }
}

/// Has connections made anew whenever an operator has said so since this process began.
async fn pools(platform: Spotlight, renew: impl Fn(), end: CancellationToken) {
    let mut settings = platform.deployment().follow();
    let mut last = Some(platform.clock().now());
    loop {
        let said = settings.borrow_and_update().pools_renewed.map(|PoolsRenewed(at)| at);
        if said > last {
            last = said;
            tracing::info!("connections to the database are made anew, as the operator has said");
            renew();
        }
        tokio::select! {
            changed = settings.changed() => if changed.is_err() { return },
            () = end.cancelled() => return,
        }
    }
}

/// Where webhooks may go.
fn webhooks(settings: &Webhooks) -> WebhookOptions {
    let ports = if settings.ports.contains(&0) { Ports::Any } else { Ports::These(settings.ports.clone()) };
    let destinations =
        Destinations { plain_http: settings.plain_http, private_networks: settings.private_networks, ports };
    WebhookOptions { destinations, ..WebhookOptions::default() }
}

fn create_dir(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| {
        let text = format!("the data folder {} cannot be made; choose another with SPOTLIGHT_DATA_DIR", path.display());
        Error::new(ErrorKind::Misconfigured, text).with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn allowed(variables: &[(&str, &str)]) -> WebhookOptions {
        let sources = Sources::none().with_variables(variables.iter().copied());
        webhooks(&Config::read(&sources).expect("a configuration").webhooks)
    }

    #[test]
    fn webhooks_go_to_the_internet_over_https_unless_more_is_allowed() {
        assert_eq!(allowed(&[]), WebhookOptions::default());
        assert!(!Destinations::default().plain_http && !Destinations::default().private_networks);
        let all = [
            ("SPOTLIGHT_WEBHOOKS_PLAIN_HTTP", "true"),
            ("SPOTLIGHT_WEBHOOKS_PRIVATE_NETWORKS", "true"),
            ("SPOTLIGHT_WEBHOOKS_PORTS", "0"),
        ];
        assert_eq!(allowed(&all), WebhookOptions::development());
        let ports = allowed(&[("SPOTLIGHT_WEBHOOKS_PORTS", "443, 9443")]).destinations.ports;
        assert_eq!(ports, Ports::These(vec![443, 9443]));
    }
}
