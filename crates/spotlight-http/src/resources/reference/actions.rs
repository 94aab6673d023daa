//! The document and its page. Everything the page needs comes from here, and it may load nothing else.

use bytes::Bytes;
use http::{StatusCode, header};
use spotlight_core::error::Result;

use crate::{
    output::json,
    resources::call::Call,
    response::{Body, Response},
};

pub(super) fn document(call: &Call<'_>) -> Result<Response> {
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

pub(super) fn page(call: &Call<'_>) -> Response {
    file(call, include_bytes!("../../../assets/docs/page.html"))
}

pub(super) fn start(call: &Call<'_>) -> Response {
    file(call, include_bytes!("../../../assets/docs/start.js"))
}

pub(super) fn script(call: &Call<'_>) -> Response {
    file(call, include_bytes!("../../../assets/swagger-ui/swagger-ui-bundle.js"))
}

pub(super) fn style(call: &Call<'_>) -> Response {
    file(call, include_bytes!("../../../assets/swagger-ui/swagger-ui.css"))
}

fn file(call: &Call<'_>, bytes: &'static [u8]) -> Response {
    let kind = call.endpoint.media_type();
    let mut response = Response::empty(StatusCode::OK)
        .with(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))
        .with(header::CACHE_CONTROL, "public, max-age=3600");
    response.body = Body::Full(Bytes::from_static(bytes));
    response
}
