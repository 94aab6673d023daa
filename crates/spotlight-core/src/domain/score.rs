//! The arithmetic of scores: pure functions of stored facts, so that counting again changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use spotlight_derive::RedactedDebug;

use super::{
    assistant::Topic,
    id::ConversationId,
    lead::LeadSource,
    macros::words,
    scoring::{Reason, ScoringRules},
    time::Timestamp,
};
use crate::scripted::understanding::{Asked, Intent};

words! {
    /// What a visitor asks for who may buy.
    BuyingSignal, "buying_signal" {
        /// What it costs.
        Price = "price",
        /// To see it.
        Demo = "demo",
        /// When it could start.
        Timeline = "timeline",
    }
}

words! {
    /// What a visitor holds against buying.
    Objection, "objection" {
        /// It costs too much.
        Price = "price",
        /// Not now.
        Timing = "timing",
        /// Has or prefers something else.
        Competitor = "competitor",
        /// Somebody else decides.
        Authority = "authority",
    }
}

/// The facts of one conversation that its score is made of.
#[derive(RedactedDebug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Signals {
    /// Keys of the qualification questions that were answered.
    pub answered: BTreeSet<String>,
    /// What was asked for.
    pub buying: BTreeSet<BuyingSignal>,
    /// What was held against it.
    pub objections: BTreeSet<Objection>,
    /// An e-mail or a phone was given.
    pub contact_given: bool,
    /// The visitor clearly is not interested.
    pub refusal: bool,
    /// An appointment was booked.
    pub appointment_booked: bool,
    /// Mean over the visitor's utterances, -1 to 1.
    pub sentiment: Option<f64>,
}

/// What an utterance says about buying, beside what it wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concerns {
    /// What it holds against buying. The price is an intent.
    pub objections: BTreeSet<Objection>,
    /// It asks how soon it could start.
    pub asks_start: bool,
    /// What it refuses, if it refuses, is an appointment or to tell a contact.
    pub declines_detail: bool,
}

/// One utterance of a visitor, as understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What was asked before it.
    pub asked: Asked,
    /// What it wants.
    pub intents: BTreeSet<Intent>,
    /// What else it says about buying.
    pub concerns: Concerns,
}

impl Signals {
    /// Signals, objections and refusal of the visitor's utterances. Everything else is left for the caller to fill in.
    ///
    /// Words count in context. An utterance that finds the price too high asks for it in protest, so it is no buying
    /// signal. A refusal is a refusal of the business where nothing or the need was asked or the visitor leaves with
    /// it; elsewhere, and where it declines an appointment or to tell a contact, it is not. Who decides is an answer
    /// where that was asked, and "not now" is one where times were offered.
    pub fn of_utterances<'a>(utterances: impl IntoIterator<Item = &'a Said>) -> Self {
        let mut signals = Self::default();
        for Said { asked, intents, concerns } in utterances {
            let has = |intent| intents.contains(&intent);
            if has(Intent::ObjectionPrice) {
                signals.objections.insert(Objection::Price);
            } else if has(Intent::Price) {
                signals.buying.insert(BuyingSignal::Price);
            }
            if has(Intent::Demo) {
                signals.buying.insert(BuyingSignal::Demo);
            }
            if concerns.asks_start {
                signals.buying.insert(BuyingSignal::Timeline);
            }
            let counts = |objection: &Objection| match objection {
                Objection::Authority => *asked != Asked::Topic(Topic::Authority),
                Objection::Timing => !matches!(asked, Asked::Slot | Asked::Confirm),
                Objection::Price | Objection::Competitor => true,
            };
            signals.objections.extend(concerns.objections.iter().copied().filter(counts));
            let of_the_business = matches!(asked, Asked::Open | Asked::Topic(Topic::Need)) || has(Intent::Goodbye);
            signals.refusal |= has(Intent::Refusal) && of_the_business && !concerns.declines_detail;
        }
        signals
    }
}

/// A score of 0 to 100 and why. The points of the reasons add up to the score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scored {
    /// The score.
    pub score: u8,
    /// Why, in a fixed order, each with points save the base.
    pub reasons: Vec<Reason>,
}

/// Where every score starts.
const BASE: i64 = 50;

/// Gathers reasons and keeps them adding up.
struct Tally(Vec<Reason>);

impl Tally {
    fn new() -> Self {
        Self(vec![Reason {
            code: "base".to_owned(),
            points: BASE as i32,
            detail: "Every score starts at 50".to_owned(),
        }])
    }

    /// Adds a reason unless it makes no difference.
    fn add(&mut self, code: &str, points: i64, detail: impl Into<String>) {
        // No rule gives more than 100; what nobody validated must still add up within 32 bits.
        self.push(code, points.clamp(-1_000_000, 1_000_000) as i32, detail);
    }

    fn push(&mut self, code: &str, points: i32, detail: impl Into<String>) {
        if points != 0 {
            self.0.push(Reason { code: code.to_owned(), points, detail: detail.into() });
        }
    }

    fn finish(mut self) -> Scored {
        let sum: i64 = self.0.iter().map(|reason| i64::from(reason.points)).sum();
        let score = sum.clamp(0, 100);
        self.push("limit", (score - sum) as i32, "A score stays between 0 and 100");
        Scored { score: score as u8, reasons: self.0 }
    }
}

/// Scores one conversation.
pub fn conversation_score(rules: &ScoringRules, signals: &Signals) -> Scored {
    let mut tally = Tally::new();
    if let Some(mean) = signals.sentiment.filter(|mean| mean.is_finite()) {
        let points = (mean.clamp(-1.0, 1.0) * f64::from(rules.sentiment_max)).round() as i64;
        tally.add("sentiment", points, format!("Mean sentiment of the visitor was {mean:+.2}"));
    }
    let answered = signals.answered.len() as i64;
    if answered > 0 {
        let each = i64::from(rules.answered_question).saturating_mul(answered);
        let points = each.min(i64::from(rules.answered_questions_max));
        tally.add("answered_questions", points, format!("Answered {}", count(answered, "qualification question")));
    }
    for signal in &signals.buying {
        let detail = match signal {
            BuyingSignal::Price => "Asked for the price",
            BuyingSignal::Demo => "Asked to see it",
            BuyingSignal::Timeline => "Asked how soon it could start",
        };
        tally.add(&format!("buying_signal_{signal}"), i64::from(rules.buying_signal), detail);
    }
    if signals.contact_given {
        tally.add("contact_given", i64::from(rules.contact_given), "Gave an e-mail or a phone");
    }
    for objection in &signals.objections {
        let detail = match objection {
            Objection::Price => "Found it too expensive",
            Objection::Timing => "Said it is not the time",
            Objection::Competitor => "Has or prefers something else",
            Objection::Authority => "Said somebody else decides",
        };
        tally.add(&format!("objection_{objection}"), i64::from(rules.objection), detail);
    }
    if signals.refusal {
        tally.add("refusal", i64::from(rules.refusal), "Said they are not interested");
    }
    if signals.appointment_booked {
        tally.add("appointment_booked", i64::from(rules.appointment_booked), "Booked an appointment");
    }
    tally.finish()
}

/// Scores a lead from its completed conversations, each with its end and its score. The order of the input does not
/// matter, and a conversation that is in it twice counts once. None without a completed conversation.
///
/// With the conversations in the order of their end (then id), s₀ = 50 and sₙ = round(0.7 · mean(c₁…cₙ) + 0.3 · sₙ₋₁),
/// halves up. Points for the company and the source come on top and never enter a later sₙ.
pub fn lead_score(
    rules: &ScoringRules,
    completed: &[(Timestamp, ConversationId, u8)],
    source: LeadSource,
    company_given: bool,
) -> Option<Scored> {
    let ordered: BTreeMap<_, _> = completed.iter().map(|(ended_at, id, score)| ((*ended_at, *id), *score)).collect();
    if ordered.is_empty() {
        return None;
    }
    let (mut sum, mut smoothed) = (0_i64, BASE);
    for (n, score) in (1_i64..).zip(ordered.values()) {
        sum += i64::from(*score.min(&100));
        // The formula times 10n, so that rounding is exact; everything is positive.
        smoothed = (7 * sum + 3 * n * smoothed + 5 * n) / (10 * n);
    }
    let mut tally = Tally::new();
    let conversations = count(ordered.len() as i64, "completed conversation");
    tally.add("conversations", smoothed - BASE, format!("{conversations}, the mean smoothed with the score before"));
    if company_given {
        tally.add("company_given", i64::from(rules.company_given), "The company is known");
    }
    if let Some(points) = rules.source_weights.get(source.as_str()) {
        tally.add("source", i64::from(*points), format!("Came from {}", source.as_str().replace('_', " ")));
    }
    Some(tally.finish())
}

fn count(n: i64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests;
