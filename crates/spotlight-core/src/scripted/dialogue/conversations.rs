//! Dialogues in the visitors' own words, understood and looked up as on the platform.

use rstest::rstest;
use serde_json::json;

use super::stage::{Said, Stage, at, question};
use crate::{
    domain::{
        assistant::{
            Language::{self, De, En, Es, Fr, It, Pt},
            Tone, Topic,
        },
        contact::Email,
    },
    scripted::templates::Line,
};

fn greeted(language: Language) -> Stage {
    let mut stage = Stage::new(language, Tone::Professional);
    stage.assistant().language = language;
    stage.greeted()
}

/// A visitor who has left an address and is asked nothing.
fn known(language: Language) -> Stage {
    let mut stage = Stage::new(language, Tone::Professional);
    stage.assistant().questions = Vec::new();
    stage.brief.state.given.email = Some(Email::parse("anna@example.com").expect("an address"));
    stage.greeted()
}

/// The same with an appointment on Tuesday at ten.
fn booked(language: Language) -> Stage {
    let mut stage = known(language);
    stage.tools.booked = Some(at("2026-11-24T09:00:00Z"));
    stage.brief.state.booked = true;
    stage
}

/// An assistant with one question, which has been asked.
fn asked(language: Language, topic: Topic) -> Stage {
    let mut stage = Stage::new(language, Tone::Professional);
    stage.assistant().questions = vec![question("it", topic)];
    let mut stage = stage.greeted();
    stage.says(match language {
        En => "hello",
        De => "hallo",
        Es => "hola",
        Fr => "bonjour",
        It => "buongiorno",
        Pt => "olá",
    });
    assert_eq!(stage.state().question.as_deref(), Some("it"));
    stage
}

#[rstest]
#[case(En, "I'm interested, but I'd rather not give my phone number")]
#[case(En, "Not interested in the pro plan but basic could work")]
#[case(En, "Not interested in a demo, just tell me the price")]
#[case(De, "Kein Interesse am Pro-Tarif, aber Basis könnte für uns passen")]
#[case(De, "Ich bin interessiert, möchte aber meine Nummer lieber nicht angeben")]
#[case(Es, "Me interesa, pero prefiero no dar mi teléfono")]
#[case(Fr, "Ça m'intéresse, mais je préfère ne pas donner mon numéro")]
#[case(It, "Mi interessa, ma preferisco non dare il mio numero")]
#[case(Pt, "Tenho interesse, mas prefiro não dar meu telefone")]
fn interested_visitors_are_not_sent_away(#[case] language: Language, #[case] text: &str) {
    let mut stage = greeted(language);
    let said = stage.says(text);
    assert!(!said.has(Line::NotInterested) && !stage.state().closing, "{}", said.text);
    assert_eq!(stage.tools.ended, None);
}

#[rstest]
#[case(En, "I'm not interested, sorry")]
#[case(De, "Kein Interesse")]
#[case(Es, "No me interesa, gracias")]
#[case(Fr, "Ça ne m'intéresse pas")]
#[case(It, "Non sono interessato")]
#[case(Pt, "Não tenho interesse")]
fn disinterest_ends_the_talk(#[case] language: Language, #[case] text: &str) {
    let mut stage = greeted(language);
    assert!(stage.says(text).has(Line::NotInterested));
    assert_eq!(stage.tools.ended.as_deref(), Some("visitor_ended"));
}

#[rstest]
#[case(En, "Can I cancel any time?", "yes, monthly")]
#[case(De, "Kann ich jederzeit stornieren?", "ja, monatlich")]
#[case(Es, "¿Puedo cancelar en cualquier momento?", "sí, cada mes")]
#[case(Fr, "Puis-je annuler à tout moment ?", "oui, chaque mois")]
#[case(It, "Posso annullare in qualsiasi momento?", "sì, ogni mese")]
#[case(Pt, "Posso cancelar a qualquer momento?", "sim, todo mês")]
fn a_question_about_cancelling_is_answered(#[case] language: Language, #[case] text: &str, #[case] answer: &str) {
    let mut stage = booked(language).business(&[(text, answer)]);
    let said = stage.says(text);
    assert!(said.text.contains(answer), "{}", said.text);
    assert!(stage.tools.booked.is_some() && stage.tools.calls.is_empty());
    // Nothing is booked, and nothing is known.
    let said = greeted(language).says(text);
    assert!(said.has(Line::Unknown) && !said.has(Line::NothingToCancel), "{}", said.text);
}

#[rstest]
#[case(En, "I need to cancel my appointment", "no", "yes please")]
#[case(De, "Ich möchte meinen Termin absagen", "nein", "ja, bitte")]
#[case(Es, "Quiero cancelar mi cita", "no", "sí, por favor")]
#[case(Fr, "Je voudrais annuler mon rendez-vous", "non", "oui")]
#[case(It, "Vorrei annullare il mio appuntamento", "no", "sì")]
#[case(Pt, "Quero cancelar a minha reunião", "não", "sim")]
fn calling_off_is_asked_back(#[case] language: Language, #[case] text: &str, #[case] no: &str, #[case] yes: &str) {
    let mut stage = booked(language);
    assert!(stage.says(text).has(Line::ConfirmCancel));
    let said = stage.says(no);
    assert!(said.has(Line::Kept) && stage.tools.booked.is_some(), "{}", said.text);
    assert!(stage.says(text).has(Line::ConfirmCancel));
    let said = stage.says(yes);
    assert!(said.has(Line::Cancelled) && stage.tools.booked.is_none(), "{}", said.text);
}

#[rstest]
#[case(En, "I'd like an appointment", "no", "Thursday at 3pm")]
#[case(De, "Ich hätte gern einen Termin", "nein", "Donnerstag um 15 Uhr")]
#[case(Es, "Quiero una cita", "no", "el jueves a las 15:00")]
#[case(Fr, "Je voudrais un rendez-vous", "non", "jeudi à 15h")]
#[case(It, "Vorrei un appuntamento", "no", "giovedì alle 15")]
#[case(Pt, "Quero marcar uma reunião", "não", "quinta-feira às 15h")]
fn a_time_named_after_the_offers_is_heard(
    #[case] language: Language,
    #[case] wish: &str,
    #[case] no: &str,
    #[case] time: &str,
) {
    let mut stage = known(language);
    assert!(stage.says(wish).has(Line::Offer));
    assert!(stage.says(no).has(Line::OfferOther));
    assert!(stage.says(no).has(Line::OfferOther));
    assert!(stage.says(no).has(Line::BookingLeft));
    let said = stage.says(time);
    assert!(said.has(Line::Confirm), "{}", said.text);
    assert_eq!(stage.tools.held, Some(at("2026-11-26T14:00:00Z")));
}

#[test]
fn a_fourth_wish_is_looked_up_like_the_first() {
    let mut stage = known(En);
    stage.says("I'd like an appointment");
    for day in ["Thursday", "Friday", "Wednesday", "Thursday"] {
        let said = stage.says(&format!("rather {day}"));
        assert!(said.has(Line::Offer) && said.text.contains(day), "{}", said.text);
    }
}

#[rstest]
#[case(En, "Call me tomorrow at 3pm")]
#[case(De, "Rufen Sie mich morgen um 15 Uhr an")]
#[case(Es, "Llámame mañana a las 15:00")]
#[case(Fr, "Appelez-moi demain à 15h")]
#[case(It, "Mi chiami domani alle 15")]
#[case(Pt, "Me ligue amanhã às 15h")]
fn who_wants_a_call_at_a_time_gets_it(#[case] language: Language, #[case] text: &str) {
    let mut stage = known(language);
    let said = stage.says(text);
    assert!(said.has(Line::Confirm), "{}", said.text);
    assert_eq!(stage.tools.held, Some(at("2026-11-24T14:00:00Z")));
}

#[rstest]
#[case(En, "Can we make it Thursday at 3pm instead?", "yes")]
#[case(De, "Ginge auch Donnerstag um 15 Uhr?", "ja")]
#[case(Es, "¿Podría ser el jueves a las 15:00?", "sí")]
#[case(Fr, "Est-ce que jeudi à 15h serait possible ?", "oui")]
fn another_time_moves_what_is_booked(#[case] language: Language, #[case] text: &str, #[case] yes: &str) {
    let mut stage = booked(language);
    let said = stage.says(text);
    assert!(said.has(Line::Confirm), "{}", said.text);
    assert!(stage.says(yes).has(Line::Moved));
    assert_eq!(stage.tools.booked, Some(at("2026-11-26T14:00:00Z")));
}

#[test]
fn an_appointment_stays_when_no_other_time_suits() {
    let mut stage = booked(En);
    assert!(stage.says("I need to reschedule the meeting").has(Line::Offer));
    stage.says("no");
    stage.says("no");
    let said = stage.says("no");
    assert!(said.has(Line::Kept) && !said.has(Line::BookingLeft), "{}", said.text);
    assert!(stage.tools.booked.is_some());
}

const BIKES: &[(&str, &str)] = &[
    ("How much does a cargo bike cost?", "A cargo bike costs 4900 euros."),
    ("How long is the warranty?", "Five years."),
];

#[test]
fn a_question_beside_a_name_and_an_address_is_answered() {
    let mut stage = greeted(En).business(BIKES);
    let said = stage.says("Hi, Tom Baker here again, tom@example.com. How much does a cargo bike cost?");
    assert!(said.text.contains("4900"), "{}", said.text);
    assert_eq!(stage.tools.captured[0], json!({ "name": "Tom Baker", "email": "tom@example.com" }));
}

#[test]
fn two_questions_get_two_answers_or_word_that_one_is_missing() {
    let mut stage = known(En).business(BIKES);
    let said = stage.says("How much does a cargo bike cost and how long is the warranty?");
    assert!(said.text.contains("4900") && said.text.contains("Five years"), "{}", said.text);
    let said = stage.says("How long is the warranty? And do you ship to Iceland?");
    assert!(said.text.contains("Five years") && said.has(Line::UnknownRest), "{}", said.text);
}

#[rstest]
#[case(En, "Not now", "no")]
#[case(En, "It's not urgent", "no")]
#[case(En, "I don't know right now", "partial")]
#[case(En, "As soon as possible", "yes")]
#[case(En, "In three months", "yes")]
#[case(De, "Das ist nicht dringend", "no")]
#[case(De, "So schnell wie möglich", "yes")]
#[case(Es, "No es urgente", "no")]
#[case(Es, "lo antes posible", "yes")]
#[case(Fr, "Ce n'est pas urgent", "no")]
#[case(Fr, "c'est très urgent", "yes")]
#[case(It, "Non è urgente", "no")]
#[case(Pt, "Não é urgente", "no")]
fn a_deadline_is_met_only_by_one(#[case] language: Language, #[case] text: &str, #[case] met: &str) {
    let mut stage = asked(language, Topic::Timeline);
    stage.says(text);
    assert_eq!(stage.tools.captured[0]["answers"][0]["met"], met, "{text}");
}

#[rstest]
#[case(Es, "ya tenemos proveedor")]
#[case(Pt, "já temos fornecedor")]
#[case(En, "we know you already")]
#[case(De, "Wir haben bald alles durch")]
fn a_supplier_is_no_deadline(#[case] language: Language, #[case] text: &str) {
    let mut stage = asked(language, Topic::Timeline);
    stage.says(text);
    let met = stage.tools.captured.first().map(|captured| captured["answers"][0]["met"].clone());
    assert_ne!(met, Some(json!("yes")), "{text}");
}

#[rstest]
#[case(En, "Who are you?", "Who are your customers?")]
#[case(De, "Wer sind Sie?", "Wer sind Ihre Kunden?")]
#[case(Es, "¿Quién eres?", "¿Quiénes son sus clientes?")]
#[case(Fr, "Qui êtes-vous ?", "Êtes-vous une entreprise certifiée ?")]
#[case(It, "Chi sei?", "Chi sono i vostri clienti?")]
#[case(Pt, "Quem é você?", "Quem são os seus clientes?")]
fn who_asks_is_told_who_speaks_and_what_for(#[case] language: Language, #[case] who: &str, #[case] other: &str) {
    let said = greeted(language).says(who);
    assert!(said.has(Line::Identity) && said.text.contains("Answers questions and qualifies."), "{}", said.text);
    let said = greeted(language).says(other);
    assert!(!said.has(Line::Identity) && said.has(Line::Unknown), "{}", said.text);
}

#[test]
fn what_it_does_is_told_from_knowledge_first() {
    let said = greeted(En).says("What can you do for me?");
    assert!(said.has(Line::Role), "{}", said.text);
    let does = [("What can you do for a company?", "We build bikes.")];
    let said = greeted(En).business(&does).says("What can you do for our company?");
    assert!(said.text.contains("We build bikes.") && !said.has(Line::Identity), "{}", said.text);
    let said = greeted(It).says("C'è una persona con cui parlare?");
    assert!(said.has(Line::HandOffCalled), "{}", said.text);
}

#[test]
fn the_role_is_said_in_its_own_language_only() {
    let mut stage = Stage::new(En, Tone::Friendly);
    assert!(stage.open().text.contains("Answers questions and qualifies."));
    let mut stage = Stage::new(En, Tone::Friendly);
    stage.brief.language = De;
    assert!(!stage.open().has(Line::Role));
}

#[test]
fn an_own_greeting_is_said_to_who_speaks_first() {
    let mut stage = Stage::new(En, Tone::Friendly);
    stage.assistant().greeting = Some("Welcome to the bike shop! What are you looking for?".to_owned());
    let said = stage.says("hello");
    assert!(said.text.starts_with("Welcome to the bike shop!"), "{}", said.text);
    assert_eq!(said.text.matches('?').count(), 1, "{}", said.text);
    let mut stage = Stage::new(En, Tone::Friendly);
    stage.assistant().greeting = Some("What are you looking for?".to_owned());
    assert!(stage.says("hello").has(Line::Greeting));
}

#[rstest]
#[case(En, "that's wrong")]
#[case(De, "das ist falsch")]
#[case(Es, "eso está mal")]
#[case(Fr, "c'est faux")]
fn what_is_wrong_is_asked_twice_at_most(#[case] language: Language, #[case] text: &str) {
    let mut stage = known(language);
    let said: Vec<Said> = (0..5).map(|_| stage.says(text)).collect();
    assert_eq!(said.iter().filter(|said| said.has(Line::WhatToCorrect)).count(), 2);
}

#[rstest]
#[case(En, "No thanks", "How much does it cost?")]
#[case(De, "Nein danke", "Was kostet das?")]
#[case(Es, "No, gracias", "¿Cuánto cuesta?")]
#[case(Fr, "Non merci", "Combien ça coûte ?")]
#[case(It, "No grazie", "Quanto costa?")]
#[case(Pt, "Não, obrigado", "Quanto custa?")]
fn who_declines_help_is_not_questioned(#[case] language: Language, #[case] no: &str, #[case] price: &str) {
    let mut stage = greeted(language);
    let said = stage.says(no);
    assert!(said.has(Line::Waiting) && !said.text.contains('?'), "{}", said.text);
    assert!(!stage.state().closing);
    // Whoever asks is answered again.
    assert!(stage.says(price).has(Line::UnknownPrice));
    assert_eq!(stage.state().refusals, 0);
}

#[rstest]
#[case(En, "hello", "no", "ok")]
#[case(De, "hallo", "nein", "ok")]
#[case(Es, "hola", "no", "ok")]
#[case(Fr, "bonjour", "non", "ok")]
fn who_refuses_three_times_is_left_in_peace(
    #[case] language: Language,
    #[case] hello: &str,
    #[case] no: &str,
    #[case] ok: &str,
) {
    let mut stage = Stage::new(language, Tone::Friendly);
    let topics = [Topic::Need, Topic::Budget, Topic::Timeline, Topic::Authority];
    stage.assistant().questions = topics.map(|topic| question(topic.as_str(), topic)).to_vec();
    let mut stage = stage.greeted();
    stage.says(hello);
    assert!(stage.says(no).asked().is_some());
    assert!(stage.says(no).asked().is_some());
    for text in [no, ok] {
        let said = stage.says(text);
        assert!(said.asked().is_none() && !said.text.contains('?'), "{}", said.text);
    }
}

#[test]
fn a_polite_no_to_a_question_is_not_stored_as_its_answer() {
    let mut stage = asked(En, Topic::Budget);
    let said = stage.says("no thanks");
    assert!(said.has(Line::SkipDatum) && !said.has(Line::Ack), "{}", said.text);
    assert!(stage.tools.captured.is_empty());
}
