//! Accounts: who signs in, and who acts.

mod actions;
pub(crate) mod dto;

use spotlight_core::services::accounts::SIGN_IN_QUOTA;

use self::dto::{SignInInput, UserAttributes};
use crate::endpoint::{Access, Endpoint};

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::post("/api/v1/users/sign_in", "sign_in", "Sign in with e-mail and password", |call| {
        Box::pin(actions::sign_in(call))
    })
    .access(Access::Open)
    .body::<SignInInput>("user")
    .one::<UserAttributes>(200)
    .limited(SIGN_IN_QUOTA)
    .refuses(&[401]),
    Endpoint::delete("/api/v1/users/sign_out", "sign_out", "End the browser's session", |call| {
        Box::pin(actions::sign_out(call))
    })
    .access(Access::Session),
    Endpoint::get("/api/v1/user", "current_user", "The user who acts", |call| Box::pin(actions::current(call)))
        .one::<UserAttributes>(200),
];
