//! Figures that are read from a replica: of a real server that follows another one.

use std::{collections::HashSet, sync::Arc, time::Duration};

use spotlight_core::{
    conformance::samples::Samples,
    domain::{OrganizationId, time::Window},
    ports::{AnalyticsQuery, Clock, ReadConsistency, Storage, SystemClock},
};
use spotlight_storage::postgres::{PgOptions, PgStorage};
use spotlight_tests::{
    postgres::PgServer,
    proxy::{Mode, Proxy},
};
use sqlx::Connection;
use tokio::time::{Instant, sleep, timeout};

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_mins(1);

struct World {
    storage: Arc<PgStorage>,
    samples: Samples,
    organization: OrganizationId,
}

impl World {
    async fn new(primary: &PgServer, replicas: &[&str], bound: Duration) -> Self {
        let mut options = PgOptions::new(primary.url("postgres"));
        options.replicas = replicas.iter().map(|&url| url.to_owned().into()).collect();
        options.replica_lag = bound;
        let storage = Arc::new(PgStorage::connect(options).await.expect("the primary takes connections"));
        let samples = Samples::new();
        let organization = samples.organization();
        let unit = storage.begin().await.expect("a unit");
        unit.organizations().insert(&organization).await.expect("stored");
        unit.commit().await.expect("committed");
        Self { storage, samples, organization: organization.id }
    }

    async fn add_lead(&self) {
        let unit = self.storage.begin().await.expect("a unit");
        unit.leads().insert(&self.samples.lead(self.organization)).await.expect("stored");
        unit.commit().await.expect("committed");
    }

    /// How many leads there are by the figures.
    async fn leads(&self, consistency: ReadConsistency) -> u64 {
        let (now, day) = (SystemClock.now(), chrono::Duration::days(36_500));
        let window = Window { start: now - day, end: now + day };
        let query = AnalyticsQuery { days: vec![(now.date_naive(), window)], assistant_id: None, visible_to: None };
        let figures = self.storage.read(consistency).analytics();
        figures.funnel(self.organization, &query).await.expect("figures").total
    }

    /// Whether a replica is asked: what it does not replay is not seen then.
    async fn is_asking(&self, replica: &PgServer) -> bool {
        tell(replica, "SELECT pg_wal_replay_pause()").await;
        self.add_lead().await;
        let [strong, lagging] = [ReadConsistency::Strong, ReadConsistency::Eventual];
        let late = self.leads(lagging).await < self.leads(strong).await;
        tell(replica, "SELECT pg_wal_replay_resume()").await;
        late
    }

    /// Waits until something is so.
    async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let asking = async {
            while !is_so().await {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("never: {what}"));
    }
}

async fn tell(server: &PgServer, sql: &'static str) {
    let mut connection = sqlx::PgConnection::connect(&server.url("postgres")).await.expect("it takes connections");
    sqlx::raw_sql(sql).execute(&mut connection).await.expect("done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_come_from_a_replica_within_its_bound_and_from_the_primary_beyond_it() {
    let [primary, mut replica] = PgServer::start_pair();
    let bound = Duration::from_secs(5);
    // The second is nowhere, and one that is no replica counts as none.
    let urls =
        [replica.url("postgres"), "postgres://postgres@127.0.0.1:1/postgres".to_owned(), primary.url("postgres")];
    let world = World::new(&primary, &urls.each_ref().map(String::as_str), bound).await;
    let lagging = async || world.leads(ReadConsistency::Eventual).await;
    world.add_lead().await;
    world.until("the first lead shows", async || lagging().await == 1).await;

    // What the replica does not replay is not seen: that is how we know that it is asked.
    let seen_late = async || {
        tell(&replica, "SELECT pg_wal_replay_pause()").await;
        let (strong, began) = (world.leads(ReadConsistency::Strong).await + 1, Instant::now());
        world.add_lead().await;
        let late = lagging().await < strong;
        assert_eq!(world.leads(ReadConsistency::Strong).await, strong);
        if late {
            world.until("the primary is asked", async || lagging().await == strong).await;
            assert!(began.elapsed() < bound + Duration::from_secs(20), "{:?}", began.elapsed());
        }
        tell(&replica, "SELECT pg_wal_replay_resume()").await;
        late
    };
    world.until("a fresh replica is asked", &seen_late).await;
    world.until("it is asked again once it has caught up", &seen_late).await;

    // One that goes away costs nobody an answer.
    let all = world.leads(ReadConsistency::Strong).await;
    world.until("it has caught up", async || lagging().await == all).await;
    replica.crash();
    for _ in 0..20 {
        assert_eq!(lagging().await, all);
    }
    replica.start_again();
    world.until("it is asked when it is back", async || world.is_asking(&replica).await).await;
    let pools: Vec<_> = world.storage.pools().iter().map(|figures| figures.pool).collect();
    assert_eq!(pools, ["main", "replicas"]);
    world.storage.close().await;
}

/// A server that hangs breaks no connection: nothing comes any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_hangs_keeps_nobody_waiting() {
    let [primary, replica] = PgServer::start_pair();
    let proxy = Proxy::start(replica.port()).await;
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", proxy.port());
    // Longer than a statement may take: it is not by its age that the replica is left.
    let world = World::new(&primary, &[&url], Duration::from_mins(5)).await;
    world.until("the replica is asked", async || world.is_asking(&replica).await).await;
    let all = world.leads(ReadConsistency::Strong).await;
    proxy.set(Mode::Stall);
    let began = Instant::now();
    world.until("the primary is asked", async || world.leads(ReadConsistency::Eventual).await == all).await;
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    proxy.set(Mode::Forward);
    world.until("the replica is asked again", async || world.is_asking(&replica).await).await;
}

/// Another cluster's replica, and another database of the right one, show something else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_of_something_else_is_none() {
    let ([primary, replica], [_stranger, of_stranger]) = (PgServer::start_pair(), PgServer::start_pair());
    tell(&primary, "CREATE DATABASE other").await;
    let urls = [of_stranger.url("postgres"), replica.url("other")];
    let world = World::new(&primary, &urls.each_ref().map(String::as_str), Duration::from_mins(5)).await;
    // Twice: what the first look found is known when the second comes.
    looked_at(&of_stranger, "postgres").await;
    looked_at(&replica, "other").await;
    for _ in urls {
        world.add_lead().await;
        let [strong, lagging] = [ReadConsistency::Strong, ReadConsistency::Eventual];
        assert_eq!(world.leads(lagging).await, world.leads(strong).await);
    }
}

/// Waits until a server has been asked for its place twice over a database.
async fn looked_at(server: &PgServer, database: &str) {
    let mut connection = sqlx::PgConnection::connect(&server.url("postgres")).await.expect("it takes connections");
    let asked = "SELECT query_start::text FROM pg_stat_activity WHERE datname = $1 AND state = 'idle' \
                 AND query LIKE '%pg_last_wal_replay_lsn%'";
    let mut looks = HashSet::new();
    let looking = async {
        while looks.len() < 2 {
            let found: Vec<String> =
                sqlx::query_scalar(asked).bind(database).fetch_all(&mut connection).await.expect("who is connected");
            looks.extend(found);
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, looking).await.expect("replicas are looked at");
}
