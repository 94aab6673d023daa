//! What the queue on Postgres does with jobs that it cannot read: each is dead, and in nobody's way.

use std::time::Duration;

use spotlight_core::{
    domain::JobId,
    ports::{
        BatchSpec, Concurrency, JobConsumer, JobFilter, JobInspector, JobProducer, JobSpec, JobState, Outcome, Unique,
        UniqueScope, WhenTaken,
    },
};
use spotlight_storage::postgres::{PgOptions, PgQueue};
use spotlight_tests::{
    hand::{Hand, job, payloads},
    postgres::TestDatabase,
};
use sqlx::{AssertSqlSafe, PgConnection};

/// A queue, a process of it, and a connection of one's own.
struct World {
    hand: Hand<PgQueue>,
    connection: PgConnection,
    _database: TestDatabase,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::fresh().await;
        let queue = PgQueue::connect(PgOptions::new(database.url())).await.expect("the database answers");
        Self { hand: Hand::new(queue).await, connection: database.connect().await, _database: database }
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
}

#[tokio::test]
async fn a_job_that_cannot_be_read_is_dead_and_in_nobodys_way() {
    let mut world = World::new().await;
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
        let bad = world.hand.add(spec).await;
        world.spoil("job_ready", bad, broken).await;
        let record = world.hand.dies(what, bad, next).await;
        assert_eq!((record.name.as_str(), record.payload.as_str()), ("test", "1"), "{what}");
        world.hand.stays_dead_until_discarded(what, bad).await;
    }
}

#[tokio::test]
async fn whoever_can_read_a_dead_job_runs_it_as_it_was() {
    let mut world = World::new().await;
    let id = world.hand.add(JobSpec { keep_result: Duration::from_hours(2), ..job(1) }).await;
    world.spoil("job_ready", id, "replace(extra, '7200000000', '-7200000000')").await;
    assert!(world.hand.claim().await.is_empty());
    assert_eq!(world.hand.record(id).await.state, JobState::Dead);
    world.spoil("job_ended", id, "replace(extra, '-7200000000', '7200000000')").await;
    assert!(world.hand.queue.retry(id).await.expect("it answers"));
    let claimed = world.hand.claim().await;
    assert_eq!((claimed[0].id, claimed[0].keep_result), (id, Duration::from_hours(2)));
    assert_eq!(world.hand.record(id).await.failures.len(), 1, "and what went wrong before is known");
}

/// Also where it waits for its time, and where somebody else takes over from the process that holds it.
#[tokio::test]
async fn a_job_that_cannot_be_read_is_moved_with_the_others() {
    let mut world = World::new().await;
    let soon = world.hand.record(world.hand.add(job(1)).await).await.enqueued_at + chrono::Duration::milliseconds(200);
    world.hand.ends(&world.hand.claim().await[0], Outcome::Done(None)).await;
    let later = |number| JobSpec { run_at: Some(soon), ..job(number) };
    let (bad, good) = (world.hand.add(later(2)).await, world.hand.add(later(3)).await);
    world.spoil("job_scheduled", bad, "'nonsense'").await;
    let promoted = async {
        let mut promoted = 0;
        while promoted < 2 {
            promoted += world.hand.queue.upkeep(10).await.expect("it keeps up").promoted;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), promoted).await.expect("both become ready");
    assert_eq!(world.hand.claim().await.iter().map(|job| job.id).collect::<Vec<_>>(), [good]);
    assert_eq!(world.hand.record(bad).await.state, JobState::Dead);

    // What a process holds is broken while it holds it.
    let lost = world.hand.add(job(4)).await;
    assert_eq!(world.hand.claim().await.len(), 1);
    let spoil = "UPDATE job_chunks SET extras = ARRAY['nonsense'] WHERE ids = ARRAY[$1]";
    sqlx::query(spoil).bind(lost.as_uuid()).execute(&mut world.connection).await.expect("it is broken");
    world.hand.queue.deregister(world.hand.process).await.expect("it leaves");
    assert_eq!(world.hand.record(good).await.state, JobState::Ready);
    world.hand.join().await;
    assert_eq!(world.hand.claim().await.iter().map(|job| job.id).collect::<Vec<_>>(), [good]);
    assert_eq!((world.hand.record(lost).await.state, world.hand.record(lost).await.attempts), (JobState::Dead, 2));
}

#[tokio::test]
async fn a_batch_ends_without_what_cannot_be_read() {
    let mut world = World::new().await;
    let batch =
        world.hand.queue.enqueue_batch(BatchSpec { jobs: vec![job(1), job(2)], then: job(3) }).await.expect("added");
    let jobs = world.hand.queue.list(&JobFilter::default(), None, 10).await.expect("listed");
    let bad = jobs.iter().find(|job| job.payload == "1").expect("it is there").id;
    world.spoil("job_ready", bad, "overlay(extra placing '{\"keep\":\"no number\",' from 1 for 1)").await;
    let claimed = world.hand.claim().await;
    assert_eq!(payloads(&claimed), ["2"]);
    world.hand.ends(&claimed[0], Outcome::Done(None)).await;
    let record = world.hand.queue.batch(batch).await.expect("it answers").expect("it is kept");
    assert_eq!((record.done, record.failed, record.finished_at.is_some()), (1, 1, true));
    assert_eq!(payloads(&world.hand.claim().await), ["3"]);
}
