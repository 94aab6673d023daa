//! Events of Stripe: who is believed, and what they change.

use std::sync::Arc;

use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use spotlight_core::{
    Context, ErrorKind, Result,
    domain::billing::{PlanId, SubscriptionStatus},
    memory::MemoryBillingProvider,
    ports::{Clock, ProvidedSubscription},
};

use crate::{colleagues::refused, world::World};

const SECRET: &str = "whsec_of_the_dashboard";

fn v1(secret: &str, timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(format!("{timestamp}.{body}").as_bytes());
    mac.finalize().into_bytes().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

struct Place {
    world: World,
    provider: Arc<MemoryBillingProvider>,
}

impl Place {
    async fn new() -> Self {
        let provider = Arc::new(MemoryBillingProvider::new());
        Self { world: World::with_stripe(Arc::clone(&provider), SECRET).await, provider }
    }

    async fn sent(&self, header: Option<&str>, body: &str) -> Result<()> {
        self.world.platform.incoming().stripe(&Context::anonymous(), header, body.as_bytes()).await
    }

    async fn event(&self, id: &str, name: &str, object: Value) -> Result<()> {
        let body = json!({"id": id, "object": "event", "type": name, "data": {"object": object}}).to_string();
        let now = self.world.clock.now().timestamp();
        self.sent(Some(&format!("t={now},v1={}", v1(SECRET, now, &body))), &body).await
    }

    fn has(&self, status: SubscriptionStatus) {
        let now = self.world.clock.now();
        let period_end = now + Duration::days(30);
        let plan = PlanId::Growth;
        let it = ProvidedSubscription { plan, status, period_start: now, period_end, cancel_at_period_end: false };
        self.provider.has("sub_1", Some(it));
    }

    async fn plan(&self) -> PlanId {
        self.world.work().await;
        self.world.platform.organizations().get(&self.world.owner()).await.expect("the organization").plan
    }

    fn subscription(&self) -> Value {
        let organization = self.world.organization.id.to_string();
        json!({"id": "sub_1", "object": "subscription", "customer": "cus_1",
            "metadata": {"organization_id": organization}})
    }
}

#[tokio::test]
async fn a_subscription_begins_changes_and_ends_as_the_provider_says() {
    let place = Place::new().await;
    place.has(SubscriptionStatus::Active);
    place.event("evt_1", "customer.subscription.created", place.subscription()).await.expect("taken");
    assert_eq!(place.plan().await, PlanId::Growth);
    let found = place.world.platform.billing().subscription(&place.world.owner()).await.expect("it");
    let paid = found.subscription.expect("a subscription");
    assert_eq!((paid.external_id.as_deref(), paid.external_customer_id.as_deref()), (Some("sub_1"), Some("cus_1")));
    place.has(SubscriptionStatus::Unpaid);
    // An event that came before: it does nothing.
    place.event("evt_1", "customer.subscription.updated", place.subscription()).await.expect("passed over");
    assert_eq!(place.plan().await, PlanId::Growth);
    place
        .event("evt_2", "invoice.payment_failed", json!({"object": "invoice", "subscription": "sub_1"}))
        .await
        .expect("it");
    assert_eq!(place.plan().await, PlanId::Free, "whose it is, the stored subscription tells");
}

#[tokio::test]
async fn what_changes_no_subscription_leaves_no_job() {
    let place = Place::new().await;
    place.has(SubscriptionStatus::Active);
    place.event("evt_1", "customer.created", place.subscription()).await.expect("taken");
    place.event("evt_2", "customer.subscription.created", json!({"object": "subscription"})).await.expect("taken");
    let mut nobody = place.subscription();
    nobody["metadata"]["organization_id"] = json!("00000000-0000-0000-0000-000000000001");
    place.event("evt_3", "customer.subscription.created", nobody).await.expect("taken");
    assert_eq!(place.plan().await, PlanId::Free);
    let dead = place.world.platform.jobs().dead(&place.world.owner(), None, 10).await.expect("a list");
    assert!(dead.is_empty(), "{dead:?}");
}

#[tokio::test]
async fn only_what_is_signed_is_believed() {
    let place = Place::new().await;
    let body = json!({"id": "evt_1", "type": "customer.created", "data": {"object": {}}}).to_string();
    let now = place.world.clock.now().timestamp();
    let good = v1(SECRET, now, &body);
    for header in [
        None,
        Some(String::new()),
        Some(format!("v1={good}")),
        Some(format!("t={now}")),
        Some(format!("t={now},v0={good}")),
        Some(format!("t={now},v1={}", v1("whsec_guessed_by_nobody", now, &body))),
        Some(format!("t={},v1={good}", now + 1)),
        Some(format!("t={},v1={}", now - 301, v1(SECRET, now - 301, &body))),
        Some(format!("t={},v1={}", now + 301, v1(SECRET, now + 301, &body))),
    ] {
        let error = place.sent(header.as_deref(), &body).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{header:?}");
    }
    refused(place.sent(Some(&format!("t={now},v1={good}")), &format!("{body} ")).await, ErrorKind::Unauthenticated);
    let rolled = format!("t={now},v1={},v1={good},v0=0", v1("whsec_before_the_roll", now, &body));
    place.sent(Some(&rolled), &body).await.expect("one of several is enough");
    for body in ["", "[]", "{}", "{\"id\":1}", "not JSON"] {
        let signed = format!("t={now},v1={}", v1(SECRET, now, body));
        refused(place.sent(Some(&signed), body).await, ErrorKind::Malformed);
    }
}

#[tokio::test]
async fn a_deployment_without_a_secret_takes_none() {
    let world = World::new().await;
    let body = "{}";
    let sent = world.platform.incoming().stripe(&Context::anonymous(), Some("t=1,v1=00"), body.as_bytes()).await;
    refused(sent, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_checkout_begins_a_first_subscription_and_the_portal_changes_it() {
    let place = Place::new().await;
    let (billing, owner) = (place.world.platform.billing(), place.world.owner());
    assert!(billing.checkout(&owner, PlanId::Growth).await.expect("a page").ends_with("/growth"));
    refused(billing.checkout(&owner, PlanId::Free).await, ErrorKind::Conflict);
    refused(billing.portal(&owner).await, ErrorKind::Conflict);
    place.has(SubscriptionStatus::Active);
    place.event("evt_1", "customer.subscription.created", place.subscription()).await.expect("taken");
    assert_eq!(place.plan().await, PlanId::Growth);
    refused(billing.checkout(&owner, PlanId::Scale).await, ErrorKind::Conflict);
    assert!(billing.portal(&owner).await.expect("a page").ends_with("/cus_1"));
    let manager = place.world.colleague(spotlight_core::domain::user::Role::Manager).await;
    refused(billing.checkout(&manager, PlanId::Growth).await, ErrorKind::Forbidden);
    refused(billing.portal(&manager).await, ErrorKind::Forbidden);
    let alone = World::new().await;
    refused(alone.platform.billing().checkout(&alone.owner(), PlanId::Growth).await, ErrorKind::Conflict);
    refused(alone.platform.billing().portal(&alone.owner()).await, ErrorKind::Conflict);
}
