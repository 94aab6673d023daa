//! Jobs that an older version left in the outbox reach the queue, and run.

use std::{path::PathBuf, sync::Arc};

use chrono::Duration;
use spotlight_core::{
    domain::{JobId, OrganizationId},
    ports::{Clock, IdGenerator, JobState, OutboxKind, OutboxStats, ReadConsistency, SystemIds},
};
use spotlight_storage::{postgres::PgOptions, sqlite::SqliteOptions};
use spotlight_tests::{
    deployment::{Deployment, TestClock, in_postgres, in_sqlite},
    postgres::TestDatabase,
};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

const START: &str = "2026-03-25T10:00:00Z";

async fn organization(deployment: &Deployment) -> OrganizationId {
    deployment.platform.organizations().first().await.expect("storage").expect("an organization")
}

async fn rows(deployment: &Deployment) -> OutboxStats {
    let outbox = deployment.platform.storage().read(ReadConsistency::Strong).outbox();
    outbox.stats(OutboxKind::Job, deployment.clock.now()).await.expect("figures")
}

/// One is due now, the other in an hour.
async fn reach_the_queue(deployment: &Deployment, due: sqlx::types::Uuid, later: sqlx::types::Uuid) {
    let (due, later) = (JobId::from_uuid(due), JobId::from_uuid(later));
    let queue = deployment.platform.queue();
    assert_eq!(rows(deployment).await, OutboxStats { ready: 1, scheduled: 1, ..OutboxStats::default() });
    deployment.work().await;
    let done = queue.find(due).await.expect("a look").expect("it was brought over");
    assert_eq!((done.state, done.queue.as_str(), done.name.as_str()), (JobState::Done, "low", "score_leads"));
    assert_eq!(queue.find(later).await.expect("a look"), None, "not before its time");
    deployment.clock.forward(Duration::hours(1));
    deployment.work().await;
    assert_eq!(queue.find(later).await.expect("a look").expect("it was brought over").state, JobState::Done);
    deployment.clock.forward(Duration::minutes(20));
    deployment.work().await;
    assert_eq!(rows(deployment).await, OutboxStats::default());
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    let clock = TestClock::at(START);
    let folder = Folder(std::env::temp_dir().join(format!("spotlight-older-{}", std::process::id())));
    let file = folder.0.join("spotlight.db");
    let options = SqliteOptions { clock: clock.clone(), ..SqliteOptions::new(&file) };
    let deployment = Deployment::start(in_sqlite(options).await, Arc::clone(&clock)).await;
    deployment.work().await;
    let mut older =
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(&file)).await.expect("it opens");
    let (due, later) = (SystemIds.uuid(), SystemIds.uuid());
    for (id, wait) in [(due, Duration::zero()), (later, Duration::hours(1))] {
        sqlx::query(
            "INSERT INTO outbox (id, kind, organization_id, name, payload, run_at, created_at) \
             VALUES (?, 'job', ?, 'score_leads', '{\"after\":null}', ?, ?)",
        )
        .bind(id)
        .bind(organization(&deployment).await.as_uuid())
        .bind((clock.now() + wait).timestamp_micros())
        .bind(clock.now().timestamp_micros())
        .execute(&mut older)
        .await
        .expect("it is written");
    }
    reach_the_queue(&deployment, due, later).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    let clock = TestClock::at(START);
    let database = TestDatabase::fresh().await;
    let options = PgOptions { clock: clock.clone(), ..PgOptions::new(database.url()) };
    let deployment = Deployment::start(in_postgres(options).await, Arc::clone(&clock)).await;
    deployment.work().await;
    let mut older = database.connect().await;
    let (due, later) = (SystemIds.uuid(), SystemIds.uuid());
    for (id, wait) in [(due, Duration::zero()), (later, Duration::hours(1))] {
        sqlx::query(
            "INSERT INTO outbox (id, kind, organization_id, name, payload, run_at, created_at) \
             VALUES ($1, 'job', $2, 'score_leads', '{\"after\":null}', $3, $4)",
        )
        .bind(id)
        .bind(organization(&deployment).await.as_uuid())
        .bind(clock.now() + wait)
        .bind(clock.now())
        .execute(&mut older)
        .await
        .expect("it is written");
    }
    reach_the_queue(&deployment, due, later).await;
}
