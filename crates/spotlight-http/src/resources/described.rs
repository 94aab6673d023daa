//! Types of the core that are described here and serialized there.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveTime};
use serde::Serialize;
use spotlight_core::domain::{
    assistant::{BookingSettings, HandOffRule, ModelSettings, Question, Topic, VoiceSettings},
    conversation::ToolUse,
    organization::Retention,
    schedule::{Exception, Span},
    scoring::{Criteria, Criterion, Reason, ScoringRules},
};
use utoipa::openapi::{RefOr, Schema};

use crate::schema::{Book, Described};

/// A type of the core is described here and serialized there: both must name the same members.
fn agree<T: Described + Serialize>(sample: &T) {
    let mut book = Book::default();
    let RefOr::Ref(reference) = T::describe(&mut book) else { panic!("a named schema") };
    let name = reference.ref_location.rsplit('/').next().expect("a name").to_owned();
    let Some(RefOr::T(Schema::Object(object))) = book.0.get(&name) else { panic!("an object") };
    let described: BTreeSet<_> = object.properties.keys().cloned().collect();
    let value = serde_json::to_value(sample).expect("JSON");
    let written: BTreeSet<_> = value.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(described, written, "{name}");
    assert_eq!(described, object.required.iter().cloned().collect(), "{name}");
}

#[test]
fn what_is_described_is_what_is_written() {
    agree(&VoiceSettings::default());
    agree(&ModelSettings::default());
    agree(&HandOffRule::default());
    agree(&BookingSettings::default());
    agree(&Question { key: String::new(), topic: Topic::Need, text: String::new() });
    agree(&Span { from: NaiveTime::MIN, to: NaiveTime::MIN });
    agree(&Exception { date: NaiveDate::MIN, spans: Vec::new() });
    agree(&Retention::default());
    agree(&ScoringRules::default());
    agree(&Criterion::default());
    agree(&Criteria::default());
    agree(&Reason { code: String::new(), points: 0, detail: String::new() });
    agree(&ToolUse { call_id: String::new(), name: String::new(), ok: true, result: String::new() });
}
