//! Which lead a visitor's words belong to.

use futures::StreamExt;
use serde_json::json;
use spotlight_core::{
    domain::{
        assistant::Topic,
        lead::{LeadStatus, ProposalField},
    },
    ports::{ChatMessage, Heard},
    services::leads::NewLead,
};

use crate::world::{World, told};

#[tokio::test]
async fn a_new_visitor_becomes_a_contacted_lead_and_may_correct_an_address() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("name", "Ana Reis"), ("email", "ana@wrong.example")]), "Noted.");
    world.turn(&ctx, &conversation, "Ana Reis, ana@wrong.example").await;
    world.model.uses("capture_lead", told(&[("email", "Ana@Example.com")]), "Corrected.");
    world.turn(&ctx, &conversation, "Sorry, ana@example.com").await;
    let lead = world.platform.leads().get(&world.owner(), conversation.lead_id).await.expect("the lead");
    assert_eq!(lead.email.expect("an address").as_str(), "ana@example.com");
    assert_eq!(lead.status, LeadStatus::Contacted);
}

#[tokio::test]
async fn a_known_visitor_joins_their_lead_which_is_neither_shown_nor_overwritten() {
    let world = World::new().await;
    let owner = world.owner();
    let known = spotlight_core::services::leads::NewLead {
        name: Some("Ana Reis".to_owned()),
        email: Some("ana@example.com".to_owned()),
        company: Some("Reis Lda".to_owned()),
        ..Default::default()
    };
    let known = world.platform.leads().create(&owner, known).await.expect("a lead");
    let (conversation, ctx) = world.visitor().await;
    let fields = told(&[("name", "Mallory"), ("email", "ANA@example.com"), ("phone", "+351 912 345 678")]);
    world.model.uses("capture_lead", fields, "Noted.");
    world.turn(&ctx, &conversation, "I am Mallory, ana@example.com").await;
    let stored = world.stored(&conversation).await;
    assert_eq!(stored.lead_id, known.id);
    let lead = world.platform.leads().get(&owner, known.id).await.expect("the lead");
    assert_eq!((lead.name.as_deref(), lead.phone.as_ref()), (Some("Ana Reis"), None));
    let proposals = world.platform.leads().proposals(&owner, known.id).await.expect("proposals");
    let fields: Vec<_> = proposals.iter().map(|proposal| proposal.field).collect();
    assert_eq!(fields, [ProposalField::Name, ProposalField::Phone]);
    for request in world.model.asked.lock().expect("nobody panicked").iter() {
        let said = request.messages.iter().map(|message| match message {
            ChatMessage::Said { text, .. } => text.clone(),
            ChatMessage::Called(call) => call.arguments.to_string(),
            ChatMessage::Answered(answer) => answer.content.to_string(),
        });
        let state = serde_json::to_string(&request.brief.state).expect("JSON");
        let shown = format!("{} {} {state}", request.system, said.collect::<Vec<_>>().join(" "));
        assert!(!shown.contains("Reis Lda"), "the assistant never hears what the lead holds");
    }
    let merged = world.platform.leads().get(&owner, conversation.lead_id).await.expect("the lead it became part of");
    assert_eq!(merged.id, known.id);
}

#[tokio::test]
async fn an_address_of_one_lead_and_a_phone_of_another_is_flagged_and_merges_nothing() {
    let world = World::new().await;
    let owner = world.owner();
    let lead = |email: Option<&str>, phone: Option<&str>| spotlight_core::services::leads::NewLead {
        email: email.map(str::to_owned),
        phone: phone.map(str::to_owned),
        ..Default::default()
    };
    let one = world.platform.leads().create(&owner, lead(Some("ana@example.com"), None)).await.expect("a lead");
    let two = world.platform.leads().create(&owner, lead(None, Some("+351912345678"))).await.expect("a lead");
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("email", "ana@example.com"), ("phone", "+351912345678")]), "Noted.");
    world.turn(&ctx, &conversation, "ana@example.com, +351912345678").await;
    for id in [one.id, two.id, conversation.lead_id] {
        let lead = world.platform.leads().get(&owner, id).await.expect("the lead");
        assert!(lead.needs_review && lead.merged_into.is_none());
    }
    assert_eq!(world.stored(&conversation).await.lead_id, conversation.lead_id);
}

/// A person makes the visitor's lead and Ana's one while the chat goes on, either way round.
#[tokio::test]
async fn what_a_visitor_says_after_a_merge_is_proposed_and_overwrites_nothing() {
    for into_known in [true, false] {
        let world = World::new().await;
        let owner = world.owner();
        let known = NewLead {
            name: Some("Ana Reis".to_owned()),
            email: Some("ana@example.com".to_owned()),
            ..NewLead::default()
        };
        let known = world.platform.leads().create(&owner, known).await.expect("a lead");
        let (conversation, ctx) = world.visitor().await;
        let (from, into) = if into_known { (conversation.lead_id, known.id) } else { (known.id, conversation.lead_id) };
        world.platform.leads().merge(&owner, from, into, None).await.expect("one lead");

        let details = told(&[("name", "Mallory"), ("email", "mallory@example.com")]);
        world.model.uses("capture_lead", details, "Noted.");
        world.turn(&ctx, &conversation, "I am Mallory, mallory@example.com").await;
        assert!(world.model.answers().last().expect("an answer").ok);
        let lead = world.platform.leads().get(&owner, into).await.expect("the lead");
        assert_eq!(lead.name.as_deref(), Some("Ana Reis"));
        assert_eq!(lead.email.as_ref().map(|email| email.as_str()), Some("ana@example.com"));
        let proposals = world.platform.leads().proposals(&owner, into).await.expect("proposals");
        let mut values: Vec<_> = proposals.iter().map(|one| (one.field, one.value.as_str())).collect();
        values.sort_unstable_by_key(|(_, value)| *value);
        assert_eq!(values, [(ProposalField::Name, "Mallory"), (ProposalField::Email, "mallory@example.com")]);
    }
}

#[tokio::test]
async fn an_invalid_address_is_told_to_the_model_and_stores_nothing() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("name", "Ana Reis"), ("email", "nonsense")]), "Could you repeat it?");
    world.turn(&ctx, &conversation, "Ana Reis, nonsense").await;
    let lead = world.platform.leads().get(&world.owner(), conversation.lead_id).await.expect("the lead");
    assert_eq!((lead.name, lead.email), (None, None));
}

#[tokio::test]
async fn an_address_told_before_a_known_phone_is_kept_for_review() {
    let world = World::new().await;
    let owner = world.owner();
    let known = NewLead { phone: Some("+351912345678".to_owned()), ..NewLead::default() };
    let known = world.platform.leads().create(&owner, known).await.expect("a lead");
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("email", "ana@example.com")]), "Noted.");
    world.turn(&ctx, &conversation, "ana@example.com").await;
    world.model.uses("capture_lead", told(&[("phone", "+351912345678")]), "Noted.");
    world.turn(&ctx, &conversation, "+351912345678").await;
    assert_eq!(world.stored(&conversation).await.lead_id, known.id);
    let proposals = world.platform.leads().proposals(&owner, known.id).await.expect("proposals");
    let values: Vec<_> = proposals.iter().map(|one| (one.field, one.value.as_str())).collect();
    assert_eq!(values, [(ProposalField::Email, "ana@example.com")]);
}

#[tokio::test]
async fn the_model_cannot_tell_a_known_lead_from_a_new_one_nor_right_from_wrong() {
    let world = World::new().await;
    let known = NewLead {
        name: Some("Ana Reis".to_owned()),
        email: Some("ana@example.com".to_owned()),
        phone: Some("+351912345678".to_owned()),
        company: Some("Reis Lda".to_owned()),
        ..NewLead::default()
    };
    world.platform.leads().create(&world.owner(), known).await.expect("a lead");
    let mut told_to_model = Vec::new();
    for address in ["ana@example.com", "new@example.com"] {
        for details in [
            [("name", "Ana Reis"), ("phone", "+351912345678"), ("company", "Reis Lda")],
            [("name", "Eva Rice"), ("phone", "+351912345679"), ("company", "Rice Inc")],
        ] {
            let (conversation, ctx) = world.visitor().await;
            world.model.uses("capture_lead", told(&[("email", address)]), "Noted.");
            world.turn(&ctx, &conversation, address).await;
            let first = world.model.answers().pop().expect("an answer").content;
            world.model.uses("capture_lead", told(&details), "Noted.");
            world.turn(&ctx, &conversation, "My details").await;
            let second = world.model.answers().pop().expect("an answer");
            assert!(second.ok, "{:?}", second.content);
            told_to_model.push((first, second.content));
        }
    }
    for answers in &told_to_model {
        assert_eq!(answers, &told_to_model[0]);
    }
}

#[tokio::test]
async fn only_questions_of_the_business_are_answered_and_within_limits() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    let answers = json!([
        { "key": "need", "topic": "other", "value": "  To commute " },
        { "key": "anything", "topic": "timeline", "value": "Next week" },
        { "key": "password", "topic": "other", "value": "hunter2" },
        { "key": "password", "topic": "email", "value": "hunter2" },
    ]);
    world.model.uses("capture_lead", json!({ "answers": answers }), "Noted.");
    world.turn(&ctx, &conversation, "To commute, next week").await;
    let state = world.stored(&conversation).await.state;
    let noted: Vec<_> =
        state.questions.iter().map(|one| (one.key.as_str(), one.topic, one.answer.as_deref())).collect();
    assert_eq!(noted, [("need", Topic::Need, Some("To commute")), ("timeline", Topic::Timeline, Some("Next week"))]);
    let long = json!({ "key": "need", "topic": "need", "value": "x".repeat(301) });
    let many: Vec<_> = (0..21).map(|_| json!({ "key": "need", "topic": "need", "value": "x" })).collect();
    let negative = json!({ "key": "budget", "topic": "budget", "value": "-5", "amount_minor": -5, "currency": "EUR" });
    for answers in [json!([long]), json!(many), json!([negative])] {
        world.model.uses("capture_lead", json!({ "answers": answers }), "Well.");
        world.turn(&ctx, &conversation, "More").await;
        assert!(!world.model.answers().pop().expect("an answer").ok);
    }
    assert_eq!(world.stored(&conversation).await.state.questions, state.questions);
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_not_quoted() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", json!({ "answers": "ana@example.com" }), "Well.");
    world.turn(&ctx, &conversation, "ana@example.com").await;
    let said = world.transcripts(&conversation).await.pop().expect("an answer");
    assert!(!said.tools[0].ok);
    assert!(!said.tools[0].result.contains("ana"), "{}", said.tools[0].result);
}

#[tokio::test]
async fn becoming_contacted_is_told() {
    let world = World::new().await;
    let bus = world.platform.events();
    let mut events = bus.subscribe(world.organization.id, "leads", Some(0)).await.expect("a subscription");
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("email", "ana@example.com")]), "Noted.");
    world.turn(&ctx, &conversation, "ana@example.com").await;
    world.work().await;
    let mut types = Vec::new();
    while types.len() < 3 {
        if let Some(Ok(Heard::Event(event))) = events.next().await {
            types.push(event.event_type);
        }
    }
    assert_eq!(types, ["conversation.started", "lead.updated", "lead.status_changed"]);
}
