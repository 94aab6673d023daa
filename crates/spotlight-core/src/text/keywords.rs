//! Words that stand out.

use std::collections::HashMap;

use super::{fold::fold, stem::stem, stop_words::is_stop_word};
use crate::domain::assistant::Language;

/// Fewest letters of a keyword.
const MIN_CHARS: usize = 3;
/// Longest word taken for one.
const MAX_CHARS: usize = 40;

/// A word and its forms.
struct Word {
    count: u32,
    chars: usize,
    first: usize,
    text: String,
}

/// The words of the texts that stand out, most telling first, at most `n`: those said most often, of these the
/// longer, then the earlier. Forms of one word count as one and appear as first written, in lower case.
///
/// Stop words, numbers, addresses and what redaction has put in their place are left out.
pub fn keywords<'a>(texts: impl IntoIterator<Item = &'a str>, language: Language, n: usize) -> Vec<String> {
    let mut words: HashMap<String, Word> = HashMap::new();
    let chunks = texts.into_iter().flat_map(str::split_whitespace).filter(|chunk| !is_address(chunk));
    let runs = chunks.flat_map(|chunk| chunk.split(|c: char| !is_word_char(c)));
    for (place, run) in runs.enumerate() {
        let folded = fold(run);
        let chars = run.chars().count();
        let telling = (MIN_CHARS..=MAX_CHARS).contains(&chars)
            && folded.chars().any(char::is_alphabetic)
            && !folded.starts_with(|c: char| c.is_numeric())
            && !is_stop_word(&folded, language);
        if telling {
            words.entry(stem(&folded, language)).and_modify(|word| word.count += 1).or_insert_with(|| Word {
                count: 1,
                chars,
                first: place,
                text: run.to_lowercase(),
            });
        }
    }
    let mut words: Vec<_> = words.into_values().collect();
    words.sort_by(|a, b| b.count.cmp(&a.count).then(b.chars.cmp(&a.chars)).then(a.first.cmp(&b.first)));
    words.into_iter().take(n).map(|word| word.text).collect()
}

/// Letters, digits and the marks on letters written apart.
fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)
}

/// An e-mail or web address, or a placeholder of [`redact`](crate::domain::redact): no word to show.
fn is_address(chunk: &str) -> bool {
    chunk.contains('@')
        || chunk.contains("://")
        || chunk.contains("www.")
        || crate::domain::redact::PLACEHOLDERS.iter().any(|placeholder| chunk.contains(placeholder))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_most_said_come_first_in_their_own_spelling() {
        let said = [
            "We need a CRM integration, the integrations you have are the question.",
            "What about the price of the integration? Write to maria@example.com or [email], 4999 times.",
        ];
        let found = keywords(said, Language::En, 4);
        assert_eq!(found[0], "integration");
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|word| !word.contains("maria") && word != "email" && word != "4999"), "{found:?}");
    }

    #[test]
    fn accents_are_kept_for_people() {
        assert_eq!(keywords(["Wir suchen eine Lösung für Büromöbel"], Language::De, 2), ["büromöbel", "suchen"]);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert!(keywords(["", "!!", "it is what it is"], Language::En, 5).is_empty());
        assert!(keywords(["price"], Language::En, 0).is_empty());
    }

    proptest! {
        #[test]
        fn never_more_than_asked_for_and_reproducible(text in any::<String>(), n in 0_usize..6) {
            let found = keywords([text.as_str()], Language::En, n);
            prop_assert!(found.len() <= n);
            prop_assert_eq!(keywords([text.as_str()], Language::En, n), found);
        }
    }
}
