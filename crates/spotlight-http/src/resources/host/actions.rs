//! Hosts.

use http::StatusCode;
use spotlight_core::{
    domain::{UserId, schedule::WeeklyHours},
    error::{Error, Result},
    services::hosts::HostInput,
};

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
    let id: UserId = call.id(0, "host")?;
    let (hosts, organizations) = (&call.platform.hosts(), &call.platform.organizations());
    let changed = call
        .patiently(|| async {
            let patch: HostPatchInput = call.input()?;
            let (mut input, version) = match hosts.get(&call.context, id).await {
                Ok(found) => {
                    let version = found.version;
                    let input = HostInput {
                        time_zone: found.time_zone,
                        hours: found.hours,
                        exceptions: found.exceptions,
                        buffer_before_min: found.buffer_before_min,
                        buffer_after_min: found.buffer_after_min,
                    };
                    (input, Some(version))
                }
                Err(error) if error.is_not_found() => {
                    let time_zone = organizations.get(&call.context).await?.time_zone;
                    let (hours, exceptions) = (WeeklyHours::default(), Vec::new());
                    (HostInput { time_zone, hours, exceptions, buffer_before_min: 0, buffer_after_min: 0 }, None)
                }
                Err(error) => return Err(error),
            };
            if version.is_some() && call.expected_version.is_some_and(|expected| Some(expected) != version) {
                return Err(Error::stale("host"));
            }
            patch.apply(&mut input);
            hosts.set(&call.context, id, input, version.or(call.expected_version)).await
        })
        .await?;
    one(StatusCode::OK, host(changed))
}
