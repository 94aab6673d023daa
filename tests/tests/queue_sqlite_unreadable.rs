//! What the queue on SQLite does with jobs that it cannot read: each is dead, and in nobody's way.

use std::{fs, path::PathBuf, time::Duration};

use spotlight_core::{
    domain::{JobId, ProcessId},
    ports::{
        BatchSpec, ClaimedJob, Concurrency, IdGenerator, JobConsumer, JobFilter, JobInspector, JobProducer, JobRecord,
        JobSpec, JobState, Outcome, Settlement, SystemIds, Unique, UniqueScope, WhenTaken,
    },
};
use spotlight_storage::sqlite::{SqliteOptions, SqliteQueue, SqliteStorage};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

const LONG: Duration = Duration::from_mins(10);

/// A queue in a file that goes with it, and a process of it.
struct Hand {
    queue: SqliteQueue,
    process: ProcessId,
    folder: PathBuf,
}

impl Drop for Hand {
    fn drop(&mut self) {
        // What is left is the system's to clean up.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Hand {
    async fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("spotlight-queue-{}", SystemIds.uuid()));
        fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
        let storage = SqliteStorage::open(SqliteOptions::new(folder.join("spotlight.db"))).await;
        let queue = SqliteQueue::new(&storage.expect("the file opens"));
        let process = ProcessId::from_uuid(SystemIds.uuid());
        queue.register(process, "a hand", LONG).await.expect("registered");
        Self { queue, process, folder }
    }

    async fn add(&self, spec: JobSpec) -> JobId {
        self.queue.enqueue(vec![spec]).await.expect("added")[0].id()
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

    async fn claim(&self) -> Vec<ClaimedJob> {
        let claimed = self.queue.claim(self.process, &["default".to_owned()], 10).await;
        claimed.unwrap_or_else(|error| panic!("others are claimed: {}", error.chain()))
    }

    async fn ends(&self, job: &ClaimedJob, outcome: Outcome) {
        let settlement = Settlement { id: job.id, claim: job.claim, outcome };
        assert_eq!(self.queue.settle(self.process, &[settlement]).await.expect("settled"), [true]);
    }

    async fn record(&self, id: JobId) -> JobRecord {
        self.queue.find(id).await.expect("it answers").expect("it is kept")
    }
}

fn job(number: usize) -> JobSpec {
    JobSpec::new("test", number.to_string())
}

fn payloads(claimed: &[ClaimedJob]) -> Vec<&str> {
    claimed.iter().map(|job| job.payload.as_str()).collect()
}

#[tokio::test]
async fn a_job_that_cannot_be_read_is_dead_and_in_nobodys_way() {
    let hand = Hand::new().await;
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
        let bad = hand.add(spec).await;
        hand.spoil(bad, broken).await;
        hand.add(job(3)).await;
        let claimed = hand.claim().await;
        assert_eq!(payloads(&claimed), ["3"], "{what}");
        hand.ends(&claimed[0], Outcome::Done(None)).await;
        let record = hand.record(bad).await;
        assert_eq!((record.state, record.attempts, record.failures.len()), (JobState::Dead, 1, 1), "{what}");
        let told = &record.failures[0].error;
        assert!(told.contains("cannot be read") && told.contains("discard it"), "{what}: {told}");
        assert!(!told.contains("secret"), "{what}: {told}");
        assert!(hand.claim().await.is_empty(), "{what}");
        // What it held is free.
        let next = hand.add(next).await;
        let claimed = hand.claim().await;
        assert_eq!(claimed.iter().map(|job| job.id).collect::<Vec<_>>(), [next], "{what}");
        hand.ends(&claimed[0], Outcome::Done(None)).await;
        let dead = JobFilter { state: Some(JobState::Dead), ..JobFilter::default() };
        assert_eq!(hand.queue.list(&dead, None, 10).await.expect("listed").len(), 1, "{what}");
        // A person who has it run again learns the same; who discards it is rid of it.
        assert!(hand.queue.retry(bad).await.expect("it answers"), "{what}");
        assert!(hand.claim().await.is_empty(), "{what}");
        let record = hand.record(bad).await;
        assert_eq!((record.state, record.failures.len()), (JobState::Dead, 2), "{what}");
        assert!(hand.queue.discard(bad).await.expect("it answers"), "{what}");
        assert!(hand.queue.find(bad).await.expect("it answers").is_none(), "{what}");
    }
}

#[tokio::test]
async fn a_batch_ends_without_what_cannot_be_read() {
    let hand = Hand::new().await;
    let batch = hand.queue.enqueue_batch(BatchSpec { jobs: vec![job(1), job(2)], then: job(3) }).await.expect("added");
    let jobs = hand.queue.list(&JobFilter::default(), None, 10).await.expect("listed");
    let bad = jobs.iter().find(|job| job.payload == "1").expect("it is there").id;
    hand.spoil(bad, "payload = CAST(x'ff' AS TEXT)").await;
    let claimed = hand.claim().await;
    assert_eq!(payloads(&claimed), ["2"]);
    hand.ends(&claimed[0], Outcome::Done(None)).await;
    let record = hand.queue.batch(batch).await.expect("it answers").expect("it is kept");
    assert_eq!((record.done, record.failed, record.finished_at.is_some()), (1, 1, true));
    assert_eq!(payloads(&hand.claim().await), ["3"]);
}

/// What is noted beside a job is no part of it, and one that is broken while a process holds it is moved with the others.
#[tokio::test]
async fn notes_of_a_job_that_cannot_be_read_cost_nothing_but_themselves() {
    let hand = Hand::new().await;
    let again = || Outcome::Retry { after: Duration::ZERO, error: "no".to_owned() };
    for broken in
        ["failures = 'nonsense'", "failures = CAST(x'ff' AS TEXT)", "note = CAST(x'ff' AS TEXT), percent = 1000"]
    {
        let id = hand.add(job(1)).await;
        hand.ends(&hand.claim().await[0], again()).await;
        hand.spoil(id, broken).await;
        let claimed = hand.claim().await;
        assert_eq!(payloads(&claimed), ["1"], "{broken}");
        hand.ends(&claimed[0], again()).await;
        assert_eq!(hand.record(id).await.failures.last().map(|failure| failure.attempt), Some(2), "{broken}");
        hand.ends(&hand.claim().await[0], Outcome::Done(None)).await;
    }
    let id = hand.add(job(1)).await;
    let held = hand.claim().await;
    hand.spoil(id, "attempts = 70000, limit_key = CAST(x'ff' AS TEXT), failures = 'nonsense'").await;
    hand.ends(&held[0], again()).await;
    assert_eq!(hand.record(id).await.state, JobState::Dead, "its tries are used up");
}
