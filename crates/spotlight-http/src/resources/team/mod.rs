//! The team: members, and invitations of colleagues.

mod actions;
mod dto;

use spotlight_core::services::accounts::SIGN_IN_QUOTA;

use self::dto::{AcceptInput, InvitationAttributes, InvitationInput, MemberAttributes, MemberPatchInput};
use crate::{
    endpoint::{Access, Endpoint},
    resources::{account::dto::UserAttributes, parameters::WHOLE_LIST},
};

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/members", "list_members", "The team, oldest first", |call| Box::pin(actions::members(call)))
        .query(WHOLE_LIST)
        .many::<MemberAttributes>(),
    Endpoint::get("/api/v1/members/{id}", "get_member", "Show a member of the team", |call| {
        Box::pin(actions::show(call))
    })
    .one::<MemberAttributes>(200),
    Endpoint::patch("/api/v1/members/{id}", "update_member", "Change a member's role", |call| {
        Box::pin(actions::change_role(call))
    })
    .body::<MemberPatchInput>("member")
    .one::<MemberAttributes>(200)
    .refuses(&[409]),
    Endpoint::delete("/api/v1/members/{id}", "remove_member", "Remove a member, or leave the team", |call| {
        Box::pin(actions::remove(call))
    })
    .refuses(&[409]),
    Endpoint::get("/api/v1/invitations", "list_invitations", "Open invitations, newest first", |call| {
        Box::pin(actions::invitations(call))
    })
    .query(WHOLE_LIST)
    .many::<InvitationAttributes>(),
    Endpoint::post("/api/v1/invitations", "create_invitation", "Invite a colleague by e-mail", |call| {
        Box::pin(actions::invite(call))
    })
    .keyed()
    .body::<InvitationInput>("invitation")
    .one::<InvitationAttributes>(201)
    .refuses(&[402, 404, 409]),
    Endpoint::post(
        "/api/v1/invitations/accept",
        "accept_invitation",
        "Accept an invitation by its link, which works once",
        |call| Box::pin(actions::accept(call)),
    )
    .keyed()
    .access(Access::Open)
    .body::<AcceptInput>("invitation")
    .one::<UserAttributes>(200)
    .limited(SIGN_IN_QUOTA)
    .refuses(&[402]),
    Endpoint::delete("/api/v1/invitations/{id}", "withdraw_invitation", "Withdraw an open invitation", |call| {
        Box::pin(actions::withdraw(call))
    }),
];
