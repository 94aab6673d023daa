//! What the queue on Redis does when the server was away for long, or holds what cannot be read.

use std::{sync::Arc, time::Duration};

use spotlight_core::{
    ErrorKind, Result,
    domain::ProcessId,
    ports::{
        ClaimedJob, Concurrency, IdGenerator, JobConsumer, JobFilter, JobInspector, JobProducer, JobSpec, JobState,
        Outcome, Settlement, SystemIds,
    },
};
use spotlight_storage::redis::{RedisClient, RedisOptions, RedisQueue};
use spotlight_tests::redis::{RedisSentinel, RedisServer, namespace, traffic::at_last};

/// A lease that ends while the server is away.
const LEASE: Duration = Duration::from_secs(2);
/// Longer than that.
const LONGER: Duration = Duration::from_millis(2_500);
/// How soon what a dead process held is taken over, by the promise.
const SOON: Duration = Duration::from_secs(30);

/// A queue as a process of its own would open it.
async fn open(url: &str, namespace: &str) -> RedisQueue {
    let options = RedisOptions { namespace: namespace.to_owned(), ..RedisOptions::new(url) };
    let client = RedisClient::new(options).expect("the options can be read");
    RedisQueue::connect(client, Arc::new(SystemIds)).await.expect("the server answers")
}

/// A worker process by hand.
struct Hand {
    queue: RedisQueue,
    process: ProcessId,
}

impl Hand {
    async fn new(url: &str, namespace: &str, lease: Duration) -> Self {
        let queue = open(url, namespace).await;
        let process = ProcessId::from_uuid(SystemIds.uuid());
        queue.register(process, "a hand", lease).await.expect("it joins");
        queue.upkeep(10).await.expect("it keeps up");
        Self { queue, process }
    }

    async fn claim(&self, limit: u32) -> Result<Vec<ClaimedJob>> {
        self.queue.claim(self.process, &["default".to_owned()], limit).await
    }

    async fn claim_one(&self) -> ClaimedJob {
        let mut claimed = self.claim(1).await.expect("it claims");
        assert_eq!(claimed.len(), 1, "a job is ready");
        claimed.remove(0)
    }

    async fn lives(&self) -> Result<bool> {
        Ok(self.queue.heartbeat(self.process, &[]).await?.alive)
    }

    async fn ends(&self, job: &ClaimedJob) -> bool {
        let settlement = Settlement { id: job.id, claim: job.claim, outcome: Outcome::Done(None) };
        self.queue.settle(self.process, &[settlement]).await.expect("it settles") == [true]
    }
}

fn job(number: usize) -> JobSpec {
    JobSpec::new("test", number.to_string())
}

/// What three processes do before and after a time without a server that is longer than their lease; the third dies.
async fn nobody_is_given_up<S>(server: &mut S, url: &str, outage: impl AsyncFnOnce(&mut S)) {
    let name = namespace();
    let (first, second) = (Hand::new(url, &name, LEASE).await, Hand::new(url, &name, LEASE).await);
    let dead = Hand::new(url, &name, LEASE).await;
    first.queue.enqueue((0..5).map(job).collect()).await.expect("added");
    let held = [first.claim_one().await, second.claim_one().await];
    let lost = dead.claim_one().await;

    outage(server).await;
    // Whoever comes first calls nobody overdue, whether it noticed that the server was away or has only begun.
    let kept = at_last("a round of upkeep", async || first.queue.upkeep(10).await).await;
    assert_eq!(kept.recovered, 0, "everybody was away");
    assert_eq!(open(url, &name).await.upkeep(10).await.expect("it keeps up").recovered, 0, "it knows of nobody");
    // A claim is a sign of life too.
    let more = at_last("a claim", async || second.claim(1).await).await;
    assert_eq!(more.len(), 1);
    assert!(at_last("a sign of life", async || first.lives().await).await, "the first was given up");
    assert!(at_last("a sign of life", async || second.lives().await).await, "the second was given up");
    assert_eq!(second.queue.upkeep(10).await.expect("it keeps up").recovered, 0, "the second has only come back");

    let taken_over = async {
        loop {
            assert!(first.lives().await.expect("it beats") && second.lives().await.expect("it beats"));
            let recovered = first.queue.upkeep(10).await.expect("it keeps up").recovered;
            if recovered > 0 {
                return recovered;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let recovered = tokio::time::timeout(SOON, taken_over).await.expect("the dead process is given up");
    assert_eq!(recovered, 1, "the dead process held one job");
    let record = first.queue.find(lost.id).await.expect("it answers").expect("it is kept");
    assert_eq!((record.state, record.attempts), (JobState::Ready, 1));
    assert!(first.ends(&held[0]).await && second.ends(&held[1]).await && second.ends(&more[0]).await);
    // It was only slow, and is told so.
    assert!(!at_last("a sign of life", async || dead.lives().await).await);
    at_last("a round of upkeep", async || dead.queue.upkeep(10).await).await;
    assert_eq!(dead.claim(1).await.expect_err("it was given up").kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_server_that_was_away_for_longer_than_a_lease_finds_the_living_alive() {
    let mut server = RedisServer::start_durable();
    let url = server.url();
    nobody_is_given_up(&mut server, &url, async |server| {
        server.kill();
        tokio::time::sleep(LONGER).await;
        server.start_again();
    })
    .await;
}

#[tokio::test]
async fn a_master_that_takes_over_after_a_lease_finds_the_living_alive() {
    let mut servers = RedisSentinel::start();
    let url = servers.url();
    nobody_is_given_up(&mut servers, &url, async |servers| {
        servers.wait_for_replica();
        servers.stop_master();
        tokio::time::sleep(LONGER).await;
    })
    .await;
}

#[tokio::test]
async fn a_queue_is_made_while_its_server_is_away_and_looks_at_it_when_it_is_there() {
    let mut server = RedisServer::start();
    let options = RedisOptions::new(server.url());
    server.stop();
    let client = RedisClient::new(options).expect("the options can be read");
    let queue = RedisQueue::new(client, Arc::new(SystemIds)).expect("nothing is asked yet");
    assert_eq!(queue.check().await.expect_err("it is away").kind(), ErrorKind::Unavailable);
    assert_eq!(queue.enqueue(vec![job(1)]).await.expect_err("it is away").kind(), ErrorKind::Unavailable);
    server.start_again();
    server.evict("allkeys-lru");
    let refused = async {
        loop {
            match queue.enqueue(vec![job(1)]).await {
                Err(error) if error.kind() == ErrorKind::Unavailable => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                answer => return answer.expect_err("jobs could disappear"),
            }
        }
    };
    let error = tokio::time::timeout(SOON, refused).await.expect("it is found");
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{}", error.chain());
    let process = ProcessId::from_uuid(SystemIds.uuid());
    let error = queue.register(process, "a hand", LEASE).await.expect_err("jobs could disappear");
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{}", error.chain());
    server.evict("noeviction");
    queue.register(process, "a hand", LEASE).await.expect("it joins");
    queue.enqueue(vec![job(1)]).await.expect("added");
    assert_eq!(queue.claim(process, &["default".to_owned()], 10).await.expect("it claims").len(), 1);
}

/// Breaks every job of a queue: `broken` makes of `text` what is stored instead.
fn spoil(server: &RedisServer, namespace: &str, broken: &str) {
    let script = format!(
        "local key = ARGV[1] .. ':{{jobs:default}}:j' for _, id in ipairs(redis.call('HKEYS', key)) do \
         local text = redis.call('HGET', key, id) redis.call('HSET', key, id, {broken}) end return 1"
    );
    assert_eq!(server.eval(&script, namespace), ":1");
}

#[tokio::test]
async fn a_job_that_cannot_be_read_is_dead_and_in_nobodys_way() {
    let server = RedisServer::shared();
    let limit = Some(Concurrency { key: "key".to_owned(), limit: 1 });
    let kept = Duration::from_hours(2);
    for (what, spec, broken) in [
        ("all but cut off", job(1), "string.sub(text, 1, 5)"),
        ("cut off", job(1), "string.sub(text, 1, 20)"),
        ("empty", job(1), "''"),
        ("no text", job(1), "string.sub(text, 1, -2) .. string.char(255)"),
        ("limits that are no JSON", JobSpec { concurrency: limit.clone(), ..job(1) }, "(string.gsub(text, '{', '['))"),
        ("limits that are others", JobSpec { concurrency: limit, ..job(1) }, "(string.gsub(text, 'c', 'b'))"),
        ("ends that are no JSON", JobSpec { keep_result: kept, ..job(1) }, "(string.gsub(text, '{', '['))"),
    ] {
        let name = namespace();
        let hand = Hand::new(&server.url(), &name, Duration::from_mins(10)).await;
        let bad = hand.queue.enqueue(vec![spec]).await.expect("added")[0].id();
        spoil(server, &name, broken);
        hand.queue.enqueue(vec![job(2)]).await.expect("added");
        let claimed = hand.claim(10).await.unwrap_or_else(|error| panic!("{what}: {}", error.chain()));
        assert_eq!(claimed.iter().map(|job| job.payload.as_str()).collect::<Vec<_>>(), ["2"], "{what}");
        let record = hand.queue.find(bad).await.expect("it answers").unwrap_or_else(|| panic!("{what}: it is lost"));
        assert_eq!((record.state, record.attempts, record.failures.len()), (JobState::Dead, 1, 1), "{what}");
        let told = &record.failures[0].error;
        assert!(told.contains("cannot be read") && told.contains("discard it"), "{what}: {told}");
        assert!(hand.claim(10).await.expect("it claims").is_empty(), "{what}");
        assert!(hand.ends(&claimed[0]).await, "{what}");
        let listed = hand.queue.list(&JobFilter::default(), None, 10).await.expect("listed");
        assert_eq!(listed.len(), 2, "{what}");
        // A person who has it run again learns the same; who discards it is rid of it.
        assert!(hand.queue.retry(bad).await.expect("it answers"), "{what}");
        assert!(hand.claim(10).await.expect("it claims").is_empty(), "{what}");
        let record = hand.queue.find(bad).await.expect("it answers").expect("it is kept");
        assert_eq!((record.state, record.failures.len()), (JobState::Dead, 2), "{what}");
        assert!(hand.queue.discard(bad).await.expect("it answers"), "{what}");
        assert!(hand.queue.find(bad).await.expect("it answers").is_none(), "{what}");
    }
}

/// What is noted beside a job that failed before is no part of it.
#[tokio::test]
async fn notes_of_a_job_that_cannot_be_read_cost_nothing_but_themselves() {
    let (server, name) = (RedisServer::shared(), namespace());
    let hand = Hand::new(&server.url(), &name, Duration::from_mins(10)).await;
    let id = hand.queue.enqueue(vec![job(1)]).await.expect("added")[0].id();
    let first = hand.claim_one().await;
    let again = Outcome::Retry { after: Duration::ZERO, error: "once".to_owned() };
    let settlement = Settlement { id, claim: first.claim, outcome: again };
    assert_eq!(hand.queue.settle(hand.process, &[settlement]).await.expect("it settles"), [true]);
    let script = "local key = ARGV[1] .. ':{jobs:default}:m' for _, id in ipairs(redis.call('HKEYS', key)) do \
                  redis.call('HSET', key, id, 'nonsense') end return 1";
    assert_eq!(server.eval(script, &name), ":1");
    let second = hand.claim_one().await;
    assert!(hand.ends(&second).await);
    assert_eq!(hand.queue.find(id).await.expect("it answers").expect("it is kept").state, JobState::Done);
}
