//! Who did what.

use serde_json::Value;
use spotlight_core::{
    domain::{audit::AuditEntry, time::Timestamp},
    error::Result,
    ports::AuditFilter,
};

use crate::{
    endpoint::Endpoint,
    output::{Attributes, Resource, many, output},
    query::{Accepts, CURSOR, PAGE, PER_PAGE, Parameter},
    resources::{
        call::Call,
        parameters::{CREATED_AFTER, CREATED_BEFORE, DATE_FROM, DATE_TO},
    },
    response::Response,
};

const AUDIT_LIST: &[Parameter] = &[
    PAGE,
    PER_PAGE,
    CURSOR,
    Parameter::new("record_type", Accepts::Text, "About this kind of record, as `lead`."),
    Parameter::new("record_id", Accepts::Text, "About this record."),
    Parameter::new("actor_id", Accepts::Text, "By this user, token, visitor or source."),
    Parameter::new("action", Accepts::Text, "This action, as `lead.update`."),
    CREATED_AFTER,
    CREATED_BEFORE,
    DATE_FROM,
    DATE_TO,
];

/// The rows.
pub(super) const ROWS: &[Endpoint] =
    &[Endpoint::get("/api/v1/audit_log", "list_audit_log", "List who did what, newest first", |call| {
        Box::pin(list(call))
    })
    .query(AUDIT_LIST)
    .many::<AuditAttributes>()];

async fn list(call: Call<'_>) -> Result<Response> {
    let text = |name: &str| call.query.text(name).map(str::to_owned);
    let filter = AuditFilter {
        record_type: text("record_type"),
        record_id: text("record_id"),
        actor_id: text("actor_id"),
        action: text("action"),
        created: call.between("created_after", "created_before").await?,
    };
    let found = call.platform.audit().list(&call.context, &filter, &call.query.paging()).await?;
    many(found.map(shown), &call.request.path, &call.query)
}

output! {
    /// One entry of the audit log. It holds no personal data.
    AuditAttributes as "AuditEntry" {
        /// `user`, `token`, `visitor`, `source`, `system` or `anonymous`.
        actor_kind: String,
        /// The actor's id, when it has one.
        actor_id: Option<String>,
        /// What was done.
        action: String,
        /// The kind of record.
        record_type: String,
        /// The record's id.
        record_id: String,
        /// Names of changed fields and other facts.
        details: Value,
        /// The request it was part of.
        request_id: Option<String>,
        /// Where it came from.
        source_address: Option<String>,
        /// When.
        created_at: Timestamp,
    }
}

impl Attributes for AuditAttributes {
    const KIND: &'static str = "audit_entry";
}

fn shown(entry: AuditEntry) -> Resource<AuditAttributes> {
    let attributes = AuditAttributes {
        actor_kind: entry.actor_kind,
        actor_id: entry.actor_id,
        action: entry.action,
        record_type: entry.record_type,
        record_id: entry.record_id,
        details: entry.details,
        request_id: entry.request_id,
        source_address: entry.source_address,
        created_at: entry.created_at,
    };
    Resource::new(entry.id, attributes)
}
