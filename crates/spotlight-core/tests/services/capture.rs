//! Which lead a visitor's words belong to.

use spotlight_core::domain::lead::{LeadStatus, ProposalField};

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
        let shown = format!("{} {:?} {:?}", request.system, request.messages, request.brief.state);
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

#[tokio::test]
async fn an_invalid_address_is_told_to_the_model_and_stores_nothing() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("name", "Ana Reis"), ("email", "nonsense")]), "Could you repeat it?");
    world.turn(&ctx, &conversation, "Ana Reis, nonsense").await;
    let lead = world.platform.leads().get(&world.owner(), conversation.lead_id).await.expect("the lead");
    assert_eq!((lead.name, lead.email), (None, None));
}
