//! Visits.

use http::StatusCode;
use secrecy::ExposeSecret;
use spotlight_core::error::Result;

use crate::{
    credentials::origin,
    output::{Meta, one_with},
    resources::{
        call::Call,
        conversation::dto::{VisitAttributes, VisitInput, visit},
    },
    response::Response,
};

pub(super) async fn open_visit(call: Call<'_>) -> Result<Response> {
    let assistant = call.id(0, "assistant")?;
    let input: VisitInput = call.input()?;
    let origin = origin(call.request);
    let opened = call.platform.public().open(assistant, origin.as_deref(), input.into(), call.context.clone()).await?;
    let meta = Meta::from_iter([
        ("token".to_owned(), opened.token.expose_secret().into()),
        ("expires_at".to_owned(), opened.expires_at.to_rfc3339().into()),
    ]);
    one_with::<_, VisitAttributes>(StatusCode::CREATED, visit(&opened.conversation), Some(meta), &[])
}
