//! Cuts a growing text into sentences, so that the voice can begin before the answer is complete.

use spotlight_derive::RedactedDebug;

/// Longest piece that waits for its end, in bytes.
const LONGEST: usize = 240;

/// Collects text and gives complete sentences.
#[derive(RedactedDebug, Default)]
pub(super) struct Sentences {
    waiting: String,
}

impl Sentences {
    /// Adds text and gives the sentences that are complete now.
    pub(super) fn push(&mut self, text: &str) -> Vec<String> {
        self.waiting.push_str(text);
        let mut complete = Vec::new();
        while let Some(end) = sentence_end(&self.waiting) {
            let rest = self.waiting.split_off(end);
            complete.push(std::mem::replace(&mut self.waiting, rest));
        }
        complete
    }

    /// Gives what is left.
    pub(super) fn finish(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.waiting);
        (!rest.trim().is_empty()).then_some(rest)
    }
}

/// Where the first sentence ends: after closing punctuation that is followed by a space, so that "3.5" and "example.com"
/// stay whole; or at a space when a sentence is too long to wait for.
fn sentence_end(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let closes = matches!(c, '.' | '!' | '?' | '…' | '\n');
        if closes && next.is_some_and(char::is_whitespace) {
            return Some(at + c.len_utf8());
        }
        if at >= LONGEST && c.is_whitespace() {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentences_come_as_soon_as_they_are_complete() {
        let mut sentences = Sentences::default();
        assert!(sentences.push("It costs 3.5 euros").is_empty());
        assert_eq!(sentences.push(". Shall we").as_slice(), ["It costs 3.5 euros."]);
        assert!(sentences.push(" talk?").is_empty());
        assert_eq!(sentences.finish().as_deref(), Some(" Shall we talk?"));
        assert_eq!(sentences.finish(), None);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(pieces in proptest::collection::vec(".{0,40}", 0..20)) {
            let mut sentences = Sentences::default();
            let mut out = String::new();
            for piece in &pieces {
                out.extend(sentences.push(piece));
            }
            out.push_str(&sentences.waiting);
            prop_assert_eq!(out, pieces.concat());
        }
    }
}
