//! Which of several offers.

use super::{heard::Heard, lexicon::Tag, number, token::Kind};
use crate::scripted::understanding::{Asked, Intent, Understanding};

/// Finds the choice. Run after times, which take their own numbers.
pub(super) fn extract(heard: &Heard<'_>, out: &mut Understanding) {
    let mut found = (0..heard.len())
        .filter(|at| !heard.follows(*at, &[Tag::Not, Tag::Unfit], 3))
        .filter_map(|at| ordinal(heard, at).or_else(|| numbered(heard, at)).or_else(|| bare(heard, at)));
    let first = found.next();
    out.choice = if heard.has(Tag::Does(Intent::Correction)) { found.next_back().or(first) } else { first };
    let any = heard.has(Tag::AnyOne) && !heard.has(Tag::Not);
    if out.choice.is_none() && heard.hearing.asked == Asked::Slot && any {
        out.choice = Some(1);
    }
}

/// "the second one", "la primera", "last".
fn ordinal(heard: &Heard<'_>, at: usize) -> Option<i8> {
    let (place, end) = heard.pick(at, |tag| match tag {
        Tag::Ordinal(place) => Some(place),
        _ => None,
    })?;
    let option = heard.after(end, Tag::Option).is_some() || heard.follows(at, &[Tag::Option], 0);
    let calendar = heard.pick(end, |tag| match tag {
        Tag::Unit(_) | Tag::Month(_) | Tag::Weekday(_) => Some(()),
        _ => None,
    });
    let alone = heard.opens_clause(at) && heard.closes_clause(end);
    let pointed = heard.follows(at, &[Tag::The, Tag::TheDay], 0) || alone;
    let meant = option || (heard.hearing.asked == Asked::Slot && pointed && calendar.is_none());
    (meant && !heard.is_taken(at)).then_some(place)
}

/// "option 2", "number two", "#2".
fn numbered(heard: &Heard<'_>, at: usize) -> Option<i8> {
    let next = if heard.is_sign(at, '#') { at + 1 } else { heard.after(at, Tag::Option)? };
    let asked = heard.hearing.asked == Asked::Slot;
    let number = number::read(heard, next)?.whole()?;
    let open = matches!(heard.hearing.asked, Asked::Slot | Asked::Confirm | Asked::Open);
    let fits = open && (1..=9).contains(&number) && (asked || !heard.is_sign(at, '#')) && !heard.is_taken(next);
    i8::try_from(number).ok().filter(|_| fits)
}

/// "2", "the 2nd": small numbers where a choice was asked for.
fn bare(heard: &Heard<'_>, at: usize) -> Option<i8> {
    let number = heard.digits(at).filter(|n| (1..=3).contains(n))?;
    let suffix = matches!(heard.tokens.fold(at + 1), "st" | "nd" | "rd" | "a" | "o" | "e" | "eme" | "er" | "ª" | "º");
    let suffixed = (suffix || matches!(heard.kind(at + 1), Some(Kind::Sign('ª' | 'º'))))
        && heard.token(at + 1).is_some_and(|t| t.glued);
    let end = at + 1 + usize::from(suffixed);
    let alone = heard.opens_clause(at) && heard.closes_clause(end) && !heard.is_sign(at + 1, ':');
    let pointed = heard.follows(at, &[Tag::The, Tag::TheDay], 0) && heard.closes_clause(end);
    let meant = heard.hearing.asked == Asked::Slot && (alone || suffixed || pointed) && !heard.is_taken(at);
    i8::try_from(number).ok().filter(|_| meant)
}
