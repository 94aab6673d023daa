//! Merging leads.

use std::sync::Arc;

use super::{
    samples::at,
    storage::StorageFixture,
    support::{WHOLE, World, one_won, refused, rivals},
};
use crate::{
    domain::{
        LeadId, OrganizationId,
        appointment::Appointment,
        consent::{Consent, ConsentState},
        conversation::{Conversation, DialogueState},
        lead::{Lead, Proposal, ProposalState},
    },
    error::{ErrorKind, Result},
    ports::{AppointmentFilter, ConversationFilter, LeadFilter, MovedConsents, Order, Sort, Storage},
};

/// Everything of `from` belongs to `into`, which is not changed itself.
pub async fn a_merge_moves_everything(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (from, into, other) = (world.lead().await, world.lead().await, world.lead().await);
    let talk = world.conversation_like(&from, |_| ()).await;
    let kept = world.conversation_like(&into, |_| ()).await;
    let appointment = world.samples.appointment(&from, world.assistant.id, &world.host, 100);
    let consent = world.samples.consent(&from, ConsentState::Given, at(3));
    let [first, second] = [world.samples.proposal(&from), world.samples.proposal(&into)];
    let equal = Proposal { value: second.value.clone(), ..world.samples.proposal(&from) };
    let decided =
        Proposal { state: ProposalState::Rejected, value: second.value.clone(), ..world.samples.proposal(&from) };
    let foreign = world.samples.proposal(&other);
    world
        .write(async |unit| {
            unit.appointments().insert(&appointment, at(0)).await?;
            unit.consents().append(&consent).await?;
            for proposal in [&first, &second, &decided, &equal, &foreign] {
                unit.proposals().insert(proposal).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    world
        .write(async |unit| unit.leads().merge(world.org(), from.id, into.id, MovedConsents::All, at(50)).await)
        .await
        .unwrap();

    let merged = world.stored_lead(from.id).await;
    assert_eq!((merged.email, merged.phone, merged.merged_into), (None, None, Some(into.id)));
    assert_eq!((merged.version, merged.updated_at), (from.version + 1, at(50)));
    assert_eq!(world.stored_lead(into.id).await, into);
    assert_eq!(world.stored_lead(other.id).await, other);
    let read = world.read();
    let moved = Conversation { lead_id: into.id, version: 2, ..talk.clone() };
    assert_eq!(read.conversations().get(world.org(), talk.id).await.unwrap(), Some(moved));
    assert_eq!(read.conversations().get(world.org(), kept.id).await.unwrap(), Some(kept));
    let moved = Appointment { lead_id: into.id, version: 2, ..appointment.clone() };
    assert_eq!(read.appointments().get(world.org(), appointment.id).await.unwrap(), Some(moved));
    let consents = read.consents().list(world.org(), into.id).await.unwrap();
    assert_eq!(consents.iter().map(|consent| consent.id).collect::<Vec<_>>(), [consent.id]);
    let proposals = read.proposals().list(world.org(), into.id).await.unwrap();
    let proposals: Vec<_> = proposals.iter().map(|proposal| proposal.id).collect();
    assert_eq!(proposals, [first.id, second.id, decided.id], "of two equal open ones the kept lead's stays");
    assert_eq!(read.proposals().list(world.org(), other.id).await.unwrap(), [foreign]);
    // Nothing answers for the merged lead any more.
    let of = ConversationFilter { lead_id: Some(from.id), ..ConversationFilter::default() };
    assert!(read.conversations().list(world.org(), &of, Sort::default(), &WHOLE).await.unwrap().items.is_empty());
    let of = AppointmentFilter { lead_id: Some(from.id), ..AppointmentFilter::default() };
    assert!(read.appointments().list(world.org(), &of, Order::Asc, &WHOLE).await.unwrap().items.is_empty());
    assert!(read.proposals().list(world.org(), from.id).await.unwrap().is_empty());
    assert!(read.consents().list(world.org(), from.id).await.unwrap().is_empty());
    let listed = read.leads().list(world.org(), &LeadFilter::default(), Sort::default(), &WHOLE).await.unwrap();
    assert_eq!(listed.total, Some(2));
}

/// A conversation whose lead became part of another does not own that one. What is said in it
/// from then on is proposed, and overwrites nothing.
pub async fn a_conversation_that_moved_owns_its_lead_no_more(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (from, into) = (world.lead().await, world.lead().await);
    let owned = world.conversation_like(&from, |talk| talk.state.owns_lead = true).await;
    let bare = world.conversation_like(&from, |talk| talk.state = DialogueState::default()).await;
    let other = world.conversation_like(&into, |talk| talk.state.owns_lead = true).await;
    world
        .write(async |unit| unit.leads().merge(world.org(), from.id, into.id, MovedConsents::All, at(50)).await)
        .await
        .unwrap();

    let stored = async |talk: &Conversation| world.read().conversations().get(world.org(), talk.id).await.unwrap();
    let state = DialogueState { owns_lead: false, ..owned.state.clone() };
    assert_eq!(stored(&owned).await, Some(Conversation { lead_id: into.id, state, version: 2, ..owned.clone() }));
    assert_eq!(stored(&bare).await, Some(Conversation { lead_id: into.id, version: 2, ..bare.clone() }));
    assert_eq!(stored(&other).await, Some(other));
}

/// Of a merge that proves nothing only refusals move: consent stays with the lead and the conversation in which it was
/// given, so that an opt-out of the other lead stands.
pub async fn an_unproven_merge_moves_refusals_alone(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (from, into) = (world.lead().await, world.lead().await);
    let change = |lead: &Lead, state, minute| world.samples.consent(lead, state, at(minute));
    let opted_out = change(&into, ConsentState::Refused, 1);
    let [asked, given, refused] = [
        change(&from, ConsentState::Asked, 2),
        change(&from, ConsentState::Given, 3),
        change(&from, ConsentState::Refused, 4),
    ];
    world
        .write(async |unit| {
            for change in [&opted_out, &asked, &given, &refused] {
                unit.consents().append(change).await?;
            }
            unit.leads().merge(world.org(), from.id, into.id, MovedConsents::Refusals, at(50)).await
        })
        .await
        .unwrap();
    let list = async |lead: &Lead| world.read().consents().list(world.org(), lead.id).await.unwrap();
    assert_eq!(list(&into).await, [opted_out, Consent { lead_id: into.id, ..refused }]);
    assert_eq!(list(&from).await, [asked, given], "who gave it stays provable");
}

/// What a merged lead held is free, and who read it before cannot write it back.
pub async fn a_merged_lead_frees_its_contact(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (from, into) = (world.lead().await, world.lead().await);
    let talk = world.conversation_like(&from, |_| ()).await;
    world
        .write(async |unit| unit.leads().merge(world.org(), from.id, into.id, MovedConsents::All, at(50)).await)
        .await
        .unwrap();
    refused(world.write(async |unit| unit.leads().update(&from).await).await, ErrorKind::StaleVersion);
    refused(world.write(async |unit| unit.conversations().update(&talk).await).await, ErrorKind::StaleVersion);
    let heir = Lead { email: from.email.clone(), phone: from.phone.clone(), ..into };
    world.write(async |unit| unit.leads().update(&heir).await).await.unwrap();
    let found = world.read().leads().find_by_contact(world.org(), from.email, from.phone).await.unwrap();
    assert_eq!(found, [Lead { version: 2, ..heir }]);
}

/// Only live leads of the organization are merged, and no lead with itself.
pub async fn a_merge_needs_two_live_leads(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (lead, other, merged) = (world.lead().await, world.lead().await, world.lead().await);
    let deleted = world.lead_like(|lead| lead.deleted_at = Some(at(9))).await;
    let missing = world.samples.lead(world.org());
    let stranger = world.another().await;
    let foreign = stranger.lead().await;
    let merge = async |from: &Lead, into: &Lead| {
        world
            .write(async |unit| unit.leads().merge(world.org(), from.id, into.id, MovedConsents::All, at(50)).await)
            .await
    };
    merge(&merged, &other).await.unwrap();
    refused(merge(&lead, &lead).await, ErrorKind::Conflict);
    for gone in [&deleted, &merged, &missing, &foreign] {
        refused(merge(gone, &lead).await, ErrorKind::NotFound);
        refused(merge(&lead, gone).await, ErrorKind::NotFound);
    }
    assert_eq!(world.stored_lead(lead.id).await, lead);
    assert_eq!(stranger.stored_lead(foreign.id).await, foreign);
}

async fn merge(storage: Arc<dyn Storage>, organization: OrganizationId, from: LeadId, into: LeadId) -> Result<()> {
    let unit = storage.begin().await?;
    unit.leads().merge(organization, from, into, MovedConsents::All, at(50)).await?;
    unit.commit().await
}

/// Of two merges at once, the later sees what the earlier did: in a circle, or away from one lead.
pub async fn of_two_merges_at_once_one_is_refused(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let org = world.org();
    for _ in 0..5 {
        let (one, other) = (world.lead().await, world.lead().await);
        let talks = [world.conversation_like(&one, |_| ()).await, world.conversation_like(&other, |_| ()).await];
        let there = merge(Arc::clone(&world.storage), org, one.id, other.id);
        let back = merge(Arc::clone(&world.storage), org, other.id, one.id);
        one_won(rivals(there, back).await, ErrorKind::NotFound);
        let live: Vec<_> = [world.stored_lead(one.id).await, world.stored_lead(other.id).await]
            .into_iter()
            .filter(|lead| lead.merged_into.is_none())
            .collect();
        assert_eq!(live.len(), 1, "one of the two is left");
        for talk in talks {
            let talk = world.read().conversations().get(org, talk.id).await.unwrap().unwrap();
            assert_eq!(talk.lead_id, live[0].id);
        }

        let (one, left, right) = (world.lead().await, world.lead().await, world.lead().await);
        let talk = world.conversation_like(&one, |_| ()).await;
        let to_left = merge(Arc::clone(&world.storage), org, one.id, left.id);
        let to_right = merge(Arc::clone(&world.storage), org, one.id, right.id);
        one_won(rivals(to_left, to_right).await, ErrorKind::NotFound);
        let talk = world.read().conversations().get(org, talk.id).await.unwrap().unwrap();
        assert_eq!(Some(talk.lead_id), world.stored_lead(one.id).await.merged_into);
    }
}

/// Of two merges in a row at once, nothing is left with a lead that is merged.
pub async fn merges_in_a_row_at_once_leave_nothing_behind(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for _ in 0..5 {
        let (first, middle, last) = (world.lead().await, world.lead().await, world.lead().await);
        let talk = world.conversation_like(&first, |_| ()).await;
        let one = merge(Arc::clone(&world.storage), world.org(), first.id, middle.id);
        let other = merge(Arc::clone(&world.storage), world.org(), middle.id, last.id);
        let (one, other) = rivals(one, other).await;
        other.unwrap();
        let owner = world.read().conversations().get(world.org(), talk.id).await.unwrap().unwrap().lead_id;
        match one {
            Ok(()) => assert_eq!(owner, last.id),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::NotFound, "{}", error.chain());
                assert_eq!(owner, first.id);
            }
        }
        assert_eq!(world.stored_lead(owner).await.merged_into, None);
    }
}
