//! What the queue on Postgres does when something is in its way.

use std::{
    collections::BTreeSet,
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use spotlight_core::{
    domain::ProcessId,
    ports::{ClaimedJob, IdGenerator, JobConsumer, JobInspector, JobProducer, JobSpec, Outcome, Settlement, SystemIds},
};
use spotlight_storage::postgres::{PgOptions, PgQueue};
use spotlight_tests::{pgbouncer::PgBouncer, postgres::TestDatabase};
use sqlx::{Connection, PgConnection};

const LONG: Duration = Duration::from_mins(10);

async fn open(database: &TestDatabase, change: impl FnOnce(PgOptions) -> PgOptions) -> PgQueue {
    PgQueue::connect(change(PgOptions::new(database.url()))).await.expect("the database answers")
}

async fn join(queue: &PgQueue, lease: Duration) -> ProcessId {
    let process = ProcessId::from_uuid(SystemIds.uuid());
    queue.register(process, "a hand", lease).await.expect("registered");
    process
}

fn jobs(numbers: std::ops::Range<u32>) -> Vec<JobSpec> {
    numbers.map(|number| JobSpec::new("test", number.to_string())).collect()
}

async fn claim(queue: &PgQueue, process: ProcessId, limit: u32) -> Vec<ClaimedJob> {
    queue.claim(process, &["default".to_owned()], limit).await.expect("claimed")
}

/// Polls a future so many times and drops it then.
async fn cut_off<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(move |context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it should have happened by now");
}

/// How many connections of a database listen.
async fn listeners(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    )
    .fetch_one(connection)
    .await
    .expect("the server's activity")
}

/// Wherever a claim is cut off, its jobs come back although its process lives on, over the one connection there is.
#[tokio::test]
async fn a_dropped_claim_comes_back_while_its_process_lives() {
    let database = TestDatabase::fresh().await;
    let queue = open(&database, |options| PgOptions { max_connections: 1, ..options }).await;
    let process = join(&queue, LONG).await;
    queue.enqueue(jobs(0..6)).await.expect("added");
    for polls in 1..12 {
        let queues = ["default".to_owned()];
        let claimed = cut_off(queue.claim(process, &queues, 6), polls).await;
        let mut held = claimed.transpose().expect("a claim that was answered was not refused").unwrap_or_default();
        until(async || {
            held.extend(claim(&queue, process, 6).await);
            held.len() == 6
        })
        .await;
        assert_eq!(held.iter().map(|job| job.id).collect::<BTreeSet<_>>().len(), 6, "each once");
        assert!(held.iter().all(|job| job.attempt == 1), "a try that nobody began does not count");
        let back = |job: &ClaimedJob| Settlement { id: job.id, claim: job.claim, outcome: Outcome::HandedBack };
        let settled = queue.settle(process, &held.iter().map(back).collect::<Vec<_>>()).await.expect("settled");
        assert_eq!(settled, [true; 6]);
    }
}

/// A claim that nobody waits for any more when it takes its jobs gives them back, while its process lives on.
#[tokio::test]
async fn a_claim_that_arrives_after_its_caller_left_is_given_back() {
    let database = TestDatabase::fresh().await;
    let queue = open(&database, |options| options).await;
    let process = join(&queue, LONG).await;
    queue.enqueue(jobs(0..3)).await.expect("added");
    let mut holder = database.connect().await;
    let mut watcher = database.connect().await;
    let mut lock = holder.begin().await.expect("a transaction");
    sqlx::raw_sql("LOCK TABLE job_ready").execute(&mut *lock).await.expect("locked");
    let queues = ["default".to_owned()];
    let waits = async || {
        let waiting = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() \
                       AND wait_event_type = 'Lock'";
        sqlx::query_scalar::<_, bool>(waiting).fetch_one(&mut watcher).await.expect("the server's activity")
    };
    tokio::select! {
        claimed = queue.claim(process, &queues, 3) => panic!("the table is locked: {claimed:?}"),
        () = until(waits) => {}
    }
    lock.rollback().await.expect("unlocked");
    let mut held = Vec::new();
    until(async || {
        held.extend(claim(&queue, process, 3).await);
        held.len() == 3
    })
    .await;
    assert!(held.iter().all(|job| job.attempt == 1), "a try that nobody began does not count");
}

/// A caller that goes away takes neither its own jobs nor those of others with it.
#[tokio::test]
async fn a_caller_that_goes_away_costs_nobody_anything() {
    let database = TestDatabase::fresh().await;
    let queue = open(&database, |options| PgOptions { max_connections: 1, ..options }).await;
    for polls in 1..6 {
        let mut others = tokio::task::JoinSet::new();
        for number in 0..8 {
            let queue = queue.clone();
            others.spawn(async move { queue.enqueue(jobs(number..number + 1)).await });
        }
        cut_off(queue.enqueue(jobs(100..101)), polls).await;
        while let Some(other) = others.join_next().await {
            other.expect("no panic").expect("added");
        }
    }
    let process = join(&queue, LONG).await;
    let claimed = claim(&queue, process, 100).await;
    assert_eq!(claimed.iter().filter(|job| job.payload != "100").count(), 40);
}

/// One caller's unacceptable jobs do not cost another theirs, also where both went to the store together.
#[tokio::test]
async fn callers_that_share_a_commit_share_no_failure() {
    let database = TestDatabase::fresh().await;
    let queue = open(&database, |options| options).await;
    let mut connection = database.connect().await;
    let constraint = "ALTER TABLE job_ready ADD CONSTRAINT no_thirteen CHECK (payload <> '13')";
    sqlx::raw_sql(constraint).execute(&mut connection).await.expect("a constraint");
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..40 {
        let queue = queue.clone();
        callers.spawn(async move { (number, queue.enqueue(jobs(number..number + 1)).await.is_ok()) });
    }
    let refused: Vec<_> = callers.join_all().await.into_iter().filter(|(_, added)| !added).collect();
    assert_eq!(refused, [(13, false)]);
    let process = join(&queue, LONG).await;
    assert_eq!(claim(&queue, process, 100).await.len(), 39);
}

/// The connection that listens is cut: waiting goes on, by looking, and is told again soon.
#[tokio::test]
async fn a_cut_listener_listens_again() {
    let database = TestDatabase::fresh().await;
    let queue = open(&database, |options| options).await;
    let other = open(&database, |options| options).await;
    let process = join(&queue, LONG).await;
    let mut connection = database.connect().await;
    let queues = ["default".to_owned()];
    queue.wait(&queues, Duration::from_millis(1)).await.expect("waited");
    for round in 0..3 {
        until(async || listeners(&mut connection).await == 1).await;
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                   AND query LIKE 'LISTEN%'";
        sqlx::raw_sql(cut).execute(&mut connection).await.expect("it is cut");
        let added = async {
            tokio::task::yield_now().await;
            other.enqueue(jobs(round..round + 1)).await.expect("added");
        };
        // Whatever wakes it early has it look again, as a worker does.
        let claimed = async {
            loop {
                queue.wait(&queues, Duration::from_mins(1)).await.expect("waited");
                let claimed = claim(&queue, process, 1).await;
                if !claimed.is_empty() {
                    return claimed;
                }
            }
        };
        let both = async { tokio::join!(claimed, added) };
        let (claimed, ()) = tokio::time::timeout(Duration::from_secs(10), both).await.expect("it is not slept through");
        assert_eq!(claimed[0].payload, round.to_string());
    }
}

/// Through a pooler a direct URL serves wake-ups, and without one there is nobody who listens.
#[tokio::test]
async fn a_direct_url_serves_wake_ups_behind_a_pooler() {
    let database = TestDatabase::fresh().await;
    let url = PgBouncer::shared().url(&database);
    let mut connection = database.connect().await;
    let options = || PgOptions { pooler: true, ..PgOptions::new(url.clone()) };
    let queues = ["default".to_owned()];
    let without = PgQueue::connect(options()).await.expect("the pooler answers");
    without.wait(&queues, Duration::from_millis(300)).await.expect("waited");
    assert_eq!(listeners(&mut connection).await, 0);
    let direct_url = Some(database.url().into());
    let with = PgQueue::connect(PgOptions { direct_url, ..options() }).await.expect("the pooler answers");
    with.wait(&queues, Duration::from_millis(1)).await.expect("waited");
    until(async || listeners(&mut connection).await == 1).await;
    with.close().await;
    until(async || listeners(&mut connection).await == 0).await;
}

/// A server that was away has heard of nobody: everyone gets their lease from its start.
#[tokio::test]
async fn nobody_is_given_up_by_a_server_that_has_just_started() {
    let database = TestDatabase::fresh().await;
    let queue = open(&database, |options| options).await;
    queue.enqueue(jobs(0..1)).await.expect("added");
    let (patient, hasty) = (join(&queue, Duration::from_hours(999)).await, join(&queue, LONG).await);
    assert_eq!(claim(&queue, patient, 1).await.len(), 1);
    let mut connection = database.connect().await;
    let restarted = "UPDATE job_processes SET lease = clock_timestamp() - pg_postmaster_start_time() \
                     WHERE lease < interval '999 hours'";
    sqlx::raw_sql(restarted).execute(&mut connection).await.expect("one lease is as old as the server");
    let silence = "UPDATE job_processes SET seen = seen - 2 * lease";
    sqlx::raw_sql(silence).execute(&mut connection).await.expect("both are silent for long");
    assert_eq!(queue.upkeep(100).await.expect("upkeep").recovered, 0);
    assert!(!queue.heartbeat(hasty, &[]).await.expect("answered").alive, "its lease ended while the server was up");
    assert!(queue.heartbeat(patient, &[]).await.expect("answered").alive, "its lease began anew with the server");
}

/// Signs of life come from whichever runtime lives.
#[tokio::test]
async fn signs_of_life_outlive_a_runtime() {
    let database = TestDatabase::fresh().await;
    let queue = open(&database, |options| options).await;
    let process = join(&queue, LONG).await;
    queue.enqueue(jobs(0..1)).await.expect("added");
    assert_eq!(claim(&queue, process, 1).await.len(), 1);
    for _ in 0..2 {
        let elsewhere = queue.clone();
        let beat = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(elsewhere.heartbeat(process, &[])).expect("answered").alive
        };
        let alive = tokio::task::spawn_blocking(beat).await.expect("no panic");
        assert!(alive);
        assert!(queue.heartbeat(process, &[]).await.expect("answered").alive);
    }
    let elsewhere = queue.clone();
    let leave = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(elsewhere.deregister(process)).expect("left");
    };
    tokio::task::spawn_blocking(leave).await.expect("no panic");
    let other = join(&queue, LONG).await;
    assert_eq!(claim(&queue, other, 1).await.len(), 1, "what it held is ready, and the pool's connections live");
}

/// A transaction that took its places in line early and commits late is not overlooked by a process that is past them.
#[tokio::test]
async fn a_job_that_comes_late_to_an_early_place_is_found() {
    let database = TestDatabase::fresh().await;
    let queue = open(&database, |options| options).await;
    let process = join(&queue, LONG).await;
    let mut slow = database.connect().await;
    let mut slow = slow.begin().await.expect("a transaction");
    let insert = "INSERT INTO job_ready (id, queue, priority, seq, name, payload, version, attempts, max_attempts, \
                  enqueued_at) SELECT gen_random_uuid(), 'default', 0, nextval('job_seq'), 'test', 'late', 1, 0, 1, now()";
    sqlx::raw_sql(insert).execute(&mut *slow).await.expect("inserted");
    queue.enqueue(jobs(0..2_000)).await.expect("added");
    for _ in 0..5 {
        assert_eq!(claim(&queue, process, 10).await.len(), 10);
    }
    slow.commit().await.expect("committed");
    let mut looks = 0;
    until(async || {
        looks += 1;
        assert!(looks < 190, "it was overlooked while the queue was worked off");
        claim(&queue, process, 10).await.iter().any(|job| job.payload == "late")
    })
    .await;
}

/// Rounds of upkeep at once give up a dead process once, and do not wait for one another.
#[tokio::test]
async fn rounds_of_upkeep_at_once_recover_each_job_once() {
    let database = TestDatabase::fresh().await;
    let queue = Arc::new(open(&database, |options| options).await);
    let now = {
        let id = queue.enqueue(jobs(0..1)).await.expect("added")[0].id();
        queue.find(id).await.expect("found").expect("kept").enqueued_at
    };
    let soon = |number: u32| JobSpec {
        run_at: Some(now + chrono::Duration::milliseconds(1_500)),
        ..JobSpec::new("test", number.to_string())
    };
    queue.enqueue((1..300).map(soon).collect()).await.expect("added");
    let dead = join(&queue, Duration::from_secs(1)).await;
    assert_eq!(claim(&queue, dead, 10).await.len(), 1);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut rounds = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let queue = Arc::clone(&queue);
        rounds.spawn(async move { queue.upkeep(100).await.expect("upkeep") });
    }
    let rounds = rounds.join_all().await;
    assert_eq!(rounds.iter().map(|round| round.recovered).sum::<u32>(), 1);
    assert_eq!(rounds.iter().map(|round| round.promoted).sum::<u32>(), 299);
    let process = join(&queue, LONG).await;
    assert_eq!(claim(&queue, process, 1000).await.len(), 300);
}
