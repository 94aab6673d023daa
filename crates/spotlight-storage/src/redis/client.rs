//! The connection that adapters share.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use redis::{
    Client, FromRedisValue, RedisResult, ScriptInvocation,
    aio::{ConnectionManager, ConnectionManagerConfig, PubSub},
};
use spotlight_core::Result;

use super::{error, options::RedisOptions};

/// A server of Redis, as adapters use it. Clones share one connection, on which calls do not wait for each other.
#[derive(Clone)]
pub struct RedisClient(Arc<Inner>);

struct Inner {
    options: RedisOptions,
    client: Client,
    manager: ConnectionManager,
}

impl RedisClient {
    /// A client that connects when it is first used, and again whenever the connection was lost.
    ///
    /// Needs a runtime of tokio, whose end ends the connection.
    ///
    /// # Errors
    /// `Misconfigured` when the URL or the namespace cannot be read.
    pub fn new(options: RedisOptions) -> Result<Self> {
        let client = options.open()?;
        // One attempt: a caller is told at once that the server is away, and the next call tries again.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(options.connect_timeout))
            .set_response_timeout(Some(options.response_timeout))
            .set_pipeline_buffer_size(1_024);
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), config);
        let manager = manager.map_err(|failure| error::map(&failure))?;
        Ok(Self(Arc::new(Inner { options, client, manager })))
    }

    /// The same as [`new`](Self::new), and the server has answered.
    ///
    /// # Errors
    /// As [`new`](Self::new) and [`ping`](Self::ping).
    pub async fn connect(options: RedisOptions) -> Result<Self> {
        let client = Self::new(options)?;
        client.ping().await?;
        Ok(client)
    }

    /// Asks the server whether it is there.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when it is not, `Misconfigured` when it refuses this user.
    pub async fn ping(&self) -> Result<()> {
        self.call(redis::cmd("PING")).await
    }

    /// What every key begins with.
    pub fn namespace(&self) -> &str {
        &self.0.options.namespace
    }

    pub(super) async fn call<T: FromRedisValue>(&self, command: redis::Cmd) -> Result<T> {
        let mut manager = self.0.manager.clone();
        self.in_time(async move { command.query_async(&mut manager).await }).await
    }

    pub(super) async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T> {
        let mut manager = self.0.manager.clone();
        self.in_time(async move { script.invoke_async(&mut manager).await }).await
    }

    /// The driver's client, for connections of another kind.
    pub(super) fn driver(&self) -> &Client {
        &self.0.client
    }

    /// A connection of its own on which everything that is published in Redis can be heard.
    pub(super) async fn listen(&self) -> Result<PubSub> {
        self.in_time(self.0.client.get_async_pubsub()).await
    }

    /// A client of the same server with another connection.
    pub(super) fn apart(&self) -> Result<Self> {
        Self::new(self.0.options.clone())
    }

    /// How long a call may take.
    pub(super) fn response_timeout(&self) -> Duration {
        self.0.options.response_timeout
    }

    /// An answer of the driver, or `Timeout`.
    pub(super) async fn in_time<T>(&self, answer: impl Future<Output = RedisResult<T>>) -> Result<T> {
        // The driver's own limits do not cover waiting for a connection that others are making.
        match tokio::time::timeout(self.0.options.response_timeout, answer).await {
            Ok(answer) => answer.map_err(|failure| error::map(&failure)),
            Err(_) => Err(error::timed_out()),
        }
    }
}

impl fmt::Debug for RedisClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisClient").field(&self.0.options).finish()
    }
}
