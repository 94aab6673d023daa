//! The organization.

use http::StatusCode;
use spotlight_core::error::{Error, Result};

use super::dto::{OrganizationPatchInput, organization};
use crate::{output::one, resources::call::Call, response::Response};

pub(super) async fn get(call: Call<'_>) -> Result<Response> {
    let found = call.platform.organizations().settings(&call.context).await?;
    one(StatusCode::OK, organization(found))
}

pub(super) async fn update(call: Call<'_>) -> Result<Response> {
    let organizations = &call.platform.organizations();
    let changed = call
        .patiently(|| async {
            let input: OrganizationPatchInput = call.input()?;
            let mut found = organizations.settings(&call.context).await?;
            if call.expected_version.is_some_and(|version| version != found.version) {
                return Err(Error::stale("organization"));
            }
            input.apply(&mut found);
            organizations.update(&call.context, found).await
        })
        .await?;
    one(StatusCode::OK, organization(changed))
}

pub(super) async fn delete(call: Call<'_>) -> Result<Response> {
    call.platform.organizations().delete(&call.context).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
