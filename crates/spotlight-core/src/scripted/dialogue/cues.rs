//! Small word lists that need the state of the dialogue to mean something.

use crate::domain::assistant::Language;

/// Words by which a visitor says unasked what they are looking for.
fn wishes(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => {
            &["need", "looking for", "want", "searching", "problem", "struggl", "interested in", "help with", "help us"]
        }
        Language::Es => &["necesit", "busc", "quer", "quier", "problema", "me interesa", "nos interesa", "ayuda con"],
        Language::Fr => {
            &["besoin", "cherch", "voudr", "problème", "m'intéresse", "nous intéresse", "intéressé par", "aide pour"]
        }
        Language::De => {
            &["brauch", "such", "möcht", "problem", "benötig", "interessiere mich", "interessieren uns", "hilfe bei"]
        }
        Language::It => &[
            "bisogno",
            "cerc",
            "vorre",
            "problema",
            "mi interessa",
            "ci interessa",
            "mi serve",
            "ci serve",
            "aiuto con",
        ],
        Language::Pt => &["precis", "procur", "quer", "problema", "me interessa", "tenho interesse", "ajuda com"],
    }
}

/// Words by which a visitor is the one who decides.
fn deciders(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => &[
            "i decide",
            "i do",
            "i am",
            "my decision",
            "my call",
            "owner",
            "ceo",
            "founder",
            "managing director",
            "myself",
        ],
        Language::Es => &[
            "decido yo",
            "yo decido",
            "yo mism",
            "soy yo",
            "dueñ",
            "propietari",
            "ceo",
            "fundador",
            "gerente",
            "director",
        ],
        Language::Fr => &[
            "je décide",
            "moi-même",
            "c'est moi",
            "propriétaire",
            "gérant",
            "pdg",
            "fondat",
            "dirigeant",
            "directeur",
            "directrice",
        ],
        Language::De => &[
            "ich entscheide",
            "entscheide ich",
            "ich selbst",
            "inhaber",
            "geschäftsführ",
            "gründer",
            "chefin",
            "ich allein",
            "bin der chef",
        ],
        Language::It => &[
            "decido io",
            "io decido",
            "sono io",
            "titolare",
            "proprietari",
            "ceo",
            "fondator",
            "amministrat",
            "direttor",
        ],
        Language::Pt => {
            &["eu decido", "sou eu", "eu mesm", "dono", "dona", "proprietári", "ceo", "fundador", "sócio", "diretor"]
        }
    }
}

/// Words by which somebody else decides too.
fn others_decide(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => {
            &["boss", "manager decides", "my partner", "together", "board", "committee", "we decide", "our team"]
        }
        Language::Es => &["mi jef", "junt", "mi socio", "mi socia", "comité", "consejo", "decidimos"],
        Language::Fr => &[
            "mon patron",
            "ma patronne",
            "mon chef",
            "ma chef",
            "ensemble",
            "mon associé",
            "comité",
            "conseil",
            "nous décidons",
        ],
        Language::De => {
            &["mein chef", "meine chefin", "gemeinsam", "zusammen", "vorstand", "gremium", "wir entscheiden", "partner"]
        }
        Language::It => &["mio capo", "mia capa", "insieme", "socio", "socia", "comitato", "consiglio", "decidiamo"],
        Language::Pt => {
            &["meu chefe", "minha chefe", "junt", "meu sócio", "minha sócia", "comitê", "conselho", "decidimos"]
        }
    }
}

/// True when a visitor says unasked what they are looking for.
pub(super) fn is_wish(language: Language, text: &str) -> bool {
    contains(text, wishes(language))
}

/// True when somebody else decides too.
pub(super) fn is_shared(language: Language, text: &str) -> bool {
    contains(text, others_decide(language))
}

/// True when the visitor decides.
pub(super) fn is_decider(language: Language, text: &str) -> bool {
    contains(text, deciders(language))
}

/// True when one of the cues begins at the beginning of a word.
fn contains(text: &str, cues: &[&str]) -> bool {
    let text = text.to_lowercase().replace('’', "'");
    cues.iter().any(|cue| {
        text.match_indices(cue).any(|(at, _)| !text[..at].chars().next_back().is_some_and(char::is_alphanumeric))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cues_begin_words() {
        assert!(is_wish(Language::It, "Cerco un gestionale"));
        assert!(!is_decider(Language::En, "the honeymoon is over"));
    }
}
