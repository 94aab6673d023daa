//! Offering free times, unasked or instead of others.

use chrono::Days;

use super::{
    booking::OFFERS_MAX,
    calendar::{Wish, find_arguments},
    turn::{Flow, Turn},
};
use crate::{
    domain::{
        assistant::ToolKind,
        conversation::{Expecting, OfferedSlot},
    },
    scripted::{
        templates::{self, Line},
        understanding::When,
    },
};

/// How many times one offer holds.
const SLOTS_MAX: usize = 3;

impl Turn<'_> {
    /// True when times may be offered unasked.
    pub(super) fn may_offer(&self) -> bool {
        self.can(ToolKind::BookAppointment)
            && self.has_contact()
            && !self.state.booked
            && !self.state.booking_refused
            && self.state.offers == 0
    }

    /// Offers times unasked.
    pub(super) fn offer_first(&mut self) -> Flow {
        let slots = self.find(None)?;
        match slots {
            Some(slots) if !slots.is_empty() => self.offer(slots, Line::Offer),
            // Nobody asked, so nothing is said of it.
            _ => {
                self.state.booking_refused = true;
                self.say(Line::AnythingElse);
            }
        }
        Ok(())
    }

    /// Holds the time wished for when it is free, or offers what is free near it.
    pub(super) fn try_wish(&mut self, wish: Wish) -> Flow {
        if !matches!(wish, Wish::Offered(_)) {
            // A time of the visitor's own is no offer they turn down.
            self.state.offers = 0;
        }
        match wish {
            Wish::Offered(slot) => self.hold(slot),
            Wish::At(at) => {
                let exact = if at > self.brief.now { self.find(Some(wish))? } else { Some(Vec::new()) };
                let Some(slots) = exact else { return self.trouble() };
                match slots.iter().find(|slot| slot.starts_at == at) {
                    Some(slot) => self.hold(*slot),
                    None => self.offer_instead(slots),
                }
            }
            Wish::Day(when) => {
                let Some(slots) = self.find(Some(wish))? else { return self.trouble() };
                match slots.as_slice() {
                    [] if when.from.is_some() => {
                        // Nothing in that part of the day: the rest of the day is nearer than another one.
                        let day = Wish::Day(When { from: None, to: None, ..when });
                        let rest = self.find(Some(day))?.unwrap_or_default();
                        self.offer_instead(rest)
                    }
                    [] => self.offer_instead(slots),
                    _ => {
                        self.offer(slots, Line::Offer);
                        Ok(())
                    }
                }
            }
        }
    }

    /// Offers times in place of one that is not free.
    pub(super) fn offer_instead(&mut self, slots: Vec<OfferedSlot>) -> Flow {
        if self.state.offers >= OFFERS_MAX {
            self.say(Line::NotFree);
            self.rest_booking();
            return Ok(());
        }
        let slots = if slots.is_empty() { self.find(None)?.unwrap_or_default() } else { slots };
        if slots.is_empty() {
            return self.no_slots();
        }
        self.offer(slots, Line::OfferNotFree);
        Ok(())
    }

    /// The offered times do not suit: offers later ones.
    pub(super) fn offer_others(&mut self) -> Flow {
        if self.state.offers >= OFFERS_MAX {
            return self.leave_booking();
        }
        let before = self.state.offered.clone();
        let zone = self.brief.time_zone;
        let today = self.brief.now.with_timezone(&zone).date_naive();
        let last = before.iter().map(|slot| slot.starts_at.with_timezone(&zone).date_naive()).max().unwrap_or(today);
        let day = |ahead: u64| {
            last.checked_add_days(Days::new(ahead)).map(|date| Wish::Day(When { date, from: None, to: None, at: None }))
        };
        let mut slots = self.find(day(1))?.unwrap_or_default();
        if slots.is_empty() {
            // A weekend or a holiday: the days after it, in one request.
            for ahead in 2..=4 {
                if let Some(wish) = day(ahead) {
                    self.begin(ToolKind::BookAppointment, find_arguments(Some(wish)));
                }
            }
            for ahead in 2..=4 {
                slots.extend(self.find(day(ahead))?.unwrap_or_default());
            }
        }
        if slots.is_empty() {
            slots = self.find(None)?.unwrap_or_default();
        }
        slots.retain(|slot| !before.contains(slot));
        slots.truncate(SLOTS_MAX);
        if slots.is_empty() {
            self.release()?;
            self.state.booking_refused = true;
            return self.no_slots();
        }
        self.offer(slots, Line::OfferOther);
        Ok(())
    }

    /// Says times and waits for a choice.
    pub(super) fn offer(&mut self, mut slots: Vec<OfferedSlot>, line: Line) {
        slots.truncate(SLOTS_MAX);
        slots.sort_by_key(|slot| slot.starts_at);
        let (language, zone) = (self.brief.language, self.brief.time_zone);
        let at: Vec<_> = slots.iter().map(|slot| slot.starts_at).collect();
        let text = templates::moments(language, zone, &at, self.brief.now);
        self.state.offered = slots;
        self.state.offers = self.state.offers.saturating_add(1);
        self.state.stalled = 0;
        self.expect(Some(Expecting::Slot));
        self.say_with(line, vec![("slots", text), ("zone", zone.name().to_owned())]);
    }
}
