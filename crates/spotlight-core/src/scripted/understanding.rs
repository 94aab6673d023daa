//! What one utterance says, as far as the scripted assistant understands it.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use spotlight_derive::RedactedDebug;

use crate::domain::{
    assistant::{Language, Topic},
    contact::{Email, Phone},
    money::Currency,
    time::Timestamp,
};

/// What the visitor was just asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Nothing in particular: a greeting or "how can I help?".
    Open,
    /// A qualification question.
    Topic(Topic),
    /// Which time suits.
    Slot,
    /// Whether to book the held time, or another yes or no.
    Confirm,
}

/// What understanding depends on besides the words.
#[derive(RedactedDebug, Clone)]
pub struct Hearing {
    /// The language to understand; words of the other languages are not looked for.
    pub language: Language,
    /// What was just asked.
    pub asked: Asked,
    /// The moment, for relative dates.
    pub now: Timestamp,
    /// The visitor's zone.
    pub time_zone: Tz,
    /// ISO 3166 country for numbers written nationally.
    pub region: Option<String>,
}

/// Yes, no, or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum YesNo {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Undecided, or does not know.
    Maybe,
}

/// What an utterance wants or does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Intent {
    /// Says hello.
    Greeting,
    /// Says goodbye or wants to stop.
    Goodbye,
    /// Is not interested, or refuses to tell what was asked.
    Refusal,
    /// Insults.
    Abuse,
    /// Speaks of something that has nothing to do with the business.
    OffTopic,
    /// Asks something.
    Question,
    /// Asks what it costs: a buying signal.
    Price,
    /// Wants to see it.
    Demo,
    /// Finds it too expensive.
    ObjectionPrice,
    /// Wants a person.
    Human,
    /// Corrects something said before.
    Correction,
    /// Wants an appointment.
    Book,
    /// Wants another time for it.
    Reschedule,
    /// Wants to call it off.
    Cancel,
    /// Tries to instruct the model.
    Injection,
}

/// What a visitor refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refused {
    /// What was asked, or a datum: "I'd rather not say", "no thanks".
    Asked,
    /// A part of the offer: "not interested in a demo".
    Part,
    /// The whole offer, or the talk itself: "not interested", "leave me alone".
    Offer,
}

/// What a visitor wants to know of the speaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Inquiry {
    /// Who speaks, and whether it is a person.
    Who,
    /// What the speaker, or the business, does.
    Task,
}

/// One thing that an utterance asks.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    /// Its words, without names, addresses and greetings.
    pub words: String,
    /// Where it asks for a price: the words beside those that ask for it.
    pub beside_price: Option<String>,
}

/// An amount as said, perhaps without a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// Minor units; the upper end of a range.
    pub minor: i64,
    /// The currency, when it was said.
    pub currency: Option<Currency>,
}

/// A date or a moment as said, in the visitor's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// The local date.
    pub date: NaiveDate,
    /// The first local time meant, when a part of the day was said: "in the morning" is 06:00 to 12:00.
    pub from: Option<NaiveTime>,
    /// The end of that part of the day.
    pub to: Option<NaiveTime>,
    /// The instant, when day and time are both clear. A local time that a clock change skips is moved forward by
    /// the gap; one that happens twice is the first.
    pub at: Option<Timestamp>,
}

/// What one utterance says.
#[derive(RedactedDebug, Clone, Default, PartialEq)]
pub struct Understanding {
    /// The visitor's own name, in the usual capitals.
    pub name: Option<String>,
    /// An e-mail address.
    pub email: Option<Email>,
    /// A phone number.
    pub phone: Option<Phone>,
    /// The visitor's company, as they wrote it.
    pub company: Option<String>,
    /// A budget.
    pub budget: Option<Amount>,
    /// A date or moment.
    pub when: Option<When>,
    /// A local time of day without a date, as in "at 3 then".
    pub time_only: Option<NaiveTime>,
    /// Which of several offers: 1 for the first, -1 for the last.
    pub choice: Option<i8>,
    /// Yes, no or neither to what was asked.
    pub answer: Option<YesNo>,
    /// What it wants or does.
    pub intents: BTreeSet<Intent>,
    /// It looks like an e-mail or phone but is not a valid one.
    pub invalid_contact: Option<Topic>,
    /// What is refused, when something is.
    pub refused: Option<Refused>,
    /// In a hurry, or not, said without a date.
    pub hurry: Option<bool>,
    /// An appointment is named: "my meeting".
    pub appointment: bool,
    /// What is asked of the speaker.
    pub inquiry: Option<Inquiry>,
    /// What is asked, one by one, at most four; not of the speaker.
    pub queries: Vec<Query>,
}

impl Understanding {
    /// True when nothing at all was understood.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// True when the utterance has this intent.
    pub fn wants(&self, intent: Intent) -> bool {
        self.intents.contains(&intent)
    }
}
