//! Units of work.

use std::sync::Arc;

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, cut_off, one_won, pause, refused, rivals, soon, together},
};
use crate::{
    domain::lead::Lead,
    error::{ErrorKind, Result},
    ports::{OutboxKind, PoolFigures, ReadConsistency, SchemaState, Storage},
};

/// `UnitOfWork::rollback` undoes every write.
pub async fn rollback_leaves_nothing(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.samples.lead(world.org());
    let unit = world.storage.begin().await.unwrap();
    unit.leads().insert(&lead).await.unwrap();
    unit.rollback().await.unwrap();
    assert_eq!(world.read().leads().get(world.org(), lead.id).await.unwrap(), None);
    // What was rolled back is taken by nobody.
    world.write(async |unit| unit.leads().insert(&lead).await).await.unwrap();
}

/// Rolling back undoes changes and removals too.
pub async fn rollback_restores_what_was(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let entry = world.samples.knowledge(&world.assistant);
    world.write(async |unit| unit.knowledge().insert(&entry).await).await.unwrap();
    let unit = world.storage.begin().await.unwrap();
    unit.leads().update(&Lead { company: None, ..lead.clone() }).await.unwrap();
    assert!(unit.knowledge().delete(world.org(), entry.id).await.unwrap());
    unit.rollback().await.unwrap();
    assert_eq!(world.stored_lead(lead.id).await, lead);
    assert_eq!(world.read().knowledge().get(world.org(), entry.id).await.unwrap(), Some(entry));
}

/// Dropping a unit undoes every write and gives its connection back.
pub async fn a_dropped_unit_leaves_nothing(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.narrow().await).await;
    let lead = world.samples.lead(world.org());
    let unit = world.storage.begin().await.unwrap();
    unit.leads().insert(&lead).await.unwrap();
    drop(unit);
    let unit = soon(world.storage.begin()).await.unwrap();
    assert_eq!(unit.leads().get(world.org(), lead.id).await.unwrap(), None);
    unit.leads().insert(&lead).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(world.stored_lead(lead.id).await, lead);
}

/// A unit sees its own writes, and nobody else does before its commit.
pub async fn a_unit_is_seen_from_its_commit_on(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.samples.lead(world.org());
    let changed = Lead { company: Some("Changed".to_owned()), ..lead.clone() };
    let unit = world.storage.begin().await.unwrap();
    unit.leads().insert(&lead).await.unwrap();
    assert_eq!(unit.leads().get(world.org(), lead.id).await.unwrap().as_ref(), Some(&lead), "it sees what it adds");
    unit.leads().update(&changed).await.unwrap();
    let changed = Lead { version: 2, ..changed };
    assert_eq!(unit.leads().get(world.org(), lead.id).await.unwrap().as_ref(), Some(&changed), "and what it changes");
    assert_eq!(world.read().leads().get(world.org(), lead.id).await.unwrap(), None);
    unit.commit().await.unwrap();
    assert_eq!(world.stored_lead(lead.id).await, changed);
}

/// A read that can lag sees a commit in the end.
pub async fn an_eventual_read_sees_a_commit_in_the_end(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    soon(async {
        while world.storage.read(ReadConsistency::Eventual).leads().get(world.org(), lead.id).await.unwrap().is_none() {
            pause().await;
        }
    })
    .await;
}

/// `StaleVersion`, `NotFound` and a `Conflict` with what is stored leave the unit usable and the failed write without effect.
pub async fn a_refused_write_leaves_the_unit_usable(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let (before, after) = (world.samples.lead(world.org()), world.samples.lead(world.org()));
    let twin = Lead { email: lead.email.clone(), ..world.samples.lead(world.org()) };
    let stale = Lead { version: 9, ..lead.clone() };
    let missing = world.samples.lead(world.org());
    let conversation = world.samples.conversation(&missing, world.assistant.id);

    let unit = world.storage.begin().await.unwrap();
    unit.leads().insert(&before).await.unwrap();
    refused(unit.leads().insert(&twin).await, ErrorKind::Conflict);
    refused(unit.leads().update(&stale).await, ErrorKind::StaleVersion);
    refused(unit.leads().update(&missing).await, ErrorKind::NotFound);
    refused(unit.conversations().insert(&conversation).await, ErrorKind::NotFound);
    assert_eq!(unit.leads().get(world.org(), before.id).await.unwrap().as_ref(), Some(&before), "reads go on");
    unit.leads().insert(&after).await.unwrap();
    unit.commit().await.unwrap();

    assert_eq!(world.stored_lead(before.id).await, before);
    assert_eq!(world.stored_lead(after.id).await, after);
    assert_eq!(world.stored_lead(lead.id).await, lead);
    assert_eq!(world.read().leads().get(world.org(), twin.id).await.unwrap(), None);
    assert_eq!(world.read().conversations().get(world.org(), conversation.id).await.unwrap(), None);
}

/// A write that is refused halfway leaves none of itself in its unit.
pub async fn a_refused_write_leaves_no_half(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let conversation = world.conversation().await;
    let gap = [world.samples.utterance(&conversation, 1), world.samples.utterance(&conversation, 3)];
    let good = world.samples.utterance(&conversation, 1);
    let unit = world.storage.begin().await.unwrap();
    refused(unit.transcripts().append(&gap).await, ErrorKind::Conflict);
    assert_eq!(unit.transcripts().list(world.org(), conversation.id, 0, 10).await.unwrap(), []);
    unit.transcripts().append(std::slice::from_ref(&good)).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(world.read().transcripts().list(world.org(), conversation.id, 0, 10).await.unwrap(), [good]);
}

async fn rename(storage: Arc<dyn Storage>, lead: Lead) -> Result<()> {
    let unit = storage.begin().await?;
    unit.leads().update(&lead).await?;
    unit.commit().await
}

/// Of two units that change one record, the later waits and meets the earlier one's version.
pub async fn of_two_updates_at_once_one_is_stale(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for _ in 0..5 {
        let lead = world.lead().await;
        let [one, other] =
            ["One", "Other"].map(|name| Lead { name: Some(name.to_owned()), updated_at: at(9), ..lead.clone() });
        let outcomes =
            rivals(rename(Arc::clone(&world.storage), one.clone()), rename(Arc::clone(&world.storage), other.clone()))
                .await;
        let winner = if outcomes.0.is_ok() { one } else { other };
        one_won(outcomes, ErrorKind::StaleVersion);
        assert_eq!(world.stored_lead(lead.id).await, Lead { version: 2, ..winner });
    }
}

/// Readers who write back what they read lose nothing, when they try again after `StaleVersion`.
pub async fn no_update_is_lost(fixture: &dyn StorageFixture) {
    const WRITERS: u8 = 6;
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead_like(|lead| lead.score = Some(0)).await;
    let writer = |_| {
        let (storage, id, organization) = (Arc::clone(&world.storage), lead.id, world.org());
        async move {
            loop {
                let read = storage.read(ReadConsistency::Strong).leads().get(organization, id).await.unwrap();
                let mut lead = read.unwrap();
                lead.score = lead.score.map(|score| score + 1);
                match rename(Arc::clone(&storage), lead).await {
                    Ok(()) => break,
                    Err(error) => assert_eq!(error.kind(), ErrorKind::StaleVersion, "{}", error.chain()),
                }
                pause().await;
            }
        }
    };
    together((0..WRITERS).map(writer)).await;
    let stored = world.stored_lead(lead.id).await;
    assert_eq!((stored.score, stored.version), (Some(WRITERS), 1 + i64::from(WRITERS)));
}

/// A task that is aborted in the middle of a unit leaves nothing behind, and the only connection free.
pub async fn an_aborted_task_gives_its_connection_back(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.narrow().await).await;
    let lead = world.samples.lead(world.org());
    for _ in 0..5 {
        let (sender, written) = tokio::sync::oneshot::channel();
        let (storage, theirs) = (Arc::clone(&world.storage), lead.clone());
        let task = tokio::spawn(async move {
            let unit = storage.begin().await.unwrap();
            unit.leads().insert(&theirs).await.unwrap();
            sender.send(()).unwrap();
            std::future::pending::<()>().await;
            drop(unit);
        });
        soon(written).await.unwrap();
        task.abort();
        assert!(soon(task).await.unwrap_err().is_cancelled());
        let unit = soon(world.storage.begin()).await.unwrap();
        assert_eq!(soon(unit.leads().get(world.org(), lead.id)).await.unwrap(), None);
        unit.rollback().await.unwrap();
    }
    soon(world.write(async |unit| unit.leads().insert(&lead).await)).await.unwrap();
}

/// A `begin` that is dropped at any await leaves the only connection free and without an open transaction.
pub async fn a_cancelled_begin_leaves_nothing_open(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.narrow().await).await;
    for polls in 1.. {
        assert!(polls < 1000, "begin should end at some time");
        let begun = soon(cut_off(world.storage.begin(), polls)).await;
        let lead = world.samples.lead(world.org());
        let done = begun.is_some();
        drop(begun);
        soon(world.write(async |unit| unit.leads().insert(&lead).await)).await.unwrap();
        assert_eq!(soon(world.read().leads().get(world.org(), lead.id)).await.unwrap(), Some(lead));
        if done {
            break;
        }
    }
}

/// A unit that is dropped at any await, the commit's too, has written all or nothing and holds no connection.
pub async fn a_cancelled_unit_is_all_or_nothing(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.narrow().await).await;
    for polls in 1.. {
        assert!(polls < 1000, "the unit should end at some time");
        let pair = [world.samples.lead(world.org()), world.samples.lead(world.org())];
        let unit = world.write(async |unit| {
            unit.leads().insert(&pair[0]).await?;
            unit.leads().insert(&pair[1]).await
        });
        let done = soon(cut_off(unit, polls)).await;
        // A write after it: the connection is free, and an interrupted commit is over.
        soon(world.lead()).await;
        let ids = pair.each_ref().map(|lead| lead.id);
        let stored = world.read().leads().get_many(world.org(), &ids).await.unwrap().len();
        match done {
            Some(outcome) => {
                outcome.unwrap();
                assert_eq!(stored, 2, "what is committed is there");
                break;
            }
            None => assert!(stored == 0 || stored == 2, "cut off after {polls} polls, it has written {stored} of 2"),
        }
    }
}

/// Who gives up waiting for the only connection leaves the queue.
pub async fn a_wait_that_is_given_up_holds_nothing(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.narrow().await).await;
    let lead = world.samples.lead(world.org());
    let unit = world.storage.begin().await.unwrap();
    unit.leads().insert(&lead).await.unwrap();
    for _ in 0..3 {
        assert!(cut_off(world.storage.begin(), 1).await.is_none(), "there is one connection");
    }
    unit.commit().await.unwrap();
    let unit = soon(world.storage.begin()).await.unwrap();
    assert_eq!(unit.leads().get(world.org(), lead.id).await.unwrap(), Some(lead));
    unit.rollback().await.unwrap();
}

/// Jobs and events are committed with their cause, and gone without it.
pub async fn jobs_and_events_share_the_fate_of_their_unit(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let now = super::outbox::far();
    let counts = async || {
        let outbox = world.read().outbox();
        let jobs = outbox.stats(OutboxKind::Job, now).await.unwrap().ready;
        (jobs, outbox.stats(OutboxKind::Event, now).await.unwrap().ready)
    };
    let fill = async || {
        let unit = world.storage.begin().await.unwrap();
        unit.enqueue(world.samples.job(world.org(), "analyze_conversation")).await.unwrap();
        unit.publish(world.samples.event(world.org(), "lead.created")).await.unwrap();
        unit
    };
    let unit = fill().await;
    assert_eq!(counts().await, (0, 0), "nothing is seen before the commit");
    unit.rollback().await.unwrap();
    assert_eq!(counts().await, (0, 0), "nothing is left by a rollback");
    drop(fill().await);
    let unit = fill().await;
    unit.commit().await.unwrap();
    assert_eq!(counts().await, (1, 1));
}

/// `Storage::pools` counts a unit's connection as in use, and who finds none as waiting; of a closed storage, nothing. A
/// storage without connections has no pools.
pub async fn pools_tell_who_works_and_who_waits(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.narrow().await).await;
    let sum = |of: fn(&PoolFigures) -> u64| world.storage.pools().iter().map(of).sum::<u64>();
    let pooled = !world.storage.pools().is_empty();
    let waits = sum(|pool| pool.waits);
    let unit = soon(world.storage.begin()).await.unwrap();
    for pool in world.storage.pools() {
        assert!(pool.in_use <= pool.open && pool.open <= pool.most, "{pool:?}");
    }
    assert_eq!(sum(|pool| pool.in_use) > 0, pooled);
    assert!(cut_off(world.storage.begin(), 1).await.is_none(), "there is one connection");
    assert_eq!(sum(|pool| pool.waits) > waits, pooled);
    unit.rollback().await.unwrap();
    soon(world.storage.close()).await;
    assert_eq!(world.storage.pools(), []);
}

/// What was just opened has the schema that its program was built for.
pub async fn a_fresh_storage_lacks_nothing(fixture: &dyn StorageFixture) {
    let storage = fixture.fresh().await;
    assert_eq!(storage.schema().await.unwrap(), SchemaState::default());
}

/// `ping` answers, and after `close` everything is `Unavailable`.
pub async fn a_closed_storage_is_unavailable(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    world.storage.ping().await.unwrap();
    soon(world.storage.close()).await;
    refused(soon(world.storage.ping()).await, ErrorKind::Unavailable);
    refused(soon(world.storage.schema()).await, ErrorKind::Unavailable);
    refused(soon(world.storage.begin()).await.map(drop), ErrorKind::Unavailable);
    refused(
        soon(world.read().leads().get(world.org(), world.samples.lead(world.org()).id)).await,
        ErrorKind::Unavailable,
    );
}

/// `close` ends the connection of an open unit once the unit is over, and what it commits stays.
pub async fn closing_waits_for_an_open_unit(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.samples.lead(world.org());
    let unit = world.storage.begin().await.unwrap();
    unit.leads().insert(&lead).await.unwrap();
    let work = async {
        pause().await;
        assert_eq!(unit.leads().get(world.org(), lead.id).await.unwrap().as_ref(), Some(&lead));
        unit.commit().await
    };
    let (committed, ()) = soon(futures::future::join(work, world.storage.close())).await;
    committed.unwrap();
    refused(soon(world.storage.begin()).await.map(drop), ErrorKind::Unavailable);
}

/// A read that is dropped at any await leaves the only connection usable for the next one.
pub async fn a_dropped_read_leaves_its_connection_usable(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.narrow().await).await;
    let lead = world.lead().await;
    for polls in 1.. {
        assert!(polls < 1000, "the read should end at some time");
        let read = world.read().leads();
        let done = soon(cut_off(read.get(world.org(), lead.id), polls)).await;
        assert_eq!(soon(read.get(world.org(), lead.id)).await.unwrap().as_ref(), Some(&lead));
        if let Some(found) = done {
            assert_eq!(found.unwrap(), Some(lead));
            break;
        }
    }
}
