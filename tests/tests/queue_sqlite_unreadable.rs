//! What the queue on SQLite does with jobs that it cannot read: each is dead, and in nobody's way.

use std::{fs, path::PathBuf, time::Duration};

use spotlight_core::{
    domain::JobId,
    ports::{
        BatchSpec, Concurrency, IdGenerator, JobFilter, JobInspector, JobProducer, JobSpec, JobState, Outcome,
        SystemIds, Unique, UniqueScope, WhenTaken,
    },
};
use spotlight_storage::sqlite::{SqliteOptions, SqliteQueue, SqliteStorage};
use spotlight_tests::hand::{Hand, job, payloads};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

/// A process of a queue in a file that goes with it.
struct World {
    hand: Hand<SqliteQueue>,
    folder: PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        // What is left is the system's to clean up.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl World {
    async fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("spotlight-queue-{}", SystemIds.uuid()));
        fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
        let storage = SqliteStorage::open(SqliteOptions::new(folder.join("spotlight.db"))).await;
        let queue = SqliteQueue::new(&storage.expect("the file opens"));
        Self { hand: Hand::new(queue).await, folder }
    }

    /// Changes what is stored of a job.
    async fn spoil(&self, id: JobId, broken: &str) {
        let options = SqliteConnectOptions::new().filename(self.folder.join("spotlight.db"));
        let mut connection = SqliteConnection::connect_with(&options).await.expect("the file opens");
        let spoil = AssertSqlSafe(format!("UPDATE jobs SET {broken} WHERE id = ?"));
        let done = sqlx::query(spoil).bind(id.as_uuid()).execute(&mut connection).await.expect("it is broken");
        assert_eq!(done.rows_affected(), 1);
        connection.close().await.expect("closed");
    }
}

#[tokio::test]
async fn a_job_that_cannot_be_read_is_dead_and_in_nobodys_way() {
    let world = World::new().await;
    let limited =
        |number| JobSpec { concurrency: Some(Concurrency { key: "key".to_owned(), limit: 1 }), ..job(number) };
    let unique = |scope| {
        let unique = Unique { key: "key".to_owned(), scope, taken: WhenTaken::Discard };
        move |number| JobSpec { unique: Some(unique.clone()), ..job(number) }
    };
    let (unfinished, waiting) = (unique(UniqueScope::Unfinished), unique(UniqueScope::Waiting));
    for (what, spec, broken, next) in [
        ("a payload that is no text", job(1), "payload = CAST(x'736563726574ff' AS TEXT)", job(2)),
        ("a name that is no text", job(1), "name = CAST(x'736563726574ff' AS TEXT)", job(2)),
        ("a version out of range", job(1), "version = 70000", job(2)),
        ("an organization that is no id", job(1), "organization_id = x'01'", job(2)),
        ("a batch that is no id", job(1), "batch_id = x'01'", job(2)),
        ("a time beyond all times", job(1), "enqueued_at = 9223372036854775807", job(2)),
        ("a time that is none", job(1), "keep_us = -1", job(2)),
        ("a limited one", limited(1), "version = -1", limited(2)),
        ("a limit that is no text", limited(1), "limit_key = CAST(x'ff' AS TEXT)", limited(2)),
        ("a unique one", unfinished(1), "version = -1", unfinished(2)),
        ("one that was unique while it waited", waiting(1), "version = -1", waiting(2)),
    ] {
        let bad = world.hand.add(spec).await;
        world.spoil(bad, broken).await;
        world.hand.dies(what, bad, next).await;
        world.hand.stays_dead_until_discarded(what, bad).await;
    }
}

#[tokio::test]
async fn a_batch_ends_without_what_cannot_be_read() {
    let world = World::new().await;
    let batch =
        world.hand.queue.enqueue_batch(BatchSpec { jobs: vec![job(1), job(2)], then: job(3) }).await.expect("added");
    let jobs = world.hand.queue.list(&JobFilter::default(), None, 10).await.expect("listed");
    let bad = jobs.iter().find(|job| job.payload == "1").expect("it is there").id;
    world.spoil(bad, "payload = CAST(x'ff' AS TEXT)").await;
    let claimed = world.hand.claim().await;
    assert_eq!(payloads(&claimed), ["2"]);
    world.hand.ends(&claimed[0], Outcome::Done(None)).await;
    let record = world.hand.queue.batch(batch).await.expect("it answers").expect("it is kept");
    assert_eq!((record.done, record.failed, record.finished_at.is_some()), (1, 1, true));
    assert_eq!(payloads(&world.hand.claim().await), ["3"]);
}

/// What is noted beside a job is no part of it, and one that is broken while a process holds it is moved with the others.
#[tokio::test]
async fn notes_of_a_job_that_cannot_be_read_cost_nothing_but_themselves() {
    let world = World::new().await;
    let again = || Outcome::Retry { after: Duration::ZERO, error: "no".to_owned() };
    for broken in
        ["failures = 'nonsense'", "failures = CAST(x'ff' AS TEXT)", "note = CAST(x'ff' AS TEXT), percent = 1000"]
    {
        let id = world.hand.add(job(1)).await;
        world.hand.ends(&world.hand.claim().await[0], again()).await;
        world.spoil(id, broken).await;
        let claimed = world.hand.claim().await;
        assert_eq!(payloads(&claimed), ["1"], "{broken}");
        world.hand.ends(&claimed[0], again()).await;
        assert_eq!(world.hand.record(id).await.failures.last().map(|failure| failure.attempt), Some(2), "{broken}");
        world.hand.ends(&world.hand.claim().await[0], Outcome::Done(None)).await;
    }
    let id = world.hand.add(job(1)).await;
    let held = world.hand.claim().await;
    world.spoil(id, "attempts = 70000, limit_key = CAST(x'ff' AS TEXT), failures = 'nonsense'").await;
    world.hand.ends(&held[0], again()).await;
    assert_eq!(world.hand.record(id).await.state, JobState::Dead, "its tries are used up");
}
