//! Programs that run beside a test and end with it.

use std::{
    fs::{self, File},
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// Waits for the end of its input, which comes when the process that holds the other end is gone. Then it stops the
/// program and removes its folder.
const KEEPER: &str = r#"
cat >/dev/null
kill -INT "$1" 2>/dev/null
kill -CONT "$1" 2>/dev/null
while kill -0 "$1" 2>/dev/null; do sleep 0.05; done
rm -rf "$2"
"#;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// Who a server runs as.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// Who servers must run as when we are root, whom they refuse: `postgres`, else `nobody`. None when we are not.
    pub(crate) fn unprivileged() -> Option<Self> {
        let root = fs::metadata("/proc/self").is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0);
        if !root {
            return None;
        }
        let accounts = fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
        let account = |wanted: &str| {
            accounts.lines().find_map(|line| {
                let mut fields = line.split(':');
                let (name, user, group) = (fields.next()?, fields.nth(1)?, fields.next()?);
                (name == wanted).then_some(Self { user: user.parse().ok()?, group: group.parse().ok()? })
            })
        };
        Some(account("postgres").or_else(|| account("nobody")).expect("an account named postgres or nobody"))
    }

    /// Gives a file or folder to this account.
    pub(crate) fn owns(self, path: &Path) {
        chown(path, Some(self.user), Some(self.group)).expect("the server's account owns its folder");
    }

    /// Has `command` run as this account.
    pub(crate) fn takes(self, command: &mut Command) {
        command.uid(self.user).gid(self.group);
    }
}

/// A new folder for a server, which its account owns.
///
/// It lies under the system's temporary folder: the account can enter that, and a folder in `target` perhaps not.
pub(crate) fn folder(kind: &str, account: Option<Account>) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("spotlight-{kind}-{}-{count}", std::process::id()));
    // A process of the same number may have left one behind.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for a server");
    if let Some(account) = account {
        account.owns(&folder);
    }
    folder
}

/// A port that nobody listens on. Somebody can take it before a server does; servers are tried on several.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// A program that ends with this value, or with this process.
#[derive(Debug)]
pub(crate) struct Running {
    folder: PathBuf,
    account: Option<Account>,
    command: Vec<String>,
    program: Child,
    keeper: Child,
    // Closing it is the sign to stop.
    input: Option<ChildStdin>,
}

impl Running {
    /// Starts `command` in `folder`, which goes with it, and waits until `answers`.
    ///
    /// # Errors
    /// What the program wrote, when it ended or did not answer in time.
    pub(crate) fn start(
        folder: &Path,
        account: Option<Account>,
        command: &[&str],
        answers: impl Fn() -> bool,
    ) -> Result<Self, String> {
        let command: Vec<_> = command.iter().map(|&part| part.to_owned()).collect();
        let (program, mut keeper) = launch(folder, account, &command)?;
        let input = keeper.stdin.take();
        let mut running = Self { folder: folder.to_owned(), account, command, program, keeper, input };
        running.until(answers).inspect_err(|_| {
            let _ = fs::remove_dir_all(folder);
        })?;
        Ok(running)
    }

    /// Ends the program by a signal, as `QUIT`, and keeps its folder.
    ///
    /// # Panics
    /// When it cannot be told.
    pub(crate) fn end(&mut self, signal: &str) {
        // The keeper would take the folder with it.
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
        let told = Command::new("kill").args([&format!("-{signal}"), &self.program.id().to_string()]).status();
        assert!(told.is_ok_and(|status| status.success()), "the program can be ended");
        let _ = self.program.wait();
    }

    /// Starts the program again in its folder, after [`end`](Self::end).
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub(crate) fn start_again(&mut self, answers: impl Fn() -> bool) -> Result<(), String> {
        (self.program, self.keeper) = launch(&self.folder, self.account, &self.command)?;
        self.input = self.keeper.stdin.take();
        self.until(answers)
    }

    /// Has the program do nothing any more, while its connections stand.
    ///
    /// # Panics
    /// When it has ended.
    pub(crate) fn freeze(&self) {
        let stopped = Command::new("kill").args(["-STOP", &self.program.id().to_string()]).status();
        assert!(stopped.is_ok_and(|status| status.success()), "the program is stopped");
    }

    /// Ends the program without giving it a chance to tidy up.
    pub(crate) fn kill(mut self) {
        // One that has ended by itself is as dead.
        let _ = self.program.kill();
    }

    /// Waits for the program's first answer.
    fn until(&mut self, answers: impl Fn() -> bool) -> Result<(), String> {
        let started = Instant::now();
        let why = loop {
            if answers() {
                return Ok(());
            }
            if self.program.try_wait().is_ok_and(|ended| ended.is_some()) {
                // Its number can go to another program now, which the keeper must not stop.
                let _ = self.keeper.kill();
                break "it ended";
            }
            if started.elapsed() > PATIENCE {
                break "it does not answer";
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let written = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        Err(format!("{why}:\n{written}"))
    }
}

/// Starts a program, and the keeper that ends it with this process.
fn launch(folder: &Path, account: Option<Account>, command: &[String]) -> Result<(Child, Child), String> {
    let output = File::options().create(true).append(true).open(folder.join("log"));
    let output = output.map_err(|error| format!("no log: {error}"))?;
    let errors = output.try_clone().map_err(|error| format!("no log: {error}"))?;
    let (name, arguments) = command.split_first().expect("a command has a name");
    let mut program = Command::new(name);
    program.args(arguments).stdin(Stdio::null()).stdout(output).stderr(errors);
    let program = spawn(program, folder, account)?;
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "keeper", &program.id().to_string()]).arg(folder);
    keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let keeper = spawn(keeper, folder, account)?;
    Ok((program, keeper))
}

/// Starts a command in a group of its own: an interrupt from the terminal is for the tests, and reaches a server by
/// their end.
fn spawn(mut command: Command, folder: &Path, account: Option<Account>) -> Result<Child, String> {
    command.current_dir("/").process_group(0);
    if let Some(account) = account {
        account.takes(&mut command);
    }
    command.spawn().map_err(|error| format!("nothing can be started in {}: {error}", folder.display()))
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.program.wait();
        let _ = self.keeper.wait();
    }
}
