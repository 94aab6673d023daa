//! Refusals, and leaving in peace whoever refuses.

use super::{
    Heard,
    facts::Noted,
    reply::interest,
    turn::{Flow, Turn},
};
use crate::{
    domain::conversation::Expecting,
    scripted::{
        templates::Line,
        understanding::{Intent, Refused, YesNo},
    },
};

/// So many refusals in a row, and nothing more is asked.
const ENOUGH: u8 = 3;

impl Turn<'_> {
    /// True when the visitor has refused so much that nothing more is asked of them.
    pub(super) fn is_quiet(&self) -> bool {
        self.state.refusals >= ENOUGH
    }

    /// Counts refusals in a row. A bare "no" is one: whoever answers everything so wants no questions.
    pub(super) fn count_refusal(&mut self, heard: Heard<'_>, noted: &Noted) {
        let u = heard.understanding;
        let no = u.answer == Some(YesNo::No) && !u.wants(Intent::Correction);
        let deciding = self.state.expecting.is_some_and(|expecting| expecting != Expecting::Answer);
        let brings = u.name.is_some() || u.email.is_some() || u.phone.is_some() || u.budget.is_some();
        if interest(u) || brings || (noted.anything && !no) {
            self.state.refusals = 0;
        } else if (no || u.refused.is_some() || u.wants(Intent::Refusal)) && !deciding {
            let invited = !self.began.questions.iter().any(|question| question.asked > 0);
            // "No thanks" to the offer of help declines all of it.
            let declines = invited && self.began.greeted && !noted.anything && u.refused != Some(Refused::Part);
            self.state.refusals = if declines { ENOUGH } else { self.state.refusals.saturating_add(1) };
        }
    }

    /// Accepts a refusal; true when that is the whole answer.
    pub(super) fn refused(&mut self, heard: Heard<'_>, noted: &Noted) -> Flow<bool> {
        let u = heard.understanding;
        let what = u.refused.unwrap_or(Refused::Asked);
        if matches!(self.state.expecting, Some(Expecting::Slot | Expecting::BookingConfirmation)) {
            // "Not interested in those, how about Friday?" goes on.
            if interest(u) || self.wish(u).is_some() {
                return Ok(false);
            }
            self.leave_booking()?;
            return Ok(true);
        }
        if what == Refused::Offer && !interest(u) {
            self.release()?;
            self.state.booking_refused = true;
            self.say(Line::NotInterested);
            self.end("visitor_ended");
            return Ok(true);
        }
        if u.appointment {
            self.state.booking_refused = true;
        }
        if what == Refused::Part {
            if !interest(u) && !noted.anything {
                self.say(Line::SkipDatum);
            }
            return Ok(false);
        }
        if let Some(open) = self.open_question() {
            let key = open.key.clone();
            self.close(&key);
            if !self.is_quiet() {
                self.say(Line::SkipDatum);
            }
        }
        Ok(false)
    }

    /// Asks nothing more, and stays at hand.
    pub(super) fn leave_in_peace(&mut self) {
        if let Some(open) = self.open_question() {
            let key = open.key.clone();
            self.close(&key);
        }
        self.expect(None);
        if !self.has_said(&[Line::AnythingElse, Line::BookingLeft, Line::Kept]) {
            self.say(Line::Waiting);
        }
    }
}
