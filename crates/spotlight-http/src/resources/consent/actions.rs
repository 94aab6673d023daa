//! What leads consent to.

use http::StatusCode;
use spotlight_core::error::Result;

use super::dto::{NewConsentInput, OptOutInput, consent};
use crate::{
    output::{one, paged},
    resources::call::Call,
    response::Response,
};

pub(super) async fn list(call: Call<'_>) -> Result<Response> {
    let found = call.platform.consents().list(&call.context, call.id(0, "lead")?).await?;
    paged(found.into_iter().map(consent).collect(), &call.request.path, &call.query)
}

pub(super) async fn record(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "lead")?;
    let input: NewConsentInput = call.input()?;
    let noted = call.platform.consents().record(&call.context, id, input.into()).await?;
    one(StatusCode::CREATED, consent(noted))
}

pub(super) async fn opt_out(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "lead")?;
    let input: OptOutInput = call.input()?;
    call.platform.consents().opt_out(&call.context, id, input.channel.0, &input.how.0.0).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
