//! The visitor's own name.

use super::{
    heard::{Heard, Match},
    lexicon::Tag,
    token::is_apostrophe,
};
use crate::{
    domain::assistant::{Language, Topic},
    scripted::understanding::{Asked, Intent, Understanding},
};

/// Most words of a name, not counting particles.
const LONGEST: usize = 4;

/// Words inside names that stay in lower case.
const PARTICLES: &[&str] = &[
    "de", "del", "della", "dello", "degli", "di", "da", "do", "dos", "das", "du", "la", "las", "los", "le", "van",
    "von", "der", "den", "dem", "zu", "zum", "zur", "ter", "ten", "vom", "bin", "ibn", "al",
];

/// How sure it is that a name follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cue {
    /// "my name is", or the question was about the name.
    Strong,
    /// "I am", "this is".
    Weak,
}

/// Finds the name, takes its tokens, and gives back the token after it.
pub(super) fn extract(heard: &mut Heard<'_>, out: &mut Understanding) -> Option<usize> {
    let (start, end) = introduced(heard).or_else(|| signed_off(heard)).or_else(|| bare(heard))?;
    out.name = Some(spell(heard, start, end));
    heard.take(start, end);
    Some(end)
}

fn introduced(heard: &Heard<'_>) -> Option<(usize, usize)> {
    let mut strong = heard.all(Tag::NameIs).filter_map(|m| after_cue(heard, m.end, Cue::Strong));
    let first = strong.next();
    let last = strong.last().filter(|last| first.is_some_and(|first| heard.last_counts(first.1, last.0)));
    let strong = last.or(first);
    strong.or_else(|| {
        heard.matches.iter().find_map(|m| match m.tag {
            Tag::IAm => after_cue(heard, m.end, Cue::Weak),
            Tag::ThisIs if presents(heard, m) => after_cue(heard, m.end, Cue::Weak),
            _ => None,
        })
    })
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
        ends && (known || several || from || asked)
    }
}

fn is_particle(heard: &Heard<'_>, at: usize) -> bool {
    let elided = || {
        let next = heard.token(at + 1).filter(|next| next.glued);
        matches!(heard.tokens.fold(at), "d" | "dell") && next.is_some()
    };
    heard.is_word(at) && (PARTICLES.contains(&heard.tokens.fold(at)) || elided())
}

/// A word that can be part of a name.
fn is_name_word(heard: &Heard<'_>, at: usize, cue: Cue) -> bool {
    let Some(token) = heard.token(at).filter(|_| heard.is_word(at) && !heard.is_taken(at)) else { return false };
    let raw = heard.tokens.raw(at);
    let fold = heard.tokens.fold(at);
    let owner = heard.index.language == Language::En
        && raw.ends_with("s")
        && raw.chars().rev().nth(1).is_some_and(is_apostrophe);
    let joins = heard.at(at).iter().any(|m| matches!(m.tag, Tag::And | Tag::Speaking | Tag::Not) && m.end == at + 1);
    let known = heard.index.given_name(fold) && (token.capital || cue == Cue::Strong);
    let capital = token.capital && cue == Cue::Strong && heard.index.language != Language::De;
    let never = heard.index.never_name(fold) && !known && !capital;
    raw.len() <= 40 && !owner && !joins && !never && raw.chars().all(|c| !c.is_numeric())
}

/// The words of a name from `at`, with particles and initials.
fn collect(heard: &Heard<'_>, at: usize, cue: Cue) -> Option<(usize, usize)> {
    let mut clause = heard.token(at)?.clause;
    let given = heard.token(at)?.capital && heard.index.given_name(heard.tokens.fold(at));
    let mut here = at;
    let mut count = 0;
    while count < LONGEST && heard.token(here).is_some_and(|t| t.clause == clause) {
        let mut word = here;
        while is_particle(heard, word) && word < here + 3 {
            word += 1;
        }
        // After a given name in capitals, a word in capitals is a surname, be it a trade: "Tom Baker".
        let trust = if given && count > 0 { Cue::Strong } else { cue };
        let surname =
            word > here && is_name_word(heard, word, trust) && heard.token(word).is_some_and(|t| t.clause == clause);
        if surname && (count > 0 || cue == Cue::Strong) {
            if count > 0 && !belongs(heard, here, word, cue) {
                break;
            }
        } else if is_name_word(heard, here, trust) && (word == here || heard.index.given_name(heard.tokens.fold(here)))
        {
            word = here;
        } else {
            break;
        }
        here = word + 1;
        count += 1;
        // An initial keeps its dot, which ends no sentence.
        if heard.is_sign(here, '.') && heard.tokens.raw(word).chars().count() == 1 && heard.is_word(here + 1) {
            here += 1;
            clause = heard.token(here)?.clause;
        }
    }
    (count > 0).then_some((at, here))
}

/// Whether "de Acme" after a given name is part of the name rather than where the visitor works.
fn belongs(heard: &Heard<'_>, from: usize, word: usize, cue: Cue) -> bool {
    let particle = heard.tokens.fold(from);
    let several = word > from + 1;
    let alike = heard.token(from.saturating_sub(1)).map(|t| t.capital) == heard.token(word).map(|t| t.capital);
    let company = super::company::legal_form(heard, word + 1).is_some();
    let telling = matches!(particle, "de" | "di" | "da" | "von" | "do" | "del" | "vom" | "della" | "dello" | "d");
    let surname = heard.index.particle_surname(heard.tokens.fold(word));
    let strong = cue == Cue::Strong && !heard.index.place(heard.tokens.fold(word));
    alike && !company && (!telling || surname || (several && particle != "da") || strong)
}

/// "Maria Lopez here", "Marie Dupont à l'appareil".
fn signed_off(heard: &Heard<'_>) -> Option<(usize, usize)> {
    let cues = heard.matches.iter().filter(|m| match m.tag {
        Tag::Speaking => true,
        // "Marc Lefèvre de chez Dupont SAS".
        Tag::From => from_company(heard, m.end),
        _ => false,
    });
    cues.into_iter().find_map(|m| {
        let clause = heard.token(m.start)?.clause;
        let mut start = m.start - usize::from(heard.is_sign(m.start.wrapping_sub(1), ','));
        let end = start;
        while start > 0
            && end - start < LONGEST
            && heard.token(start - 1).is_some_and(|t| t.clause == clause || end < m.start)
            && (is_name_word(heard, start - 1, Cue::Weak) || is_particle(heard, start - 1))
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
    (at + 1..at + 5).any(|end| super::company::legal_form(heard, end).is_some())
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
        } else if heard.is_word(at) && (known || !heard.index.never_name(fold)) {
            return Some(at);
        } else {
            at += 1;
        }
    }
    None
}

/// The name in the usual capitals.
fn spell(heard: &Heard<'_>, start: usize, end: usize) -> String {
    let words = || (start..end).filter(|at| heard.is_word(*at));
    let shouted = words().all(|at| heard.tokens.raw(at).chars().all(|c| !c.is_lowercase()))
        && words().any(|at| heard.tokens.raw(at).chars().count() > 2);
    let mut name = String::new();
    for at in start..end {
        let Some(token) = heard.token(at) else { continue };
        if let Some(before) = heard.token(at.wrapping_sub(1)).filter(|_| at > start) {
            let between = &heard.tokens.text[before.end..token.start];
            name.push_str(if between.chars().any(char::is_whitespace) { " " } else { between });
        }
        let raw = heard.tokens.raw(at);
        let mixed = raw.chars().any(char::is_uppercase) && !shouted;
        let lower = if mixed { raw.to_owned() } else { raw.to_lowercase() };
        let listed = PARTICLES.contains(&heard.tokens.fold(at));
        let elided = is_particle(heard, at) && heard.index.language != Language::It;
        let particle = at > start && (listed || elided);
        if mixed || (particle && at + 1 < end) { name.push_str(&lower) } else { capitals(&mut name, &lower) }
    }
    name
}

/// Adds a word with a capital at its start, after an apostrophe that follows one letter, and after "mc".
fn capitals(out: &mut String, word: &str) {
    let gaelic = word.starts_with("mc") && word.chars().count() > 4;
    let mut raise = true;
    for (place, c) in word.chars().enumerate() {
        if raise || (gaelic && place == 2) {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        raise = place == 1 && is_apostrophe(c);
    }
}
