//! Unique keys of jobs that wait.

use std::sync::Arc;

use chrono::Duration;

use super::{add, claim, far, key, row_of, stats};
use crate::{
    conformance::{
        storage::StorageFixture,
        support::{World, overlapping, rivals},
    },
    domain::JobId,
    error::Result,
    ports::{JobSpec, OutboxKind, OutboxStats, Storage},
};

/// One waiting job has a key, whether it was tried or not; one that was given up does not count.
pub async fn a_unique_job_is_added_once(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let job = |key: &str| JobSpec { unique: Some(super::key(key)), ..world.samples.job(world.org(), "job") };
    let first = add(&world, job("analyze:1")).await;
    assert_eq!(add(&world, job("analyze:1")).await, first);
    assert_ne!(add(&world, job("analyze:2")).await, first);
    // In one unit too.
    let unit = world.storage.begin().await.unwrap();
    let third = unit.enqueue(job("analyze:3")).await.unwrap();
    assert_eq!(unit.enqueue(job("analyze:3")).await.unwrap(), third);
    unit.rollback().await.unwrap();
    assert_eq!(stats(&world, far()).await.ready, 2);

    let rows = claim(&world, far(), 10).await;
    let again = far() + Duration::seconds(1);
    assert!(world.write(async |unit| unit.outbox().retry(first, rows[0].claim, again, "failed").await).await.unwrap());
    assert_eq!(add(&world, job("analyze:1")).await, first, "one that is tried again waits");
    let row = claim(&world, again, 10).await.remove(0);
    assert!(world.write(async |unit| unit.outbox().complete(first, row.claim).await).await.unwrap());
    let second = add(&world, job("analyze:1")).await;
    assert_ne!(second, first);
    let row = claim(&world, again, 10).await.remove(0);
    assert!(world.write(async |unit| unit.outbox().bury(second, row.claim, "failed").await).await.unwrap());
    assert_ne!(add(&world, job("analyze:1")).await, second, "a job that was given up has finished");
}

async fn enqueue(storage: Arc<dyn Storage>, job: JobSpec) -> Result<JobId> {
    let unit = storage.begin().await?;
    let id = unit.enqueue(job).await?;
    unit.commit().await?;
    Ok(id)
}

/// Of two jobs with one key added at once, one is added, and both are given its id.
pub async fn of_two_unique_jobs_at_once_one_is_added(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    for round in 1..=5 {
        let key = format!("key-{round}");
        let job = || JobSpec { unique: Some(super::key(&key)), ..world.samples.job(world.org(), "job") };
        let (one, other) =
            rivals(enqueue(Arc::clone(&world.storage), job()), enqueue(Arc::clone(&world.storage), job())).await;
        assert_eq!(one.unwrap(), other.unwrap());
        assert_eq!(stats(&world, far()).await.ready, round);
    }
}

/// A claimed job may have read its facts already: a new one is added beside it. So it is while the claim, or the end of
/// the work, is not yet committed.
pub async fn a_claimed_job_does_not_stand_for_a_new_one(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let job = || JobSpec { unique: Some(key("analyze:1")), ..world.samples.job(world.org(), "job") };
    let first = add(&world, job()).await;
    let row = claim(&world, far(), 10).await.remove(0);
    let second = add(&world, job()).await;
    assert_ne!(second, first);
    assert_eq!(add(&world, job()).await, second, "that one waits");
    assert_eq!(stats(&world, far()).await, OutboxStats { ready: 1, running: 1, ..OutboxStats::default() });

    let (claimed, third) = overlapping(
        &world,
        async |unit| unit.outbox().claim(OutboxKind::Job, far(), 30, 10).await,
        async |unit| unit.enqueue(job()).await.map(row_of),
    )
    .await;
    let (claimed, third) = (claimed.unwrap(), third.unwrap());
    assert_eq!(claimed.iter().map(|row| row.id).collect::<Vec<_>>(), [second]);
    assert!(third != first && third != second);
    let (done, kept) = overlapping(
        &world,
        async |unit| unit.outbox().complete(first, row.claim).await,
        async |unit| unit.enqueue(job()).await.map(row_of),
    )
    .await;
    assert_eq!((done.unwrap(), kept.unwrap()), (true, third));
    assert_eq!(stats(&world, far()).await, OutboxStats { ready: 1, running: 1, ..OutboxStats::default() });
}

/// A job that is given back while another waits under its key is removed: that one stands for both.
pub async fn a_job_that_is_given_back_is_covered_by_a_waiting_one(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let job = || JobSpec { unique: Some(key("analyze:1")), ..world.samples.job(world.org(), "job") };
    let first = add(&world, job()).await;
    let row = claim(&world, far(), 10).await.remove(0);
    let second = add(&world, job()).await;
    let unit = world.storage.begin().await.unwrap();
    assert!(unit.outbox().retry(first, row.claim, far(), "failed").await.unwrap());
    assert!(!unit.outbox().complete(first, row.claim).await.unwrap(), "the claim is void");
    unit.commit().await.unwrap();
    let rows = claim(&world, far(), 10).await;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [second]);
    assert!(world.write(async |unit| unit.outbox().retry(second, rows[0].claim, far(), "failed").await).await.unwrap());
    assert_eq!(claim(&world, far(), 10).await.remove(0).id, second, "nothing else waited");

    // Added at the same time, it stands for the one that is given back just as well.
    let row = claim(&world, far() + Duration::seconds(30), 10).await.remove(0);
    let (third, given_back) = overlapping(
        &world,
        async |unit| unit.enqueue(job()).await.map(row_of),
        async |unit| unit.outbox().retry(second, row.claim, far(), "failed").await,
    )
    .await;
    assert!(given_back.unwrap());
    let rows = claim(&world, far(), 10).await;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [third.unwrap()]);
}

/// Who claims a job that a unit was given the id of sees what that unit wrote.
pub async fn a_unique_job_reads_what_its_unit_wrote(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let job = || JobSpec { unique: Some(key("analyze:1")), ..world.samples.job(world.org(), "job") };
    let (waiting, lead) = (add(&world, job()).await, world.samples.lead(world.org()));
    let (id, seen) = overlapping(
        &world,
        async |unit| {
            unit.leads().insert(&lead).await?;
            unit.enqueue(job()).await.map(row_of)
        },
        async |unit| {
            let rows = unit.outbox().claim(OutboxKind::Job, far(), 30, 10).await?;
            Ok((rows.len(), unit.leads().get(world.org(), lead.id).await?.is_some()))
        },
    )
    .await;
    assert_eq!(id.unwrap(), waiting);
    let (claimed, seen) = seen.unwrap();
    assert!(claimed == 0 || seen, "the job was claimed before its facts were there");
    assert_eq!(claimed + claim(&world, far(), 10).await.len(), 1);
}
