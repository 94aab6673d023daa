//! What a sales representative sees, and what a plan allows.

use spotlight_core::{
    Context, ErrorKind, Result,
    domain::{assistant::Assistant, billing::PlanId, conversation::Channel, lead::Lead, user::Role},
    ports::{
        AppointmentFilter, AssistantFilter, AssistantSort, ConversationFilter, ConversationSort, LeadFilter, LeadSort,
        Order, Paging, Sort,
    },
    services::{
        appointments::NewAppointment,
        assistants::{AssistantInput, KnowledgeInput},
        conversations::NewConversation,
        leads::{LeadPatch, NewLead},
    },
};

use crate::world::World;

fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.expect_err("it is refused").kind()
}

fn talk(assistant: &Assistant, lead: &Lead) -> NewConversation {
    NewConversation {
        assistant_id: assistant.id,
        lead_id: Some(lead.id),
        source: Channel::Chat,
        language: None,
        time_zone: None,
        recording_consent: None,
        external_call_id: None,
    }
}

/// With the owner, as somebody's lead.
fn meeting(world: &World, lead: &Lead) -> NewAppointment {
    NewAppointment {
        lead_id: lead.id,
        assistant_id: world.assistant.id,
        conversation_id: None,
        host_id: Some(world.owner.id),
        starts_at: "2026-03-26T10:00:00Z".parse().expect("an instant"),
        duration_min: None,
        time_zone: chrono_tz::Europe::Berlin,
        meeting_type: None,
        notes: None,
    }
}

async fn lead(world: &World, ctx: &Context, email: &str) -> Lead {
    let new = NewLead { email: Some(email.to_owned()), ..NewLead::default() };
    world.platform.leads().create(ctx, new).await.expect("a lead")
}

#[tokio::test]
async fn a_sales_representative_sees_their_own_assistants_and_leads_and_what_belongs_to_them() {
    let world = World::new().await;
    let (owner, rep) = (world.owner(), world.member("rep@bikes.example", Role::SalesRep).await);
    let platform = &world.platform;
    let input = AssistantInput { name: "Rita".to_owned(), ..AssistantInput::from(&world.assistant) };
    let own_assistant = platform.assistants().create(&rep, input).await.expect("an assistant of their own");
    let own_lead = lead(&world, &rep, "own@example.com").await;
    let foreign_lead = lead(&world, &owner, "foreign@example.com").await;
    assert_eq!(own_lead.owner_id, rep.actor.user_id());

    let start = async |assistant, lead| {
        platform.conversations().start(&owner, talk(assistant, lead)).await.expect("a conversation").id
    };
    let by_lead = start(&world.assistant, &own_lead).await;
    let by_assistant = start(&own_assistant, &foreign_lead).await;
    let foreign = start(&world.assistant, &foreign_lead).await;

    let page = Paging::FIRST;
    let sort = Sort { by: AssistantSort::CreatedAt, order: Order::Asc };
    let listed = platform.assistants().list(&rep, AssistantFilter::default(), sort, &page).await.expect("a list");
    assert_eq!(listed.items.iter().map(|one| one.id).collect::<Vec<_>>(), [own_assistant.id]);
    let sort = Sort { by: LeadSort::CreatedAt, order: Order::Asc };
    let listed = platform.leads().list(&rep, LeadFilter::default(), sort, &page).await.expect("a list");
    assert_eq!(listed.items.iter().map(|one| one.id).collect::<Vec<_>>(), [own_lead.id]);
    let asks = LeadFilter { owner_id: owner.actor.user_id(), ..LeadFilter::default() };
    let listed = platform.leads().list(&rep, asks, sort, &page).await.expect("a list");
    assert!(listed.items.iter().all(|one| one.id == own_lead.id), "a filter widens nothing");
    let sort = Sort { by: ConversationSort::StartedAt, order: Order::Asc };
    let listed = platform.conversations().list(&rep, ConversationFilter::default(), sort, &page).await;
    let seen: Vec<_> = listed.expect("a list").items.iter().map(|one| one.id).collect();
    assert_eq!(seen, [by_lead, by_assistant]);

    assert_eq!(kind(platform.assistants().get(&rep, world.assistant.id).await), ErrorKind::NotFound);
    assert_eq!(kind(platform.assistants().delete(&rep, world.assistant.id, None).await), ErrorKind::NotFound);
    let knowledge = KnowledgeInput { question: None, answer: "We open at nine.".to_owned() };
    let added = platform.assistants().add_knowledge(&rep, world.assistant.id, knowledge).await;
    assert_eq!(kind(added), ErrorKind::NotFound);
    assert_eq!(kind(platform.leads().get(&rep, foreign_lead.id).await), ErrorKind::NotFound);
    assert_eq!(kind(platform.leads().timeline(&rep, foreign_lead.id).await), ErrorKind::NotFound);
    assert_eq!(kind(platform.leads().delete(&rep, foreign_lead.id, None).await), ErrorKind::NotFound);
    assert_eq!(kind(platform.leads().erase(&rep, own_lead.id, None).await), ErrorKind::Forbidden);
    let give = LeadPatch { owner_id: Some(None), ..LeadPatch::default() };
    assert_eq!(kind(platform.leads().update(&rep, own_lead.id, give, None).await), ErrorKind::Forbidden);
    assert_eq!(kind(platform.conversations().get(&rep, foreign).await), ErrorKind::NotFound);
    assert_eq!(kind(platform.conversations().transcripts(&rep, foreign, 0, 10).await), ErrorKind::NotFound);
    assert_eq!(kind(platform.conversations().take_over(&rep, foreign, None).await), ErrorKind::NotFound);
    let begun = platform.conversations().start(&rep, talk(&world.assistant, &own_lead)).await;
    assert_eq!(kind(begun), ErrorKind::NotFound, "not with somebody else's assistant");

    let new = meeting(&world, &foreign_lead);
    let booked = platform.appointments().create(&owner, new.clone()).await.expect("an appointment");
    assert_eq!(kind(platform.appointments().get(&rep, booked.id).await), ErrorKind::NotFound);
    assert_eq!(kind(platform.appointments().confirm(&rep, booked.id, None).await), ErrorKind::NotFound);
    let listed = platform.appointments().list(&rep, AppointmentFilter::default(), Order::Asc, &page).await;
    assert_eq!(listed.expect("a list").items, []);
}

#[tokio::test]
async fn what_is_read_for_many_at_once_is_seen_as_each_by_itself() {
    let world = World::new().await;
    let (owner, rep) = (world.owner(), world.member("rep@bikes.example", Role::SalesRep).await);
    let (platform, stranger) = (&world.platform, world.stranger().await);
    let input = AssistantInput { name: "Rita".to_owned(), ..AssistantInput::from(&world.assistant) };
    let own_assistant = platform.assistants().create(&rep, input).await.expect("an assistant of their own");
    let own_lead = lead(&world, &rep, "own@example.com").await;
    let foreign_lead = lead(&world, &owner, "foreign@example.com").await;
    let (conversations, leads) = (platform.conversations(), [own_lead.clone(), foreign_lead.clone()]);
    let mut talks = Vec::new();
    for (assistant, lead) in
        [(&world.assistant, &own_lead), (&own_assistant, &foreign_lead), (&world.assistant, &foreign_lead)]
    {
        let one = conversations.start(&owner, talk(assistant, lead)).await.expect("a conversation");
        conversations.take_over(&owner, one.id, None).await.expect("taken over");
        conversations.say(&owner, one.id, "Good morning").await.expect("said");
        talks.push(conversations.get(&owner, one.id).await.expect("it"));
    }
    let new = meeting(&world, &foreign_lead);
    let booked = platform.appointments().create(&owner, new).await.expect("an appointment");

    let ids: Vec<_> = talks.iter().map(|one| one.id).collect();
    let (lead_ids, bots) = ([own_lead.id, foreign_lead.id], [own_assistant.id, world.assistant.id]);
    for (ctx, talks_of_leads, said, seen_leads, seen_bots, appointments) in [
        (&owner, [2, 1, 0].map(|at: usize| ids[at]).to_vec(), ids.clone(), lead_ids.to_vec(), 2, vec![booked.id]),
        (&rep, vec![ids[0]], ids[..2].to_vec(), vec![own_lead.id], 1, vec![]),
        (&stranger, vec![], vec![], vec![], 0, vec![]),
    ] {
        let found = conversations.of_leads(ctx, &leads, 10).await.expect("conversations");
        let mut found: Vec<_> = found.iter().map(|one| one.id).collect();
        let mut expected = talks_of_leads;
        // Of those that began at the same instant the ids decide.
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
        let found = conversations.first_said(ctx, &talks, 10).await.expect("utterances");
        assert_eq!(found.iter().map(|one| one.conversation_id).collect::<Vec<_>>(), said);
        let found = platform.leads().get_many(ctx, &lead_ids).await.expect("leads");
        assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), seen_leads);
        assert_eq!(platform.assistants().get_many(ctx, &bots).await.expect("assistants").len(), seen_bots);
        let found = platform.appointments().of_leads(ctx, &leads, 10).await.expect("appointments");
        assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), appointments);
    }
    let owners = platform.leads().owners(&owner, &leads).await.expect("owners");
    assert_eq!(owners.iter().map(|one| Some(one.id)).collect::<Vec<_>>(), [rep.actor.user_id()]);
    let owners = platform.leads().owners(&stranger, &leads).await.expect("owners");
    assert_eq!(owners, [], "who is no member here is nobody here");
}

#[tokio::test]
async fn a_plan_limits_assistants() {
    let world = World::new().await;
    let assistants = world.platform.assistants();
    let input = || AssistantInput::from(&world.assistant);
    for _ in 0..2 {
        assistants.create(&world.owner(), input()).await.expect("three on the plan free");
    }
    assert_eq!(kind(assistants.create(&world.owner(), input()).await), ErrorKind::PlanLimit);
    world.set_plan(PlanId::Starter).await;
    assistants.create(&world.owner(), input()).await.expect("ten on the plan starter");
}

#[tokio::test]
async fn a_plan_limits_the_conversations_of_a_month() {
    let world = World::new().await;
    let lead = lead(&world, &world.owner(), "one@example.com").await;
    let start =
        async || world.platform.conversations().start(&world.owner(), talk(&world.assistant, &lead)).await.map(drop);
    for _ in 0..1_000 {
        start().await.expect("a thousand on the plan free");
    }
    assert_eq!(kind(start().await), ErrorKind::PlanLimit);
    world.clock.forward(chrono::Duration::days(6));
    assert_eq!(kind(start().await), ErrorKind::PlanLimit, "it is still March");
    world.clock.forward(chrono::Duration::days(1));
    start().await.expect("a new month");
}
