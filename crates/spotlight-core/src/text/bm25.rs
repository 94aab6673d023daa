//! Ranking of texts by BM25.

use std::collections::HashMap;

use spotlight_derive::RedactedDebug;

use super::{
    fold::fold,
    stem::stem,
    stop_words::is_stop_word,
    tokens::{runs, tokens},
};
use crate::domain::assistant::Language;

/// How soon more of the same word stops adding.
const K1: f64 = 1.2;
/// How much long texts are held against.
const B: f64 = 0.75;

/// One text found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Its place among the texts the index was made of, from 0.
    pub index: usize,
    /// BM25 score, above 0; comparable within one search only.
    pub score: f64,
    /// The share of the telling words of the query that it contains, 0 to 1, rare words weighing more.
    ///
    /// A word that no text contains weighs most, so a question about something else has a low coverage.
    pub coverage: f64,
}

/// Where a word occurs: in which text and how often.
type Posting = (u32, u32);

/// Texts of one language, ready to be ranked.
#[derive(RedactedDebug, Clone)]
pub struct Index {
    language: Language,
    terms: HashMap<String, Vec<Posting>>,
    lengths: Vec<u32>,
    mean_length: f64,
}

impl Index {
    /// Reads the texts. Their order gives [`Match::index`].
    pub fn new(texts: impl IntoIterator<Item = impl AsRef<str>>, language: Language) -> Self {
        // Words repeat, so each spelling is looked at once and stemmed once.
        let mut spellings: HashMap<String, usize> = HashMap::new();
        let mut ids: HashMap<String, usize> = HashMap::new();
        let mut postings: Vec<Vec<Posting>> = Vec::new();
        let mut lengths = Vec::new();
        for (text, content) in texts.into_iter().enumerate() {
            let text = u32::try_from(text).unwrap_or(u32::MAX);
            let mut length = 0_u32;
            for token in runs(&fold(content.as_ref())) {
                length += 1;
                let id = spellings.get(token).copied().unwrap_or_else(|| {
                    let next = ids.len();
                    let id = *ids.entry(stem(token, language)).or_insert(next);
                    if id == next {
                        postings.push(Vec::new());
                    }
                    spellings.insert(token.to_owned(), id);
                    id
                });
                match postings[id].last_mut() {
                    Some((last, count)) if *last == text => *count += 1,
                    _ => postings[id].push((text, 1)),
                }
            }
            lengths.push(length);
        }
        let total: f64 = lengths.iter().map(|length| f64::from(*length)).sum();
        let mean_length = if lengths.is_empty() { 0.0 } else { total / lengths.len() as f64 };
        let terms = ids.into_iter().map(|(term, id)| (term, std::mem::take(&mut postings[id]))).collect();
        Self { language, terms, lengths, mean_length }
    }

    /// How many texts it holds.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// True without texts.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// True when the query has a telling word, whether or not a text contains it.
    pub fn tells(&self, query: &str) -> bool {
        tokens(query).iter().any(|token| !is_stop_word(token, self.language))
    }

    /// The texts that contain a telling word of the query, best first; equal scores in the order of the texts.
    ///
    /// A query of stop words alone finds nothing.
    pub fn rank(&self, query: &str) -> Vec<Match> {
        let mut asked = Vec::new();
        for token in tokens(query) {
            if !is_stop_word(&token, self.language) {
                let term = stem(&token, self.language);
                if !asked.contains(&term) {
                    asked.push(term);
                }
            }
        }
        let mut score = vec![0.0; self.len()];
        let mut covered = vec![0.0; self.len()];
        let mut weight_of_query = 0.0;
        for term in &asked {
            let found = self.terms.get(term).map_or(&[][..], Vec::as_slice);
            let weight = self.weight(found.len());
            weight_of_query += weight;
            for (text, count) in found {
                let text = *text as usize;
                let count = f64::from(*count);
                let length = f64::from(self.lengths[text]) / self.mean_length;
                score[text] += weight * count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length));
                covered[text] += weight;
            }
        }
        let mut matches: Vec<_> = (0..self.len())
            .filter(|index| covered[*index] > 0.0)
            .map(|index| Match {
                index,
                score: score[index],
                coverage: f64::min(covered[index] / weight_of_query, 1.0),
            })
            .collect();
        matches.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.index.cmp(&b.index)));
        matches
    }

    /// Inverse document frequency, always above 0.
    fn weight(&self, found_in: usize) -> f64 {
        let (all, found) = (self.len() as f64, found_in as f64);
        ((all - found + 0.5) / (found + 0.5)).ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FAQ: [&str; 5] = [
        "What does it cost? The basic plan costs 49 euros a month, the team plan 99 euros.",
        "Which integrations are there? We integrate with Salesforce, HubSpot and Slack.",
        "Where is the data kept? In data centres in Germany.",
        "Is there a free trial? Yes, 14 days without a card.",
        "How do I cancel? At the end of each month, in the settings.",
    ];

    fn best(query: &str) -> Option<usize> {
        Index::new(FAQ, Language::En).rank(query).first().map(|found| found.index)
    }

    #[test]
    fn finds_the_right_answer_whatever_the_form_of_the_word() {
        assert_eq!(best("how much does the basic plan cost"), Some(0));
        assert_eq!(best("do you have a Slack integration?"), Some(1));
        assert_eq!(best("where do you keep our data"), Some(2));
        assert_eq!(best("can I try it, is there a trial"), Some(3));
        assert_eq!(best("cancellation"), Some(4));
    }

    #[test]
    fn stop_words_alone_find_nothing() {
        assert_eq!(best("what is it"), None);
        assert_eq!(best(""), None);
        assert_eq!(best("!?"), None);
        assert!(Index::new([""; 0], Language::En).rank("price").is_empty());
    }

    #[test]
    fn coverage_tells_an_answer_from_a_chance_hit() {
        let index = Index::new(FAQ, Language::En);
        let right = index.rank("basic plan cost")[0];
        assert!((right.coverage - 1.0).abs() < 1e-9, "{right:?}");
        let chance = index.rank("which football team won the championship last month")[0];
        assert!(chance.coverage < 0.4, "{chance:?}");
    }

    #[test]
    fn scores_are_those_of_the_formula() {
        let index = Index::new(["red red blue", "blue"], Language::En);
        let found = index.rank("red");
        assert_eq!(found.len(), 1);
        // idf = ln(1 + 1.5/1.5), tf = 2, length 3 of mean 2.
        let expected = std::f64::consts::LN_2 * 2.0 * 2.2 / (2.0 + 1.2 * (0.25 + 0.75 * 1.5));
        assert!((found[0].score - expected).abs() < 1e-12);
    }

    #[test]
    fn languages_other_than_english_rank_too() {
        let german = Index::new(["Die Lieferung dauert drei Tage.", "Der Preis beträgt 20 Euro."], Language::De);
        assert_eq!(german.rank("Was sind eure Preise?")[0].index, 1);
        assert_eq!(german.rank("Wie lange dauern Lieferungen?")[0].index, 0);
        let spanish = Index::new(["La instalación es gratuita.", "Los precios incluyen IVA."], Language::Es);
        assert_eq!(spanish.rank("¿cuánto cuesta? quiero el precio")[0].index, 1);
        assert_eq!(spanish.rank("instalacion")[0].index, 0);
    }

    proptest! {
        #[test]
        fn ranking_is_ordered_bounded_and_reproducible(
            texts in prop::collection::vec("[a-d ]{0,30}|\\PC{0,20}", 0..8),
            query in "[a-e ]{0,12}|\\PC{0,12}",
            which in 0..Language::ALL.len(),
        ) {
            let index = Index::new(&texts, Language::ALL[which]);
            let found = index.rank(&query);
            prop_assert_eq!(&Index::new(&texts, Language::ALL[which]).rank(&query), &found);
            for pair in found.windows(2) {
                prop_assert!(pair[0].score > pair[1].score
                    || (pair[0].score.total_cmp(&pair[1].score).is_eq() && pair[0].index < pair[1].index));
            }
            for one in &found {
                prop_assert!(one.index < texts.len());
                prop_assert!(one.score > 0.0 && one.score.is_finite());
                prop_assert!(one.coverage > 0.0 && one.coverage <= 1.0);
            }
        }
    }
}
