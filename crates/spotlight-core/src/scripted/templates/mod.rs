//! What the scripted assistant says, in each language and tone.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod moments;
mod pt;

pub(crate) use self::moments::{moment, moments, zone};
use crate::domain::assistant::{Language, Tone};

/// Something the assistant can say.
///
/// A line holds at most one question, and only where its name says so below. `{…}` are the places that
/// [`render`] fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Line {
    /// Who is speaking: `{assistant}`, `{organization}`.
    Greeting,
    /// Asks how to help.
    Opening,
    /// Says honestly who is speaking: `{assistant}`, `{organization}`.
    Identity,
    /// Answers a hello.
    Hello,
    /// The dialogue goes on after a pause.
    Resume,
    /// Thanks for what was said.
    Ack,
    /// Thanks for the name: `{name}`.
    AckName,
    /// Leads to the next question.
    LeadIn,
    /// Leads back to an open question.
    Return,
    NotUnderstood,
    /// The visitor is silent and is asked again.
    Patience,
    /// The visitor stays silent and is not asked again.
    Waiting,
    /// Accepts that something is not told.
    SkipDatum,
    Unknown,
    UnknownPrice,
    /// One of two questions has no answer.
    UnknownRest,
    /// What the assistant is for: `{role}`.
    Role,
    Objection,
    OffTopic,
    /// Says what it can help with instead: `{organization}`.
    Injection,
    AbuseWarning,
    AbuseEnd,
    Farewell,
    NotInterested,
    /// Invites more, without a question.
    AnythingElse,
    /// Asks for an e-mail or a phone.
    AskContact,
    /// Asks for an e-mail or a phone, for the booking.
    AskContactToBook,
    /// Asks for a phone, for the booking.
    AskPhoneToBook,
    /// Asks to check the e-mail.
    BadEmail,
    /// Asks to check the phone.
    BadPhone,
    /// The contact stays unreadable and is left.
    BadContactLeft,
    /// `{value}`
    CorrectedName,
    /// `{value}`
    CorrectedEmail,
    /// `{value}`
    CorrectedPhone,
    /// Asks what is to be corrected.
    WhatToCorrect,
    NotSaved,
    /// Asks which time suits: `{slots}`, `{zone}`.
    Offer,
    /// Other times, and asks: `{slots}`, `{zone}`.
    OfferOther,
    /// The wished time is not free, these are, and asks: `{slots}`, `{zone}`.
    OfferNotFree,
    /// The chosen time is gone, these are free, and asks: `{slots}`, `{zone}`.
    OfferGone,
    /// Asks which of the offered times suits.
    WhichSlot,
    NoSlots,
    /// The wished time is not free, and nothing near it.
    NotFree,
    /// A time is held, which leads to a question: `{slot}`, `{zone}`.
    Held,
    /// Asks whether to book: `{slot}`, `{zone}`.
    Confirm,
    /// Asks again whether to book: `{slot}`.
    ConfirmAgain,
    /// A time is being kept: `{slot}`.
    StillHeld,
    /// `{slot}`, `{zone}`
    Booked,
    /// `{slot}`, `{zone}`
    Moved,
    AlreadyBooked,
    BookingLeft,
    BookingTrouble,
    NoContactNoBooking,
    BookingNotPossible,
    /// Asks whether to call the appointment off.
    ConfirmCancel,
    /// The appointment stays.
    Kept,
    Cancelled,
    NothingToCancel,
    HandOffCalled,
    HandOffUnanswered,
    HandOffNobody,
    HandOffNotPossible,
}

impl Line {
    #[cfg(test)]
    pub(crate) const ALL: &'static [Self] = &[
        Self::Greeting,
        Self::Opening,
        Self::Identity,
        Self::Hello,
        Self::Resume,
        Self::Ack,
        Self::AckName,
        Self::LeadIn,
        Self::Return,
        Self::NotUnderstood,
        Self::Patience,
        Self::Waiting,
        Self::SkipDatum,
        Self::Unknown,
        Self::UnknownPrice,
        Self::UnknownRest,
        Self::Role,
        Self::Objection,
        Self::OffTopic,
        Self::Injection,
        Self::AbuseWarning,
        Self::AbuseEnd,
        Self::Farewell,
        Self::NotInterested,
        Self::AnythingElse,
        Self::AskContact,
        Self::AskContactToBook,
        Self::AskPhoneToBook,
        Self::BadEmail,
        Self::BadPhone,
        Self::BadContactLeft,
        Self::CorrectedName,
        Self::CorrectedEmail,
        Self::CorrectedPhone,
        Self::WhatToCorrect,
        Self::NotSaved,
        Self::Offer,
        Self::OfferOther,
        Self::OfferNotFree,
        Self::OfferGone,
        Self::WhichSlot,
        Self::NoSlots,
        Self::NotFree,
        Self::Held,
        Self::Confirm,
        Self::ConfirmAgain,
        Self::StillHeld,
        Self::Booked,
        Self::Moved,
        Self::AlreadyBooked,
        Self::BookingLeft,
        Self::BookingTrouble,
        Self::NoContactNoBooking,
        Self::BookingNotPossible,
        Self::ConfirmCancel,
        Self::Kept,
        Self::Cancelled,
        Self::NothingToCancel,
        Self::HandOffCalled,
        Self::HandOffUnanswered,
        Self::HandOffNobody,
        Self::HandOffNotPossible,
    ];

    /// True when the line asks the visitor something.
    #[cfg(test)]
    pub(crate) const fn asks(self) -> bool {
        matches!(
            self,
            Self::Opening
                | Self::AskContact
                | Self::AskContactToBook
                | Self::AskPhoneToBook
                | Self::BadEmail
                | Self::BadPhone
                | Self::WhatToCorrect
                | Self::Offer
                | Self::OfferOther
                | Self::OfferNotFree
                | Self::OfferGone
                | Self::WhichSlot
                | Self::Confirm
                | Self::ConfirmAgain
                | Self::ConfirmCancel
        )
    }
}

/// Wordings of one line; at least one.
type Variants = &'static [&'static str];

/// True where the assistant says Sie, usted, vous, Lei.
pub(crate) const fn is_formal(tone: Tone) -> bool {
    !matches!(tone, Tone::Friendly | Tone::Casual)
}

/// Picks the wording for the tone's distance.
const fn by(tone: Tone, formal: Variants, informal: Variants) -> Variants {
    if is_formal(tone) { formal } else { informal }
}

/// A line's wordings.
pub(crate) fn variants(language: Language, tone: Tone, line: Line) -> Variants {
    match language {
        Language::En => en::variants(tone, line),
        Language::Es => es::variants(tone, line),
        Language::Fr => fr::variants(tone, line),
        Language::De => de::variants(tone, line),
        Language::It => it::variants(tone, line),
        Language::Pt => pt::variants(tone, line),
    }
}

/// A line in words. `turn` chooses among the wordings, so that neighbouring turns sound different and a repeated
/// request sounds the same.
pub(crate) fn render(
    language: Language,
    tone: Tone,
    line: Line,
    turn: usize,
    values: &[(&'static str, String)],
) -> String {
    let variants = variants(language, tone, line);
    let template = variants.get(turn % variants.len().max(1)).copied().unwrap_or_default();
    fill(template, values)
}

/// Fills the places of a template in one pass, so that a value with braces stays as it is.
fn fill(template: &str, values: &[(&'static str, String)]) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((place, after)) = after.split_once('}') else { return text };
        if let Some((_, value)) = values.iter().find(|(name, _)| *name == place) {
            text.push_str(value);
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_words_in_every_language_and_tone() {
        for &language in Language::ALL {
            for &tone in Tone::ALL {
                for &line in Line::ALL {
                    let variants = variants(language, tone, line);
                    assert!(!variants.is_empty(), "{language} {tone} {line:?}");
                    for text in variants {
                        let questions = text.matches('?').count();
                        assert_eq!(questions, usize::from(line.asks()), "{language} {tone} {line:?}: {text}");
                        if line != Line::LeadIn {
                            assert!(!text.is_empty(), "{language} {tone} {line:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_place_of_a_line_is_the_same_in_every_language() {
        let places = |text: &str| {
            let mut places: Vec<_> = text
                .split('{')
                .skip(1)
                .filter_map(|part| part.split_once('}'))
                .map(|(place, _)| place.to_owned())
                .collect();
            places.sort();
            places
        };
        for &line in Line::ALL {
            let expected = places(variants(Language::En, Tone::Professional, line)[0]);
            for &language in Language::ALL {
                for &tone in Tone::ALL {
                    for text in variants(language, tone, line) {
                        assert_eq!(places(text), expected, "{language} {tone} {line:?}: {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn values_are_not_filled_again() {
        let values = [("name", "{value}".to_owned()), ("value", "secret".to_owned())];
        assert_eq!(fill("Hello {name}, {other}bye {", &values), "Hello {value}, bye ");
    }
}
