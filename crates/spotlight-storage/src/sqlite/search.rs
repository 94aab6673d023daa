//! Full-text search over an index whose words carry their organization.
//!
//! Two ways lead to a list that is searched and sorted. Few hits are taken from the index and sorted. Of many hits,
//! the list walks its own sort and looks at each record's words, and is full after a few. How many there are is
//! counted on the index, without a look at the records.

use std::fmt::Write;

use spotlight_core::{Result, domain::OrganizationId, text};

use super::{
    codec::number,
    db::{Db, query},
    list::Conditions,
    sql::{Sql, statements},
};

/// Hits above which the list walks its own sort.
const MANY: i64 = 2_000;

/// A table with a search index beside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Searched {
    /// The table.
    pub(super) table: &'static str,
    /// The table by way of its index.
    pub(super) by_index: &'static str,
    /// The condition on the index.
    pub(super) matches: &'static str,
    /// Counts hits on the index, up to a number.
    count: Sql,
}

statements! {
    @global {
        /// The words carry the organization.
        COUNT_LEADS = ["SELECT count(*) FROM (SELECT 1 FROM leads_search WHERE leads_search MATCH ? LIMIT ?)"];
        /// The words carry the organization.
        COUNT_CONVERSATIONS =
            ["SELECT count(*) FROM (SELECT 1 FROM conversations_search WHERE conversations_search MATCH ? LIMIT ?)"];
    }
}

/// Leads and their index.
pub(super) const LEADS: Searched = Searched {
    table: "leads",
    by_index: "leads_search CROSS JOIN leads ON leads.row = leads_search.rowid",
    matches: "leads_search MATCH ?",
    count: COUNT_LEADS,
};

/// Conversations and their index.
pub(super) const CONVERSATIONS: Searched = Searched {
    table: "conversations",
    by_index: "conversations_search CROSS JOIN conversations ON conversations.row = conversations_search.rowid",
    matches: "conversations_search MATCH ?",
    count: COUNT_CONVERSATIONS,
};

/// What a search made of a list.
pub(super) struct Plan {
    /// What to select from.
    pub(super) from: &'static str,
    /// How many hits there are, when all were counted.
    pub(super) hits: Option<u64>,
}

/// Adds a search to a list's conditions. `None` when it finds nothing.
///
/// With `all`, every hit is counted.
pub(super) async fn plan(
    db: &Db,
    searched: Searched,
    organization: OrganizationId,
    search: &str,
    all: bool,
    conditions: &mut Conditions,
) -> Result<Option<Plan>> {
    let tokens = text::tokens(search);
    if tokens.is_empty() {
        return Ok(None);
    }
    let words = expression(organization, &tokens);
    let most = if all { i64::MAX } else { MANY + 1 };
    let count = query(searched.count).bind(words.clone()).bind(most);
    let hits = number(db.row(count).await?)?;
    if hits == 0 {
        return Ok(None);
    }
    let from = if hits <= MANY {
        conditions.with(searched.matches, words);
        searched.by_index
    } else {
        contains(conditions, &tokens);
        searched.table
    };
    Ok(Some(Plan { from, hits: all.then_some(hits.unsigned_abs()) }))
}

/// The index's expression: each token with its organization in front, as the beginning of a word.
///
/// Tokens are letters and digits alone, so nothing in them can end the quotes.
fn expression(organization: OrganizationId, tokens: &[String]) -> String {
    let mut words = String::with_capacity(tokens.len() * 48);
    for token in tokens {
        // Writing to a string cannot fail.
        let _ = write!(words, "\"{:X}_{token}\"* ", organization.as_uuid().simple());
    }
    words
}

/// Adds to the conditions that a record's own words begin with the tokens.
pub(super) fn contains(conditions: &mut Conditions, tokens: &[String]) {
    for token in tokens {
        conditions.with("instr(' ' || search, ?) > 0", format!(" {token}"));
    }
}

#[cfg(test)]
mod tests {
    use spotlight_core::ports::{IdGenerator, SystemIds};

    use super::*;

    #[test]
    fn every_token_carries_its_organization() {
        let id = OrganizationId::from_uuid(SystemIds.uuid());
        let hex = id.to_string().replace('-', "").to_uppercase();
        let words = expression(id, &text::tokens("Ann \"x* (OR)"));
        assert_eq!(words, format!("\"{hex}_ann\"* \"{hex}_x\"* \"{hex}_or\"* "));
    }
}
