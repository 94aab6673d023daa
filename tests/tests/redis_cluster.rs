//! The ports on a cluster of Redis with three masters.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use spotlight_core::{
    ErrorKind,
    domain::{OrganizationId, ProcessId, time::Timestamp},
    jobs::{Job, JobContext, PoolOptions, Registry, Worker, WorkerOptions, spec},
    ports::{
        Cache, Clock, EventBus, IdGenerator, JobConsumer, JobInspector, JobProducer, JobSpec, JobState, Outcome, Quota,
        RateLimiter, Settlement, SystemClock, SystemIds,
    },
};
use spotlight_storage::redis::{RedisCache, RedisClient, RedisEventBus, RedisOptions, RedisQueue, RedisRateLimiter};
use spotlight_tests::redis::{
    RedisCluster, RedisPorts, namespace,
    traffic::{at_last, hear, hear_until, publish},
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

fn cluster() -> RedisPorts {
    RedisPorts(|| RedisCluster::shared().url())
}

spotlight_core::cache_conformance!(cluster());
spotlight_core::event_bus_conformance!(cluster());
spotlight_core::rate_limiter_conformance!(cluster());

const QUOTA: Quota = Quota { burst: 4, period: Duration::from_hours(1) };
const LONG: Duration = Duration::from_mins(5);

/// Ports on a cluster of one's own.
struct Ports {
    namespace: String,
    client: RedisClient,
    cache: RedisCache,
    bus: RedisEventBus,
    limiter: RedisRateLimiter,
}

impl Ports {
    fn of(cluster: &RedisCluster) -> Self {
        let options = RedisOptions {
            namespace: namespace(),
            connect_timeout: Duration::from_millis(700),
            response_timeout: Duration::from_secs(1),
            ..RedisOptions::new(cluster.url())
        };
        let namespace = options.namespace.clone();
        let client = RedisClient::new(options).expect("the options can be read");
        Self {
            namespace,
            cache: RedisCache::new(client.clone()),
            bus: RedisEventBus::new(client.clone()),
            limiter: RedisRateLimiter::new(client.clone()),
            client,
        }
    }

    /// Keys of a limit, of the first master or of the others.
    fn limits(&self, cluster: &RedisCluster, first: bool) -> impl Iterator<Item = String> {
        let is_first = |key: &String| cluster.slot_of_first(&format!("{}:limit:{key}", self.namespace)).is_some();
        (0..).map(|number| format!("limit-{number}")).filter(move |key| is_first(key) == first)
    }

    /// An organization whose events and cache are on the first master.
    fn organization(cluster: &RedisCluster) -> OrganizationId {
        let is_first = |tag: &str| cluster.slot_of_first(&format!("{{{tag}}}")).is_some();
        std::iter::repeat_with(|| OrganizationId::from_uuid(SystemIds.uuid()))
            .find(|organization| {
                is_first(&format!("events:{organization}")) && is_first(&format!("cache:{organization}"))
            })
            .expect("there are many organizations")
    }
}

/// Queues of a cluster: one of the first master, and one of another.
struct Queues {
    queue: RedisQueue,
    process: ProcessId,
    names: [String; 2],
}

impl Queues {
    async fn of(cluster: &RedisCluster, ports: &Ports) -> Self {
        let (namespace, client) = (&ports.namespace, ports.client.clone());
        let is_first = |name: &String| cluster.slot_of_first(&format!("{namespace}:{{jobs:{name}}}:j")).is_some();
        let name = |first| (0..10_000).map(|number| format!("queue-{number}")).find(|name| is_first(name) == first);
        let names = [true, false].map(|first| name(first).expect("there is one"));
        let queue = RedisQueue::connect(client, Arc::new(SystemIds)).await.expect("the cluster is there");
        let process = ProcessId::from_uuid(SystemIds.uuid());
        queue.register(process, "a test", LONG).await.expect("it joins");
        let queues = Self { queue, process, names };
        assert!(queues.queue.claim(process, &queues.names, 1).await.expect("it claims").is_empty());
        queues
    }

    async fn add(&self, place: usize, run_at: Option<Timestamp>) {
        let spec = JobSpec { queue: self.names[place].clone(), run_at, ..JobSpec::new("test", "1") };
        self.queue.enqueue(vec![spec]).await.expect("added");
    }

    /// Claims from both, and ends what it got. Gives the queues of that.
    async fn work(&self) -> spotlight_core::Result<Vec<String>> {
        let claimed = self.queue.claim(self.process, &self.names, 10).await?;
        let done = |job: &spotlight_core::ports::ClaimedJob| Settlement {
            id: job.id,
            claim: job.claim,
            outcome: Outcome::Done(None),
        };
        for job in &claimed {
            let accepted = at_last("a job ends", async || self.queue.settle(self.process, &[done(job)]).await).await;
            assert_eq!(accepted, [true]);
        }
        Ok(claimed.into_iter().map(|job| job.queue).collect())
    }
}

/// What all adapters do before and after.
async fn goes_on(cluster: &mut RedisCluster, lose: impl FnOnce(&mut RedisCluster)) {
    let ports = Ports::of(cluster);
    let organization = Ports::organization(cluster);
    let [ours, theirs] = [true, false].map(|first| ports.limits(cluster, first).next().expect("there is one"));
    let mut listener = ports.bus.subscribe(organization, "leads", None).await.expect("the cluster is there");
    let before = publish(&ports.bus, organization, "leads", 1).await;
    assert_eq!(hear_until(&mut listener, before).await, 0);
    ports.cache.set(organization, "a", "one".into(), LONG, &[]).await.expect("the cluster is there");
    for key in [&ours, &theirs] {
        assert!(ports.limiter.check(key, QUOTA).await.expect("the cluster is there").allowed);
    }

    lose(cluster);
    let others = ports.limiter.check(&theirs, QUOTA).await;
    assert!(others.expect("the other masters go on").allowed);
    let verdict = at_last("a request is counted", async || ports.limiter.check(&ours, QUOTA).await).await;
    assert!(verdict.allowed);
    at_last("a value is kept", async || ports.cache.set(organization, "b", "two".into(), LONG, &[]).await).await;
    let found = at_last("a value is found", async || ports.cache.get(organization, "b").await).await;
    assert_eq!(found.expect("it was just kept").value, "two");
    let after = publish(&ports.bus, organization, "leads", 2).await;
    assert!(after > before + 1, "what the lost master gave last is not given again");
    assert_eq!(hear_until(&mut listener, after).await, 1, "events may have been lost with it");
}

#[tokio::test]
async fn queues_of_other_masters_go_on_without_one_that_does_not_come_back() {
    let mut cluster = RedisCluster::start();
    let ports = Ports::of(&cluster);
    let queues = Queues::of(&cluster, &ports).await;
    let theirs = &queues.names[1..];
    queues.add(0, None).await;
    queues.add(1, None).await;
    let soon = SystemClock.now() + chrono::Duration::milliseconds(1_500);
    queues.add(1, Some(soon)).await;
    cluster.stop_replica();
    cluster.stop_first_master();

    assert_eq!(queues.work().await.expect("the other queue goes on"), theirs);
    let error = queues.work().await.expect_err("nothing was got, and a queue is away");
    assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout), "{}", error.chain());
    // Its scheduled jobs, too.
    let promoted = async {
        while queues.queue.upkeep(10).await.map_or(0, |done| done.promoted) == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), promoted).await.expect("a scheduled job becomes ready");
    assert_eq!(queues.work().await.expect("the other queue goes on"), theirs);
    queues.queue.upkeep(10).await.expect_err("nothing was done, and a queue is away");
    assert!(queues.queue.heartbeat(queues.process, &[]).await.expect("the fleet is there").alive);
}

/// Lets jobs go on, each queue's by themselves.
struct Gates {
    begun: Semaphore,
    open: [Semaphore; 2],
}

#[derive(Serialize, Deserialize)]
struct Gated(usize);

impl Job for Gated {
    type State = Arc<Gates>;
    type Output = ();
    const NAME: &'static str = "gated";

    async fn run(self, ctx: JobContext<Arc<Gates>>) -> spotlight_core::Result<()> {
        ctx.state.begun.add_permits(1);
        ctx.state.open[self.0].acquire().await.expect("it is not closed").forget();
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_ends_jobs_of_other_masters_without_one_that_does_not_come_back() {
    let mut cluster = RedisCluster::start();
    let ports = Ports::of(&cluster);
    let Queues { queue, names, .. } = Queues::of(&cluster, &ports).await;
    let gates = Arc::new(Gates { begun: Semaphore::new(0), open: [0, 0].map(Semaphore::new) });
    let job = |place: usize| JobSpec { queue: names[place].clone(), ..spec(&Gated(place), None).expect("it is JSON") };
    let id = queue.enqueue(vec![job(0), job(1)]).await.expect("added")[1].id();
    let pools = vec![PoolOptions { queues: names.to_vec(), ..PoolOptions::default() }];
    let options = WorkerOptions { lease: LONG, pools, ..WorkerOptions::default() };
    let parts = (Arc::new(SystemClock) as Arc<dyn Clock>, Arc::new(SystemIds) as Arc<dyn IdGenerator>);
    let registry = Registry::new(Arc::clone(&gates)).with::<Gated>();
    let worker = Worker::new(Arc::new(queue.clone()), registry, options, parts).expect("options that can work");
    let worker = Arc::new(worker);
    let running = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move { worker.run(CancellationToken::new()).await }
    });
    gates.begun.acquire_many(2).await.expect("it is not closed").forget();
    cluster.stop_replica();
    cluster.stop_first_master();
    gates.open[0].add_permits(1);
    let ended = async {
        while worker.health().done < 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        gates.open[1].add_permits(1);
        while queue.states(&[id]).await.expect("the other queue goes on") != [Some(JobState::Done)] {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended).await.expect("the job of the other master ends");
    running.abort();
}

#[tokio::test]
async fn a_queue_comes_back_with_the_replica_of_its_master() {
    let mut cluster = RedisCluster::start();
    let ports = Ports::of(&cluster);
    let queues = Queues::of(&cluster, &ports).await;
    queues.add(0, None).await;
    queues.add(1, None).await;
    cluster.wait_for_replica();
    cluster.stop_first_master();
    assert_eq!(queues.work().await.expect("the other queue goes on"), queues.names[1..]);
    let back = at_last("a job of the lost master", async || queues.work().await).await;
    assert_eq!(back, queues.names[..1]);
    assert!(at_last("a sign of life", async || queues.queue.heartbeat(queues.process, &[]).await).await.alive);
}

#[tokio::test]
async fn the_ports_go_on_when_a_master_is_lost() {
    goes_on(&mut RedisCluster::start(), RedisCluster::stop_first_master).await;
}

#[tokio::test]
async fn the_ports_go_on_when_a_master_hangs() {
    goes_on(&mut RedisCluster::start(), |cluster| cluster.freeze_first_master()).await;
}

#[tokio::test]
async fn the_ports_follow_a_slot_that_moves() {
    let cluster = RedisCluster::start();
    let ports = Ports::of(&cluster);
    let key = ports.limits(&cluster, true).next().expect("there is one");
    let slot = cluster.slot_of_first(&format!("{}:limit:{key}", ports.namespace)).expect("it is the first's");
    let tag = format!("{{{}:limit:{key}}}", ports.namespace);
    let left = async |key: &str| {
        let verdict = ports.limiter.check(key, QUOTA).await.expect("the cluster is there");
        (verdict.allowed, verdict.remaining)
    };
    assert_eq!(left(&key).await, (true, 3));
    cluster.begin_to_move(slot);
    assert_eq!(left(&key).await, (true, 2), "it is still where it was");
    // A key of the same slot that is nowhere yet is made where the slot goes.
    let other = format!("other:{tag}");
    assert_eq!(left(&other).await, (true, 3));
    assert_eq!(left(&other).await, (true, 2));
    cluster.end_move(slot);
    assert_eq!(left(&key).await, (true, 1), "it has moved with what it counted");
    assert_eq!(left(&other).await, (true, 1));
    assert_eq!(left(&key).await, (true, 0));
    assert_eq!(left(&key).await, (false, 0));
}

#[tokio::test]
async fn what_is_published_is_heard_at_every_node() {
    let cluster = RedisCluster::shared();
    let organization = OrganizationId::from_uuid(SystemIds.uuid());
    let options = RedisOptions { namespace: namespace(), ..RedisOptions::new(cluster.url()) };
    // Each listens at another node.
    let buses: Vec<_> = (0..4)
        .map(|_| RedisEventBus::new(RedisClient::new(options.clone()).expect("the options can be read")))
        .collect();
    let mut listeners = Vec::new();
    for bus in &buses {
        listeners.push(bus.subscribe(organization, "leads", None).await.expect("the cluster is there"));
    }
    for number in 0..10 {
        let id = publish(&buses[0], organization, "leads", number).await;
        for listener in &mut listeners {
            assert!(matches!(hear(listener).await, spotlight_core::ports::Heard::Event(event) if event.id == id));
        }
    }
}
