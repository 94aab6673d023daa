//! Reading queries: what an endpoint accepts is declared beside it, and everything else is refused at once.

use std::{collections::BTreeMap, str::FromStr};

use chrono::{Datelike, NaiveDate};
use spotlight_core::{
    domain::time::Timestamp,
    error::{Error, Result, Violations},
    ports::page::{Between, Cursor, DEFAULT_PER_PAGE, MAX_PER_PAGE, Order, Paging, Sort},
};
use spotlight_derive::RedactedDebug;
use utoipa::openapi::schema::Type;

use crate::{
    error::PARAMETER,
    input::instant,
    schema::{Node, formatted, list_of, one_of, plain},
};

/// Greatest page number: beyond it, cursors are the way.
const MAX_PAGE: u32 = 100_000;
/// Longest text of a parameter.
const MAX_TEXT: usize = 200;
/// Years of a day: the zone's offset never carries it out of what can be represented.
pub(crate) const YEARS: std::ops::RangeInclusive<i32> = 1900..=2999;
/// Longest cursor.
const MAX_CURSOR: usize = 2048;

/// What a parameter accepts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Accepts {
    /// A text of at most 200 characters.
    Text,
    /// A text of at most 2048 bytes.
    Long,
    /// What a list gave as `next_cursor`, or nothing for the beginning.
    Cursor,
    /// A whole number between the two.
    Int(u32, u32),
    /// `true` or `false`.
    Bool,
    /// A UUID.
    Id,
    /// An instant in RFC 3339.
    Instant,
    /// A day.
    Date,
    /// An IANA time zone.
    Zone,
    /// One of some words.
    Word(fn() -> Vec<&'static str>),
    /// Some of some words, separated by commas.
    Words(fn() -> Vec<&'static str>),
}

/// A parameter of a query.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) accepts: Accepts,
    pub(crate) required: bool,
}

impl Parameter {
    pub(crate) const fn new(name: &'static str, accepts: Accepts, about: &'static str) -> Self {
        Self { name, about, accepts, required: false }
    }

    pub(crate) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    pub(crate) fn schema(&self) -> Node {
        match self.accepts {
            Accepts::Text => plain(Type::String).max_length(Some(MAX_TEXT)).into(),
            Accepts::Long | Accepts::Cursor => plain(Type::String).max_length(Some(MAX_CURSOR)).into(),
            Accepts::Int(min, max) => plain(Type::Integer).minimum(Some(min)).maximum(Some(max)).into(),
            Accepts::Bool => plain(Type::Boolean).into(),
            Accepts::Id => formatted("uuid"),
            Accepts::Instant => formatted("date-time"),
            Accepts::Date => formatted("date"),
            Accepts::Zone => formatted("iana-time-zone"),
            Accepts::Word(words) => one_of(words()),
            Accepts::Words(words) => list_of(one_of(words()), None),
        }
    }

    /// Why a value is not acceptable.
    fn refuse(&self, value: &str) -> Option<(&'static str, String)> {
        let words_ok = |words: Vec<&'static str>, one: &str| words.contains(&one);
        let among = |words: Vec<&'static str>| format!("must be one of: {}", words.join(", "));
        let (ok, code, detail) = match self.accepts {
            Accepts::Text => {
                let ok = value.chars().count() <= MAX_TEXT && !value.contains('\0');
                (ok, "length", format!("must have at most {MAX_TEXT} characters and no NUL"))
            }
            Accepts::Cursor => {
                let ok = value.is_empty() || (value.len() <= MAX_CURSOR && value.parse::<Cursor>().is_ok());
                (ok, "format", "must be what this list gave as next_cursor".to_owned())
            }
            Accepts::Long => {
                let ok = value.len() <= MAX_CURSOR && !value.contains('\0');
                (ok, "length", format!("must have at most {MAX_CURSOR} bytes and no NUL"))
            }
            Accepts::Int(min, max) => {
                let ok = value.parse::<u32>().is_ok_and(|number| (min..=max).contains(&number));
                (ok, "range", format!("must be a whole number of {min} to {max}"))
            }
            Accepts::Bool => (matches!(value, "true" | "false"), "type", "must be true or false".to_owned()),
            Accepts::Id => (uuid::Uuid::try_parse(value).is_ok(), "format", "must be a UUID".to_owned()),
            Accepts::Instant => {
                (instant(value).is_some(), "format", "must be an instant as 2026-03-29T15:00:00Z".to_owned())
            }
            Accepts::Date => {
                let ok = value.parse::<NaiveDate>().is_ok_and(|day| YEARS.contains(&day.year()));
                (ok, "format", "must be a day as 2026-03-29, from 1900 to 2999".to_owned())
            }
            Accepts::Zone => {
                let ok = value.parse::<chrono_tz::Tz>().is_ok();
                (ok, "format", "must be an IANA time zone as Europe/Berlin".to_owned())
            }
            Accepts::Word(words) => (words_ok(words(), value), "unknown", among(words())),
            Accepts::Words(words) => (value.split(',').all(|one| words_ok(words(), one)), "unknown", among(words())),
        };
        (!ok).then_some((code, detail))
    }
}

/// A query whose every value is acceptable.
#[derive(RedactedDebug, Default)]
pub(crate) struct Query(BTreeMap<&'static str, String>);

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// `Validation` naming every parameter that is unknown, given twice, missing, or not acceptable.
    pub(crate) fn parse(raw: Option<&str>, parameters: &[Parameter]) -> Result<Self> {
        let at = |name: &str| format!("{PARAMETER}{name}");
        let mut broken = Violations::new();
        let mut values = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
            let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name) else {
                let shown: String = name.chars().take(100).collect();
                let known: Vec<_> = parameters.iter().map(|parameter| parameter.name).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                broken.add(at(&shown), "unknown", format!("`{shown}` is not a parameter; there are: {known}"));
                continue;
            };
            if let Some((code, detail)) = parameter.refuse(&value) {
                broken.add(at(parameter.name), code, format!("`{}` {detail}", parameter.name));
            } else if values.insert(parameter.name, value.into_owned()).is_some() {
                broken.add(at(parameter.name), "taken", format!("`{}` must be given once", parameter.name));
            }
        }
        for parameter in parameters.iter().filter(|parameter| parameter.required) {
            if !values.contains_key(parameter.name) {
                broken.add(at(parameter.name), "required", format!("`{}` is required", parameter.name));
            }
        }
        if values.contains_key("cursor") && values.contains_key("page") {
            broken.add(at("cursor"), "taken", "`cursor` and `page` exclude each other");
        }
        broken.into_result()?;
        Ok(Self(values))
    }

    /// The text of a parameter.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter's value. Values were checked before, so one that is there can be read.
    pub(crate) fn get<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name).and_then(|value| value.parse().ok())
    }

    /// The values of a list.
    pub(crate) fn list<T: FromStr>(&self, name: &str) -> Vec<T> {
        self.text(name).map(|value| value.split(',').filter_map(|one| one.parse().ok()).collect()).unwrap_or_default()
    }

    /// An instant.
    pub(crate) fn instant(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(instant)
    }

    /// A required parameter's value.
    pub(crate) fn need<T: FromStr>(&self, name: &str) -> Result<T> {
        self.get(name).ok_or_else(|| Error::internal("a required parameter was not checked"))
    }

    /// Instants between `{name}_after` and `{name}_before`.
    pub(crate) fn between(&self, after: &str, before: &str) -> Between {
        Between { from: self.instant(after), to: self.instant(before) }
    }

    /// The part of the list that is wanted.
    pub(crate) fn paging(&self) -> Paging {
        let limit = self.get("per_page").unwrap_or(DEFAULT_PER_PAGE);
        match self.text("cursor") {
            Some(cursor) => Paging::After { cursor: cursor.parse().ok(), limit },
            None => Paging::Page { page: self.get("page").unwrap_or(1), per_page: limit },
        }
    }

    /// The direction, with the endpoint's usual one.
    pub(crate) fn order(&self, usual: Order) -> Order {
        match self.text("order") {
            Some("asc") => Order::Asc,
            Some(_) => Order::Desc,
            None => usual,
        }
    }

    /// The sort. Texts are sorted ascending unless the query says otherwise, everything else descending.
    pub(crate) fn sort<F: Copy + Default>(&self, fields: &[(&'static str, F)]) -> Sort<F> {
        let named = self.text("sort").and_then(|name| fields.iter().find(|(field, _)| *field == name));
        let usual = if named.is_some_and(|(name, _)| *name == "name") { Order::Asc } else { Order::Desc };
        Sort { by: named.map_or_else(F::default, |(_, field)| *field), order: self.order(usual) }
    }

    /// The same query with some values replaced, encoded.
    pub(crate) fn with(&self, changes: &[(&str, String)]) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.0 {
            if !changes.iter().any(|(changed, _)| changed == name) {
                out.append_pair(name, value);
            }
        }
        for (name, value) in changes {
            out.append_pair(name, value);
        }
        out.finish()
    }
}

pub(crate) const PAGE: Parameter = Parameter::new("page", Accepts::Int(1, MAX_PAGE), "Which page, from 1.");
pub(crate) const PER_PAGE: Parameter =
    Parameter::new("per_page", Accepts::Int(1, MAX_PER_PAGE), "How many at most; 25 unless given.");
pub(crate) const CURSOR: Parameter = Parameter::new(
    "cursor",
    Accepts::Cursor,
    "Goes on where `next_cursor` says, or begins when empty; stable while records are added. Excludes `page`.",
);
pub(crate) const ORDER: Parameter = Parameter::new(
    "order",
    Accepts::Word(|| vec!["asc", "desc"]),
    "The direction; names ascend and everything else descends unless given.",
);
pub(crate) const SEARCH: Parameter = Parameter::new(
    "search",
    Accepts::Text,
    "Every word is the beginning of a word of the record, without regard to case and accents.",
);

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMETERS: &[Parameter] = &[
        PAGE,
        PER_PAGE,
        CURSOR,
        ORDER,
        SEARCH,
        Parameter::new("sort", Accepts::Word(|| vec!["created_at", "name"]), "."),
        Parameter::new("status", Accepts::Words(|| vec!["fresh", "lost"]), "."),
        Parameter::new("created_after", Accepts::Instant, "."),
    ];

    fn parse(raw: &str) -> Result<Query> {
        Query::parse(Some(raw), PARAMETERS)
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let error = parse("page=0&per_page=101&order=up&nope=1&status=fresh,stale&created_after=x&search=a&search=b")
            .expect_err("refused");
        let found: Vec<_> = error.violations().iter().map(|one| (one.field.as_str(), one.code)).collect();
        let expected = [
            ("?page", "range"),
            ("?per_page", "range"),
            ("?order", "unknown"),
            ("?nope", "unknown"),
            ("?status", "unknown"),
            ("?created_after", "format"),
            ("?search", "taken"),
        ];
        assert_eq!(found, expected);
        assert!(parse("page=2&cursor=").is_err());
        assert!(Query::parse(None, &[Parameter::new("from", Accepts::Date, ".").required()]).is_err());
    }

    #[test]
    fn pages_cursors_and_sorts_are_read() {
        assert_eq!(parse("").expect("ok").paging(), Paging::FIRST);
        assert_eq!(parse("page=3&per_page=5").expect("ok").paging(), Paging::Page { page: 3, per_page: 5 });
        assert_eq!(parse("cursor=").expect("ok").paging(), Paging::After { cursor: None, limit: DEFAULT_PER_PAGE });
        let fields = [("created_at", 0_u8), ("name", 1)];
        assert_eq!(parse("").expect("ok").sort(&fields), Sort { by: 0, order: Order::Desc });
        assert_eq!(parse("sort=name").expect("ok").sort(&fields), Sort { by: 1, order: Order::Asc });
        assert_eq!(parse("sort=name&order=desc").expect("ok").sort(&fields), Sort { by: 1, order: Order::Desc });
    }

    #[test]
    fn links_keep_the_rest_of_the_query() {
        let query = parse("search=a%26b&page=2").expect("ok");
        assert_eq!(query.with(&[("page", "3".to_owned())]), "search=a%26b&page=3");
    }
}
