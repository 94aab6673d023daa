//! Live messages: who hears what, from where on, and until when.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};
use spotlight_core::{
    Context, ErrorKind,
    domain::{
        LeadId,
        event::EventType,
        user::{Role, Scope},
    },
    ports::Event,
    services::{
        accounts::SignIn,
        leads::{LeadPatch, NewLead},
        live::{LiveChannel, LiveConnection, Told},
    },
};
use tokio::time::timeout;

use crate::world::World;

/// Far beyond what anything here takes.
const LONG: Duration = Duration::from_secs(20);
const MOST: u32 = 10;

async fn open(world: &World, ctx: &Context) -> LiveConnection {
    world.platform.live().connect(ctx, None, None, MOST).await.expect("a connection")
}

async fn next(connection: &mut LiveConnection) -> Told {
    timeout(LONG, connection.next()).await.expect("something is told")
}

/// The next message: its number, its type, and its data.
async fn message(connection: &mut LiveConnection) -> (u64, String, Value) {
    match next(connection).await {
        Told::Message(message) => {
            let bytes = message.encoded(|event| serde_json::to_vec(event).expect("JSON").into());
            let event: Event = serde_json::from_slice(&bytes).expect("an event");
            assert_eq!(event.id, message.id());
            (event.id, event.event_type, event.data)
        }
        other => panic!("{other:?}"),
    }
}

async fn lead(world: &World, ctx: &Context, email: &str) -> LeadId {
    let new = NewLead { email: Some(email.to_owned()), ..NewLead::default() };
    world.platform.leads().create(ctx, new).await.expect("a lead").id
}

#[tokio::test]
async fn listeners_share_a_channel_and_go_on_where_they_were() {
    let world = World::new().await;
    let owner = world.owner();
    let mut first = open(&world, &owner).await;
    first.subscribe(LiveChannel::Leads, None).await.expect("subscribed");
    let one = lead(&world, &owner, "one@example.com").await;
    world.work().await;
    let (id, kind, data) = message(&mut first).await;
    assert_eq!((kind.as_str(), &data), ("lead.created", &json!({ "lead_id": one })));

    let two = lead(&world, &owner, "two@example.com").await;
    world.work().await;
    let mut second = open(&world, &owner).await;
    let begun = second.subscribe(LiveChannel::Leads, Some(id)).await.expect("subscribed");
    assert_eq!((begun.position, begun.gap), (id, None));
    for connection in [&mut first, &mut second] {
        assert_eq!(message(connection).await, (id + 1, "lead.created".to_owned(), json!({ "lead_id": two })));
    }
    // One feed of the channel, one of access, whatever the number of connections.
    assert_eq!(world.platform.live().figures(), (2, 2));
    assert!(second.unsubscribe(LiveChannel::Leads) && !second.unsubscribe(LiveChannel::Leads));
    drop((first, second));
    assert_eq!(world.platform.live().figures(), (0, 0));
    // Everything that is kept, with nobody listening meanwhile.
    let mut third = open(&world, &owner).await;
    third.subscribe(LiveChannel::Leads, Some(0)).await.expect("subscribed");
    assert_eq!(message(&mut third).await.0, id);
    assert_eq!(message(&mut third).await.0, id + 1);
}

#[tokio::test]
async fn what_is_no_longer_kept_is_a_gap_and_a_slow_listener_is_told_so() {
    let world = World::new().await;
    let mut slow = open(&world, &world.owner()).await;
    slow.subscribe(LiveChannel::Leads, None).await.expect("subscribed");
    let publish = async |count: u32| {
        for _ in 0..count {
            let event = Event {
                id: 0,
                event_type: EventType::LeadUpdated.as_str().to_owned(),
                conversation_id: None,
                data: json!({}),
                at: spotlight_core::ports::Clock::now(&*world.clock),
            };
            let dedup = world.platform.ids().uuid();
            world.platform.events().publish(world.organization.id, "leads", dedup, event).await.expect("published");
        }
    };
    publish(1).await;
    let (first, ..) = message(&mut slow).await;
    // As much as a bus in memory keeps, and the feed beside it.
    publish(2000).await;
    let told = loop {
        match next(&mut slow).await {
            Told::Message(_) => {}
            other => break other,
        }
    };
    assert!(matches!(told, Told::TooSlow | Told::Gap { .. }), "{told:?}");
    drop(slow);
    let mut back = open(&world, &world.owner()).await;
    let begun = back.subscribe(LiveChannel::Leads, Some(first)).await.expect("subscribed");
    assert_eq!(begun.gap, Some(begun.position + 1), "what was lost is announced");
    assert_eq!(message(&mut back).await.0, begun.position + 1);
}

#[tokio::test]
async fn a_person_has_so_many_connections() {
    let world = World::new().await;
    let owner = world.owner();
    let mut open_ones = Vec::new();
    for _ in 0..MOST {
        open_ones.push(open(&world, &owner).await);
    }
    let refused = world.platform.live().connect(&owner, None, None, MOST).await.expect_err("too many");
    assert_eq!(refused.kind(), ErrorKind::RateLimited);
    let (_, visitor) = world.visitor().await;
    drop(open(&world, &visitor).await);
    open_ones.pop();
    open(&world, &owner).await;
    let nobody = world.platform.live().connect(&Context::anonymous(), None, None, MOST).await.expect_err("nobody");
    assert_eq!(nobody.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn channels_are_for_those_who_may_see_what_is_told_there() {
    let world = World::new().await;
    let (owner, rep) = (world.owner(), world.member("rep@bikes.example", Role::SalesRep).await);
    let (conversation, visitor) = world.visitor().await;
    let (other, _) = world.visitor().await;
    let refused = async |ctx: &Context, channel| {
        let error = open(&world, ctx).await.subscribe(channel, None).await.expect_err("refused");
        error.kind()
    };
    let talk = LiveChannel::Conversation(conversation.id);
    assert_eq!(refused(&rep, talk).await, ErrorKind::NotFound);
    assert_eq!(refused(&visitor, LiveChannel::Conversation(other.id)).await, ErrorKind::NotFound);
    assert_eq!(refused(&visitor, LiveChannel::Leads).await, ErrorKind::Forbidden);
    assert_eq!(refused(&visitor, LiveChannel::Notifications).await, ErrorKind::Forbidden);
    let stranger = Context {
        organization: spotlight_core::domain::OrganizationId::from_uuid(world.platform.ids().uuid()),
        ..owner.clone()
    };
    assert_eq!(refused(&stranger, talk).await, ErrorKind::NotFound);
    let mut reader = Context::clone(&owner);
    reader.scopes = Some(vec![Scope::ConversationsRead]);
    assert_eq!(refused(&reader, LiveChannel::Leads).await, ErrorKind::Forbidden);
    open(&world, &reader).await.subscribe(talk, None).await.expect("conversations may be read");
}

#[tokio::test]
async fn a_sales_representative_hears_of_their_own_leads() {
    let world = World::new().await;
    let (owner, rep) = (world.owner(), world.member("rep@bikes.example", Role::SalesRep).await);
    world.work().await;
    let (mut all, mut own) = (open(&world, &owner).await, open(&world, &rep).await);
    for connection in [&mut all, &mut own] {
        connection.subscribe(LiveChannel::Leads, None).await.expect("subscribed");
        connection.subscribe(LiveChannel::Notifications, None).await.expect("subscribed");
    }
    let foreign = lead(&world, &owner, "foreign@example.com").await;
    let mine = lead(&world, &rep, "mine@example.com").await;
    world.work().await;
    assert_eq!(message(&mut all).await.2, json!({ "lead_id": foreign }));
    assert_eq!(message(&mut all).await.2, json!({ "lead_id": mine }));
    assert_eq!(message(&mut own).await.2, json!({ "lead_id": mine }));
    // Of what concerns the whole team's calendars, their own.
    let publish = async |kind: EventType, data: Value| {
        let event = Event {
            id: 0,
            event_type: kind.as_str().to_owned(),
            conversation_id: None,
            data,
            at: spotlight_core::ports::Clock::now(&*world.clock),
        };
        let dedup = world.platform.ids().uuid();
        let channel = "notifications";
        world.platform.events().publish(world.organization.id, channel, dedup, event).await.expect("published");
    };
    publish(EventType::WebhookEndpointDisabled, json!({ "failures": 9 })).await;
    publish(EventType::HostUpdated, json!({ "host_id": world.owner.id })).await;
    publish(EventType::HostUpdated, json!({ "host_id": rep.actor.user_id() })).await;
    assert_eq!(message(&mut all).await.1, "webhook_endpoint.disabled");
    assert_eq!(message(&mut own).await.2, json!({ "host_id": rep.actor.user_id() }));
}

#[tokio::test]
async fn a_visitor_hears_what_is_said_and_nothing_of_the_team() {
    let world = World::new().await;
    let (conversation, visitor) = world.visitor().await;
    let talk = LiveChannel::Conversation(conversation.id);
    let (mut team, mut own) = (open(&world, &world.owner()).await, open(&world, &visitor).await);
    team.subscribe(talk, None).await.expect("subscribed");
    own.subscribe(talk, None).await.expect("subscribed");
    world.model.says("Good day.");
    world.turn(&visitor, &conversation, "Hi").await;
    world.work().await;
    world.platform.conversations().take_over(&world.owner(), conversation.id, None).await.expect("taken over");
    world.work().await;
    let mut heard = Vec::new();
    while heard.last().is_none_or(|(_, kind, _)| kind != "conversation.taken_over") {
        heard.push(message(&mut team).await);
    }
    assert!(heard.iter().any(|(_, kind, _)| kind == "conversation.analyzed"), "{heard:?}");
    assert_eq!(heard.last().expect("taken over").2["taken_over_by"], json!(world.owner.id));
    for (words, speaker) in [("Hi", "user"), ("Good day.", "assistant")] {
        let (_, kind, data) = message(&mut own).await;
        assert_eq!(
            (kind.as_str(), &data["content"], &data["speaker"]),
            ("transcript_update", &json!(words), &json!(speaker))
        );
    }
    let (_, kind, data) = message(&mut own).await;
    assert_eq!((kind.as_str(), data), ("conversation.taken_over", json!({ "conversation_id": conversation.id })));
}

#[tokio::test]
async fn rights_that_change_end_what_they_no_longer_allow() {
    let world = World::new().await;
    let (owner, rep) = (world.owner(), world.member("rep@bikes.example", Role::SalesRep).await);
    let (conversation, _) = world.visitor().await;
    let talk = LiveChannel::Conversation(conversation.id);
    let assign = async |to| {
        let patch = LeadPatch { owner_id: Some(to), ..LeadPatch::default() };
        world.platform.leads().update(&owner, conversation.lead_id, patch, None).await.expect("assigned");
    };
    assign(rep.actor.user_id()).await;
    world.work().await;
    let mut connection = open(&world, &rep).await;
    connection.subscribe(talk, None).await.expect("the lead is theirs");
    connection.subscribe(LiveChannel::Leads, None).await.expect("subscribed");
    assign(Some(world.owner.id)).await;
    world.work().await;
    match next(&mut connection).await {
        Told::Ended { channel, error } => assert_eq!((channel, error.kind()), (talk, ErrorKind::NotFound)),
        other => panic!("{other:?}"),
    }
    assert_eq!(connection.positions().count(), 1, "the other channel goes on");
    let user = rep.actor.user_id().expect("a person");
    world.platform.accounts().change_role(&owner, user, Role::Manager).await.expect("a manager");
    lead(&world, &owner, "another@example.com").await;
    world.work().await;
    // A manager hears of all.
    while message(&mut connection).await.1 != "lead.created" {}
    assert_eq!(connection.context().role, Some(Role::Manager));
    world.platform.accounts().remove_member(&owner, user).await.expect("removed");
    world.work().await;
    match next(&mut connection).await {
        Told::Over(error) => assert_eq!(error.kind(), ErrorKind::Unauthenticated),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_session_or_a_token_that_is_revoked_ends_its_connections() {
    let world = World::new().await;
    let accounts = world.platform.accounts();
    let sign_in = SignIn::new("owner@bikes.example", SecretString::from("a long password"));
    let signed = accounts.sign_in(&Context::anonymous(), sign_in).await.expect("signed in");
    let made = accounts.create_token(&world.owner(), "live", vec![Scope::LeadsRead], None).await.expect("a token");
    let by_session = accounts.authenticate_session(&signed.secret).await.expect("a session");
    let by_token = accounts.authenticate_token(&made.secret).await.expect("a token");
    let live = world.platform.live();
    let mut browser = live.connect(&by_session.context, by_session.session, None, MOST).await.expect("a connection");
    let mut program = live.connect(&by_token.context, None, None, MOST).await.expect("a connection");
    accounts.revoke_session(&world.owner(), signed.session.id).await.expect("revoked");
    world.work().await;
    assert!(matches!(next(&mut browser).await, Told::Over(_)));
    assert!(timeout(Duration::from_millis(50), program.next()).await.is_err(), "a token is no session");
    accounts.revoke_token(&world.owner(), made.token.id).await.expect("revoked");
    world.work().await;
    assert!(matches!(next(&mut program).await, Told::Over(_)));
}

#[tokio::test(start_paused = true)]
async fn rights_end_within_a_minute_though_nobody_says_so() {
    let world = World::new().await;
    let (conversation, visitor) = world.visitor().await;
    let until = spotlight_core::ports::Clock::now(&*world.clock) + chrono::Duration::seconds(30);
    let mut connection = world.platform.live().connect(&visitor, None, Some(until), MOST).await.expect("a connection");
    connection.subscribe(LiveChannel::Conversation(conversation.id), None).await.expect("subscribed");
    world.clock.forward(chrono::Duration::seconds(30));
    assert!(matches!(timeout(Duration::from_mins(2), connection.next()).await, Ok(Told::Over(_))));
}
