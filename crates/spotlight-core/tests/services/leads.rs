//! What a person decides about leads, and what others hear of it.

use chrono::Duration;
use serde_json::json;
use spotlight_core::{
    Context, ErrorKind,
    domain::{
        conversation::{Conversation, ConversationStatus},
        lead::{LeadStatus, ProposalField},
        user::Role,
    },
    ports::Paging,
    services::leads::{LeadPatch, NewLead},
};

use crate::{
    colleagues::{ALL, Ear, refused},
    world::{World, told},
};

/// A visitor gives an address, says something, and leaves; what follows has run.
async fn talk(world: &World, words: &str) -> Conversation {
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("email", "ana@example.com")]), "Noted.");
    world.turn(&ctx, &conversation, words).await;
    world.model.uses("end_conversation", json!({ "reason": "visitor_ended" }), "Goodbye!");
    world.turn(&ctx, &conversation, "Bye").await;
    world.work().await;
    world.stored(&conversation).await
}

fn count(ear: &[spotlight_core::ports::Event], event_type: &str) -> usize {
    ear.iter().filter(|event| event.event_type == event_type).count()
}

#[tokio::test]
async fn a_qualified_lead_is_told_once_and_each_change_of_score_and_status() {
    let world = World::new().await;
    let mut ear: Ear = world.listen("leads").await;
    let lead = talk(&world, "I love it! How much is it? Can I see a demo?").await.lead_id;
    let stored = world.platform.leads().get(&world.owner(), lead).await.expect("the lead");
    let first = stored.score.expect("a score");
    assert!(stored.qualified, "{first}");
    let heard = ear.heard();
    let of = |event_type: &str| heard.iter().find(|event| event.event_type == event_type).expect("an event");
    for event_type in ["lead.qualified", "lead.score_changed", "lead.status_changed"] {
        assert_eq!(count(&heard, event_type), 1, "{event_type}");
    }
    let moved = json!({ "lead_id": lead, "from": "fresh", "to": "contacted" });
    assert_eq!(of("lead.status_changed").data, moved);
    let scored = json!({ "lead_id": lead, "score": first, "qualified": true });
    assert_eq!((&of("lead.score_changed").data, &of("lead.qualified").data), (&scored, &scored));

    // Another good conversation of the same lead changes the score, not that it is qualified.
    world.clock.forward(chrono::Duration::hours(1));
    talk(&world, "I want it. How much is it?").await;
    let heard = ear.heard();
    let second = world.platform.leads().get(&world.owner(), lead).await.expect("the lead").score;
    assert_eq!(count(&heard, "lead.score_changed"), usize::from(second != Some(first)));
    assert_eq!((count(&heard, "lead.qualified"), count(&heard, "lead.merged")), (0, 1));

    world.platform.leads().set_status(&world.owner(), lead, LeadStatus::Qualified, None).await.expect("moved");
    world.platform.leads().set_status(&world.owner(), lead, LeadStatus::Qualified, None).await.expect("the same");
    world.work().await;
    assert_eq!(
        ear.heard_of("lead.status_changed"),
        [json!({ "lead_id": lead, "from": "contacted", "to": "qualified" })]
    );
}

#[tokio::test]
async fn a_new_threshold_scores_every_lead_anew() {
    let world = World::new().await;
    let lead = talk(&world, "I love it! How much is it? Can I see a demo?").await.lead_id;
    let mut ear = world.listen("leads").await;
    let owner = world.owner();
    let set = async |threshold: u8| {
        let mut organization = world.platform.organizations().get(&owner).await.expect("the organization");
        organization.scoring.threshold = threshold;
        world.platform.organizations().update(&owner, organization).await.expect("a new threshold");
        world.work().await;
        world.platform.leads().get(&owner, lead).await.expect("the lead")
    };
    let strict = set(100).await;
    assert!(!strict.qualified && strict.score.is_some());
    assert_eq!(set(100).await.version, strict.version, "the same rules score nobody");
    assert!(set(1).await.qualified);
    assert_eq!(ear.heard_of("lead.qualified").len(), 1);
}

#[tokio::test]
async fn a_company_taken_over_from_a_proposal_is_told_and_counts() {
    let world = World::new().await;
    let (owner, leads) = (world.owner(), world.platform.leads());
    let known = talk(&world, "I love it! How much is it?").await.lead_id;
    let (conversation, ctx) = world.visitor().await;
    let fields = told(&[("email", "ana@example.com"), ("company", "Reis Lda")]);
    world.model.uses("capture_lead", fields, "Noted.");
    world.turn(&ctx, &conversation, "ana@example.com of Reis Lda").await;
    world.work().await;
    let before = leads.get(&owner, known).await.expect("the lead");
    let mut ear = world.listen("leads").await;
    let proposals = leads.proposals(&owner, known).await.expect("proposals");
    let company = proposals.iter().find(|proposal| proposal.field == ProposalField::Company).expect("a company");
    leads.decide_proposal(&owner, known, company.id, true, None).await.expect("accepted");
    world.work().await;
    let after = leads.get(&owner, known).await.expect("the lead");
    assert_eq!(after.company.as_deref(), Some("Reis Lda"));
    assert_eq!(after.score, before.score.map(|score| (score + 3).min(100)), "a company counts 3");
    let heard = ear.heard();
    assert_eq!((count(&heard, "lead.updated"), count(&heard, "lead.score_changed")), (1, 1));
}

#[tokio::test]
async fn a_person_merges_two_flagged_leads_and_loses_nothing() {
    let world = World::new().await;
    let (mut owner, leads) = (world.owner(), world.platform.leads());
    let one = world.lead(Some("ana@example.com"), None).await.id;
    let two = world.lead(None, Some("+351912345678")).await.id;
    let named = |name: &str| LeadPatch { name: Some(Some(name.to_owned())), ..LeadPatch::default() };
    leads.update(&owner, one, named("Ana Reis"), None).await.expect("a name");
    leads.update(&owner, two, named("A. Reis"), None).await.expect("a name");
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("email", "ana@example.com"), ("phone", "+351912345678")]), "Noted.");
    world.turn(&ctx, &conversation, "ana@example.com, +351912345678").await;
    assert!(leads.get(&owner, two).await.expect("the lead").needs_review);

    let mut ear = world.listen("leads").await;
    owner.idempotency_key = Some("once".to_owned());
    let kept = leads.merge(&owner, two, one, None).await.expect("one lead");
    assert_eq!(leads.merge(&owner, two, one, None).await.expect("the same again").id, one);
    assert_eq!(kept, leads.get(&owner, one).await.expect("the lead"));
    assert_eq!((kept.name.as_deref(), kept.needs_review), (Some("Ana Reis"), false));
    assert_eq!(kept.email.as_ref().map(|email| email.as_str()), Some("ana@example.com"));
    assert_eq!(kept.phone.as_ref().map(ToString::to_string).as_deref(), Some("+351912345678"));
    assert_eq!(leads.get(&owner, two).await.expect("the lead it became part of").id, one);
    let proposals = leads.proposals(&owner, one).await.expect("proposals");
    let differing: Vec<_> = proposals.iter().map(|it| (it.field, it.value.as_str())).collect();
    assert_eq!(differing, [(ProposalField::Name, "A. Reis")]);
    owner.idempotency_key = None;
    leads.merge(&owner, conversation.lead_id, one, None).await.expect("one lead");
    assert_eq!(world.stored(&conversation).await.lead_id, one);
    assert_eq!(world.done_to(one).await.iter().filter(|action| *action == "lead.merge").count(), 2);
    world.work().await;
    let told = ear.heard_of("lead.merged");
    assert_eq!(told, [json!({ "from": two, "into": one }), json!({ "from": conversation.lead_id, "into": one })]);
}

#[tokio::test]
async fn a_merge_needs_two_leads_the_actor_may_see() {
    let world = World::new().await;
    let (owner, leads) = (world.owner(), world.platform.leads());
    let (one, two) =
        (world.lead(Some("a@example.com"), None).await.id, world.lead(Some("b@example.com"), None).await.id);
    refused(leads.merge(&owner, one, one, None).await, ErrorKind::Conflict);
    for other in [world.stranger().await, world.colleague(Role::SalesRep).await] {
        refused(leads.merge(&other, one, two, None).await, ErrorKind::NotFound);
    }
    let (_, visitor) = world.visitor().await;
    refused(leads.merge(&visitor, one, two, None).await, ErrorKind::Forbidden);
    let kept = leads.merge(&owner, one, two, None).await.expect("one lead");
    assert_eq!(kept.email.expect("its own").as_str(), "b@example.com");
    refused(leads.merge(&owner, one, two, None).await, ErrorKind::NotFound);
    let proposals = leads.proposals(&owner, two).await.expect("proposals");
    assert_eq!(proposals.iter().map(|it| it.value.as_str()).collect::<Vec<_>>(), ["a@example.com"]);
}

#[tokio::test]
async fn erasing_a_merged_lead_erases_the_one_it_became_part_of_and_ends_what_goes_on() {
    let world = World::new().await;
    let (owner, leads) = (world.owner(), world.platform.leads());
    let new = NewLead { email: Some("ana@example.com".to_owned()), ..NewLead::default() };
    let known = leads.create(&owner, new).await.expect("a lead").id;
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("email", "ana@example.com")]), "Noted.");
    world.turn(&ctx, &conversation, "ana@example.com").await;
    leads.erase(&owner, conversation.lead_id, None).await.expect("erased");
    let stored = world.repositories().leads().get(world.organization.id, known).await.expect("a read");
    let stored = stored.expect("the lead");
    assert!(stored.erased_at.is_some() && stored.email.is_none());
    assert_eq!(world.stored(&conversation).await.status, ConversationStatus::Completed);
    refused(leads.erase(&world.stranger().await, known, None).await, ErrorKind::NotFound);
}

#[tokio::test]
async fn conversations_that_need_attention_are_listed_for_those_who_see_them() {
    let world = World::new().await;
    let conversations = world.platform.conversations();
    let (waiting, ctx) = world.visitor().await;
    world.model.says("What would you use the bike for?");
    world.turn(&ctx, &waiting, "Hello").await;
    let listed = async |ctx: &spotlight_core::Context| {
        let found = conversations.needs_attention(ctx, &ALL).await.expect("conversations");
        found.items.into_iter().map(|conversation| conversation.id).collect::<Vec<_>>()
    };
    let owner = world.owner();
    assert_eq!(listed(&owner).await, []);
    world.clock.forward(chrono::Duration::minutes(5));
    let (fresh, _) = world.visitor().await;
    assert_eq!(listed(&owner).await, [waiting.id], "nobody waits in {}", fresh.id);
    assert_eq!(listed(&world.colleague(Role::SalesRep).await).await, []);
    assert_eq!(listed(&world.stranger().await).await, []);
    refused(conversations.needs_attention(&ctx, &ALL).await, ErrorKind::Forbidden);
}

#[tokio::test]
async fn whoever_was_never_talked_to_is_followed_up_first() {
    let world = World::new().await;
    let (owner, leads) = (world.owner(), world.platform.leads());
    let talked = talk(&world, "Hello").await.lead_id;
    world.clock.forward(Duration::hours(1));
    let new = [world.lead(Some("a@example.com"), None).await.id, world.lead(Some("b@example.com"), None).await.id];
    world.clock.forward(Duration::days(4));
    assert!(leads.get(&owner, talked).await.expect("the lead").last_conversation_at.is_some());
    let found = leads.follow_ups(&owner, &Paging::FIRST).await.expect("a list").items;
    assert_eq!(found.iter().map(|lead| lead.id).collect::<Vec<_>>(), [new[0], new[1], talked]);
}

#[tokio::test]
async fn a_lead_that_is_created_twice_at_once_is_one() {
    let world = World::new().await;
    let ctx = Context { idempotency_key: Some("once".to_owned()), ..world.owner() };
    let new = || NewLead { email: Some("ana@example.com".to_owned()), ..NewLead::default() };
    let leads = world.platform.leads();
    let (one, other) = tokio::join!(leads.create(&ctx, new()), leads.create(&ctx, new()));
    let one = one.expect("a lead");
    assert_eq!(other.expect("the same lead"), one);
    assert_eq!(leads.create(&ctx, new()).await.expect("the same again"), one);
    assert_eq!(world.done_to(one.id).await, ["lead.create"]);
    // Another request with the key is told so, whether or not it could be done.
    for email in ["ana@example.com", "bob@example.com"] {
        let another = NewLead { company: Some("Acme".to_owned()), email: Some(email.to_owned()), ..NewLead::default() };
        let refused = leads.create(&ctx, another).await.expect_err("a refusal");
        assert_eq!(refused.violations()[0].code, "reused", "{}", refused.chain());
    }
    let anew = Context { idempotency_key: Some("twice".to_owned()), ..world.owner() };
    let taken = leads.create(&anew, new()).await.expect_err("a refusal");
    assert_eq!(taken.kind(), ErrorKind::Conflict);
}
