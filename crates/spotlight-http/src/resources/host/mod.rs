//! Hosts: when the people of the team can be booked.

mod actions;
mod dto;

use self::dto::{HostAttributes, HostPatchInput};
use crate::{endpoint::Endpoint, resources::parameters::WHOLE_LIST};

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/hosts", "list_hosts", "Who can be booked, and when", |call| Box::pin(actions::list(call)))
        .query(WHOLE_LIST)
        .many::<HostAttributes>(),
    Endpoint::get("/api/v1/hosts/{id}", "get_host", "When a member can be booked", |call| Box::pin(actions::get(call)))
        .one::<HostAttributes>(200),
    Endpoint::patch(
        "/api/v1/hosts/{id}",
        "update_host",
        "Say when a member can be booked; a member without a calendar gets one, in the organization's time zone",
        |call| Box::pin(actions::update(call)),
    )
    .body::<HostPatchInput>("host")
    .one::<HostAttributes>(200)
    .versioned(),
];
