//! The API's own document, and the page that shows it.

mod actions;

use std::future::ready;

use crate::endpoint::{Access, Endpoint};

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/openapi.json", "openapi", "This document", |call| Box::pin(ready(actions::document(&call))))
        .access(Access::Open)
        .plain::<serde_json::Map<String, serde_json::Value>>(),
    Endpoint::get("/docs", "docs", "The document as a page", |call| Box::pin(ready(Ok(actions::page(&call)))))
        .access(Access::Open)
        .file("text/html"),
    Endpoint::get("/docs/start.js", "docs_start", "Draws the page", |call| Box::pin(ready(Ok(actions::start(&call)))))
        .access(Access::Open)
        .file("text/javascript"),
    Endpoint::get("/docs/swagger-ui-bundle.js", "docs_script", "Swagger UI", |call| {
        Box::pin(ready(Ok(actions::script(&call))))
    })
    .access(Access::Open)
    .file("text/javascript"),
    Endpoint::get("/docs/swagger-ui.css", "docs_style", "How the page looks", |call| {
        Box::pin(ready(Ok(actions::style(&call))))
    })
    .access(Access::Open)
    .file("text/css"),
];
