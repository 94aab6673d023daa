//! What a unit leaves behind its changes: audit entries, events and answers.

use std::sync::Arc;

use serde_json::json;

use super::{
    outbox::far,
    samples::at,
    storage::StorageFixture,
    support::{WHOLE, World, one_won, rivals},
};
use crate::{
    domain::audit::AuditEntry,
    error::{ErrorKind, Result, Retry},
    ports::{AuditFilter, IdempotencyRecord, Lease, OutboxKind, Repositories, Storage, UnitOfWork},
};

/// How many audit entries, events that wait, and answers there are of these.
async fn counts(repos: &dyn Repositories, record: &IdempotencyRecord) -> (usize, u64, usize) {
    let organization = record.organization_id;
    let entries = repos.audit().list(organization, &AuditFilter::default(), &WHOLE).await.unwrap().items.len();
    let events = repos.outbox().stats(OutboxKind::Event, far()).await.unwrap().ready;
    let found = repos.idempotency().find(organization, &record.scope, &record.key, at(0)).await.unwrap();
    (entries, events, usize::from(found.as_ref() == Some(record)))
}

/// However much a unit leaves, it sees all of it, others do from its commit on, and events keep their order.
pub async fn what_a_unit_leaves_is_there_with_its_commit(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let record = world.samples.idempotency(world.org());
    let unit = world.storage.begin().await.unwrap();
    let mut entries = Vec::new();
    let mut events = Vec::new();
    for number in 0..11 {
        let event = world.samples.event(world.org(), "lead.created");
        events.push(unit.publish(event).await.unwrap());
        if number < 5 {
            entries.push(world.samples.audit_entry(world.org()));
            unit.note(entries[number].clone()).await.unwrap();
        }
    }
    unit.remember(record.clone(), at(0)).await.unwrap();
    assert_eq!(counts(&*unit, &record).await, (5, 11, 1), "the unit sees what it left");
    let last = world.samples.audit_entry(world.org());
    unit.note(last.clone()).await.unwrap();
    assert_eq!(counts(world.read(), &record).await, (0, 0, 0), "nobody else does");
    unit.commit().await.unwrap();
    assert_eq!(counts(world.read(), &record).await, (6, 11, 1));
    let listed = world.read().audit().list(world.org(), &AuditFilter::default(), &WHOLE).await.unwrap().items;
    for entry in entries.iter().chain([&last]) {
        assert!(listed.contains(entry), "{entry:?} is not as it was given");
    }
    let claimed = world.write(async |unit| unit.outbox().claim(OutboxKind::Event, far(), 30, 20).await).await.unwrap();
    assert_eq!(claimed.iter().map(|row| row.id).collect::<Vec<_>>(), events, "in the order of adding");
}

/// What was left shares the fate of its unit.
pub async fn what_was_left_goes_with_its_unit(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.narrow().await).await;
    let record = world.samples.idempotency(world.org());
    for rolled_back in [true, false] {
        let unit = world.storage.begin().await.unwrap();
        unit.note(world.samples.audit_entry(world.org())).await.unwrap();
        unit.publish(world.samples.event(world.org(), "lead.created")).await.unwrap();
        unit.remember(record.clone(), at(0)).await.unwrap();
        if rolled_back {
            unit.rollback().await.unwrap();
        } else {
            drop(unit);
        }
        assert_eq!(counts(world.read(), &record).await, (0, 0, 0));
    }
}

/// Commits what was left, and gives what came of it: the refusal of what was left shows by then.
async fn end(unit: Box<dyn UnitOfWork>, left: Result<()>) -> Result<()> {
    let committed = unit.commit().await;
    if left.is_err() {
        assert!(committed.is_err(), "a unit that was refused something cannot commit");
    }
    left.and(committed)
}

/// A note whose id is taken, or an answer whose key is, makes its unit fail, and nothing of the unit is left.
pub async fn a_refused_note_ends_the_unit(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.narrow().await).await;
    let (entry, record) = (world.samples.audit_entry(world.org()), world.samples.idempotency(world.org()));
    let done = world.write(async |unit| {
        unit.note(entry.clone()).await?;
        unit.remember(record.clone(), at(0)).await
    });
    done.await.unwrap();
    let lead = world.samples.lead(world.org());
    for step in 0..4 {
        let unit = world.storage.begin().await.unwrap();
        unit.leads().insert(&lead).await.unwrap();
        let mut left = match step % 2 {
            0 => unit.note(AuditEntry { action: "lead.merge".to_owned(), ..entry.clone() }).await,
            _ => unit.remember(IdempotencyRecord { answer: json!("other"), ..record.clone() }, at(0)).await,
        };
        if step < 2 {
            // What comes next is refused too.
            let next = unit.leads().get(world.org(), lead.id).await;
            assert!(next.is_err(), "the unit should have ended");
            left = left.and(next.map(drop));
        }
        let error = end(unit, left).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Conflict, Retry::Now), "{}", error.chain());
        assert_eq!(world.read().leads().get(world.org(), lead.id).await.unwrap(), None);
        assert_eq!(counts(world.read(), &record).await, (1, 0, 1), "what was there stays as it was");
    }
}

/// A unit that gives a lease back commits as its holder or not at all.
pub async fn a_unit_gives_back_what_it_holds(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.narrow().await).await;
    let lease = world.write(async |unit| unit.leases().acquire("turn:1", 600_000).await).await.unwrap().unwrap();
    let lost = Lease { fence: lease.fence - 1, ..lease.clone() };
    for (given, holds) in [(&lost, false), (&lease, true), (&lease, false)] {
        let lead = world.samples.lead(world.org());
        let unit = world.storage.begin().await.unwrap();
        unit.leads().insert(&lead).await.unwrap();
        unit.publish(world.samples.event(world.org(), "lead.created")).await.unwrap();
        let left = unit.give_back(given.clone()).await;
        let ended = end(unit, left).await;
        let stored = world.read().leads().get(world.org(), lead.id).await.unwrap();
        if holds {
            ended.unwrap();
            assert_eq!(stored, Some(lead));
        } else {
            let error = ended.unwrap_err();
            assert_eq!((error.kind(), error.retry()), (ErrorKind::Conflict, Retry::Never), "{}", error.chain());
            assert_eq!(stored, None);
            assert_eq!(
                world.read().leases().check(&lease).await.unwrap(),
                given == &lost,
                "only its own is given back"
            );
        }
    }
    let next = world.write(async |unit| unit.leases().acquire("turn:1", 600_000).await).await.unwrap();
    assert!(next.is_some_and(|next| next.fence > lease.fence), "it is free");
}

async fn remember(storage: Arc<dyn Storage>, record: IdempotencyRecord) -> Result<()> {
    let unit = storage.begin().await?;
    let left = unit.remember(record, at(30)).await;
    end(unit, left).await
}

/// Of two units that answer one request at once, one fails; an expired answer changes nothing about it.
pub async fn of_two_answers_at_once_one_is_refused(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for round in 0..6 {
        let record = world.samples.idempotency(world.org());
        if round % 2 == 1 {
            let expired = IdempotencyRecord { expires_at: at(10), ..record.clone() };
            world.write(async |unit| unit.remember(expired, at(0)).await).await.unwrap();
        }
        let one = remember(Arc::clone(&world.storage), record.clone());
        let other = remember(Arc::clone(&world.storage), IdempotencyRecord { answer: json!("other"), ..record });
        one_won(rivals(one, other).await, ErrorKind::Conflict);
    }
}
