//! Events of Stripe.

use secrecy::ExposeSecret;
use serde_json::Value;

use super::signature::{in_time, verify};
use crate::{
    domain::OrganizationId,
    error::{Error, ErrorKind, Result},
    jobs::{
        billing::{NoteSubscription, SyncSubscriptions},
        leave,
    },
    services::deps::{Deps, unhex},
};

/// Events after which a subscription can stand otherwise.
const CHANGES: &[&str] =
    &["checkout.session.completed", "invoice.paid", "invoice.payment_succeeded", "invoice.payment_failed"];
/// Most signatures that are looked at.
const MOST: usize = 8;

pub(super) async fn take(deps: &Deps, signature: Option<&str>, body: &[u8]) -> Result<()> {
    let secret = deps.stripe_secret.as_ref().ok_or_else(|| Error::not_found("webhook"))?;
    let (timestamp, signatures) = parts(signature.unwrap_or_default());
    verify(&[secret.expose_secret().as_bytes()], timestamp, body, &signatures)?;
    in_time(timestamp, deps.now())?;
    let malformed = || Error::new(ErrorKind::Malformed, "the body is no event of Stripe");
    let event: Value = serde_json::from_slice(body).map_err(|_| malformed())?;
    let id = event["id"].as_str().filter(|id| (1..=255).contains(&id.len())).ok_or_else(malformed)?;
    let name = event["type"].as_str().ok_or_else(malformed)?;
    let unit = deps.storage.begin().await?;
    if !unit.processed_events().accept("stripe", id, deps.now()).await? {
        return Ok(());
    }
    if name.starts_with("customer.subscription.") || CHANGES.contains(&name) {
        let object = &event["data"]["object"];
        match (organization(object), subscription(object)) {
            (Some(organization), Some(subscription)) => {
                let customer = object["customer"].as_str().map(str::to_owned);
                leave(&*unit, &NoteSubscription::new(organization, subscription.to_owned(), customer)).await?;
            }
            // Whose it is, only the stored subscriptions tell.
            (None, Some(_)) => leave(&*unit, &SyncSubscriptions {}).await?,
            (_, None) => {}
        }
    }
    unit.commit().await
}

/// The time and the signatures of `t=…,v1=…,v1=…`. Other schemes are passed over.
fn parts(header: &str) -> (&str, Vec<[u8; 32]>) {
    let pairs = || header.split(',').filter_map(|pair| pair.trim().split_once('='));
    let timestamp = pairs().find(|(name, _)| *name == "t").map(|(_, value)| value).unwrap_or_default();
    let signatures = pairs().filter(|(name, _)| *name == "v1").filter_map(|(_, value)| unhex(value));
    (timestamp, signatures.take(MOST).collect())
}

/// The organization that we named when we began the checkout.
fn organization(object: &Value) -> Option<OrganizationId> {
    let named = [
        &object["metadata"]["organization_id"],
        &object["client_reference_id"],
        &object["subscription_details"]["metadata"]["organization_id"],
        &object["parent"]["subscription_details"]["metadata"]["organization_id"],
    ];
    named.into_iter().find_map(|value| value.as_str()?.parse().ok())
}

/// The id of the subscription an event is about.
fn subscription(object: &Value) -> Option<&str> {
    let id = match object["object"].as_str() {
        Some("subscription") => object["id"].as_str(),
        _ => object["subscription"]
            .as_str()
            .or_else(|| object["parent"]["subscription_details"]["subscription"].as_str()),
    };
    id.filter(|id| (1..=255).contains(&id.len()))
}
