//! What holds for whatever visitors say.

use std::collections::HashMap;

use chrono::{Duration, NaiveTime};
use proptest::{prelude::*, sample};
use serde_json::json;

use super::{
    Act, Heard, Moment,
    stage::{Stage, now},
};
use crate::{
    domain::{
        assistant::{Language, Tone, ToolKind, Topic},
        contact::{Email, Phone},
        money::Currency,
    },
    scripted::{
        templates::Line,
        understanding::{Amount, Inquiry, Intent, Query, Refused, Understanding, When, YesNo},
    },
};

const INTENTS: &[Intent] = &[
    Intent::Greeting,
    Intent::Goodbye,
    Intent::Refusal,
    Intent::Abuse,
    Intent::OffTopic,
    Intent::Question,
    Intent::Price,
    Intent::Demo,
    Intent::ObjectionPrice,
    Intent::Human,
    Intent::Correction,
    Intent::Book,
    Intent::Reschedule,
    Intent::Cancel,
    Intent::Injection,
];

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("…".to_owned()),
        Just("I'm not interested".to_owned()),
        Just("We need help. What is it?".to_owned()),
        "\\PC{0,60}",
        any::<String>(),
    ]
}

fn whens() -> impl Strategy<Value = When> {
    (-3_i64..40, 0_i64..48, any::<bool>(), any::<bool>()).prop_map(|(days, halves, exact, part)| {
        let at = now() + Duration::days(days) + Duration::minutes(30 * halves);
        let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0);
        When {
            date: at.date_naive(),
            from: hour(12).filter(|_| part),
            to: hour(18).filter(|_| part),
            at: exact.then_some(at),
        }
    })
}

fn understandings() -> impl Strategy<Value = Understanding> {
    let contact = (
        proptest::option::weighted(0.2, sample::select(vec!["Anna", "Anna Maria", "{name}?", "\u{202e}evil", "x"])),
        proptest::option::weighted(0.2, sample::select(vec!["a@b.io", "anna@example.org"])),
        proptest::option::weighted(0.2, sample::select(vec!["+493012345678", "+34911234567"])),
        proptest::option::weighted(0.1, sample::select(vec!["Acme", ""])),
        proptest::option::weighted(0.1, sample::select(vec![Topic::Email, Topic::Phone, Topic::Name])),
    );
    let said = (
        proptest::option::weighted(0.2, (any::<i64>(), proptest::option::of(Just(Currency::EUR)))),
        proptest::option::weighted(0.2, whens()),
        proptest::option::weighted(
            0.1,
            (0_u32..24).prop_map(|hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default()),
        ),
        proptest::option::weighted(0.3, any::<i8>().prop_map(|choice| choice % 5)),
        proptest::option::weighted(0.4, sample::select(vec![YesNo::Yes, YesNo::No, YesNo::Maybe])),
        proptest::collection::btree_set(sample::select(INTENTS), 0..3),
        proptest::option::weighted(0.2, sample::select(vec![Refused::Asked, Refused::Part, Refused::Offer])),
        proptest::option::weighted(0.1, sample::select(vec![Inquiry::Who, Inquiry::Task])),
        any::<bool>(),
        0_usize..3,
    );
    (contact, said).prop_map(
        |(
            (name, email, phone, company, invalid_contact),
            (budget, when, time_only, choice, answer, intents, refused, inquiry, appointment, queries),
        )| {
            Understanding {
                name: name.map(str::to_owned),
                email: email.and_then(|text| Email::parse(text).ok()),
                phone: phone.and_then(|text| Phone::parse(text, None).ok()),
                company: company.map(str::to_owned),
                budget: budget.map(|(minor, currency)| Amount { minor, currency }),
                when,
                time_only,
                choice,
                answer,
                intents,
                invalid_contact,
                refused,
                hurry: None,
                appointment,
                inquiry,
                queries: vec![Query { words: "what".to_owned(), beside_price: None }; queries],
            }
        },
    )
}

#[derive(Debug, Clone)]
struct Utterance {
    text: String,
    understanding: Understanding,
    coverage: f64,
    contested: bool,
    failing: u8,
}

fn utterances() -> impl Strategy<Value = Utterance> {
    (texts(), understandings(), 0.0..1.0_f64, proptest::bool::weighted(0.1), 0_u8..20).prop_map(
        |(text, understanding, coverage, contested, failing)| Utterance {
            text,
            understanding,
            coverage,
            contested,
            failing,
        },
    )
}

/// Lines that ask for the same thing as the question for the e-mail.
fn asks_for_contact(line: Line) -> bool {
    matches!(line, Line::AskContact | Line::AskContactToBook | Line::BadEmail)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::conformance::rounds(400, 10_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_dialogue_keeps_its_promises(
        language in sample::select(Language::ALL),
        tone in sample::select(Tone::ALL),
        tools in sample::subsequence(ToolKind::ALL.to_vec(), 0..=4),
        own_contact in any::<bool>(),
        course in proptest::collection::vec(utterances(), 1..25),
    ) {
        let mut stage = Stage::new(language, tone);
        stage.offered = tools;
        if !own_contact {
            stage.assistant().questions.retain(|question| question.topic != Topic::Email);
        }
        let texts: Vec<_> = stage.brief.assistant.questions.iter().map(|question| question.text.clone()).collect();
        let mut asked: HashMap<String, usize> = HashMap::new();
        let mut said = vec![stage.open()];
        for utterance in course {
            let Utterance { text, understanding, coverage, contested, failing } = utterance;
            stage.tools.contested = contested;
            stage.tools.people = failing != 1;
            stage.tools.capture_error = match failing {
                2 => Some(json!({ "error": "no", "invalid": [{ "field": "email" }] })),
                3 => Some(json!({ "error": "try again later" })),
                4 => Some(json!("odd")),
                _ => None,
            };
            stage.knows("We know this.", coverage);
            let moment = if failing == 5 {
                Moment::Resuming
            } else {
                Moment::Words { heard: Heard { text: &text, understanding: &understanding }, first: false }
            };
            said.push(stage.play(moment));
            prop_assert!(stage.state().offers <= 3 && stage.state().corrections <= 2);
            prop_assert!(stage.state().questions.iter().all(|question| question.asked <= 2));
        }
        // What asks for one thing over and over is said at most twice in a row, and what is wrong is asked twice at all.
        for again in [Line::WhichSlot, Line::ConfirmAgain] {
            prop_assert!(!said.windows(3).any(|three| three.iter().all(|said| said.has(again))), "{again:?}");
        }
        prop_assert!(said.iter().filter(|said| said.has(Line::WhatToCorrect)).count() <= 2);
        for said in &said {
            prop_assert!(!said.text.trim().is_empty());
            prop_assert!(said.text.matches('?').count() <= 1, "{}", said.text);
            prop_assert!(!said.text.contains("SECRET-SCRIPT"));
            prop_assert!(!said.text.chars().any(char::is_control), "{:?}", said.text);
            for act in &said.acts {
                match act {
                    Act::Ask(text) => {
                        prop_assert!(texts.contains(text));
                        *asked.entry(text.clone()).or_default() += 1;
                    }
                    Act::Say(line, _) if asks_for_contact(*line) => {
                        *asked.entry("What about the email?".to_owned()).or_default() += 1;
                    }
                    Act::Say(line @ (Line::AskPhoneToBook | Line::BadPhone), _) => {
                        *asked.entry(format!("{line:?}")).or_default() += 1;
                    }
                    Act::Say(..) | Act::Tell(_) | Act::Use(..) => {}
                }
            }
        }
        let words = said.iter().map(|said| said.text.as_str()).collect::<Vec<_>>().join("\n");
        prop_assert!(asked.values().all(|&times| times <= 2), "{asked:?}\n{words}");
    }
}
