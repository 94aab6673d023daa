//! The organization: its settings, and its end.

mod actions;
mod dto;
pub(crate) mod hours;

use self::dto::{OrganizationAttributes, OrganizationPatchInput};
use crate::endpoint::Endpoint;

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/organization", "get_organization", "One's own organization", |call| {
        Box::pin(actions::get(call))
    })
    .one::<OrganizationAttributes>(200),
    Endpoint::patch("/api/v1/organization", "update_organization", "Change the organization's settings", |call| {
        Box::pin(actions::update(call))
    })
    .body::<OrganizationPatchInput>("organization")
    .one::<OrganizationAttributes>(200)
    .versioned()
    .refuses(&[409]),
    Endpoint::delete(
        "/api/v1/organization",
        "delete_organization",
        "Delete the organization: nobody belongs to it any more, and what it holds is erased",
        |call| Box::pin(actions::delete(call)),
    )
    .refuses(&[409]),
];
