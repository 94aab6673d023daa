//! Signing up, in and out, and the links that are sent.

use http::{StatusCode, header};
use secrecy::SecretString;
use spotlight_core::{
    domain::user::Session,
    error::Result,
    services::{
        Context,
        accounts::{SignIn, SignUp},
    },
};

use super::dto::{AddressInput, LinkInput, NewPasswordInput, SignInInput, SignUpInput, UserAttributes, user};
use crate::{
    credentials::cookie,
    output::{Meta, one_with},
    resources::call::Call,
    response::Response,
};

fn done() -> Response {
    Response::empty(StatusCode::NO_CONTENT)
}

pub(super) async fn sign_up(call: Call<'_>) -> Result<Response> {
    let input: SignUpInput = call.input()?;
    let request = SignUp {
        email: input.email.0.0,
        name: input.name.0.0,
        organization: input.organization.0.0,
        time_zone: input.time_zone,
        password: input.password.0.0,
    };
    // One answer, whether or not the address has an account.
    call.platform.accounts().sign_up(&call.context, request).await.map(|_| done())
}

pub(super) async fn send_confirmation(call: Call<'_>) -> Result<Response> {
    let input: AddressInput = call.input()?;
    call.platform.accounts().request_confirmation(&call.context, &input.email.0.0).await.map(|()| done())
}

pub(super) async fn confirm(call: Call<'_>) -> Result<Response> {
    let input: LinkInput = call.input()?;
    call.platform.accounts().confirm(&call.context, input.token.0.0).await.map(|_| done())
}

pub(super) async fn send_reset(call: Call<'_>) -> Result<Response> {
    let input: AddressInput = call.input()?;
    call.platform.accounts().request_password_reset(&call.context, &input.email.0.0).await.map(|()| done())
}

pub(super) async fn reset(call: Call<'_>) -> Result<Response> {
    let input: NewPasswordInput = call.input()?;
    let accounts = call.platform.accounts();
    accounts.reset_password(&call.context, input.token.0.0, input.password.0.0).await.map(|_| done())
}

pub(super) async fn sign_in(call: Call<'_>) -> Result<Response> {
    let input: SignInInput = call.input()?;
    let request = SignIn {
        remember: input.remember_me.unwrap_or_default(),
        user_agent: call.request.header(&header::USER_AGENT).map(str::to_owned),
        otp_code: input.otp_code.map(|code| code.0),
        replaces: call.request.cookie(call.policy.cookie()).map(SecretString::from),
        ..SignIn::new(input.email.0.0, input.password.0.0)
    };
    let signed_in = call.platform.accounts().sign_in(&call.context, request).await?;
    let cookie = cookie_of(&call, &signed_in.session, &signed_in.secret);
    let member = &signed_in.membership;
    let context = Context::user(member.user_id, member.organization_id, member.role);
    let meta = Meta::from_iter([("csrf_token".to_owned(), signed_in.csrf_token.into())]);
    let shown = user(signed_in.user, &context);
    Ok(one_with::<_, UserAttributes>(StatusCode::OK, shown, Some(meta), &[])?.with(header::SET_COOKIE, cookie))
}

/// The header that hands a session over; without "remember me" it ends with the browser.
pub(super) fn cookie_of(call: &Call<'_>, session: &Session, secret: &SecretString) -> String {
    let lasts_s = session.remember.then(|| (session.expires_at - call.now()).num_seconds());
    cookie(call.policy, secret, lasts_s)
}

/// The header that takes a session from the browser.
pub(super) fn no_cookie(call: &Call<'_>) -> String {
    cookie(call.policy, &SecretString::from(""), Some(0))
}

pub(super) async fn sign_out(call: Call<'_>) -> Result<Response> {
    if let Some(session) = &call.session {
        call.platform.accounts().sign_out(&call.context, session).await?;
    }
    Ok(done().with(header::SET_COOKIE, no_cookie(&call)))
}
