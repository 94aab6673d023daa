//! Plans, what is paid for, and what is used.

use http::StatusCode;
use spotlight_core::error::Result;

use super::dto::{self, CheckoutInput, page, plan};
use crate::{
    output::{one, paged},
    resources::call::Call,
    response::Response,
};

pub(super) fn plans(call: &Call<'_>) -> Result<Response> {
    let plans = call.platform.billing().plans(&call.context)?;
    let shown = plans.into_iter().map(|(id, limits)| plan(id, limits, call.policy.api_of(id).burst)).collect();
    paged(shown, &call.request.path, &call.query)
}

pub(super) async fn subscription(call: Call<'_>) -> Result<Response> {
    let found = call.platform.billing().subscription(&call.context).await?;
    one(StatusCode::OK, dto::subscription(call.context.organization, found))
}

pub(super) async fn usage(call: Call<'_>) -> Result<Response> {
    let found = call.platform.billing().usage(&call.context).await?;
    one(StatusCode::OK, dto::usage(call.context.organization, found))
}

pub(super) async fn checkout(call: Call<'_>) -> Result<Response> {
    let plan = call.input::<CheckoutInput>()?.plan.0;
    one(StatusCode::OK, page("checkout", call.platform.billing().checkout(&call.context, plan).await?))
}

pub(super) async fn portal(call: Call<'_>) -> Result<Response> {
    one(StatusCode::OK, page("portal", call.platform.billing().portal(&call.context).await?))
}
