//! Rows that were given up.

use chrono::Duration;

use super::{add, claim, far, stats};
use crate::{
    conformance::{storage::StorageFixture, support::World},
    ports::{JobSpec, OutboxKind, OutboxStats},
};

/// A row that is given up is kept and claimed no more.
pub async fn a_row_is_given_up(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let id = add(&world, world.samples.job(world.org(), "job")).await;
    let row = claim(&world, far(), 10).await.remove(0);
    assert!(world.write(async |unit| unit.outbox().bury(id, row.claim, "refused").await).await.unwrap());
    assert!(!world.write(async |unit| unit.outbox().bury(id, row.claim, "refused").await).await.unwrap());
    let later = far() + Duration::days(365);
    assert_eq!(claim(&world, later, 10).await, []);
    assert_eq!(stats(&world, later).await, OutboxStats { dead: 1, ..OutboxStats::default() });
    let events = world.read().outbox().stats(OutboxKind::Event, later).await.unwrap();
    assert_eq!(events, OutboxStats::default(), "each kind counts by itself");
}

/// Rows that were given up are seen with what went wrong, by their own organization alone, and are revived or removed.
pub async fn rows_given_up_are_listed_revived_and_discarded(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let other = world.another().await;
    let job = |key: &str| JobSpec { unique: Some(super::key(key)), ..world.samples.job(world.org(), "send_email") };
    let (first, second) = (add(&world, job("mail:1")).await, add(&world, job("mail:2")).await);
    let theirs = add(&world, world.samples.job(other.org(), "send_email")).await;
    let event = world.samples.event(world.org(), "lead.updated");
    let told = world.write(async |unit| unit.publish(event.clone()).await).await.unwrap();
    let outbox = world.read().outbox();
    assert_eq!(outbox.dead(world.org(), None, 10).await.unwrap(), []);
    for kind in [OutboxKind::Job, OutboxKind::Event] {
        for row in world.write(async |unit| unit.outbox().claim(kind, far(), 30, 10).await).await.unwrap() {
            let error = format!("{} failed", row.name);
            assert!(world.write(async |unit| unit.outbox().bury(row.id, row.claim, &error).await).await.unwrap());
        }
    }

    let mut expected = [first, second, told];
    expected.sort_unstable();
    let dead = outbox.dead(world.org(), None, 10).await.unwrap();
    assert_eq!(dead.iter().map(|row| row.id).collect::<Vec<_>>(), expected);
    let mail = dead.iter().find(|row| row.id == first).unwrap();
    assert_eq!((mail.kind, mail.name.as_str(), mail.attempts), (OutboxKind::Job, "send_email", 1));
    assert_eq!((mail.last_error.as_str(), mail.conversation_id), ("send_email failed", None));
    assert!(mail.dead_at >= mail.created_at);
    let lead = dead.iter().find(|row| row.id == told).unwrap();
    assert_eq!(
        (lead.kind, &lead.name, lead.conversation_id),
        (OutboxKind::Event, &event.event_type, event.conversation_id)
    );
    let part = outbox.dead(world.org(), Some(expected[0]), 1).await.unwrap();
    assert_eq!(part.iter().map(|row| row.id).collect::<Vec<_>>(), expected[1..2]);
    assert_eq!(outbox.dead(other.org(), None, 10).await.unwrap()[0].id, theirs);

    let again = add(&world, job("mail:1")).await;
    let now = far() + Duration::seconds(60);
    let revive = async |org, id| world.write(async |unit| unit.outbox().revive(org, id, now).await).await.unwrap();
    assert!(!revive(world.org(), theirs).await, "another organization's row is not found");
    assert!(!revive(world.org(), again).await, "a row that is not dead is left alone");
    assert!(revive(world.org(), first).await);
    assert!(!revive(world.org(), first).await);
    assert_eq!(stats(&world, far()).await, OutboxStats { ready: 1, scheduled: 1, running: 0, dead: 2 });
    let rows = claim(&world, now, 10).await;
    assert_eq!(rows.iter().map(|row| (row.id, row.attempts)).collect::<Vec<_>>(), [(again, 1), (first, 1)]);

    let discard = async |org, id| world.write(async |unit| unit.outbox().discard(org, id).await).await.unwrap();
    assert!(!discard(world.org(), theirs).await);
    assert!(!discard(world.org(), first).await, "it is running");
    assert!(discard(world.org(), second).await && discard(world.org(), told).await);
    assert!(!discard(world.org(), second).await);
    assert_eq!(outbox.dead(world.org(), None, 10).await.unwrap(), []);
}
