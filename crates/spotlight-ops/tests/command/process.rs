//! The command `spotlight` as a process of its own, in a folder of its own.

use std::{
    io::{BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// How long anything may take before a test gives up on it.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A folder that goes with the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("spotlight-ops-{}-{count}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The command without any variable of whoever runs the tests, in `folder`.
pub(crate) fn spotlight(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spotlight"));
    command.env_clear().current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end.
pub(crate) fn ended(mut command: Command) -> Output {
    let child = command.spawn().expect("it starts");
    let id = child.id();
    let (send, done) = mpsc::channel();
    thread::spawn(move || send.send(child.wait_with_output()));
    if let Ok(output) = done.recv_timeout(PATIENCE) {
        return output.expect("it ends");
    }
    signal(id, "KILL");
    panic!("it did not end");
}

/// Sends a signal to a process.
pub(crate) fn signal(id: u32, name: &str) {
    let told = Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status();
    assert!(told.is_ok_and(|status| status.success()), "process {id} can be told");
}

/// A server that logs JSON lines.
pub(crate) struct Server {
    child: Child,
    lines: mpsc::Receiver<Value>,
    pub(crate) address: SocketAddr,
    /// Where it shows its figures, when they have a listener of their own.
    pub(crate) metrics: Option<SocketAddr>,
}

impl Server {
    /// Starts `serve` on a free port, or on a socket that is handed over, and waits until it has started.
    pub(crate) fn start(folder: &Path, variables: &[(&str, &str)], handed: Option<&TcpListener>) -> Self {
        let mut command = match handed {
            None => spotlight(folder),
            // As a supervisor does it: the socket is descriptor 3.
            Some(listener) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", "exec \"$0\" \"$@\" 3<&0 0</dev/null", env!("CARGO_BIN_EXE_spotlight")]);
                let socket: OwnedFd = listener.try_clone().expect("a socket").into();
                shell.env_clear().current_dir(folder).env("LISTEN_FDS", "1").env("PATH", "/usr/bin:/bin");
                shell.stdin(Stdio::from(socket)).stdout(Stdio::piped()).stderr(Stdio::piped());
                shell
            }
        };
        command.arg("serve").envs(variables.iter().copied());
        command.envs([("LOG_FORMAT", "json"), ("SPOTLIGHT_LISTEN", "127.0.0.1:0")]);
        let mut child = command.spawn().expect("it starts");
        let (send, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().expect("output"));
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or_else(|_| panic!("a line of JSON: {line}"));
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let mut server = Self { child, lines, address: ([127, 0, 0, 1], 0).into(), metrics: None };
        let started = server.until(|line| line["message"] == "started");
        server.metrics = started["metrics"].as_str().map(|address| address.parse().expect("an address"));
        server.address = started["listening"].as_str().expect("an address").parse().expect("an address");
        server
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line of the log that is so.
    pub(crate) fn until(&mut self, is_so: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if is_so(&line) => return line,
                Ok(_) => {}
                Err(_) => {
                    let mut said = String::new();
                    signal(self.child.id(), "KILL");
                    let _ = self.child.stderr.take().expect("errors").read_to_string(&mut said);
                    panic!("the line never came; on standard error: {said}");
                }
            }
        }
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("it did not end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
