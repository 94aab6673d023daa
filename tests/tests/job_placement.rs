//! Processes that leave their jobs in different places do not meet over one database by mistake.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use spotlight_core::{
    Error, ErrorKind, Result,
    ports::{
        JobPlacement::{self, Outbox, Queue},
        Storage,
    },
};
use spotlight_storage::{
    postgres::{PgOptions, PgStorage},
    sqlite::{SqliteOptions, SqliteStorage},
};
use spotlight_tests::postgres::TestDatabase;

/// One database that processes come to.
#[async_trait]
trait Place {
    async fn start(&self, jobs: JobPlacement, change_jobs: bool) -> Result<Arc<dyn Storage>>;
}

#[async_trait]
impl Place for TestDatabase {
    async fn start(&self, jobs: JobPlacement, change_jobs: bool) -> Result<Arc<dyn Storage>> {
        let options = PgOptions { jobs, change_jobs, ..PgOptions::new(self.url()) };
        Ok(Arc::new(PgStorage::connect(options).await?))
    }
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[async_trait]
impl Place for Folder {
    async fn start(&self, jobs: JobPlacement, change_jobs: bool) -> Result<Arc<dyn Storage>> {
        let options = SqliteOptions { jobs, change_jobs, ..SqliteOptions::new(self.0.join("spotlight.db")) };
        Ok(Arc::new(SqliteStorage::open(options).await?))
    }
}

async fn refused(place: &dyn Place, jobs: JobPlacement) -> Error {
    match place.start(jobs, false).await {
        Ok(_) => panic!("{jobs:?} should be refused"),
        Err(error) => error,
    }
}

async fn relays(storage: &Arc<dyn Storage>) -> bool {
    storage.relays_jobs().await.expect("an answer")
}

/// From the queue to the outbox, with both served meanwhile, and no way back by mistake.
async fn change_over(place: &dyn Place) {
    let old = place.start(Queue, false).await.expect("the first says where jobs go");
    assert!(relays(&old).await, "it brings over what an older version left");
    let said = refused(place, Outbox).await;
    assert_eq!(said.kind(), ErrorKind::Misconfigured);
    assert!(said.to_string().contains("docs/jobs.md"), "{said}");
    place.start(Queue, false).await.expect("another like the first");

    let new = place.start(Outbox, true).await.expect("the change begins");
    assert_eq!((relays(&old).await, relays(&new).await), (false, true), "the outbox is the new ones'");
    let back = place.start(Queue, false).await.expect("an old process that comes back");
    assert!(!relays(&back).await);

    place.start(Outbox, false).await.expect("the change is over");
    assert_eq!(refused(place, Queue).await.kind(), ErrorKind::Misconfigured);
    place.start(Outbox, true).await.expect("a setting that was left there");
    assert_eq!(refused(place, Queue).await.kind(), ErrorKind::Misconfigured);

    // What is left in the outbox goes into the queue of the database when the fleet has changed back.
    let turned = place.start(Queue, true).await.expect("a change back");
    assert!(!relays(&turned).await);
    place.start(Queue, false).await.expect("it is over");
    assert!(relays(&turned).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    change_over(&TestDatabase::fresh().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    change_over(&Folder(std::env::temp_dir().join(format!("spotlight-placement-{}", std::process::id())))).await;
}
