//! Mail into a folder, for deployments without a mail server: nothing is lost, and a person can read it.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use serde_json::json;

use crate::{
    error::{Error, ErrorKind, Result},
    ports::{Attachment, Mailer, Message},
};

/// Writes each message as a JSON file into a folder, its attachments beside it.
#[derive(Debug, Clone)]
pub struct FolderMailer {
    folder: PathBuf,
}

impl FolderMailer {
    /// A mailer for a folder, which is made with the first message.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
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

fn write(folder: &Path, message: &Message) -> std::io::Result<()> {
    let name = file_name(&message.id);
    let path = folder.join(format!("{name}.json"));
    if path.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    for Attachment { file_name: attached, body, .. } in &message.attachments {
        std::fs::write(folder.join(format!("{name}-{}", file_name(attached))), body)?;
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
    std::fs::write(&waiting, format!("{text:#}\n"))?;
    std::fs::rename(waiting, path)
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
