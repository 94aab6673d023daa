//! The socket of a process on which its own user asks it, and those who ask.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};

use spotlight_core::{Error, ErrorKind, Result};
use spotlight_derive::RedactedDebug;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

use super::{Question, heap};

/// The folder of the sockets, in the data folder.
const FOLDER: &str = "control";
/// How long whoever connects may take to ask.
const PATIENCE: Duration = Duration::from_secs(5);
/// A question has no more bytes than this.
const LINE: u64 = 100;

/// The socket of this process, until it is dropped.
#[derive(RedactedDebug)]
pub struct Control {
    path: PathBuf,
    #[debug(hidden)]
    _listening: AbortOnDropHandle<()>,
}

impl Control {
    /// Listens in the data folder. Whoever else has an account on the machine cannot reach it: the folder of the sockets is
    /// its user's alone.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn listen(data_dir: &Path) -> io::Result<Self> {
        let folder = data_dir.join(FOLDER);
        match DirBuilder::new().recursive(true).mode(0o700).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let (path, listener) = free(&folder)?;
        let listening = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => drop(tokio::spawn(answer(stream))),
                    // Too many files are open, for instance.
                    Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
                }
            }
        });
        Ok(Self { path, _listening: AbortOnDropHandle::new(listening) })
    }
}

/// A socket named by this process. In another container on the same folder a process can have the same number: its socket
/// stays, and ours has a name beside it. What nobody answers on was left behind.
fn free(folder: &Path) -> io::Result<(PathBuf, UnixListener)> {
    let process = std::process::id();
    let names = (0..100).map(|turn| if turn == 0 { process.to_string() } else { format!("{process}-{turn}") });
    for path in names.map(|name| folder.join(format!("{name}.sock"))) {
        if std::os::unix::net::UnixStream::connect(&path).is_ok() {
            continue;
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        return UnixListener::bind(&path).map(|listener| (path, listener));
    }
    Err(io::ErrorKind::AddrInUse.into())
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

async fn answer(stream: UnixStream) {
    let (reading, mut writing) = stream.into_split();
    let mut reading = BufReader::new(reading.take(LINE));
    let mut line = String::new();
    if !matches!(timeout(PATIENCE, reading.read_line(&mut line)).await, Ok(Ok(_))) {
        return;
    }
    let answered = tokio::select! {
        answered = about(&line) => answered,
        // Whoever asked has gone.
        _ = reading.read_u8() => return,
    };
    let text = match answered {
        Ok(text) => format!("ok\n{text}"),
        Err(error) if error.kind() == ErrorKind::Conflict => format!("busy\n{error}"),
        Err(error) => format!("refused\n{error}"),
    };
    // Nobody may be left to read it.
    let _ = writing.write_all(text.as_bytes()).await;
}

async fn about(line: &str) -> Result<String> {
    match Question::read(line) {
        #[cfg(feature = "profile")]
        Some(Question::Cpu { time, hertz }) => super::cpu::watch(time, hertz).await,
        #[cfg(not(feature = "profile"))]
        Some(Question::Cpu { .. }) => {
            Err(Error::new(ErrorKind::Misconfigured, "this program was built without the feature `profile`"))
        }
        Some(Question::Heap) => heap::report(),
        None => {
            Err(Error::new(ErrorKind::Misconfigured, "the process does not know this question; it is another version"))
        }
    }
}

/// The processes that work in a data folder, ascending: by their numbers, with `-1` and so on behind the number where it is
/// taken.
pub async fn processes(data_dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(data_dir.join(FOLDER)).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".sock")?.to_owned()));
    let mut alive = Vec::new();
    for process in named.collect::<Vec<_>>() {
        // What a process left that was killed answers nobody.
        if UnixStream::connect(path(data_dir, &process)).await.is_ok() {
            alive.push(process);
        }
    }
    alive.sort_unstable();
    alive
}

fn path(data_dir: &Path, process: &str) -> PathBuf {
    data_dir.join(FOLDER).join(format!("{process}.sock"))
}

/// Asks a process of a data folder. Gives stacks as [`Stacks`](super::Stacks) reads them, or lines about memory.
///
/// # Errors
/// `NotFound` when it does not listen there, `Unavailable` when it ends meanwhile; what it says itself.
///
/// # Cancel safety
/// The process stops watching when the future is dropped.
pub async fn ask(data_dir: &Path, process: &str, question: Question) -> Result<String> {
    let broken = |error| {
        Error::new(ErrorKind::Unavailable, format!("process {process} ended before it had answered")).with_source(error)
    };
    let stream = UnixStream::connect(path(data_dir, process)).await.map_err(|error| {
        let folder = data_dir.display();
        Error::new(ErrorKind::NotFound, format!("process {process} does not serve with the data folder {folder}"))
            .with_source(error)
    })?;
    let (mut reading, mut writing) = stream.into_split();
    writing.write_all(question.line().as_bytes()).await.map_err(broken)?;
    let mut text = String::new();
    reading.read_to_string(&mut text).await.map_err(broken)?;
    match text.split_once('\n') {
        Some(("ok", answer)) => Ok(answer.to_owned()),
        Some((kind, message)) => {
            let kind = if kind == "busy" { ErrorKind::Conflict } else { ErrorKind::Misconfigured };
            Err(Error::new(kind, message.to_owned()))
        }
        None => Err(broken(io::ErrorKind::UnexpectedEof.into())),
    }
}
