//! How the visitor stands to the talk itself: what is refused, who is asked after, whether there is a hurry.

use super::{
    heard::{Heard, Match},
    lexicon::Tag,
    token::Kind,
};
use crate::scripted::understanding::{Inquiry, Intent, Refused, Understanding};

/// Most words after a "but" that still take nothing back: "but thanks a lot".
const COURTESY: usize = 2;

/// Finds it. Needs every intent.
pub(super) fn extract(heard: &Heard<'_>, out: &mut Understanding) {
    out.appointment = heard.has(Tag::Appointment);
    out.inquiry =
        if heard.has(Tag::AsksWho) { Some(Inquiry::Who) } else { heard.has(Tag::AsksWhat).then_some(Inquiry::Task) };
    out.hurry = heard.all(Tag::Soon).next().map(|soon| !is_denied(heard, soon));
    let timed = out.time_only.is_some() || out.when.is_some_and(|when| when.at.is_some() || when.from.is_some());
    let called = heard.has(Tag::CallMe) || heard.has(Tag::RingMe);
    let other = [Intent::Human, Intent::Reschedule, Intent::Cancel].iter().any(|intent| out.wants(*intent));
    if called && timed && !other {
        out.intents.insert(Intent::Book);
    }
    out.refused = refused(heard, out);
}

/// "not urgent", "nicht dringend", "eilt nicht".
fn is_denied(heard: &Heard<'_>, soon: Match) -> bool {
    heard.denied(soon.start, &[Tag::Not, Tag::No], 3) || heard.precedes(soon.end, &[Tag::Not], 1)
}

/// What is refused. The whole offer is, only where nothing narrows the denial and nothing else is wanted.
fn refused(heard: &Heard<'_>, out: &Understanding) -> Option<Refused> {
    let mut denials = heard.all(Tag::Disinterest).filter(|denial| in_one_clause(heard, *denial)).peekable();
    let wanted = [
        Intent::Question,
        Intent::Price,
        Intent::Demo,
        Intent::Human,
        Intent::Book,
        Intent::Reschedule,
        Intent::Cancel,
    ]
    .iter()
    .any(|intent| out.wants(*intent));
    if out.wants(Intent::Refusal) && denials.peek().is_some() {
        let whole = !wanted && denials.all(|denial| is_whole(heard, denial));
        return Some(if whole { Refused::Offer } else { Refused::Part });
    }
    let declined = heard.has(Tag::NoThanks) && !wanted;
    out.refused.or((out.wants(Intent::Refusal) || declined).then_some(Refused::Asked))
}

fn in_one_clause(heard: &Heard<'_>, phrase: Match) -> bool {
    heard.token(phrase.start).map(|t| t.clause) == heard.token(phrase.end - 1).map(|t| t.clause)
}

/// True when nothing after the denial narrows it or takes it back.
fn is_whole(heard: &Heard<'_>, denial: Match) -> bool {
    let rest = after_courtesies(heard, denial.end);
    let clause = heard.token(denial.end - 1).map(|t| t.clause);
    let closed = heard.token(rest).is_none_or(|next| Some(next.clause) != clause);
    let reasoned = heard.after(rest, Tag::Reason).is_some();
    let but = (denial.end..heard.len()).find(|at| heard.after(*at, Tag::However).is_some());
    let taken_back = but.is_some_and(|but| {
        let rest = after_courtesies(heard, but + 1);
        (rest..heard.len()).filter(|at| heard.is_word(*at)).count() > COURTESY
    });
    (closed || reasoned) && !taken_back
}

/// The first token from `at` that is neither a sign, nor a value, nor a courtesy.
fn after_courtesies(heard: &Heard<'_>, mut at: usize) -> usize {
    while at < heard.len() {
        if let Some(end) = heard.after(at, Tag::Entirely) {
            at = end.max(at + 1);
        } else if matches!(heard.kind(at), Some(Kind::Sign(_))) || heard.is_taken(at) {
            at += 1;
        } else {
            break;
        }
    }
    at
}
