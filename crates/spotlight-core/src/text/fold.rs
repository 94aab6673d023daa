//! Case folding.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Folds a text for comparing and searching: compatibility decomposition (NFKD), accents dropped, lower case.
///
/// Letters that do not decompose become what people type for them: `ß` → `ss`, `œ` → `oe`, `æ` → `ae`, `ø` → `o`,
/// `ł` → `l`, `đ` → `d`, `ı` → `i`, `ς` → `σ`. Soft hyphens and zero-width characters disappear. Folding twice
/// changes nothing.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            folded.push(c.to_ascii_lowercase());
        } else {
            // Marks are dropped, so their order, which only the whole text could tell, does not matter.
            decompose_compatible(c, |part| fold_part(part, &mut folded));
        }
    }
    folded
}

/// Adds the lower case of one decomposed character.
fn fold_part(part: char, folded: &mut String) {
    if is_dropped(part) {
        return;
    }
    for lower in part.to_lowercase() {
        match lower {
            'ß' => folded.push_str("ss"),
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            other => folded.push(other),
        }
    }
}

/// Marks above and below letters, and characters that cannot be seen.
fn is_dropped(c: char) -> bool {
    is_combining_mark(c) || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn drops_case_and_accents() {
        assert_eq!(fold("STRASSE"), fold("Straße"));
        assert_eq!(fold("ẞ"), "ss");
        assert_eq!(fold("Élodie Müller-Łukasiewicz"), "elodie muller-lukasiewicz");
        assert_eq!(fold("São João, Ångström, cœur"), "sao joao, angstrom, coeur");
        assert_eq!(fold("İSTANBUL ısı"), "istanbul isi");
        assert_eq!(fold("ΟΔΟΣ"), fold("οδός"));
        assert_eq!(fold("ﬁrm Ｆｕｌｌ ２"), "firm full 2");
        assert_eq!(fold("co\u{ad}operate\u{200b}"), "cooperate");
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same() {
        assert_eq!(fold("jose\u{301}"), fold("josé"));
    }

    #[test]
    fn every_character_folds_to_something_stable() {
        for c in ('\0'..=char::MAX).filter(|c| !c.is_control()) {
            let once = fold(&c.to_string());
            assert_eq!(fold(&once), once, "U+{:04X}", u32::from(c));
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn case_makes_no_difference(text in "[a-zA-ZäöüÄÖÜßéèÉÈñÑçÇãÃõÕôÔ ]{0,40}") {
            prop_assert_eq!(fold(&text.to_uppercase()), fold(&text.to_lowercase()));
        }
    }
}
