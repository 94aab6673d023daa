//! Keys for programs.

mod actions;
mod dto;

use self::dto::{TokenAttributes, TokenInput};
use crate::{endpoint::Endpoint, resources::parameters::WHOLE_LIST};

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/api_tokens", "list_api_tokens", "API tokens, newest first, revoked ones too", |call| {
        Box::pin(actions::list(call))
    })
    .query(WHOLE_LIST)
    .many::<TokenAttributes>(),
    Endpoint::post(
        "/api/v1/api_tokens",
        "create_api_token",
        "Make an API token that acts in one's own name; `meta.secret` is shown this once",
        |call| Box::pin(actions::create(call)),
    )
    .keyed()
    .body::<TokenInput>("api_token")
    .one::<TokenAttributes>(201)
    .refuses(&[409]),
    Endpoint::delete("/api/v1/api_tokens/{id}", "revoke_api_token", "Revoke an API token", |call| {
        Box::pin(actions::revoke(call))
    }),
];
