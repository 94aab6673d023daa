//! A billing provider: what it is told, and what it tells.

use std::sync::Arc;

use serde_json::json;
use spotlight_core::{
    ErrorKind,
    domain::billing::{PlanId, Subscription, SubscriptionStatus},
    memory::MemoryBillingProvider,
    ports::{JobState, ProvidedSubscription, Storage},
};

use crate::world::{World, job};

/// A world whose organization pays for a plan.
async fn paying() -> (World, Arc<MemoryBillingProvider>) {
    let provider = Arc::new(MemoryBillingProvider::new());
    let world = World::with_billing(provider.clone()).await;
    let now = world.platform.clock().now();
    let subscription = Subscription {
        organization_id: world.organization.id,
        plan: PlanId::Starter,
        status: SubscriptionStatus::Active,
        external_customer_id: Some("cus_1".to_owned()),
        external_id: Some("sub_1".to_owned()),
        period_start: now,
        period_end: now + chrono::Duration::days(30),
        cancel_at_period_end: false,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let unit = world.storage.begin().await.expect("a unit");
    unit.subscriptions().insert(&subscription).await.expect("a subscription");
    unit.commit().await.expect("a commit");
    (world, provider)
}

async fn run(world: &World, name: &str) {
    let unit = world.storage.begin().await.expect("a unit");
    let id = unit.enqueue(job(world.organization.id, name, &json!({}))).await.expect("a job");
    unit.commit().await.expect("a commit");
    world.work().await;
    let done = world.platform.queue().find(id).await.expect("a look").expect("it is kept");
    assert_eq!(done.state, JobState::Done, "{:?}", done.failures);
}

async fn plan(world: &World) -> PlanId {
    world.platform.organizations().get(&world.owner()).await.expect("the organization").plan
}

fn provided(world: &World, status: SubscriptionStatus) -> ProvidedSubscription {
    let now = world.platform.clock().now();
    let period_end = now + chrono::Duration::days(31);
    ProvidedSubscription { plan: PlanId::Growth, status, period_start: now, period_end, cancel_at_period_end: true }
}

#[tokio::test]
async fn usage_is_told_once() {
    let (world, provider) = paying().await;
    world.visitor().await;
    world.visitor().await;
    provider.fail_with(Some(ErrorKind::Unavailable));
    let unit = world.storage.begin().await.expect("a unit");
    unit.enqueue(job(world.organization.id, "report_usage", &json!({}))).await.expect("a job");
    unit.commit().await.expect("a commit");
    world.work().await;
    assert!(provider.told().is_empty());
    provider.fail_with(None);
    world.clock.forward(chrono::Duration::seconds(5));
    world.work().await;
    assert_eq!(provider.told().len(), 2, "two conversations have begun");
    assert!(world.repositories().usage().unreported(10).await.expect("a list").is_empty());
    run(&world, "report_usage").await;
    assert_eq!(provider.told().len(), 2);
}

#[tokio::test]
async fn a_plan_follows_the_subscription() {
    let (world, provider) = paying().await;
    provider.has("sub_1", Some(provided(&world, SubscriptionStatus::Active)));
    run(&world, "sync_subscriptions").await;
    assert_eq!(plan(&world).await, PlanId::Growth);
    let stored = world.repositories().subscriptions().get(world.organization.id).await.expect("a read");
    let stored = stored.expect("the subscription");
    assert_eq!((stored.plan, stored.cancel_at_period_end), (PlanId::Growth, true));

    provider.has("sub_1", Some(provided(&world, SubscriptionStatus::Unpaid)));
    run(&world, "sync_subscription").await;
    assert_eq!(plan(&world).await, PlanId::Free);
    provider.has("sub_1", Some(provided(&world, SubscriptionStatus::PastDue)));
    run(&world, "sync_subscription").await;
    assert_eq!(plan(&world).await, PlanId::Growth, "a payment that failed once costs nobody the plan");
    provider.has("sub_1", None);
    run(&world, "sync_subscription").await;
    assert_eq!(plan(&world).await, PlanId::Free);
    run(&world, "sync_subscription").await;
    let audited: Vec<_> = world.audited().await.into_iter().map(|entry| entry.action).collect();
    assert_eq!(audited.iter().filter(|action| *action == "subscription.sync").count(), 4, "{audited:?}");
}
