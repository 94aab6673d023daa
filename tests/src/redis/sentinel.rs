//! A throwaway master of Redis, with a replica and sentinels.

use std::{fs, sync::OnceLock};

use super::{Running, ask, on_free_ports, program, run_with, tell, until, wait_for_replica};
use crate::server::{Account, folder};

/// What the sentinels call the master.
const NAME: &str = "main";

/// A master, its replica, and three sentinels of which two are enough to replace it. They end with this value, or with
/// this process, and keep nothing on disk. A master that does not answer for half a second is replaced.
#[derive(Debug)]
pub struct RedisSentinel {
    servers: Vec<(u16, Option<Running>)>,
    sentinels: Vec<(u16, Running)>,
}

impl RedisSentinel {
    /// Starts them.
    ///
    /// # Panics
    /// When Redis is not installed, or they do not find each other.
    pub fn start() -> Self {
        let diskless = ("--repl-diskless-sync-delay", "0");
        let (master, running) = on_free_ports(|port| run_with(port, &[diskless]));
        let mut servers = vec![(master, Some(running))];
        let of = format!("127.0.0.1 {master}");
        let (replica, running) = on_free_ports(|port| run_with(port, &[diskless, ("--replicaof", &of)]));
        servers.push((replica, Some(running)));
        until("the replica follows", || tell(replica, "INFO replication").contains("master_link_status:up"));
        let sentinels: Vec<_> = (0..3).map(|_| on_free_ports(|port| sentinel(port, master))).collect();
        let whole = |port: u16| {
            tell(port, &format!("SENTINEL CKQUORUM {NAME}")).starts_with("+OK 3 ")
                && tell(port, &format!("SENTINEL MASTER {NAME}")).replace("\r\n", " ").contains("num-slaves $1 1 ")
        };
        until("the sentinels know each other", || sentinels.iter().all(|(port, _)| whole(*port)));
        Self { servers, sentinels }
    }

    /// Those of this process.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisSentinel> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Where they are.
    pub fn url(&self) -> String {
        let sentinels: Vec<_> = self.sentinels.iter().map(|(port, _)| format!("127.0.0.1:{port}")).collect();
        format!("redis+sentinel://{}/{NAME}", sentinels.join(","))
    }

    /// Ends the first master. The sentinels put the replica in its place.
    pub fn stop_master(&mut self) {
        self.servers[0].1 = None;
    }

    /// Waits until the replica has what was written to the first master.
    ///
    /// # Panics
    /// When it does not follow.
    pub fn wait_for_replica(&self) {
        wait_for_replica(self.servers[0].0, self.servers[1].0);
    }

    /// Has the first master do nothing any more, while connections to it stand. The sentinels put the replica in its place.
    ///
    /// # Panics
    /// When it has ended.
    pub fn freeze_master(&self) {
        self.servers[0].1.as_ref().expect("the master runs").freeze();
    }

    /// Ends the first sentinel.
    pub fn stop_a_sentinel(&mut self) {
        self.sentinels.remove(0);
    }
}

fn sentinel(port: u16, master: u16) -> Result<Running, String> {
    let account = Account::unprivileged();
    let folder = folder("sentinel", account);
    let place = folder.display().to_string();
    let settings = format!(
        "bind 127.0.0.1\nport {port}\ndir {place}\nsentinel monitor {NAME} 127.0.0.1 {master} 2\n\
         sentinel down-after-milliseconds {NAME} 500\nsentinel failover-timeout {NAME} 3000\n"
    );
    let file = folder.join("sentinel.conf");
    fs::write(&file, settings).map_err(|error| format!("no settings: {error}"))?;
    if let Some(account) = account {
        account.owns(&file);
    }
    let (program, file) = (program().display().to_string(), file.display().to_string());
    Running::start(&folder, account, &[&program, &file, "--sentinel"], || {
        ask(port, "PING\r\n").as_deref() == Some("+PONG")
    })
}
