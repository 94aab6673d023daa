//! Accounts: who signs up and in, who acts, and their own account.

mod actions;
pub(crate) mod dto;
mod me;
pub(crate) mod secret;

use spotlight_core::services::accounts::SIGN_IN_QUOTA;

use self::dto::{
    AddressInput, DisableInput, EnrolInput, EnrolmentAttributes, FirstCodeInput, LinkInput, NewPasswordInput,
    RecoveryAttributes, SessionAttributes, SignInInput, SignUpInput, UserAttributes, UserPatchInput,
};
use crate::{
    endpoint::{Access, Endpoint},
    resources::parameters::WHOLE_LIST,
};

/// Where a session is handed over or taken back.
const COOKIE: &str = "Set-Cookie";

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::post(
        "/api/v1/users",
        "sign_up",
        "Open an account, and an organization with it. The answer is the same when the address has an account: only its \
         mail tells",
        |call| Box::pin(actions::sign_up(call)),
    )
    .keyed()
    .access(Access::Open)
    .body::<SignUpInput>("user")
    .limited(SIGN_IN_QUOTA),
    Endpoint::post(
        "/api/v1/users/confirmation",
        "send_confirmation",
        "Send another link to confirm an address, if it has an account that needs one",
        |call| Box::pin(actions::send_confirmation(call)),
    )
    .keyed()
    .access(Access::Open)
    .body::<AddressInput>("user")
    .limited(SIGN_IN_QUOTA),
    Endpoint::patch("/api/v1/users/confirmation", "confirm_address", "Confirm an address by a link", |call| {
        Box::pin(actions::confirm(call))
    })
    .access(Access::Open)
    .body::<LinkInput>("user")
    .limited(SIGN_IN_QUOTA),
    Endpoint::post(
        "/api/v1/users/password",
        "send_password_reset",
        "Send a link to choose a new password, if the address has an account",
        |call| Box::pin(actions::send_reset(call)),
    )
    .keyed()
    .access(Access::Open)
    .body::<AddressInput>("user")
    .limited(SIGN_IN_QUOTA),
    Endpoint::patch(
        "/api/v1/users/password",
        "reset_password",
        "Choose a new password by a link, which works once; every session ends",
        |call| Box::pin(actions::reset(call)),
    )
    .access(Access::Open)
    .body::<NewPasswordInput>("user")
    .limited(SIGN_IN_QUOTA),
    Endpoint::post(
        "/api/v1/users/sign_in",
        "sign_in",
        "Sign in with e-mail and password, and with a code where the answer is 401 with `otp_required`",
        |call| Box::pin(actions::sign_in(call)),
    )
    .access(Access::Open)
    .body::<SignInInput>("user")
    .one::<UserAttributes>(200)
    .headers(&[(COOKIE, "The session: HttpOnly, SameSite=Lax, and Secure with HTTPS.")])
    .limited(SIGN_IN_QUOTA)
    .refuses(&[401]),
    Endpoint::delete("/api/v1/users/sign_out", "sign_out", "End the browser's session", |call| {
        Box::pin(actions::sign_out(call))
    })
    .access(Access::Session)
    .headers(&[(COOKIE, "Takes the session from the browser.")]),
    Endpoint::get("/api/v1/user", "current_user", "The user who acts", |call| Box::pin(me::show(call)))
        .one::<UserAttributes>(200),
    Endpoint::patch("/api/v1/user", "update_user", "Change one's own name, address or password", |call| {
        Box::pin(me::update(call))
    })
    .body::<UserPatchInput>("user")
    .one::<UserAttributes>(200)
    .headers(&[(COOKIE, "A new session, when a browser has changed the password: all others have ended.")])
    .versioned(),
    Endpoint::get("/api/v1/user/sessions", "list_sessions", "One's own sessions, newest first", |call| {
        Box::pin(me::sessions(call))
    })
    .query(WHOLE_LIST)
    .many::<SessionAttributes>(),
    Endpoint::delete("/api/v1/user/sessions", "revoke_sessions", "End one's own sessions save this one", |call| {
        Box::pin(me::revoke_sessions(call))
    }),
    Endpoint::get("/api/v1/user/sessions/{id}", "get_session", "One of one's own sessions", |call| {
        Box::pin(me::one_session(call))
    })
    .one::<SessionAttributes>(200),
    Endpoint::delete("/api/v1/user/sessions/{id}", "revoke_session", "End one of one's own sessions", |call| {
        Box::pin(me::revoke_session(call))
    })
    .headers(&[(COOKIE, "Takes the session from the browser, when it has ended its own.")]),
    Endpoint::post(
        "/api/v1/user/second_factor",
        "enrol_second_factor",
        "Begin to use a second factor; signing in needs a code once a first one was shown",
        |call| Box::pin(me::enrol(call)),
    )
    .keyed_blindly()
    .body::<EnrolInput>("second_factor")
    .one::<EnrolmentAttributes>(201)
    .refuses(&[409]),
    Endpoint::patch(
        "/api/v1/user/second_factor",
        "confirm_second_factor",
        "Switch the second factor on by a first code; one's other sessions end",
        |call| Box::pin(me::confirm_factor(call)),
    )
    .body::<FirstCodeInput>("second_factor")
    .one::<RecoveryAttributes>(200)
    .refuses(&[409]),
    Endpoint::post(
        "/api/v1/user/second_factor/disable",
        "disable_second_factor",
        "Switch the second factor off by the password and a code",
        |call| Box::pin(me::disable_factor(call)),
    )
    .keyed_blindly()
    .body::<DisableInput>("second_factor")
    .refuses(&[409]),
];
