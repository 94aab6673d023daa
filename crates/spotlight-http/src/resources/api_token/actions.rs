//! Keys for programs.

use http::StatusCode;
use secrecy::ExposeSecret;
use spotlight_core::error::Result;

use super::dto::{TokenAttributes, TokenInput, token};
use crate::{
    output::{Meta, one_with, paged},
    resources::call::Call,
    response::Response,
};

pub(super) async fn list(call: Call<'_>) -> Result<Response> {
    let found = call.platform.accounts().tokens(&call.context).await?;
    paged(found.into_iter().map(token).collect(), &call.request.path, &call.query)
}

pub(super) async fn create(call: Call<'_>) -> Result<Response> {
    let input: TokenInput = call.input()?;
    let accounts = call.platform.accounts();
    let made = accounts.create_token(&call.context, &input.name.0.0, input.scopes.0.0, input.expires_at).await?;
    let meta = Meta::from_iter([("secret".to_owned(), made.secret.expose_secret().into())]);
    one_with::<_, TokenAttributes>(StatusCode::CREATED, token(made.token), Some(meta), &[])
}

pub(super) async fn revoke(call: Call<'_>) -> Result<Response> {
    call.platform.accounts().revoke_token(&call.context, call.id(0, "api_token")?).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
