//! Endpoints, their secrets, and what is left for them when something happens.

use std::sync::Arc;

use secrecy::ExposeSecret;
use serde_json::json;
use spotlight_core::{
    ErrorKind,
    domain::{
        WebhookEndpointId,
        destination::{Destinations, Ports},
        event::EventType,
        user::Role,
        webhook::{DeliveryStatus, WebhookDelivery},
    },
    memory::MemoryWebhookSender,
    ports::Storage,
    services::{
        Context,
        appointments::{AppointmentPatch, NewAppointment},
        webhooks::{EndpointInput, EndpointPatch, MAX_ENDPOINTS},
    },
};

use crate::{
    colleagues::{ALL, invalid, refused},
    world::{World, told},
};

fn input(events: &[&str]) -> EndpointInput {
    EndpointInput {
        url: " https://crm.example.com/hooks?a=1 ".to_owned(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        enabled: true,
    }
}

async fn deliveries(world: &World, endpoint: WebhookEndpointId) -> Vec<WebhookDelivery> {
    let found = world.platform.webhooks().deliveries(&world.owner(), endpoint, &ALL).await;
    found.expect("deliveries").items
}

#[tokio::test]
async fn a_secret_is_shown_once_and_signs_on_while_the_receiver_changes_over() {
    let world = World::new().await;
    let (mut owner, webhooks) = (world.owner(), world.platform.webhooks());
    owner.idempotency_key = Some("once".to_owned());
    let made = webhooks.create(&owner, input(&["lead.qualified", "lead.created", "lead.created"])).await.expect("it");
    assert!(made.secret.expose_secret().starts_with("whsec_") && made.secret.expose_secret().len() == 70);
    assert_eq!(made.endpoint.url, "https://crm.example.com/hooks?a=1");
    assert_eq!(made.endpoint.events, ["lead.created", "lead.qualified"]);
    let id = made.endpoint.id;
    let again = webhooks.create(&owner, input(&["lead.qualified", "lead.created", "lead.created"])).await.expect("it");
    assert_eq!((again.endpoint.id, again.secret.expose_secret()), (id, made.secret.expose_secret()));
    assert_eq!(webhooks.list(&owner).await.expect("endpoints"), [made.endpoint]);

    let rotated = webhooks.rotate_secret(&owner, id).await.expect("a new secret");
    let repeated = webhooks.rotate_secret(&owner, id).await.expect("the same secret");
    assert_eq!(rotated.secret.expose_secret(), repeated.secret.expose_secret());
    assert_ne!(rotated.secret.expose_secret(), made.secret.expose_secret());
    let stored = world.repositories().webhook_endpoints().get(world.organization.id, id).await.expect("a read");
    let stored = stored.expect("the endpoint");
    assert_eq!(stored.secret.expose(), rotated.secret.expose_secret());
    assert_eq!(stored.previous_secret.expect("the old one").expose(), made.secret.expose_secret());
    let until = stored.previous_secret_until.expect("an end");
    assert_eq!(until - stored.updated_at, chrono::Duration::hours(24));
    assert_eq!(world.done_to(id).await, ["webhook_endpoint.create", "webhook_endpoint.rotate"]);
}

#[tokio::test]
async fn a_published_event_leaves_one_delivery_for_each_endpoint_that_wants_it() {
    let world = World::new().await;
    let (owner, webhooks) = (world.owner(), world.platform.webhooks());
    let every = webhooks.create(&owner, input(&[])).await.expect("an endpoint").endpoint;
    let some = webhooks.create(&owner, input(&["lead.status_changed"])).await.expect("an endpoint").endpoint;
    let off = EndpointInput { enabled: false, ..input(&[]) };
    let off = webhooks.create(&owner, off).await.expect("an endpoint").endpoint;
    let elsewhere = world.stranger().await;
    let theirs = webhooks.create(&elsewhere, input(&[])).await.expect("an endpoint").endpoint;

    let (conversation, visitor) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("email", "ana@example.com")]), "Noted.");
    world.turn(&visitor, &conversation, "My budget is huge. Reach me at ana@example.com").await;
    world.model.uses("hand_off", json!({ "reason": "wants a person" }), "A colleague comes.");
    world.turn(&visitor, &conversation, "A person please").await;
    world.work().await;
    world.work().await;

    let sent = deliveries(&world, every.id).await;
    let count = |event: &str| sent.iter().filter(|delivery| delivery.event_type == event).count();
    assert_eq!((count("conversation.started"), count("lead.status_changed"), count("hand_off.requested")), (1, 1, 1));
    let for_webhooks = |event: &str| event.parse().is_ok_and(EventType::is_for_webhooks);
    assert!(sent.iter().all(|delivery| for_webhooks(&delivery.event_type)), "what is said stays with live listeners");
    for delivery in &sent {
        assert!(delivery.status == DeliveryStatus::Pending && delivery.next_attempt_at.is_some());
        let body = delivery.payload.to_string();
        assert!(!body.contains("ana@") && !body.contains("huge"), "no visitor's words: {body}");
    }
    let [moved] = deliveries(&world, some.id).await.try_into().expect("one delivery");
    assert_eq!(moved.payload["type"], "lead.status_changed");
    let lead = conversation.lead_id;
    assert_eq!(moved.payload["data"], json!({ "lead_id": lead, "from": "fresh", "to": "contacted" }));
    assert!(moved.payload["id"].is_string() && moved.payload["at"].is_string());
    assert_eq!(deliveries(&world, off.id).await, []);
    assert_eq!(webhooks.deliveries(&elsewhere, theirs.id, &ALL).await.expect("deliveries").items, []);
}

#[tokio::test]
async fn an_endpoint_hears_of_what_becomes_of_appointments() {
    let world = World::new().await;
    let owner = world.owner();
    let some = input(&["appointment.completed", "appointment.updated"]);
    let endpoint = world.platform.webhooks().create(&owner, some).await.expect("an endpoint").endpoint.id;
    let unheard = invalid(world.platform.webhooks().create(&owner, input(&["transcript_update"])).await);
    assert_eq!(unheard, ["events.0"]);
    let lead = world.lead(Some("ana@example.com"), None).await;
    let appointments = world.platform.appointments();
    let new = NewAppointment {
        lead_id: lead.id,
        assistant_id: world.assistant.id,
        conversation_id: None,
        host_id: None,
        starts_at: "2026-03-30T08:00:00Z".parse().expect("an instant"),
        duration_min: None,
        time_zone: chrono_tz::Europe::Berlin,
        meeting_type: None,
        notes: None,
    };
    let booked = appointments.create(&owner, new).await.expect("an appointment");
    let patch = AppointmentPatch { notes: Some(Some("Bring a helmet".to_owned())), ..AppointmentPatch::default() };
    appointments.update(&owner, booked.id, patch, None).await.expect("changed");
    appointments.complete(&owner, booked.id, None).await.expect("it took place");
    world.work().await;
    let mut heard: Vec<_> = deliveries(&world, endpoint).await.into_iter().map(|it| it.event_type).collect();
    heard.sort();
    assert_eq!(heard, ["appointment.completed", "appointment.updated"]);
}

#[tokio::test]
async fn a_delivery_that_has_ended_is_sent_again_by_hand() {
    let world = World::new().await;
    let (owner, webhooks) = (world.owner(), world.platform.webhooks());
    let endpoint = webhooks.create(&owner, input(&["lead.created"])).await.expect("an endpoint").endpoint.id;
    world.lead(Some("ana@example.com"), None).await;
    world.work().await;
    let [delivery] = deliveries(&world, endpoint).await.try_into().expect("one delivery");
    refused(webhooks.replay(&owner, endpoint, delivery.id).await, ErrorKind::Conflict);
    let failed = WebhookDelivery { status: DeliveryStatus::Failed, next_attempt_at: None, ..delivery.clone() };
    let unit = world.storage.begin().await.expect("a unit");
    unit.webhook_deliveries().update(&failed).await.expect("an end");
    unit.commit().await.expect("a commit");

    let off = EndpointInput { enabled: false, ..input(&[]) };
    webhooks.update(&owner, endpoint, off, None).await.expect("switched off");
    refused(webhooks.replay(&owner, endpoint, delivery.id).await, ErrorKind::Conflict);
    webhooks.update(&owner, endpoint, input(&[]), None).await.expect("switched on");
    let keyed = Context { idempotency_key: Some("once".to_owned()), ..owner.clone() };
    let again = webhooks.replay(&keyed, endpoint, delivery.id).await.expect("it waits again");
    assert_eq!((again.status, again.payload), (DeliveryStatus::Pending, delivery.payload));
    let same = webhooks.replay(&keyed, endpoint, delivery.id).await.expect("the same request has been answered");
    assert_eq!((same.id, same.status), (delivery.id, DeliveryStatus::Pending));
    assert_eq!(deliveries(&world, endpoint).await[0].status, DeliveryStatus::Pending);
    assert_eq!(world.done_to(delivery.id).await, ["webhook_delivery.replay"]);

    let other = webhooks.create(&owner, input(&[])).await.expect("an endpoint").endpoint.id;
    refused(webhooks.replay(&owner, other, delivery.id).await, ErrorKind::NotFound);
    refused(webhooks.replay(&keyed, other, delivery.id).await, ErrorKind::Validation);
    webhooks.delete(&owner, endpoint).await.expect("gone");
    refused(webhooks.deliveries(&owner, endpoint, &ALL).await, ErrorKind::NotFound);
    refused(webhooks.delete(&owner, endpoint).await, ErrorKind::NotFound);
}

#[tokio::test]
async fn endpoints_are_administrators_own() {
    let world = World::new().await;
    let webhooks = world.platform.webhooks();
    let admin = world.colleague(Role::Admin).await;
    let id = webhooks.create(&admin, input(&[])).await.expect("an endpoint").endpoint.id;
    let (manager, stranger) = (world.colleague(Role::Manager).await, world.stranger().await);
    for (ctx, kind) in [(&manager, ErrorKind::Forbidden), (&stranger, ErrorKind::NotFound)] {
        refused(webhooks.get(ctx, id).await, kind);
        refused(webhooks.update(ctx, id, input(&[]), None).await, kind);
        refused(webhooks.rotate_secret(ctx, id).await, kind);
        refused(webhooks.deliveries(ctx, id, &ALL).await, kind);
        refused(webhooks.delete(ctx, id).await, kind);
    }
    refused(webhooks.create(&manager, input(&[])).await, ErrorKind::Forbidden);
    assert_eq!(webhooks.list(&stranger).await.expect("endpoints"), []);
    refused(webhooks.update(&admin, id, input(&[]), Some(7)).await, ErrorKind::StaleVersion);
    for _ in 1..MAX_ENDPOINTS {
        webhooks.create(&admin, input(&[])).await.expect("an endpoint");
    }
    refused(webhooks.create(&admin, input(&[])).await, ErrorKind::Conflict);
}

#[tokio::test]
async fn a_bad_endpoint_is_refused_with_every_reason() {
    let world = World::new().await;
    let (owner, webhooks) = (world.owner(), world.platform.webhooks());
    for url in [
        "",
        "ftp://example.com",
        "https://",
        "https:///path",
        "https://:80/",
        "http://a b.example",
        "https://u:p@x.example/",
        "https://x.example\\y",
    ] {
        let wrong = EndpointInput { url: url.to_owned(), events: vec!["lead.*".to_owned()], enabled: true };
        assert_eq!(invalid(webhooks.create(&owner, wrong).await), ["events.0", "url"], "{url}");
    }
    assert_eq!(webhooks.list(&owner).await.expect("endpoints"), []);
}

#[tokio::test]
async fn an_address_that_requests_do_not_go_to_is_refused_when_it_is_given() {
    let sender = Arc::new(MemoryWebhookSender::new());
    let world = World::with_webhooks(sender.clone()).await;
    let (owner, webhooks) = (world.owner(), world.platform.webhooks());
    let at = |url: &str| EndpointInput { url: url.to_owned(), ..input(&[]) };
    let id = webhooks.create(&owner, input(&[])).await.expect("an endpoint").endpoint.id;
    for url in ["http://crm.example.com/", "https://10.0.0.1/", "https://localhost/", "https://169.254.169.254/"] {
        assert_eq!(invalid(webhooks.create(&owner, at(url)).await), ["url"], "{url}");
        assert_eq!(invalid(webhooks.update(&owner, id, at(url), None).await), ["url"], "{url}");
    }
    assert_eq!(webhooks.list(&owner).await.expect("endpoints").len(), 1);

    // A deployment that sends there takes them.
    let own = Destinations { plain_http: true, private_networks: true, ports: Ports::Any };
    sender.allow(own);
    let inner = webhooks.create(&owner, at("http://localhost:9000/")).await.expect("an endpoint").endpoint.id;
    // When it no longer does, what is there can still be switched off.
    sender.allow(Destinations::default());
    let off = EndpointPatch { enabled: Some(false), ..EndpointPatch::default() };
    assert!(!webhooks.change(&owner, inner, off, None).await.expect("switched off").enabled);
    let moved = EndpointPatch { url: Some("http://localhost:9001/".to_owned()), ..EndpointPatch::default() };
    assert_eq!(invalid(webhooks.change(&owner, inner, moved, None).await), ["url", "url", "url"]);
}

#[tokio::test]
async fn an_endpoint_is_tried_with_an_event_that_means_nothing() {
    let world = World::new().await;
    let (mut owner, webhooks) = (world.owner(), world.platform.webhooks());
    let id = webhooks.create(&owner, input(&["lead.created"])).await.expect("an endpoint").endpoint.id;
    owner.idempotency_key = Some("once".to_owned());
    let left = webhooks.test(&owner, id).await.expect("a delivery");
    assert_eq!((left.event_type.as_str(), left.status), ("webhook.test", DeliveryStatus::Pending));
    assert_eq!(webhooks.test(&owner, id).await.expect("the same").id, left.id);
    assert_eq!(webhooks.delivery(&owner, id, left.id).await.expect("it"), left);
    let stranger = world.stranger().await;
    refused(webhooks.delivery(&stranger, id, left.id).await, ErrorKind::NotFound);
    refused(webhooks.test(&stranger, id).await, ErrorKind::NotFound);
    let other = webhooks.create(&world.owner(), input(&[])).await.expect("an endpoint").endpoint.id;
    refused(webhooks.delivery(&owner, other, left.id).await, ErrorKind::NotFound);
    let manager = world.colleague(Role::Manager).await;
    refused(webhooks.test(&manager, id).await, ErrorKind::Forbidden);
    refused(webhooks.delivery(&manager, id, left.id).await, ErrorKind::Forbidden);
    let off = EndpointPatch { enabled: Some(false), ..EndpointPatch::default() };
    let changed = webhooks.change(&owner, id, off, None).await.expect("switched off");
    assert_eq!((changed.enabled, changed.events.as_slice()), (false, &["lead.created".to_owned()][..]));
    owner.idempotency_key = None;
    refused(webhooks.test(&owner, id).await, ErrorKind::Conflict);
    let stale = EndpointPatch { enabled: Some(true), ..EndpointPatch::default() };
    refused(webhooks.change(&owner, id, stale, Some(1)).await, ErrorKind::StaleVersion);
}
