//! The visitor's words themselves: which of them tell and which ask, and how they are said back.

use super::Heard;
use crate::scripted::understanding::Intent;

/// Longest name or value that is said back.
pub(super) const ECHO_MAX: usize = 60;

/// True when the words can be the answer to a question in free words.
pub(super) fn is_plain(heard: Heard<'_>) -> bool {
    const OTHERWISE: [Intent; 13] = [
        Intent::Goodbye,
        Intent::Refusal,
        Intent::Abuse,
        Intent::OffTopic,
        Intent::Demo,
        Intent::ObjectionPrice,
        Intent::Human,
        Intent::Correction,
        Intent::Book,
        Intent::Reschedule,
        Intent::Cancel,
        Intent::Injection,
        Intent::Price,
    ];
    let u = heard.understanding;
    let greeting_only = u.wants(Intent::Greeting) && heard.text.split_whitespace().count() <= 3;
    !OTHERWISE.iter().any(|&intent| u.wants(intent))
        && u.invalid_contact.is_none()
        && !greeting_only
        && statement(heard).is_some()
}

/// The part of the words that is no question: all of them, or the other sentences when something is asked.
pub(super) fn statement(heard: Heard<'_>) -> Option<String> {
    let u = heard.understanding;
    if !u.wants(Intent::Question) && !u.wants(Intent::Price) {
        return heard.text.chars().any(char::is_alphanumeric).then(|| heard.text.to_owned());
    }
    told_beside_question(heard.text)
}

/// The sentences beside a question. Without a question mark there is no telling which words ask.
pub(super) fn told_beside_question(text: &str) -> Option<String> {
    let told: Vec<_> = text
        .split_inclusive(['.', '!', '?', ';', '\n'])
        .filter(|sentence| !sentence.trim_end().ends_with('?') && sentence.split_whitespace().count() >= 3)
        .collect();
    (text.contains('?') && !told.is_empty()).then(|| told.concat())
}

/// Text of a visitor in one short line: no control or direction characters.
pub(super) fn clean(text: &str, max: usize) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word
            .chars()
            .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'))
            .collect();
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
        if line.len() > max * 4 {
            break;
        }
    }
    line.chars().take(max).collect::<String>().trim_end().to_owned()
}

/// A name as it is said back: letters and what joins them; only the first name where the tone is near.
pub(super) fn echo_name(name: &str, whole: bool) -> String {
    let name: String = clean(name, ECHO_MAX)
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'' | '’' | '.'))
        .collect();
    if whole { name } else { name.split(' ').next().unwrap_or_default().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn echoed_text_is_one_short_line() {
        assert_eq!(clean("  a\u{7}b\n\tc\u{202e}d  ", 10), "a b cd");
        assert_eq!(clean(&"x".repeat(5000), 60).len(), 60);
        assert_eq!(echo_name("Anna <b>?{Maria}</b>", true), "Anna bMariab");
        assert_eq!(echo_name("Anna Maria", false), "Anna");
    }
}
