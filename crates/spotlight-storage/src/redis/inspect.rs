//! How each node of Redis is, as it says itself.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use redis::{
    FromRedisValue, Value,
    cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo},
};
use spotlight_core::{Error, ErrorKind, Result};
use spotlight_derive::RedactedDebug;

use super::{RedisClient, link::Connection};

/// What a node says of itself.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct RedisNode {
    /// Its version.
    #[debug(shown = "the server's own word")]
    pub version: String,
    /// `master` or `slave`, as Redis calls them.
    #[debug(shown = "the server's own word")]
    pub role: String,
    /// Bytes it holds.
    pub used_memory: u64,
    /// Bytes it may hold; 0 for as many as there are.
    pub max_memory: u64,
    /// What it does when it holds as many, as `noeviction`.
    #[debug(shown = "the server's own word")]
    pub eviction: String,
    /// Keys it has thrown away for want of memory.
    pub evicted: u64,
    /// Clients that are connected.
    pub clients: u64,
    /// Clients that may be; 0 where it does not say.
    pub max_clients: u64,
    /// Connections it has refused because there were too many.
    pub rejected: u64,
    /// The last try to save to disk failed.
    pub save_failed: bool,
    /// Its clock, of one server alone.
    pub time: Option<DateTime<Utc>>,
}

impl RedisNode {
    fn read(info: &str, time: Option<DateTime<Utc>>) -> Self {
        let fields: BTreeMap<_, _> = info.lines().filter_map(|line| line.trim_end().split_once(':')).collect();
        let text = |name| fields.get(name).copied().unwrap_or_default().to_owned();
        let number = |name| fields.get(name).and_then(|value| value.parse().ok()).unwrap_or_default();
        Self {
            version: text("redis_version"),
            role: text("role"),
            used_memory: number("used_memory"),
            max_memory: number("maxmemory"),
            eviction: text("maxmemory_policy"),
            evicted: number("evicted_keys"),
            clients: number("connected_clients"),
            max_clients: number("maxclients"),
            rejected: number("rejected_connections"),
            save_failed: text("rdb_last_bgsave_status") == "err" || text("aof_last_write_status") == "err",
            time,
        }
    }
}

impl RedisClient {
    /// What every node says of itself; of a server, or of the master that sentinels name, the one.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when one does not answer, `Misconfigured` when it refuses this user.
    pub async fn inspect(&self) -> Result<Vec<RedisNode>> {
        if self.is_cluster() {
            let answers = self.everywhere(redis::cmd("INFO")).await?;
            return Ok(answers.iter().map(|info| RedisNode::read(info, None)).collect());
        }
        let info: String = self.call(redis::cmd("INFO")).await?;
        let (seconds, micros): (i64, u32) = self.call(redis::cmd("TIME")).await?;
        let time = DateTime::from_timestamp(seconds, micros.saturating_mul(1_000));
        Ok(vec![RedisNode::read(&info, time)])
    }

    /// The answers of all nodes of a cluster to one command.
    async fn everywhere(&self, command: redis::Cmd) -> Result<Vec<String>> {
        let answers: Value = self
            .over(async |connection: Connection| match connection {
                Connection::Cluster(mut cluster) => {
                    cluster
                        .route_command(
                            command.clone(),
                            RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllNodes, None)),
                        )
                        .await
                }
                Connection::Server(mut server) => command.query_async(&mut server).await,
            })
            .await?;
        let unread = || Error::new(ErrorKind::Unavailable, "Redis' answer about its nodes cannot be read");
        let Value::Map(answers) = answers else { return Err(unread()) };
        answers.into_iter().map(|(_, answer)| String::from_redis_value(answer).map_err(|_| unread())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_says_is_read_and_what_it_leaves_out_is_nothing() {
        let info = "# Server\r\nredis_version:7.2.4\r\nrole:master\r\nused_memory:1048576\r\nmaxmemory:2097152\r\n\
                    maxmemory_policy:allkeys-lru\r\nevicted_keys:7\r\nrdb_last_bgsave_status:err\r\n\r\n";
        let node = RedisNode::read(info, None);
        assert_eq!(
            (node.version.as_str(), node.role.as_str(), node.eviction.as_str()),
            ("7.2.4", "master", "allkeys-lru")
        );
        assert_eq!((node.used_memory, node.max_memory, node.evicted, node.clients), (1 << 20, 2 << 20, 7, 0));
        assert!(node.save_failed);
    }
}
