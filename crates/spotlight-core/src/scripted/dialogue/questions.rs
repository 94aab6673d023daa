//! The business's questions: which is open, which comes next, and how often each was asked.

use super::{turn::Turn, words::clean};
use crate::{
    domain::{
        assistant::{ToolKind, Topic},
        conversation::{Expecting, QuestionState},
        scoring::Met,
    },
    scripted::templates::Line,
};

/// How often one thing is asked at most.
pub(super) const ASK_MAX: u8 = 2;
/// The question for an e-mail or a phone of an assistant that has none of its own.
const CONTACT_KEY: &str = "contact";
/// The question for a phone when no e-mail was to be had.
const CONTACT_PHONE_KEY: &str = "contact_phone";

impl Turn<'_> {
    /// Adds the state of questions that have none yet. Where a dialogue is taken over from another model, what that
    /// model found out is not asked again.
    pub(super) fn prepare_questions(&mut self) {
        let fresh = self.state.questions.is_empty();
        let criteria = &self.brief.criteria;
        for question in &self.brief.assistant.questions {
            if self.state.questions.iter().any(|known| known.key == question.key) {
                continue;
            }
            let met = match question.topic {
                Topic::Budget => criteria.budget.met,
                Topic::Authority => criteria.authority.met,
                Topic::Need => criteria.need.met,
                Topic::Timeline => criteria.timeline.met,
                _ => Met::Unknown,
            };
            self.state.questions.push(QuestionState {
                key: question.key.clone(),
                topic: question.topic,
                asked: 0,
                answer: None,
                closed: fresh && met != Met::Unknown,
            });
        }
        self.settle_contact_questions();
    }

    /// Writes down the answers of questions whose datum is known.
    pub(super) fn settle_contact_questions(&mut self) {
        let given = &self.state.given;
        let email = given.email.as_ref().map(|email| clean(email.as_str(), 300));
        let phone = given.phone.as_ref().map(|phone| clean(phone.as_str(), 300));
        for question in &mut self.state.questions {
            // A corrected value replaces the answer.
            let value = match question.topic {
                Topic::Name => given.name.clone(),
                Topic::Company => given.company.clone(),
                Topic::Email if question.key == CONTACT_KEY => email.clone().or_else(|| phone.clone()),
                Topic::Email => email.clone(),
                Topic::Phone => phone.clone(),
                _ => None,
            };
            if value.is_some() {
                question.answer = value;
            }
        }
        // Whoever answers one way of contact with the other has answered.
        if let Some(open) = self.open_question()
            && ((open.topic == Topic::Email && phone.is_some() && self.began.given.phone.is_none())
                || (open.topic == Topic::Phone && email.is_some() && self.began.given.email.is_none()))
        {
            let key = open.key.clone();
            self.close(&key);
        }
    }

    /// The question that waits for an answer.
    pub(super) fn open_question(&self) -> Option<&QuestionState> {
        let key = self.state.question.as_ref().filter(|_| self.state.expecting == Some(Expecting::Answer))?;
        self.state.questions.iter().find(|q| q.key == *key && q.answer.is_none() && !q.closed)
    }

    /// The next question that was not answered, not closed and not asked twice.
    pub(super) fn next_question(&self) -> Option<String> {
        self.brief
            .assistant
            .questions
            .iter()
            .find(|question| self.state.questions.iter().any(|q| q.key == question.key && can_ask(q)))
            .map(|question| question.key.clone())
    }

    /// The question that finds a way to reach the visitor, if one may still be asked.
    pub(super) fn contact_question(&mut self) -> Option<String> {
        for (topic, implicit) in [(Topic::Email, CONTACT_KEY), (Topic::Phone, CONTACT_PHONE_KEY)] {
            let mut own = self.state.questions.iter().filter(|q| q.topic == topic).peekable();
            if own.peek().is_some() {
                if let Some(question) = own.find(|q| can_ask(q)) {
                    return Some(question.key.clone());
                }
                continue;
            }
            // The question for either has asked for a phone too, and who refuses an e-mail is asked for a phone only
            // where a booking needs it.
            let asked_both = self.state.questions.iter().any(|q| q.key == CONTACT_KEY);
            if topic == Topic::Phone && (asked_both || self.state.held.is_none()) {
                return None;
            }
            self.state.questions.push(QuestionState {
                key: implicit.to_owned(),
                topic,
                asked: 0,
                answer: None,
                closed: false,
            });
            return Some(implicit.to_owned());
        }
        None
    }

    /// Asks a question and waits for its answer. The caller has made sure that it may be asked.
    pub(super) fn ask(&mut self, key: &str) {
        let Some(question) = self.state.questions.iter_mut().find(|q| q.key == key) else { return };
        question.asked = question.asked.saturating_add(1).min(ASK_MAX);
        self.state.expecting = Some(Expecting::Answer);
        self.state.question = Some(key.to_owned());
        let own = self.brief.assistant.questions.iter().find(|q| q.key == key).map(|q| q.text.trim().to_owned());
        match own {
            Some(text) => self.ask_in_own_words(text),
            None if key == CONTACT_PHONE_KEY => self.say(Line::AskPhoneToBook),
            None if self.state.held.is_some() => self.say(Line::AskContactToBook),
            None => self.say(Line::AskContact),
        }
    }

    /// Counts a question as asked in other words and waits for its answer.
    pub(super) fn count_as_asked(&mut self, key: &str) {
        if let Some(question) = self.state.questions.iter_mut().find(|q| q.key == key) {
            question.asked = question.asked.saturating_add(1).min(ASK_MAX);
            self.state.expecting = Some(Expecting::Answer);
            self.state.question = Some(key.to_owned());
        }
    }

    /// Closes a question for good.
    pub(super) fn close(&mut self, key: &str) {
        if let Some(question) = self.state.questions.iter_mut().find(|q| q.key == key) {
            question.closed = true;
        }
        if self.state.question.as_deref() == Some(key) {
            self.expect(None);
        }
    }

    /// True when the visitor has given an e-mail or a phone.
    pub(super) fn has_contact(&self) -> bool {
        self.state.given.email.is_some() || self.state.given.phone.is_some()
    }

    /// True when contact details are of use: without a tool to note them they would be asked for nothing.
    pub(super) fn wants_contact(&self) -> bool {
        self.can(ToolKind::CaptureLead) && !self.has_contact()
    }
}

/// True when a question may still be asked.
pub(super) fn can_ask(question: &QuestionState) -> bool {
    question.answer.is_none() && !question.closed && question.asked < ASK_MAX
}
