//! Leads one by one, and proposed changes to them.

use std::sync::Arc;

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, keeps_versions, one_won, refused, rivals},
};
use crate::{
    domain::{
        LeadId,
        lead::{Lead, LeadSource, LeadStatus, Proposal, ProposalField, ProposalState},
        scoring::Criteria,
    },
    error::{ErrorKind, Result},
    ports::{Storage, UnitOfWork},
};

/// What was added comes back, with everything known and with nothing.
pub async fn a_lead_comes_back_whole(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let full = Lead { owner_id: Some(world.user.id), needs_review: true, ..world.samples.lead(world.org()) };
    let id = LeadId::from_uuid(world.samples.uuid());
    let empty = Lead::anonymous(id, world.org(), LeadSource::ColdEmail, at(0));
    let id = LeadId::from_uuid(world.samples.uuid());
    let another = Lead::anonymous(id, world.org(), LeadSource::ColdEmail, at(0));
    for lead in [&full, &empty, &another] {
        world.write(async |unit| unit.leads().insert(lead).await).await.unwrap();
        assert_eq!(world.read().leads().get(world.org(), lead.id).await.unwrap().as_ref(), Some(lead));
    }
    let missing = world.samples.lead(world.org()).id;
    assert_eq!(world.read().leads().get(world.org(), missing).await.unwrap(), None);
    let same = Lead { id: full.id, ..world.samples.lead(world.org()) };
    refused(world.write(async |unit| unit.leads().insert(&same).await).await, ErrorKind::Conflict);
    assert_eq!(world.stored_lead(full.id).await, full);
}

/// Several leads come by id, each once, deleted ones too.
pub async fn leads_come_by_id(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let one = world.lead().await;
    let two = world.lead_like(|lead| lead.deleted_at = Some(at(9))).await;
    let missing = world.samples.lead(world.org()).id;
    let read = world.read().leads();
    let found = read.get_many(world.org(), &[two.id, missing, one.id, two.id]).await.unwrap();
    assert_eq!(found, [one, two]);
    assert_eq!(read.get_many(world.org(), &[]).await.unwrap(), []);
}

/// Updates replace everything and keep versions.
pub async fn a_lead_keeps_versions(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let changed = Lead {
        name: None,
        email: Some(world.samples.email()),
        phone: None,
        company: None,
        source: LeadSource::Referral,
        status: LeadStatus::Converted,
        score: None,
        score_reasons: Vec::new(),
        criteria: Criteria::default(),
        qualified: false,
        owner_id: Some(world.user.id),
        needs_review: true,
        metadata: serde_json::Map::new(),
        last_conversation_at: None,
        updated_at: at(9),
        ..lead.clone()
    };
    keeps_versions!(
        world,
        changed,
        world.samples.lead(world.org()),
        async |unit: &dyn UnitOfWork, it: &Lead| unit.leads().update(it).await,
        async |world: &World| world.read().leads().get(world.org(), lead.id).await
    );
}

/// Of leads that are neither deleted nor merged, one has an e-mail.
pub async fn an_email_belongs_to_one_lead(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (lead, other) = (world.lead().await, world.lead().await);
    let twin = Lead { email: lead.email.clone(), ..world.samples.lead(world.org()) };
    refused(world.write(async |unit| unit.leads().insert(&twin).await).await, ErrorKind::Conflict);
    let changed = Lead { email: lead.email.clone(), ..other.clone() };
    refused(world.write(async |unit| unit.leads().update(&changed).await).await, ErrorKind::Conflict);
    assert_eq!(world.read().leads().get(world.org(), twin.id).await.unwrap(), None);
    assert_eq!(world.stored_lead(other.id).await, other);
}

/// Of leads that are neither deleted nor merged, one has a phone.
pub async fn a_phone_belongs_to_one_lead(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (lead, other) = (world.lead().await, world.lead().await);
    let twin = Lead { phone: lead.phone.clone(), ..world.samples.lead(world.org()) };
    refused(world.write(async |unit| unit.leads().insert(&twin).await).await, ErrorKind::Conflict);
    let changed = Lead { phone: lead.phone.clone(), ..other.clone() };
    refused(world.write(async |unit| unit.leads().update(&changed).await).await, ErrorKind::Conflict);
    assert_eq!(world.read().leads().get(world.org(), twin.id).await.unwrap(), None);
    assert_eq!(world.stored_lead(other.id).await, other);
}

/// What a deleted lead held is free, and stays with who took it.
pub async fn a_deleted_lead_frees_its_contact(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let deleted = Lead { deleted_at: Some(at(9)), ..lead.clone() };
    world.write(async |unit| unit.leads().update(&deleted).await).await.unwrap();
    let heir = world
        .lead_like(|heir| {
            heir.email.clone_from(&lead.email);
            heir.phone.clone_from(&lead.phone);
        })
        .await;
    let found =
        world.read().leads().find_by_contact(world.org(), lead.email.clone(), lead.phone.clone()).await.unwrap();
    assert_eq!(found, [heir]);
    let restored = Lead { version: 2, ..lead };
    refused(world.write(async |unit| unit.leads().update(&restored).await).await, ErrorKind::Conflict);
    // A lead can be added as deleted beside the one who holds its contact.
    let gone = Lead { id: LeadId::from_uuid(world.samples.uuid()), deleted_at: Some(at(9)), ..restored };
    world.write(async |unit| unit.leads().insert(&gone).await).await.unwrap();
}

/// What is not there is equal to nothing: leads without contact are many.
pub async fn leads_are_found_by_contact(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let both = world.lead().await;
    let phone_only = world.lead_like(|lead| lead.email = None).await;
    world.lead_like(|lead| (lead.email, lead.phone) = (None, None)).await;
    let find = async |email: &Lead, phone: &Lead| {
        let found = world.read().leads().find_by_contact(world.org(), email.email.clone(), phone.phone.clone()).await;
        found.unwrap().into_iter().map(|lead| lead.id).collect::<Vec<_>>()
    };
    let stranger = world.samples.lead(world.org());
    let nothing = Lead { email: None, phone: None, ..stranger.clone() };
    assert_eq!(find(&both, &both).await, [both.id]);
    assert_eq!(find(&both, &nothing).await, [both.id]);
    assert_eq!(find(&nothing, &phone_only).await, [phone_only.id]);
    assert_eq!(find(&both, &phone_only).await, [both.id, phone_only.id], "two different ones");
    assert_eq!(find(&stranger, &both).await, [both.id]);
    assert_eq!(find(&stranger, &stranger).await, []);
    assert_eq!(find(&nothing, &nothing).await, []);
}

async fn add(storage: Arc<dyn Storage>, lead: Lead) -> Result<()> {
    let unit = storage.begin().await?;
    unit.leads().insert(&lead).await?;
    unit.commit().await
}

/// Of two leads with one e-mail added at once, one is refused.
pub async fn of_two_leads_with_one_email_at_once_one_is_refused(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for _ in 0..5 {
        let one = world.samples.lead(world.org());
        let other = Lead { email: one.email.clone(), ..world.samples.lead(world.org()) };
        let outcomes = rivals(add(Arc::clone(&world.storage), one), add(Arc::clone(&world.storage), other)).await;
        one_won(outcomes, ErrorKind::Conflict);
    }
}

/// An open proposal is kept once, and needs its lead.
pub async fn an_open_proposal_is_kept_once(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let conversation = world.conversation_like(&lead, |_| ()).await;
    let first = Proposal { conversation_id: Some(conversation.id), ..world.samples.proposal(&lead) };
    let again = Proposal { id: world.samples.proposal(&lead).id, created_at: at(5), ..first.clone() };
    let value = Proposal { created_at: at(-5), ..world.samples.proposal(&lead) };
    let field = Proposal { field: ProposalField::Name, value: first.value.clone(), ..world.samples.proposal(&lead) };
    let add = async |proposal: &Proposal| world.write(async |unit| unit.proposals().insert(proposal).await).await;
    assert!(add(&first).await.unwrap());
    assert!(!add(&again).await.unwrap(), "an equal one is open");
    assert!(add(&value).await.unwrap());
    assert!(add(&field).await.unwrap());
    let list = async || world.read().proposals().list(world.org(), lead.id).await.unwrap();
    assert_eq!(list().await, [value, first.clone(), field]);

    let orphan = world.samples.proposal(&world.samples.lead(world.org()));
    refused(add(&orphan).await, ErrorKind::NotFound);
    let unsaid = world.samples.conversation(&lead, world.assistant.id).id;
    let unsaid = Proposal { conversation_id: Some(unsaid), ..world.samples.proposal(&lead) };
    refused(add(&unsaid).await, ErrorKind::NotFound);
    let same_id = Proposal { id: first.id, ..world.samples.proposal(&lead) };
    refused(add(&same_id).await, ErrorKind::Conflict);
    refused(add(&first).await, ErrorKind::Conflict);
    let decide =
        async |id, state| world.write(async |unit| unit.proposals().decide(world.org(), id, state).await).await;
    decide(first.id, ProposalState::Rejected).await.unwrap();
    assert!(add(&again).await.unwrap(), "what was decided is no longer open");
    assert_eq!(list().await.len(), 4);
}

/// An open proposal is decided once.
pub async fn a_proposal_is_decided_once(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let proposal = world.samples.proposal(&lead);
    world.write(async |unit| unit.proposals().insert(&proposal).await).await.unwrap();
    let decide =
        async |id, state| world.write(async |unit| unit.proposals().decide(world.org(), id, state).await).await;
    decide(proposal.id, ProposalState::Accepted).await.unwrap();
    refused(decide(proposal.id, ProposalState::Rejected).await, ErrorKind::Conflict);
    refused(decide(world.samples.proposal(&lead).id, ProposalState::Rejected).await, ErrorKind::NotFound);
    let expected = Proposal { state: ProposalState::Accepted, ..proposal };
    assert_eq!(world.read().proposals().list(world.org(), lead.id).await.unwrap(), [expected]);
}
