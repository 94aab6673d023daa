//! Throwaway Redis servers.

mod cluster;
mod ports;
mod queues;
mod sentinel;
pub mod traffic;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use crate::server::{Account, Running, folder, free_port};

pub use self::{
    cluster::RedisCluster,
    ports::{RedisPorts, client},
    queues::RedisQueues,
    sentinel::RedisSentinel,
};

/// A Redis server that ends with this value, or with this process. It keeps nothing on disk,
/// unless it is asked to.
#[derive(Debug)]
pub struct RedisServer {
    running: Option<Running>,
    port: u16,
    /// Where it notes every write before it answers.
    file: Option<PathBuf>,
}

impl RedisServer {
    /// Starts a server.
    ///
    /// # Panics
    /// When Redis is not installed, or the server does not start.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// Starts a server that has every write on disk before it answers (`appendfsync always`).
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_durable() -> Self {
        Self::start_with(Some(folder("redis-file", Account::unprivileged())))
    }

    fn start_with(file: Option<PathBuf>) -> Self {
        let (port, running) = on_free_ports(|port| run(port, file.as_deref()));
        Self { running: Some(running), port, file }
    }

    /// The server of this process.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisServer> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills it, as a machine does that goes down.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }

    /// Stops it; what it held is gone, unless it keeps that on disk.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// Starts it again on its port, with what it kept on disk.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&mut self) {
        self.stop();
        let running = run(self.port, self.file.as_deref());
        self.running = Some(running.unwrap_or_else(|complaint| panic!("Redis did not start again: {complaint}")));
    }

    /// Has it take commands without answering any, for so long.
    ///
    /// # Panics
    /// When it does not answer this one.
    pub fn hang(&self, time: Duration) {
        let command = format!("CLIENT PAUSE {} ALL\r\n", time.as_millis());
        assert_eq!(ask(self.port, &command).as_deref(), Some("+OK"), "the server hangs");
    }

    /// Has it drop a key, as it does for want of memory.
    ///
    /// # Panics
    /// When there is no such key.
    pub fn drop_key(&self, key: &str) {
        assert_eq!(ask(self.port, &format!("DEL {key}\r\n")).as_deref(), Some(":1"), "the server drops {key}");
    }

    /// Forgets every script it was given.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn forget_scripts(&self) {
        assert_eq!(ask(self.port, "SCRIPT FLUSH\r\n").as_deref(), Some("+OK"), "the server forgets its scripts");
    }

    /// Runs a script, whose one argument is `argument`. Gives the first line of the answer.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn eval(&self, script: &str, argument: &str) -> String {
        let answer = ask(self.port, &format!("EVAL \"{script}\" 0 {argument}\r\n"));
        answer.expect("the server answers a script")
    }

    /// Has it refuse whatever takes memory, or take it again.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn be_full(&self, full: bool) {
        let answer = ask(self.port, &format!("CONFIG SET maxmemory {}\r\n", i32::from(full)));
        assert_eq!(answer.as_deref(), Some("+OK"), "the server takes the limit");
    }

    /// Sets what is to be removed when its memory is full.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn evict(&self, policy: &str) {
        let answer = ask(self.port, &format!("CONFIG SET maxmemory-policy {policy}\r\n"));
        assert_eq!(answer.as_deref(), Some("+OK"), "the server takes the policy");
    }

    /// Ends every connection of a kind, as `normal` or `pubsub`.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn cut(&self, kind: &str) {
        let answer = ask(self.port, &format!("CLIENT KILL TYPE {kind} SKIPME yes\r\n"));
        assert!(answer.is_some_and(|answer| answer.starts_with(':')), "the server cuts its connections");
    }
}

/// A name that no other test of this run uses.
pub fn namespace() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Starts something on a port that is free.
fn on_free_ports<T>(start: impl Fn(u16) -> Result<T, String>) -> (u16, T) {
    let mut complaints = String::new();
    // Somebody else can take the port that was just free.
    for _ in 0..5 {
        let port = free_port();
        match start(port) {
            Ok(started) => return (port, started),
            Err(complaint) => complaints = complaint,
        }
    }
    panic!("Redis did not start: {complaints}");
}

fn run(port: u16, file: Option<&Path>) -> Result<Running, String> {
    let place = file.map(|file| file.display().to_string());
    match &place {
        Some(place) => run_with(port, &[("--dir", place), ("--appendonly", "yes"), ("--appendfsync", "always")]),
        None => run_with(port, &[]),
    }
}

fn run_with(port: u16, settings: &[(&str, &str)]) -> Result<Running, String> {
    let (program, account) = (program(), Account::unprivileged());
    let (folder, port_text) = (folder("redis", account), port.to_string());
    let (program, place) = (program.display().to_string(), folder.display().to_string());
    let mut command = vec![
        &*program,
        "--bind",
        "127.0.0.1",
        "--port",
        &port_text,
        "--dir",
        &place,
        "--save",
        "",
        "--appendonly",
        "no",
    ];
    command.extend(settings.iter().flat_map(|(name, value)| [*name, *value]));
    Running::start(&folder, account, &command, || ask(port, "PING\r\n").as_deref() == Some("+PONG"))
}

/// The whole of the server's answer; empty when it gives none.
fn tell(port: u16, command: &str) -> String {
    let answer = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(format!("{command}\r\n").as_bytes())?;
        let (mut stream, mut answer, mut lines) = (BufReader::new(stream), String::new(), 1);
        while lines > 0 {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            let length = line.get(1..).and_then(|rest| rest.trim_end().parse::<usize>().ok());
            answer.push_str(&line);
            lines -= 1;
            match (line.chars().next(), length) {
                (Some('*'), Some(length)) => lines += length,
                (Some('$'), Some(length)) => {
                    let mut text = vec![0; length + 2];
                    stream.read_exact(&mut text)?;
                    answer.push_str(&String::from_utf8_lossy(&text));
                }
                _ => {}
            }
        }
        Ok(answer)
    };
    answer().unwrap_or_default()
}

/// Waits until something is so.
///
/// # Panics
/// When it is not within half a minute.
/// Waits until a replica has what was written to its master until now.
fn wait_for_replica(master: u16, replica: u16) {
    let written = |port: u16| -> Option<u64> {
        let answer = tell(port, "INFO replication");
        answer.lines().find_map(|line| line.strip_prefix("master_repl_offset:"))?.trim().parse().ok()
    };
    let asked = written(master).expect("the master runs");
    until("the replica has everything", || written(replica).is_some_and(|at| at >= asked));
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(30), "it does not come about that {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The first line of the server's answer.
fn ask(port: u16, command: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(command.as_bytes()).ok()?;
    let mut answer = [0; 64];
    let length = stream.read(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    answer.lines().next().map(str::to_owned)
}

fn program() -> PathBuf {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths)
        .map(|folder| folder.join("redis-server"))
        .find(|program| program.is_file())
        .expect("Redis is not installed, and this test needs it: apt-get install redis-server, or run scripts/test")
}
