//! Deliveries to webhook endpoints: signed, tried again, recorded, and given up in the end.

use std::sync::Arc;

use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;
use spotlight_core::{
    Error, ErrorKind, Spotlight,
    domain::{
        WebhookEndpointId,
        webhook::{DeliveryStatus, DisabledReason, WebhookDelivery},
    },
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryWebhookSender},
    ports::{WebhookAnswer, WebhookRequest},
    scripted::ScriptedChatModel,
    services::webhooks::{EndpointInput, EndpointPatch},
};

use crate::{colleagues::ALL, world::World};

fn input() -> EndpointInput {
    let url = "https://crm.example.com/hooks".to_owned();
    EndpointInput { url, events: vec!["lead.created".to_owned()], enabled: true }
}

/// A world with an endpoint, its secret, and what is sent to it.
struct Place {
    world: World,
    sender: Arc<MemoryWebhookSender>,
    endpoint: WebhookEndpointId,
    secret: String,
}

impl Place {
    async fn new() -> Self {
        let sender = Arc::new(MemoryWebhookSender::new());
        let world = World::with_webhooks(sender.clone()).await;
        let made = world.platform.webhooks().create(&world.owner(), input()).await.expect("an endpoint");
        let secret = made.secret.expose_secret().to_owned();
        Self { world, sender, endpoint: made.endpoint.id, secret }
    }

    /// Something to tell, and the work that tells it.
    async fn happens(&self) {
        self.world.lead(Some("ana@example.com"), None).await;
        self.world.work().await;
    }

    async fn delivery(&self) -> WebhookDelivery {
        let list = self.world.platform.webhooks().deliveries(&self.world.owner(), self.endpoint, &ALL).await;
        let [delivery] = list.expect("deliveries").items.try_into().expect("one delivery");
        delivery
    }
}

fn answered(status: u16) -> WebhookAnswer {
    WebhookAnswer::of(status)
}

fn header<'a>(request: &'a WebhookRequest, name: &str) -> &'a str {
    let found = request.headers.iter().find(|(named, _)| *named == name);
    found.map(|(_, value)| value.as_str()).expect("a header")
}

fn signature(secret: &str, request: &WebhookRequest) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(header(request, "x-timestamp").as_bytes());
    mac.update(b".");
    mac.update(&request.body);
    mac.finalize().into_bytes().iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

#[tokio::test]
async fn a_delivery_is_signed_and_recorded() {
    let place = Place::new().await;
    place.happens().await;
    let [request] = place.sender.sent().try_into().expect("one request");
    assert_eq!(request.url, "https://crm.example.com/hooks");
    assert_eq!(header(&request, "x-signature"), signature(&place.secret, &request));
    assert_eq!(header(&request, "x-timestamp"), place.world.platform.clock().now().timestamp().to_string());
    let delivery = place.delivery().await;
    let body: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!(body, delivery.payload);
    assert_eq!((delivery.status, delivery.next_attempt_at), (DeliveryStatus::Delivered, None));
    assert_eq!(delivery.attempts.iter().map(|attempt| attempt.status).collect::<Vec<_>>(), [Some(200)]);
    assert!(!format!("{request:?}").contains("sha256"), "signatures are not printed");

    let rotated = place.world.platform.webhooks().rotate_secret(&place.world.owner(), place.endpoint).await;
    let rotated = rotated.expect("a new secret").secret.expose_secret().to_owned();
    place.world.platform.webhooks().replay(&place.world.owner(), place.endpoint, delivery.id).await.expect("again");
    place.world.work().await;
    let again = place.sender.sent().pop().expect("a request");
    let both = format!("{}, {}", signature(&rotated, &again), signature(&place.secret, &again));
    assert_eq!(header(&again, "x-signature"), both, "the receiver changes over");
    assert_eq!((again.body, place.delivery().await.attempts.len()), (request.body, 2));
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_asked_no_more() {
    let place = Place::new().await;
    place.sender.answers(Ok(answered(410)));
    place.happens().await;
    let delivery = place.delivery().await;
    assert_eq!((delivery.status, delivery.attempts.len()), (DeliveryStatus::Failed, 1));
    let (owner, webhooks) = (place.world.owner(), place.world.platform.webhooks());
    let shown = webhooks.get(&owner, place.endpoint).await.expect("the endpoint");
    assert_eq!((shown.enabled, shown.disabled_reason), (false, Some(DisabledReason::Gone)));
    assert_eq!((shown.disabled_at, shown.consecutive_failures), (Some(place.world.platform.clock().now()), 1));
    let audited = place.world.done_to(place.endpoint).await;
    assert!(audited.contains(&"webhook_endpoint.disable".to_owned()), "{audited:?}");
    place.world.lead(Some("eva@example.com"), None).await;
    place.world.work().await;
    assert_eq!(place.sender.sent().len(), 1, "nothing more goes there");
    // Whoever switches it on again says that it is back.
    let on = EndpointPatch { enabled: Some(true), ..EndpointPatch::default() };
    let shown = webhooks.change(&owner, place.endpoint, on, None).await.expect("switched on");
    assert_eq!((shown.enabled, shown.disabled_at, shown.disabled_reason), (true, None, None));
}

#[tokio::test]
async fn a_receiver_that_is_away_is_asked_again() {
    let place = Place::new().await;
    place.sender.answers(Ok(answered(503)));
    place.sender.answers(Err(Error::new(ErrorKind::Unavailable, "no answer")));
    place.happens().await;
    let delivery = place.delivery().await;
    assert_eq!(delivery.status, DeliveryStatus::Pending);
    assert!(delivery.next_attempt_at > Some(place.world.platform.clock().now()));
    for _ in 0..2 {
        place.world.clock.forward(Duration::seconds(5));
        place.world.work().await;
    }
    let delivery = place.delivery().await;
    assert_eq!(delivery.status, DeliveryStatus::Delivered);
    let told: Vec<_> = delivery.attempts.iter().map(|attempt| (attempt.status, attempt.error.as_deref())).collect();
    assert_eq!(told, [(Some(503), Some("the receiver answered 503")), (None, Some("no answer")), (Some(200), None)]);
    let stored = place.world.platform.webhooks().get(&place.world.owner(), place.endpoint).await.expect("it");
    assert_eq!((stored.consecutive_failures, stored.enabled), (0, true));
}

#[tokio::test]
async fn a_receiver_that_names_a_time_is_asked_then() {
    let place = Place::new().await;
    let retry_after = Some(std::time::Duration::from_mins(10));
    place.sender.answers(Ok(WebhookAnswer { retry_after, ..answered(429) }));
    place.happens().await;
    place.world.clock.forward(Duration::minutes(9));
    place.world.work().await;
    assert_eq!(place.sender.sent().len(), 1);
    place.world.clock.forward(Duration::minutes(2));
    place.world.work().await;
    assert_eq!(place.delivery().await.status, DeliveryStatus::Delivered);
}

#[tokio::test]
async fn an_endpoint_that_fails_for_days_is_switched_off() {
    let place = Place::new().await;
    for _ in 0..25 {
        place.sender.answers(Ok(answered(500)));
    }
    place.happens().await;
    for _ in 1..25 {
        place.world.clock.forward(Duration::hours(8));
        place.world.work().await;
    }
    let delivery = place.delivery().await;
    assert_eq!((delivery.status, delivery.attempts.len()), (DeliveryStatus::Failed, 25));
    let stored = place.world.platform.webhooks().get(&place.world.owner(), place.endpoint).await.expect("it");
    assert_eq!((stored.enabled, stored.consecutive_failures), (false, 25));
    assert!(stored.disabled_at.is_some() && stored.disabled_reason == Some(DisabledReason::Failures));
    let audited: Vec<_> = place.world.audited().await.into_iter().map(|entry| entry.action).collect();
    assert!(audited.contains(&"webhook_endpoint.disable".to_owned()), "{audited:?}");
    place.world.lead(Some("bob@example.com"), None).await;
    place.world.work().await;
    assert_eq!(place.sender.sent().len(), 25, "nothing more is sent");
}

#[tokio::test]
async fn an_endpoint_that_was_switched_off_hears_nothing_more() {
    let place = Place::new().await;
    place.sender.answers(Ok(answered(500)));
    place.happens().await;
    let off = EndpointInput { enabled: false, ..input() };
    place
        .world
        .platform
        .webhooks()
        .update(&place.world.owner(), place.endpoint, off, None)
        .await
        .expect("switched off");
    place.world.clock.forward(Duration::hours(1));
    place.world.work().await;
    assert_eq!((place.sender.sent().len(), place.delivery().await.status), (1, DeliveryStatus::Failed));
}

#[tokio::test]
async fn what_a_receiver_refuses_for_good_is_not_sent_again() {
    for status in [301, 400, 401, 404, 422] {
        let place = Place::new().await;
        place.sender.answers(Ok(answered(status)));
        place.happens().await;
        let delivery = place.delivery().await;
        assert_eq!((delivery.status, delivery.next_attempt_at), (DeliveryStatus::Failed, None), "{status}");
        place.world.clock.forward(Duration::days(1));
        place.world.work().await;
        assert_eq!(place.sender.sent().len(), 1, "{status}");
        let stored = place.world.platform.webhooks().get(&place.world.owner(), place.endpoint).await.expect("it");
        assert_eq!((stored.consecutive_failures, stored.enabled), (1, true));
    }
    for status in [408, 425, 429, 500, 502, 503, 504] {
        let place = Place::new().await;
        place.sender.answers(Ok(answered(status)));
        place.happens().await;
        assert_eq!(place.delivery().await.status, DeliveryStatus::Pending, "{status}");
    }
    let place = Place::new().await;
    place.sender.answers(Err(Error::invalid("url", "refused", "the address is one that requests do not go to")));
    place.happens().await;
    let delivery = place.delivery().await;
    let told: Vec<_> = delivery.attempts.iter().map(|attempt| (attempt.status, attempt.error.as_deref())).collect();
    assert_eq!(told, [(None, Some("the address is one that requests do not go to"))]);
    assert_eq!(delivery.status, DeliveryStatus::Failed);
}

#[tokio::test]
async fn an_answer_is_kept_without_secrets_and_contact_data() {
    let place = Place::new().await;
    let body = format!("no:\n{} of ana@example.com, {}", place.secret, "x".repeat(1000));
    place.sender.answers(Ok(WebhookAnswer { body: body.into(), ..answered(500) }));
    place.happens().await;
    let attempts = place.delivery().await.attempts;
    let kept = attempts[0].answer.as_deref().expect("an answer");
    assert!(kept.starts_with("no: … of [email], xxx") && kept.chars().count() == 500, "{kept}");
    place.world.clock.forward(Duration::seconds(5));
    place.world.work().await;
    assert_eq!(place.delivery().await.attempts[1].answer, None, "the receiver said nothing");
}

#[tokio::test]
async fn a_receiver_sees_which_event_it_is_and_which_try() {
    let place = Place::new().await;
    place.sender.answers(Ok(answered(500)));
    place.happens().await;
    place.world.clock.forward(Duration::seconds(5));
    place.world.work().await;
    let [first, second] = place.sender.sent().try_into().expect("two requests");
    let id = place.delivery().await.payload["id"].as_str().expect("an id").to_owned();
    for (request, attempt) in [(&first, "1"), (&second, "2")] {
        assert_eq!((header(request, "x-event-id"), header(request, "x-attempt")), (id.as_str(), attempt));
        assert_eq!(header(request, "x-event-type"), "lead.created");
    }
}

#[tokio::test]
async fn what_waited_for_a_sender_is_sent_once() {
    let world = World::new().await;
    let made = world.platform.webhooks().create(&world.owner(), input()).await.expect("an endpoint");
    world.lead(Some("ana@example.com"), None).await;
    world.work().await;
    world.platform.upkeep().await.expect("nothing sends webhooks yet");
    let sender = Arc::new(MemoryWebhookSender::new());
    let platform = Spotlight::builder()
        .storage(Arc::clone(world.platform.storage()))
        .queue(Arc::clone(world.platform.queue()))
        .chat(Arc::new(ScriptedChatModel::new()))
        .events(Arc::new(MemoryEventBus::new(world.clock.clone())))
        .mailer(Arc::new(MemoryMailer::new()))
        .files(Arc::new(MemoryFileStore::new()))
        .limiter(Arc::new(MemoryRateLimiter::new(world.clock.clone())))
        .clock(world.clock.clone())
        .webhook_sender(sender.clone())
        .build()
        .expect("nothing is missing");
    let round = async || {
        platform.upkeep().await.expect("upkeep");
        platform.run_until_idle().await.expect("work");
        sender.sent().len()
    };
    assert_eq!(round().await, 0, "a job could be on its way");
    world.clock.forward(Duration::minutes(11));
    assert_eq!((round().await, round().await), (1, 1));
    world.clock.forward(Duration::minutes(11));
    assert_eq!(round().await, 1);
    let list = platform.webhooks().deliveries(&world.owner(), made.endpoint.id, &ALL).await.expect("deliveries").items;
    let told: Vec<_> = list.iter().map(|delivery| (delivery.status, delivery.attempts.len())).collect();
    assert_eq!(told, [(DeliveryStatus::Delivered, 1)]);
}

#[tokio::test]
async fn a_delivery_whose_job_waits_gets_no_other() {
    let place = Place::new().await;
    place.world.platform.queue().set_paused("default", true).await.expect("paused");
    place.happens().await;
    for _ in 0..3 {
        place.world.clock.forward(Duration::minutes(11));
        place.world.platform.upkeep().await.expect("upkeep");
        place.world.work().await;
    }
    let figures = place.world.platform.queue().snapshot().await.expect("figures");
    assert_eq!(figures.queues.iter().find(|queue| queue.queue == "default").map(|queue| queue.ready), Some(1));
    place.world.platform.queue().set_paused("default", false).await.expect("resumed");
    place.world.work().await;
    assert_eq!((place.sender.sent().len(), place.delivery().await.status), (1, DeliveryStatus::Delivered));
}
