//! What the queue on Postgres does with jobs that it cannot read: each is dead, and in nobody's way.

use std::time::Duration;

use spotlight_core::{
    domain::{JobId, ProcessId},
    ports::{
        BatchSpec, ClaimedJob, Concurrency, IdGenerator, JobConsumer, JobFilter, JobInspector, JobProducer, JobRecord,
        JobSpec, JobState, Outcome, Settlement, SystemIds, Unique, UniqueScope, WhenTaken,
    },
};
use spotlight_storage::postgres::{PgOptions, PgQueue};
use spotlight_tests::postgres::TestDatabase;
use sqlx::{AssertSqlSafe, PgConnection};

const LONG: Duration = Duration::from_mins(10);

/// A queue, a process of it, and a connection of one's own.
struct Hand {
    queue: PgQueue,
    process: ProcessId,
    connection: PgConnection,
    _database: TestDatabase,
}

impl Hand {
    async fn new() -> Self {
        let database = TestDatabase::fresh().await;
        let queue = PgQueue::connect(PgOptions::new(database.url())).await.expect("the database answers");
        let process = Self::join(&queue).await;
        Self { queue, process, connection: database.connect().await, _database: database }
    }

    async fn join(queue: &PgQueue) -> ProcessId {
        let process = ProcessId::from_uuid(SystemIds.uuid());
        queue.register(process, "a hand", LONG).await.expect("registered");
        process
    }

    async fn add(&self, spec: JobSpec) -> JobId {
        self.queue.enqueue(vec![spec]).await.expect("added")[0].id()
    }

    /// Puts another text beside a job: an expression over `extra`, which is what was there.
    async fn spoil(&mut self, table: &str, id: JobId, extra: &str) {
        let spoil = format!("UPDATE {table} SET extra = {extra} WHERE id = $1");
        let done = sqlx::query(AssertSqlSafe(spoil))
            .bind(id.as_uuid())
            .execute(&mut self.connection)
            .await
            .expect("it is broken");
        assert_eq!(done.rows_affected(), 1);
    }

    async fn claim(&self) -> Vec<ClaimedJob> {
        let claimed = self.queue.claim(self.process, &["default".to_owned()], 10).await;
        claimed.unwrap_or_else(|error| panic!("others are claimed: {}", error.chain()))
    }

    async fn ends(&self, job: &ClaimedJob) {
        let settlement = Settlement { id: job.id, claim: job.claim, outcome: Outcome::Done(None) };
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
    let mut hand = Hand::new().await;
    let limited =
        |number| JobSpec { concurrency: Some(Concurrency { key: "key".to_owned(), limit: 1 }), ..job(number) };
    let kept = JobSpec { keep_result: Duration::from_hours(2), ..job(1) };
    let unique = |scope| {
        let unique = Unique { key: "key".to_owned(), scope, taken: WhenTaken::Discard };
        move |number| JobSpec { unique: Some(unique.clone()), ..job(number) }
    };
    let (unfinished, waiting) = (unique(UniqueScope::Unfinished), unique(UniqueScope::Waiting));
    for (what, spec, broken, next) in [
        ("no JSON", job(1), "'secret'", job(2)),
        ("empty", job(1), "''", job(2)),
        ("another shape", job(1), "'[1]'", job(2)),
        ("ends that are no JSON", kept, "replace(extra, '}', ']')", job(2)),
        ("a limit that is cut off", limited(1), "left(extra, -1)", limited(2)),
        (
            "a limit beside nonsense",
            limited(1),
            "overlay(extra placing '{\"keep\":\"secret\",' from 1 for 1)",
            limited(2),
        ),
        ("a key of another version", unfinished(1), "replace(extra, 'unfinished', 'someday')", unfinished(2)),
        ("a key that is lost", unfinished(1), "'{'", unfinished(2)),
        ("a key that was held while it waited", waiting(1), "'{'", waiting(2)),
    ] {
        let bad = hand.add(spec).await;
        hand.spoil("job_ready", bad, broken).await;
        hand.add(job(3)).await;
        let claimed = hand.claim().await;
        assert_eq!(payloads(&claimed), ["3"], "{what}");
        hand.ends(&claimed[0]).await;
        let record = hand.record(bad).await;
        assert_eq!((record.state, record.attempts, record.failures.len()), (JobState::Dead, 1, 1), "{what}");
        assert_eq!((record.name.as_str(), record.payload.as_str()), ("test", "1"), "{what}");
        let told = &record.failures[0].error;
        assert!(told.contains("cannot be read") && told.contains("discard it"), "{what}: {told}");
        assert!(!told.contains("secret"), "{what}: {told}");
        assert!(hand.claim().await.is_empty(), "{what}");
        // What it held is free.
        let next = hand.add(next).await;
        let claimed = hand.claim().await;
        assert_eq!(claimed.iter().map(|job| job.id).collect::<Vec<_>>(), [next], "{what}");
        hand.ends(&claimed[0]).await;
        let listed =
            hand.queue.list(&JobFilter { state: Some(JobState::Dead), ..JobFilter::default() }, None, 10).await;
        assert_eq!(listed.expect("listed").len(), 1, "{what}");
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
async fn whoever_can_read_a_dead_job_runs_it_as_it_was() {
    let mut hand = Hand::new().await;
    let id = hand.add(JobSpec { keep_result: Duration::from_hours(2), ..job(1) }).await;
    hand.spoil("job_ready", id, "replace(extra, '7200000000', '-7200000000')").await;
    assert!(hand.claim().await.is_empty());
    assert_eq!(hand.record(id).await.state, JobState::Dead);
    hand.spoil("job_ended", id, "replace(extra, '-7200000000', '7200000000')").await;
    assert!(hand.queue.retry(id).await.expect("it answers"));
    let claimed = hand.claim().await;
    assert_eq!((claimed[0].id, claimed[0].keep_result), (id, Duration::from_hours(2)));
    assert_eq!(hand.record(id).await.failures.len(), 1, "and what went wrong before is known");
}

/// Also where it waits for its time, and where somebody else takes over from the process that holds it.
#[tokio::test]
async fn a_job_that_cannot_be_read_is_moved_with_the_others() {
    let mut hand = Hand::new().await;
    let soon = hand.record(hand.add(job(1)).await).await.enqueued_at + chrono::Duration::milliseconds(200);
    hand.ends(&hand.claim().await[0]).await;
    let later = |number| JobSpec { run_at: Some(soon), ..job(number) };
    let (bad, good) = (hand.add(later(2)).await, hand.add(later(3)).await);
    hand.spoil("job_scheduled", bad, "'nonsense'").await;
    let promoted = async {
        let mut promoted = 0;
        while promoted < 2 {
            promoted += hand.queue.upkeep(10).await.expect("it keeps up").promoted;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), promoted).await.expect("both become ready");
    assert_eq!(hand.claim().await.iter().map(|job| job.id).collect::<Vec<_>>(), [good]);
    assert_eq!(hand.record(bad).await.state, JobState::Dead);

    // What a process holds is broken while it holds it.
    let lost = hand.add(job(4)).await;
    assert_eq!(hand.claim().await.len(), 1);
    let spoil = "UPDATE job_chunks SET extras = ARRAY['nonsense'] WHERE ids = ARRAY[$1]";
    sqlx::query(spoil).bind(lost.as_uuid()).execute(&mut hand.connection).await.expect("it is broken");
    hand.queue.deregister(hand.process).await.expect("it leaves");
    assert_eq!(hand.record(good).await.state, JobState::Ready);
    hand.process = Hand::join(&hand.queue).await;
    assert_eq!(hand.claim().await.iter().map(|job| job.id).collect::<Vec<_>>(), [good]);
    assert_eq!((hand.record(lost).await.state, hand.record(lost).await.attempts), (JobState::Dead, 2));
}

#[tokio::test]
async fn a_batch_ends_without_what_cannot_be_read() {
    let mut hand = Hand::new().await;
    let batch = hand.queue.enqueue_batch(BatchSpec { jobs: vec![job(1), job(2)], then: job(3) }).await.expect("added");
    let jobs = hand.queue.list(&JobFilter::default(), None, 10).await.expect("listed");
    let bad = jobs.iter().find(|job| job.payload == "1").expect("it is there").id;
    hand.spoil("job_ready", bad, "overlay(extra placing '{\"keep\":\"no number\",' from 1 for 1)").await;
    let claimed = hand.claim().await;
    assert_eq!(payloads(&claimed), ["2"]);
    hand.ends(&claimed[0]).await;
    let record = hand.queue.batch(batch).await.expect("it answers").expect("it is kept");
    assert_eq!((record.done, record.failed, record.finished_at.is_some()), (1, 1, true));
    assert_eq!(payloads(&hand.claim().await), ["3"]);
}
