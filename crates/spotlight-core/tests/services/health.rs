//! How the process and what it depends on are.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures::future::join_all;
use spotlight_core::{
    Error, ErrorKind, Result, Spotlight, SpotlightBuilder,
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryStorage},
    ports::{
        Clock, Finding, HealthCheck, HealthStatus, HealthSubject, HealthValue, JobSpec, PoolFigures, ReadConsistency,
        Repositories, SchemaState, Storage, SystemClock, UnitOfWork,
    },
    scripted::ScriptedChatModel,
};
use tokio::time::{Instant, advance, sleep};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// A check that does what it is told, and counts.
struct Told {
    subject: HealthSubject,
    asked: AtomicU32,
    takes: Duration,
    says: Mutex<fn() -> Result<Finding>>,
}

impl Told {
    fn new(subject: HealthSubject, takes: Duration, says: fn() -> Result<Finding>) -> Arc<Self> {
        Arc::new(Self { subject, asked: AtomicU32::new(0), takes, says: Mutex::new(says) })
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    fn says(&self, says: fn() -> Result<Finding>) {
        *self.says.lock().expect("nobody panicked") = says;
    }
}

#[async_trait]
impl HealthCheck for Told {
    fn subject(&self) -> HealthSubject {
        self.subject.clone()
    }

    async fn check(&self) -> Result<Finding> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        sleep(self.takes).await;
        let says = *self.says.lock().expect("nobody panicked");
        says()
    }
}

/// A storage in memory whose schema is what the test says.
pub(super) struct Migrated {
    pub(super) inner: MemoryStorage,
    pub(super) schema: Mutex<SchemaState>,
}

#[async_trait]
impl Storage for Migrated {
    fn read(&self, consistency: ReadConsistency) -> &dyn Repositories {
        self.inner.read(consistency)
    }

    async fn begin(&self) -> Result<Box<dyn UnitOfWork>> {
        self.inner.begin().await
    }

    async fn relays_jobs(&self) -> Result<bool> {
        self.inner.relays_jobs().await
    }

    async fn ping(&self) -> Result<()> {
        self.inner.ping().await
    }

    async fn schema(&self) -> Result<SchemaState> {
        Ok(self.schema.lock().expect("nobody panicked").clone())
    }

    fn pools(&self) -> Vec<PoolFigures> {
        self.inner.pools()
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

pub(super) fn builder() -> SpotlightBuilder {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Spotlight::builder()
        .memory(Arc::new(MemoryStorage::new(Arc::clone(&clock))))
        .chat(Arc::new(ScriptedChatModel::new()))
        .events(Arc::new(MemoryEventBus::new(Arc::clone(&clock))))
        .mailer(Arc::new(MemoryMailer::new()))
        .files(Arc::new(MemoryFileStore::new()))
        .limiter(Arc::new(MemoryRateLimiter::new(clock)))
}

fn with(checks: impl IntoIterator<Item = Arc<Told>>) -> Spotlight {
    let given = checks.into_iter().fold(builder(), |builder, check| builder.health_check(check));
    given.build().expect("nothing is missing")
}

async fn found(platform: &Spotlight, name: &str) -> Finding {
    let report = platform.health().report().await;
    let checked = report.checks.iter().find(|checked| checked.name == name);
    checked.expect("it is checked").finding.clone()
}

#[tokio::test]
async fn the_usual_checks_are_there_without_anything_said() {
    let platform = with([]);
    let report = platform.health().report().await;
    let told: Vec<_> = report.checks.iter().map(|one| (one.name.as_str(), one.finding.status)).collect();
    let (ok, unused) = (HealthStatus::Ok, HealthStatus::Disabled);
    assert_eq!(told, [("database", ok), ("redis", unused), ("queue", ok), ("disk_space", unused)]);
    assert!(report.is_ok() && report.status() == ok);
    assert!(report.checks[0].finding.response_time.is_some());
    assert!(platform.health().ready().await.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_probes_asks_once_a_second() {
    let check = Told::new(HealthSubject::new("mine"), Duration::from_millis(50), || Ok(Finding::ok()));
    let platform = with([Arc::clone(&check)]);
    let flood = async || {
        let health = platform.health();
        let probes = join_all((0..5_000).map(|_| health.report())).await;
        assert!(probes.iter().all(|report| report.checks.len() == 5 && report.is_ok()));
    };
    for round in 1..=3 {
        flood().await;
        flood().await;
        assert_eq!(check.asked(), round);
        advance(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_first_may_go_away() {
    let check = Told::new(HealthSubject::new("mine"), Duration::from_millis(300), || Ok(Finding::ok()));
    let platform = with([Arc::clone(&check)]);
    let health = platform.health();
    let first = tokio::time::timeout(Duration::from_millis(100), health.report()).await;
    assert!(first.is_err(), "it is gone");
    let began = Instant::now();
    assert!(health.report().await.is_ok());
    let waited = began.elapsed();
    assert!((195..=205).contains(&waited.as_millis()), "the question went on: {waited:?}");
    assert_eq!(check.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn checks_run_at_once_and_each_has_its_own_time() {
    let ever = Duration::from_hours(1);
    let slow = |name, seconds| {
        Told::new(HealthSubject::new(name).within(Duration::from_secs(seconds)), ever, || Ok(Finding::ok()))
    };
    let platform = with([slow("two", 2), slow("three", 3)]);
    let began = Instant::now();
    let report = platform.health().report().await;
    assert_eq!(began.elapsed().as_secs(), 3);
    assert!(!report.is_ok());
    for name in ["two", "three"] {
        let checked = report.checks.iter().find(|checked| checked.name == name).expect("it is shown");
        assert_eq!(checked.finding.status, HealthStatus::Error);
        assert_eq!(checked.finding.message.as_deref(), Some("it did not answer in time"));
    }
}

#[tokio::test]
async fn an_error_is_told_by_its_kind_alone() {
    let leaking = || {
        let source = std::io::Error::other("no route to db.internal:5432");
        let error = Error::new(ErrorKind::Unavailable, "postgres://sales:hunter2@db.internal is away");
        Err(error.with_source(source))
    };
    let platform = with([
        Told::new(HealthSubject::new("leaks"), Duration::ZERO, leaking),
        Told::new(HealthSubject::new("panics"), Duration::ZERO, || panic!("hunter2 at db.internal")),
    ]);
    let report = platform.health().report().await;
    assert_eq!(report.status(), HealthStatus::Error);
    let messages = report.checks.iter().filter_map(|checked| checked.finding.message.clone());
    let shown = messages.collect::<Vec<_>>().join("\n");
    assert!(
        !shown.is_empty() && !shown.contains("hunter2") && !shown.contains("internal") && !shown.contains("5432"),
        "{shown}"
    );
    assert_eq!(found(&platform, "leaks").await.message.as_deref(), Some("it cannot be reached"));
    assert_eq!(found(&platform, "panics").await.message.as_deref(), Some("it could not be checked"));
    assert_eq!(found(&platform, "database").await.status, HealthStatus::Ok, "the others go on");
}

#[tokio::test(start_paused = true)]
async fn much_that_waits_is_a_warning() {
    let platform = with([]);
    let jobs = |many: usize| (0..many).map(|_| JobSpec::new("nothing", "{}")).collect();
    platform.queue().enqueue(jobs(999)).await.expect("they are added");
    let size = |many| HealthValue::Number(many);
    let before = found(&platform, "queue").await;
    assert_eq!((before.status, &before.details[0].value), (HealthStatus::Ok, &size(999)));
    platform.queue().enqueue(jobs(1)).await.expect("it is added");
    advance(Duration::from_secs(1)).await;
    let now = found(&platform, "queue").await;
    assert_eq!((now.status, &now.details[0].value), (HealthStatus::Warning, &size(1_000)));
    assert_eq!((now.details[0].name, now.details[0].unit), ("queue_size", "jobs"));
    assert!(platform.health().report().await.is_ok(), "a warning is no failure");
    assert!(platform.health().ready().await.is_ready());
}

#[tokio::test]
async fn a_check_replaces_the_usual_one_of_its_name() {
    let check = Told::new(HealthSubject::new("redis").needed(), Duration::ZERO, || Ok(Finding::ok()));
    let platform = with([check, Told::new(HealthSubject::new("mine"), Duration::ZERO, || Ok(Finding::ok()))]);
    let names: Vec<_> = platform.health().subjects().map(|subject| subject.name.clone()).collect();
    assert_eq!(names, ["database", "redis", "queue", "disk_space", "mine"]);
    assert_eq!(found(&platform, "redis").await.status, HealthStatus::Ok);
    let ready = platform.health().ready().await;
    let asked: Vec<_> = ready.checks.iter().map(|checked| checked.name.as_str()).collect();
    assert_eq!(asked, ["database", "redis", "migrations"]);
}

#[tokio::test]
async fn names_are_checked_when_the_platform_is_built() {
    let named = |names: &[&str]| {
        let told = |name: &&str| Told::new(HealthSubject::new(*name), Duration::ZERO, || Ok(Finding::ok()));
        let given = names.iter().map(told).fold(builder(), |builder, check| builder.health_check(check));
        given.build().map(drop).map_err(|error| error.kind())
    };
    for wrong in [&[""][..], &["My check"], &["migrations"], &["mine", "mine"], &["queue", "queue"]] {
        assert_eq!(named(wrong), Err(ErrorKind::Misconfigured), "{wrong:?}");
    }
    assert_eq!(named(&["queue", "mine_2"]), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn what_is_needed_decides_whether_a_process_is_ready() {
    let down = || Err(Error::new(ErrorKind::Unavailable, "away"));
    let subject = HealthSubject::new("needed").needed();
    let needed = Told::new(subject, Duration::ZERO, || Ok(Finding::ok()));
    let other = Told::new(HealthSubject::new("other"), Duration::ZERO, down);
    let platform = with([Arc::clone(&needed), other]);
    assert!(!platform.health().report().await.is_ok());
    assert!(platform.health().ready().await.is_ready(), "what is not needed takes nobody out of service");
    needed.says(down);
    advance(Duration::from_secs(1)).await;
    assert_eq!(platform.health().ready().await.reasons(), ["needed: it cannot be reached"]);
    needed.says(|| Ok(Finding::ok()));
    advance(Duration::from_secs(1)).await;
    assert!(platform.health().ready().await.is_ready(), "it comes back by itself");
    platform.health().start_draining();
    assert_eq!(platform.health().ready().await.reasons(), ["this process is about to stop"]);
    platform.storage().close().await;
    advance(Duration::from_secs(1)).await;
    assert_eq!(
        platform.health().ready().await.reasons(),
        ["this process is about to stop", "database: it cannot be reached", "migrations: it cannot be reached"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_schema_that_lacks_something_is_not_ready_and_one_ahead_is() {
    let inner = MemoryStorage::new(Arc::new(SystemClock));
    let queue = Arc::new(inner.queue());
    let storage = Arc::new(Migrated { inner, schema: Mutex::default() });
    let platform = builder().storage(storage.clone()).queue(queue).build().expect("nothing is missing");
    let now = async |pending: &[i64], newer: &[i64]| {
        *storage.schema.lock().expect("nobody panicked") =
            SchemaState { pending: pending.to_vec(), newer: newer.to_vec() };
        advance(Duration::from_secs(1)).await;
        platform.health().ready().await
    };
    assert!(now(&[], &[]).await.is_ready());
    let pending = now(&[21, 22], &[]).await;
    assert_eq!(pending.reasons(), ["migrations: migrations are pending: 0021, 0022"]);
    let ahead = now(&[], &[30]).await;
    assert!(ahead.is_ready(), "a roll-out migrates before the last old process has gone");
    let checked = &ahead.checks[1].finding;
    assert_eq!(checked.status, HealthStatus::Warning);
    assert_eq!(checked.message.as_deref(), Some("a newer program has migrated the database: 0030"));
    let both = now(&(1..=12).collect::<Vec<_>>(), &[30]).await.reasons().remove(0);
    assert!(both.ends_with("0009, 0010 and 2 more"), "{both}");
}

#[test]
fn schemas_are_compared_by_their_versions() {
    let compared = SchemaState::compare([3, 1, 2], [2, 5, 4]);
    assert_eq!(compared, SchemaState { pending: vec![1, 3], newer: vec![4, 5] });
    assert_eq!(SchemaState::compare([1], [1]), SchemaState::default());
}

/// Keeps what is logged about checks.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Level, String)>>>);

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Text(String);
        impl Visit for Text {
            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                self.0.push_str(&format!("{field}={value:?} "));
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        if text.0.contains("health check") {
            self.0.lock().expect("nobody panicked").push((*event.metadata().level(), text.0));
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_logged_when_it_changes_and_with_its_causes() {
    let log = Log::default();
    let _listening = tracing::subscriber::set_default(log.clone());
    let check = Told::new(HealthSubject::new("mine"), Duration::ZERO, || {
        Err(Error::new(ErrorKind::Unavailable, "away").with_source(std::io::Error::other("no route")))
    });
    let platform = with([Arc::clone(&check)]);
    let probe = async || {
        platform.health().report().await;
        advance(Duration::from_secs(1)).await;
    };
    for _ in 0..5 {
        probe().await;
    }
    check.says(|| Ok(Finding::ok()));
    for _ in 0..5 {
        probe().await;
    }
    let logged = log.0.lock().expect("nobody panicked").clone();
    let levels: Vec<_> = logged.iter().map(|(level, _)| *level).collect();
    assert_eq!(levels, [Level::WARN, Level::INFO], "{logged:?}");
    assert!(logged[0].1.contains("mine") && logged[0].1.contains("away: no route"), "{logged:?}");
}
