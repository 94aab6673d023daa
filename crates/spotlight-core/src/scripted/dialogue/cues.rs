//! Small word lists that need the state of the dialogue to mean something.

use crate::domain::assistant::Language;

/// Beginnings of words by which a refusal is of the whole offer and not of one datum.
fn disinterest(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => {
            &["interest", "leave me alone", "stop contacting", "stop writing", "don't need anything", "no need"]
        }
        Language::Es => {
            &["interes", "déjame en paz", "déjeme en paz", "dejame en paz", "no necesito nada", "no quiero nada"]
        }
        Language::Fr => &["intéress", "interess", "laissez-moi tranquille", "laisse-moi tranquille", "besoin de rien"],
        Language::De => &[
            "interess",
            "lass mich in ruhe",
            "lassen sie mich in ruhe",
            "kein bedarf",
            "keinen bedarf",
            "brauche nichts",
        ],
        Language::It => {
            &["interess", "lasciami in pace", "mi lasci in pace", "non mi serve niente", "non mi serve nulla"]
        }
        Language::Pt => &["interess", "me deixa em paz", "me deixe em paz", "deixe-me em paz", "não preciso de nada"],
    }
}

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

/// Words by which a visitor is in a hurry, though without a date.
fn soon(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => &["asap", "as soon as possible", "right away", "immediately", "urgent", "soon", "now"],
        Language::Es => &["cuanto antes", "lo antes posible", "inmediat", "urgent", "pronto", "ya"],
        Language::Fr => &["dès que possible", "au plus vite", "immédiat", "urgent", "bientôt", "tout de suite"],
        Language::De => {
            &["sobald wie möglich", "so schnell wie möglich", "möglichst bald", "sofort", "dringend", "bald", "asap"]
        }
        Language::It => &["appena possibile", "il prima possibile", "subito", "immediat", "urgent", "presto"],
        Language::Pt => {
            &["o quanto antes", "assim que possível", "o mais rápido possível", "imediat", "urgent", "logo", "já"]
        }
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

/// Words by which a visitor asks whom they are talking to.
fn identity(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => &[
            "are you a bot",
            "are you a robot",
            "are you human",
            "are you a human",
            "are you real",
            "are you a real",
            "are you an ai",
            "are you ai",
            "are you a machine",
            "are you a person",
            "who are you",
            "who am i talking",
            "who am i speaking",
        ],
        Language::Es => &[
            "eres un bot",
            "eres un robot",
            "es usted un bot",
            "es usted un robot",
            "eres human",
            "es usted human",
            "eres una persona",
            "es usted una persona",
            "eres una máquina",
            "eres real",
            "quién eres",
            "quién es usted",
            "con quién hablo",
            "con quién estoy hablando",
        ],
        Language::Fr => &[
            "êtes-vous un robot",
            "es-tu un robot",
            "vous êtes un robot",
            "tu es un robot",
            "êtes-vous humain",
            "es-tu humain",
            "êtes-vous une",
            "es-tu une",
            "tu es une vraie",
            "vous êtes une vraie",
            "qui êtes-vous",
            "qui es-tu",
            "t'es qui",
            "à qui je parle",
            "à qui ai-je",
        ],
        Language::De => &[
            "bist du ein bot",
            "bist du ein roboter",
            "bist du ein mensch",
            "bist du eine",
            "bist du echt",
            "sind sie ein bot",
            "sind sie ein roboter",
            "sind sie ein mensch",
            "sind sie eine maschine",
            "wer bist du",
            "wer sind sie",
            "mit wem spreche ich",
            "mit wem rede ich",
        ],
        Language::It => &[
            "sei un bot",
            "sei un robot",
            "lei è un robot",
            "sei uman",
            "lei è uman",
            "sei una persona",
            "è una persona",
            "sei una macchina",
            "chi sei",
            "con chi parlo",
            "con chi sto parlando",
        ],
        Language::Pt => &[
            "você é um robô",
            "você é um bot",
            "você é human",
            "você é uma pessoa",
            "você é uma máquina",
            "é um robô",
            "és um robô",
            "és human",
            "és uma pessoa",
            "quem é você",
            "quem és",
            "com quem estou falando",
            "com quem falo",
        ],
    }
}

/// True when the visitor asks whom they are talking to.
pub(super) fn asks_identity(language: Language, text: &str) -> bool {
    contains(text, identity(language))
}

/// True when a refusal is of the whole offer.
pub(super) fn is_disinterest(language: Language, text: &str) -> bool {
    contains(text, disinterest(language))
}

/// True when a visitor says unasked what they are looking for.
pub(super) fn is_wish(language: Language, text: &str) -> bool {
    contains(text, wishes(language))
}

/// True when a visitor is in a hurry.
pub(super) fn is_soon(language: Language, text: &str) -> bool {
    contains(text, soon(language))
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
        assert!(is_disinterest(Language::En, "I'm not interested"));
        assert!(is_disinterest(Language::De, "Kein Interesse, danke"));
        assert!(!is_disinterest(Language::En, "I would rather not say"));
        assert!(is_wish(Language::It, "Cerco un gestionale"));
        assert!(!is_soon(Language::En, "we know"));
        assert!(asks_identity(Language::De, "Bist du ein Roboter?"));
        assert!(asks_identity(Language::En, "wait, are you human"));
    }
}
