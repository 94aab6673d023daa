//! The Redis adapter keeps the promises of `JobQueue`, and those of a server that fails.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use spotlight_core::{
    ErrorKind, Result,
    conformance::queue::JobQueueFixture,
    domain::ProcessId,
    jobs::{Job, JobContext, Registry, Worker, WorkerOptions},
    ports::{
        BatchSpec, ClaimedJob, Clock, Enqueued, IdGenerator, JobConsumer, JobInspector, JobProducer, JobQueue, JobSpec,
        JobState, Outcome, Settlement, SystemClock, SystemIds,
    },
};
use spotlight_storage::redis::{RedisClient, RedisOptions, RedisQueue};
use spotlight_tests::redis::{RedisServer, namespace};
use tokio_util::sync::CancellationToken;

const LONG: Duration = Duration::from_mins(10);

fn client(server: &RedisServer, namespace: &str) -> RedisClient {
    let options = RedisOptions { namespace: namespace.to_owned(), ..RedisOptions::new(server.url()) };
    RedisClient::new(options).expect("the options can be read")
}

/// A queue as a process of its own would open it.
async fn open(server: &RedisServer, namespace: &str) -> RedisQueue {
    RedisQueue::connect(client(server, namespace), Arc::new(SystemIds)).await.expect("the server answers")
}

/// Queues on the server of this process, in namespaces of their own.
#[derive(Default)]
struct Fixture {
    opened: Mutex<Vec<(Arc<dyn JobQueue>, String)>>,
}

#[async_trait]
impl JobQueueFixture for Fixture {
    async fn fresh(&self) -> Arc<dyn JobQueue> {
        let namespace = namespace();
        let queue: Arc<dyn JobQueue> = Arc::new(open(RedisServer::shared(), &namespace).await);
        self.opened.lock().expect("no test panicked here").push((Arc::clone(&queue), namespace));
        queue
    }

    async fn another(&self, queue: &Arc<dyn JobQueue>) -> Arc<dyn JobQueue> {
        let namespace = {
            let opened = self.opened.lock().expect("no test panicked here");
            let found = opened.iter().find(|(known, _)| Arc::ptr_eq(known, queue));
            found.expect("the queue is of this fixture").1.clone()
        };
        Arc::new(open(RedisServer::shared(), &namespace).await)
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

mod conformance {
    spotlight_core::job_queue_conformance!(super::Fixture::default());
}

fn job(number: usize) -> JobSpec {
    JobSpec::new("test", number.to_string())
}

fn of(number: usize, queue: &str) -> JobSpec {
    JobSpec { queue: queue.to_owned(), ..job(number) }
}

fn numbers(claimed: &[ClaimedJob]) -> Vec<usize> {
    claimed.iter().map(|job| job.payload.parse().expect("a number")).collect()
}

async fn join(queue: &RedisQueue) -> ProcessId {
    let process = ProcessId::from_uuid(SystemIds.uuid());
    queue.register(process, "a test", LONG).await.expect("it joins");
    process
}

async fn claim(queue: &RedisQueue, process: ProcessId, queues: &[&str], limit: u32) -> Vec<ClaimedJob> {
    let queues: Vec<_> = queues.iter().map(|queue| (*queue).to_owned()).collect();
    queue.claim(process, &queues, limit).await.expect("it claims")
}

fn done(job: &ClaimedJob) -> Settlement {
    Settlement { id: job.id, claim: job.claim, outcome: Outcome::Done(None) }
}

/// Repeats a call until the server that was away is found again.
async fn until_back<T>(mut call: impl AsyncFnMut() -> Result<T>) -> T {
    let tries = async {
        loop {
            match call().await {
                Ok(answer) => return answer,
                Err(error) => assert!(
                    matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout),
                    "only the server's absence is a reason: {}",
                    error.chain()
                ),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), tries).await.expect("it is found again")
}

#[tokio::test]
async fn jobs_of_several_queues_are_added_together_and_answered_in_their_order() {
    let queue = open(RedisServer::shared(), &namespace()).await;
    let specs = vec![of(1, "one"), of(2, "two"), of(3, "one"), of(4, "three"), of(5, "two")];
    let added = queue.enqueue(specs).await.expect("added");
    assert!(added.iter().all(|answer| matches!(answer, Enqueued::Added(_))), "{added:?}");
    let process = join(&queue).await;
    let claimed = claim(&queue, process, &["one", "two", "three"], 10).await;
    assert_eq!(numbers(&claimed), [1, 3, 2, 5, 4]);
    for (at, job) in [0, 2, 1, 4, 3].into_iter().zip(&claimed) {
        assert_eq!(added[at].id(), job.id);
    }
    let accepted = queue.settle(process, &claimed.iter().map(done).collect::<Vec<_>>()).await.expect("settled");
    assert_eq!(accepted, [true; 5]);
}

#[tokio::test]
async fn a_batch_over_several_queues_is_followed_once() {
    let server = RedisServer::shared();
    let name = namespace();
    let queue = open(server, &name).await;
    let process = join(&queue).await;
    let batch = BatchSpec { jobs: vec![of(1, "one"), of(2, "two"), of(3, "home")], then: of(99, "home") };
    let id = queue.enqueue_batch(batch).await.expect("added");
    let claimed = claim(&queue, process, &["one", "two", "home"], 10).await;
    assert_eq!(numbers(&claimed), [1, 2, 3]);
    assert!(claimed.iter().all(|job| job.batch == Some(id)));
    let dead = Settlement { outcome: Outcome::Dead { error: "no".to_owned() }, ..done(&claimed[0]) };
    assert_eq!(queue.settle(process, &[dead, done(&claimed[2])]).await.expect("settled"), [true, true]);
    let record = queue.batch(id).await.expect("it answers").expect("it is kept");
    assert_eq!((record.total, record.done, record.failed, record.finished_at), (3, 1, 1, None));
    assert!(claim(&queue, process, &["home"], 10).await.is_empty());
    assert_eq!(queue.settle(process, &[done(&claimed[1])]).await.expect("settled"), [true]);
    assert_eq!(numbers(&claim(&queue, process, &["one", "two", "home"], 10).await), [99]);
    // A job that is retried by hand ends once more, and counts no more.
    assert!(queue.retry(claimed[0].id).await.expect("it answers"));
    let again = claim(&queue, process, &["one"], 10).await;
    assert_eq!(queue.settle(process, &[done(&again[0])]).await.expect("settled"), [true]);
    let record = queue.batch(id).await.expect("it answers").expect("it is kept");
    assert_eq!((record.done, record.failed), (2, 1));
    assert!(claim(&queue, process, &["one", "two", "home"], 10).await.is_empty());
}

#[tokio::test]
async fn a_server_that_keeps_a_file_loses_nothing_that_was_acknowledged() {
    let mut server = RedisServer::start_durable();
    let name = namespace();
    let queue = open(&server, &name).await;
    let process = join(&queue).await;
    let (mut acknowledged, mut ended) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..4 {
        let specs = (0..50).map(|number| job(round * 50 + number)).collect();
        acknowledged.extend(queue.enqueue(specs).await.expect("added").iter().map(|added| added.id()));
        let claimed = claim(&queue, process, &["default"], 20).await;
        let half: Vec<_> = claimed.iter().take(10).map(done).collect();
        assert_eq!(queue.settle(process, &half).await.expect("settled"), [true; 10]);
        ended.extend(half.iter().map(|end| end.id));
        // Enqueuing goes on while it dies.
        let racing = tokio::spawn({
            let queue = queue.clone();
            async move {
                let mut told = Vec::new();
                while let Ok(added) = queue.enqueue(vec![job(9_999)]).await {
                    told.push(added[0].id());
                }
                told
            }
        });
        tokio::time::sleep(Duration::from_millis(30)).await;
        server.kill();
        acknowledged.extend(racing.await.expect("it ends when the server is away"));
        server.start_again();
        let pulse = until_back(async || queue.heartbeat(process, &[]).await).await;
        assert!(pulse.alive, "its lease is kept too");
        // Signs of life have a connection of their own.
        until_back(async || queue.last_tick("none").await).await;
    }
    queue.deregister(process).await.expect("it leaves");
    let queue = open(&server, &name).await;
    let process = join(&queue).await;
    let mut seen = BTreeSet::new();
    loop {
        let claimed = claim(&queue, process, &["default"], 500).await;
        if claimed.is_empty() {
            break;
        }
        assert!(claimed.iter().all(|job| seen.insert(job.id)), "each is given once");
    }
    assert!(seen.is_disjoint(&ended), "what was done is done");
    let lost: Vec<_> = acknowledged.iter().filter(|id| !seen.contains(id) && !ended.contains(id)).collect();
    assert!(lost.is_empty(), "{} of {} are lost", lost.len(), acknowledged.len());
}

#[tokio::test]
async fn connections_that_are_cut_cost_no_job() {
    let server = RedisServer::start();
    let name = namespace();
    let queue = open(&server, &name).await;
    let process = join(&queue).await;
    let mut acknowledged = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for round in 0..10 {
        let (adds, claims) = (queue.clone(), queue.clone());
        let adding = tokio::spawn(async move {
            let mut told = Vec::new();
            for number in 0..40 {
                if let Ok(added) = adds.enqueue(vec![job(round * 40 + number)]).await {
                    told.push(added[0].id());
                }
            }
            told
        });
        let claiming = tokio::spawn(async move {
            let mut taken = Vec::new();
            for _ in 0..20 {
                taken.extend(claims.claim(process, &["default".to_owned()], 5).await.unwrap_or_default());
            }
            taken
        });
        for _ in 0..3 {
            tokio::task::yield_now().await;
            server.cut("normal");
        }
        acknowledged.extend(adding.await.expect("it ends"));
        for job in claiming.await.expect("it ends") {
            assert!(seen.insert(job.id), "each is given once");
        }
    }
    // What a claim took whose answer was lost is given by a later one.
    loop {
        let claimed = until_back(async || queue.claim(process, &["default".to_owned()], 100).await).await;
        if claimed.is_empty() {
            break;
        }
        for job in claimed {
            assert!(seen.insert(job.id), "each is given once");
        }
    }
    assert!(acknowledged.is_subset(&seen), "{} were given of {}", seen.len(), acknowledged.len());
    assert!(!acknowledged.is_empty());
}

#[tokio::test]
async fn a_server_that_forgot_its_scripts_is_told_them_again() {
    let server = RedisServer::start();
    let queue = open(&server, &namespace()).await;
    let process = join(&queue).await;
    for number in 0..3 {
        server.forget_scripts();
        queue.enqueue(vec![job(number)]).await.expect("added");
        server.forget_scripts();
        let claimed = claim(&queue, process, &["default"], 10).await;
        assert_eq!(numbers(&claimed), [number]);
        server.forget_scripts();
        assert_eq!(queue.settle(process, &[done(&claimed[0])]).await.expect("settled"), [true]);
        server.forget_scripts();
        queue.upkeep(10).await.expect("it keeps up");
        assert!(queue.heartbeat(process, &[]).await.expect("it beats").alive);
    }
}

#[tokio::test]
async fn a_server_that_evicts_is_refused() {
    let server = RedisServer::start();
    for policy in ["allkeys-lru", "volatile-ttl"] {
        server.evict(policy);
        let refused = RedisQueue::connect(client(&server, "jobs"), Arc::new(SystemIds)).await;
        let error = refused.expect_err("jobs could disappear");
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.to_string().contains("maxmemory-policy"), "{error}");
    }
    server.evict("noeviction");
    open(&server, "jobs").await;
}

#[tokio::test]
async fn wake_ups_go_on_after_the_connection_for_them_was_cut() {
    let server = RedisServer::start();
    let name = namespace();
    let [waits, adds] = [open(&server, &name).await, open(&server, &name).await];
    let process = join(&waits).await;
    for round in 0..5 {
        let waiting = tokio::spawn({
            let waits = waits.clone();
            async move {
                // A wait may end early; then nothing is there yet.
                loop {
                    waits.wait(&["default".to_owned()], Duration::from_mins(1)).await.expect("it waits");
                    let claimed = claim(&waits, process, &["default"], 1).await;
                    if !claimed.is_empty() {
                        return claimed;
                    }
                }
            }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        server.cut("pubsub");
        adds.enqueue(vec![job(round)]).await.expect("added");
        let claimed =
            tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("it is woken").expect("it ends");
        assert_eq!(numbers(&claimed), [round]);
    }
}

#[tokio::test]
async fn a_job_whose_key_comes_free_wakes_whoever_waits() {
    let queue = open(RedisServer::shared(), &namespace()).await;
    let process = join(&queue).await;
    let limit = spotlight_core::ports::Concurrency { key: "k".to_owned(), limit: 1 };
    let keyed = |number| JobSpec { concurrency: Some(limit.clone()), ..job(number) };
    queue.enqueue(vec![keyed(1), keyed(2)]).await.expect("added");
    let first = claim(&queue, process, &["default"], 10).await;
    assert_eq!(numbers(&first), [1]);
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.wait(&["default".to_owned()], Duration::from_mins(1)).await }
    });
    // The connection for wake-ups is there, and has woken whoever waited for it.
    let early = tokio::time::timeout(Duration::from_secs(1), waiting).await;
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.wait(&["default".to_owned()], Duration::from_mins(1)).await }
    });
    drop(early);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished(), "nothing is ready");
    assert_eq!(queue.settle(process, &[done(&first[0])]).await.expect("settled"), [true]);
    let woken = tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("it is woken");
    woken.expect("it ends").expect("it waits");
    assert_eq!(numbers(&claim(&queue, process, &["default"], 10).await), [2]);
}

#[tokio::test]
async fn a_server_that_lost_everything_is_used_anew() {
    let mut server = RedisServer::start();
    let queue = open(&server, &namespace()).await;
    let process = join(&queue).await;
    queue.enqueue(vec![job(1)]).await.expect("added");
    let claimed = claim(&queue, process, &["default"], 10).await;
    server.start_again();
    let pulse = until_back(async || queue.heartbeat(process, &[]).await).await;
    assert!(!pulse.alive, "nobody knows the process any more");
    let accepted = until_back(async || queue.settle(process, &[done(&claimed[0])]).await).await;
    assert_eq!(accepted, [false]);
    let id = until_back(async || queue.enqueue(vec![job(2)]).await).await[0].id();
    queue.upkeep(10).await.expect("it keeps up");
    assert_eq!(queue.find(id).await.expect("it answers").expect("it is found").state, JobState::Ready);
    let process = join(&queue).await;
    assert_eq!(numbers(&claim(&queue, process, &["default"], 10).await), [2]);
}

/// Has a future go as far as so many polls take it, and drops it.
async fn cut_off<T>(work: impl Future<Output = T>, polls: usize) {
    let mut work = Box::pin(work);
    for _ in 0..polls {
        if futures::poll!(work.as_mut()).is_ready() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn what_is_cut_off_between_queues_is_finished_by_upkeep() {
    let queue = open(RedisServer::shared(), &namespace()).await;
    let process = join(&queue).await;
    let mut cut = 0;
    for polls in 1..12 {
        let specs = vec![of(1, "one"), of(2, "two"), of(3, "three")];
        cut_off(queue.enqueue(specs), polls).await;
        let batch = BatchSpec { jobs: vec![of(4, "one"), of(5, "two")], then: of(6, "three") };
        cut_off(queue.enqueue_batch(batch), polls).await;
        // What was sent arrives.
        tokio::time::sleep(Duration::from_millis(20)).await;
        queue.upkeep(100).await.expect("it keeps up");
        let mut found = BTreeSet::new();
        loop {
            let claimed = claim(&queue, process, &["one", "two", "three"], 10).await;
            if claimed.is_empty() {
                break;
            }
            for job in &claimed {
                assert!(found.insert(job.payload.clone()), "each once");
            }
            // Each end goes its way by itself, also when whoever told it goes away.
            for job in &claimed {
                cut_off(queue.settle(process, &[done(job)]), 2).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            queue.upkeep(100).await.expect("it keeps up");
        }
        let has = |number: usize| usize::from(found.contains(&number.to_string()));
        assert!([0, 3].contains(&(has(1) + has(2) + has(3))), "all or none after {polls} polls: {found:?}");
        assert!([0, 3].contains(&(has(4) + has(5) + has(6))), "all or none after {polls} polls: {found:?}");
        cut += 6 - found.len();
    }
    assert!(cut > 0, "some calls were cut off before they were sent");
}

#[tokio::test]
async fn what_is_old_is_removed() {
    let (server, name) = (RedisServer::shared(), namespace());
    let queue = open(server, &name).await;
    let process = join(&queue).await;
    let long = JobSpec { keep_result: Duration::from_hours(2), ..job(3) };
    let short = JobSpec { keep_result: Duration::from_mins(1), ..job(4) };
    let ids: Vec<_> = queue.enqueue(vec![job(1), job(2), long, short, job(5)]).await.expect("added");
    assert!(queue.cancel(ids[4].id()).await.expect("it answers"));
    let claimed = claim(&queue, process, &["default"], 10).await;
    let dead = Settlement { outcome: Outcome::Dead { error: "no".to_owned() }, ..done(&claimed[1]) };
    let result = |job| Settlement { outcome: Outcome::Done(Some("1".to_owned())), ..done(job) };
    let ends = [done(&claimed[0]), dead, result(&claimed[2]), result(&claimed[3])];
    assert_eq!(queue.settle(process, &ends).await.expect("settled"), [true; 4]);
    assert_eq!(queue.upkeep(10).await.expect("it keeps up").removed, 0);
    let long = queue.find(ids[2].id()).await.expect("it answers").expect("it is kept");
    assert_eq!((long.state, long.result.as_deref(), long.finished_at.is_some()), (JobState::Done, Some("1"), true));
    let listed = queue.list(&spotlight_core::ports::JobFilter::default(), None, 10).await.expect("listed");
    assert_eq!(listed.len(), 5);
    let an_hour_passes = "for _, set in ipairs({ 'd', 'k', 'x', 'e' }) do \
                          local key = ARGV[1] .. ':{jobs:default}:' .. set \
                          for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do \
                          redis.call('ZINCRBY', key, -3601e6, id) end end return 1";
    assert_eq!(server.eval(an_hour_passes, &name), ":1");
    assert_eq!(queue.upkeep(10).await.expect("it keeps up").removed, 3, "done, done with a result, and cancelled");
    let kept = queue.list(&spotlight_core::ports::JobFilter::default(), None, 10).await.expect("listed");
    let mut kept: Vec<_> = kept.iter().map(|job| job.id).collect();
    kept.sort_unstable();
    assert_eq!(kept, [ids[1].id(), ids[2].id()], "the dead one, and the one whose result is kept longer");
    assert_eq!(server.eval(an_hour_passes, &name), ":1");
    assert_eq!(queue.upkeep(10).await.expect("it keeps up").removed, 1);
}

#[tokio::test]
async fn a_server_whose_memory_is_full_refuses_new_jobs_alone() {
    let server = RedisServer::start();
    let queue = open(&server, &namespace()).await;
    let process = join(&queue).await;
    queue.enqueue(vec![job(1), job(2)]).await.expect("added");
    let first = claim(&queue, process, &["default"], 1).await;
    server.be_full(true);
    let error = queue.enqueue(vec![job(3), job(4)]).await.expect_err("there is no room");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", error.chain());
    assert!(queue.heartbeat(process, &[]).await.expect("it beats").alive);
    assert_eq!(queue.settle(process, &[done(&first[0])]).await.expect("settled"), [true]);
    assert_eq!(numbers(&claim(&queue, process, &["default"], 10).await), [2], "and nothing of the refused call");
    queue.upkeep(10).await.expect("it keeps up");
    server.be_full(false);
    queue.enqueue(vec![job(5)]).await.expect("added");
}

#[tokio::test]
async fn a_process_that_held_thousands_loses_them_all() {
    const MANY: usize = 2_500;
    let queue = open(RedisServer::shared(), &namespace()).await;
    let process = join(&queue).await;
    queue.enqueue((0..MANY).map(job).collect()).await.expect("added");
    assert_eq!(claim(&queue, process, &["default"], 4_000).await.len(), MANY);
    queue.deregister(process).await.expect("it leaves");
    let process = join(&queue).await;
    let claimed = claim(&queue, process, &["default"], 4_000).await;
    let distinct: BTreeSet<_> = numbers(&claimed).into_iter().collect();
    assert_eq!((claimed.len(), distinct.len()), (MANY, MANY));
    assert!(claimed.iter().all(|job| job.attempt == 2));
}

/// How often each number was run.
type Runs = Arc<Mutex<Vec<u32>>>;

#[derive(Serialize, Deserialize)]
struct Counted(usize);

impl Job for Counted {
    type State = Runs;
    type Output = ();
    const NAME: &'static str = "counted";

    async fn run(self, ctx: JobContext<Runs>) -> Result<()> {
        ctx.state.lock().expect("nobody panics with the counts")[self.0] += 1;
        Ok(())
    }
}

/// Whatever answer is lost on the way: no job is, and none runs twice within its lease.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_run_each_job_once_while_their_connections_are_cut() {
    const MANY: usize = 4_000;
    let server = RedisServer::start();
    let name = namespace();
    let runs: Runs = Arc::new(Mutex::new(vec![0; MANY]));
    let specs = (0..MANY).map(|number| spotlight_core::jobs::spec(&Counted(number), None).expect("it is JSON"));
    open(&server, &name).await.enqueue(specs.collect()).await.expect("added");
    let stop = CancellationToken::new();
    let mut working = Vec::new();
    for _ in 0..2 {
        let queue = open(&server, &name).await;
        let parts = (Arc::new(SystemClock) as Arc<dyn Clock>, Arc::new(SystemIds) as Arc<dyn IdGenerator>);
        let registry = Registry::new(Arc::clone(&runs)).with::<Counted>();
        let worker = Worker::new(Arc::new(queue), registry, WorkerOptions::default(), parts);
        let (worker, stop) = (worker.expect("the usual options work"), stop.clone());
        working.push(tokio::spawn(async move { worker.run(stop).await }));
    }
    let total = || runs.lock().expect("nobody panics with the counts").iter().sum::<u32>() as usize;
    let drained = async {
        let mut cuts = 0;
        while total() < MANY {
            if cuts < 20 {
                server.cut("normal");
                cuts += 1;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), drained).await.expect("the queue is drained");
    stop.cancel();
    for worker in working {
        worker.await.expect("it ends in order");
    }
    assert!(runs.lock().expect("nobody panics with the counts").iter().all(|count| *count == 1));
    let left = open(&server, &name).await.snapshot().await.expect("it answers");
    assert!(left.queues.is_empty(), "{left:?}");
}
