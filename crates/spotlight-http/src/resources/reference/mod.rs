//! The API's own document.

mod actions;

use crate::endpoint::{Access, Endpoint};

/// The rows.
pub(super) const ROWS: &[Endpoint] =
    &[Endpoint::get("/api/v1/openapi.json", "openapi", "This document", |call| Box::pin(actions::document(call)))
        .access(Access::Open)
        .plain::<serde_json::Map<String, serde_json::Value>>()];
