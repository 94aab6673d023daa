//! What cuts the assistant off, and what does not.

use crate::{domain::assistant::Language, text};

/// Whether something said over the assistant cuts it off. A backchannel, a word that only shows that somebody listens,
/// does not.
pub fn cuts_off(words: &str, language: Language) -> bool {
    let tokens = text::tokens(words);
    if tokens.is_empty() {
        return false;
    }
    let backchannels: &[&str] = match language {
        Language::En => {
            &["mm", "mhm", "hm", "hmm", "uh", "huh", "ok", "okay", "yeah", "yep", "right", "sure", "i", "see", "aha"]
        }
        Language::Es => &["mm", "mhm", "aja", "ok", "vale", "si", "claro", "ya", "bueno", "entiendo"],
        Language::Fr => &["mm", "mhm", "hum", "ok", "oui", "ouais", "d", "accord", "bien", "je", "vois", "ah"],
        Language::De => {
            &["mm", "mhm", "hm", "aha", "ok", "okay", "ja", "genau", "gut", "klar", "verstehe", "ach", "so"]
        }
        Language::It => &["mm", "mhm", "ok", "si", "certo", "va", "bene", "capisco", "ah", "ecco"],
        Language::Pt => &["mm", "mhm", "aha", "ok", "sim", "claro", "certo", "ta", "entendi", "pois"],
    };
    tokens.len() > 3 || !tokens.iter().all(|token| backchannels.contains(&token.as_str()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("mm-hm", Language::En, false)]
    #[case("I see", Language::En, false)]
    #[case("", Language::En, false)]
    #[case("stop", Language::En, true)]
    #[case("ok but how much is it", Language::En, true)]
    #[case("d'accord", Language::Fr, false)]
    #[case("Moment mal", Language::De, true)]
    #[case("ach so", Language::De, false)]
    #[case("sí, claro", Language::Es, false)]
    fn a_backchannel_does_not_cut_the_assistant_off(
        #[case] words: &str,
        #[case] language: Language,
        #[case] cuts: bool,
    ) {
        assert_eq!(cuts_off(words, language), cuts);
    }
}
