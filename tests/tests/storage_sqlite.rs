//! The SQLite adapter keeps the promises of `Storage`, and those of a file.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use spotlight_core::{
    Error, ErrorKind, Result, Retry,
    conformance::{StorageFixture, samples::Samples},
    domain::{lead::Lead, organization::Organization},
    ports::{
        IdGenerator, JobPlacement, JobQueue, LeadFilter, LeadSort, Order, Paging, ReadConsistency, Sort, Storage,
        SystemIds,
    },
    text,
};
use spotlight_storage::sqlite::{SqliteOptions, SqliteQueue, SqliteStorage};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

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

impl Fixture {
    async fn storage(&self, jobs: JobPlacement) -> SqliteStorage {
        let folder = Folder::new();
        let options = SqliteOptions { jobs, ..SqliteOptions::new(folder.file()) };
        let storage = SqliteStorage::open(options).await.expect("a fresh file opens");
        self.folders.lock().expect("no test panicked here").push(folder);
        storage
    }
}

#[async_trait]
impl StorageFixture for Fixture {
    async fn fresh(&self) -> Arc<dyn Storage> {
        Arc::new(self.storage(JobPlacement::Queue).await)
    }

    /// There is never more than one writer.
    async fn narrow(&self) -> Arc<dyn Storage> {
        self.fresh().await
    }

    async fn with_queue(&self) -> (Arc<dyn Storage>, Arc<dyn JobQueue>) {
        let storage = self.storage(JobPlacement::Queue).await;
        let queue = SqliteQueue::new(&storage);
        (Arc::new(storage), Arc::new(queue))
    }

    async fn with_outbox(&self) -> Arc<dyn Storage> {
        Arc::new(self.storage(JobPlacement::Outbox).await)
    }
}

mod conformance {
    spotlight_core::storage_conformance!(super::Fixture::default());
}

async fn open(path: &Path) -> Result<SqliteStorage> {
    SqliteStorage::open(SqliteOptions::new(path)).await
}

/// Why the file did not open.
async fn refused(path: &Path) -> Error {
    match open(path).await {
        Ok(_) => panic!("{} should be refused", path.display()),
        Err(error) => error,
    }
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

/// Another program's connection to the file.
async fn raw(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqliteConnection::connect_with(&options).await.expect("the file opens")
}

#[tokio::test]
async fn folders_are_made_and_what_was_kept_is_there_after_a_restart() {
    let (folder, samples) = (Folder::new(), Samples::new());
    let path = folder.0.join("a/b/c.db");
    let (first, second) = (samples.organization(), samples.organization());
    let storage = open(&path).await.expect("folders are made");
    add(&storage, &first).await.expect("it is written");
    storage.close().await;
    let storage = open(&path).await.expect("it opens again");
    assert!(has(&storage, &first).await);
    add(&storage, &second).await.expect("it is written");
    // Not closed, as after a crash.
    drop(storage);
    let storage = open(&path).await.expect("it opens again");
    assert!(has(&storage, &first).await && has(&storage, &second).await);
}

/// One of them makes the tables and changes how the file is written, which SQLite lets nobody wait for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_begin_at_once_with_a_file_that_is_not_there_yet() {
    for _ in 0..10 {
        let folder = Folder::new();
        let path = folder.file();
        let opened = futures::future::join_all((0..8).map(|_| {
            let path = path.clone();
            tokio::spawn(async move { open(&path).await })
        }));
        for storage in opened.await {
            storage.expect("no panic").expect("it opens");
        }
    }
}

#[tokio::test]
async fn two_storages_write_one_file() {
    let (folder, samples) = (Folder::new(), Samples::new());
    // Both at once on a file that is not there yet: one makes the tables, the other waits for it.
    let path = folder.file();
    let (one, other) = tokio::join!(open(&path), open(&path));
    let (one, other) = (one.expect("one opens"), other.expect("the other opens"));
    for _ in 0..3 {
        let (here, there) = (samples.organization(), samples.organization());
        let (first, second) = tokio::join!(add(&one, &here), add(&other, &there));
        first.and(second).expect("both are written");
        for storage in [&one, &other] {
            assert!(has(storage, &here).await && has(storage, &there).await);
        }
    }
    one.close().await;
    let last = samples.organization();
    add(&other, &last).await.expect("the other goes on");
    assert!(has(&other, &last).await);
}

#[tokio::test]
async fn who_waits_too_long_to_write_is_told_to_try_again() {
    let (folder, samples) = (Folder::new(), Samples::new());
    let short = Duration::from_millis(50);
    // The short limit is for waiting, not for making the file.
    open(&folder.file()).await.expect("it opens").close().await;
    let options = SqliteOptions { acquire_timeout: short, busy_timeout: short, ..SqliteOptions::new(folder.file()) };
    let here = SqliteStorage::open(options.clone()).await.expect("it opens");
    let elsewhere = SqliteStorage::open(options).await.expect("it opens");
    let unit = here.begin().await.expect("nobody writes");
    for storage in [&here, &elsewhere] {
        let Err(error) = storage.begin().await else { panic!("there is one writer") };
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Backoff), "{}", error.chain());
    }
    unit.rollback().await.expect("it is undone");
    for storage in [&here, &elsewhere] {
        add(storage, &samples.organization()).await.expect("nobody writes any more");
    }
}

#[tokio::test]
async fn a_newer_database_is_left_alone() {
    let folder = Folder::new();
    open(&folder.file()).await.expect("it opens").close().await;
    let mut connection = raw(&folder.file()).await;
    let known: i64 = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(&mut connection)
        .await
        .expect("it has a version");
    sqlx::raw_sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (990001, 'from the future', true, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .expect("it is written");
    connection.close().await.expect("it closes");
    let before = fs::read(folder.file()).expect("the file can be read");
    let error = refused(&folder.file()).await;
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{}", error.chain());
    let message = error.to_string();
    assert!(message.contains("990001") && message.contains(&format!(" {known}:")), "{message}");
    assert_eq!(fs::read(folder.file()).expect("the file can be read"), before);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_named() {
    let folder = Folder::new();
    let file = folder.0.join("file");
    fs::write(&file, "not a folder").expect("it is written");
    let below_a_file = refused(&file.join("data/spotlight.db")).await;
    let a_folder = refused(&folder.0).await;
    let nowhere = refused(Path::new("/proc/spotlight/spotlight.db")).await;
    for error in [&below_a_file, &a_folder, &nowhere] {
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{}", error.chain());
        assert!(error.to_string().contains("folder"), "{error}");
    }
    assert!(below_a_file.to_string().contains("file/data"), "{below_a_file}");
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "not a folder");
}

/// A row that this version does not understand is `Corrupt`, by its table and column and without its content.
#[tokio::test]
async fn a_row_that_is_not_understood_is_corrupt() {
    let (folder, organization) = (Folder::new(), Samples::new().organization());
    let storage = open(&folder.file()).await.expect("it opens");
    add(&storage, &organization).await.expect("it is written");
    let mut connection = raw(&folder.file()).await;
    for change in ["time_zone = 'Mars/Base'", "time_zone = 'UTC', scoring = '{\"threshold\": \"hush\"}'"] {
        let change = sqlx::AssertSqlSafe(format!("UPDATE organizations SET {change}"));
        sqlx::raw_sql(change).execute(&mut connection).await.expect("it is written");
        let read = storage.read(ReadConsistency::Strong).organizations().get(organization.id).await;
        let error = read.expect_err("it is not understood");
        let told = format!("{error:?} {}", error.chain());
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{told}");
        assert!(told.contains("organizations") && !told.contains("Mars") && !told.contains("hush"), "{told}");
    }
}

/// What the migrations before left is kept, and a reference to a conversation that never was is dropped.
#[tokio::test]
async fn tables_that_are_made_anew_keep_their_rows() {
    let folder = Folder::new();
    let mut connection = raw(&folder.file()).await;
    let migrations = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/spotlight-storage/migrations/sqlite");
    let mut files: Vec<_> =
        fs::read_dir(migrations).expect("the migrations").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let anew = files.iter().position(|file| file.ends_with("0006_integrity.sql")).expect("the migration");
    let (before, anew) = (&files[..anew], &files[anew]);
    let run = async |connection: &mut SqliteConnection, sql: String| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection).await.expect("it runs");
    };
    for file in before {
        run(&mut connection, fs::read_to_string(file).expect("a migration")).await;
    }
    let rows = "
        PRAGMA foreign_keys = off;
        INSERT INTO proposals VALUES (x'01', x'02', x'03', x'99', 'name', 'Ada', 'open', 5);
        INSERT INTO consents VALUES (x'01', x'02', x'03', 'recording', 'chat', 'given', 'asked', x'99', 5);
        INSERT INTO usage_records VALUES (x'01', x'02', 'model_tokens', 7, 'turn', x'99', 5, NULL);
        INSERT INTO usage_records VALUES (x'01', x'04', 'model_tokens', 8, 'next', NULL, 5, 6)";
    run(&mut connection, rows.to_owned()).await;
    run(&mut connection, fs::read_to_string(anew).expect("a migration")).await;
    for (sql, kept) in [
        ("SELECT count(*) FROM proposals WHERE value = 'Ada' AND conversation_id IS NULL", 1),
        ("SELECT count(*) FROM consents WHERE how = 'asked' AND conversation_id IS NULL", 1),
        ("SELECT sum(quantity) FROM usage_records WHERE conversation_id IS NULL AND occurred_at = 5", 15),
    ] {
        let found: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("it can be read");
        assert_eq!(found, kept, "{sql}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = Folder::new();
    let garbage = "Dear diary, ".repeat(1000);
    fs::write(folder.file(), &garbage).expect("it is written");
    let error = refused(&folder.file()).await;
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{}", error.chain());
    assert!(error.to_string().contains("no database"), "{error}");
    assert_eq!(fs::read_to_string(folder.file()).expect("it is there"), garbage);
    let left: Vec<_> = fs::read_dir(&folder.0).expect("the folder is there").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[tokio::test]
async fn another_programs_database_is_left_alone() {
    let folder = Folder::new();
    let mut connection = raw(&folder.file()).await;
    sqlx::raw_sql("CREATE TABLE recipes (name TEXT)").execute(&mut connection).await.expect("it is written");
    connection.close().await.expect("it closes");
    let before = fs::read(folder.file()).expect("the file can be read");
    let error = refused(&folder.file()).await;
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{}", error.chain());
    assert!(error.to_string().contains("another program"), "{error}");
    assert_eq!(fs::read(folder.file()).expect("the file can be read"), before);
}

#[tokio::test]
async fn an_empty_file_becomes_a_database() {
    let folder = Folder::new();
    fs::write(folder.file(), "").expect("it is written");
    let organization = Samples::new().organization();
    let storage = open(&folder.file()).await.expect("an empty file is a fresh one");
    add(&storage, &organization).await.expect("it is written");
    assert!(has(&storage, &organization).await);
}

/// Searches read the index when they find little, and the sort when they find much: both give the same.
#[tokio::test]
async fn a_search_that_finds_much_gives_the_same_as_one_that_finds_little() {
    const MANY: usize = 2_200;
    let (folder, samples) = (Folder::new(), Samples::new());
    let storage = open(&folder.file()).await.expect("it opens");
    let (organization, other) = (samples.organization(), samples.organization());
    let unit = storage.begin().await.expect("a unit begins");
    for organization in [&organization, &other] {
        unit.organizations().insert(organization).await.expect("it is written");
    }
    let mut leads = Vec::with_capacity(MANY);
    for number in 0..MANY {
        let lead = Lead {
            name: Some(format!("Annette {}", ["Rare", "Usual"][usize::from(number % 400 != 0)])),
            score: (number % 3 != 0).then_some((number % 100) as u8),
            ..samples.lead(organization.id)
        };
        unit.leads().insert(&lead).await.expect("it is written");
        leads.push(lead);
    }
    unit.leads().insert(&samples.lead(other.id)).await.expect("it is written");
    unit.commit().await.expect("it commits");

    let read = storage.read(ReadConsistency::Strong);
    for (search, owner) in [("ann", None), ("ann rare", None), ("annette us", Some(9)), ("nobody", None)] {
        let filter = LeadFilter { search: Some(search.to_owned()), min_score: owner, ..LeadFilter::default() };
        let tokens = text::tokens(search);
        let mut expected: Vec<_> = leads
            .iter()
            .filter(|lead| text::matches(&text::search_text(lead.name.as_deref()), &tokens))
            .filter(|lead| owner.is_none_or(|least| lead.score.is_some_and(|score| score >= least)))
            .collect();
        // The highest score first, then the latest id; without a score last.
        expected.sort_by_key(|lead| std::cmp::Reverse((lead.score, lead.id)));
        let expected: Vec<_> = expected.into_iter().map(|lead| lead.id).collect();
        let sort = Sort { by: LeadSort::Score, order: Order::Desc };
        let mut found = Vec::new();
        let mut paging = Paging::After { cursor: None, limit: 100 };
        loop {
            let part = read.leads().list(organization.id, &filter, sort, &paging).await.expect("it is listed");
            found.extend(part.items.iter().map(|lead| lead.id));
            let Some(cursor) = part.next else { break };
            paging = Paging::After { cursor: Some(cursor), limit: 100 };
        }
        assert_eq!(found, expected, "{search}");
        let page = read.leads().list(organization.id, &filter, sort, &Paging::FIRST).await.expect("it is listed");
        assert_eq!(page.total, Some(expected.len() as u64), "{search}");
        assert_eq!(page.items.iter().map(|lead| lead.id).collect::<Vec<_>>(), expected[..expected.len().min(25)]);
    }
}
