//! Leads as tables, in and out.

mod actions;
mod dto;

use spotlight_core::services::leads::{Delimiter, OnDuplicate};
use utoipa::openapi::schema::Type;

use self::dto::ImportAttributes;
use crate::{
    endpoint::Endpoint,
    incoming::Streams,
    query::{Accepts, ORDER, Parameter, SEARCH},
    resources::{
        lead::{LEAD_FILTERS, LEAD_SORT},
        parameters::words_of,
    },
    schema::{Book, Node, explained, plain},
};

/// Most bytes of a table.
const MOST: u64 = 1024 * 1024 * 1024;

const DELIMITER: Parameter = Parameter::new(
    "delimiter",
    Accepts::Word(words_of!(Delimiter)),
    "What stands between two cells; `comma` unless given.",
);

const IMPORT: &[Parameter] = &[
    DELIMITER,
    Parameter::new(
        "on_duplicate",
        Accepts::Word(words_of!(OnDuplicate)),
        "What becomes of rows whose e-mail or phone a lead has already: `skip` (unless given) leaves it as it is, \
         `update` has it say what the row says.",
    ),
];

const EXPORT: &[Parameter] = &LEAD_EXPORT;

/// The filters of the list, its sort, and the delimiter.
const LEAD_EXPORT: [Parameter; LEAD_FILTERS.len() + 4] = {
    let mut all = [DELIMITER; LEAD_FILTERS.len() + 4];
    (all[1], all[2], all[3]) = (LEAD_SORT, ORDER, SEARCH);
    let mut next = 0;
    while next < LEAD_FILTERS.len() {
        all[next + 4] = LEAD_FILTERS[next];
        next += 1;
    }
    all
};

fn table(_: &mut Book) -> Node {
    explained(
        plain(Type::String).into(),
        "Comma-separated values in UTF-8, streamed. The first row names the columns: name, email, phone, company, source, \
         owner (e-mail or id of a member), opt_out, metadata (a JSON object), metadata.… (one member of it); name, email \
         or phone must be there. Columns that an export shows and nobody sets are passed over.",
    )
}

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::post(
        "/api/v1/leads/import",
        "import_leads",
        "Take leads from a table. With an Idempotency-Key, the same file sent again goes on where the first try ended",
        |call| Box::pin(actions::import(call)),
    )
    .keyed()
    .query(IMPORT)
    .streams(Streams { kind: "text/csv", most: MOST, key: "file", describe: table })
    .one::<ImportAttributes>(200)
    .refuses(&[409]),
    Endpoint::get("/api/v1/leads/export", "export_leads", "Leads as a table, with the filters of the list", |call| {
        Box::pin(actions::export(call))
    })
    .query(EXPORT)
    .download("attachment; filename=\"leads.csv\"", &["text/csv"]),
];
