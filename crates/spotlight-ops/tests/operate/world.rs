//! The command as a process, and servers that it acts on.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::Value;
use spotlight_http::conformance::Client;

/// A folder of its own for each test, removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("spotlight-operate-{}-{count}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `spotlight` with nothing but these variables.
pub(crate) fn spotlight(data: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spotlight"));
    command.env_clear().envs(variables.iter().copied()).args(arguments).arg("--data-dir").arg(data);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn ended(data: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> (Output, String, String) {
    let output = spotlight(data, variables, arguments).output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    (output, said, complained)
}

/// What a command says that must succeed.
#[track_caller]
pub(crate) fn done(data: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let (output, said, complained) = ended(data, variables, arguments);
    assert!(output.status.success(), "{arguments:?}: {said}{complained}");
    said
}

/// The same in JSON.
#[track_caller]
pub(crate) fn told(data: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Value {
    let said = done(data, variables, &[arguments, &["--json"]].concat());
    serde_json::from_str(&said).expect("JSON")
}

/// What a command complains of that must fail, with its exit code.
#[track_caller]
pub(crate) fn refused(data: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> (Option<i32>, String) {
    let (output, said, complained) = ended(data, variables, arguments);
    assert!(!output.status.success() && said.is_empty(), "{arguments:?}: {said}");
    (output.status.code(), complained)
}

/// A server process, which ends with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) base: String,
}

impl Server {
    pub(crate) fn start(data: &Path, variables: &[(&str, &str)], framework: &str) -> Self {
        let mut command = spotlight(data, variables, &["serve", "--listen", "127.0.0.1:0", "--http", framework]);
        let mut child = command.stderr(Stdio::inherit()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("output")).lines();
        let base = lines.map_while(Result::ok).find_map(|line| {
            let (_, address) = line.split_once("listening  ")?;
            Some(address.trim().to_owned())
        });
        Self { child, base: base.expect("it listens") }
    }

    pub(crate) fn client(&self, token: &str) -> Client {
        Client::new(&self.base).token(token)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
