//! A cache on Redis that several processes share, a platform whose Redis goes away, and two that have none.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use futures::StreamExt;
use spotlight_core::{
    Context, Spotlight, SpotlightBuilder,
    conformance::watched_bus::WatchedBus,
    decorators::{FleetCache, TwoLevelCache, TwoLevelSettings},
    domain::{AssistantId, OrganizationId, assistant::Language},
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter},
    ports::{Cache, Fill, SystemClock, SystemIds},
    scripted::ScriptedChatModel,
    services::{
        assistants::KnowledgePatch,
        conversations::{TurnEvent, TurnInput},
        public::NewVisit,
    },
};
use spotlight_storage::{
    postgres::{PgEventBus, PgOptions},
    redis::{RedisCache, RedisClient, RedisEventBus, RedisOptions},
};
use spotlight_tests::{
    deployment::{Deployment, TestClock, in_memory, in_postgres},
    postgres::TestDatabase,
    redis::{RedisServer, namespace},
};

/// A process with a cache of two levels, which does what it is told.
struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(namespace: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cache_process"));
        command.args([&RedisServer::shared().url(), namespace]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the process starts");
        let (input, output) = (child.stdin.take().expect("an input"), child.stdout.take().expect("an output"));
        Self { child, input, output: BufReader::new(output) }
    }

    fn tell(&mut self, command: &str) {
        writeln!(self.input, "{command}").expect("it reads");
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it answers");
        assert!(!line.is_empty(), "it has ended");
        line.trim_end().to_owned()
    }

    fn ask(&mut self, command: &str) -> String {
        self.tell(command);
        self.answer()
    }

    /// Waits until it has heard what another has told.
    fn hears(&mut self, other: &mut Self) {
        let published = other.ask("published");
        assert_eq!(self.ask(&format!("hear {published}")), "done");
    }

    fn kill(&mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pair() -> (Process, Process) {
    let namespace = namespace();
    (Process::start(&namespace), Process::start(&namespace))
}

#[test]
fn what_one_process_deletes_or_replaces_another_forgets() {
    let (mut here, mut there) = pair();
    for key in ["key", "replaced", "tagged"] {
        assert_eq!(here.ask(&format!("set {key} old tag")), "done");
        // From the shared cache, then from memory.
        assert_eq!([(); 2].map(|()| there.ask(&format!("get {key}"))), ["old", "old"]);
    }
    assert_eq!(here.ask("delete key"), "done");
    assert_eq!(here.ask("set replaced new other"), "done");
    there.hears(&mut here);
    assert_eq!(there.ask("get key"), "nothing");
    assert_eq!(there.ask("get replaced"), "new");
    assert_eq!(there.ask("get tagged"), "old");
    assert_eq!(here.ask("forget tag"), "done");
    there.hears(&mut here);
    assert_eq!(there.ask("get tagged"), "nothing");
    assert_eq!(there.ask("get replaced"), "new");
}

#[test]
fn a_fill_begun_before_another_process_deletes_never_lands() {
    let (mut here, mut there) = pair();
    let token = there.ask("begin a 60000");
    assert_eq!(here.ask("begin a 60000"), "busy", "one fills in the whole fleet");
    assert_eq!(here.ask("forget tag"), "done");
    assert_eq!(there.ask(&format!("end a {token} old tag")), "lost");
    assert_eq!([here.ask("get a"), there.ask("get a")], ["nothing", "nothing"]);
}

#[test]
fn two_thousand_misses_in_two_processes_compute_once() {
    let (mut here, mut there) = pair();
    here.tell("compute a 200");
    there.tell("compute a 200");
    let mut computed = [here.answer(), there.answer()];
    computed.sort();
    assert_eq!(computed, ["0", "1"]);
}

#[test]
fn a_process_that_is_killed_holds_nobody_up() {
    let (mut here, mut there) = pair();
    assert_eq!(here.ask("set kept old tag"), "done");
    assert_eq!(there.ask("get kept"), "old");
    here.ask("begin a 500");
    assert_eq!(here.ask("delete kept"), "done");
    let told = here.ask("published");
    here.kill();
    assert_eq!(there.ask(&format!("hear {told}")), "done");
    assert_eq!(there.ask("get kept"), "nothing", "what it deleted is deleted");
    assert_eq!(there.ask("compute a 0"), "1", "its lease has ended");
}

const PRICE: &str = "How much does it cost?";

/// One visitor's whole visit: who answers says this price. Gives how long the turn took.
async fn visit(platform: &Spotlight, assistant: AssistantId, price: &str) -> Duration {
    let visit = platform.public().open(assistant, None, NewVisit::default(), Context::anonymous()).await;
    let talk = visit.expect("a visit").conversation;
    let ctx = Context::visitor(talk.id, talk.organization_id);
    let begun = Instant::now();
    let turn = platform.conversations().turn(&ctx, talk.id, TurnInput::text(PRICE)).await;
    let events: Vec<_> = turn.expect("a turn").collect().await;
    let took = begun.elapsed();
    let answer = events.into_iter().find_map(|event| match event.expect("an event") {
        TurnEvent::Done { utterance, .. } => utterance,
        _ => None,
    });
    let answer = answer.expect("an answer").content;
    assert!(answer.contains(price), "{price} in: {answer}");
    took
}

/// The middle of the times of the three operations of a reader that misses.
async fn cost(cache: &dyn Cache) -> Duration {
    let organization = OrganizationId::from_uuid(uuid::Uuid::from_u128(1));
    let mut times = Vec::new();
    for _ in 0..300 {
        let begun = Instant::now();
        cache.get(organization, "a").await.expect("it is done without");
        let fill = cache.begin_fill(organization, "a", Duration::from_secs(1)).await.expect("it is done without");
        let Fill::Yours(token) = fill else { panic!("nobody else fills") };
        cache.end_fill(organization, "a", token, None).await.expect("it is done without");
        times.push(begun.elapsed() / 3);
    }
    times.sort();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_does_without_a_redis_that_was_killed() {
    let mut redis = RedisServer::start();
    let client = RedisClient::new(RedisOptions::new(redis.url())).expect("the options can be read");
    let (bus, remote) = (Arc::new(RedisEventBus::new(client.clone())), Arc::new(RedisCache::new(client)));
    let (clock, settings) = (Arc::new(SystemClock), TwoLevelSettings::default());
    let cache = TwoLevelCache::new(remote, bus.clone(), clock, Arc::new(SystemIds), settings);
    cache.listening().await;
    let clock = TestClock::at("2026-03-25T10:00:00Z");
    let build = |builder: SpotlightBuilder| builder.cache(Arc::new(cache)).events(bus);
    let deployment = Deployment::start_with(in_memory(clock.clone()), clock, build).await;
    deployment.lift_limits().await;
    let assistant = deployment.assistant(Language::En, &[], &[(PRICE, "49 euros a month.")]).await;
    visit(&deployment.platform, assistant, "49 euros").await;

    redis.kill();
    // The first ones may wait for it; whoever comes later does not.
    for _ in 0..5 {
        visit(&deployment.platform, assistant, "49 euros").await;
    }
    let cost = cost(&**deployment.platform.cache()).await;
    assert!(cost < Duration::from_millis(1), "an operation takes {cost:?}");
    let mut times = Vec::new();
    for _ in 0..20 {
        times.push(visit(&deployment.platform, assistant, "49 euros").await);
    }
    times.sort();
    assert!(times[10] < Duration::from_millis(250), "a turn waits for the Redis: {:?}", times[10]);

    redis.start_again();
    visit(&deployment.platform, assistant, "49 euros").await;
}

/// A process's cache over its own end of the bus of a database.
async fn over_postgres(options: PgOptions) -> (Arc<WatchedBus>, Arc<FleetCache>) {
    let bus = PgEventBus::connect(options).await.expect("the database answers");
    let bus = Arc::new(WatchedBus::new(Arc::new(bus)));
    let cache = FleetCache::new(bus.clone(), Arc::new(SystemClock), Arc::new(SystemIds), 1 << 20);
    cache.listening().await;
    (bus, Arc::new(cache))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_on_one_postgres_hear_of_a_change_without_a_redis() {
    let database = TestDatabase::fresh().await;
    let (options, clock) = (|| PgOptions::new(database.url()), TestClock::at("2026-03-25T10:00:00Z"));
    let (bus_here, cache_here) = over_postgres(options()).await;
    let (bus_there, cache_there) = over_postgres(options()).await;
    let stores = in_postgres(options()).await;
    let here = Deployment::start_with(stores, clock.clone(), |builder| builder.cache(cache_here)).await;
    let assistant = here.assistant(Language::En, &[], &[(PRICE, "49 euros a month.")]).await;
    let (storage, queue) = in_postgres(options()).await;
    let there = Spotlight::builder()
        .storage(storage)
        .queue(queue)
        .chat(Arc::new(ScriptedChatModel::new()))
        .events(Arc::new(MemoryEventBus::new(clock.clone())))
        .mailer(Arc::new(MemoryMailer::new()))
        .files(Arc::new(MemoryFileStore::new()))
        .limiter(Arc::new(MemoryRateLimiter::new(clock.clone())))
        .cache(cache_there)
        .clock(clock)
        .build()
        .expect("nothing is missing");
    visit(&there, assistant, "49 euros").await;

    let organization = here.platform.organizations().first().await.expect("the database answers").expect("it is there");
    let (team, assistants) = (Context::system(organization), here.platform.assistants());
    let known = assistants.knowledge(&team, assistant).await.expect("a list");
    let patch = KnowledgePatch { answer: Some("59 euros a month.".to_owned()), ..KnowledgePatch::default() };
    assistants.update_knowledge(&team, assistant, known[0].id, patch, None).await.expect("a change");
    bus_there.heard(bus_here.published()).await;
    visit(&there, assistant, "59 euros").await;
}
