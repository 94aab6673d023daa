//! Which of the business's entries answer what the visitor asks.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use spotlight_derive::RedactedDebug;

use crate::{
    domain::assistant::{Knowledge, Language},
    ports::KnowledgeMatch,
    scripted::{
        understand::understand,
        understanding::{Hearing, Intent, Query},
    },
    text::bm25::Index,
};

/// Knowledge entries a model is shown.
const KNOWLEDGE: usize = 5;
/// Share of a question's telling words from which on an entry is called the best for it.
const LEAST: f64 = 0.34;
/// The same for an entry that is about prices and shares nothing else with a question for the price.
const OF_PRICE: f64 = 0.5;

/// An entry found for one question.
#[derive(Clone, Copy)]
struct Found {
    entry: usize,
    score: f64,
    coverage: f64,
}

/// What an assistant knows, as it is kept for its turns.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Known {
    entries: Vec<Entry>,
    /// By language, each made when somebody first speaks it: that costs more than everything else about knowledge.
    #[serde(skip)]
    indexes: [OnceLock<Index>; Language::ALL.len()],
}

#[derive(RedactedDebug, Serialize, Deserialize)]
struct Entry {
    question: Option<String>,
    answer: String,
}

impl Known {
    pub(crate) fn new(entries: Vec<Knowledge>) -> Self {
        let entry = |entry: Knowledge| Entry { question: entry.question, answer: entry.answer };
        Self { entries: entries.into_iter().map(entry).collect(), indexes: <[OnceLock<Index>; _]>::default() }
    }

    fn index(&self, language: Language) -> &Index {
        self.indexes[language as usize].get_or_init(|| {
            let texts = self.entries.iter().map(|entry| match &entry.question {
                Some(question) => format!("{question} {}", entry.answer),
                None => entry.answer.clone(),
            });
            Index::new(texts, language)
        })
    }
}

/// The entries that answer the visitor's words: the best of each question first, then the others by their score.
///
/// Each thing asked is looked for by itself and without names, addresses and greetings, so that what stands around a
/// question does not count against its answer.
pub(crate) fn rank(known: &Known, words: &str, hearing: &Hearing) -> Vec<KnowledgeMatch> {
    let entries = known.entries.as_slice();
    if entries.is_empty() {
        return Vec::new();
    }
    let index = known.index(hearing.language);
    let mut queries = understand(words, hearing).queries;
    if queries.is_empty() {
        queries.push(Query { words: words.to_owned(), beside_price: None });
    }
    let found: Vec<Vec<Found>> = queries.iter().map(|query| search(entries, index, query, hearing)).collect();

    let mut matches: Vec<(Found, Vec<usize>)> = Vec::new();
    for (number, found) in found.iter().enumerate() {
        let Some(best) = found.first() else { continue };
        let fits = if best.coverage >= LEAST { vec![number] } else { Vec::new() };
        match matches.iter_mut().find(|(other, _)| other.entry == best.entry) {
            Some((known, best_for)) => {
                known.coverage = known.coverage.max(best.coverage);
                best_for.extend(fits);
            }
            None => matches.push((*best, fits)),
        }
    }
    let mut others: Vec<Found> = found.into_iter().flat_map(|found| found.into_iter().skip(1)).collect();
    others.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.entry.cmp(&b.entry)));
    for other in others {
        if !matches.iter().any(|(known, _)| known.entry == other.entry) {
            matches.push((other, Vec::new()));
        }
    }
    matches
        .into_iter()
        .take(KNOWLEDGE)
        .filter_map(|(found, best_for)| {
            let entry = entries.get(found.entry)?;
            Some(KnowledgeMatch {
                question: entry.question.clone(),
                answer: entry.answer.clone(),
                score: found.score,
                coverage: found.coverage,
                best_for,
            })
        })
        .collect()
}

/// The entries for one question, best first.
fn search(entries: &[Entry], index: &Index, query: &Query, hearing: &Hearing) -> Vec<Found> {
    let mut found: Vec<_> = index
        .rank(&query.words)
        .into_iter()
        .map(|found| Found { entry: found.index, score: found.score, coverage: found.coverage })
        .collect();
    let poor = found.first().is_none_or(|best| best.coverage < OF_PRICE);
    if let Some(beside) = query.beside_price.as_deref().filter(|_| poor)
        && let Some(best) = of_price(entries, index, beside, hearing)
    {
        found.retain(|other| other.entry != best.entry);
        found.insert(0, best);
    }
    found
}

/// The entry that says a price, where the question for it shares no word with it: "what's the price?" and "how much
/// does it cost?". Where more is asked than a price, the entry must speak of that.
fn of_price(entries: &[Entry], index: &Index, beside: &str, hearing: &Hearing) -> Option<Found> {
    let reads_as_price = |entry: &Entry| {
        entry.question.as_deref().is_some_and(|question| understand(question, hearing).wants(Intent::Price))
    };
    if !index.tells(beside) {
        let entry = entries.iter().position(reads_as_price)?;
        return Some(Found { entry, score: 0.0, coverage: 1.0 });
    }
    let about = index.rank(beside).into_iter().filter(|found| found.coverage >= OF_PRICE);
    let best = about.into_iter().find(|found| entries.get(found.index).is_some_and(reads_as_price))?;
    Some(Found { entry: best.index, score: best.score, coverage: best.coverage })
}

#[cfg(test)]
mod tests;
