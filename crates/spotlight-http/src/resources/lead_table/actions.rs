//! Leads as tables, in and out.

use std::io;

use futures::StreamExt;
use http::{HeaderValue, StatusCode, header};
use spotlight_core::{
    error::Result,
    services::leads::{Delimiter, ImportOptions, OnDuplicate},
};

use super::dto::report;
use crate::{
    output::one,
    resources::{
        call::Call,
        lead::{lead_filter, lead_sort},
    },
    response::{Body, Response},
};

pub(super) async fn import(mut call: Call<'_>) -> Result<Response> {
    let options = ImportOptions {
        delimiter: call.query.get("delimiter").unwrap_or(Delimiter::Comma),
        on_duplicate: call.query.get("on_duplicate").unwrap_or(OnDuplicate::Skip),
    };
    let body = call.take_incoming()?;
    let done = call.platform.leads().import(&call.context, options, body).await?;
    one(StatusCode::OK, report(done))
}

pub(super) async fn export(call: Call<'_>) -> Result<Response> {
    let filter = lead_filter(&call).await?;
    let delimiter = call.query.get("delimiter").unwrap_or(Delimiter::Comma);
    // The table may take longer than its beginning, which is what the deadline is for.
    let mut context = call.context.clone();
    context.deadline = None;
    let table = call.platform.leads().export(&context, filter, lead_sort(&call.query), delimiter).await?;
    let (place, request_id) = (call.place, call.request_id.to_owned());
    let parts = table.map(move |part| {
        // Kept until the table ends or nobody reads it any more.
        let _ = &place;
        part.map_err(|error| {
            tracing::error!(request_id, error = error.chain(), "an export failed in the middle");
            // A connection that is cut off cannot be taken for a table that ended well.
            io::Error::other("the export failed")
        })
    });
    let mut response = Response::empty(StatusCode::OK);
    response.body = Body::Stream(parts.boxed());
    response.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    Ok(response)
}
