//! The document.

use http::{StatusCode, header};
use spotlight_core::error::Result;

use crate::{output::json, resources::call::Call, response::Response};

pub(super) async fn document(call: Call<'_>) -> Result<Response> {
    let document = call.served.document();
    let mounted_at = call.request.mounted_at();
    let response = if mounted_at.is_empty() {
        json(StatusCode::OK, document)
    } else {
        let mut here = document.clone();
        here["servers"] = serde_json::json!([{ "url": mounted_at }]);
        json(StatusCode::OK, &here)
    };
    Ok(response?.with(header::CACHE_CONTROL, "public, max-age=300"))
}
