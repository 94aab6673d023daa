use chrono_tz::Tz;
use rstest::rstest;
use uuid::Uuid;

use super::*;
use crate::{
    domain::{
        assistant::Language,
        id::{AssistantId, KnowledgeId, OrganizationId},
    },
    scripted::understanding::Asked,
};

const EN: &[(&str, &str)] = &[
    ("How much does it cost?", "49 euros a month."),
    ("Where is the data stored?", "In Germany."),
    ("How long is the warranty?", "Five years."),
    ("How much does a helmet cost?", "A helmet is 30 euros."),
];
const DE: &[(&str, &str)] = &[("Was kostet es?", "49 Euro."), ("Wo liegen die Daten?", "In Frankfurt.")];
const ES: &[(&str, &str)] =
    &[("¿Cuánto cuesta?", "49 euros al mes."), ("¿Dónde se guardan los datos?", "En Alemania.")];
const FR: &[(&str, &str)] =
    &[("Combien ça coûte ?", "49 euros par mois."), ("Où sont stockées les données ?", "En Allemagne.")];
const IT: &[(&str, &str)] = &[("Quanto costa?", "49 euro al mese."), ("Dove sono conservati i dati?", "In Germania.")];
const PT: &[(&str, &str)] = &[("Quanto custa?", "49 euros por mês."), ("Onde ficam os dados?", "Na Alemanha.")];

fn ranked(language: Language, entries: &[(&str, &str)], words: &str) -> Vec<KnowledgeMatch> {
    let now = chrono::DateTime::parse_from_rfc3339("2026-11-23T08:00:00Z").expect("a moment").to_utc();
    let entry = |(question, answer): &(&str, &str)| Knowledge {
        id: KnowledgeId::from_uuid(Uuid::from_u128(1)),
        organization_id: OrganizationId::from_uuid(Uuid::from_u128(2)),
        assistant_id: AssistantId::from_uuid(Uuid::from_u128(3)),
        question: Some((*question).to_owned()),
        answer: (*answer).to_owned(),
        created_at: now,
        updated_at: now,
    };
    let entries: Vec<_> = entries.iter().map(entry).collect();
    let hearing = Hearing { language, asked: Asked::Open, now, time_zone: Tz::Europe__Berlin, region: None };
    rank(&Known::new(entries), words, &hearing)
}

/// The answers that are good enough to be told, in the order of the questions.
fn told(language: Language, entries: &[(&str, &str)], words: &str) -> Vec<String> {
    let found = ranked(language, entries, words);
    let best = |query| found.iter().find(|found| found.best_for.contains(&query) && found.coverage >= 0.5);
    (0..2).filter_map(best).map(|found| found.answer.clone()).collect()
}

#[rstest]
#[case(Language::En, EN, "Hi, Tom Baker here again, tom@example.com. How long is the warranty?", "Five years.")]
#[case(Language::En, EN, "My name is Ann Lee, I work for Globex, where is the data stored?", "In Germany.")]
#[case(Language::De, DE, "Guten Tag, ich heiße Jana Vogel, jana@vogel.example. Wo liegen die Daten?", "In Frankfurt.")]
#[case(Language::Es, ES, "Hola, soy Marta Gil, marta@gil.example. ¿Dónde se guardan los datos?", "En Alemania.")]
#[case(
    Language::Fr,
    FR,
    "Bonjour, je m'appelle Luc Petit, luc@petit.example. Où sont stockées les données ?",
    "En Allemagne."
)]
#[case(
    Language::It,
    IT,
    "Salve, mi chiamo Rita Conti, rita@conti.example. Dove sono conservati i dati?",
    "In Germania."
)]
#[case(Language::Pt, PT, "Olá, meu nome é Rui Lopes, rui@lopes.example. Onde ficam os dados?", "Na Alemanha.")]
fn names_and_addresses_do_not_count_against_an_answer(
    #[case] language: Language,
    #[case] entries: &[(&str, &str)],
    #[case] words: &str,
    #[case] answer: &str,
) {
    assert_eq!(told(language, entries, words), [answer]);
}

#[rstest]
#[case(Language::En, EN, "How much does it cost and where is the data stored?", ["49 euros a month.", "In Germany."])]
#[case(Language::En, EN, "Where is the data stored? And how long is the warranty?", ["In Germany.", "Five years."])]
#[case(Language::De, DE, "Was kostet es und wo liegen die Daten?", ["49 Euro.", "In Frankfurt."])]
#[case(Language::Es, ES, "¿Cuánto cuesta y dónde se guardan los datos?", ["49 euros al mes.", "En Alemania."])]
#[case(Language::Fr, FR, "Combien ça coûte et où sont stockées les données ?", ["49 euros par mois.", "En Allemagne."])]
#[case(Language::It, IT, "Quanto costa e dove sono conservati i dati?", ["49 euro al mese.", "In Germania."])]
#[case(Language::Pt, PT, "Quanto custa e onde ficam os dados?", ["49 euros por mês.", "Na Alemanha."])]
fn two_questions_are_looked_for_one_by_one(
    #[case] language: Language,
    #[case] entries: &[(&str, &str)],
    #[case] words: &str,
    #[case] answers: [&str; 2],
) {
    assert_eq!(told(language, entries, words), answers);
}

#[rstest]
#[case(Language::En, EN, "What's the price?", "49 euros a month.")]
#[case(Language::En, EN, "Could you tell me your prices?", "49 euros a month.")]
#[case(Language::En, EN, "What is the price of a helmet?", "A helmet is 30 euros.")]
#[case(Language::De, DE, "Wie ist der Preis?", "49 Euro.")]
#[case(Language::Es, ES, "¿Qué precio tiene?", "49 euros al mes.")]
#[case(Language::Fr, FR, "Quels sont vos tarifs ?", "49 euros par mois.")]
#[case(Language::It, IT, "Qual è il prezzo?", "49 euro al mese.")]
#[case(Language::Pt, PT, "Qual é o preço?", "49 euros por mês.")]
fn a_price_is_found_in_other_words(
    #[case] language: Language,
    #[case] entries: &[(&str, &str)],
    #[case] words: &str,
    #[case] answer: &str,
) {
    assert_eq!(told(language, entries, words), [answer]);
}

#[rstest]
#[case(Language::En, EN, "What is the price of a helicopter?")]
#[case(Language::De, DE, "Was ist der Preis für einen Hubschrauber?")]
#[case(Language::Es, ES, "¿Qué precio tiene el helicóptero?")]
#[case(Language::Fr, FR, "Quel est le prix d'un hélicoptère ?")]
fn the_price_of_something_else_is_no_answer(
    #[case] language: Language,
    #[case] entries: &[(&str, &str)],
    #[case] words: &str,
) {
    assert_eq!(told(language, entries, words), Vec::<String>::new());
}

#[test]
fn of_two_questions_the_unknown_one_has_no_entry() {
    let found = ranked(Language::En, EN, "How long is the warranty? And who founded you?");
    assert_eq!(found[0].best_for, [0]);
    assert!(found.iter().all(|found| !found.best_for.contains(&1)), "{found:?}");
}

#[test]
fn words_that_ask_nothing_are_looked_for_as_they_are() {
    let found = ranked(Language::En, EN, "warranty");
    assert_eq!((found[0].answer.as_str(), found[0].best_for.as_slice()), ("Five years.", &[0][..]));
    assert_eq!(ranked(Language::En, EN, ""), []);
}
