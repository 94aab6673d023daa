//! Appointments: what the tool refuses, moving, calling off, and what both sides are told.

use chrono::Duration;
use futures::StreamExt;
use serde_json::{Value, json};
use spotlight_core::{
    Context, ErrorKind,
    domain::{
        appointment::{Appointment, AppointmentStatus},
        conversation::Conversation,
        time::Timestamp,
    },
    ports::{AppointmentFilter, Heard, Order, Paging},
    services::{
        appointments::NewAppointment,
        leads::{LeadPatch, NewLead},
    },
};

use crate::world::{World, told};

/// Monday, ten o'clock in Berlin.
const TEN: &str = "2026-03-30T08:00:00Z";
/// An hour later.
const ELEVEN: &str = "2026-03-30T09:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// One turn in which the model uses the calendar; gives what it was told.
async fn calendar(world: &World, ctx: &Context, talk: &Conversation, action: &str, starts_at: &str) -> (bool, Value) {
    let arguments = json!({ "action": action, "starts_at": starts_at, "host_id": world.owner.id });
    world.model.uses("book_appointment", arguments, "Well.");
    world.turn(ctx, talk, "That time").await;
    let answer = world.model.answers().pop().expect("an answer");
    (answer.ok, answer.content)
}

/// A visitor who has given an address.
async fn reachable(world: &World, address: &str) -> (Conversation, Context) {
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("email", address)]), "Noted.");
    world.turn(&ctx, &conversation, address).await;
    (conversation, ctx)
}

async fn all(world: &World) -> Vec<Appointment> {
    let list = world.platform.appointments();
    list.list(&world.owner(), AppointmentFilter::default(), Order::Asc, &Paging::FIRST).await.expect("a list").items
}

/// The next so many notifications from the beginning.
async fn notified(world: &World, count: usize) -> Vec<String> {
    let bus = world.platform.events();
    let mut events = bus.subscribe(world.organization.id, "notifications", Some(0)).await.expect("a subscription");
    let mut types = Vec::new();
    while types.len() < count {
        if let Some(Ok(Heard::Event(event))) = events.next().await {
            types.push(event.event_type);
        }
    }
    types
}

#[tokio::test]
async fn the_tool_keeps_notice_and_horizon() {
    let world = World::new().await;
    let (conversation, ctx) = reachable(&world, "ana@example.com").await;
    // In the host's hours, but in half an hour; and in 31 days.
    for starts_at in ["2026-03-25T10:30:00Z", "2026-04-27T08:00:00Z"] {
        for action in ["hold", "book"] {
            let (ok, content) = calendar(&world, &ctx, &conversation, action, starts_at).await;
            assert!(!ok, "{action} {starts_at}");
            assert!(content["error"].as_str().expect("a reason").contains("choose a free time"));
        }
    }
    assert!(all(&world).await.is_empty());
    assert!(calendar(&world, &ctx, &conversation, "hold", TEN).await.0);
}

#[tokio::test]
async fn an_instant_at_the_end_of_the_calendar_is_refused() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    for at in ["+262142-12-31T00:00:00Z", "-262143-01-01T00:00:00Z"] {
        world.model.uses("book_appointment", json!({ "action": "find", "at": at }), "Well.");
        world.turn(&ctx, &conversation, "In a while").await;
        assert!(!world.model.answers().pop().expect("an answer").ok);
    }
}

#[tokio::test]
async fn an_expired_hold_is_booked_while_the_time_is_free() {
    let world = World::new().await;
    let (ana, ana_ctx) = reachable(&world, "ana@example.com").await;
    let (ben, ben_ctx) = reachable(&world, "ben@example.com").await;
    assert!(calendar(&world, &ana_ctx, &ana, "hold", TEN).await.0);
    assert!(!calendar(&world, &ben_ctx, &ben, "hold", TEN).await.0, "it is held");
    world.clock.forward(Duration::minutes(6));
    assert!(calendar(&world, &ana_ctx, &ana, "book", TEN).await.0, "nobody else wanted it");
    assert!(calendar(&world, &ben_ctx, &ben, "hold", ELEVEN).await.0);
    world.clock.forward(Duration::minutes(6));
    let (cleo, cleo_ctx) = reachable(&world, "cleo@example.com").await;
    assert!(calendar(&world, &cleo_ctx, &cleo, "book", ELEVEN).await.0, "an expired hold keeps nobody away");
    let (ok, content) = calendar(&world, &ben_ctx, &ben, "book", ELEVEN).await;
    assert!(!ok, "{content}");
    assert_eq!(all(&world).await.len(), 2);
}

#[tokio::test]
async fn one_appointment_a_conversation_and_the_same_again_is_the_same() {
    let world = World::new().await;
    let (conversation, ctx) = reachable(&world, "ana@example.com").await;
    let (_, first) = calendar(&world, &ctx, &conversation, "book", TEN).await;
    let (ok, again) = calendar(&world, &ctx, &conversation, "book", TEN).await;
    assert!(ok);
    assert_eq!(again["appointment_id"], first["appointment_id"]);
    let (ok, other) = calendar(&world, &ctx, &conversation, "book", ELEVEN).await;
    assert!(!ok && other["error"].as_str().expect("a reason").contains("reschedule"));
    assert_eq!(all(&world).await.len(), 1);
}

#[tokio::test]
async fn moving_frees_the_former_time_or_changes_nothing() {
    let world = World::new().await;
    let (ana, ana_ctx) = reachable(&world, "ana@example.com").await;
    let (ben, ben_ctx) = reachable(&world, "ben@example.com").await;
    assert!(!calendar(&world, &ana_ctx, &ana, "reschedule", TEN).await.0, "there is nothing to move");
    assert!(calendar(&world, &ana_ctx, &ana, "book", TEN).await.0);
    assert!(calendar(&world, &ben_ctx, &ben, "book", ELEVEN).await.0);
    let before = all(&world).await;
    let (ok, content) = calendar(&world, &ana_ctx, &ana, "reschedule", ELEVEN).await;
    assert!(!ok && content.get("invalid").is_none(), "{content}");
    assert_eq!(all(&world).await, before, "a time that is taken leaves everything as it was");
    assert!(world.stored(&ana).await.state.booked);

    let twelve = "2026-03-30T10:00:00Z";
    assert!(calendar(&world, &ana_ctx, &ana, "hold", twelve).await.0);
    let (ok, moved) = calendar(&world, &ana_ctx, &ana, "reschedule", twelve).await;
    assert!(ok, "the conversation's own hold is not in the way: {moved}");
    let after = all(&world).await;
    let own = after.iter().find(|one| one.conversation_id == Some(ana.id)).expect("the appointment");
    assert_eq!((own.id, own.starts_at, own.sequence), (before[0].id, at(twelve), 1));
    let stored = world.stored(&ana).await;
    assert!(stored.state.booked && stored.state.held.is_none());
    // The former time is free again, and so is the hold's row.
    assert!(calendar(&world, &ben_ctx, &ben, "reschedule", TEN).await.0);
    world.work().await;
    assert_eq!(notified(&world, 4).await[2..], ["appointment.rescheduled", "appointment.rescheduled"]);
}

#[tokio::test]
async fn a_visitor_who_calls_off_is_heard_by_the_team_and_frees_every_time() {
    let world = World::new().await;
    let (conversation, ctx) = reachable(&world, "ana@example.com").await;
    assert!(calendar(&world, &ctx, &conversation, "book", TEN).await.0);
    assert!(calendar(&world, &ctx, &conversation, "hold", ELEVEN).await.0);
    world.model.uses("book_appointment", json!({ "action": "cancel" }), "Cancelled.");
    world.turn(&ctx, &conversation, "Cancel it").await;
    let stored = world.stored(&conversation).await;
    assert!(!stored.state.booked && stored.state.held.is_none());
    let appointment = all(&world).await.pop().expect("the appointment");
    assert_eq!(appointment.status, AppointmentStatus::Cancelled);
    world.work().await;
    assert_eq!(notified(&world, 2).await, ["appointment.booked", "appointment.cancelled"]);
    let (other, other_ctx) = reachable(&world, "ben@example.com").await;
    assert!(calendar(&world, &other_ctx, &other, "hold", TEN).await.0);
    assert!(calendar(&world, &other_ctx, &other, "hold", ELEVEN).await.0);
}

#[tokio::test]
async fn a_visitor_whose_details_are_kept_for_review_can_book() {
    let world = World::new().await;
    let owner = world.owner();
    for (email, phone) in [(Some("ana@example.com"), None), (None, Some("+351912345678"))] {
        let new = NewLead { email: email.map(str::to_owned), phone: phone.map(str::to_owned), ..NewLead::default() };
        world.platform.leads().create(&owner, new).await.expect("a lead");
    }
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("email", "ana@example.com"), ("phone", "+351912345678")]), "Noted.");
    world.turn(&ctx, &conversation, "ana@example.com, +351912345678").await;
    let (ok, content) = calendar(&world, &ctx, &conversation, "book", TEN).await;
    assert!(ok, "{content}");
}

fn new(world: &World, lead: &spotlight_core::domain::lead::Lead) -> NewAppointment {
    NewAppointment {
        lead_id: lead.id,
        assistant_id: world.assistant.id,
        conversation_id: None,
        host_id: None,
        starts_at: at(TEN),
        duration_min: None,
        time_zone: chrono_tz::Europe::Berlin,
        meeting_type: None,
        notes: None,
    }
}

async fn lead(world: &World) -> spotlight_core::domain::lead::Lead {
    let lead = NewLead { email: Some("ana@example.com".to_owned()), ..NewLead::default() };
    world.platform.leads().create(&world.owner(), lead).await.expect("a lead")
}

#[tokio::test]
async fn moving_to_the_same_time_changes_nothing_and_reminders_go_out() {
    let world = World::new().await;
    let (owner, appointments) = (world.owner(), world.platform.appointments());
    let lead = lead(&world).await;
    let booked = appointments.create(&owner, new(&world, &lead)).await.expect("an appointment");
    let same = appointments.reschedule(&owner, booked.id, booked.starts_at, None).await.expect("nothing to do");
    assert_eq!(same, booked);
    world.work().await;
    assert_eq!(world.mailer.sent().len(), 2);
    world.clock.forward(Duration::hours(96));
    world.work().await;
    assert_eq!(world.mailer.sent().len(), 4, "both sides are reminded");
    let moved = appointments.reschedule(&owner, booked.id, at("2026-03-30T12:00:00Z"), None).await.expect("moved");
    assert_eq!(moved.sequence, 1);
}

#[tokio::test]
async fn the_team_books_the_assistants_hosts_and_the_leads_conversations() {
    let world = World::new().await;
    let (owner, appointments) = (world.owner(), world.platform.appointments());
    let lead = lead(&world).await;
    let stranger = spotlight_core::domain::UserId::from_uuid(uuid::Uuid::from_u128(7));
    let foreign = NewAppointment { host_id: Some(stranger), ..new(&world, &lead) };
    let refused = appointments.create(&owner, foreign).await.expect_err("no host of the assistant");
    assert_eq!((refused.kind(), refused.violations()[0].field.as_str()), (ErrorKind::Validation, "host_id"));
    let (other, _) = world.visitor().await;
    let foreign = NewAppointment { conversation_id: Some(other.id), ..new(&world, &lead) };
    let refused = appointments.create(&owner, foreign).await.expect_err("another lead's conversation");
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    let padded = NewAppointment { notes: Some("  Bring a helmet \n".to_owned()), ..new(&world, &lead) };
    let booked = appointments.create(&owner, padded).await.expect("an appointment");
    assert_eq!((booked.host_id, booked.notes.as_deref()), (world.owner.id, Some("Bring a helmet")));
}

#[tokio::test]
async fn what_became_of_an_appointment_is_final() {
    let world = World::new().await;
    let (owner, appointments) = (world.owner(), world.platform.appointments());
    let lead = lead(&world).await;
    let kept = appointments.create(&owner, new(&world, &lead)).await.expect("an appointment");
    let missed = NewAppointment { starts_at: at(ELEVEN), ..new(&world, &lead) };
    let missed = appointments.create(&owner, missed).await.expect("an appointment");
    let kept = appointments.complete(&owner, kept.id, Some(kept.version)).await.expect("it took place");
    assert_eq!(kept.status, AppointmentStatus::Completed);
    let missed = appointments.no_show(&owner, missed.id, None).await.expect("nobody came");
    assert_eq!(missed.status, AppointmentStatus::NoShow);
    for id in [kept.id, missed.id] {
        let cancelled = appointments.cancel(&owner, id, None, None).await;
        assert_eq!(cancelled.expect_err("it is over").kind(), ErrorKind::Conflict);
        let moved = appointments.reschedule(&owner, id, at("2026-03-31T08:00:00Z"), None).await;
        assert_eq!(moved.expect_err("it is over").kind(), ErrorKind::Conflict);
    }
}

#[tokio::test]
async fn calling_off_again_changes_nothing() {
    let world = World::new().await;
    let (owner, appointments) = (world.owner(), world.platform.appointments());
    let lead = lead(&world).await;
    let booked = appointments.create(&owner, new(&world, &lead)).await.expect("an appointment");
    let off = appointments.cancel(&owner, booked.id, Some("Ana is ill".to_owned()), None).await.expect("called off");
    world.work().await;
    let (sent, done) = (world.mailer.sent().len(), world.done_to(booked.id).await);
    for reason in [Some("The host is ill".to_owned()), None] {
        let again = appointments.cancel(&owner, booked.id, reason, Some(off.version)).await.expect("nothing to do");
        assert_eq!(again, off);
    }
    world.work().await;
    assert_eq!(all(&world).await, [off]);
    assert_eq!((world.mailer.sent().len(), world.done_to(booked.id).await), (sent, done));
    // What comes next is the next that was told.
    let later = NewAppointment { starts_at: at(ELEVEN), ..new(&world, &lead) };
    appointments.create(&owner, later).await.expect("an appointment");
    world.work().await;
    assert_eq!(notified(&world, 3).await, ["appointment.booked", "appointment.cancelled", "appointment.booked"]);
}

/// Who was invited so far, in order.
async fn invited(world: &World) -> Vec<String> {
    world.work().await;
    let sent = world.mailer.sent().into_iter().filter(|message| !message.attachments.is_empty());
    sent.map(|message| message.to.to_string()).collect()
}

/// One turn in which the model notes what the visitor told.
async fn tells(world: &World, ctx: &Context, talk: &Conversation, details: &[(&str, &str)]) {
    world.model.uses("capture_lead", told(details), "Noted.");
    world.turn(ctx, talk, "These are my details").await;
    assert!(world.model.answers().last().expect("an answer").ok);
}

#[tokio::test]
async fn a_corrected_address_is_invited_and_reminded() {
    let world = World::new().await;
    let (talk, ctx) = reachable(&world, "ana@wrong.example").await;
    assert!(calendar(&world, &ctx, &talk, "book", TEN).await.0);
    assert_eq!(invited(&world).await, ["ana@wrong.example", "owner@bikes.example"]);
    for _ in 0..2 {
        tells(&world, &ctx, &talk, &[("email", "ana@example.com")]).await;
        assert_eq!(invited(&world).await[2..], ["ana@example.com"], "once, and the host not again");
    }
    // The team corrects it once more.
    let (owner, leads) = (world.owner(), world.platform.leads());
    let patch = |email: &str| LeadPatch { email: Some(Some(email.to_owned())), ..LeadPatch::default() };
    leads.update(&owner, talk.lead_id, patch("ana.reis@example.com"), None).await.expect("another address");
    assert_eq!(invited(&world).await[3..], ["ana.reis@example.com"]);
    leads.update(&owner, talk.lead_id, patch("ana@example.com"), None).await.expect("the former address");
    assert_eq!(invited(&world).await.len(), 4, "they have their invitation");
    world.clock.forward(Duration::hours(96));
    world.work().await;
    let last: Vec<_> = world.mailer.sent()[4..].iter().map(|message| message.to.to_string()).collect();
    assert_eq!(last, ["ana@example.com", "owner@bikes.example"], "reminders follow the address");
}

#[tokio::test]
async fn an_address_that_is_given_after_booking_is_invited() {
    let world = World::new().await;
    let (talk, ctx) = world.visitor().await;
    tells(&world, &ctx, &talk, &[("phone", "+351912345678")]).await;
    assert!(calendar(&world, &ctx, &talk, "book", TEN).await.0);
    assert_eq!(invited(&world).await, ["owner@bikes.example"]);
    tells(&world, &ctx, &talk, &[("email", "ana@example.com")]).await;
    assert_eq!(invited(&world).await[1..], ["ana@example.com"]);
    // What is over or called off concerns nobody any more.
    let cancelled = world.platform.appointments().cancel(&world.owner(), all(&world).await[0].id, None, None).await;
    cancelled.expect("called off");
    assert_eq!(invited(&world).await.len(), 4, "both hear that it is off");
    tells(&world, &ctx, &talk, &[("email", "ana.reis@example.com")]).await;
    assert_eq!(invited(&world).await.len(), 4);
}

#[tokio::test]
async fn an_address_that_is_kept_for_review_gets_the_appointments_facts_and_no_leads() {
    let world = World::new().await;
    let (owner, leads) = (world.owner(), world.platform.leads());
    for (name, email, phone) in
        [("Anabela Reis", Some("ana@example.com"), None), ("Bento Dias", None, Some("+351912345678"))]
    {
        let new = NewLead {
            name: Some(name.to_owned()),
            email: email.map(str::to_owned),
            phone: phone.map(str::to_owned),
            company: Some("Reis Lda".to_owned()),
            ..NewLead::default()
        };
        leads.create(&owner, new).await.expect("a lead");
    }
    let (talk, ctx) = world.visitor().await;
    tells(&world, &ctx, &talk, &[("email", "ana@example.com"), ("phone", "+351912345678")]).await;
    assert_eq!(leads.get(&owner, talk.lead_id).await.expect("the lead").email, None, "a person must look");
    assert!(calendar(&world, &ctx, &talk, "book", TEN).await.0);
    assert_eq!(invited(&world).await, ["ana@example.com", "owner@bikes.example"]);
    world.clock.forward(Duration::hours(96));
    world.work().await;
    let sent = world.mailer.sent();
    let to: Vec<_> = sent.iter().map(|message| message.to.to_string()).collect();
    assert_eq!(to[2..], ["ana@example.com", "owner@bikes.example"], "reminders too");
    for message in &sent {
        let files = message.attachments.iter().map(|file| String::from_utf8_lossy(&file.body).into_owned());
        let said = format!("{}{}{}", message.subject, message.text, files.collect::<String>());
        for held in ["Anabela", "Bento", "Reis Lda", "912345678"] {
            assert!(!said.contains(held), "{said}");
        }
    }
}

#[tokio::test]
async fn accepting_or_merging_another_address_invites_it() {
    let world = World::new().await;
    let (owner, leads) = (world.owner(), world.platform.leads());
    let known = NewLead { phone: Some("+351912345678".to_owned()), ..NewLead::default() };
    let known = leads.create(&owner, known).await.expect("a lead").id;
    let (talk, ctx) = world.visitor().await;
    tells(&world, &ctx, &talk, &[("phone", "+351912345678"), ("email", "ana@example.com")]).await;
    assert_eq!(world.stored(&talk).await.lead_id, known);
    assert!(calendar(&world, &ctx, &talk, "book", TEN).await.0);
    assert_eq!(invited(&world).await, ["ana@example.com", "owner@bikes.example"], "typed here, proposed for the lead");
    tells(&world, &ctx, &talk, &[("email", "ana.reis@example.com")]).await;
    assert_eq!(invited(&world).await[2..], ["ana.reis@example.com"]);
    let proposals = leads.proposals(&owner, known).await.expect("proposals");
    let first = proposals.iter().find(|one| one.value == "ana@example.com").expect("a proposal").id;
    leads.decide_proposal(&owner, known, first, true, None).await.expect("accepted");
    assert_eq!(invited(&world).await.len(), 3, "they have their invitation");
    let other = world.lead(Some("a.reis@example.com"), None).await.id;
    leads.merge(&owner, known, other, None).await.expect("one lead");
    assert_eq!(invited(&world).await[3..], ["a.reis@example.com"]);
}
