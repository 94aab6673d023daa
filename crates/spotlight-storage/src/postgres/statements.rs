//! Every statement of this adapter, for the tests that prepare each on a real server and check each for its tenant.

use spotlight_core::{
    Result,
    domain::{OrganizationId, UserId},
    ports::{Between, Cursor, Order, Paging},
};
use spotlight_derive::RedactedDebug;
use uuid::Uuid;

use super::sql::{List, SortKey};

/// A statement by its name.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Where it stands, as `spotlight_storage::postgres::lead::GET`.
    #[debug(shown = "a statement of the program; values are bound")]
    pub name: String,
    /// What is sent to the server.
    #[debug(shown = "a statement of the program; values are bound")]
    pub sql: String,
}

/// Every statement this adapter sends, lists in each of their forms.
///
/// # Errors
/// None that can happen: lists are put together with cursors of their own.
pub fn statements() -> Result<Vec<Statement>> {
    let fixed = [
        super::audit::STATEMENTS,
        super::billing::STATEMENTS,
        super::consent::STATEMENTS,
        super::deployment::STATEMENTS,
        super::flag::STATEMENTS,
        super::idempotency::STATEMENTS,
        super::lease::STATEMENTS,
        super::migrate::STATEMENTS,
        super::organization::STATEMENTS,
        super::outbox::STATEMENTS,
        super::placement::STATEMENTS,
        super::places::STATEMENTS,
        super::replicas::STATEMENTS,
        super::report::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .chain(super::account::all_statements())
    .chain(super::appointment::all_statements())
    .chain(super::assistant::all_statements())
    .chain(super::conversation::all_statements())
    .chain(super::events::all_statements())
    .chain(super::lead::all_statements())
    .chain(super::queue::all_statements())
    .chain(super::webhook::all_statements());
    let mut every: Vec<_> = fixed.map(|(name, sql)| named(name, sql)).collect();
    let (organization, user) = (OrganizationId::from_uuid(Uuid::nil()), UserId::from_uuid(Uuid::nil()));
    for (name, built) in [
        ("analytics", super::analytics::built()),
        ("appointment list", super::appointment::built_statements(organization, user)?),
        ("assistant list", super::assistant::built_statements(organization, user)?),
        ("audit list", super::audit::built(organization)?),
        ("conversation list", super::conversation::built_statements(organization, user)?),
        ("notes", super::notes::built()),
        ("lead list", super::lead::built_statements(organization, user)?),
        ("webhook delivery list", super::webhook::built_statements(organization)?),
    ] {
        every.extend(built.iter().enumerate().map(|(index, sql)| named(&format!("{name} {index}"), sql)));
    }
    Ok(every)
}

fn named(name: &str, sql: &str) -> Statement {
    Statement { name: name.to_owned(), sql: sql.to_owned() }
}

/// A span with both ends.
pub(super) fn whole_span() -> Between {
    Between { from: Some(chrono::DateTime::UNIX_EPOCH), to: Some(chrono::DateTime::UNIX_EPOCH) }
}

/// A list as each way of paging writes it: pages, and before or after a cursor with and without a value.
pub(super) fn pages(list: impl Fn() -> List, key: SortKey, order: Order) -> Result<Vec<String>> {
    let mut cursors = vec![None, Some(Cursor { key: Some("1".to_owned()), id: Uuid::nil() })];
    if key.nullable {
        cursors.push(Some(Cursor { key: None, id: Uuid::nil() }));
    }
    let after = cursors.into_iter().map(|cursor| Paging::After { cursor, limit: 25 });
    let pages = [1, 2].map(|page| Paging::Page { page, per_page: 25 });
    pages.into_iter().chain(after).map(|paging| list().statement(key, order, &paging)).collect()
}
