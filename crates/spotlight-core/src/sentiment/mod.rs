//! How something was said.

mod english;

use crate::domain::{assistant::Language, conversation::Sentiment};

/// The sentiment of one utterance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// -1 (displeased) to 1 (pleased).
    pub value: f64,
    /// The word for it.
    pub sentiment: Sentiment,
    /// How much to trust it, 0 to 1.
    pub confidence: f64,
}

/// Confidence where a language is not covered: the neutral value is no finding.
const NOT_COVERED: f64 = 0.1;

/// Scores one utterance. The same text always gives the same score.
///
/// English is covered by the VADER lexicon; in every other language the answer is neutral with a confidence of 0.1,
/// since a lexicon nobody has tested would be worse than none.
pub fn score(text: &str, language: Language) -> Scored {
    match language {
        Language::En => english::score(text),
        Language::Es | Language::Fr | Language::De | Language::It | Language::Pt => {
            Scored { value: 0.0, sentiment: Sentiment::Neutral, confidence: NOT_COVERED }
        }
    }
}

/// The mean of several values, none without any.
pub fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.into_iter().fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_without_a_lexicon_are_neutral_and_say_so() {
        for language in Language::ALL.iter().filter(|language| **language != Language::En) {
            let scored = score("terrible terrible terrible", *language);
            assert_eq!(scored, Scored { value: 0.0, sentiment: Sentiment::Neutral, confidence: 0.1 });
        }
    }

    #[test]
    fn a_mean_of_nothing_is_nothing() {
        assert_eq!(mean([]), None);
        assert_eq!(mean([-0.5, 0.5, 0.3]), Some(0.3 / 3.0));
    }
}
