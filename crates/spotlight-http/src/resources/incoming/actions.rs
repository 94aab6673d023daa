//! Webhooks that come in. What a body says is read only once its signature is known to be good.

use http::{HeaderName, StatusCode};
use spotlight_core::{
    domain::webhook::SourceKind,
    error::Result,
    services::{
        Context,
        incoming::{Receipt, Signed},
    },
};

use super::dto::{ConversationEventInput, LeadEventInput, receipt};
use crate::{output::one, resources::call::Call, response::Response};

const KEY: HeaderName = HeaderName::from_static("x-webhook-key");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
const STRIPE_SIGNATURE: HeaderName = HeaderName::from_static("stripe-signature");

async fn recognised(call: &Call<'_>, kind: SourceKind) -> Result<Context> {
    let message = Signed {
        key: call.request.header(&KEY),
        timestamp: call.request.header(&TIMESTAMP),
        signature: call.request.header(&SIGNATURE),
        body: &call.body,
    };
    call.platform.incoming().recognise(&call.context, kind, message).await
}

fn answered(taken: Receipt) -> Result<Response> {
    one(StatusCode::OK, receipt(taken))
}

pub(super) async fn lead(call: Call<'_>) -> Result<Response> {
    let context = recognised(&call, SourceKind::Leads).await?;
    let event: LeadEventInput = call.input()?;
    answered(call.platform.incoming().lead(&context, event.into()).await?)
}

pub(super) async fn conversation(call: Call<'_>) -> Result<Response> {
    let context = recognised(&call, SourceKind::Conversations).await?;
    let event: ConversationEventInput = call.input()?;
    answered(call.platform.incoming().conversation(&context, event.into()).await?)
}

pub(super) async fn stripe(call: Call<'_>) -> Result<Response> {
    let signature = call.request.header(&STRIPE_SIGNATURE);
    call.platform.incoming().stripe(&call.context, signature, &call.body).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
