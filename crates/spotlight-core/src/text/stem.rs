//! Light stemming of folded words.
//!
//! Snowball stemmers look for accents that [`fold`](super::fold()) has dropped and that visitors leave out anyway, so
//! only common endings are trimmed here. Query and text are trimmed alike; a stem need not be a word.

use crate::domain::assistant::Language;

/// Endings in the order in which they are trimmed: of each group the longest that fits, once.
type Groups = &'static [&'static [&'static str]];

/// Letters that must remain.
const MIN_STEM: usize = 3;

const EN: Groups = &[
    &["ies", "es", "s"],
    &[
        "izations", "ization", "ational", "ations", "ation", "ability", "ibility", "ating", "ative", "ments", "ment",
        "ness", "able", "ible", "ated", "ions", "ion", "ings", "ing", "ful", "ered", "ering", "ery", "ate", "ers",
        "ied", "ed", "er", "or", "ly", "al", "e", "y", "i",
    ],
];

const DE: Groups = &[
    &["en", "em", "er", "es", "et", "st", "e", "n", "s", "t"],
    &["ungen", "ung", "heit", "keit", "lich", "isch", "ig", "er", "en", "et", "e", "s", "t"],
];

const ES: Groups = &[
    &["mente", "es", "s"],
    &[
        "aciones", "acion", "imient", "amient", "adores", "ador", "iendo", "ando", "cion", "ciones", "idad", "aron",
        "ieron", "amos", "emos", "imos", "ados", "idos", "adas", "idas", "aba", "ado", "ido", "ada", "ida", "ar", "er",
        "ir", "an", "en", "o", "a", "e",
    ],
];

const FR: Groups = &[
    &["ements", "ement", "es", "s", "x"],
    &[
        "ations", "ation", "ateur", "euse", "ance", "ence", "ait", "ant", "ent", "ons", "ez", "er", "ir", "eur",
        "ment", "ite", "ifs", "if", "ive", "ion", "ee", "e", "i", "a",
    ],
];

const IT: Groups = &[
    &["mente"],
    &[
        "azioni", "azione", "amento", "amenti", "imento", "imenti", "zioni", "zione", "atore", "atori", "ando", "endo",
        "iamo", "ita", "ato", "ata", "ati", "ate", "uto", "are", "ere", "ire", "ano", "ono", "io", "ia", "ie", "i",
        "e", "o", "a",
    ],
];

const PT: Groups = &[
    &["mente", "oes", "aes", "ais", "eis", "es", "s"],
    &[
        "acao", "amento", "imento", "adora", "ador", "ando", "endo", "indo", "idade", "cao", "ac", "amos", "emos",
        "ado", "ido", "ada", "ida", "ar", "er", "ir", "am", "em", "ao", "al", "o", "a", "e", "c",
    ],
];

/// The stem of one folded token.
pub(super) fn stem(token: &str, language: Language) -> String {
    let groups = match language {
        Language::En => EN,
        Language::Es => ES,
        Language::Fr => FR,
        Language::De => DE,
        Language::It => IT,
        Language::Pt => PT,
    };
    let mut stem = token;
    // A number is itself: "2026s" is not a word form.
    if !token.starts_with(|c: char| c.is_ascii_digit()) {
        for group in groups {
            let fits =
                |ending: &&&str| stem.strip_suffix(**ending).is_some_and(|rest| rest.chars().count() >= MIN_STEM);
            if let Some(ending) = group.iter().filter(fits).max_by_key(|ending| ending.len()) {
                stem = &stem[..stem.len() - ending.len()];
            }
        }
    }
    match language {
        // "ue" is typed for "ü" where a keyboard lacks it; folding made "u" of the other.
        Language::De => stem.replace("ae", "a").replace("oe", "o").replace("ue", "u"),
        Language::En | Language::Es | Language::Fr | Language::It | Language::Pt => undouble(stem).to_owned(),
    }
}

/// "shipp" of "shipping" is "ship".
fn undouble(stem: &str) -> &str {
    let mut letters = stem.chars().rev();
    match (letters.next(), letters.next()) {
        (Some(last), Some(before)) if last == before && last.is_ascii_lowercase() && stem.len() > MIN_STEM => {
            &stem[..stem.len() - 1]
        }
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one_stem(language: Language, words: &[&str]) {
        let stems: std::collections::BTreeSet<_> = words.iter().map(|word| stem(word, language)).collect();
        assert_eq!(stems.len(), 1, "{words:?} gave {stems:?}");
    }

    #[test]
    fn forms_of_a_word_meet() {
        one_stem(Language::En, &["price", "prices", "pricing", "priced"]);
        one_stem(Language::En, &["integrate", "integration", "integrations", "integrating"]);
        one_stem(Language::En, &["ship", "ships", "shipping", "shipped"]);
        one_stem(Language::En, &["company", "companies"]);
        one_stem(Language::En, &["deliver", "delivery", "delivers", "delivered", "deliveries"]);
        one_stem(Language::En, &["available", "availability"]);
        one_stem(Language::En, &["cancel", "cancelled", "cancellation"]);
        one_stem(Language::En, &["month", "monthly", "months"]);
        one_stem(Language::De, &["preis", "preise", "preisen"]);
        one_stem(Language::De, &["kosten", "kostet"]);
        one_stem(Language::De, &["lieferung", "lieferungen"]);
        one_stem(Language::De, &["gerat", "geraet", "geraete"]);
        one_stem(Language::Es, &["precio", "precios"]);
        one_stem(Language::Es, &["instalacion", "instalaciones", "instalar"]);
        one_stem(Language::Fr, &["installation", "installations", "installer"]);
        one_stem(Language::Fr, &["tarif", "tarifs"]);
        one_stem(Language::It, &["prezzo", "prezzi"]);
        one_stem(Language::It, &["installazione", "installazioni", "installare"]);
        one_stem(Language::Pt, &["preco", "precos"]);
        one_stem(Language::Pt, &["instalacao", "instalacoes", "instalar"]);
    }

    #[test]
    fn short_words_numbers_and_other_scripts_stay() {
        assert_eq!(stem("yes", Language::En), "yes");
        assert_eq!(stem("24es", Language::En), "24es");
        assert_eq!(stem("цены", Language::En), "цены");
    }

    proptest! {
        #[test]
        fn a_stem_is_never_empty(word in "\\PC{1,30}", which in 0..Language::ALL.len()) {
            prop_assert!(!stem(&word, Language::ALL[which]).is_empty());
        }
    }
}
