//! Erasing leads: every personal datum goes, from every table.

use super::{
    outbox::far,
    samples::at,
    storage::StorageFixture,
    support::{WHOLE, World, refused},
};
use crate::{
    domain::{
        LeadId,
        appointment::Appointment,
        audit::{Actor, AuditEntry},
        consent::ConsentState,
        conversation::{Conversation, ConversationStatus, DialogueState, HandOff, Transcript},
        lead::Lead,
        report::CallReport,
        scoring::Criteria,
    },
    error::ErrorKind,
    ports::{AuditFilter, ConversationFilter, LeadFilter, MovedConsents, NewEvent, OutboxKind, Sort},
};

/// A lead with something personal in every table.
struct Trace {
    lead: Lead,
    talk: Conversation,
    words: Vec<Transcript>,
    appointment: Appointment,
    report: CallReport,
    hand_off: HandOff,
    visit: AuditEntry,
}

async fn trace(world: &World, recording: &str, starts: i64) -> Trace {
    let lead = world.lead().await;
    let talk = world
        .conversation_like(&lead, |talk| {
            talk.status = ConversationStatus::Completed;
            talk.audio_file = Some(recording.to_owned());
            talk.last_seq = 2;
        })
        .await;
    let words = vec![world.samples.utterance(&talk, 1), world.samples.utterance(&talk, 2)];
    let appointment = Appointment {
        conversation_id: Some(talk.id),
        cancel_reason: Some("Renée is ill".to_owned()),
        ..world.samples.appointment(&lead, world.assistant.id, &world.host, starts)
    };
    let report = world.samples.report(&talk);
    let hand_off = HandOff { reason: "Renée wants a person".to_owned(), ..world.samples.hand_off(&talk, at(3)) };
    let visit = AuditEntry {
        actor_kind: Actor::Visitor(talk.id).kind().to_owned(),
        actor_id: Actor::Visitor(talk.id).id(),
        ..world.samples.audit_entry(world.org())
    };
    let by_user = AuditEntry { actor_id: Some(talk.id.to_string()), ..world.samples.audit_entry(world.org()) };
    let said = NewEvent { conversation_id: Some(talk.id), ..world.samples.event(world.org(), "transcript_update") };
    world
        .write(async |unit| {
            unit.transcripts().append(&words).await?;
            unit.appointments().insert(&appointment, at(0)).await?;
            unit.reports().put(&report).await?;
            unit.hand_offs().insert(&hand_off).await?;
            unit.audit().append(&visit).await?;
            unit.audit().append(&by_user).await?;
            unit.publish(said).await?;
            unit.proposals().insert(&world.samples.proposal(&lead)).await?;
            unit.consents().append(&world.samples.consent(&lead, ConsentState::Given, at(1))).await
        })
        .await
        .unwrap();
    Trace { lead, talk, words, appointment, report, hand_off, visit }
}

fn no_quotes(criteria: Criteria) -> Criteria {
    let mut criteria = criteria;
    for criterion in [&mut criteria.budget, &mut criteria.authority, &mut criteria.need, &mut criteria.timeline] {
        criterion.quote = None;
    }
    criteria
}

fn erased(lead: &Lead) -> Lead {
    Lead {
        name: None,
        email: None,
        phone: None,
        company: None,
        score_reasons: Vec::new(),
        criteria: no_quotes(lead.criteria.clone()),
        metadata: serde_json::Map::new(),
        erased_at: Some(at(70)),
        deleted_at: Some(at(70)),
        updated_at: at(70),
        version: lead.version + 1,
        ..lead.clone()
    }
}

/// The audit entry as it is stored.
async fn entry_of(world: &World, entry: &AuditEntry) -> AuditEntry {
    let filter = AuditFilter { record_id: Some(entry.record_id.clone()), ..AuditFilter::default() };
    world.read().audit().list(world.org(), &filter, &WHOLE).await.unwrap().items.remove(0)
}

async fn assert_erased(world: &World, trace: &Trace, owner: LeadId) {
    let (read, org) = (world.read(), world.org());
    let talk = read.conversations().get(org, trace.talk.id).await.unwrap().unwrap();
    let expected = Conversation {
        lead_id: owner,
        score_reasons: Vec::new(),
        criteria: no_quotes(trace.talk.criteria.clone()),
        summary: None,
        keywords: Vec::new(),
        outcome: None,
        audio_file: None,
        external_call_id: None,
        state: DialogueState::default(),
        version: talk.version,
        updated_at: talk.updated_at,
        ..trace.talk.clone()
    };
    assert_eq!(talk, expected);
    refused(world.write(async |unit| unit.conversations().update(&trace.talk).await).await, ErrorKind::StaleVersion);
    let words = read.transcripts().list(org, trace.talk.id, 0, 10).await.unwrap();
    let expected: Vec<_> = trace
        .words
        .iter()
        .map(|said| Transcript { content: String::new(), keywords: Vec::new(), tools: Vec::new(), ..said.clone() })
        .collect();
    assert_eq!(words, expected, "utterances stay without words");
    let appointment = read.appointments().get(org, trace.appointment.id).await.unwrap().unwrap();
    assert_eq!((&appointment.notes, &appointment.cancel_reason), (&None, &None));
    assert_eq!(appointment.starts_at, trace.appointment.starts_at, "the appointment itself stays");
    refused(
        world.write(async |unit| unit.appointments().update(&trace.appointment, at(0)).await).await,
        ErrorKind::StaleVersion,
    );
    assert_eq!(read.reports().get(org, trace.talk.id).await.unwrap(), None);
    assert!(read.proposals().list(org, owner).await.unwrap().is_empty());
    let hand_off = read.hand_offs().get(org, trace.hand_off.id).await.unwrap().unwrap();
    let expected = HandOff { reason: String::new(), version: hand_off.version, ..trace.hand_off.clone() };
    assert_eq!(hand_off, expected, "the hand-off stays without its reason");
    refused(world.write(async |unit| unit.hand_offs().update(&trace.hand_off).await).await, ErrorKind::StaleVersion);
    assert_eq!(entry_of(world, &trace.visit).await, AuditEntry { source_address: None, ..trace.visit.clone() });
}

/// Erasing leaves nothing personal in any table, and touches no other lead.
pub async fn erasing_reaches_every_table(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let gone = trace(&world, "recordings/b.ogg", 100).await;
    let second =
        world.conversation_like(&gone.lead, |talk| talk.audio_file = Some("recordings/a.ogg".to_owned())).await;
    world.conversation_like(&gone.lead, |talk| talk.audio_file = None).await;
    let kept = trace(&world, "recordings/kept.ogg", 300).await;
    let keys = world.write(async |unit| unit.leads().erase(world.org(), gone.lead.id, at(70)).await).await.unwrap();
    assert_eq!(keys, ["recordings/a.ogg", "recordings/b.ogg"]);

    assert_eq!(world.stored_lead(gone.lead.id).await, erased(&gone.lead));
    refused(world.write(async |unit| unit.leads().update(&gone.lead).await).await, ErrorKind::StaleVersion);
    assert_erased(&world, &gone, gone.lead.id).await;
    let second = world.read().conversations().get(world.org(), second.id).await.unwrap().unwrap();
    assert_eq!((second.summary, second.audio_file), (None, None));
    let consents = world.read().consents().list(world.org(), gone.lead.id).await.unwrap();
    assert_eq!(consents.len(), 1, "what was consented to stays provable");

    // What it was found by is gone too; the other lead is as it was.
    let search = Some("renee".to_owned());
    let filter = LeadFilter { search: search.clone(), ..LeadFilter::default() };
    let found = world.read().leads().list(world.org(), &filter, Sort::default(), &WHOLE).await.unwrap();
    assert_eq!(found.items, std::slice::from_ref(&kept.lead));
    let filter = ConversationFilter { search: Some("parasols".to_owned()), ..ConversationFilter::default() };
    let found = world.read().conversations().list(world.org(), &filter, Sort::default(), &WHOLE).await.unwrap();
    assert_eq!(found.items, std::slice::from_ref(&kept.talk));
    assert_eq!(world.read().transcripts().list(world.org(), kept.talk.id, 0, 10).await.unwrap(), kept.words);
    assert_eq!(world.read().reports().get(world.org(), kept.talk.id).await.unwrap(), Some(kept.report));
    let appointment = world.read().appointments().get(world.org(), kept.appointment.id).await.unwrap();
    assert_eq!(appointment, Some(kept.appointment));
    assert_eq!(world.read().proposals().list(world.org(), kept.lead.id).await.unwrap().len(), 1);
    assert_eq!(
        world.read().hand_offs().get(world.org(), kept.hand_off.id).await.unwrap().as_ref(),
        Some(&kept.hand_off)
    );
    assert_eq!(entry_of(&world, &kept.visit).await, kept.visit);
    let entries = world.read().audit().list(world.org(), &AuditFilter::default(), &WHOLE).await.unwrap().items;
    let addresses = entries.iter().filter(|entry| entry.source_address.is_some()).count();
    assert_eq!((entries.len(), addresses), (4, 3), "what the team did keeps its addresses");
    let events = world.write(async |unit| unit.outbox().claim(OutboxKind::Event, far(), 30, 10).await).await.unwrap();
    let about: Vec<_> = events.iter().map(|event| event.conversation_id).collect();
    assert_eq!(about, [Some(kept.talk.id)], "what is still to be told of the erased one is not told");
}

/// Whoever opens a conversation is nobody known yet. Where they came from is forgotten with the lead all the same, and
/// only there.
pub async fn erasing_forgets_where_nobody_known_came_from(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (gone, part, kept) = (world.lead().await, world.lead().await, world.lead().await);
    let talks = [world.conversation_like(&gone, |_| ()).await, world.conversation_like(&part, |_| ()).await]
        .map(|talk| talk.id.to_string());
    let kept_talk = world.conversation_like(&kept, |_| ()).await.id.to_string();
    let by = |actor: Actor, record_type: &str, record_id: String| AuditEntry {
        actor_kind: actor.kind().to_owned(),
        actor_id: actor.id(),
        record_type: record_type.to_owned(),
        record_id,
        ..world.samples.audit_entry(world.org())
    };
    let theirs = [
        by(Actor::Anonymous, "conversation", talks[0].clone()),
        by(Actor::Anonymous, "conversation", talks[1].clone()),
        by(Actor::Anonymous, "lead", gone.id.to_string()),
        by(Actor::Anonymous, "lead", part.id.to_string()),
    ];
    let others = [
        by(Actor::Anonymous, "conversation", kept_talk),
        by(Actor::Anonymous, "lead", kept.id.to_string()),
        by(Actor::Anonymous, "session", gone.id.to_string()),
        by(Actor::User(world.user.id), "conversation", talks[0].clone()),
        by(Actor::User(world.user.id), "lead", gone.id.to_string()),
    ];
    world
        .write(async |unit| {
            for entry in theirs.iter().chain(&others) {
                unit.audit().append(entry).await?;
            }
            unit.leads().merge(world.org(), part.id, gone.id, MovedConsents::All, at(50)).await?;
            unit.leads().erase(world.org(), gone.id, at(70)).await
        })
        .await
        .unwrap();
    let mut expected: Vec<_> =
        theirs.into_iter().map(|entry| AuditEntry { source_address: None, ..entry }).chain(others).collect();
    let mut entries = world.read().audit().list(world.org(), &AuditFilter::default(), &WHOLE).await.unwrap().items;
    expected.sort_by_key(|entry| entry.id);
    entries.sort_by_key(|entry| entry.id);
    assert_eq!(entries, expected);
}

/// Leads that were merged into an erased one are erased with it, however far back.
pub async fn erasing_reaches_merged_leads(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let [first, middle, last] = [
        trace(&world, "recordings/c.ogg", 100).await,
        trace(&world, "recordings/a.ogg", 300).await,
        trace(&world, "recordings/b.ogg", 500).await,
    ];
    world
        .write(async |unit| {
            unit.leads().merge(world.org(), first.lead.id, middle.lead.id, MovedConsents::All, at(50)).await?;
            unit.leads().merge(world.org(), middle.lead.id, last.lead.id, MovedConsents::All, at(51)).await
        })
        .await
        .unwrap();
    let before = [world.stored_lead(first.lead.id).await, world.stored_lead(middle.lead.id).await];
    let keys = world.write(async |unit| unit.leads().erase(world.org(), last.lead.id, at(70)).await).await.unwrap();
    assert_eq!(keys, ["recordings/a.ogg", "recordings/b.ogg", "recordings/c.ogg"]);
    assert_eq!(world.stored_lead(last.lead.id).await, erased(&last.lead));
    for lead in before {
        assert_eq!(world.stored_lead(lead.id).await, erased(&lead));
    }
    for trace in [&first, &middle, &last] {
        assert_erased(&world, trace, last.lead.id).await;
    }
}

/// An erased lead is left as it is; one that is not there is not found.
pub async fn a_lead_is_erased_once(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let gone = trace(&world, "recordings/a.ogg", 100).await;
    let erase =
        async |id, minutes| world.write(async |unit| unit.leads().erase(world.org(), id, at(minutes)).await).await;
    assert_eq!(erase(gone.lead.id, 70).await.unwrap(), ["recordings/a.ogg"]);
    assert_eq!(erase(gone.lead.id, 99).await.unwrap(), [""; 0]);
    assert_eq!(world.stored_lead(gone.lead.id).await, erased(&gone.lead));
    refused(erase(world.samples.lead(world.org()).id, 70).await, ErrorKind::NotFound);
    let deleted = world.lead_like(|lead| lead.deleted_at = Some(at(9))).await;
    erase(deleted.id, 70).await.unwrap();
    let stored = world.stored_lead(deleted.id).await;
    assert_eq!((stored.email, stored.name, stored.erased_at), (None, None, Some(at(70))), "deleted ones can be erased");
    // The e-mail it had can be given to another.
    world.lead_like(|lead| lead.email = gone.lead.email).await;
}
