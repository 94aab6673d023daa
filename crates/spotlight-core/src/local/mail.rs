//! Mail into a folder, for deployments without a mail server: nothing is lost, and a person can read it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use serde_json::json;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::time::Timestamp,
    error::{Error, ErrorKind, Result},
    ports::{Attachment, Clock, Mailer, Message},
};

/// How long files stay in the folder, in days. Nothing else removes them: what a lead was written stays this long when
/// the lead is erased.
pub const MAIL_KEPT_DAYS: i64 = 30;

/// How often old files are looked for, in seconds.
const TIDY_EVERY_S: u64 = 3600;

/// Writes each message as a JSON file into a folder, its attachments beside it. Meant for development and for trying the
/// platform out: messages hold addresses and links that let somebody in, so they are kept for [`MAIL_KEPT_DAYS`] only,
/// as long as [`tidy`](Self::tidy) runs. The folder is the mailer's own: every file in it goes when it is old.
#[derive(RedactedDebug, Clone)]
pub struct FolderMailer {
    folder: PathBuf,
}

impl FolderMailer {
    /// A mailer for a folder, which is made with the first message.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Removes files that are older than [`MAIL_KEPT_DAYS`], at once and then every hour. Never returns; run it as a task
    /// of its own, once in a process. What cannot be removed is logged, without its name, and tried again.
    ///
    /// # Cancel safety
    /// A dropped future removes nothing more.
    pub async fn tidy(self, clock: Arc<dyn Clock>) {
        loop {
            let before = clock.now() - chrono::Duration::days(MAIL_KEPT_DAYS);
            if let Err(error) = self.remove_before(before).await {
                tracing::warn!(error = error.chain(), "old mail could not be removed from its folder");
            }
            tokio::time::sleep(Duration::from_secs(TIDY_EVERY_S)).await;
        }
    }

    /// Removes files that were last written before an instant, and gives how many. A message whose file is gone and that
    /// is handed over again is written again.
    ///
    /// # Errors
    /// `Unavailable` when the folder cannot be read or a file not removed; others may be removed already.
    pub async fn remove_before(&self, before: Timestamp) -> Result<u64> {
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || remove_before(&folder, before))
            .await
            .map_err(|error| Error::internal("old messages could not be removed").with_source(error))?
            .map_err(|error| {
                let text = "the mail folder cannot be tidied; check its rights and its disk";
                Error::new(ErrorKind::Unavailable, text).with_source(error)
            })
    }
}

#[async_trait]
impl Mailer for FolderMailer {
    async fn send(&self, message: &Message) -> Result<()> {
        if message.id.is_empty() || message.subject.contains(['\r', '\n']) {
            return Err(Error::invalid("message", "format", "A message needs an id, and a subject of one line"));
        }
        let (folder, message) = (self.folder.clone(), message.clone());
        tokio::task::spawn_blocking(move || write(&folder, &message))
            .await
            .map_err(|error| Error::internal("a message could not be written").with_source(error))?
            .map_err(|error| {
                Error::new(ErrorKind::Unavailable, "the mail folder cannot be written; check its rights and its disk")
                    .with_source(error)
            })
    }
}

fn remove_before(folder: &Path, before: Timestamp) -> io::Result<u64> {
    let files = match fs::read_dir(folder) {
        // It is made with the first message.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        files => files?,
    };
    let mut removed = 0;
    for file in files {
        let file = file?;
        let about = file.metadata()?;
        if about.is_file() && Timestamp::from(about.modified()?) < before {
            fs::remove_file(file.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn write(folder: &Path, message: &Message) -> io::Result<()> {
    let name = file_name(&message.id);
    let path = folder.join(format!("{name}.json"));
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    for Attachment { file_name: attached, body, .. } in &message.attachments {
        fs::write(folder.join(format!("{name}-{}", file_name(attached))), body)?;
    }
    let attachments: Vec<_> = message.attachments.iter().map(|a| json!([a.file_name, a.content_type])).collect();
    let text = json!({
        "id": message.id,
        "to": message.to.as_str(),
        "subject": message.subject,
        "text": message.text,
        "attachments": attachments,
    });
    // The message's own file comes last and whole: where it is, everything is.
    let waiting = folder.join(format!("{name}.part"));
    fs::write(&waiting, format!("{text:#}\n"))?;
    fs::rename(waiting, path)
}

/// A name without anything that a file system takes for more than a letter. Ids that differ only in such characters
/// stay apart by their length in bytes and a sum of them.
fn file_name(id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = id.chars().map(|c| if plain(c) { c } else { '_' }).take(150).collect();
    if id.len() <= 150 && id.chars().all(plain) && !name.starts_with('.') {
        return name;
    }
    let sum =
        id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("{}-{sum:016x}", name.trim_start_matches('.'))
}
