//! Words as search sees them.

use std::collections::HashSet;

use super::fold::fold;

/// Longest token in characters; what follows is cut off, in what is stored and in what is looked for alike.
pub const MAX_TOKEN_CHARS: usize = 64;

/// The folded runs of letters and digits, in order, none empty and none above [`MAX_TOKEN_CHARS`].
///
/// A token holds nothing but letters and digits, so it needs no escaping in a `LIKE` pattern.
pub fn tokens(text: &str) -> Vec<String> {
    runs(&fold(text)).map(str::to_owned).collect()
}

/// The tokens of a folded text.
pub(super) fn runs(folded: &str) -> impl Iterator<Item = &str> {
    let runs = folded.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty());
    runs.map(|run| run.char_indices().nth(MAX_TOKEN_CHARS).map_or(run, |(end, _)| &run[..end]))
}

/// What is stored beside a record so that it can be found: the distinct tokens of its parts in order of appearance,
/// joined by one space.
pub fn search_text<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut seen = HashSet::new();
    let mut text = String::new();
    for token in parts.into_iter().flat_map(tokens) {
        if !seen.contains(&token) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&token);
            seen.insert(token);
        }
    }
    text
}

/// True when every token of the query begins some token of `search_text`. A query without tokens finds everything.
///
/// This is the contract of search in every adapter. In SQL it is, for each token,
/// `' ' || search_text LIKE '% ' || token || '%'`.
pub fn matches(search_text: &str, query_tokens: &[impl AsRef<str>]) -> bool {
    query_tokens.iter().all(|query| search_text.split(' ').any(|token| token.starts_with(query.as_ref())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_email_is_found_by_its_parts() {
        let text = search_text(["María Núñez", "maria@example.com", "Núñez & Söhne GmbH"]);
        assert_eq!(text, "maria nunez example com sohne gmbh");
        for query in ["maria", "MARIA@example.com", "example", "nun soh", "Núñez", "ex mar", ""] {
            assert!(matches(&text, &tokens(query)), "{query}");
        }
        for query in ["ohne", "maria x", "xample"] {
            assert!(!matches(&text, &tokens(query)), "{query}");
        }
    }

    #[test]
    fn long_runs_are_cut_on_both_sides() {
        let long = "é".repeat(200);
        assert_eq!(tokens(&long), [String::from("e").repeat(MAX_TOKEN_CHARS)]);
        assert!(matches(&search_text([long.as_str()]), &tokens(&long)));
    }

    proptest! {
        #[test]
        fn tokens_are_short_alphanumeric_and_stable(text in any::<String>()) {
            let found = tokens(&text);
            for token in &found {
                prop_assert!(!token.is_empty() && token.chars().count() <= MAX_TOKEN_CHARS);
                prop_assert!(token.chars().all(char::is_alphanumeric));
                prop_assert_eq!(tokens(token), std::slice::from_ref(token));
            }
            prop_assert_eq!(tokens(&found.join(" ")), found);
        }

        #[test]
        fn every_part_finds_its_record(parts in prop::collection::vec(any::<String>(), 0..5)) {
            let text = search_text(parts.iter().map(String::as_str));
            for part in &parts {
                prop_assert!(matches(&text, &tokens(part)));
            }
            prop_assert_eq!(search_text([text.as_str()]), text);
        }

        #[test]
        fn the_like_pattern_of_adapters_agrees(parts in "[ab ]{0,20}", query in "[ab ]{0,6}") {
            let text = search_text([parts.as_str()]);
            let wanted = tokens(&query);
            let padded = format!(" {text}");
            let like = wanted.iter().all(|token| padded.contains(&format!(" {token}")));
            prop_assert_eq!(matches(&text, &wanted), like);
        }
    }
}
