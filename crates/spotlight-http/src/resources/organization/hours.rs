//! Local hours of days and dates.

use chrono::{NaiveDate, NaiveTime};
use serde_json::Value;
use spotlight_core::{
    domain::schedule::{Exception, Span, WeeklyHours},
    error::Violations,
};
use utoipa::openapi::schema::{ArrayBuilder, ArrayItems};

use crate::{
    input::{Field, List, input, label, text},
    output::described,
    query::YEARS,
    schema::{Book, Described, Node},
};

/// Most spans of one day.
const SPANS: usize = 24;

input! {
    /// A span of local time within one day.
    SpanInput {
        /// Its first minute.
        required from: NaiveTime,
        /// The first minute after it; midnight is the end of the day.
        required to: NaiveTime,
    }
}

input! {
    /// Other hours on one date.
    ExceptionInput {
        /// The local date.
        required date: NaiveDate,
        /// The hours of that date; none on a holiday.
        required spans: List<SpanInput, SPANS>,
    }
}

described! {
    /// A span of local time within one day.
    Span as "Span" {
        /// Its first minute.
        from: NaiveTime,
        /// The first minute after it; midnight is the end of the day.
        to: NaiveTime,
    }
}

described! {
    /// Other hours on one date.
    Exception as "Exception" {
        /// The local date.
        date: NaiveDate,
        /// The hours of that date; none on a holiday.
        spans: Vec<Span>,
    }
}

fn spans(read: List<SpanInput, SPANS>) -> Vec<Span> {
    read.0.into_iter().map(|span| Span { from: span.from.0, to: span.to.0 }).collect()
}

impl From<ExceptionInput> for Exception {
    fn from(input: ExceptionInput) -> Self {
        Self { date: input.date.0, spans: spans(input.spans.0) }
    }
}

fn week_of(day: Node) -> Node {
    let day = ArrayItems::RefOrSchema(Box::new(day));
    ArrayBuilder::new().items(day).min_items(Some(7)).max_items(Some(7)).into()
}

impl Described for WeeklyHours {
    fn describe(book: &mut Book) -> Node {
        week_of(Vec::<Span>::describe(book))
    }
}

/// The hours of a week: a list for each day, Monday first.
#[derive(Debug)]
pub(crate) struct Week(pub(crate) WeeklyHours);

impl Described for Week {
    fn describe(book: &mut Book) -> Node {
        week_of(List::<SpanInput, SPANS>::describe(book))
    }
}

impl Field for Week {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let days = List::<List<SpanInput, SPANS>, 7>::read(value, at, broken)?;
        let days: Vec<_> = days.0.into_iter().map(spans).collect();
        if let Ok(days) = days.try_into() {
            return Some(Self(WeeklyHours(days)));
        }
        broken.add(at, "length", format!("{} must have a list for each day, Monday first", label(at)));
        None
    }
}

impl Field for NaiveTime {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let text = text(value, at, broken)?;
        let minutes = text.strip_suffix(":00").filter(|rest| rest.len() == 5).unwrap_or(&text);
        let read = (minutes.len() == 5).then(|| NaiveTime::parse_from_str(minutes, "%H:%M").ok()).flatten();
        if read.is_none() {
            broken.add(at, "format", format!("{} must be a time of day as 09:30", label(at)));
        }
        read
    }
}

impl Field for NaiveDate {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        use chrono::Datelike;
        let text = text(value, at, broken)?;
        let read = text.parse::<NaiveDate>().ok().filter(|day| text.len() == 10 && YEARS.contains(&day.year()));
        if read.is_none() {
            broken.add(at, "format", format!("{} must be a day as 2026-03-29, from 1900 to 2999", label(at)));
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(value: Value) -> Vec<(String, &'static str)> {
        let mut broken = Violations::new();
        assert!(Week::read(value, "/hours", &mut broken).is_none());
        let error = broken.into_result().expect_err("refused");
        error.violations().iter().map(|one| (one.field.clone(), one.code)).collect()
    }

    #[test]
    fn a_week_is_read_as_it_is_written() {
        let week = WeeklyHours::weekdays(9, 17);
        let written = serde_json::to_value(&week).expect("JSON");
        let mut broken = Violations::new();
        assert_eq!(Week::read(written, "/hours", &mut broken).expect("a week").0, week);
        let short = json!([[{"from": "09:00", "to": "17:00"}], [], [], [], [], [], []]);
        let read = Week::read(short, "/hours", &mut broken).expect("a week").0;
        assert_eq!(read.0[0], week.0[0]);
        assert!(broken.into_result().is_ok());
    }

    #[test]
    fn what_is_wrong_with_a_week_is_named_by_its_place() {
        assert_eq!(problems(json!([[], []])), [("/hours".to_owned(), "length")]);
        let wrong = json!([[{"from": "9:00", "to": "25:00"}], [{"from": "09:00:30"}], [], [], [], [], []]);
        let expected = [
            ("/hours/0/0/from", "format"),
            ("/hours/0/0/to", "format"),
            ("/hours/1/0/from", "format"),
            ("/hours/1/0/to", "required"),
        ];
        assert_eq!(problems(wrong), expected.map(|(place, code)| (place.to_owned(), code)));
    }
}
