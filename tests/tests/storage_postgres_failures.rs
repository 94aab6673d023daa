//! What the Postgres adapter does when something goes wrong.

use std::{sync::Arc, time::Duration};

use spotlight_core::{
    Error, ErrorKind, Retry,
    conformance::samples::Samples,
    domain::{OrganizationId, lead::Lead, organization::Organization},
    ports::{ReadConsistency, Storage},
};
use spotlight_storage::postgres::{PgOptions, PgStorage};
use spotlight_tests::{pgbouncer::PgBouncer, postgres::TestDatabase};
use sqlx::AssertSqlSafe;

/// A storage with one organization and two leads.
struct World {
    database: TestDatabase,
    storage: Arc<PgStorage>,
    organization: Organization,
    leads: [Lead; 2],
}

impl World {
    async fn new(change: impl FnOnce(PgOptions) -> PgOptions) -> Self {
        let database = TestDatabase::fresh().await;
        let options = change(PgOptions::new(database.url()));
        Self::with(database, options).await
    }

    async fn with(database: TestDatabase, options: PgOptions) -> Self {
        let storage = Arc::new(PgStorage::connect(options).await.expect("the database takes connections"));
        let samples = Samples::new();
        let organization = samples.organization();
        let leads = [samples.lead(organization.id), samples.lead(organization.id)];
        let unit = storage.begin().await.expect("a unit");
        unit.organizations().insert(&organization).await.expect("stored");
        for lead in &leads {
            unit.leads().insert(lead).await.expect("stored");
        }
        unit.commit().await.expect("committed");
        Self { database, storage, organization, leads }
    }

    async fn behind(&self, sql: String) {
        let mut connection = self.database.connect().await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("done behind the storage's back");
    }

    async fn stored(&self, index: usize) -> Lead {
        let read = self.storage.read(ReadConsistency::Strong).leads();
        read.get(self.organization.id, self.leads[index].id).await.expect("read").expect("found")
    }
}

fn renamed(lead: &Lead, name: &str) -> Lead {
    Lead { name: Some(name.to_owned()), ..lead.clone() }
}

#[track_caller]
fn failed<T>(result: Result<T, Error>, kind: ErrorKind) -> Error {
    let error = result.err().expect("it should have failed");
    assert_eq!(error.kind(), kind, "{}", error.chain());
    error
}

/// Connections that the server ended give one retryable error, and then everything works again.
#[tokio::test]
async fn a_restarted_server_costs_one_error() {
    let world = World::new(|options| PgOptions { max_connections: 3, ..options }).await;
    let units = [world.storage.begin().await, world.storage.begin().await, world.storage.begin().await];
    for unit in units {
        unit.expect("three connections").rollback().await.expect("rolled back");
    }
    let end =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'spotlight' AND datname = ";
    world.behind(format!("{end}'{}'", world.database.name())).await;
    let read = world.storage.read(ReadConsistency::Strong).organizations();
    let error = failed(read.get(world.organization.id).await, ErrorKind::Unavailable);
    assert_eq!(error.retry(), Retry::Backoff);
    for _ in 0..6 {
        assert_eq!(read.get(world.organization.id).await.expect("found again"), Some(world.organization.clone()));
    }
    let unit = world.storage.begin().await.expect("a unit");
    unit.leads().update(&renamed(&world.leads[0], "Ada")).await.expect("updated");
    unit.commit().await.expect("committed");
}

/// A unit whose connection is lost has written nothing.
#[tokio::test]
async fn a_unit_that_loses_its_connection_writes_nothing() {
    let world = World::new(|options| PgOptions { application_name: "unlucky".to_owned(), ..options }).await;
    let unit = world.storage.begin().await.expect("a unit");
    unit.leads().update(&renamed(&world.leads[0], "Ada")).await.expect("updated");
    let end =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'unlucky' AND datname = ";
    world.behind(format!("{end}'{}'", world.database.name())).await;
    failed(unit.commit().await, ErrorKind::Unavailable);
    assert_eq!(world.stored(0).await, world.leads[0]);
}

async fn waits_no_longer(world: World) {
    let first = world.storage.begin().await.expect("a unit");
    first.leads().update(&renamed(&world.leads[0], "First")).await.expect("updated");
    let second = world.storage.begin().await.expect("a unit");
    second.leads().update(&renamed(&world.leads[1], "Second")).await.expect("updated");
    let error = failed(second.leads().update(&renamed(&world.leads[0], "Second")).await, ErrorKind::Timeout);
    assert_eq!(error.retry(), Retry::Backoff);
    // The transaction is over on the server: whatever is tried, nothing of it is committed.
    failed(second.leads().get(world.organization.id, world.leads[1].id).await, ErrorKind::Conflict);
    let error = failed(second.commit().await, ErrorKind::Conflict);
    assert_eq!(error.retry(), Retry::Now);
    first.commit().await.expect("committed");
    assert_eq!(world.stored(0).await.name.as_deref(), Some("First"));
    assert_eq!(world.stored(1).await, world.leads[1]);
}

/// A record that stays locked gives `Timeout`, and the unit that waited can only be rolled back.
#[tokio::test]
async fn a_locked_record_times_out() {
    waits_no_longer(World::new(|options| PgOptions { lock_timeout: Duration::from_millis(100), ..options }).await)
        .await;
}

/// A statement that takes too long is stopped.
#[tokio::test]
async fn a_slow_statement_times_out() {
    let quick = Duration::from_secs(2);
    waits_no_longer(World::new(|options| PgOptions { statement_timeout: quick, ..options }).await).await;
}

/// The timeouts hold behind a pooler too, where a session has no settings of its own.
#[tokio::test]
async fn timeouts_hold_behind_a_pooler() {
    let database = TestDatabase::fresh().await;
    let url = PgBouncer::shared().url(&database);
    let options = PgOptions { pooler: true, lock_timeout: Duration::from_millis(100), ..PgOptions::new(url) };
    waits_no_longer(World::with(database, options).await).await;
}

/// Of two units that wait for each other one gives way, and can be repeated at once.
#[tokio::test]
async fn of_two_units_that_wait_for_each_other_one_gives_way() {
    let world = World::new(|options| options).await;
    let (one, other) = (world.storage.begin().await.expect("a unit"), world.storage.begin().await.expect("a unit"));
    one.leads().update(&renamed(&world.leads[0], "One")).await.expect("updated");
    other.leads().update(&renamed(&world.leads[1], "Other")).await.expect("updated");
    let second = [renamed(&world.leads[1], "One"), renamed(&world.leads[0], "Other")];
    let (first, last) = tokio::join!(one.leads().update(&second[0]), other.leads().update(&second[1]));
    let (winner, loser, error) = match (first, last) {
        (Ok(()), Err(error)) => (one, other, error),
        (Err(error), Ok(())) => (other, one, error),
        both => panic!("one should give way: {both:?}"),
    };
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Conflict, Retry::Now));
    failed(loser.commit().await, ErrorKind::Conflict);
    winner.commit().await.expect("committed");
    assert_eq!(world.stored(0).await.name, world.stored(1).await.name);
}

/// When every connection is in use, waiting ends with an error that says what to do.
#[tokio::test]
async fn a_full_pool_says_so() {
    let short = Duration::from_secs(2);
    let world = World::new(|options| PgOptions { max_connections: 1, acquire_timeout: short, ..options }).await;
    let unit = world.storage.begin().await.expect("the only connection");
    let error = failed(world.storage.begin().await.map(drop), ErrorKind::Unavailable);
    assert!(error.to_string().contains("allow more connections"), "{error}");
    assert_eq!(error.retry(), Retry::Backoff);
    unit.rollback().await.expect("rolled back");
    world.storage.ping().await.expect("the connection is free");
}

/// A read that is dropped before its answer leaves its unit usable.
#[tokio::test]
async fn a_dropped_read_leaves_the_unit_usable() {
    let world = World::new(|options| options).await;
    let unit = world.storage.begin().await.expect("a unit");
    unit.leads().update(&renamed(&world.leads[0], "Ada")).await.expect("updated");
    for polls in 1..4 {
        let mut read = unit.leads().get(world.organization.id, world.leads[1].id);
        for _ in 0..polls {
            let waker = std::task::Waker::noop();
            // An answer that is there already ends the read.
            if read.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_ready() {
                break;
            }
        }
    }
    unit.commit().await.expect("committed");
    assert_eq!(world.stored(0).await.name.as_deref(), Some("Ada"));
}

/// A write that is dropped before its answer can have happened in part; its unit writes nothing.
#[tokio::test]
async fn a_dropped_write_ends_its_unit() {
    let world = World::new(|options| options).await;
    let unit = world.storage.begin().await.expect("a unit");
    unit.leads().update(&renamed(&world.leads[0], "Ada")).await.expect("updated");
    // It cannot be answered while another unit holds the record.
    let other = world.storage.begin().await.expect("a unit");
    other.leads().update(&renamed(&world.leads[1], "Other")).await.expect("updated");
    let mut update = unit.leads().update(&world.leads[1]);
    let waker = std::task::Waker::noop();
    assert!(update.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
    drop(update);
    other.rollback().await.expect("rolled back");
    failed(unit.commit().await, ErrorKind::Conflict);
    assert_eq!(world.stored(0).await, world.leads[0]);
    assert_eq!(world.stored(1).await, world.leads[1]);
}

/// A unit that is silent for too long is ended by the server: it can be repeated at once, and costs no other error.
#[tokio::test]
async fn a_silent_unit_can_be_repeated() {
    let short = Duration::from_millis(100);
    let world = World::new(|options| PgOptions {
        idle_in_transaction_session_timeout: short,
        application_name: "silent".to_owned(),
        max_connections: 1,
        ..options
    })
    .await;
    let unit = world.storage.begin().await.expect("a unit");
    unit.leads().update(&renamed(&world.leads[0], "Ada")).await.expect("updated");
    let mut behind = world.database.connect().await;
    let here =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'silent' AND datname = current_database()";
    tokio::time::timeout(Duration::from_secs(20), async {
        while sqlx::query_scalar::<_, i64>(here).fetch_one(&mut behind).await.expect("a count") > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("the server ends a silent unit");
    let error = failed(unit.leads().update(&renamed(&world.leads[1], "Ada")).await, ErrorKind::Conflict);
    assert_eq!(error.retry(), Retry::Now, "{}", error.chain());
    failed(unit.commit().await, ErrorKind::Conflict);
    assert_eq!(world.stored(0).await, world.leads[0]);
    let unit = world.storage.begin().await.expect("a unit on another connection");
    unit.leads().update(&renamed(&world.leads[0], "Ada")).await.expect("updated");
    unit.commit().await.expect("committed");
}

/// An instant that Postgres cannot hold is the caller's fault.
#[tokio::test]
async fn an_instant_that_cannot_be_stored_is_refused() {
    let world = World::new(|options| options).await;
    let far = chrono::DateTime::from_timestamp_micros(-1_000_000_000_000_000_000).expect("chrono holds it");
    let read = world.storage.read(ReadConsistency::Strong).leads();
    failed(read.inactive(world.organization.id, far, 10).await, ErrorKind::Validation);
}

/// What Postgres cannot store is refused, and the message holds none of it.
#[tokio::test]
async fn text_that_cannot_be_stored_is_refused() {
    let world = World::new(|options| options).await;
    let unit = world.storage.begin().await.expect("a unit");
    let secret = Lead { company: Some("hush\0hush".to_owned()), ..world.leads[0].clone() };
    let error = failed(unit.leads().update(&secret).await, ErrorKind::Validation);
    assert!(!format!("{error:?} {}", error.chain()).contains("hush"), "{error:?}");
}

/// A row that this version does not understand is `Corrupt`, by its column and without its content.
#[tokio::test]
async fn a_row_that_is_not_understood_is_corrupt() {
    let world = World::new(|options| options).await;
    for (change, column) in
        [("time_zone = 'Mars/Base'", "time_zone"), ("scoring = '{\"threshold\": \"hush\"}'", "scoring")]
    {
        world.behind(format!("UPDATE organizations SET {change}")).await;
        let read = world.storage.read(ReadConsistency::Strong).organizations();
        let error = failed(read.get(world.organization.id).await, ErrorKind::Corrupt);
        let told = format!("{error:?} {}", error.chain());
        assert!(told.contains(column) && !told.contains("Mars") && !told.contains("hush"), "{told}");
        world.behind("UPDATE organizations SET time_zone = 'UTC'".to_owned()).await;
    }
}

/// Nobody listens at the address: the error says where, and not with which password.
#[tokio::test]
async fn an_unreachable_server_is_named() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let options = PgOptions::new(format!("postgres://ada:hush@127.0.0.1:{port}/spotlight"));
    assert!(!format!("{options:?}").contains("hush"));
    let error = failed(PgStorage::connect(options).await, ErrorKind::Unavailable);
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
    assert!(!format!("{error:?} {}", error.chain()).contains("hush"), "{error:?}");
}

/// A wrong URL, database or user is a fault of the configuration.
#[tokio::test]
async fn a_wrong_address_is_misconfigured() {
    let database = TestDatabase::fresh().await;
    let elsewhere = database.url().replace(database.name(), "nowhere");
    for url in ["not a url", "mysql://127.0.0.1/x", &elsewhere, &database.url().replace("postgres@", "nobody@")] {
        failed(PgStorage::connect(PgOptions::new(url)).await, ErrorKind::Misconfigured);
    }
}

/// A database of a newer program is refused by both versions, whether or not it would be migrated.
#[tokio::test]
async fn a_newer_schema_is_refused() {
    let world = World::new(|options| options).await;
    let mut connection = world.database.connect().await;
    let newest = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut connection).await;
    let newest: i64 = newest.expect("the newest migration");
    world
        .behind(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'from the future', true, '', 0)"
                .to_owned(),
        )
        .await;
    let pooled = PgBouncer::shared().url(&world.database);
    let direct = PgOptions::new(world.database.url());
    let options =
        [direct.clone(), PgOptions { migrate: false, ..direct }, PgOptions { pooler: true, ..PgOptions::new(pooled) }];
    for options in options {
        let error = failed(PgStorage::connect(options).await, ErrorKind::Misconfigured);
        let told = error.to_string();
        assert!(told.contains("9999") && told.contains(&format!("up to {newest}:")), "{told}");
    }
    assert_eq!(world.stored(0).await, world.leads[0], "who is connected already works on");
}

/// Without the migrations nothing starts, and the error says so.
#[tokio::test]
async fn a_missing_schema_is_refused_unless_it_may_be_made() {
    let database = TestDatabase::unmigrated().await;
    let direct = PgOptions { migrate: false, ..PgOptions::new(database.url()) };
    let pooled = PgOptions { pooler: true, ..PgOptions::new(PgBouncer::shared().url(&database)) };
    for options in [direct, pooled] {
        let error = failed(PgStorage::connect(options).await, ErrorKind::Misconfigured);
        assert!(error.to_string().contains("run the migrations"), "{error}");
    }
}

/// Programs that start at once migrate once; the others wait, and a second start changes nothing.
#[tokio::test]
async fn programs_that_start_at_once_migrate_once() {
    let database = TestDatabase::unmigrated().await;
    let start = || PgStorage::connect(PgOptions::new(database.url()));
    let started = tokio::join!(start(), start(), start(), start());
    for storage in [started.0, started.1, started.2, started.3, start().await] {
        let storage = storage.expect("it started");
        let read = storage.read(ReadConsistency::Strong).organizations();
        assert_eq!(read.ids(None::<OrganizationId>, 10).await.expect("a list"), []);
    }
}
