//! Subscriptions and usage.

use std::sync::Arc;

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, keeps_versions, refused, rivals},
};
use crate::{
    domain::billing::{Meter, PlanId, Subscription, SubscriptionStatus, Usage},
    error::{ErrorKind, Result},
    ports::{Between, Storage, UnitOfWork},
};

/// An organization has one subscription, and the provider's id is of one organization.
pub async fn an_organization_has_one_subscription(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let [second, third] = [world.another().await, world.another().await];
    let full = world.samples.subscription(world.org());
    let bare =
        Subscription { external_customer_id: None, external_id: None, ..world.samples.subscription(second.org()) };
    let add = async |it: &Subscription| world.write(async |unit| unit.subscriptions().insert(it).await).await;
    let read = world.read().subscriptions();
    assert_eq!(read.get(world.org()).await.unwrap(), None);
    add(&full).await.unwrap();
    add(&bare).await.unwrap();
    assert_eq!(read.get(world.org()).await.unwrap().as_ref(), Some(&full));
    assert_eq!(read.get(second.org()).await.unwrap(), Some(bare));
    refused(add(&world.samples.subscription(world.org())).await, ErrorKind::Conflict);
    let taken = Subscription { external_id: full.external_id.clone(), ..world.samples.subscription(third.org()) };
    refused(add(&taken).await, ErrorKind::Conflict);
    let unnamed = Subscription { external_id: None, ..world.samples.subscription(third.org()) };
    add(&unnamed).await.unwrap();
    let nowhere = world.samples.subscription(world.samples.organization().id);
    refused(add(&nowhere).await, ErrorKind::NotFound);
}

/// Updates replace everything and keep versions.
pub async fn a_subscription_keeps_versions(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let subscription = world.samples.subscription(world.org());
    world.write(async |unit| unit.subscriptions().insert(&subscription).await).await.unwrap();
    let changed = Subscription {
        plan: PlanId::Scale,
        status: SubscriptionStatus::PastDue,
        external_customer_id: None,
        external_id: None,
        period_start: at(5),
        period_end: at(6),
        cancel_at_period_end: false,
        updated_at: at(9),
        ..subscription
    };
    keeps_versions!(
        world,
        changed,
        world.samples.subscription(world.samples.organization().id),
        async |unit: &dyn UnitOfWork, it: &Subscription| unit.subscriptions().update(it).await,
        async |world: &World| world.read().subscriptions().get(world.org()).await
    );
}

/// Usage counts once per event key of a meter, and sums up by when it occurred.
pub async fn usage_counts_once(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let other = world.another().await;
    let used = |quantity, minutes| Usage { occurred_at: at(minutes), ..world.samples.usage(world.org(), quantity) };
    let record = async |usage: &Usage| world.write(async |unit| unit.usage().record(usage).await).await.unwrap();
    let first = used(5, 0);
    assert!(record(&first).await);
    let again = Usage { event_key: first.event_key.clone(), ..used(100, 1) };
    assert!(!record(&again).await, "the event is recorded already");
    let meter = Usage { event_key: first.event_key.clone(), meter: Meter::VoiceSeconds, ..used(70, 1) };
    assert!(record(&meter).await, "another meter counts by itself");
    let foreign = Usage { event_key: first.event_key.clone(), ..world.samples.usage(other.org(), 900) };
    assert!(record(&foreign).await, "another organization counts by itself");
    assert!(record(&used(7, 10)).await);
    assert!(record(&used(i64::from(u32::MAX) * 1000, 20)).await);
    assert!(!record(&first).await, "nor does it count twice under its own id");
    let same_id = Usage { id: first.id, ..used(100, 1) };
    refused(world.write(async |unit| unit.usage().record(&same_id).await).await, ErrorKind::Conflict);
    let unsaid = world.samples.conversation(&world.lead().await, world.assistant.id).id;
    let unsaid = Usage { conversation_id: Some(unsaid), ..used(100, 1) };
    refused(world.write(async |unit| unit.usage().record(&unsaid).await).await, ErrorKind::NotFound);
    let total = async |meter, from: Option<i64>, to: Option<i64>| {
        let between = Between { from: from.map(at), to: to.map(at) };
        world.read().usage().total(world.org(), meter, between).await.unwrap()
    };
    assert_eq!(total(Meter::ModelTokens, None, None).await, 12 + i64::from(u32::MAX) * 1000);
    assert_eq!(total(Meter::ModelTokens, Some(0), Some(20)).await, 12);
    assert_eq!(total(Meter::ModelTokens, Some(1), Some(20)).await, 7);
    assert_eq!(total(Meter::VoiceSeconds, None, None).await, 70);
    assert_eq!(total(Meter::Conversations, None, None).await, 0);
}

async fn record(storage: Arc<dyn Storage>, usage: Usage) -> Result<bool> {
    let unit = storage.begin().await?;
    let recorded = unit.usage().record(&usage).await?;
    unit.commit().await?;
    Ok(recorded)
}

/// Of two records of one event at once, one counts.
pub async fn of_two_records_at_once_one_counts(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for round in 1..=5 {
        let one = world.samples.usage(world.org(), 10);
        let other = Usage { event_key: one.event_key.clone(), ..world.samples.usage(world.org(), 10) };
        let (one, other) =
            rivals(record(Arc::clone(&world.storage), one), record(Arc::clone(&world.storage), other)).await;
        assert_ne!(one.unwrap(), other.unwrap(), "one was recorded");
        let total = world.read().usage().total(world.org(), Meter::ModelTokens, Between::default()).await.unwrap();
        assert_eq!(total, round * 10);
    }
}

/// What the provider was not told of, of every organization, oldest first; a record keeps its first time.
pub async fn unreported_usage_comes_oldest_first(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let other = world.another().await;
    let used = |world: &World, minutes| Usage { occurred_at: at(minutes), ..world.samples.usage(world.org(), 1) };
    let [late, tied] = [used(&world, 20), used(&world, 20)];
    let early = Usage { conversation_id: Some(other.conversation().await.id), ..used(&other, 10) };
    for usage in [&tied, &late, &early] {
        world.write(async |unit| unit.usage().record(usage).await).await.unwrap();
    }
    let unreported = async |limit| world.read().usage().unreported(limit).await.unwrap();
    assert_eq!(unreported(10).await, [early.clone(), late.clone(), tied.clone()]);
    assert_eq!(unreported(2).await, [early.clone(), late.clone()]);
    let report = async |ids: &[_], minutes| {
        world.write(async |unit| unit.usage().mark_reported(world.org(), ids, at(minutes)).await).await.unwrap();
    };
    report(&[late.id, early.id], 30).await;
    assert_eq!(unreported(10).await, [early, tied], "another organization's record is not marked");
    report(&[late.id], 40).await;
    report(&[], 40).await;
    let total = world.read().usage().total(world.org(), Meter::ModelTokens, Between::default()).await.unwrap();
    assert_eq!(total, 2, "reported usage still counts");
}
