//! Utterances and what must be understood of them, by language, and what holds for every text.

mod clock_changes;
mod concerns;
mod de;
mod en;
mod es;
mod fr;
mod it;
mod properties;
mod pt;
mod talk;

use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use super::understand;
use crate::{
    domain::{
        assistant::{Language, Topic},
        time::Timestamp,
    },
    scripted::understanding::{Asked, Hearing, Understanding, YesNo},
};

/// What was asked, the words, and what must be understood: items of [`items`] parted by ` | `. An item after `!` must
/// be absent, with any value when it has none; `nothing` means that no other item is there.
type Case = (&'static str, &'static str, &'static str);

/// A Tuesday, 10:00 in Berlin.
fn now() -> Timestamp {
    let local = NaiveDateTime::parse_from_str("2027-01-12 09:00", "%Y-%m-%d %H:%M").expect("a valid time");
    chrono::Utc.from_utc_datetime(&local)
}

fn hearing(language: Language, asked: Asked) -> Hearing {
    let (zone, region) = match language {
        Language::En => (Tz::Europe__London, "GB"),
        Language::Es => (Tz::Europe__Madrid, "ES"),
        Language::Fr => (Tz::Europe__Paris, "FR"),
        Language::De => (Tz::Europe__Berlin, "DE"),
        Language::It => (Tz::Europe__Rome, "IT"),
        Language::Pt => (Tz::America__Sao_Paulo, "BR"),
    };
    Hearing { language, asked, now: now(), time_zone: zone, region: Some(region.to_owned()) }
}

fn asked(word: &str) -> Asked {
    match word {
        "open" => Asked::Open,
        "slot" => Asked::Slot,
        "confirm" => Asked::Confirm,
        topic => Asked::Topic(topic.parse::<Topic>().expect("a topic")),
    }
}

/// What was understood, item by item.
fn items(heard: &Understanding, zone: Tz) -> Vec<String> {
    let mut items = Vec::new();
    let mut add = |key: &str, value: Option<String>| items.extend(value.map(|value| format!("{key}={value}")));
    add("name", heard.name.clone());
    add("email", heard.email.as_ref().map(ToString::to_string));
    add("phone", heard.phone.as_ref().map(ToString::to_string));
    add("company", heard.company.clone());
    let currency =
        |amount: crate::scripted::understanding::Amount| amount.currency.map_or("?".into(), |c| c.to_string());
    add("budget", heard.budget.map(|amount| format!("{} {}", amount.minor, currency(amount))));
    let when = heard.when;
    add("date", when.map(|when| when.date.to_string()));
    add("at", when.and_then(|when| when.at).map(|at| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()));
    add("from", when.and_then(|when| when.from).map(|time| time.format("%H:%M").to_string()));
    add("to", when.and_then(|when| when.to).map(|time| time.format("%H:%M").to_string()));
    add("time", heard.time_only.map(|time| time.format("%H:%M").to_string()));
    add("choice", heard.choice.map(|choice| choice.to_string()));
    add(
        "answer",
        heard.answer.map(|answer| {
            match answer {
                YesNo::Yes => "yes",
                YesNo::No => "no",
                YesNo::Maybe => "maybe",
            }
            .to_owned()
        }),
    );
    add("invalid", heard.invalid_contact.map(|topic| topic.to_string()));
    items.extend(heard.intents.iter().map(|intent| format!("{intent:?}").to_lowercase()));
    items
}

/// Checks one utterance; says what is wrong.
fn check(hearing: &Hearing, text: &str, want: &str) -> Result<(), String> {
    let found = items(&understand(text, hearing), hearing.time_zone);
    let fits = want.split(" | ").all(|item| match item.strip_prefix('!') {
        Some(absent) => !found.iter().any(|one| one == absent || one.split('=').next() == Some(absent)),
        None if item == "nothing" => found.is_empty(),
        None => found.iter().any(|one| one == item),
    });
    if fits { Ok(()) } else { Err(format!("{text:?}\n    wanted {want}\n    found  {}", found.join(" | "))) }
}

/// Checks a table and reports every failure at once.
fn check_all(language: Language, cases: &[Case]) {
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|(was_asked, text, want)| check(&hearing(language, asked(was_asked)), text, want).err())
        .collect();
    assert!(failures.is_empty(), "{} of {} failed:\n  {}", failures.len(), cases.len(), failures.join("\n  "));
}
