//! What the assistants ask and know, and what is checked of every visitor.

use serde_json::Value;
use spotlight_core::domain::assistant::Topic;
use spotlight_tests::deployment::Visitor;

pub(crate) const EN: &[(Topic, &str)] = &[
    (Topic::Need, "What would you use the bikes for?"),
    (Topic::Name, "May I ask your name?"),
    (Topic::Company, "Which company are you with?"),
    (Topic::Budget, "What budget do you have in mind?"),
    (Topic::Timeline, "When do you need them?"),
    (Topic::Authority, "Are you the one who decides?"),
    (Topic::Email, "What is your e-mail address?"),
];

pub(crate) const DE: &[(Topic, &str)] = &[
    (Topic::Need, "Wofür brauchen Sie die Räder?"),
    (Topic::Budget, "Welches Budget haben Sie eingeplant?"),
    (Topic::Email, "Wie lautet Ihre E-Mail-Adresse?"),
];

pub(crate) const ES: &[(Topic, &str)] = &[
    (Topic::Name, "¿Cómo se llama usted?"),
    (Topic::Email, "¿Cuál es su correo electrónico?"),
    (Topic::Need, "¿Para qué necesita las bicicletas?"),
];

pub(crate) const FR: &[(Topic, &str)] =
    &[(Topic::Name, "Quel est votre nom ?"), (Topic::Email, "Quelle est votre adresse e-mail ?")];

pub(crate) const IT: &[(Topic, &str)] =
    &[(Topic::Need, "Per che cosa vi servono le bici?"), (Topic::Name, "Come si chiama?")];

pub(crate) const PT: &[(Topic, &str)] = &[(Topic::Name, "Como se chama?"), (Topic::Email, "Qual é o seu e-mail?")];

pub(crate) const KNOWLEDGE_EN: &[(&str, &str)] = &[
    ("How much does a cargo bike cost?", "A cargo bike costs 4900 euros."),
    ("How long is the warranty?", "The warranty is five years."),
];

pub(crate) const KNOWLEDGE_DE: &[(&str, &str)] = &[("Was kostet ein Lastenrad?", "Ein Lastenrad kostet 4900 Euro.")];

pub(crate) const KNOWLEDGE_IT: &[(&str, &str)] = &[
    ("Quanto costa una bici da carico?", "Una bici da carico costa 4900 euro."),
    ("Quanto dura la garanzia?", "La garanzia dura cinque anni."),
    ("In quanto tempo consegnate?", "Consegniamo in dieci giorni."),
];

/// An attribute of a document.
pub(crate) fn attribute<'a>(document: &'a Value, name: &str) -> &'a Value {
    &document["attributes"][name]
}

/// Checks a criterion and that it is shown by the visitor's own words.
pub(crate) fn assert_criterion(conversation: &Value, name: &str, met: &str, words: &str) {
    let criterion = &attribute(conversation, "criteria")[name];
    assert_eq!(criterion["met"], met, "{name}: {criterion}");
    let quote = criterion["quote"].as_str().unwrap_or_default();
    assert!(quote.contains(words), "{name} is quoted as {quote:?}");
}

/// Checks that a score is there and is the sum of its reasons, and gives the codes of the reasons.
pub(crate) fn reasons(score: &Value, reasons: &Value) -> Vec<String> {
    let list = reasons.as_array().expect("reasons");
    let points: i64 = list.iter().filter_map(|reason| reason["points"].as_i64()).sum();
    assert_eq!(score.as_i64(), Some(points), "a score is the sum of its reasons: {reasons}");
    list.iter().filter_map(|reason| reason["code"].as_str().map(str::to_owned)).collect()
}

/// The codes of the reasons of a conversation's score, which must add up.
pub(crate) fn conversation_reasons(conversation: &Value) -> Vec<String> {
    reasons(attribute(conversation, "score"), attribute(conversation, "score_reasons"))
}

/// Checks that no question was asked more than twice.
pub(crate) fn assert_never_three_times(answers: &[String], questions: &[(Topic, &str)]) {
    for (_, text) in questions {
        let times = answers.iter().filter(|answer| answer.contains(text)).count();
        assert!(times <= 2, "asked {times} times: {text}");
    }
}

/// A visitor of whom no criterion is known.
pub(crate) const NOTHING: [&str; 4] = ["unknown"; 4];

/// What is checked of every visitor: that the transcript is what was said in its order, that the score is the sum of its
/// reasons, and that of budget, authority, need and timeline each is `expected` and shown by the visitor's own words
/// where anything is known of it. Gives the conversation.
pub(crate) async fn assert_understood(visitor: &Visitor<'_>, expected: [&str; 4]) -> Value {
    visitor.transcripts().await;
    let conversation = visitor.seen().await;
    if !attribute(&conversation, "score").is_null() {
        conversation_reasons(&conversation);
    }
    let criteria = attribute(&conversation, "criteria");
    let names = ["budget", "authority", "need", "timeline"];
    let found = names.map(|name| criteria[name]["met"].as_str().unwrap_or_default());
    assert_eq!(found, expected, "{criteria}");
    for name in names {
        let (met, quote) = (&criteria[name]["met"], criteria[name]["quote"].as_str());
        assert_eq!(met == "unknown", quote.is_none(), "{name}: {criteria}");
        if let Some(quote) = quote {
            assert!(!quote.trim().is_empty() && visitor.words().any(|said| said.contains(quote)), "{name}: {quote:?}");
        }
    }
    conversation
}
