//! Reads statements for what keeps them to one organization. Used by the checks of both databases.

use std::collections::BTreeSet;

/// A word, a sign, or what stands in parentheses.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Group(Vec<Token>),
}

/// The tenant's tables that a statement reads or writes without a condition of their own on the organization.
///
/// A table is bound where its `organization_id` equals an argument, or that of a bound table beside it, or anything of
/// the statement around it. Every `SELECT` is looked at by itself, so that two conditions of one table do not stand for
/// another's. An insert gives the organization among its columns.
pub(crate) fn unbound(sql: &str, tenants: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    scope(&tokens(sql), tenants, &mut found);
    found
}

/// How often a statement names a tenant's table.
pub(crate) fn mentions(sql: &str, tenants: &BTreeSet<String>) -> Vec<String> {
    fn count(tokens: &[Token], tenants: &BTreeSet<String>, named: &mut Vec<String>) {
        for part in parts(tokens) {
            named.extend(tables(&part, tenants).into_iter().map(|(table, _, _)| table));
        }
        each_statement(tokens, &mut |inner| count(inner, tenants, named));
    }
    let mut named = Vec::new();
    count(&tokens(sql), tenants, &mut named);
    named
}

fn tokens(sql: &str) -> Vec<Token> {
    let mut open = vec![Vec::new()];
    let mut word = String::new();
    let mut quoted = false;
    let close = |open: &mut Vec<Vec<Token>>, word: &mut String| {
        if !word.is_empty()
            && let Some(last) = open.last_mut()
        {
            last.push(Token::Word(std::mem::take(word).to_lowercase()));
        }
    };
    for c in sql.chars() {
        if c == '\'' {
            quoted = !quoted;
        } else if quoted {
        } else if c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '?') {
            word.push(c);
        } else {
            close(&mut open, &mut word);
            match c {
                '(' => open.push(Vec::new()),
                ')' => {
                    let group = open.pop().expect("parentheses are in pairs");
                    open.last_mut().expect("parentheses are in pairs").push(Token::Group(group));
                }
                '=' | ',' => open.last_mut().expect("a group is open").push(Token::Word(c.to_string())),
                _ => {}
            }
        }
    }
    close(&mut open, &mut word);
    open.pop().expect("a group is open")
}

fn is_statement(tokens: &[Token]) -> bool {
    let begins = |word: &str| matches!(word, "select" | "with" | "insert" | "update" | "delete");
    match tokens.first() {
        Some(Token::Word(word)) => begins(word),
        // A part of a union in parentheses of its own.
        Some(Token::Group(group)) => is_statement(group),
        None => false,
    }
}

/// Calls for every statement within these tokens, however many conditions stand around it.
fn each_statement<'t>(tokens: &'t [Token], call: &mut dyn FnMut(&'t [Token])) {
    for token in tokens {
        if let Token::Group(group) = token {
            if is_statement(group) { call(group) } else { each_statement(group, call) }
        }
    }
}

/// The parts of a union, and with each its words, those in parentheses of conditions too. What is not at the top is told
/// by the flag.
fn parts(tokens: &[Token]) -> Vec<Vec<(String, bool)>> {
    fn flat(tokens: &[Token], top: bool, into: &mut Vec<(String, bool)>) {
        for token in tokens {
            match token {
                Token::Word(word) => into.push((word.clone(), top)),
                Token::Group(group) if is_statement(group) => into.push(("()".to_owned(), top)),
                Token::Group(group) => {
                    into.push(("(".to_owned(), top));
                    flat(group, false, into);
                    into.push((")".to_owned(), top));
                }
            }
        }
    }
    let mut words = Vec::new();
    flat(tokens, true, &mut words);
    let ends = |(word, top): &(String, bool)| *top && matches!(word.as_str(), "union" | "intersect" | "except");
    words.split(ends).map(<[_]>::to_vec).collect()
}

/// The tenant's tables of a part: name, alias, and whether it is inserted into.
fn tables(part: &[(String, bool)], tenants: &BTreeSet<String>) -> Vec<(String, String, bool)> {
    let mut found = Vec::new();
    let mut in_from = false;
    let word = |at: usize| part.get(at).map_or("", |(word, _)| word.as_str());
    for (at, (here, top)) in part.iter().enumerate() {
        if !top {
            continue;
        }
        let before = if at == 0 { "" } else { word(at - 1) };
        let names = match here.as_str() {
            "from" if before != "distinct" => {
                in_from = true;
                true
            }
            "where" | "group" | "order" | "limit" | "set" | "returning" | "having" | "select" => {
                in_from = false;
                false
            }
            "join" | "using" | "into" => true,
            "update" => !matches!(before, "for" | "do" | "key" | "no"),
            "," => in_from,
            _ => false,
        };
        let table = word(at + 1);
        if names && tenants.contains(table) {
            let next = if word(at + 2) == "as" { at + 3 } else { at + 2 };
            let keywords = [
                "",
                "where",
                "join",
                "cross",
                "left",
                "inner",
                "on",
                "set",
                "order",
                "group",
                "limit",
                "(",
                ")",
                ",",
                "select",
                "values",
                "union",
                "returning",
                "using",
                "for",
                "()",
            ];
            let alias = if keywords.contains(&word(next)) { table } else { word(next) };
            found.push((table.to_owned(), alias.to_owned(), here == "into"));
        }
    }
    found
}

fn scope(tokens: &[Token], tenants: &BTreeSet<String>, found: &mut Vec<String>) {
    for part in parts(tokens) {
        let tables = tables(&part, tenants);
        let mut bound = BTreeSet::new();
        let names: Vec<_> = tables.iter().filter(|(_, _, into)| !into).map(|(_, alias, _)| alias.as_str()).collect();
        // Which table a column is of; one without a name is of the only table.
        let owner = |column: &str| match column.strip_suffix("organization_id") {
            Some("") if names.len() == 1 => Some(names[0].to_owned()),
            Some(prefix) => prefix.strip_suffix('.').map(str::to_owned),
            None => None,
        };
        let words: Vec<&str> = part.iter().map(|(word, _)| word.as_str()).collect();
        // As often as there are tables: one binds the next.
        for _ in &names {
            for sides in words.windows(3).filter(|sides| sides[1] == "=") {
                for (one, other) in [(sides[0], sides[2]), (sides[2], sides[0])] {
                    let argument = other == "$1" || other.starts_with('?');
                    let beside = owner(other);
                    let held = beside.is_some_and(|beside| !names.contains(&&*beside) || bound.contains(&beside));
                    if let (Some(table), true) = (owner(one), argument || held) {
                        bound.insert(table);
                    }
                }
            }
        }
        for (table, alias, into) in tables {
            let columns = words.iter().skip_while(|word| **word != "into").skip_while(|word| **word != "(");
            let given = into && columns.take_while(|word| **word != ")").any(|word| *word == "organization_id");
            if if into { !given } else { !bound.contains(&alias) } {
                found.push(table);
            }
        }
    }
    each_statement(tokens, &mut |inner| scope(inner, tenants, found));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sql: &str) -> Vec<String> {
        unbound(sql, &["leads", "conversations"].map(str::to_owned).into())
    }

    #[test]
    fn a_bound_statement_passes() {
        for sql in [
            "SELECT 1 FROM leads WHERE organization_id = $1 AND id = $2",
            "SELECT 1 FROM leads WHERE id = ? AND organization_id = ?",
            "SELECT 1 FROM leads l JOIN conversations AS c ON c.organization_id = l.organization_id \
             WHERE l.organization_id = $1",
            "SELECT 1 FROM leads l, conversations c WHERE l.organization_id = $1 AND c.organization_id = $1",
            "WITH f AS (SELECT id FROM leads WHERE organization_id = ?1) SELECT 1 FROM f JOIN leads \
             ON leads.organization_id = ?1 AND leads.id = f.id",
            "SELECT 1 FROM leads WHERE organization_id = $1 AND (name = 'a' OR EXISTS (SELECT 1 FROM conversations t \
             WHERE t.organization_id = leads.organization_id))",
            "INSERT INTO leads AS l (organization_id, id) VALUES ($1, $2)",
            "INSERT INTO leads (organization_id, id) SELECT $1, $2 \
             WHERE EXISTS (SELECT 1 FROM conversations WHERE organization_id = $1 FOR KEY SHARE)",
            "UPDATE leads SET name = $2 WHERE organization_id = $1",
            "DELETE FROM leads WHERE organization_id = $1 AND name IS DISTINCT FROM $2",
            "SELECT 'FROM leads'",
        ] {
            assert_eq!(of(sql), [""; 0], "{sql}");
        }
    }

    #[test]
    fn a_table_without_its_own_condition_is_found() {
        for (sql, tables) in [
            ("SELECT 1 FROM leads WHERE id = $1", vec!["leads"]),
            // Two conditions of one table do not stand for the other's.
            (
                "SELECT 1 FROM leads l JOIN conversations c ON c.lead_id = l.id \
                 WHERE l.organization_id = $1 AND l.organization_id = $1",
                vec!["conversations"],
            ),
            ("SELECT 1 FROM leads l, conversations c WHERE l.organization_id = $1", vec!["conversations"]),
            (
                "SELECT 1 FROM leads l JOIN conversations c ON c.organization_id = l.organization_id",
                vec!["leads", "conversations"],
            ),
            (
                "SELECT 1 FROM leads WHERE organization_id = $1 AND id IN (SELECT lead_id FROM conversations)",
                vec!["conversations"],
            ),
            (
                "SELECT 1 FROM leads WHERE organization_id = $1 UNION ALL SELECT 1 FROM conversations",
                vec!["conversations"],
            ),
            ("INSERT INTO leads (id) SELECT organization_id FROM f", vec!["leads"]),
            ("UPDATE leads SET organization_id = $2 WHERE id = $1", vec!["leads"]),
            ("DELETE FROM leads USING conversations c WHERE leads.organization_id = $1", vec!["conversations"]),
        ] {
            assert_eq!(of(sql), tables, "{sql}");
        }
    }

    #[test]
    fn every_mention_counts() {
        let tenants = ["leads", "conversations"].map(str::to_owned).into();
        let sql = "SELECT 1 FROM leads l, conversations c WHERE EXISTS (SELECT 1 FROM leads)";
        assert_eq!(mentions(sql, &tenants), ["leads", "conversations", "leads"]);
    }
}
