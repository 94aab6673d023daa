//! One's own account, sessions and second factor.

use http::{StatusCode, header};
use spotlight_core::{
    domain::{SessionId, user::User},
    error::Result,
    services::accounts::AccountPatch,
};

use super::{
    actions::{cookie_of, no_cookie},
    dto::{
        DisableInput, EnrolInput, FirstCodeInput, UserAttributes, UserPatchInput, enrolment, recovery, session, user,
    },
};
use crate::{
    output::{Meta, one, one_with, paged},
    resources::call::Call,
    response::Response,
};

/// A user, and for a browser what it must send back with every change.
fn shown(call: &Call<'_>, found: User, csrf_token: Option<String>) -> Result<Response> {
    let meta = csrf_token.map(|token| Meta::from_iter([("csrf_token".to_owned(), token.into())]));
    one_with::<_, UserAttributes>(StatusCode::OK, user(found, &call.context), meta, &[])
}

/// The session of the browser that calls.
fn current(call: &Call<'_>) -> Option<SessionId> {
    call.session.as_ref().map(|session| session.id)
}

pub(super) async fn show(call: Call<'_>) -> Result<Response> {
    let accounts = call.platform.accounts();
    let found = accounts.me(&call.context).await?;
    let csrf_token = call.session.as_ref().map(|session| accounts.csrf_token(session));
    shown(&call, found, csrf_token)
}

pub(super) async fn update(call: Call<'_>) -> Result<Response> {
    let input: UserPatchInput = call.input()?;
    let accounts = call.platform.accounts();
    let patch = AccountPatch {
        name: input.name.map(|name| name.0),
        email: input.email.map(|email| email.0),
        password: input.password.map(|password| password.0),
        current_password: input.current_password.map(|password| password.0),
    };
    let acting = call.session.as_ref();
    let changed = accounts.update_me(&call.context, patch, call.expected_version, acting).await?;
    match changed.session {
        None => shown(&call, changed.user, acting.map(|session| accounts.csrf_token(session))),
        Some(renewed) => {
            let cookie = cookie_of(&call, &renewed.session, &renewed.secret);
            Ok(shown(&call, changed.user, Some(renewed.csrf_token))?.with(header::SET_COOKIE, cookie))
        }
    }
}

pub(super) async fn sessions(call: Call<'_>) -> Result<Response> {
    let found = call.platform.accounts().sessions(&call.context).await?;
    let found = found.into_iter().map(|found| session(found, current(&call))).collect();
    paged(found, &call.request.path, &call.query)
}

pub(super) async fn one_session(call: Call<'_>) -> Result<Response> {
    let found = call.platform.accounts().session(&call.context, call.id(0, "session")?).await?;
    one(StatusCode::OK, session(found, current(&call)))
}

pub(super) async fn revoke_session(call: Call<'_>) -> Result<Response> {
    let id: SessionId = call.id(0, "session")?;
    call.platform.accounts().revoke_session(&call.context, id).await?;
    let done = Response::empty(StatusCode::NO_CONTENT);
    if current(&call) == Some(id) {
        return Ok(done.with(header::SET_COOKIE, no_cookie(&call)));
    }
    Ok(done)
}

pub(super) async fn revoke_sessions(call: Call<'_>) -> Result<Response> {
    call.platform.accounts().revoke_sessions(&call.context, current(&call)).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

/// The id under which what belongs to the user is shown.
fn user_id(call: &Call<'_>) -> String {
    call.context.actor.user_id().map(|id| id.to_string()).unwrap_or_default()
}

pub(super) async fn enrol(call: Call<'_>) -> Result<Response> {
    let input: EnrolInput = call.input()?;
    let made = call.platform.accounts().enrol_second_factor(&call.context, input.current_password.0.0).await?;
    one(StatusCode::CREATED, enrolment(user_id(&call), &made))
}

pub(super) async fn confirm_factor(call: Call<'_>) -> Result<Response> {
    let input: FirstCodeInput = call.input()?;
    let accounts = call.platform.accounts();
    let codes = accounts.confirm_second_factor(&call.context, &input.otp_code.0.0, current(&call)).await?;
    one(StatusCode::OK, recovery(user_id(&call), &codes))
}

pub(super) async fn disable_factor(call: Call<'_>) -> Result<Response> {
    let input: DisableInput = call.input()?;
    let accounts = call.platform.accounts();
    accounts.disable_second_factor(&call.context, input.current_password.0.0, &input.otp_code.0.0).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
