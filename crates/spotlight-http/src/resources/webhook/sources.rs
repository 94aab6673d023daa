//! Systems that tell us of leads and conversations.

use http::StatusCode;
use secrecy::ExposeSecret;
use spotlight_core::{
    domain::{time::Timestamp, webhook::SourceKind},
    error::Result,
    services::sources::{NewSource, NewSourceSecret, Source, SourcePatch},
};

use crate::{
    input::{List, Text, input},
    output::{Attributes, Meta, Resource, one, one_with, output, paged},
    resources::call::Call,
    response::Response,
};

input! {
    /// A new source of incoming webhooks.
    SourceInput,
    /// A change of a source: what is left out stays.
    SourcePatchInput {
        /// What people call it.
        required name: Text<2, 100>,
        /// What it may tell of, at least one thing.
        required accepts: List<SourceKind, 2>,
        /// Is listened to only while true.
        optional enabled: bool,
    }
}

impl From<SourceInput> for NewSource {
    fn from(new: SourceInput) -> Self {
        Self { name: new.name.0.0, accepts: new.accepts.0.0, enabled: new.enabled.unwrap_or(true) }
    }
}

impl From<SourcePatchInput> for SourcePatch {
    fn from(patch: SourcePatchInput) -> Self {
        Self {
            name: patch.name.map(|name| name.0),
            accepts: patch.accepts.map(|accepts| accepts.0),
            enabled: patch.enabled,
        }
    }
}

output! {
    /// A source of incoming webhooks. Its secret is shown only when it is made.
    SourceAttributes as "WebhookSource" {
        /// What people call it.
        name: String,
        /// What its messages name in the header X-Webhook-Key.
        key: String,
        /// What it may tell of.
        accepts: Vec<SourceKind>,
        /// Is listened to only while true.
        enabled: bool,
        /// Until when the secret before the newest one is accepted too.
        previous_secret_until: Option<Timestamp>,
        /// When it was made.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
    }
}

impl Attributes for SourceAttributes {
    const KIND: &'static str = "webhook_source";
}

fn shown(source: Source) -> Resource<SourceAttributes> {
    let attributes = SourceAttributes {
        name: source.name,
        key: source.key,
        accepts: source.accepts,
        enabled: source.enabled,
        previous_secret_until: source.previous_secret_until,
        created_at: source.created_at,
        updated_at: source.updated_at,
    };
    Resource::new(source.id, attributes).at(source.version)
}

/// A source with the secret that is shown this once.
fn with_secret(status: StatusCode, made: NewSourceSecret) -> Result<Response> {
    let meta = Meta::from_iter([("secret".to_owned(), made.secret.expose_secret().into())]);
    one_with::<_, SourceAttributes>(status, shown(made.source), Some(meta), &[])
}

pub(super) async fn list(call: Call<'_>) -> Result<Response> {
    let found = call.platform.sources().list(&call.context).await?;
    paged(found.into_iter().map(shown).collect(), &call.request.path, &call.query)
}

pub(super) async fn create(call: Call<'_>) -> Result<Response> {
    let input: SourceInput = call.input()?;
    with_secret(StatusCode::CREATED, call.platform.sources().create(&call.context, input.into()).await?)
}

pub(super) async fn get(call: Call<'_>) -> Result<Response> {
    let found = call.platform.sources().get(&call.context, call.id(0, "webhook source")?).await?;
    one(StatusCode::OK, shown(found))
}

pub(super) async fn update(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "webhook source")?;
    let input: SourcePatchInput = call.input()?;
    let changed = call.platform.sources().update(&call.context, id, input.into(), call.expected_version).await?;
    one(StatusCode::OK, shown(changed))
}

pub(super) async fn delete(call: Call<'_>) -> Result<Response> {
    call.platform.sources().delete(&call.context, call.id(0, "webhook source")?).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn rotate(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "webhook source")?;
    with_secret(StatusCode::OK, call.platform.sources().rotate_secret(&call.context, id).await?)
}
