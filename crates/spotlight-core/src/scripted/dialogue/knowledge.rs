//! What the visitor asks, answered from the business's knowledge.

use serde_json::json;

use super::{
    Heard,
    facts::Noted,
    turn::{Flow, Turn},
};
use crate::{
    domain::{assistant::ToolKind, conversation::Expecting},
    scripted::{
        templates::Line,
        understanding::{Intent, Understanding},
    },
};

/// Share of a question's telling words that an entry must have to be taken for its answer.
const COVERED: f64 = 0.5;
/// The same where the utterance said other things too.
const COVERED_AMONG_OTHERS: f64 = 0.34;
/// How many questions of one utterance are answered.
const TOLD_MAX: usize = 2;
/// Longest text of the business that is said at once.
const TELL_MAX: usize = 600;

/// What came of a question of the visitor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Informed {
    /// Nothing was asked.
    No,
    /// It was dealt with, well or not.
    Yes,
    /// A person was called, who will answer.
    HandedOff,
}

impl<'a> Turn<'a> {
    /// Answers what the visitor asks from the business's knowledge, or says that it does not know.
    pub(super) fn inform(&mut self, heard: Heard<'_>, noted: &Noted) -> Flow<Informed> {
        let u = heard.understanding;
        let asks = u.wants(Intent::Question) || u.wants(Intent::Price);
        let wordless = u.is_empty() && !noted.anything && self.open_question().is_none();
        let known = self.known(u, noted);
        match known.first() {
            Some(_) if asks || wordless => {
                self.state.unanswered = 0;
                let missing = known.len() < u.queries.len().min(TOLD_MAX);
                let mut told: Vec<&str> = Vec::new();
                for answer in known {
                    if !told.contains(&answer) {
                        told.push(answer);
                        self.tell(shorten(answer, TELL_MAX / u.queries.len().clamp(1, TOLD_MAX)));
                    }
                }
                if missing && !self.is_about_booking(u) {
                    self.say(Line::UnknownRest);
                }
                Ok(Informed::Yes)
            }
            _ if !asks || self.is_about_booking(u) => Ok(Informed::No),
            // "OK, do it?" decides, whatever else it sounds like.
            _ if self.state.expecting.is_some_and(|e| e != Expecting::Answer) && u.answer.is_some() => Ok(Informed::No),
            _ if u.wants(Intent::OffTopic) => Ok(Informed::No),
            _ => self.admit(u.wants(Intent::Price)),
        }
    }

    /// The answers to what is asked, at most two, as far as they are known.
    pub(super) fn known(&self, u: &Understanding, noted: &Noted) -> Vec<&'a str> {
        // What is asked one by one has nothing else around it.
        let least = if noted.anything && u.queries.is_empty() { COVERED_AMONG_OTHERS } else { COVERED };
        let brief = self.brief;
        let best = |query: usize| {
            brief.knowledge.iter().find(|found| {
                found.best_for.contains(&query) && found.coverage >= least && !found.answer.trim().is_empty()
            })
        };
        (0..u.queries.len().clamp(1, TOLD_MAX)).filter_map(best).map(|found| found.answer.as_str()).collect()
    }

    /// Says that it does not know, and calls a person when that happens too often in a row.
    fn admit(&mut self, price: bool) -> Flow<Informed> {
        self.state.unanswered = self.state.unanswered.saturating_add(1);
        let limit = self.brief.assistant.hand_off.after_unanswered;
        if limit > 0 && self.state.unanswered >= limit && self.can(ToolKind::HandOff) {
            let reason = json!({ "reason": "Several questions in a row found no answer." });
            let called = self.call(ToolKind::HandOff, reason)?.is_some_and(|answer| answer.ok);
            self.state.unanswered = 0;
            if called {
                self.say(Line::HandOffUnanswered);
                return Ok(Informed::HandedOff);
            }
        }
        self.say(if price { Line::UnknownPrice } else { Line::Unknown });
        Ok(Informed::Yes)
    }
}

/// The beginning of a long text, up to the end of a sentence.
pub(super) fn shorten(text: &str, max: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let cut: String = text.chars().take(max).collect();
    match cut.rfind(['.', '!', '?', '\n']) {
        Some(end) if end > 0 => cut[..=end].trim_end().to_owned(),
        _ => cut.rsplit_once(' ').map_or(cut.clone(), |(whole, _)| format!("{whole} …")),
    }
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn long_answers_end_with_a_sentence() {
        assert_eq!(shorten("One. Two is longer.", 10), "One.");
        assert_eq!(shorten("No end in sight here", 10), "No end in …");
        assert_eq!(shorten(" Short ", 10), "Short");
        assert_eq!(shorten("äöü äöü äöü", 6), "äöü …");
    }
}
