//! What an utterance tells about the visitor, and noting it.

use serde_json::{Map, Value, json};
use spotlight_derive::RedactedDebug;

use super::{
    Heard, cues,
    turn::{Flow, Turn},
    words::{ECHO_MAX, clean, echo_name, is_plain, statement, told_beside_question},
};
use crate::{
    domain::{
        assistant::{ToolKind, Topic},
        contact::{Email, Phone},
        conversation::Expecting,
        money::Money,
        scoring::Met,
    },
    ports::chat::ToolAnswer,
    scripted::{
        templates::{Line, is_formal},
        understanding::{Amount, Intent, Understanding, YesNo},
    },
};

/// Longest quote of a visitor that is kept with an answer.
const QUOTE_MAX: usize = 300;
/// Longest company and name that a lead takes.
const FIELD_MAX: usize = 100;

/// The answer to one question.
#[derive(RedactedDebug, Clone, PartialEq)]
struct Answer {
    key: String,
    topic: Topic,
    value: String,
    met: Option<Met>,
    amount: Option<Amount>,
}

/// What is new in an utterance.
#[derive(RedactedDebug, Clone, Default, PartialEq)]
struct Facts {
    name: Option<String>,
    email: Option<Email>,
    phone: Option<Phone>,
    company: Option<String>,
    answers: Vec<Answer>,
}

impl Facts {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Arguments of `capture_lead`.
    fn arguments(&self) -> Value {
        let mut arguments = Map::new();
        let mut put = |key: &str, value: Option<&str>| {
            if let Some(value) = value {
                arguments.insert(key.to_owned(), json!(value));
            }
        };
        put("name", self.name.as_deref());
        put("email", self.email.as_ref().map(Email::as_str));
        put("phone", self.phone.as_ref().map(Phone::as_str));
        put("company", self.company.as_deref());
        if !self.answers.is_empty() {
            let answers: Vec<_> = self.answers.iter().map(Answer::to_json).collect();
            arguments.insert("answers".to_owned(), Value::Array(answers));
        }
        Value::Object(arguments)
    }
}

impl Answer {
    fn to_json(&self) -> Value {
        let mut answer = json!({ "key": self.key, "topic": self.topic, "value": self.value });
        if let Some(met) = self.met {
            answer["met"] = json!(met);
        }
        if let Some(amount) = self.amount.filter(|amount| amount.minor >= 0) {
            answer["amount_minor"] = json!(amount.minor);
            if let Some(currency) = amount.currency {
                answer["currency"] = json!(currency);
            }
        }
        answer
    }
}

/// What came of noting an utterance.
#[derive(RedactedDebug, Default)]
pub(super) struct Noted {
    /// Something new is known.
    pub anything: bool,
    /// All that is new is that the visitor cannot say.
    pub undecided: bool,
    /// The name, when it is new and not a correction.
    pub name: Option<String>,
    /// Values that replace others, with the line that says so.
    pub corrected: Vec<(Line, String)>,
    /// It could not be noted for a technical reason.
    pub failed: bool,
    /// The platform does not take this contact.
    pub bad_contact: Option<Topic>,
}

impl Turn<'_> {
    /// Notes what is new in an utterance, with the tool where it is offered.
    pub(super) fn note(&mut self, heard: Heard<'_>) -> Flow<Noted> {
        let mut facts = self.facts(heard);
        let contact = |topic: &Topic| matches!(topic, Topic::Email | Topic::Phone);
        let bad_contact = heard.understanding.invalid_contact.filter(contact);
        let mut noted = Noted { bad_contact, ..Noted::default() };
        while !facts.is_empty() && self.can(ToolKind::CaptureLead) {
            let answer = self.call(ToolKind::CaptureLead, facts.arguments())?;
            if answer.is_some_and(|answer| answer.ok) {
                break;
            }
            match answer.and_then(blamed) {
                Some(Topic::Email) if facts.email.take().is_some() => noted.bad_contact = Some(Topic::Email),
                Some(Topic::Phone) if facts.phone.take().is_some() => noted.bad_contact = Some(Topic::Phone),
                _ => return Ok(Noted { failed: true, ..Noted::default() }),
            }
        }
        noted.anything = !facts.is_empty();
        noted.undecided = heard.understanding.answer == Some(YesNo::Maybe)
            && matches!(facts.answers.as_slice(), [only] if facts == Facts { answers: vec![only.clone()], ..Facts::default() });
        self.apply(facts, &mut noted);
        self.say_back_repeated(heard.understanding, &mut noted);
        match noted.bad_contact {
            Some(Topic::Email) if self.state.given.email.is_some() && heard.understanding.email.is_some() => {
                noted.bad_contact = None;
            }
            Some(Topic::Phone) if self.state.given.phone.is_some() && heard.understanding.phone.is_some() => {
                noted.bad_contact = None;
            }
            _ => {}
        }
        Ok(noted)
    }

    /// What is new in an utterance.
    fn facts(&self, heard: Heard<'_>) -> Facts {
        let u = heard.understanding;
        let given = &self.state.given;
        let new = |value: &Option<String>, known: &Option<String>, min: usize| {
            let value = clean(value.as_deref()?, FIELD_MAX);
            (value.chars().count() >= min && known.as_deref() != Some(&value)).then_some(value)
        };
        Facts {
            name: new(&u.name, &given.name, 2),
            email: u.email.clone().filter(|email| given.email.as_ref() != Some(email)),
            phone: u.phone.clone().filter(|phone| given.phone.as_ref() != Some(phone)),
            company: new(&u.company, &given.company, 1),
            answers: self.answers(heard),
        }
    }

    /// Questions that the utterance answers, the open one first. Contact data are facts of their own.
    fn answers(&self, heard: Heard<'_>) -> Vec<Answer> {
        let u = heard.understanding;
        let quote = clean(heard.text, QUOTE_MAX);
        let mut answers: Vec<Answer> = Vec::new();
        if let Some(open) = self.open_question()
            && let Some((met, amount)) = self.judge(open.topic, open.asked, heard)
        {
            let value = statement(heard).map_or_else(|| quote.clone(), |words| clean(&words, QUOTE_MAX));
            answers.push(Answer { key: open.key.clone(), topic: open.topic, value, met, amount });
        }
        let need = self.unasked_need(heard);
        let unasked: [(Topic, bool, Option<Amount>); 3] = [
            (Topic::Budget, u.budget.is_some(), u.budget),
            (Topic::Timeline, self.is_deadline(u), None),
            (Topic::Need, need.is_some(), None),
        ];
        for (topic, said, amount) in unasked {
            if !said || answers.iter().any(|answer| answer.topic == topic) {
                continue;
            }
            let waiting = self.state.questions.iter().find(|q| q.topic == topic && q.answer.is_none());
            let known = self.state.questions.iter().any(|q| q.topic == topic && q.answer.is_some());
            // A budget said again without a question for it is news; a date said again may be about anything.
            let key = match waiting {
                Some(question) => question.key.clone(),
                None if topic == Topic::Budget && (known || !self.state.questions.iter().any(|q| q.topic == topic)) => {
                    self.state
                        .questions
                        .iter()
                        .find(|q| q.topic == topic)
                        .map_or("budget".to_owned(), |q| q.key.clone())
                }
                None => continue,
            };
            let words = need.as_deref().filter(|_| topic == Topic::Need);
            let value = words.map_or_else(|| quote.clone(), |words| clean(words, QUOTE_MAX));
            answers.push(Answer { key, topic, value, met: Some(Met::Yes), amount });
        }
        answers
    }

    /// True for a date to come that is not about an appointment.
    fn is_deadline(&self, u: &Understanding) -> bool {
        let booking = self.state.expecting.is_some_and(|e| e != Expecting::Answer)
            || self.state.held.is_some()
            || [Intent::Book, Intent::Reschedule, Intent::Cancel, Intent::Demo, Intent::Question]
                .iter()
                .any(|&intent| u.wants(intent));
        let today = self.brief.now.with_timezone(&self.brief.time_zone).date_naive();
        !booking && !self.is_about_booking(u) && u.when.is_some_and(|when| when.date >= today)
    }

    /// The words by which the visitor says unasked what they are looking for.
    fn unasked_need(&self, heard: Heard<'_>) -> Option<String> {
        const BESIDE: [Intent; 5] = [Intent::Greeting, Intent::Question, Intent::Price, Intent::Book, Intent::Demo];
        let intents = &heard.understanding.intents;
        let elsewhere = match self.state.expecting {
            None => true,
            // Only the questions that free words cannot answer.
            Some(Expecting::Answer) => self
                .open_question()
                .is_none_or(|open| matches!(open.topic, Topic::Name | Topic::Email | Topic::Phone | Topic::Company)),
            Some(_) => false,
        };
        if !elsewhere || !intents.iter().all(|intent| BESIDE.contains(intent)) {
            return None;
        }
        let asks = intents.iter().any(|intent| *intent != Intent::Greeting);
        let words = if asks { told_beside_question(heard.text)? } else { heard.text.to_owned() };
        cues::is_wish(self.brief.language, &words).then_some(words)
    }

    /// Whether an utterance answers the open question of that topic, and what it shows.
    fn judge(&self, topic: Topic, asked: u8, heard: Heard<'_>) -> Option<(Option<Met>, Option<Amount>)> {
        let u = heard.understanding;
        let (language, text) = (self.brief.language, heard.text);
        // Words that bring another datum are about that, unless they say more.
        let plain = is_plain(heard)
            && u.refused.is_none()
            && (!brings_other(u, topic)
                || (topic == Topic::Need && cues::is_wish(language, text))
                || text.split_whitespace().count() >= 10);
        // "I would rather not say" and "no thanks" are no to the question, not to what it asks.
        let refuses = u.wants(Intent::Refusal) || u.refused.is_some();
        let yes_or_no = u.answer.filter(|_| !refuses && statement(heard).is_some());
        let met = |answer: YesNo| match answer {
            YesNo::Yes => Met::Yes,
            YesNo::No => Met::No,
            YesNo::Maybe => Met::Partial,
        };
        match topic {
            Topic::Name | Topic::Email | Topic::Phone => None,
            Topic::Company => (plain && u.company.is_none() && u.answer == Some(YesNo::No)).then_some((None, None)),
            Topic::Budget => match (u.budget, yes_or_no) {
                (Some(amount), _) => Some((Some(Met::Yes), Some(amount))),
                (None, Some(answer)) => Some((Some(met(answer)), None)),
                (None, None) => (plain && asked >= 2).then_some((Some(Met::Partial), None)),
            },
            Topic::Timeline if self.is_about_booking(u) => None,
            Topic::Timeline => {
                let today = self.brief.now.with_timezone(&self.brief.time_zone).date_naive();
                let asks = u.wants(Intent::Question);
                let later = u.when.is_some_and(|when| when.date > today || when.at.is_some());
                // "not now" is an answer, though "now" would be a date of its own.
                let shown = match (yes_or_no, u.hurry) {
                    _ if later && !asks => Some(Met::Yes),
                    (Some(answer @ (YesNo::No | YesNo::Maybe)), _) => Some(met(answer)),
                    (_, Some(hurry)) if plain => Some(if hurry { Met::Yes } else { Met::No }),
                    _ if u.when.is_some() && !asks => Some(Met::Yes),
                    (answer, _) => answer.map(met),
                };
                match shown {
                    Some(shown) => Some((Some(shown), None)),
                    None => (plain && asked >= 2).then_some((Some(Met::Partial), None)),
                }
            }
            Topic::Authority => {
                let shown = match yes_or_no {
                    Some(YesNo::No) => Some(Met::No),
                    Some(YesNo::Maybe) => Some(Met::Partial),
                    _ if cues::is_shared(language, text) => Some(Met::Partial),
                    Some(YesNo::Yes) => Some(Met::Yes),
                    None if cues::is_decider(language, text) => Some(Met::Yes),
                    None => Some(Met::Partial),
                };
                (plain || yes_or_no.is_some()).then_some((shown, None))
            }
            Topic::Need => match yes_or_no {
                Some(answer) => Some((Some(met(answer)), None)),
                None => plain.then_some((Some(Met::Yes), None)),
            },
            Topic::Other => (plain || yes_or_no.is_some()).then_some((None, None)),
        }
    }

    /// A correction to what is known already is said back all the same.
    fn say_back_repeated(&self, u: &Understanding, noted: &mut Noted) {
        if !u.wants(Intent::Correction) || noted.anything {
            return;
        }
        let given = &self.state.given;
        if let Some(email) = u.email.as_ref().filter(|email| given.email.as_ref() == Some(email)) {
            noted.corrected.push((Line::CorrectedEmail, clean(email.as_str(), FIELD_MAX)));
        }
        if let Some(phone) = u.phone.as_ref().filter(|phone| given.phone.as_ref() == Some(phone)) {
            noted.corrected.push((Line::CorrectedPhone, clean(phone.as_str(), ECHO_MAX)));
        }
        noted.anything = !noted.corrected.is_empty();
    }

    /// Takes new facts over into the state.
    fn apply(&mut self, facts: Facts, noted: &mut Noted) {
        let given = &mut self.state.given;
        if let Some(name) = facts.name {
            match given.name.replace(name.clone()) {
                Some(before) if !name.starts_with(&before) => {
                    noted.corrected.push((Line::CorrectedName, echo_name(&name, true)));
                }
                _ => noted.name = Some(echo_name(&name, is_formal(self.brief.assistant.tone))),
            }
        }
        if let Some(email) = facts.email
            && given.email.replace(email.clone()).is_some()
        {
            noted.corrected.push((Line::CorrectedEmail, clean(email.as_str(), FIELD_MAX)));
        }
        if let Some(phone) = facts.phone
            && given.phone.replace(phone.clone()).is_some()
        {
            noted.corrected.push((Line::CorrectedPhone, clean(phone.as_str(), ECHO_MAX)));
        }
        if let Some(company) = facts.company {
            given.company = Some(company);
        }
        for answer in facts.answers {
            if let Some(Amount { minor, currency: Some(currency) }) = answer.amount {
                self.state.budget = Some(Money { minor, currency });
            }
            if let Some(question) = self.state.questions.iter_mut().find(|q| q.key == answer.key) {
                question.answer = Some(answer.value);
            }
        }
        self.settle_contact_questions();
    }
}

/// The contact field that a refused `capture_lead` blames.
fn blamed(answer: &ToolAnswer) -> Option<Topic> {
    let fields = answer.content.get("invalid")?.as_array()?;
    let named = |name: &str| fields.iter().any(|field| field["field"].as_str() == Some(name));
    [("email", Topic::Email), ("phone", Topic::Phone)].into_iter().find(|(name, _)| named(name)).map(|(_, topic)| topic)
}

/// True when the words bring a datum that is no answer to a question of that topic.
fn brings_other(u: &Understanding, topic: Topic) -> bool {
    let contact = u.name.is_some() || u.email.is_some() || u.phone.is_some() || u.company.is_some();
    contact || (u.budget.is_some() && topic != Topic::Budget)
}
