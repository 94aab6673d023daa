//! The team.

use http::StatusCode;
use spotlight_core::{
    error::Result,
    services::{Context, accounts::AcceptInvitation},
};

use super::dto::{AcceptInput, InvitationInput, MemberPatchInput, invitation, member};
use crate::{
    output::{one, paged},
    resources::{account::dto::user, call::Call},
    response::Response,
};

pub(super) async fn members(call: Call<'_>) -> Result<Response> {
    let found = call.platform.accounts().members(&call.context).await?;
    paged(found.into_iter().map(member).collect(), &call.request.path, &call.query)
}

pub(super) async fn show(call: Call<'_>) -> Result<Response> {
    let found = call.platform.accounts().member(&call.context, call.id(0, "member")?).await?;
    one(StatusCode::OK, member(found))
}

pub(super) async fn change_role(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "member")?;
    let role = call.input::<MemberPatchInput>()?.role.0;
    let changed = call.platform.accounts().change_role(&call.context, id, role).await?;
    one(StatusCode::OK, member(changed))
}

pub(super) async fn remove(call: Call<'_>) -> Result<Response> {
    call.platform.accounts().remove_member(&call.context, call.id(0, "member")?).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn invitations(call: Call<'_>) -> Result<Response> {
    let found = call.platform.accounts().invitations(&call.context).await?;
    paged(found.into_iter().map(invitation).collect(), &call.request.path, &call.query)
}

pub(super) async fn invite(call: Call<'_>) -> Result<Response> {
    let input: InvitationInput = call.input()?;
    let made = call.platform.accounts().invite(&call.context, input.into()).await?;
    one(StatusCode::CREATED, invitation(made))
}

pub(super) async fn withdraw(call: Call<'_>) -> Result<Response> {
    call.platform.accounts().withdraw_invitation(&call.context, call.id(0, "invitation")?).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn accept(call: Call<'_>) -> Result<Response> {
    let input: AcceptInput = call.input()?;
    let request = AcceptInvitation {
        token: input.token.0.0,
        name: input.name.map(|name| name.0),
        password: input.password.map(|password| password.0),
    };
    let (joined, membership) = call.platform.accounts().accept_invitation(&call.context, request).await?;
    let context = Context::user(joined.id, membership.organization_id, membership.role);
    one(StatusCode::OK, user(joined, &context))
}
