//! Leads that are merged or erased while records are added for them.

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, overlapping, refused},
};
use crate::{
    domain::{LeadId, appointment::Appointment, consent::ConsentState, conversation::Conversation, lead::Lead},
    error::{ErrorKind, Result},
    ports::{MovedConsents, UnitOfWork},
};

/// What can be added for a lead.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Conversation,
    Appointment,
    Proposal,
    Consent,
}

const KINDS: [Kind; 4] = [Kind::Conversation, Kind::Appointment, Kind::Proposal, Kind::Consent];

/// Adds something of a kind for a lead.
async fn add(world: &World, unit: &dyn UnitOfWork, kind: Kind, lead: &Lead) -> Result<()> {
    let samples = &world.samples;
    match kind {
        Kind::Conversation => unit.conversations().insert(&samples.conversation(lead, world.assistant.id)).await,
        Kind::Appointment => {
            let starts = i64::try_from(samples.uuid().as_u128() % 1_000_000).unwrap() * 100;
            let appointment = samples.appointment(lead, world.assistant.id, &world.host, starts);
            unit.appointments().insert(&appointment, at(0)).await
        }
        Kind::Proposal => unit.proposals().insert(&samples.proposal(lead)).await.map(drop),
        Kind::Consent => unit.consents().append(&samples.consent(lead, ConsentState::Given, at(1))).await,
    }
}

/// How many records a lead has, of every kind.
async fn count(world: &World, lead: LeadId) -> usize {
    use crate::ports::{AppointmentFilter, ConversationFilter, Order, Sort};
    let (read, org) = (world.read(), world.org());
    let whole = super::support::WHOLE;
    let talks = ConversationFilter { lead_id: Some(lead), ..ConversationFilter::default() };
    let booked = AppointmentFilter { lead_id: Some(lead), ..AppointmentFilter::default() };
    read.conversations().list(org, &talks, Sort::default(), &whole).await.unwrap().items.len()
        + read.appointments().list(org, &booked, Order::Asc, &whole).await.unwrap().items.len()
        + read.proposals().list(org, lead).await.unwrap().len()
        + read.consents().list(org, lead).await.unwrap().len()
}

/// What is added while the lead is merged is refused, and stays with no lead that is gone.
pub async fn what_is_added_during_a_merge_is_refused(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for kind in KINDS {
        let (from, into) = (world.lead().await, world.lead().await);
        let (merged, added) = overlapping(
            &world,
            async |unit| unit.leads().merge(world.org(), from.id, into.id, MovedConsents::All, at(50)).await,
            async |unit| add(&world, unit, kind, &from).await,
        )
        .await;
        merged.unwrap();
        refused(added, ErrorKind::NotFound);
        assert_eq!((count(&world, from.id).await, count(&world, into.id).await), (0, 0), "{kind:?}");
    }
}

/// What is being added when a merge comes moves with the rest.
pub async fn what_is_added_before_a_merge_moves(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for kind in KINDS {
        let (from, into) = (world.lead().await, world.lead().await);
        let (added, merged) = overlapping(
            &world,
            async |unit| add(&world, unit, kind, &from).await,
            async |unit| unit.leads().merge(world.org(), from.id, into.id, MovedConsents::All, at(50)).await,
        )
        .await;
        added.unwrap();
        merged.unwrap();
        assert_eq!((count(&world, from.id).await, count(&world, into.id).await), (0, 1), "{kind:?}");
    }
}

/// Erasing waits for a merge into the lead, and erases what it brought.
pub async fn erasing_reaches_a_merge_at_the_same_time(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let [first, middle, last] = [world.lead().await, world.lead().await, world.lead().await];
    let talk = world.conversation_like(&first, |talk| talk.audio_file = Some("recordings/a.ogg".to_owned())).await;
    world
        .write(async |unit| unit.leads().merge(world.org(), first.id, middle.id, MovedConsents::All, at(50)).await)
        .await
        .unwrap();
    let (merged, erased) = overlapping(
        &world,
        async |unit| unit.leads().merge(world.org(), middle.id, last.id, MovedConsents::All, at(51)).await,
        async |unit| unit.leads().erase(world.org(), last.id, at(70)).await,
    )
    .await;
    merged.unwrap();
    assert_eq!(erased.unwrap(), ["recordings/a.ogg"]);
    for lead in [&first, &middle, &last] {
        let stored = world.stored_lead(lead.id).await;
        assert_eq!((stored.name, stored.company, stored.erased_at), (None, None, Some(at(70))));
    }
    let talk = world.read().conversations().get(world.org(), talk.id).await.unwrap().unwrap();
    assert_eq!((talk.lead_id, talk.summary), (last.id, None));
}

/// Nothing personal comes to an erased lead: what was being added is erased with the rest, what comes later is refused.
pub async fn nothing_is_added_during_an_erasure(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let talk = world.samples.conversation(&lead, world.assistant.id);
    let (added, erased) = overlapping(
        &world,
        async |unit| unit.conversations().insert(&talk).await,
        async |unit| unit.leads().erase(world.org(), lead.id, at(70)).await,
    )
    .await;
    added.unwrap();
    assert_eq!(erased.unwrap(), ["recordings/sample.ogg"]);
    let talk = world.read().conversations().get(world.org(), talk.id).await.unwrap().unwrap();
    assert_eq!((talk.summary, talk.audio_file), (None, None));
    for kind in KINDS {
        let lead = world.lead().await;
        let (erased, added) = overlapping(
            &world,
            async |unit| unit.leads().erase(world.org(), lead.id, at(70)).await,
            async |unit| add(&world, unit, kind, &lead).await,
        )
        .await;
        erased.unwrap();
        refused(added, ErrorKind::NotFound);
        assert_eq!(count(&world, lead.id).await, 0, "{kind:?}");
    }
}

/// A merged or erased lead takes no records, and none can be given to it; a deleted one still does.
pub async fn a_lead_that_is_gone_takes_no_records(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (merged, erased, live) = (world.lead().await, world.lead().await, world.lead().await);
    let deleted = world.lead_like(|lead| lead.deleted_at = Some(at(9))).await;
    let talk = world.conversation_like(&live, |_| ()).await;
    let appointment = world.samples.appointment(&live, world.assistant.id, &world.host, 0);
    world
        .write(async |unit| {
            unit.leads().merge(world.org(), merged.id, live.id, MovedConsents::All, at(50)).await?;
            unit.leads().erase(world.org(), erased.id, at(60)).await?;
            unit.appointments().insert(&appointment, at(0)).await
        })
        .await
        .unwrap();
    let unit = world.storage.begin().await.unwrap();
    for gone in [&merged, &erased] {
        for kind in KINDS {
            refused(add(&world, &*unit, kind, gone).await, ErrorKind::NotFound);
        }
        let given = Conversation { lead_id: gone.id, ..talk.clone() };
        refused(unit.conversations().update(&given).await, ErrorKind::NotFound);
        let given = Appointment { lead_id: gone.id, ..appointment.clone() };
        refused(unit.appointments().update(&given, at(0)).await, ErrorKind::NotFound);
    }
    for kind in KINDS {
        add(&world, &*unit, kind, &deleted).await.unwrap();
    }
    unit.commit().await.unwrap();
    assert_eq!(count(&world, deleted.id).await, 4);
}
