//! Calling an appointment off, which is asked back before it is done.

use super::{
    Heard,
    facts::Noted,
    turn::{Flow, Turn},
};
use crate::{
    domain::{assistant::ToolKind, conversation::Expecting},
    scripted::{
        templates::Line,
        understanding::{Intent, YesNo},
    },
};

impl Turn<'_> {
    /// Hears whether the appointment is to be called off, or the wish to; true when that was the whole answer.
    pub(super) fn hear_cancel(&mut self, heard: Heard<'_>, noted: &Noted) -> Flow<bool> {
        let u = heard.understanding;
        let asks = u.wants(Intent::Question) && !u.appointment;
        if self.state.expecting == Some(Expecting::CancelConfirmation) {
            // It is asked once: whatever else is said leaves the appointment alone.
            self.expect(None);
            if self.state.booked && (u.answer == Some(YesNo::Yes) || (u.wants(Intent::Cancel) && !asks)) {
                self.cancel()?;
                return Ok(true);
            }
            if u.answer == Some(YesNo::No) && !self.is_about_booking(u) {
                self.say(Line::Kept);
                return Ok(true);
            }
        }
        // "Can I cancel any time?" asks about the offer.
        if !u.wants(Intent::Cancel) || (asks && !self.known(u, noted).is_empty()) {
            return Ok(false);
        }
        let deciding = self.state.held.is_some() || self.state.expecting == Some(Expecting::Slot);
        if self.state.booked && self.can(ToolKind::BookAppointment) {
            if deciding && !asks {
                // What is being moved stays where it was.
                self.leave_booking()?;
                return Ok(true);
            }
            self.say(Line::ConfirmCancel);
            self.expect(Some(Expecting::CancelConfirmation));
            return Ok(true);
        }
        if asks {
            return Ok(false);
        }
        self.cancel()?;
        Ok(true)
    }
}
