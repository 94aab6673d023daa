//! The course of a turn: what an utterance calls for, and what comes next.

use serde_json::json;

use super::{
    Heard,
    facts::Noted,
    knowledge::{Informed, shorten},
    questions::ASK_MAX,
    turn::{Flow, Turn},
    words::clean,
};
use crate::{
    domain::{
        assistant::{Language, ToolKind, Topic},
        conversation::Expecting,
    },
    scripted::{
        templates::Line,
        understanding::{Inquiry, Intent, Understanding, YesNo},
    },
};

/// Longest part of the role that is said.
const ROLE_MAX: usize = 200;

/// Why the turn moves on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The utterance brought something.
    Progress,
    /// The visitor spoke of something else, which was dealt with.
    Interjection,
    /// The utterance brought nothing.
    Nothing,
}

impl Turn<'_> {
    /// The first words of a conversation.
    pub(super) fn open(&mut self) {
        self.state.greeted = true;
        let own = self.brief.assistant.greeting.as_deref().map(str::trim).filter(|text| !text.is_empty());
        if let Some(greeting) = own {
            self.tell(greeting.to_owned());
        } else {
            self.say_who(Line::Greeting);
            self.say_role();
        }
        if !own.is_some_and(|greeting| greeting.contains('?')) {
            self.say(Line::Opening);
        }
    }

    /// Greets a visitor who spoke first. What they said is answered, so a question of the greeting is left out.
    fn greet_back(&mut self) {
        let own = self.brief.assistant.greeting.as_deref().unwrap_or_default();
        let told = without_questions(own);
        if told.chars().any(char::is_alphanumeric) {
            self.tell(told);
        } else {
            self.say_who(Line::Greeting);
        }
    }

    /// Says what the assistant is for, in the business's words, to whoever speaks their language.
    fn say_role(&mut self) {
        let assistant = &self.brief.assistant;
        let role = shorten(&clean(&assistant.role, ROLE_MAX), ROLE_MAX);
        if self.brief.language != assistant.language || role.is_empty() || role.contains('?') {
            return;
        }
        let end = if role.ends_with(['.', '!', '…']) { "" } else { "." };
        self.say_with(Line::Role, vec![("role", format!("{role}{end}"))]);
    }

    /// Says who speaks and what for.
    fn introduce(&mut self) {
        self.say_who(Line::Identity);
        self.say_role();
    }

    /// Says who is speaking.
    fn say_who(&mut self, line: Line) {
        let assistant = clean(&self.brief.assistant.name, 100);
        let organization = clean(&self.brief.organization_name, 100);
        self.say_with(line, vec![("assistant", assistant), ("organization", organization)]);
    }

    /// Goes on where the dialogue stood.
    pub(super) fn resume(&mut self) {
        self.say(Line::Resume);
        let deciding = self.state.expecting.is_some_and(|expecting| expecting != Expecting::Answer);
        let open = self.open_question().filter(|open| open.asked < ASK_MAX).map(|open| open.key.clone());
        let key = if self.is_over() || deciding { None } else { open.or_else(|| self.next_question()) };
        match key {
            Some(key) => self.ask(&key),
            None => self.say(Line::AnythingElse),
        }
    }

    /// Answers an utterance.
    pub(super) fn reply(&mut self, heard: Heard<'_>, first: bool) -> Flow {
        let u = heard.understanding;
        if first && !self.state.greeted {
            self.greet_back();
        }
        self.state.greeted = true;
        if !heard.text.chars().any(char::is_alphanumeric) && u.is_empty() {
            self.silence();
            return Ok(());
        }
        if u.wants(Intent::Abuse) {
            self.abuse();
            return Ok(());
        }
        if u.wants(Intent::Injection) {
            self.say_injection();
            return self.advance(Why::Interjection);
        }
        let noted = self.note(heard)?;
        self.acknowledge(&noted);
        if interest(u) {
            self.state.closing = false;
        }
        let confirming = [Expecting::BookingConfirmation, Expecting::CancelConfirmation].map(Some);
        let confirms = confirming.contains(&self.state.expecting) && u.answer == Some(YesNo::Yes);
        if (u.wants(Intent::Goodbye) || self.is_ciao(heard)) && !confirms && !interest(u) {
            return self.farewell("visitor_ended");
        }
        if noted.failed {
            self.say(Line::NotSaved);
            return self.advance(Why::Progress);
        }
        if let Some(topic) = noted.bad_contact
            && self.ask_contact_again(topic)
        {
            return Ok(());
        }
        let asks_who = u.inquiry == Some(Inquiry::Who);
        if asks_who || (u.inquiry == Some(Inquiry::Task) && self.known(u, &noted).is_empty()) {
            self.introduce();
            // "Who are you, and what does it cost?" asks more.
            if !asks_who || (u.queries.is_empty() && !self.is_about_booking(u) && !u.wants(Intent::Cancel)) {
                return self.advance(Why::Interjection);
            }
        } else if u.wants(Intent::Human) {
            return self.hand_off();
        }
        self.count_refusal(heard, &noted);
        let refuses = u.wants(Intent::Refusal) || u.refused.is_some();
        if refuses && self.refused(heard, &noted)? {
            return Ok(());
        }
        if self.hear_cancel(heard, &noted)? {
            return Ok(());
        }
        let informed = self.inform(heard, &noted)?;
        if informed == Informed::HandedOff {
            return Ok(());
        }
        let objects = u.wants(Intent::ObjectionPrice);
        if objects {
            self.say(Line::Objection);
        }
        if self.booking_step(heard, informed == Informed::Yes || objects || noted.anything)? {
            return Ok(());
        }
        if objects {
            return Ok(());
        }
        self.go_on(heard, &noted, informed)
    }

    /// What comes after an utterance that called for nothing in particular.
    fn go_on(&mut self, heard: Heard<'_>, noted: &Noted, informed: Informed) -> Flow {
        let u = heard.understanding;
        if noted.anything {
            return self.advance(Why::Progress);
        }
        if informed == Informed::Yes {
            return self.advance(Why::Interjection);
        }
        if u.wants(Intent::OffTopic) {
            self.say(Line::OffTopic);
            return self.advance(Why::Interjection);
        }
        if u.wants(Intent::Correction) {
            return self.ask_what_to_correct();
        }
        if noted.bad_contact.is_some() || u.wants(Intent::Refusal) || u.refused.is_some() || self.is_quiet() {
            return self.advance(Why::Progress);
        }
        let idle = self.open_question().is_none() && self.next_question().is_none();
        if idle && u.answer == Some(YesNo::No) {
            return self.farewell("assistant_ended");
        }
        if u.wants(Intent::Greeting) {
            if !self.has_said(&[Line::Greeting]) && self.began.greeted {
                self.say(Line::Hello);
            }
            return self.advance(if self.open_question().is_some() { Why::Interjection } else { Why::Progress });
        }
        // A short "yes" or "thanks" to an open invitation is no failure to understand.
        let courtesy = u.answer.is_some() || heard.text.split_whitespace().count() <= 4;
        let why = if courtesy && self.open_question().is_none() { Why::Progress } else { Why::Nothing };
        self.advance(why)
    }

    /// Asks what is to be corrected, twice at most, and listens for anything then.
    fn ask_what_to_correct(&mut self) -> Flow {
        if self.state.corrections >= ASK_MAX {
            return self.advance(Why::Interjection);
        }
        self.state.corrections += 1;
        self.say(Line::WhatToCorrect);
        self.expect(Some(Expecting::CorrectionConfirmation));
        Ok(())
    }

    /// Thanks for what is new, once.
    fn acknowledge(&mut self, noted: &Noted) {
        if !noted.corrected.is_empty() {
            for (line, value) in &noted.corrected {
                self.say_with(*line, vec![("value", value.clone())]);
            }
        } else if let Some(name) = noted.name.as_ref().filter(|name| !name.is_empty()) {
            self.say_with(Line::AckName, vec![("name", name.clone())]);
        } else if noted.anything {
            self.say(if noted.undecided { Line::SkipDatum } else { Line::Ack });
        }
    }

    /// True for the Italian word that greets and takes leave, where there is nothing left to begin.
    fn is_ciao(&self, heard: Heard<'_>) -> bool {
        let word = heard.text.trim_matches(|c: char| !c.is_alphabetic());
        let done = self.state.booked || (self.open_question().is_none() && self.next_question().is_none());
        self.brief.language == Language::It && word.eq_ignore_ascii_case("ciao") && done
    }

    fn say_injection(&mut self) {
        let organization = clean(&self.brief.organization_name, 100);
        self.say_with(Line::Injection, vec![("organization", organization)]);
    }

    /// Asks again, gently, and stops asking when the silence lasts.
    fn silence(&mut self) {
        self.state.stalled = self.state.stalled.saturating_add(1);
        let again = match self.open_question() {
            Some(open) if open.asked < ASK_MAX => Some(open.key.clone()),
            Some(open) => {
                let key = open.key.clone();
                self.close(&key);
                None
            }
            // Someone who was only invited to speak is asked the first question.
            None if self.state.stalled == 1
                && self.state.expecting.is_none()
                && !self.is_over()
                && !self.is_quiet() =>
            {
                self.next_question()
            }
            None => None,
        };
        match again {
            Some(key) => {
                self.say(Line::Patience);
                self.ask(&key);
            }
            None => self.say(Line::Waiting),
        }
    }

    /// True when no more questions are asked of the visitor.
    pub(super) fn is_over(&self) -> bool {
        self.state.closing || self.state.booked
    }

    fn abuse(&mut self) {
        self.state.abuse = self.state.abuse.saturating_add(1);
        if self.state.abuse >= 2 {
            self.say(Line::AbuseEnd);
            self.end("abuse");
        } else {
            self.say(Line::AbuseWarning);
        }
    }

    /// Says goodbye and ends, giving back a held time.
    fn farewell(&mut self, reason: &'static str) -> Flow {
        self.release()?;
        self.say(Line::Farewell);
        self.end(reason);
        Ok(())
    }

    /// Asks to check a contact that cannot be read; false when it was asked for often enough.
    fn ask_contact_again(&mut self, topic: Topic) -> bool {
        if self.has_contact() && self.open_question().is_none_or(|open| open.topic != topic) {
            return false;
        }
        let line = if topic == Topic::Phone { Line::BadPhone } else { Line::BadEmail };
        let key = self
            .open_question()
            .filter(|open| open.topic == topic || open.key == "contact")
            .map(|open| open.key.clone());
        let key = key.or_else(|| {
            self.state.questions.iter().find(|q| q.topic == topic && q.answer.is_none()).map(|q| q.key.clone())
        });
        match key {
            Some(key) if self.state.questions.iter().any(|q| q.key == key && q.asked < ASK_MAX && !q.closed) => {
                self.say(line);
                self.count_as_asked(&key);
                true
            }
            Some(key) => {
                self.close(&key);
                self.say(Line::BadContactLeft);
                false
            }
            None => {
                // Nobody asked for it, so there is no question to count: it is mentioned and left.
                self.say(Line::BadContactLeft);
                false
            }
        }
    }

    /// Calls a person, or says that it cannot.
    fn hand_off(&mut self) -> Flow {
        if !self.can(ToolKind::HandOff) || !self.brief.assistant.hand_off.on_request {
            self.say(Line::HandOffNotPossible);
            return self.advance(Why::Interjection);
        }
        if self.call(ToolKind::HandOff, json!({ "reason": "The visitor asked for a person." }))?.is_some_and(|a| a.ok) {
            self.say(Line::HandOffCalled);
            return Ok(());
        }
        self.say(Line::HandOffNobody);
        self.advance(Why::Interjection)
    }

    /// Moves on: to the open question, the next one, an appointment, or an invitation to ask.
    pub(super) fn advance(&mut self, why: Why) -> Flow {
        if matches!(self.state.expecting, Some(Expecting::Slot | Expecting::BookingConfirmation)) {
            // How often that was asked again is counted there.
            return Ok(());
        }
        self.state.stalled = if why == Why::Nothing { self.state.stalled.saturating_add(1) } else { 0 };
        if self.is_quiet() && self.state.held.is_none() {
            self.leave_in_peace();
            return Ok(());
        }
        if self.open_question().is_none() {
            self.expect(None);
        }
        if self.is_over() && self.state.held.is_none() {
            self.invite(why);
            return Ok(());
        }
        if let Some(open) = self.open_question() {
            let (key, asked) = (open.key.clone(), open.asked);
            match why {
                Why::Interjection if asked < ASK_MAX => {
                    self.say(Line::Return);
                    self.ask(&key);
                    return Ok(());
                }
                Why::Interjection => {
                    // It is not asked a third time, but may still be answered.
                    self.say(Line::AnythingElse);
                    return Ok(());
                }
                Why::Nothing if asked < ASK_MAX => {
                    self.say(Line::NotUnderstood);
                    self.ask(&key);
                    return Ok(());
                }
                Why::Progress if asked < ASK_MAX => {
                    self.ask(&key);
                    return Ok(());
                }
                Why::Nothing => {
                    self.close(&key);
                    self.say(Line::SkipDatum);
                }
                Why::Progress => self.close(&key),
            }
        }
        if self.state.held.is_some() {
            return self.toward_booking();
        }
        if let Some(key) = self.next_question() {
            if !self.has_said(&[Line::SkipDatum]) {
                self.say(Line::LeadIn);
            }
            self.ask(&key);
            return Ok(());
        }
        self.expect(None);
        if self.wants_contact()
            && let Some(key) = self.contact_question()
        {
            self.ask(&key);
            return Ok(());
        }
        if self.may_offer() && why != Why::Interjection {
            return self.offer_first();
        }
        self.invite(why);
        Ok(())
    }

    /// Leaves the word to the visitor.
    fn invite(&mut self, why: Why) {
        const ENOUGH: [Line; 4] = [Line::BookingLeft, Line::Booked, Line::Moved, Line::Kept];
        if self.has_said(&ENOUGH) {
            return;
        }
        if why == Why::Nothing && !self.is_over() {
            self.say(Line::NotUnderstood);
        }
        self.say(Line::AnythingElse);
    }
}

/// The sentences of a text that ask nothing.
fn without_questions(text: &str) -> String {
    let told = text.split_inclusive(['.', '!', '?', '\n']).filter(|sentence| !sentence.trim_end().ends_with('?'));
    told.collect::<String>().trim().to_owned()
}

/// True when an utterance shows that the visitor wants something of the business.
pub(super) fn interest(u: &Understanding) -> bool {
    [Intent::Question, Intent::Price, Intent::Demo, Intent::Human, Intent::Book, Intent::Reschedule, Intent::Cancel]
        .iter()
        .any(|&intent| u.wants(intent))
}
