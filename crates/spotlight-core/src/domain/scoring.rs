//! Facts that scores are made of. The arithmetic is in [`score`](super::score).

use serde::{Deserialize, Serialize};
use spotlight_derive::RedactedDebug;

use super::macros::words;
use crate::error::{Result, Violations};

words! {
    /// Whether a BANT criterion is met.
    Met, "criterion" {
        /// Nothing was said.
        Unknown = "unknown",
        /// It is not.
        No = "no",
        /// In part.
        Partial = "partial",
        /// It is.
        Yes = "yes",
    }
}

/// One criterion and the words that show it.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// Whether it is met.
    pub met: Met,
    /// The visitor's own words, at most 300 characters.
    pub quote: Option<String>,
}

impl Default for Criterion {
    fn default() -> Self {
        Self { met: Met::Unknown, quote: None }
    }
}

/// Budget, authority, need and timeline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Criteria {
    /// Is there money for it?
    pub budget: Criterion,
    /// Does the visitor decide?
    pub authority: Criterion,
    /// Is there a problem to solve?
    pub need: Criterion,
    /// By when?
    pub timeline: Criterion,
}

/// One reason of a score.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A stable machine word, as `sentiment` or `answered_questions`.
    #[debug(shown = "the program names its reasons")]
    pub code: String,
    /// Points it adds or takes.
    pub points: i32,
    /// A sentence for a person.
    pub detail: String,
}

/// Points an organization gives. Every number is -100 to 100.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScoringRules {
    /// A lead at or above this score is qualified, 0 to 100.
    pub threshold: u8,
    /// Largest effect of mean sentiment either way, 0 to 50.
    pub sentiment_max: i32,
    /// For each answered qualification question.
    pub answered_question: i32,
    /// At most this much for answered questions together.
    pub answered_questions_max: i32,
    /// For each kind of buying signal (price, demo, timeline).
    pub buying_signal: i32,
    /// For an e-mail or a phone given.
    pub contact_given: i32,
    /// For each kind of objection.
    pub objection: i32,
    /// For a clear "not interested".
    pub refusal: i32,
    /// For an appointment booked.
    pub appointment_booked: i32,
    /// Added to a lead's score when the company is known.
    pub company_given: i32,
    /// Added to a lead's score by where it came from, by the source's word.
    pub source_weights: std::collections::BTreeMap<String, i32>,
}

impl Default for ScoringRules {
    fn default() -> Self {
        Self {
            threshold: 50,
            sentiment_max: 20,
            answered_question: 4,
            answered_questions_max: 16,
            buying_signal: 5,
            contact_given: 8,
            objection: -6,
            refusal: -25,
            appointment_booked: 15,
            company_given: 3,
            source_weights: [("referral".to_owned(), 5)].into(),
        }
    }
}

impl ScoringRules {
    /// Checks every rule.
    ///
    /// # Errors
    /// [`Validation`](crate::error::ErrorKind::Validation) with every broken rule.
    pub fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        if self.threshold > 100 {
            broken.add("threshold", "range", "Threshold must be 0 to 100");
        }
        if !(0..=50).contains(&self.sentiment_max) {
            broken.add("sentiment_max", "range", "Sentiment must move a score by 0 to 50");
        }
        let points = [
            ("answered_question", self.answered_question),
            ("answered_questions_max", self.answered_questions_max),
            ("buying_signal", self.buying_signal),
            ("contact_given", self.contact_given),
            ("objection", self.objection),
            ("refusal", self.refusal),
            ("appointment_booked", self.appointment_booked),
            ("company_given", self.company_given),
        ];
        for (field, value) in points {
            if !(-100..=100).contains(&value) {
                broken.add(field, "range", "Points must be -100 to 100");
            }
        }
        for (source, value) in &self.source_weights {
            if source.parse::<super::lead::LeadSource>().is_err() {
                broken.add(format!("source_weights.{source}"), "unknown", "Unknown lead source");
            }
            if !(-100..=100).contains(value) {
                broken.add(format!("source_weights.{source}"), "range", "Points must be -100 to 100");
            }
        }
        broken.into_result()
    }
}
