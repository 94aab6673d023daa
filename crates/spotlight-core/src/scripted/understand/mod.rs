//! Understands free text in the six languages of the scripted assistant.
//!
//! [`understand`] splits the text into tokens, finds the phrases of the language's word tables among them, and lets
//! one extractor after the other look for its own thing. What an extractor uses it takes, so that a phone number is
//! not read as an amount too; that is why their order matters.
//!
//! How to add …
//! - a phrase: the language's file under `lexicon/`, beside its like; the notation is described in `pattern.rs`.
//! - a language: a file under `lexicon/` with a `TABLE` like the others, its arm in `lexicon/index.rs`, and a file
//!   under `tests/` with utterances of its own. Spelling rules that differ (elision, umlauts) are in `token.rs`.
//! - a thing to understand: a field of [`Understanding`], its phrases as a new `Tag`, and an extractor here.

mod answer;
mod budget;
mod choice;
mod clock;
mod company;
mod concerns;
mod date;
mod email;
mod heard;
mod intent;
mod legal_form;
mod lexicon;
mod name;
mod name_words;
mod number;
mod numeric_date;
mod pattern;
mod phone;
mod point;
mod query;
mod stretch;
mod talk;
mod token;
mod when;

#[cfg(test)]
mod tests;

pub use self::concerns::{asks_for, concerns};
use self::{heard::Heard, lexicon::Tag};
use super::understanding::{Asked, Hearing, Intent, Understanding, YesNo};
use crate::domain::assistant::Topic;

/// Longest text that is read, in bytes; what follows is left out.
const LONGEST: usize = 40_000;

/// What `text` says.
///
/// Pure, and total: any text gives an answer, if only an empty one.
pub fn understand(text: &str, hearing: &Hearing) -> Understanding {
    let text = &text[..text.floor_char_boundary(LONGEST)];
    let mut heard = Heard::new(text, hearing);
    let mut out = Understanding::default();
    email::extract(&mut heard, &mut out);
    phone::extract(&mut heard, &mut out);
    budget::extract(&mut heard, &mut out);
    when::extract(&mut heard, &mut out);
    let name_end = name::extract(&mut heard, &mut out);
    company::extract(&mut heard, &mut out, name_end);
    choice::extract(&heard, &mut out);
    intent::extract(&heard, &mut out);
    answer::extract(&heard, &mut out);
    refuse(&heard, &mut out);
    talk::extract(&heard, &mut out);
    query::extract(&heard, &mut out);
    out
}

/// A bare "no" to the question for a contact is a refusal to tell it.
fn refuse(heard: &Heard<'_>, out: &mut Understanding) {
    let told = match heard.hearing.asked {
        Asked::Topic(Topic::Name) => out.name.is_some(),
        Asked::Topic(Topic::Email) => out.email.is_some(),
        Asked::Topic(Topic::Phone) => out.phone.is_some(),
        Asked::Topic(Topic::Company) => out.company.is_some() || heard.has(Tag::Freelance),
        _ => return,
    };
    let corrects = out.wants(Intent::Correction) || out.wants(Intent::Question);
    if out.answer == Some(YesNo::No) && !told && !corrects && out.invalid_contact.is_none() {
        out.intents.insert(Intent::Refusal);
    }
}
