//! Webhook endpoints, deliveries and the ids of incoming events.

use std::sync::Arc;

use serde_json::json;

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, keeps_versions, lists, refused, rivals},
};
use crate::{
    domain::webhook::{
        DeliveryAttempt, DeliveryStatus, SigningSecret, SourceKind, WebhookDelivery, WebhookEndpoint, WebhookSource,
    },
    error::{ErrorKind, Result},
    ports::{Storage, UnitOfWork},
};

/// Endpoints come back, oldest first.
pub async fn endpoints_come_back_oldest_first(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let made = |minutes| WebhookEndpoint { created_at: at(minutes), ..world.samples.endpoint(world.org()) };
    let [late, tied, early] = [made(9), made(9), made(0)];
    let early = WebhookEndpoint {
        events: Vec::new(),
        previous_secret: None,
        previous_secret_until: None,
        disabled_at: None,
        disabled_reason: None,
        ..early
    };
    for endpoint in [&tied, &late, &early] {
        world.write(async |unit| unit.webhook_endpoints().insert(endpoint).await).await.unwrap();
        let stored = world.read().webhook_endpoints().get(world.org(), endpoint.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(endpoint));
    }
    refused(world.write(async |unit| unit.webhook_endpoints().insert(&early).await).await, ErrorKind::Conflict);
    assert_eq!(world.read().webhook_endpoints().list(world.org()).await.unwrap(), [early, late, tied]);
    assert_eq!(world.read().webhook_endpoints().get(world.org(), made(0).id).await.unwrap(), None);
}

/// Updates replace everything and keep versions.
pub async fn an_endpoint_keeps_versions(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let endpoint = world.samples.endpoint(world.org());
    world.write(async |unit| unit.webhook_endpoints().insert(&endpoint).await).await.unwrap();
    let changed = WebhookEndpoint {
        url: "http://localhost:9000/".to_owned(),
        events: Vec::new(),
        secret: SigningSecret::new("whsec_newer"),
        previous_secret: None,
        previous_secret_until: None,
        enabled: false,
        consecutive_failures: 0,
        disabled_at: None,
        disabled_reason: None,
        updated_at: at(9),
        ..endpoint.clone()
    };
    keeps_versions!(
        world,
        changed,
        world.samples.endpoint(world.org()),
        async |unit: &dyn UnitOfWork, it: &WebhookEndpoint| unit.webhook_endpoints().update(it).await,
        async |world: &World| world.read().webhook_endpoints().get(world.org(), endpoint.id).await
    );
}

/// Sources come back, oldest first, keep versions, and go.
pub async fn sources_come_back_and_keep_versions(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let made = |minutes| WebhookSource { created_at: at(minutes), ..world.samples.source(world.org()) };
    let [late, early] = [made(9), made(0)];
    let early = WebhookSource { previous_secret: None, previous_secret_until: None, enabled: false, ..early };
    for source in [&late, &early] {
        world.write(async |unit| unit.webhook_sources().insert(source).await).await.unwrap();
        let stored = world.read().webhook_sources().get(world.org(), source.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(source));
    }
    refused(world.write(async |unit| unit.webhook_sources().insert(&early).await).await, ErrorKind::Conflict);
    assert_eq!(world.read().webhook_sources().list(world.org()).await.unwrap(), [early.clone(), late.clone()]);
    let changed = WebhookSource {
        name: "Call centre".to_owned(),
        accepts: vec![SourceKind::Conversations],
        secret: SigningSecret::new("whsrc_newer"),
        updated_at: at(9),
        ..early.clone()
    };
    keeps_versions!(
        world,
        changed,
        world.samples.source(world.org()),
        async |unit: &dyn UnitOfWork, it: &WebhookSource| unit.webhook_sources().update(it).await,
        async |world: &World| world.read().webhook_sources().get(world.org(), early.id).await
    );
    let delete =
        async || world.write(async |unit| unit.webhook_sources().delete(world.org(), early.id).await).await.unwrap();
    assert!(delete().await);
    assert!(!delete().await);
    assert_eq!(world.read().webhook_sources().list(world.org()).await.unwrap(), [late]);
}

/// Deliveries come back exactly as signed, newest first, and note their tries.
pub async fn deliveries_come_back_newest_first(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let [endpoint, other] = [world.samples.endpoint(world.org()), world.samples.endpoint(world.org())];
    let made = |minutes| WebhookDelivery { created_at: at(minutes), ..world.samples.delivery(&endpoint) };
    let [late, tied, early] = [made(9), made(9), made(0)];
    let early = WebhookDelivery {
        payload: json!({ "z": 1, "a": [1.5, null, "ü\u{0001}"], "big": u64::MAX }),
        attempts: Vec::new(),
        next_attempt_at: None,
        ..early
    };
    let foreign = world.samples.delivery(&other);
    world
        .write(async |unit| {
            unit.webhook_endpoints().insert(&endpoint).await?;
            unit.webhook_endpoints().insert(&other).await?;
            for delivery in [&tied, &early, &foreign, &late] {
                unit.webhook_deliveries().insert(delivery).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let read = world.read().webhook_deliveries();
    for delivery in [&late, &tied, &early] {
        assert_eq!(read.get(world.org(), delivery.id).await.unwrap().as_ref(), Some(delivery));
    }
    let expected = [&tied, &late, &early].map(|delivery| delivery.id.as_uuid());
    let organization = world.org();
    lists(
        &expected,
        |delivery: &WebhookDelivery| delivery.id.as_uuid(),
        async |paging| read.list(organization, endpoint.id, &paging).await,
    )
    .await;
    refused(world.write(async |unit| unit.webhook_deliveries().insert(&late).await).await, ErrorKind::Conflict);
    let orphan = world.samples.delivery(&world.samples.endpoint(world.org()));
    refused(world.write(async |unit| unit.webhook_deliveries().insert(&orphan).await).await, ErrorKind::NotFound);
    refused(world.write(async |unit| unit.webhook_deliveries().update(&orphan).await).await, ErrorKind::NotFound);

    let mut delivered = late.clone();
    delivered.attempts.push(DeliveryAttempt {
        at: at(5),
        status: Some(200),
        error: None,
        elapsed_ms: 12,
        answer: Some("{\"ok\":true}".to_owned()),
    });
    (delivered.status, delivered.next_attempt_at, delivered.updated_at) = (DeliveryStatus::Delivered, None, at(5));
    world.write(async |unit| unit.webhook_deliveries().update(&delivered).await).await.unwrap();
    assert_eq!(read.get(world.org(), late.id).await.unwrap(), Some(delivered));
}

/// Deliveries that wait and whose time has passed are found over every organization, those first whose time came first.
pub async fn late_deliveries_are_found(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let other = world.another().await;
    let [endpoint, theirs] = [world.samples.endpoint(world.org()), world.samples.endpoint(other.org())];
    let made = |endpoint, minutes: Option<i64>| WebhookDelivery {
        next_attempt_at: minutes.map(at),
        ..world.samples.delivery(endpoint)
    };
    let (late, first, soon) = (made(&endpoint, Some(7)), made(&theirs, Some(3)), made(&endpoint, Some(9)));
    let never = made(&endpoint, None);
    let failed = WebhookDelivery { status: DeliveryStatus::Failed, ..made(&endpoint, Some(1)) };
    world
        .write(async |unit| {
            unit.webhook_endpoints().insert(&endpoint).await?;
            unit.webhook_endpoints().insert(&theirs).await?;
            for delivery in [&late, &first, &soon, &never, &failed] {
                unit.webhook_deliveries().insert(delivery).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let found = async |limit| {
        let found = world.read().webhook_deliveries().late(at(9), limit).await.unwrap();
        found.into_iter().map(|(organization, id)| (organization, id.as_uuid())).collect::<Vec<_>>()
    };
    let of = |delivery: &WebhookDelivery| (delivery.organization_id, delivery.id.as_uuid());
    assert_eq!(found(10).await, [of(&first), of(&late)]);
    assert_eq!(found(1).await, [of(&first)]);
    let delivered = WebhookDelivery { status: DeliveryStatus::Delivered, ..first.clone() };
    let later = WebhookDelivery { next_attempt_at: Some(at(9)), ..late.clone() };
    for delivery in [&delivered, &later] {
        world.write(async |unit| unit.webhook_deliveries().update(delivery).await).await.unwrap();
    }
    assert_eq!(found(10).await, []);
    let early = WebhookDelivery { next_attempt_at: Some(at(2)), ..soon.clone() };
    world.write(async |unit| unit.webhook_deliveries().update(&early).await).await.unwrap();
    assert_eq!(found(10).await, [of(&soon)]);
    let id = endpoint.id;
    assert!(world.write(async |unit| unit.webhook_endpoints().delete(world.org(), id).await).await.unwrap());
    assert_eq!(found(10).await, [], "it went with its endpoint");
}

/// An endpoint goes with its deliveries.
pub async fn an_endpoint_goes_with_its_deliveries(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let [gone, kept] = [world.samples.endpoint(world.org()), world.samples.endpoint(world.org())];
    let [lost, left] = [world.samples.delivery(&gone), world.samples.delivery(&kept)];
    world
        .write(async |unit| {
            unit.webhook_endpoints().insert(&gone).await?;
            unit.webhook_endpoints().insert(&kept).await?;
            unit.webhook_deliveries().insert(&lost).await?;
            unit.webhook_deliveries().insert(&left).await
        })
        .await
        .unwrap();
    let delete =
        async || world.write(async |unit| unit.webhook_endpoints().delete(world.org(), gone.id).await).await.unwrap();
    assert!(delete().await);
    assert!(!delete().await);
    let read = world.read();
    assert_eq!(read.webhook_deliveries().get(world.org(), lost.id).await.unwrap(), None);
    assert_eq!(read.webhook_deliveries().get(world.org(), left.id).await.unwrap(), Some(left));
    assert_eq!(read.webhook_endpoints().list(world.org()).await.unwrap(), [kept]);
}

async fn accept(storage: Arc<dyn Storage>, event: &'static str) -> Result<bool> {
    let unit = storage.begin().await?;
    let first = unit.processed_events().accept("stripe", event, at(0)).await?;
    unit.commit().await?;
    Ok(first)
}

/// An incoming event is accepted once per source, also of two at once.
pub async fn an_incoming_event_is_accepted_once(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for event in ["one", "two", "three", "four", "five"] {
        let (one, other) =
            rivals(accept(Arc::clone(&world.storage), event), accept(Arc::clone(&world.storage), event)).await;
        assert_ne!(one.unwrap(), other.unwrap(), "one is the first");
        assert!(!accept(Arc::clone(&world.storage), event).await.unwrap());
    }
    let elsewhere = world.write(async |unit| unit.processed_events().accept("twilio", "one", at(0)).await).await;
    assert!(elsewhere.unwrap(), "another source has ids of its own");
    // What was accepted in a unit that is rolled back is not accepted.
    let unit = world.storage.begin().await.unwrap();
    assert!(unit.processed_events().accept("stripe", "undone", at(0)).await.unwrap());
    assert!(!unit.processed_events().accept("stripe", "undone", at(0)).await.unwrap());
    unit.rollback().await.unwrap();
    assert!(accept(Arc::clone(&world.storage), "undone").await.unwrap());
}

/// Ids that were noted long ago go, a few at a time.
pub async fn old_incoming_events_are_forgotten(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for (event, minutes) in [("a", 0), ("b", 5), ("c", 10)] {
        let accepted =
            world.write(async |unit| unit.processed_events().accept("stripe", event, at(minutes)).await).await;
        assert!(accepted.unwrap());
    }
    let forget =
        async || world.write(async |unit| unit.processed_events().delete_before(at(10), 1).await).await.unwrap();
    assert_eq!([forget().await, forget().await, forget().await], [1, 1, 0]);
    let again = async |event| {
        world.write(async |unit| unit.processed_events().accept("stripe", event, at(20)).await).await.unwrap()
    };
    assert!(again("a").await);
    assert!(!again("c").await);
}
