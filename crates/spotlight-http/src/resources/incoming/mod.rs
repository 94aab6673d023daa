//! Webhooks that come in: signed by a source of an organization, or by Stripe.

mod actions;
mod dto;

use self::dto::{ConversationEventInput, LeadEventInput, ReceiptAttributes};
use crate::endpoint::{Access, Endpoint};

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::post(
        "/api/v1/webhooks/leads",
        "receive_lead",
        "Tell of a lead: adds it, or adds to the one with its e-mail or phone",
        |call| Box::pin(actions::lead(call)),
    )
    .access(Access::Signed)
    .body::<LeadEventInput>("event")
    .one::<ReceiptAttributes>(200)
    .refuses(&[403]),
    Endpoint::post(
        "/api/v1/webhooks/conversations",
        "receive_conversation",
        "Tell of a conversation held elsewhere: opens it, appends to it, ends it",
        |call| Box::pin(actions::conversation(call)),
    )
    .access(Access::Signed)
    .body::<ConversationEventInput>("event")
    .one::<ReceiptAttributes>(200)
    .refuses(&[402, 403, 404, 409]),
    Endpoint::post(
        "/api/v1/webhooks/stripe",
        "receive_stripe",
        "Events of Stripe, signed in `Stripe-Signature`; 404 unless the deployment has its secret",
        |call| Box::pin(actions::stripe(call)),
    )
    .access(Access::Signed)
    .refuses(&[404]),
];
