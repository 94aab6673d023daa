//! Hosts.

use http::StatusCode;
use spotlight_core::error::Result;

use super::dto::{HostPatchInput, host};
use crate::{
    output::{one, paged},
    resources::call::Call,
    response::Response,
};

pub(super) async fn list(call: Call<'_>) -> Result<Response> {
    let found = call.platform.hosts().list(&call.context).await?;
    paged(found.into_iter().map(host).collect(), &call.request.path, &call.query)
}

pub(super) async fn get(call: Call<'_>) -> Result<Response> {
    let found = call.platform.hosts().get(&call.context, call.id(0, "host")?).await?;
    one(StatusCode::OK, host(found))
}

pub(super) async fn update(call: Call<'_>) -> Result<Response> {
    let (hosts, id) = (&call.platform.hosts(), call.id(0, "host")?);
    let changed = call
        .patiently(|| async {
            let patch: HostPatchInput = call.input()?;
            hosts.update(&call.context, id, patch.into(), call.expected_version).await
        })
        .await?;
    one(StatusCode::OK, host(changed))
}
