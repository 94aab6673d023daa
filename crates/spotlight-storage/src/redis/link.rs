//! The connection that all calls of a client share: made when it is first needed, and again when it is over.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicUsize, atomic::Ordering::Relaxed},
    time::Duration,
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, ServerErrorKind,
    TlsMode, Value,
    aio::{ConnectionLike, MultiplexedConnection, PubSub},
    cluster::{ClusterClient, ClusterClientBuilder},
    cluster_async::ClusterConnection,
    sentinel::{Sentinel, SentinelNodeConnectionInfo},
};

use super::{
    address::{Address, Watched},
    cluster,
};

/// How long a connection may take to be made, and a call to be answered.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    pub(super) connect: Duration,
    pub(super) response: Duration,
}

/// A connection. Clones share it, and calls do not wait for each other.
#[derive(Clone)]
pub(super) enum Connection {
    /// To one server, which was the master when it was made.
    Server(MultiplexedConnection),
    /// To every node that is asked for something.
    Cluster(ClusterConnection),
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Server(connection) => connection.req_packed_command(command),
            Self::Cluster(connection) => cluster::follow(connection, command).boxed(),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Server(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Server(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}

impl Connection {
    /// True when nothing more will come of it after this failure.
    pub(super) fn is_over(&self, failure: &RedisError) -> bool {
        match self {
            Self::Server(_) => {
                failure.is_io_error()
                    || failure.is_unrecoverable_error()
                    // It was the master once.
                    || matches!(failure.kind(), ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown))
            }
            // The driver connects to nodes again by itself, but not to one that hangs.
            Self::Cluster(_) => failure.is_timeout(),
        }
    }
}

/// Where connections come from.
enum Source {
    Server(Client),
    Cluster { client: ClusterClient, nodes: Vec<Client>, turn: AtomicUsize },
    Sentinel { sentinels: tokio::sync::Mutex<Sentinel>, name: String, master: SentinelNodeConnectionInfo },
}

impl Source {
    fn new(address: Address, patience: Patience) -> RedisResult<Self> {
        Ok(match address {
            Address::Server(server) => Self::Server(Client::open(server)?),
            Address::Cluster(nodes) => Self::Cluster {
                // The driver would send again what broke off and may have been done.
                client: ClusterClientBuilder::new(nodes.clone())
                    .retries(0)
                    .connection_timeout(patience.connect)
                    .response_timeout(patience.response)
                    .build()?,
                nodes: nodes.into_iter().map(Client::open).collect::<RedisResult<_>>()?,
                turn: AtomicUsize::new(0),
            },
            Address::Sentinel(Watched { sentinels, name, master, tls }) => {
                let settings = SentinelNodeConnectionInfo::default()
                    .set_redis_connection_info(master.redis_settings().clone())
                    .set_tcp_settings(master.tcp_settings().clone());
                let master = if tls { settings.set_tls_mode(TlsMode::Secure) } else { settings };
                Self::Sentinel { sentinels: tokio::sync::Mutex::new(Sentinel::build(sentinels)?), name, master }
            }
        })
    }

    async fn connect(&self, patience: Patience) -> RedisResult<Connection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(patience.connect))
            .set_response_timeout(Some(patience.response))
            .set_pipeline_buffer_size(1_024);
        let client = match self {
            Self::Cluster { client, .. } => return Ok(Connection::Cluster(client.get_async_connection().await?)),
            Self::Server(client) => client,
            Self::Sentinel { .. } => &self.server().await?,
        };
        Ok(Connection::Server(client.get_multiplexed_async_connection_with_config(&config).await?))
    }

    /// A server on which everything that is published is heard.
    async fn server(&self) -> RedisResult<Client> {
        match self {
            Self::Server(client) => Ok(client.clone()),
            // Nodes tell each other what is published. After one that is away another is tried.
            Self::Cluster { nodes, turn, .. } => Ok(nodes[turn.fetch_add(1, Relaxed) % nodes.len()].clone()),
            Self::Sentinel { sentinels, name, master } => {
                sentinels.lock().await.async_master_for(name, Some(master)).await
            }
        }
    }
}

/// A connection that is being made, or was made. Whoever needs it meanwhile waits for the same one.
pub(super) type Connecting = Shared<BoxFuture<'static, RedisResult<Connection>>>;

/// What calls go over.
pub(super) struct Link {
    source: Arc<Source>,
    patience: Patience,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    /// How many there have been.
    number: u64,
    connecting: Option<Connecting>,
}

impl Link {
    pub(super) fn new(address: Address, patience: Patience) -> RedisResult<Self> {
        Ok(Self { source: Arc::new(Source::new(address, patience)?), patience, current: Mutex::default() })
    }

    /// The connection, and its number.
    pub(super) fn current(&self) -> (u64, Connecting) {
        let mut current = self.lock();
        if let Some(connecting) = &current.connecting {
            return (current.number, connecting.clone());
        }
        let (source, patience) = (Arc::clone(&self.source), self.patience);
        let connecting = async move { source.connect(patience).await }.boxed().shared();
        current.number += 1;
        current.connecting = Some(connecting.clone());
        (current.number, connecting)
    }

    /// Has the next call connect again, unless somebody has done so since.
    pub(super) fn forget(&self, number: u64) {
        let mut current = self.lock();
        if current.number == number {
            current.connecting = None;
        }
    }

    /// A connection of its own for listening.
    pub(super) async fn listen(&self) -> RedisResult<PubSub> {
        self.source.server().await?.get_async_pubsub().await
    }

    /// True when a listener can miss what is published although its connection holds: nodes of a cluster tell each other
    /// over connections of theirs.
    pub(super) fn listens_through_others(&self) -> bool {
        matches!(*self.source, Source::Cluster { .. })
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
