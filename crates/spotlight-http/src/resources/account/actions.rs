//! Signing in and out.

use http::{StatusCode, header};
use secrecy::SecretString;
use spotlight_core::{
    error::{Error, Result},
    services::{Context, accounts::SignIn},
};

use super::dto::{SignInInput, UserAttributes, user};
use crate::{
    credentials::cookie,
    output::{Meta, one, one_with},
    resources::call::Call,
    response::Response,
};

pub(super) async fn sign_in(call: Call<'_>) -> Result<Response> {
    let input: SignInInput = call.input()?;
    let request = SignIn {
        email: input.email.0.0,
        password: SecretString::from(input.password.0.0),
        remember: input.remember_me.unwrap_or_default(),
        user_agent: call.request.header(&header::USER_AGENT).map(str::to_owned),
    };
    let signed_in = call.platform.accounts().sign_in(&call.context, request).await?;
    let session = &signed_in.session;
    let lasts_s = session.remember.then(|| (session.expires_at - session.created_at).num_seconds());
    let cookie = cookie(call.policy, &signed_in.secret, lasts_s);
    let member = &signed_in.membership;
    let context = Context::user(member.user_id, member.organization_id, member.role);
    let meta = Meta::from_iter([("csrf_token".to_owned(), signed_in.csrf_token.into())]);
    let shown = user(signed_in.user, &context);
    Ok(one_with::<_, UserAttributes>(StatusCode::OK, shown, Some(meta), &[])?.with(header::SET_COOKIE, cookie))
}

pub(super) async fn sign_out(call: Call<'_>) -> Result<Response> {
    let session = call.session.as_ref().ok_or_else(|| Error::forbidden("only a browser can sign out"))?;
    call.platform.accounts().sign_out(&call.context, session).await?;
    let gone = cookie(call.policy, &SecretString::from(""), Some(0));
    Ok(Response::empty(StatusCode::NO_CONTENT).with(header::SET_COOKIE, gone))
}

pub(super) async fn current(call: Call<'_>) -> Result<Response> {
    let accounts = call.platform.accounts();
    let shown = user(accounts.me(&call.context).await?, &call.context);
    match &call.session {
        None => one(StatusCode::OK, shown),
        Some(session) => {
            let meta = Meta::from_iter([("csrf_token".to_owned(), accounts.csrf_token(session).into())]);
            one_with::<_, UserAttributes>(StatusCode::OK, shown, Some(meta), &[])
        }
    }
}
