//! What visitors may do.

mod actions;

use crate::{
    endpoint::{Access, Endpoint},
    resources::conversation::dto::{VisitAttributes, VisitInput},
};

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[Endpoint::post(
    "/api/v1/public/assistants/{id}/conversations",
    "open_visit",
    "Begin a conversation as a visitor; `meta.token` opens its turns",
    |call| Box::pin(actions::open_visit(call)),
)
.keyed()
.access(Access::Open)
.maybe_body::<VisitInput>("conversation")
.one::<VisitAttributes>(201)
.refuses(&[402, 403])];
