//! The SQLite adapter keeps the promises of `Storage`, and those of a file.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use spotlight_core::{
    ErrorKind, Result,
    conformance::{StorageFixture, samples::Samples},
    domain::organization::Organization,
    ports::{IdGenerator, ReadConsistency, Storage, SystemIds},
};
use spotlight_storage::sqlite::{SqliteOptions, SqliteStorage};

/// A folder that goes with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("spotlight-sqlite-{}", SystemIds.uuid()));
        fs::create_dir_all(&path).expect("the folder for temporary files can be written");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("spotlight.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is the system's to clean up.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Storages in folders that go when the test is over.
#[derive(Default)]
struct Fixture {
    folders: Mutex<Vec<Folder>>,
}

#[async_trait]
impl StorageFixture for Fixture {
    async fn fresh(&self) -> Arc<dyn Storage> {
        let folder = Folder::new();
        let storage = open(&folder.file()).await.expect("a fresh file opens");
        self.folders.lock().expect("no test panicked here").push(folder);
        Arc::new(storage)
    }

    /// There is never more than one writer.
    async fn narrow(&self) -> Arc<dyn Storage> {
        self.fresh().await
    }
}

mod conformance {
    spotlight_core::storage_conformance!(super::Fixture::default());
}

async fn open(path: &Path) -> Result<SqliteStorage> {
    SqliteStorage::open(SqliteOptions::new(path)).await
}

async fn add(storage: &SqliteStorage, organization: &Organization) -> Result<()> {
    let unit = storage.begin().await?;
    unit.organizations().insert(organization).await?;
    unit.commit().await
}

async fn has(storage: &SqliteStorage, organization: &Organization) -> bool {
    let read = storage.read(ReadConsistency::Strong).organizations().get(organization.id).await;
    read.expect("the file can be read").as_ref() == Some(organization)
}
