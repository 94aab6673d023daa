//! What an utterance asks, one thing at a time, without the names, addresses and greetings around it.

use super::{heard::Heard, intent::opens, lexicon::Tag, token::Kind};
use crate::scripted::understanding::{Intent, Query, Understanding};

/// Most things that one utterance is taken to ask.
const QUERIES: usize = 4;

/// Finds them. Needs every intent.
pub(super) fn extract(heard: &Heard<'_>, out: &mut Understanding) {
    if !out.wants(Intent::Question) && !out.wants(Intent::Price) {
        return;
    }
    let parts = parts(heard);
    let mut asking = parts.iter().copied().filter(|part| asks(heard, *part)).peekable();
    if asking.peek().is_some() {
        out.queries =
            asking.filter(|part| !is_about_speaker(heard, *part)).take(QUERIES).map(|p| query(heard, p)).collect();
    } else if out.inquiry.is_none() {
        out.queries = vec![query(heard, (0, heard.len()))];
    }
    out.queries.retain(|query| query.words.chars().any(char::is_alphanumeric));
}

/// The utterance cut at sentences, and before a clause or an "and" that begins to ask.
fn parts(heard: &Heard<'_>) -> Vec<(usize, usize)> {
    let begins = |at: usize| heard.at(at).iter().any(|m| matches!(m.tag, Tag::Ask | Tag::Does(Intent::Price)));
    let mut parts = Vec::new();
    let mut from = 0;
    for at in 1..heard.len() {
        let Some((before, here)) = heard.token(at - 1).zip(heard.token(at)) else { break };
        let joined = heard.at(at).iter().any(|m| m.tag == Tag::And && m.end == at + 1) && begins(at + 1);
        let clause = before.clause != here.clause && begins(at);
        if before.sentence != here.sentence || joined || clause {
            parts.push((from, at));
            from = at + usize::from(joined);
        }
    }
    parts.push((from, heard.len()));
    parts
}

fn asks(heard: &Heard<'_>, (from, to): (usize, usize)) -> bool {
    let marked = (from..to).any(|at| heard.is_sign(at, '?')) && (from..to).any(|at| heard.is_word(at));
    marked
        || (from..to).any(|at| {
            heard.at(at).iter().any(|m| match m.tag {
                Tag::Ask => at == from || opens(heard, at),
                Tag::Does(Intent::Price) => true,
                _ => false,
            })
        })
}

/// "who are you" needs no knowledge.
fn is_about_speaker(heard: &Heard<'_>, (from, to): (usize, usize)) -> bool {
    (from..to).any(|at| heard.after(at, Tag::AsksWho).is_some())
}

/// The words of a part, and those beside its asking for the price.
fn query(heard: &Heard<'_>, (from, to): (usize, usize)) -> Query {
    let mut left_out = vec![false; to - from];
    let mut of_price = vec![false; to - from];
    let mut price = false;
    for at in from..to {
        for phrase in heard.at(at).iter().filter(|phrase| phrase.end <= to) {
            match phrase.tag {
                Tag::Does(Intent::Greeting) | Tag::NameIs | Tag::IAm | Tag::Sorry => {
                    left_out[at - from..phrase.end - from].fill(true);
                }
                Tag::Does(Intent::Price) => {
                    price = true;
                    // What stands between "what does … cost" is what is asked about.
                    of_price[at - from] = true;
                    of_price[phrase.end - 1 - from] = true;
                }
                _ => {}
            }
        }
    }
    let words = |skip: &dyn Fn(usize) -> bool| {
        let kept = (from..to).filter(|at| {
            let spoken = matches!(heard.kind(*at), Some(Kind::Word | Kind::Digits));
            spoken && !heard.is_taken(*at) && !left_out[at - from] && !skip(*at)
        });
        kept.map(|at| heard.tokens.raw(at)).collect::<Vec<_>>().join(" ")
    };
    Query { words: words(&|_| false), beside_price: price.then(|| words(&|at| of_price[at - from])) }
}
