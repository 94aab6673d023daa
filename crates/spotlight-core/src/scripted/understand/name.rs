//! The visitor's own name.

use super::{
    heard::{Heard, Match},
    legal_form::legal_form,
    lexicon::Tag,
    name_words::{Cue, LONGEST, collect, is_name_word, is_particle, spell},
};
use crate::{
    domain::assistant::{Language, Topic},
    scripted::understanding::{Asked, Intent, Understanding},
};

/// Finds the name, takes its tokens, and gives back the token after it.
pub(super) fn extract(heard: &mut Heard<'_>, out: &mut Understanding) -> Option<usize> {
    if denies_name(heard) {
        out.intents.insert(Intent::Correction);
    }
    let (start, end) = introduced(heard).or_else(|| signed_off(heard)).or_else(|| bare(heard))?;
    out.name = Some(spell(heard, start, end));
    heard.take(start, end);
    Some(end)
}

fn introduced(heard: &Heard<'_>) -> Option<(usize, usize)> {
    let mut strong = heard.all(Tag::NameIs).filter_map(|m| {
        let denied = heard.follows(m.start, &[Tag::Not], 1) || heard.after(m.end, Tag::Not).is_some();
        if denied { instead(heard, m.end) } else { after_cue(heard, m.end, Cue::Strong) }
    });
    let first = strong.next();
    let last = strong.last().filter(|last| first.is_some_and(|first| heard.last_counts(first.1, last.0)));
    let strong = last.or(first);
    strong.or_else(|| {
        heard.matches.iter().find_map(|m| match m.tag {
            Tag::IAm | Tag::CallMe => after_cue(heard, m.end, Cue::Weak),
            Tag::ThisIs if presents(heard, m) && !heard.follows(m.start, &[Tag::Not], 0) => {
                after_cue(heard, m.end, Cue::Weak)
            }
            _ => None,
        })
    })
}

/// "not John but Jack": the name after the "but" of the same sentence.
fn instead(heard: &Heard<'_>, from: usize) -> Option<(usize, usize)> {
    let sentence = heard.token(from)?.sentence;
    (from..from + 7)
        .take_while(|at| heard.token(*at).is_some_and(|t| t.sentence == sentence))
        .find_map(|at| heard.after(at, Tag::But))
        .and_then(|end| after_cue(heard, heard.skip(end, &[Tag::NameIs, Tag::Is]), Cue::Strong))
}

/// "my name is not": a name is denied, whether or not another is given.
fn denies_name(heard: &Heard<'_>) -> bool {
    heard.all(Tag::NameIs).any(|m| heard.follows(m.start, &[Tag::Not], 1) || heard.after(m.end, Tag::Not).is_some())
}

/// "it is" says who speaks only where nothing else is what "is": "our company is" does not.
fn presents(heard: &Heard<'_>, cue: &Match) -> bool {
    let led = cue.start > 0
        && heard.opens_clause(cue.start - 1)
        && heard.at(cue.start - 1).iter().any(|m| {
            matches!(
                m.tag,
                Tag::And
                    | Tag::Yes
                    | Tag::Si
                    | Tag::No
                    | Tag::HelloBye
                    | Tag::Does(Intent::Greeting | Intent::Correction)
            )
        });
    let other = heard.matches_ending(cue.end, |tag| matches!(tag, Tag::CompanyIs | Tag::CompanyCalled));
    (heard.opens_clause(cue.start) || led) && !other
}

fn after_cue(heard: &Heard<'_>, end: usize, cue: Cue) -> Option<(usize, usize)> {
    let filler = |at: usize| heard.is_word(at) && heard.index.never_name(heard.tokens.fold(at));
    let skips = cue == Cue::Strong && filler(end) && heard.index.given_name(heard.tokens.fold(end + 1));
    let end = end + usize::from(skips && heard.after(end, Tag::Not).is_none());
    let colon = end + usize::from(heard.is_sign(end, ':') || heard.is_sign(end, '"'));
    let article = heard.after(colon, Tag::The);
    let titled = heard.skip(article.unwrap_or(colon), &[Tag::Title]);
    let title = titled > article.unwrap_or(colon);
    let titled = titled + usize::from(title && heard.is_sign(titled, '.'));
    let (start, end) = collect(heard, titled, cue)?;
    let known = heard.index.given_name(heard.tokens.fold(start));
    let fits = if title || (cue == Cue::Strong && article.is_none()) {
        true
    } else if article.is_some() {
        known
    } else {
        weak_fits(heard, start, end, known)
    };
    fits.then_some((start, end))
}

/// What follows "I am" is often no name.
fn weak_fits(heard: &Heard<'_>, start: usize, end: usize, known: bool) -> bool {
    let capital = |at: usize| heard.token(at).is_some_and(|t| t.capital);
    let odd = (start..end).any(|at| !is_particle(heard, at) && heard.index.never_name(heard.tokens.fold(at)));
    if odd && !(known && capital(start)) {
        return false;
    }
    let nouns = heard.index.language == Language::De;
    let from = heard.after(end, Tag::From).is_some() || heard.after(end, Tag::Speaking).is_some();
    let asked = heard.hearing.asked == Asked::Topic(Topic::Name);
    let ends = heard.closes_clause(end) || from || heard.after(end, Tag::And).is_some();
    let several = end > start + 1;
    let place = heard.index.place(heard.tokens.fold(start));
    if place && !several {
        return false;
    }
    if capital(start) && !nouns {
        true
    } else if capital(start) {
        known || ((several && (start..end).all(|i| capital(i) || is_particle(heard, i))) || from || asked) && ends
    } else {
        ends && (known || from || asked)
    }
}

/// "Maria Lopez here", "Marie Dupont à l'appareil".
fn signed_off(heard: &Heard<'_>) -> Option<(usize, usize)> {
    let cues = heard.matches.iter().filter(|m| match m.tag {
        Tag::Speaking => true,
        // "Marc Lefèvre de chez Dupont SAS".
        Tag::From => from_company(heard, m.end),
        _ => false,
    });
    let given = |at: usize| heard.token(at).is_some_and(|t| t.capital) && heard.index.given_name(heard.tokens.fold(at));
    // "Tom Baker here": after a given name a trade is a surname.
    let cue = |at: usize| if at > 0 && given(at - 1) { Cue::Strong } else { Cue::Weak };
    cues.into_iter().find_map(|m| {
        let clause = heard.token(m.start)?.clause;
        let mut start = m.start - usize::from(heard.is_sign(m.start.wrapping_sub(1), ','));
        let end = start;
        while start > 0
            && end - start < LONGEST
            && heard.token(start - 1).is_some_and(|t| t.clause == clause || end < m.start)
            && (is_name_word(heard, start - 1, cue(start - 1)) || is_particle(heard, start - 1))
        {
            start -= 1;
        }
        let first = heard.token(start).filter(|_| start < end)?;
        let known = heard.index.given_name(heard.tokens.fold(start));
        let clear = known || (first.capital && (end > start + 1 || heard.index.language != Language::De));
        (clear && heard.opens_clause(start)).then_some((start, end))
    })
}

/// A few words with a legal form at their end.
fn from_company(heard: &Heard<'_>, at: usize) -> bool {
    (at + 1..at + 5).any(|end| legal_form(heard, end).is_some())
}

/// The whole answer to the question for the name.
fn bare(heard: &Heard<'_>) -> Option<(usize, usize)> {
    let unwilling = [Tag::Not, Tag::Does(Intent::Refusal), Tag::Ask].iter().any(|tag| heard.has(*tag));
    if heard.hearing.asked != Asked::Topic(Topic::Name)
        || unwilling
        || (0..heard.len()).any(|at| heard.is_sign(at, '?'))
    {
        return None;
    }
    let start = after_fillers(heard)?;
    let start = heard.skip(start, &[Tag::Title]);
    let start = start + usize::from(heard.is_sign(start, '.'));
    let (start, end) = collect(heard, start, Cue::Strong)?;
    let known = heard.index.given_name(heard.tokens.fold(start));
    let capital = heard.token(start).is_some_and(|t| t.capital);
    let enough = if known || capital { 12 } else { 4 };
    ((heard.closes_clause(end) || (known && capital))
        && (heard.words() <= enough || heard.tokens.list.iter().any(|t| t.clause > 0)))
    .then_some((start, end))
}

/// The first word that can be a name, after "well, it's" and its like.
fn after_fillers(heard: &Heard<'_>) -> Option<usize> {
    let mut at = 0;
    while at < heard.len().min(10) {
        let harmless = |tag: Tag| matches!(tag, Tag::Title | Tag::The | Tag::From | Tag::Month(_) | Tag::Weekday(_));
        let phrase = heard.at(at).iter().find(|m| !harmless(m.tag));
        let fold = heard.tokens.fold(at);
        let known = heard.index.given_name(fold);
        if let Some(phrase) = phrase.filter(|phrase| !known || phrase.end > at + 1) {
            at = phrase.end;
        } else if heard.is_word(at)
            && (!heard.index.never_name(fold) || (known && (heard.words() <= 2 || heard.token(at)?.capital)))
        {
            return Some(at);
        } else {
            at += 1;
        }
    }
    None
}
