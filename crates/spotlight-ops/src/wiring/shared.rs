//! What processes share: over Redis where there is one, else over Postgres, else with nobody.

use std::sync::Arc;

use secrecy::ExposeSecret;
use spotlight_core::{
    Result,
    decorators::{BreakerSettings, FallbackRateLimiter, FleetCache, TwoLevelCache, TwoLevelSettings},
    memory::{MemoryEventBus, MemoryRateLimiter},
    metrics::Metrics,
    ports::{Cache, Clock, EventBus, RateLimiter, SystemIds},
};
use spotlight_storage::{
    postgres::PgEventBus,
    redis::{RedisCache, RedisClient, RedisEventBus, RedisOptions, RedisRateLimiter},
};

use super::stores::postgres;
use crate::config::Config;

/// The Redis of the deployment, when it has one. It is connected when it is first used.
pub(crate) fn redis(config: &Config) -> Result<Option<RedisClient>> {
    let Some(url) = &config.redis.url else { return Ok(None) };
    let options = RedisOptions {
        namespace: config.redis.namespace.clone(),
        response_timeout: config.redis.timeout,
        ..RedisOptions::new(url.expose_secret())
    };
    RedisClient::new(options).map(Some)
}

/// Live events: what several processes share where there is a Redis or a Postgres. And once more when they are on Postgres,
/// with connections of their own.
pub(super) async fn events(
    config: &Config,
    redis: Option<&RedisClient>,
    clock: &Arc<dyn Clock>,
) -> Result<(Arc<dyn EventBus>, Option<PgEventBus>)> {
    if let Some(client) = redis {
        return Ok((Arc::new(RedisEventBus::new(client.clone())), None));
    }
    match postgres(config) {
        Some(postgres) => {
            let events = PgEventBus::connect(postgres).await?;
            Ok((Arc::new(events.clone()), Some(events)))
        }
        None => Ok((Arc::new(MemoryEventBus::new(Arc::clone(clock))), None)),
    }
}

/// What is read often, in the memory of each process. Where there is a Redis it is asked before the database; without,
/// processes tell each other over the bus what they have changed.
pub(super) fn cache(
    redis: Option<&RedisClient>,
    events: &Arc<dyn EventBus>,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
) -> Arc<dyn Cache> {
    let (events, clock, ids, settings) =
        (Arc::clone(events), Arc::clone(clock), Arc::new(SystemIds), TwoLevelSettings::default());
    match redis {
        // It does without a Redis that is away.
        Some(client) => {
            let remote = Arc::new(RedisCache::new(client.clone()));
            Arc::new(TwoLevelCache::new(remote, events, clock, ids, settings).watched_by(metrics))
        }
        None => Arc::new(FleetCache::new(events, clock, ids, settings.max_bytes).watched_by(metrics)),
    }
}

/// Limits, which without a Redis are each process's own.
pub(super) fn limiter(redis: Option<RedisClient>, clock: &Arc<dyn Clock>, metrics: &Metrics) -> Arc<dyn RateLimiter> {
    let own: Arc<dyn RateLimiter> = Arc::new(MemoryRateLimiter::new(Arc::clone(clock)));
    let Some(client) = redis else { return own };
    let limiter = Arc::new(RedisRateLimiter::new(client));
    let limiter = FallbackRateLimiter::new(limiter, own, Arc::clone(clock), BreakerSettings::default());
    Arc::new(limiter.watched_by(metrics))
}
