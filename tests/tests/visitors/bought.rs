//! Visitors who want something.

use serde_json::json;
use spotlight_core::domain::assistant::Language;
use spotlight_tests::deployment::Deployment;

use crate::people::{
    DE, EN, FR, IT, KNOWLEDGE_DE, KNOWLEDGE_EN, KNOWLEDGE_IT, NOTHING, assert_criterion, assert_never_three_times,
    assert_understood, attribute, conversation_reasons, reasons,
};

pub(crate) async fn eager_buyer(deployment: &Deployment) {
    let assistant = deployment.assistant(Language::En, EN, KNOWLEDGE_EN).await;
    let mut visitor = deployment.visitor(assistant, Some("Europe/Berlin")).await;
    visitor
        .all(&["Hi! We need cargo bikes for our deliveries", "I'm Maria Lopez", "Acme GmbH", "Up to 20k euros"])
        .await;
    visitor.all(&["Within the next two weeks", "Yes, that's me", "maria.lopez@example.com"]).await;
    let offer = visitor.says("Can we book a call on Thursday at 3pm?").await;
    assert!(offer.contains("3:00"), "the time asked for is offered: {offer}");
    visitor.all(&["Yes please, book it"]).await;
    if visitor.appointments().await.is_empty() {
        visitor.says("Yes").await;
    }
    visitor.says("Thanks, bye!").await;

    let conversation = visitor.seen().await;
    assert_eq!(attribute(&conversation, "status"), "completed");
    assert_criterion(&conversation, "need", "yes", "deliveries");
    assert_criterion(&conversation, "budget", "yes", "20k");
    assert_criterion(&conversation, "timeline", "yes", "two weeks");
    assert_criterion(&conversation, "authority", "yes", "that's me");
    let codes = conversation_reasons(&conversation);
    for code in ["answered_questions", "contact_given", "appointment_booked"] {
        assert!(codes.iter().any(|found| found == code), "{code} is a reason: {codes:?}");
    }
    let lead = visitor.lead().await;
    assert_eq!(attribute(&lead, "name"), "Maria Lopez");
    assert_eq!(attribute(&lead, "email"), "maria.lopez@example.com");
    assert_eq!(attribute(&lead, "company"), "Acme GmbH");
    assert_eq!(attribute(&lead, "status"), "contacted");
    assert_eq!(attribute(&lead, "qualified"), true);
    reasons(&lead["score"]["score"], &lead["score"]["reasons"]);
    let appointments = visitor.appointments().await;
    assert_eq!(appointments.len(), 1);
    // Thursday 26 March is still winter time in Berlin: three o'clock is 14:00 in UTC.
    assert_eq!(attribute(&appointments[0], "starts_at"), "2026-03-26T14:00:00Z");
    assert_eq!(attribute(&appointments[0], "status"), "scheduled");
    assert_understood(&visitor, ["yes", "yes", "yes", "yes"]).await;
    assert_never_three_times(&visitor.answers, EN);
}

pub(crate) async fn price_shopper(deployment: &Deployment) {
    let assistant = deployment.assistant(Language::De, DE, KNOWLEDGE_DE).await;
    let mut visitor = deployment.visitor(assistant, Some("Europe/Berlin")).await;
    let answer = visitor.says("Hallo, was kostet ein Lastenrad?").await;
    assert!(answer.contains("4900 Euro"), "{answer}");
    let first = conversation_reasons(&visitor.seen().await);
    assert!(first.iter().any(|code| code.contains("buying")), "asking for the price is interest: {first:?}");
    visitor.says("Das ist mir viel zu teuer.").await;
    visitor.says("Nein danke, tschüss").await;
    let conversation = visitor.seen().await;
    let codes = conversation_reasons(&conversation);
    assert!(codes.iter().any(|code| code.contains("objection")), "{codes:?}");
    assert_eq!(attribute(&conversation, "status"), "completed");
    let lead = visitor.lead().await;
    assert_eq!(attribute(&lead, "status"), "fresh");
    assert_eq!(attribute(&lead, "email"), &json!(null));
    assert!(visitor.appointments().await.is_empty());
    // Whoever finds it too dear has not said that there is no need.
    assert_understood(&visitor, NOTHING).await;
}

pub(crate) async fn returns_the_next_day(deployment: &Deployment) {
    let assistant = deployment.assistant(Language::En, &EN[1..2], KNOWLEDGE_EN).await;
    let mut first = deployment.visitor(assistant, None).await;
    first.all(&["Hello, I'm Tom Baker, my email is tom@example.com", "Nothing else, goodbye"]).await;
    let known = first.lead().await;
    assert_eq!(attribute(&first.seen().await, "status"), "completed");
    deployment.clock.forward(chrono::Duration::days(1));
    let mut second = deployment.visitor(assistant, None).await;
    let price = second.says("Hi, Tom Baker here again, tom@example.com. How much does a cargo bike cost?").await;
    assert!(price.contains("4900"), "{price}");
    second.says("Great, bye").await;
    let conversation = second.seen().await;
    assert_eq!(attribute(&conversation, "status"), "completed");
    let lead = second.lead().await;
    assert_eq!(lead["id"], known["id"], "the same e-mail is the same lead");
    let scores: Vec<f64> = [first.seen().await, conversation]
        .iter()
        .map(|conversation| attribute(conversation, "score").as_f64().expect("a score"))
        .collect();
    let s1 = (0.7 * scores[0] + 0.3 * 50.0).round();
    let s2 = (0.7 * f64::midpoint(scores[0], scores[1]) + 0.3 * s1).round();
    assert_eq!(lead["score"]["score"].as_f64(), Some(s2));
    assert_eq!(attribute(&lead, "name"), "Tom Baker");
    let list = deployment.team(&format!("/conversations?lead_id={}", known["id"].as_str().unwrap_or_default())).await;
    assert_eq!(list["meta"]["pagination"]["total_count"], 2);
    for visitor in [&first, &second] {
        assert_understood(visitor, NOTHING).await;
    }
}

pub(crate) async fn switches_time_zone(deployment: &Deployment) {
    let assistant = deployment.assistant(Language::En, &EN[6..], &[]).await;
    let mut visitor = deployment.visitor(assistant, Some("Europe/Berlin")).await;
    visitor.all(&["Hi, I'd like to book a call", "ann@example.com"]).await;
    // The visitor is in New York from now on: nine in the morning there is 14:00 in Berlin and 13:00 in UTC, since
    // New York has summer time already.
    let turn = json!({ "text": "How about Friday at 9 am?", "time_zone": "America/New_York" });
    let answer = visitor.turn(turn).await;
    assert!(answer.contains("9:00") && answer.contains("New_York"), "{answer}");
    visitor.says("Yes, book it please").await;
    if visitor.appointments().await.is_empty() {
        visitor.says("Yes").await;
    }
    let appointments = visitor.appointments().await;
    assert_eq!(appointments.len(), 1, "{:?}", visitor.answers);
    assert_eq!(attribute(&appointments[0], "starts_at"), "2026-03-27T13:00:00Z");
    assert_eq!(attribute(&appointments[0], "time_zone"), "America/New_York");
    assert_understood(&visitor, NOTHING).await;
}

pub(crate) async fn books_over_a_clock_change(deployment: &Deployment) {
    let assistant = deployment.assistant(Language::Fr, FR, &[]).await;
    let mut visitor = deployment.visitor(assistant, Some("Europe/Paris")).await;
    visitor.all(&["Bonjour", "Je m'appelle Claire Martin", "claire.martin@example.com"]).await;
    visitor.says("Je voudrais un rendez-vous lundi à 10h").await;
    visitor.says("Oui, c'est parfait").await;
    if visitor.appointments().await.is_empty() {
        visitor.says("Oui").await;
    }
    let appointments = visitor.appointments().await;
    assert_eq!(appointments.len(), 1, "{:?}", visitor.answers);
    // Summer time begins on Sunday: ten o'clock on Monday is 08:00 in UTC, not 09:00.
    assert_eq!(attribute(&appointments[0], "starts_at"), "2026-03-30T08:00:00Z");
    let lead = visitor.lead().await;
    assert_eq!(attribute(&lead, "name"), "Claire Martin");
    assert_eq!(attribute(&lead, "status"), "contacted");
    assert_understood(&visitor, NOTHING).await;
}

pub(crate) async fn asks_three_questions(deployment: &Deployment) {
    let assistant = deployment.assistant(Language::It, IT, KNOWLEDGE_IT).await;
    let mut visitor = deployment.visitor(assistant, None).await;
    let price = visitor.says("Buongiorno, quanto costa una bici da carico?").await;
    assert!(price.contains("4900 euro"), "{price}");
    let warranty = visitor.says("E quanto dura la garanzia?").await;
    assert!(warranty.contains("cinque anni"), "{warranty}");
    let delivery = visitor.says("In quanto tempo consegnate?").await;
    assert!(delivery.contains("dieci giorni"), "{delivery}");
    let unknown = visitor.says("Posso pagare con i bitcoin?").await;
    for (_, answer) in KNOWLEDGE_IT {
        assert!(!unknown.contains(answer), "nothing is invented: {unknown}");
    }
    assert_never_three_times(&visitor.answers, IT);
    assert_understood(&visitor, NOTHING).await;
}
