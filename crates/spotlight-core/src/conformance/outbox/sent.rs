//! Rows of jobs that are in the queue.

use chrono::Duration;

use super::{add, claim, far, stats};
use crate::{
    conformance::{storage::StorageFixture, support::World},
    domain::JobId,
    ports::{OutboxKind, OutboxStats, Sent, UnitOfWork},
};

/// Whatever their claims are, and only those of jobs.
pub async fn rows_of_jobs_that_ended_go(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let job = || world.samples.job(world.org(), "job");
    let (waiting, claimed, other) = (add(&world, job()).await, add(&world, job()).await, add(&world, job()).await);
    let event = world.samples.event(world.org(), "lead.updated");
    let told = world.write(async |unit| unit.publish(event).await).await.unwrap();
    let ids: Vec<_> = [waiting, claimed, told].into_iter().map(|id| JobId::from_uuid(id.as_uuid())).collect();
    let claim = claim(&world, far(), 2).await.remove(1);
    assert_eq!(claim.id, claimed);
    let finish = async || world.write(async |unit| unit.outbox().finish(&ids).await).await.unwrap();
    assert_eq!(world.write(async |unit| unit.outbox().finish(&[]).await).await.unwrap(), 0);
    assert_eq!(finish().await, 2);
    assert_eq!(finish().await, 0);
    assert!(!world.write(async |unit| unit.outbox().complete(claimed, claim.claim).await).await.unwrap());
    let rows = super::claim(&world, far(), 10).await;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [other]);
    assert_eq!(world.read().outbox().stats(OutboxKind::Event, far()).await.unwrap().ready, 1);
}

/// Jobs that were sent are claimed no more, and found when they are to be looked after, those first whose time came first.
pub async fn what_was_sent_is_looked_after_at_its_time(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    for _ in 0..3 {
        add(&world, world.samples.job(world.org(), "job")).await;
    }
    let rows = claim(&world, far(), 10).await;
    let holder = JobId::from_uuid(world.samples.uuid());
    let at = |seconds| far() + Duration::seconds(seconds);
    let mut sent: Vec<_> =
        rows.iter().map(|row| Sent { id: row.id, claim: row.claim, job: holder, look_at: at(90) }).collect();
    (sent[0].look_at, sent[1].claim) = (at(100), sent[1].claim + 1);
    let note = async |sent: &[Sent]| world.write(async |unit| unit.outbox().sent(sent).await).await.unwrap();
    assert_eq!(note(&[]).await, 0);
    assert_eq!(note(&sent).await, 2, "one claim is void");
    let overdue = async |now| {
        let found = world.read().outbox().overdue(now, 10).await.unwrap();
        found.iter().map(|row| (row.id, row.job)).collect::<Vec<_>>()
    };
    assert_eq!(overdue(at(90) - Duration::microseconds(1)).await, []);
    assert_eq!(overdue(at(90)).await, [(rows[2].id, Some(holder))]);
    assert_eq!(overdue(at(100)).await, [(rows[2].id, Some(holder)), (rows[0].id, Some(holder))]);
    assert_eq!(world.read().outbox().overdue(at(100), 1).await.unwrap()[0].id, rows[2].id);
    assert_eq!(stats(&world, at(200)).await, OutboxStats { ready: 1, running: 2, ..OutboxStats::default() });
    let left = claim(&world, at(200), 10).await;
    assert_eq!(left.iter().map(|row| (row.id, row.job)).collect::<Vec<_>>(), [(rows[1].id, None)]);
    assert!(!world.read().outbox().due(OutboxKind::Job, at(200)).await.unwrap());

    // It is noted anew as often as it is looked after, and can be tried from the beginning.
    (sent[2].job, sent[2].look_at) = (JobId::from_uuid(rows[2].id.as_uuid()), at(300));
    assert_eq!(note(&sent[2..]).await, 1);
    assert_eq!(overdue(at(299)).await, [(rows[0].id, Some(holder))]);
    let again = async |unit: &dyn UnitOfWork| unit.outbox().retry(rows[0].id, rows[0].claim, at(0), "lost").await;
    assert!(world.write(again).await.unwrap());
    assert_eq!(overdue(at(299)).await, []);
    let row = claim(&world, at(200), 10).await.remove(0);
    assert_eq!((row.id, row.job), (rows[0].id, None));
}

/// They go with that job, and their own ends would take them too; in the order in which they were added.
pub async fn a_job_stands_for_others(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    for _ in 0..4 {
        add(&world, world.samples.job(world.org(), "job")).await;
    }
    let rows = claim(&world, far(), 10).await;
    let holder = JobId::from_uuid(rows[1].id.as_uuid());
    let mut sent: Vec<_> =
        rows[..3].iter().map(|row| Sent { id: row.id, claim: row.claim, job: holder, look_at: far() }).collect();
    sent.reverse();
    assert_eq!(world.write(async |unit| unit.outbox().sent(&sent).await).await.unwrap(), 3);
    let behind = async |job| {
        let found = world.read().outbox().behind(job).await.unwrap();
        found.into_iter().map(|row| (row.id, row.spec.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(behind(holder).await, rows[..3].iter().map(|row| (row.id, true)).collect::<Vec<_>>());
    let (first, last) = (JobId::from_uuid(rows[0].id.as_uuid()), JobId::from_uuid(rows[3].id.as_uuid()));
    assert_eq!(behind(first).await, []);
    let finish = async |job| world.write(async |unit| unit.outbox().finish(&[job]).await).await.unwrap();
    assert_eq!(finish(first).await, 1);
    assert_eq!(finish(holder).await, 2);
    assert_eq!(behind(holder).await, []);
    assert_eq!(finish(last).await, 1);
    assert_eq!(stats(&world, far()).await, OutboxStats::default());
}
