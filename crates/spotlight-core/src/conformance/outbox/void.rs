//! How long a claim counts.

use chrono::Duration;

use super::{add, claim, far, stats};
use crate::{
    conformance::{
        storage::StorageFixture,
        support::{World, refused},
    },
    error::ErrorKind,
    ports::{OutboxKind, OutboxStats},
};

/// A claimed row is nobody else's until its claim ends; then a new claim makes the old one void.
pub async fn a_newer_claim_makes_the_older_void(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let id = add(&world, world.samples.job(world.org(), "job")).await;
    let first = claim(&world, far(), 10).await.remove(0);
    let end = far() + Duration::seconds(30);
    let almost = end - Duration::microseconds(1);
    assert_eq!(claim(&world, almost, 10).await, []);
    assert_eq!(stats(&world, almost).await, OutboxStats { running: 1, ..OutboxStats::default() });
    assert_eq!(stats(&world, end).await, OutboxStats { ready: 1, ..OutboxStats::default() }, "it ends at its end");
    let second = claim(&world, end, 10).await.remove(0);
    assert_eq!((second.id, second.attempts), (id, 2));
    assert_ne!(second.claim, first.claim);

    let now = far() + Duration::seconds(32);
    assert_eq!(world.write(async |unit| unit.outbox().extend(&[(id, first.claim)], now, 60).await).await.unwrap(), 0);
    assert!(!world.write(async |unit| unit.outbox().complete(id, first.claim).await).await.unwrap());
    assert!(!world.write(async |unit| unit.outbox().retry(id, first.claim, now, "failed").await).await.unwrap());
    assert!(!world.write(async |unit| unit.outbox().bury(id, first.claim, "failed").await).await.unwrap());
    assert_eq!(stats(&world, now).await, OutboxStats { running: 1, ..OutboxStats::default() });

    // The end of its time alone does not make a claim void.
    let much_later = far() + Duration::seconds(500);
    assert_eq!(stats(&world, much_later).await.ready, 1);
    assert!(world.write(async |unit| unit.outbox().complete(id, second.claim).await).await.unwrap());
    assert_eq!(stats(&world, much_later).await, OutboxStats::default());
    assert!(!world.write(async |unit| unit.outbox().complete(id, second.claim).await).await.unwrap(), "it is gone");
}

/// Claims that are extended last from then on; those that are void do not come back.
pub async fn a_claim_is_extended(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    for _ in 0..3 {
        add(&world, world.samples.job(world.org(), "job")).await;
    }
    let rows = claim(&world, far(), 10).await;
    let now = far() + Duration::seconds(20);
    let held = [(rows[0].id, rows[0].claim), (rows[1].id, rows[1].claim + 1), (rows[2].id, rows[2].claim)];
    let extend = async |held: &[_]| world.write(async |unit| unit.outbox().extend(held, now, 60).await).await.unwrap();
    assert_eq!(extend(&[]).await, 0);
    assert_eq!(extend(&held).await, 2);
    let end = now + Duration::seconds(60);
    let void = claim(&world, end - Duration::microseconds(1), 10).await;
    assert_eq!(void.iter().map(|row| row.id).collect::<Vec<_>>(), [rows[1].id]);
    assert_eq!(claim(&world, end, 10).await.len(), 2);
}

/// A row that is given back waits for its time and is tried again.
pub async fn a_row_is_tried_again(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let id = add(&world, world.samples.job(world.org(), "job")).await;
    let row = claim(&world, far(), 10).await.remove(0);
    let again = far() + Duration::seconds(5);
    assert!(world.write(async |unit| unit.outbox().retry(id, row.claim, again, "no answer").await).await.unwrap());
    assert!(!world.write(async |unit| unit.outbox().complete(id, row.claim).await).await.unwrap(), "the claim is void");
    assert_eq!(stats(&world, far()).await, OutboxStats { scheduled: 1, ..OutboxStats::default() });
    assert_eq!(claim(&world, far() + Duration::seconds(4), 10).await, []);
    let second = claim(&world, again, 10).await.remove(0);
    assert_eq!((second.id, second.attempts, &second.spec), (id, 2, &row.spec));
    assert_ne!(second.claim, row.claim);
}

/// A claim that is rolled back never was.
pub async fn a_claim_that_is_rolled_back_never_was(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let id = add(&world, world.samples.job(world.org(), "job")).await;
    let unit = world.storage.begin().await.unwrap();
    let row = unit.outbox().claim(OutboxKind::Job, far(), 30, 10).await.unwrap().remove(0);
    assert!(unit.outbox().complete(row.id, row.claim).await.unwrap());
    unit.rollback().await.unwrap();
    let row = claim(&world, far(), 10).await.remove(0);
    assert_eq!((row.id, row.attempts), (id, 1));
    // A completed row and what was written beside it are one.
    let lead = world.lead().await;
    let unit = world.storage.begin().await.unwrap();
    assert!(unit.outbox().complete(row.id, row.claim).await.unwrap());
    refused(unit.leads().insert(&lead).await, ErrorKind::Conflict);
    drop(unit);
    assert_eq!(stats(&world, far()).await.running, 1);
}
