//! What is left for endpoints when events are published.

use std::collections::{BTreeMap, btree_map::Entry};

use serde_json::{Value, json};

use crate::{
    domain::{
        OrganizationId, WebhookDeliveryId,
        event::EventType,
        webhook::{DeliveryStatus, WebhookDelivery, WebhookEndpoint},
    },
    error::Result,
    jobs::{leave, webhook::DeliverWebhook},
    ports::{OutboxRow, UnitOfWork},
    services::deps::Deps,
    trace::within,
};

/// Leaves a delivery of each published event for every endpoint that wants it.
pub(crate) async fn record(deps: &Deps, unit: &dyn UnitOfWork, published: &[&OutboxRow]) -> Result<()> {
    let mut known: BTreeMap<OrganizationId, Vec<WebhookEndpoint>> = BTreeMap::new();
    for row in published.iter().filter(|row| is_told(row)) {
        let Some(organization) = row.organization_id else { continue };
        let endpoints = match known.entry(organization) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(place) => place.insert(unit.webhook_endpoints().list(organization).await?),
        };
        for endpoint in endpoints.iter().filter(|endpoint| wants(endpoint, &row.name)) {
            let delivery = delivery(deps, endpoint, row);
            match unit.webhook_deliveries().insert(&delivery).await {
                Ok(()) if deps.webhooks.is_some() => {
                    // It belongs to what the event comes from, and not to the relay that happens to publish it.
                    within(row.trace.clone(), leave(unit, &DeliverWebhook::new(&delivery))).await?;
                }
                // It was removed meanwhile.
                Err(error) if error.is_not_found() => {}
                done => done?,
            }
        }
    }
    Ok(())
}

/// What is told on two channels is told to endpoints once.
fn is_told(row: &OutboxRow) -> bool {
    let twice = row.name.starts_with("hand_off.") && row.channel.as_deref() != Some("notifications");
    row.name.parse().is_ok_and(EventType::is_for_webhooks) && !twice
}

fn wants(endpoint: &WebhookEndpoint, event: &str) -> bool {
    endpoint.enabled && (endpoint.events.is_empty() || endpoint.events.iter().any(|wanted| wanted == event))
}

fn delivery(deps: &Deps, endpoint: &WebhookEndpoint, row: &OutboxRow) -> WebhookDelivery {
    let now = deps.now();
    let mut data = row.payload.clone();
    forget_words(&mut data);
    WebhookDelivery {
        id: WebhookDeliveryId::from_uuid(deps.ids.uuid()),
        organization_id: endpoint.organization_id,
        endpoint_id: endpoint.id,
        event_type: row.name.clone(),
        payload: json!({
            "id": row.id,
            "type": row.name,
            "conversation_id": row.conversation_id,
            "data": data,
            "at": row.created_at,
        }),
        status: DeliveryStatus::Pending,
        attempts: Vec::new(),
        next_attempt_at: Some(now),
        created_at: now,
        updated_at: now,
    }
}

/// Takes out what a visitor said: it stays where erasure finds it.
fn forget_words(data: &mut Value) {
    match data {
        Value::Object(fields) => {
            fields.retain(|name, _| !matches!(name.as_str(), "content" | "quote"));
            fields.values_mut().for_each(forget_words);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_words),
        _ => {}
    }
}
