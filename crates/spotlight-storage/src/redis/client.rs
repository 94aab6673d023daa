//! The connection that adapters share.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use redis::{ErrorKind, FromRedisValue, RedisError, RedisResult, ScriptInvocation, ServerErrorKind, aio::PubSub};
use spotlight_core::Result;

use super::{
    error,
    link::{Connection, Link},
    options::RedisOptions,
};

/// So often a script that a node did not know is sent to it again.
const NODES_THAT_DO_NOT_KNOW: usize = 3;

/// Redis, as adapters use it: one server, a cluster, or the master that sentinels name; see [`RedisOptions`]. Clones
/// share one connection, on which calls do not wait for each other.
///
/// A call that fails is not made again, since it may have been done; the next one connects again, to whichever server is
/// the master then. After a failover that is a matter of the sentinels' or the cluster's own time limits.
#[derive(Clone)]
pub struct RedisClient(Arc<Inner>);

struct Inner {
    options: RedisOptions,
    link: Link,
}

impl RedisClient {
    /// A client that connects when it is first used, and again whenever the connection was lost.
    ///
    /// Needs a runtime of tokio, whose end ends the connection.
    ///
    /// # Errors
    /// `Misconfigured` when the URL or the namespace cannot be read.
    pub fn new(options: RedisOptions) -> Result<Self> {
        let link = options.open()?;
        Ok(Self(Arc::new(Inner { options, link })))
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

    /// Asks the server whether it is there; in a cluster, every master.
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

    /// One command. In a cluster all its keys are in one slot.
    pub(super) async fn call<T: FromRedisValue>(&self, command: redis::Cmd) -> Result<T> {
        self.over(async |mut connection: Connection| command.query_async(&mut connection).await).await
    }

    /// One script. In a cluster all its keys are in one slot.
    pub(super) async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T> {
        self.over(async |mut connection: Connection| {
            let mut left = NODES_THAT_DO_NOT_KNOW;
            loop {
                match script.invoke_async(&mut connection).await {
                    // A slot moved in between, to a node that has not been told yet.
                    Err(failure) if failure.kind() == ErrorKind::Server(ServerErrorKind::NoScript) && left > 0 => {
                        left -= 1;
                    }
                    answer => return answer,
                }
            }
        })
        .await
    }

    /// A connection of its own on which everything that is published in Redis can be heard.
    pub(super) async fn listen(&self) -> Result<PubSub> {
        self.in_time(self.0.link.listen()).await
    }

    /// True when a listener can miss what is published although its connection holds, as in a cluster.
    pub(super) fn listens_through_others(&self) -> bool {
        self.0.link.listens_through_others()
    }

    /// True when some keys can be away while others are there.
    pub(super) fn is_cluster(&self) -> bool {
        // Which is why listeners can miss something there.
        self.listens_through_others()
    }

    /// A client of the same server with another connection.
    pub(super) fn apart(&self) -> Result<Self> {
        Self::new(self.0.options.clone())
    }

    /// A client of the same server with another connection, over which everything may take so long.
    pub(super) fn apart_within(&self, time: Duration) -> Result<Self> {
        let mut options = self.0.options.clone();
        options.connect_timeout = options.connect_timeout.min(time);
        options.response_timeout = options.response_timeout.min(time);
        Self::new(options)
    }

    /// How long a call may take.
    pub(super) fn response_timeout(&self) -> Duration {
        self.0.options.response_timeout
    }

    /// An answer of the driver, or `Timeout`.
    pub(super) async fn in_time<T>(&self, answer: impl Future<Output = RedisResult<T>>) -> Result<T> {
        match tokio::time::timeout(self.0.options.response_timeout, answer).await {
            Ok(answer) => answer.map_err(|failure| error::map(&failure)),
            Err(_) => Err(error::timed_out()),
        }
    }

    /// A call over the connection that is shared, which is made anew for the next call when it is over.
    pub(super) async fn over<T>(&self, call: impl AsyncFnOnce(Connection) -> RedisResult<T>) -> Result<T> {
        let (number, connecting) = self.0.link.current();
        let answer = async {
            let connection = connecting.await.map_err(|failure| (failure, true))?;
            let kept = connection.clone();
            call(connection).await.map_err(|failure| {
                let over = kept.is_over(&failure);
                (failure, over)
            })
        };
        // The driver's own limits do not cover waiting for a connection that others are making.
        match tokio::time::timeout(self.0.options.response_timeout, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err((failure, over))) => {
                if over {
                    self.0.link.forget(number);
                }
                Err(self.map(&failure))
            }
            Err(_) => {
                self.0.link.forget(number);
                Err(error::timed_out())
            }
        }
    }

    fn map(&self, failure: &RedisError) -> spotlight_core::Error {
        if self.0.link.listens_through_others() && failure.is_cluster_error() {
            error::moving(failure)
        } else {
            error::map(failure)
        }
    }
}

impl fmt::Debug for RedisClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisClient").field(&self.0.options).finish()
    }
}
