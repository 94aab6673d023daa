//! Where an organization wants to hear of events, what was sent there, and which systems may tell it of theirs.

mod actions;
pub(crate) mod dto;
mod sources;

use self::{
    dto::{DeliveryAttributes, EndpointAttributes, EndpointInput, EndpointPatchInput},
    sources::{SourceAttributes, SourceInput, SourcePatchInput},
};
use crate::{
    endpoint::Endpoint,
    query::{CURSOR, PAGE, PER_PAGE, Parameter},
    resources::parameters::WHOLE_LIST,
};

const DELIVERY_LIST: &[Parameter] = &[PAGE, PER_PAGE, CURSOR];

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/webhook_endpoints", "list_webhook_endpoints", "List webhook endpoints", |call| {
        Box::pin(actions::list(call))
    })
    .query(WHOLE_LIST)
    .many::<EndpointAttributes>(),
    Endpoint::post(
        "/api/v1/webhook_endpoints",
        "create_webhook_endpoint",
        "Add a webhook endpoint; `meta.secret` is shown this once",
        |call| Box::pin(actions::create(call)),
    )
    .keyed()
    .body::<EndpointInput>("webhook_endpoint")
    .one::<EndpointAttributes>(201)
    .refuses(&[409]),
    Endpoint::get("/api/v1/webhook_endpoints/{id}", "get_webhook_endpoint", "Show a webhook endpoint", |call| {
        Box::pin(actions::get(call))
    })
    .one::<EndpointAttributes>(200),
    Endpoint::patch("/api/v1/webhook_endpoints/{id}", "update_webhook_endpoint", "Change a webhook endpoint", |call| {
        Box::pin(actions::update(call))
    })
    .body::<EndpointPatchInput>("webhook_endpoint")
    .one::<EndpointAttributes>(200)
    .versioned(),
    Endpoint::delete(
        "/api/v1/webhook_endpoints/{id}",
        "delete_webhook_endpoint",
        "Delete a webhook endpoint and its deliveries",
        |call| Box::pin(actions::delete(call)),
    ),
    Endpoint::post(
        "/api/v1/webhook_endpoints/{id}/rotate_secret",
        "rotate_webhook_secret",
        "Give an endpoint a new secret, shown this once in `meta.secret`; the old one signs too for 24 hours",
        |call| Box::pin(actions::rotate(call)),
    )
    .keyed()
    .one::<EndpointAttributes>(200)
    .refuses(&[412]),
    Endpoint::post(
        "/api/v1/webhook_endpoints/{id}/test",
        "test_webhook_endpoint",
        "Send an endpoint an event that means nothing, `webhook.test`",
        |call| Box::pin(actions::test(call)),
    )
    .keyed()
    .one::<DeliveryAttributes>(201)
    .refuses(&[409]),
    Endpoint::get(
        "/api/v1/webhook_endpoints/{id}/deliveries",
        "list_webhook_deliveries",
        "List what was sent to an endpoint, newest first",
        |call| Box::pin(actions::deliveries(call)),
    )
    .query(DELIVERY_LIST)
    .many::<DeliveryAttributes>(),
    Endpoint::get(
        "/api/v1/webhook_endpoints/{id}/deliveries/{delivery_id}",
        "get_webhook_delivery",
        "Show a delivery with each of its tries",
        |call| Box::pin(actions::delivery(call)),
    )
    .one::<DeliveryAttributes>(200),
    Endpoint::post(
        "/api/v1/webhook_endpoints/{id}/deliveries/{delivery_id}/replay",
        "replay_webhook_delivery",
        "Send a delivery that has ended once more, under the same event id",
        |call| Box::pin(actions::replay(call)),
    )
    .keyed()
    .one::<DeliveryAttributes>(200)
    .refuses(&[409]),
    Endpoint::get("/api/v1/webhook_sources", "list_webhook_sources", "List sources of incoming webhooks", |call| {
        Box::pin(sources::list(call))
    })
    .query(WHOLE_LIST)
    .many::<SourceAttributes>(),
    Endpoint::post(
        "/api/v1/webhook_sources",
        "create_webhook_source",
        "Add a source of incoming webhooks; `meta.secret` is shown this once",
        |call| Box::pin(sources::create(call)),
    )
    .keyed()
    .body::<SourceInput>("webhook_source")
    .one::<SourceAttributes>(201)
    .refuses(&[409]),
    Endpoint::get("/api/v1/webhook_sources/{id}", "get_webhook_source", "Show a source", |call| {
        Box::pin(sources::get(call))
    })
    .one::<SourceAttributes>(200),
    Endpoint::patch("/api/v1/webhook_sources/{id}", "update_webhook_source", "Change a source", |call| {
        Box::pin(sources::update(call))
    })
    .body::<SourcePatchInput>("webhook_source")
    .one::<SourceAttributes>(200)
    .versioned(),
    Endpoint::delete("/api/v1/webhook_sources/{id}", "delete_webhook_source", "Delete a source", |call| {
        Box::pin(sources::delete(call))
    }),
    Endpoint::post(
        "/api/v1/webhook_sources/{id}/rotate_secret",
        "rotate_source_secret",
        "Give a source a new secret, shown this once in `meta.secret`; the old one is accepted for 24 hours more",
        |call| Box::pin(sources::rotate(call)),
    )
    .keyed()
    .one::<SourceAttributes>(200)
    .refuses(&[412]),
];
