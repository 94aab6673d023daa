//! A throwaway cluster of Redis.

use std::sync::OnceLock;

use super::{Running, on_free_ports, run_with, tell, until, wait_for_replica};
use crate::server::free_port;

/// So many slots has a cluster.
const SLOTS: usize = 16_384;

/// Three masters, and a replica of the first, that end with this value, or with this process. They keep nothing on disk.
///
/// A master that does not answer is given up after a second; then its replica takes over, and without one the others go
/// on with their own slots.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<(u16, Option<Running>)>,
}

impl RedisCluster {
    /// Starts a cluster.
    ///
    /// # Panics
    /// When Redis is not installed, or the cluster does not come about.
    pub fn start() -> Self {
        let mut nodes = Vec::new();
        let mut buses = Vec::new();
        for _ in 0..4 {
            let (port, (running, bus)) = on_free_ports(|port| {
                let bus = free_port();
                let bus_text = bus.to_string();
                let settings = [
                    ("--cluster-enabled", "yes"),
                    ("--cluster-port", &bus_text),
                    ("--cluster-node-timeout", "1000"),
                    ("--cluster-require-full-coverage", "no"),
                    ("--repl-diskless-sync-delay", "0"),
                ];
                Ok((run_with(port, &settings)?, bus))
            });
            nodes.push((port, Some(running)));
            buses.push(bus);
        }
        let cluster = Self { nodes };
        for (place, (port, _)) in cluster.nodes.iter().enumerate() {
            let done = tell(*port, &format!("CLUSTER SET-CONFIG-EPOCH {}", place + 1));
            assert!(done.starts_with("+OK"), "{done}");
            if place < 3 {
                let (first, end) = (place * SLOTS / 3, (place + 1) * SLOTS / 3);
                let done = tell(*port, &format!("CLUSTER ADDSLOTSRANGE {first} {}", end - 1));
                assert!(done.starts_with("+OK"), "{done}");
            }
        }
        let first = cluster.nodes[0].0;
        for ((port, _), bus) in cluster.nodes.iter().zip(&buses).skip(1) {
            let done = tell(first, &format!("CLUSTER MEET 127.0.0.1 {port} {bus}"));
            assert!(done.starts_with("+OK"), "{done}");
        }
        let info = |port: u16, wanted: &str| tell(port, "CLUSTER INFO").contains(wanted);
        let acquainted = |port: u16| info(port, "cluster_known_nodes:4") && info(port, "cluster_slots_ok:16384");
        until("the nodes of the cluster know each other", || cluster.nodes.iter().all(|(port, _)| acquainted(*port)));
        let replica = cluster.nodes[3].0;
        let id = cluster.id(0);
        until("a node becomes a replica", || tell(replica, &format!("CLUSTER REPLICATE {id}")).starts_with("+OK"));
        until("the replica follows", || tell(replica, "INFO replication").contains("master_link_status:up"));
        let whole =
            |port: u16| info(port, "cluster_state:ok") && tell(port, "CLUSTER NODES").matches("slave").count() == 1;
        until("every node says that the cluster is well", || cluster.nodes.iter().all(|(port, _)| whole(*port)));
        cluster
    }

    /// The cluster of this process.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisCluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Where it is.
    pub fn url(&self) -> String {
        let nodes: Vec<_> = self.nodes[..3].iter().map(|(port, _)| format!("127.0.0.1:{port}")).collect();
        format!("redis+cluster://{}", nodes.join(","))
    }

    /// Ends the first master. Its replica takes over.
    pub fn stop_first_master(&mut self) {
        self.nodes[0].1 = None;
    }

    /// Ends the replica of the first master, which nothing takes the place of then.
    pub fn stop_replica(&mut self) {
        self.nodes[3].1 = None;
    }

    /// Waits until the replica of the first master has what was written there.
    ///
    /// # Panics
    /// When it does not follow.
    pub fn wait_for_replica(&self) {
        wait_for_replica(self.nodes[0].0, self.nodes[3].0);
    }

    /// Has the first master do nothing any more, while connections to it stand. Its replica takes over.
    ///
    /// # Panics
    /// When it has ended.
    pub fn freeze_first_master(&self) {
        self.nodes[0].1.as_ref().expect("the master runs").freeze();
    }

    /// Begins to give a slot of the first master to the second.
    ///
    /// # Panics
    /// When the cluster does not take it.
    pub fn begin_to_move(&self, slot: u16) {
        let [from, to] = [0, 1].map(|place| self.nodes[place].0);
        let (from_id, to_id) = (self.id(0), self.id(1));
        for (port, command) in [
            (to, format!("CLUSTER SETSLOT {slot} IMPORTING {from_id}")),
            (from, format!("CLUSTER SETSLOT {slot} MIGRATING {to_id}")),
        ] {
            let done = tell(port, &command);
            assert!(done.starts_with("+OK"), "{done}");
        }
    }

    /// Moves what is in a slot that has begun to move.
    ///
    /// # Panics
    /// When the cluster does not take it.
    pub fn end_move(&self, slot: u16) {
        let [from, to] = [0, 1].map(|place| self.nodes[place].0);
        loop {
            let keys = tell(from, &format!("CLUSTER GETKEYSINSLOT {slot} 100"));
            let keys: Vec<_> = keys.lines().skip(1).filter(|line| !line.starts_with(['$', '+'])).collect();
            if keys.is_empty() {
                break;
            }
            let done = tell(from, &format!("MIGRATE 127.0.0.1 {to} \"\" 0 5000 KEYS {}", keys.join(" ")));
            assert!(done.starts_with("+OK"), "{done}");
        }
        let id = self.id(1);
        for port in [to, from] {
            let done = tell(port, &format!("CLUSTER SETSLOT {slot} NODE {id}"));
            assert!(done.starts_with("+OK"), "{done}");
        }
    }

    /// The slot of a key, when the first master has it.
    ///
    /// # Panics
    /// When the cluster does not answer.
    pub fn slot_of_first(&self, key: &str) -> Option<u16> {
        let slot = tell(self.nodes[0].0, &format!("CLUSTER KEYSLOT {key}"));
        let slot: u16 = slot.lines().next().and_then(|line| line.strip_prefix(':')?.parse().ok()).expect("a slot");
        (usize::from(slot) < SLOTS / 3).then_some(slot)
    }

    fn id(&self, place: usize) -> String {
        let answer = tell(self.nodes[place].0, "CLUSTER MYID");
        answer.lines().nth(1).expect("the node has an id").to_owned()
    }
}
