//! The event bus on Postgres, directly and through a transaction pooler.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use secrecy::SecretString;
use spotlight_core::{
    ErrorKind,
    conformance::events::EventBusFixture,
    domain::OrganizationId,
    ports::{EventBus, Heard, IdGenerator, SystemIds},
};
use spotlight_storage::postgres::{PgEventBus, PgEventLimits, PgOptions};
use spotlight_tests::{
    pgbouncer::PgBouncer,
    postgres::TestDatabase,
    redis::traffic::{hear, hear_until, news},
};

/// Buses on databases of their own, which go when the test is over.
struct Fixture {
    pooler: bool,
    databases: Mutex<Vec<TestDatabase>>,
}

impl Fixture {
    fn new(pooler: bool) -> Self {
        Self { pooler, databases: Mutex::default() }
    }
}

fn options(database: &TestDatabase, pooler: bool) -> PgOptions {
    let url = if pooler { PgBouncer::shared().url(database) } else { database.url() };
    PgOptions { pooler, ..PgOptions::new(url) }
}

async fn open(options: PgOptions) -> PgEventBus {
    let limits = PgEventLimits { events_per_channel: 64, ..PgEventLimits::default() };
    PgEventBus::with_limits(options, limits).await.expect("the database answers")
}

#[async_trait]
impl EventBusFixture for Fixture {
    async fn fresh(&self) -> Arc<dyn EventBus> {
        let database = TestDatabase::fresh().await;
        let bus = open(options(&database, self.pooler)).await;
        self.databases.lock().unwrap_or_else(PoisonError::into_inner).push(database);
        Arc::new(bus)
    }

    fn too_many(&self) -> usize {
        65
    }
}

mod direct {
    use super::Fixture;

    spotlight_core::event_bus_conformance!(Fixture::new(false));
}

mod pooled {
    use super::Fixture;

    spotlight_core::event_bus_conformance!(Fixture::new(true));
}

fn organization() -> OrganizationId {
    OrganizationId::from_uuid(SystemIds.uuid())
}

async fn publish(bus: &PgEventBus, organization: OrganizationId, channel: &str, number: u64) -> u64 {
    bus.publish(organization, channel, SystemIds.uuid(), news(number)).await.expect("the database is there")
}

/// Two processes, of which one hears what the other publishes, however it is woken.
async fn hears_another(listens: PgOptions, publishes: PgOptions) {
    let (here, there) = (open(publishes).await, open(listens).await);
    let organization = organization();
    // A name that fits in no notification.
    let long = "x".repeat(9_000);
    for channel in ["leads", &long] {
        let mut listener = there.subscribe(organization, channel, None).await.expect("the database is there");
        for number in 0..20 {
            let id = publish(&here, organization, channel, number).await;
            assert!(matches!(hear(&mut listener).await, Heard::Event(event) if event.id == id));
        }
    }
    here.close().await;
    there.close().await;
}

#[tokio::test]
async fn another_process_is_told() {
    let database = TestDatabase::fresh().await;
    hears_another(options(&database, false), options(&database, false)).await;
}

#[tokio::test]
async fn another_process_is_told_over_a_direct_connection_beside_the_pooler() {
    let database = TestDatabase::fresh().await;
    let direct_url = Some(SecretString::from(database.url()));
    hears_another(PgOptions { direct_url, ..options(&database, true) }, options(&database, true)).await;
}

#[tokio::test]
async fn another_process_looks_by_itself_through_the_pooler() {
    let database = TestDatabase::fresh().await;
    hears_another(options(&database, true), options(&database, true)).await;
}

#[tokio::test]
async fn listeners_lose_nothing_with_their_connections() {
    let database = TestDatabase::fresh().await;
    let (here, there) = (open(options(&database, false)).await, open(options(&database, false)).await);
    let organization = organization();
    let mut listener = there.subscribe(organization, "leads", None).await.expect("the database is there");
    let mut connection = database.connect().await;
    for number in 0..5 {
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        sqlx::raw_sql(cut).execute(&mut connection).await.expect("connections can be cut");
        let dedup = SystemIds.uuid();
        let published = async {
            loop {
                match here.publish(organization, "leads", dedup, news(number)).await {
                    Ok(id) => break id,
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", error.chain()),
                }
            }
        };
        let id = tokio::time::timeout(Duration::from_secs(20), published).await.expect("it is there again");
        assert_eq!(hear_until(&mut listener, id).await, 0, "nothing was lost");
    }
    here.close().await;
    there.close().await;
}

#[tokio::test]
async fn an_idle_channel_goes_and_comes_back_above_its_numbers() {
    let database = TestDatabase::fresh().await;
    let limits = PgEventLimits { keep: Duration::ZERO, ..PgEventLimits::default() };
    let bus = PgEventBus::with_limits(options(&database, false), limits).await.expect("the database answers");
    let organization = organization();
    let old = publish(&bus, organization, "leads", 1).await;
    bus.acknowledge(organization, "leads", "mail", old).await.expect("the database is there");
    // A channel that is new has those go in which nothing happens.
    publish(&bus, organization, "notifications", 2).await;
    assert!(bus.unread(organization, "leads", "new", 10).await.expect("the database is there").is_empty());
    let new = publish(&bus, organization, "leads", 3).await;
    assert!(new > old);
    let unread = bus.unread(organization, "leads", "mail", 10).await.expect("the database is there");
    assert!(matches!(&unread[..], [Heard::Event(event)] if event.id == new), "{unread:?}");
    bus.close().await;
}

mod delivery {
    //! Units that commit late, from Postgres over every bus.

    use std::sync::atomic::{AtomicU64, Ordering};

    use spotlight_core::{
        conformance::delivery::{DeliveryFixture, a_unit_that_commits_late_is_not_skipped, relay},
        memory::MemoryEventBus,
        ports::{Clock, OutboxKind, Storage, SystemClock},
    };
    use spotlight_storage::{postgres::PgStorage, redis::RedisEventBus};
    use spotlight_tests::redis::{RedisServer, client};

    use super::{Arc, Duration, EventBus, Mutex, PgOptions, TestDatabase, async_trait, news, open};

    #[derive(Clone, Copy)]
    enum Bus {
        Memory,
        Redis,
        Postgres,
    }

    struct Fixture {
        bus: Bus,
        databases: Mutex<Vec<TestDatabase>>,
    }

    impl Fixture {
        fn new(bus: Bus) -> Self {
            Self { bus, databases: Mutex::default() }
        }
    }

    #[async_trait]
    impl DeliveryFixture for Fixture {
        async fn fresh(&self) -> (Arc<dyn Storage>, Arc<dyn EventBus>) {
            let database = TestDatabase::fresh().await;
            let options = PgOptions::new(database.url());
            let storage = PgStorage::connect(options.clone()).await.expect("the database takes connections");
            let bus: Arc<dyn EventBus> = match self.bus {
                Bus::Memory => Arc::new(MemoryEventBus::new(Arc::new(SystemClock))),
                Bus::Redis => Arc::new(RedisEventBus::new(client(RedisServer::shared().url()))),
                Bus::Postgres => Arc::new(open(options).await),
            };
            self.databases.lock().expect("no test panicked here").push(database);
            (Arc::new(storage), bus)
        }

        async fn relay(&self, storage: &Arc<dyn Storage>, bus: &Arc<dyn EventBus>) {
            relay(storage, bus).await;
        }
    }

    mod memory {
        spotlight_core::delivery_conformance!(super::Fixture::new(super::Bus::Memory));
    }

    mod redis {
        spotlight_core::delivery_conformance!(super::Fixture::new(super::Bus::Redis));
    }

    mod postgres {
        spotlight_core::delivery_conformance!(super::Fixture::new(super::Bus::Postgres));
    }

    /// A relay that asks for whatever has a greater id than the last one it saw.
    struct Polling {
        fixture: Fixture,
        last: AtomicU64,
    }

    #[async_trait]
    impl DeliveryFixture for Polling {
        async fn fresh(&self) -> (Arc<dyn Storage>, Arc<dyn EventBus>) {
            self.fixture.fresh().await
        }

        async fn relay(&self, storage: &Arc<dyn Storage>, bus: &Arc<dyn EventBus>) {
            let unit = storage.begin().await.expect("a unit");
            let rows = unit.outbox().claim(OutboxKind::Event, SystemClock.now(), 60, 100).await.expect("rows");
            unit.commit().await.expect("a commit");
            for row in rows {
                // Ids ascend with the time they were made at, in milliseconds.
                let made = u64::try_from(row.id.as_uuid().as_u128() >> 64).expect("it fits");
                if made <= self.last.fetch_max(made, Ordering::SeqCst) {
                    continue;
                }
                let (Some(organization), Some(channel)) = (row.organization_id, row.channel) else { continue };
                let event = spotlight_core::ports::Event { event_type: row.name, ..news(0) };
                bus.publish(organization, &channel, row.id.as_uuid(), event).await.expect("the bus is there");
            }
        }
    }

    #[tokio::test]
    async fn a_relay_that_asks_for_greater_ids_is_found_out() {
        let polling = Polling { fixture: Fixture::new(Bus::Memory), last: AtomicU64::new(0) };
        let case = tokio::spawn(async move { a_unit_that_commits_late_is_not_skipped(&polling).await });
        let found = tokio::time::timeout(Duration::from_mins(1), case).await.expect("it ends");
        assert!(found.is_err_and(|error| error.is_panic()), "the late unit was skipped");
    }
}
