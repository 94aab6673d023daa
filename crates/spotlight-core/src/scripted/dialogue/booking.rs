//! Appointments: offering free times, holding one, booking it.

use chrono::Duration;
use serde_json::json;

use super::{
    Heard,
    calendar::{moment_of, slot_arguments, slots_of},
    reply::Why,
    turn::{Flow, Turn},
};
use crate::{
    domain::{
        assistant::{ToolKind, Topic},
        conversation::{Expecting, OfferedSlot},
    },
    ports::chat::ToolAnswer,
    scripted::{
        templates::Line,
        understanding::{Intent, Understanding, YesNo},
    },
};

/// How often times are offered at most.
pub(super) const OFFERS_MAX: u8 = 3;
/// How far ahead a day without an hour is taken for an appointment's.
const NEAR: Duration = Duration::days(14);

impl Turn<'_> {
    /// Deals with an utterance as far as it is about an appointment; true when that was the whole answer.
    ///
    /// `dealt` says that something else in the utterance was dealt with already.
    pub(super) fn booking_step(&mut self, heard: Heard<'_>, dealt: bool) -> Flow<bool> {
        let u = heard.understanding;
        if !self.can(ToolKind::BookAppointment) {
            if u.wants(Intent::Book) || u.wants(Intent::Reschedule) || (u.wants(Intent::Demo) && !dealt) {
                self.say(Line::BookingNotPossible);
                self.advance(Why::Interjection)?;
                return Ok(true);
            }
            return Ok(false);
        }
        match self.state.expecting {
            Some(Expecting::BookingConfirmation) if self.state.held.is_some() => {
                self.hear_confirmation(u, dealt)?;
                Ok(true)
            }
            Some(Expecting::BookingConfirmation) if self.state.booked => {
                // The turn that booked was lost before it could say so.
                self.expect(None);
                self.say(Line::AlreadyBooked);
                Ok(true)
            }
            Some(Expecting::Slot) if !self.state.offered.is_empty() => {
                self.hear_choice(u, dealt)?;
                Ok(true)
            }
            _ if self.is_about_booking(u) => {
                self.begin_booking(u)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// True when the utterance wants an appointment or speaks of its time.
    pub(super) fn is_about_booking(&self, u: &Understanding) -> bool {
        let asked = [Intent::Book, Intent::Demo, Intent::Reschedule].iter().any(|&intent| u.wants(intent));
        let deciding = matches!(self.state.expecting, Some(Expecting::Slot | Expecting::BookingConfirmation))
            || self.state.held.is_some();
        let timed = u.when.is_some() || u.time_only.is_some();
        // "Are you free on Thursday at three?" asks for an appointment, where knowledge has no better answer.
        let free_at = u.wants(Intent::Question)
            && u.when.is_some_and(|when| when.at.is_some_and(|at| at > self.brief.now))
            && self.can(ToolKind::BookAppointment);
        asked || free_at || (deciding && (timed || u.choice.is_some())) || self.names_time(u)
    }

    /// True for a time that is meant for an appointment though none is asked for: another one for what is booked, or
    /// one after the visitor was invited to name it.
    fn names_time(&self, u: &Understanding) -> bool {
        if !self.can(ToolKind::BookAppointment) {
            return false;
        }
        let today = self.brief.now.with_timezone(&self.brief.time_zone).date_naive();
        let moment = u.when.is_some_and(|when| when.at.is_some_and(|at| at > self.brief.now));
        let near = u.when.is_some_and(|when| when.date >= today && when.date - today <= NEAR);
        let topic = self.open_question().map(|open| open.topic);
        if self.state.booked {
            let moves = [Intent::Question, Intent::Correction].iter().any(|&intent| u.wants(intent)) || u.appointment;
            return moves && !u.wants(Intent::Cancel) && (moment || near);
        }
        // A day alone is the answer where a date was asked for.
        let invited = self.state.offers > 0 && !matches!(u.answer, Some(YesNo::No | YesNo::Maybe));
        let asks_elsewhere = u.wants(Intent::Price) || u.email.is_some() || u.phone.is_some();
        let hour = u.time_only.is_some() && topic.is_none();
        invited && !asks_elsewhere && (moment || hour || (near && topic != Some(Topic::Timeline)))
    }

    /// The visitor wants an appointment, or another time for it.
    fn begin_booking(&mut self, u: &Understanding) -> Flow {
        let moves = u.wants(Intent::Reschedule);
        if self.state.booked && !moves && self.wish(u).is_none() {
            self.say(Line::AlreadyBooked);
            return Ok(());
        }
        self.state.booking_refused = false;
        // Whoever asks anew is offered anew.
        self.state.offers = 0;
        match (self.wish(u), self.state.held) {
            (Some(wish), Some(held)) if self.is_held(wish, held, u) => self.toward_booking(),
            (Some(wish), _) => {
                self.release()?;
                self.try_wish(wish)
            }
            (None, Some(_)) if !moves => self.toward_booking(),
            (None, _) => match self.find(None)? {
                Some(slots) if slots.is_empty() => self.no_slots(),
                Some(slots) => {
                    self.offer(slots, Line::Offer);
                    Ok(())
                }
                None => self.trouble(),
            },
        }
    }

    /// The visitor answers an offer of times.
    fn hear_choice(&mut self, u: &Understanding, dealt: bool) -> Flow {
        if let Some(wish) = self.wish(u) {
            return self.try_wish(wish);
        }
        match (u.answer, self.state.offered.as_slice()) {
            (Some(YesNo::Yes), &[only]) => self.hold(only),
            (Some(YesNo::No), _) => self.offer_others(),
            _ if u.wants(Intent::Book) || u.wants(Intent::Reschedule) => self.offer_others(),
            _ => {
                self.state.stalled = self.state.stalled.saturating_add(1);
                if self.state.stalled <= 1 {
                    if !dealt && u.is_empty() {
                        self.say(Line::NotUnderstood);
                    }
                    self.say(Line::WhichSlot);
                    Ok(())
                } else if dealt {
                    self.say(Line::AnythingElse);
                    Ok(())
                } else {
                    self.leave_booking()
                }
            }
        }
    }

    /// The visitor answers whether to book the held time.
    fn hear_confirmation(&mut self, u: &Understanding, dealt: bool) -> Flow {
        let Some(held) = self.state.held else { return Ok(()) };
        let wish = self.wish(u).filter(|wish| !self.is_held(*wish, held, u));
        match (wish, u.answer) {
            (Some(wish), _) => {
                self.release()?;
                self.try_wish(wish)
            }
            (None, Some(YesNo::Yes)) => self.commit(held),
            (None, None) if self.agrees(u, held) => self.commit(held),
            (None, Some(YesNo::No)) => self.decline(),
            (None, _) if u.wants(Intent::Reschedule) => self.decline(),
            (None, _) => {
                self.state.stalled = self.state.stalled.saturating_add(1);
                if self.state.stalled <= 1 {
                    if !dealt && u.is_empty() {
                        self.say(Line::NotUnderstood);
                    }
                    self.say_slot(Line::ConfirmAgain, held);
                    Ok(())
                } else if dealt {
                    self.say_slot(Line::StillHeld, held);
                    Ok(())
                } else {
                    self.leave_booking()
                }
            }
        }
    }

    /// True when the held time is named again, which says yes as well.
    fn agrees(&self, u: &Understanding, held: OfferedSlot) -> bool {
        self.wish(u).is_some_and(|wish| self.is_held(wish, held, u))
    }

    /// Holds a time and asks whether to book it.
    pub(super) fn hold(&mut self, slot: OfferedSlot) -> Flow {
        let answer = self.call(ToolKind::BookAppointment, slot_arguments("hold", slot))?;
        match answer {
            Some(answer) if answer.ok => {
                self.state.held = Some(slot);
                self.state.stalled = 0;
                self.state.booking_refused = false;
                if self.wants_contact() {
                    self.say_slot(Line::Held, slot);
                }
                self.toward_booking()
            }
            Some(answer) if is_lost(answer) => {
                let others = slots_of(answer, self.brief.now);
                self.gone(others)
            }
            _ => self.trouble(),
        }
    }

    /// A time that was free is not any more.
    fn gone(&mut self, others: Vec<OfferedSlot>) -> Flow {
        self.state.held = None;
        if self.state.offers >= OFFERS_MAX {
            self.say(Line::NotFree);
            self.rest_booking();
            return Ok(());
        }
        let others = if others.is_empty() { self.find(None)? } else { Some(others) };
        match others {
            None => self.trouble(),
            Some(slots) if slots.is_empty() => self.no_slots(),
            Some(slots) => {
                self.offer(slots, Line::OfferGone);
                Ok(())
            }
        }
    }

    /// Goes on with a held time: asks for a contact where one is missing, then for the yes.
    pub(super) fn toward_booking(&mut self) -> Flow {
        let Some(held) = self.state.held else { return Ok(()) };
        if !self.wants_contact() {
            self.expect(Some(Expecting::BookingConfirmation));
            self.say_slot(Line::Confirm, held);
            return Ok(());
        }
        if let Some(key) = self.contact_question() {
            self.ask(&key);
            return Ok(());
        }
        self.release()?;
        self.state.booking_refused = true;
        self.rest_booking();
        self.say(Line::NoContactNoBooking);
        Ok(())
    }

    /// Books the held time.
    fn commit(&mut self, held: OfferedSlot) -> Flow {
        if self.wants_contact() {
            return self.toward_booking();
        }
        let moves = self.state.booked;
        // A move frees the one time and takes the other at once; where that fails, the appointment stays as it was.
        let action = if moves { "reschedule" } else { "book" };
        let answer = self.call(ToolKind::BookAppointment, slot_arguments(action, held))?;
        match answer {
            Some(answer) if answer.ok => {
                let starts_at = answer.content.get("starts_at").and_then(moment_of).unwrap_or(held.starts_at);
                self.state.booked = true;
                self.state.held = None;
                self.state.offered.clear();
                self.state.stalled = 0;
                self.expect(None);
                let line = if moves { Line::Moved } else { Line::Booked };
                self.say_slot(line, OfferedSlot { starts_at, ..held });
                Ok(())
            }
            refused => match refused.filter(|answer| is_lost(answer)) {
                Some(answer) => {
                    let others = slots_of(answer, self.brief.now);
                    self.gone(others)
                }
                None if moves => {
                    self.release()?;
                    self.rest_booking();
                    self.say(Line::NotSaved);
                    self.say(Line::AlreadyBooked);
                    Ok(())
                }
                None => self.trouble(),
            },
        }
    }

    /// Calls the appointment of this conversation off; a time held for a move goes with it.
    pub(super) fn cancel(&mut self) -> Flow {
        if self.state.booked && self.can(ToolKind::BookAppointment) {
            let answer = self.call(ToolKind::BookAppointment, json!({ "action": "cancel" }))?;
            if answer.is_some_and(|answer| answer.ok) {
                self.state.booked = false;
                self.state.booking_refused = true;
                self.rest_booking();
                self.say(Line::Cancelled);
                self.say(Line::AnythingElse);
            } else {
                self.say(Line::NotSaved);
            }
            return Ok(());
        }
        if self.state.held.is_some() || self.state.expecting == Some(Expecting::Slot) {
            return self.leave_booking();
        }
        self.say(Line::NothingToCancel);
        self.advance(Why::Interjection)
    }

    /// Leaves the appointment be, gives back a held time, and goes on with the questions.
    pub(super) fn leave_booking(&mut self) -> Flow {
        self.release()?;
        self.state.booking_refused = true;
        self.rest_booking();
        self.say(if self.state.booked { Line::Kept } else { Line::BookingLeft });
        self.advance(Why::Progress)
    }

    /// Gives back a held time, if there is one.
    pub(super) fn release(&mut self) -> Flow {
        if self.state.held.take().is_some() {
            // A hold that cannot be released ends by itself.
            let _ = self.call(ToolKind::BookAppointment, json!({ "action": "release" }))?;
        }
        Ok(())
    }

    /// The held time does not suit: gives it back and offers others.
    fn decline(&mut self) -> Flow {
        if self.state.offers >= OFFERS_MAX {
            return self.leave_booking();
        }
        self.begin(ToolKind::BookAppointment, json!({ "action": "release" }));
        self.state.held = None;
        self.offer_others()
    }

    /// Expects no choice any more.
    pub(super) fn rest_booking(&mut self) {
        self.state.offered.clear();
        self.state.held = None;
        self.state.stalled = 0;
        self.expect(None);
    }

    pub(super) fn no_slots(&mut self) -> Flow {
        self.rest_booking();
        self.state.booking_refused = true;
        self.say(Line::NoSlots);
        self.advance(Why::Interjection)
    }

    pub(super) fn trouble(&mut self) -> Flow {
        self.rest_booking();
        self.state.booking_refused = true;
        self.say(Line::BookingTrouble);
        self.advance(Why::Interjection)
    }
}

/// True when a refusal is about the time and not about the request.
fn is_lost(answer: &ToolAnswer) -> bool {
    answer.content.get("invalid").is_none()
}
