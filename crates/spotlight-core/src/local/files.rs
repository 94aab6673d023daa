//! Files below a folder, for deployments of one server.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use bytes::Bytes;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::OrganizationId,
    error::{Error, ErrorKind, Result},
    ports::{FileStore, check_file_key},
};

/// A [`FileStore`] below a folder: one folder per organization, in it one file per key.
///
/// The `/` of a key is a `%` in the file's name, since `a` and `a/b` can both be keys. A file is written beside its
/// place and then moved there, so that neither a reader nor a crash sees half of it.
#[derive(RedactedDebug)]
pub struct LocalFileStore {
    folder: PathBuf,
    written: AtomicU64,
}

impl LocalFileStore {
    /// A store in a folder, which is made with the first file.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), written: AtomicU64::new(0) }
    }

    fn path(&self, organization: OrganizationId, key: &str) -> Result<PathBuf> {
        check_file_key(key)?;
        Ok(self.folder.join(organization.to_string()).join(format!("{}.file", key.replace('/', "%"))))
    }

    /// A name beside a file that no other write uses, of this process or another.
    fn waiting(&self, path: &Path) -> PathBuf {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        path.with_file_name(format!("{}-{number}.part", std::process::id()))
    }
}

#[async_trait]
impl FileStore for LocalFileStore {
    async fn put(&self, organization: OrganizationId, key: &str, body: Bytes) -> Result<()> {
        let path = self.path(organization, key)?;
        let waiting = self.waiting(&path);
        blocking(move || {
            write(&path, &waiting, &body).inspect_err(|_| {
                // What failed is reported; the rest of it is of no use to anybody.
                let _ = fs::remove_file(&waiting);
            })
        })
        .await
    }

    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Bytes>> {
        let path = self.path(organization, key)?;
        let body = blocking(move || present(fs::read(path))).await?;
        Ok(body.map(Bytes::from))
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<bool> {
        let path = self.path(organization, key)?;
        let removed = blocking(move || present(fs::remove_file(path))).await?;
        Ok(removed.is_some())
    }
}

fn write(path: &Path, waiting: &Path, body: &[u8]) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Err(io::ErrorKind::InvalidInput.into()) };
    fs::create_dir_all(folder)?;
    let mut file = fs::File::create(waiting)?;
    file.write_all(body)?;
    file.sync_all()?;
    fs::rename(waiting, path)?;
    // The move itself is durable once the folder is; elsewhere than on Unix folders cannot be opened.
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Works off the runtime's threads. A dropped future does not stop the work.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| Error::internal("a file could not be worked on").with_source(error))?;
    done.map_err(|error| {
        Error::new(ErrorKind::Unavailable, "the folder of files cannot be used; check its rights and its disk")
            .with_source(error)
    })
}
