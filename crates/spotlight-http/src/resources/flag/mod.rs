//! What is switched on.

use http::StatusCode;
use spotlight_core::{error::Result, services::flags::FlagState};

use crate::{
    endpoint::Endpoint,
    input::input,
    output::{Attributes, Resource, one, output, paged},
    resources::{call::Call, parameters::WHOLE_LIST},
    response::Response,
};

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/feature_flags", "list_feature_flags", "List feature flags", |call| Box::pin(list(call)))
        .query(WHOLE_LIST)
        .many::<FlagAttributes>(),
    Endpoint::patch(
        "/api/v1/feature_flags/{key}",
        "set_feature_flag",
        "Switch a flag on or off for the own organization",
        |call| Box::pin(set(call)),
    )
    .body::<FlagInput>("feature_flag")
    .one::<FlagAttributes>(200)
    .refuses(&[412]),
    Endpoint::delete(
        "/api/v1/feature_flags/{key}",
        "clear_feature_flag",
        "Follow the deployment again with a flag",
        |call| Box::pin(clear(call)),
    )
    .refuses(&[412]),
];

async fn list(call: Call<'_>) -> Result<Response> {
    let found = call.platform.flags().list(&call.context).await?;
    paged(found.into_iter().map(shown).collect(), &call.request.path, &call.query)
}

async fn set(call: Call<'_>) -> Result<Response> {
    let on = call.input::<FlagInput>()?.on.0;
    let key = call.path.first().map(String::as_str).unwrap_or_default();
    one(StatusCode::OK, shown(call.platform.flags().set_for_organization(&call.context, key, Some(on)).await?))
}

async fn clear(call: Call<'_>) -> Result<Response> {
    let key = call.path.first().map(String::as_str).unwrap_or_default();
    call.platform.flags().set_for_organization(&call.context, key, None).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

input! {
    /// What an organization wants of a flag.
    FlagInput {
        /// On for the organization, whatever the deployment says; its environment alone wins over it.
        required on: bool,
    }
}

output! {
    /// A feature flag as one organization meets it; its id is its key.
    FlagAttributes as "FeatureFlag" {
        /// On for this organization, all things considered.
        on: bool,
        /// What is set for this organization alone.
        organization: Option<bool>,
        /// What the deployment's environment says; wins over everything.
        environment: Option<bool>,
        /// Switched on for the deployment; null for a flag that it does not have.
        enabled: Option<bool>,
        /// For how many of a hundred organizations.
        percentage: Option<u8>,
    }
}

impl Attributes for FlagAttributes {
    const KIND: &'static str = "feature_flag";
}

fn shown(state: FlagState) -> Resource<FlagAttributes> {
    let attributes = FlagAttributes {
        on: state.on,
        organization: state.organization,
        environment: state.environment,
        enabled: state.flag.as_ref().map(|flag| flag.enabled),
        percentage: state.flag.as_ref().map(|flag| flag.percentage),
    };
    Resource::new(state.key, attributes)
}
