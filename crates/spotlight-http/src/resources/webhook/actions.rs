//! Webhook endpoints and their deliveries.

use http::StatusCode;
use secrecy::ExposeSecret;
use spotlight_core::{error::Result, services::webhooks::NewSecret};

use super::dto::{EndpointAttributes, EndpointInput, EndpointPatchInput, delivery as shown, endpoint};
use crate::{
    output::{Meta, many, one, one_with, paged},
    resources::call::Call,
    response::Response,
};

pub(super) async fn list(call: Call<'_>) -> Result<Response> {
    let found = call.platform.webhooks().list(&call.context).await?;
    paged(found.into_iter().map(endpoint).collect(), &call.request.path, &call.query)
}

/// An endpoint with the secret that is shown this once.
fn with_secret(status: StatusCode, made: NewSecret) -> Result<Response> {
    let meta = Meta::from_iter([("secret".to_owned(), made.secret.expose_secret().into())]);
    one_with::<_, EndpointAttributes>(status, endpoint(made.endpoint), Some(meta), &[])
}

pub(super) async fn create(call: Call<'_>) -> Result<Response> {
    let input: EndpointInput = call.input()?;
    with_secret(StatusCode::CREATED, call.platform.webhooks().create(&call.context, input.into()).await?)
}

pub(super) async fn get(call: Call<'_>) -> Result<Response> {
    let found = call.platform.webhooks().get(&call.context, call.id(0, "webhook endpoint")?).await?;
    one(StatusCode::OK, endpoint(found))
}

pub(super) async fn update(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "webhook endpoint")?;
    let input: EndpointPatchInput = call.input()?;
    let changed = call.platform.webhooks().change(&call.context, id, input.into(), call.expected_version).await?;
    one(StatusCode::OK, endpoint(changed))
}

pub(super) async fn delete(call: Call<'_>) -> Result<Response> {
    call.platform.webhooks().delete(&call.context, call.id(0, "webhook endpoint")?).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn rotate(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "webhook endpoint")?;
    with_secret(StatusCode::OK, call.platform.webhooks().rotate_secret(&call.context, id).await?)
}

pub(super) async fn test(call: Call<'_>) -> Result<Response> {
    let left = call.platform.webhooks().test(&call.context, call.id(0, "webhook endpoint")?).await?;
    one(StatusCode::CREATED, shown(left))
}

pub(super) async fn deliveries(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "webhook endpoint")?;
    let found = call.platform.webhooks().deliveries(&call.context, id, &call.query.paging()).await?;
    many(found.map(shown), &call.request.path, &call.query)
}

pub(super) async fn delivery(call: Call<'_>) -> Result<Response> {
    let (endpoint, id) = (call.id(0, "webhook endpoint")?, call.id(1, "webhook delivery")?);
    one(StatusCode::OK, shown(call.platform.webhooks().delivery(&call.context, endpoint, id).await?))
}

pub(super) async fn replay(call: Call<'_>) -> Result<Response> {
    let (endpoint, id) = (call.id(0, "webhook endpoint")?, call.id(1, "webhook delivery")?);
    one(StatusCode::OK, shown(call.platform.webhooks().replay(&call.context, endpoint, id).await?))
}
