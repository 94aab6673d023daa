//! English: the VADER lexicon and rules (Hutto and Gilbert, 2014).

use std::sync::LazyLock;

use vader_parity::SentimentIntensityAnalyzer;

use super::Scored;
use crate::domain::conversation::Sentiment;

/// Reading the lexicon takes milliseconds, scoring microseconds: it is read once, when first needed.
static VADER: LazyLock<SentimentIntensityAnalyzer> = LazyLock::new(SentimentIntensityAnalyzer::new);

/// Confidence where no word of the text has a value of its own.
const NO_WORD_KNOWN: f64 = 0.5;

/// Answers that state a fact and no mood.
const FACTUAL: [&str; 6] = ["no", "nope", "nah", "none", "no no", "not yet"];

/// True for a bare "no": VADER knows the word as displeased, but as all that was said it only answers.
fn is_bare_no(text: &str) -> bool {
    let words = text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    FACTUAL.contains(&words.join(" ").as_str())
}

pub(super) fn score(text: &str) -> Scored {
    if is_bare_no(text) {
        return Scored { value: 0.0, sentiment: Sentiment::Neutral, confidence: NO_WORD_KNOWN };
    }
    // Phones type a curly apostrophe, and the negations of the lexicon ("don't") have a straight one.
    let scores = VADER.polarity_scores(&text.replace(['\u{2019}', '\u{2bc}', '\u{ff07}'], "'"));
    let value = scores.compound.clamp(-1.0, 1.0);
    // Beyond the words known to be neutral, the further from zero the surer.
    let confidence = if scores.pos > 0.0 || scores.neg > 0.0 { 0.6 + 0.35 * value.abs() } else { NO_WORD_KNOWN };
    Scored { value, sentiment: Sentiment::of(value), confidence }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("not interested")]
    #[case("I'm not interested")]
    #[case("I’m not interested, thanks")]
    #[case("Sorry, we are not at all interested.")]
    #[case("I'm no longer interested")]
    #[case("I am not really that interested in this")]
    #[case("We don’t like it")]
    #[case("This is a terrible waste of time")]
    #[case("No, that is terrible")]
    fn displeased(#[case] text: &str) {
        assert_eq!(score(text).sentiment, Sentiment::Negative, "{:?}", score(text));
    }

    #[rstest]
    #[case("I am interested")]
    #[case("That sounds great, thank you!")]
    #[case("not bad")]
    #[case("Not bad at all!")]
    #[case("I love it 😍")]
    fn pleased(#[case] text: &str) {
        assert_eq!(score(text).sentiment, Sentiment::Positive, "{:?}", score(text));
    }

    #[rstest]
    #[case("")]
    #[case("   \n\t")]
    #[case("!!!???")]
    #[case("Hello!")]
    #[case("My name is Maria!")]
    #[case("We have 20 people and start in March. What does it cost?")]
    #[case("yesterday")]
    #[case("你好")]
    #[case("No")]
    #[case("no.")]
    #[case("Nope")]
    #[case("Nah…")]
    #[case("No, no.")]
    fn neither(#[case] text: &str) {
        assert_eq!(score(text), Scored { value: 0.0, sentiment: Sentiment::Neutral, confidence: 0.5 });
    }

    #[test]
    fn but_weighs_what_follows() {
        assert!(score("It would be great but the price is terrible").value < 0.0);
    }

    proptest! {
        #[test]
        fn any_text_has_a_value_within_bounds(text in "\\PC{0,80}|[a-z!?'😀😡 ]{0,80}") {
            let scored = score(&text);
            prop_assert!((-1.0..=1.0).contains(&scored.value));
            prop_assert!((0.0..=1.0).contains(&scored.confidence));
            prop_assert_eq!(scored.sentiment, Sentiment::of(scored.value));
            prop_assert_eq!(score(&text), scored);
        }
    }
}
