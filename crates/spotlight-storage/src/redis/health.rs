//! Whether Redis answers.

use std::time::Duration;

use async_trait::async_trait;
use spotlight_core::{
    ErrorKind, Result,
    ports::{Finding, HealthCheck, HealthComponent, HealthSubject},
};
use tokio::time::Instant;

use super::RedisClient;

/// Less than the check may take, so that a connection that hangs is given up by its client and not by the check: the next
/// question goes over a new one then.
const PATIENCE: Duration = Duration::from_millis(600);

/// Asks Redis for a sign of life, over a connection of its own: that it is slow to answer a large script of others is not
/// what is asked, nor are others to lose their connection over it.
///
/// Not needed for traffic: without Redis the cache is asked of the database, limits are each process's own, live messages
/// and jobs wait in the database.
#[derive(Debug, Clone)]
pub struct RedisHealthCheck {
    client: RedisClient,
}

impl RedisHealthCheck {
    /// Of the server that this client uses.
    ///
    /// # Errors
    /// None that a client has not had already: `Misconfigured` when its URL cannot be read.
    pub fn new(client: &RedisClient) -> Result<Self> {
        Ok(Self { client: client.apart_within(PATIENCE)? })
    }
}

#[async_trait]
impl HealthCheck for RedisHealthCheck {
    fn subject(&self) -> HealthSubject {
        HealthSubject::new("redis").of(HealthComponent::Datastore)
    }

    async fn check(&self) -> Result<Finding> {
        let mut began = Instant::now();
        if let Err(error) = self.client.ping().await {
            if error.kind() != ErrorKind::Unavailable {
                return Err(error);
            }
            // A connection that broke says little about the server.
            began = Instant::now();
            self.client.ping().await?;
        }
        Ok(Finding::ok().took(began.elapsed()))
    }
}
