//! Objections, asking how soon it could start, and what a refusal refuses, in every language.

use super::{super::asks_for, Asked, Language, Topic, hearing};
use crate::{
    domain::score::{BuyingSignal, Objection, Said, Signals},
    scripted::understand::{concerns, understand},
};

fn signals(language: Language, asked: Asked, text: &str) -> Signals {
    let hearing = hearing(language, asked);
    let said = Said { asked, intents: understand(text, &hearing).intents, concerns: concerns(text, &hearing) };
    Signals::of_utterances(&[said])
}

/// What stands for a text: its objections, `start` and `refusal`.
fn words(language: Language, asked: Asked, text: &str) -> String {
    let signals = signals(language, asked, text);
    let mut words: Vec<_> = signals.objections.iter().map(|objection| objection.as_str()).collect();
    if signals.buying.contains(&BuyingSignal::Timeline) {
        words.push("start");
    }
    if signals.refusal {
        words.push("refusal");
    }
    words.join(" ")
}

fn check(language: Language, cases: &[(&str, &str)]) {
    let failures: Vec<_> = cases
        .iter()
        .map(|(text, wanted)| (text, wanted, words(language, Asked::Open, text)))
        .filter(|(_, wanted, found)| *wanted != found)
        .map(|(text, wanted, found)| format!("{text:?}\n    wanted {wanted:?}\n    found  {found:?}"))
        .collect();
    assert!(failures.is_empty(), "{} of {} failed:\n  {}", failures.len(), cases.len(), failures.join("\n  "));
}

#[test]
fn english() {
    check(
        Language::En,
        &[
            ("Not right now, maybe next year.", "timing"),
            ("It isn't the right time for us.", "timing"),
            ("We have no capacity for this right now.", "timing"),
            ("We already have a CRM provider.", "competitor"),
            ("We're happy with our current supplier.", "competitor"),
            ("Your competitor offers more.", "competitor"),
            ("I'd have to ask my boss first.", "authority"),
            ("My manager has to approve that.", "authority"),
            ("It's not my decision.", "authority"),
            ("I don't have to ask my boss.", ""),
            ("Do you already have a partner in Leeds?", ""),
            ("How soon could we start?", "start"),
            ("When can you deliver?", "start"),
            ("How long does the setup take?", "start"),
            ("When are you open?", ""),
            ("We need it by March.", ""),
            ("Our company does bike tours.", ""),
            ("I'm not interested.", "refusal"),
            ("I don't want an appointment.", ""),
            ("I'd rather not give my e-mail.", ""),
            ("No demo please, not interested in a demo.", ""),
            ("I'm not interested, and I won't give you my email.", "refusal"),
        ],
    );
}

#[test]
fn german() {
    check(
        Language::De,
        &[
            ("Im Moment nicht.", "timing"),
            ("Es ist gerade kein guter Zeitpunkt.", "timing"),
            ("Vielleicht nächstes Jahr.", "timing"),
            ("Das funktioniert im Moment nicht richtig.", ""),
            ("Wir haben schon einen Anbieter.", "competitor"),
            ("Wir sind zufrieden mit unserem jetzigen Anbieter.", "competitor"),
            ("Das muss mein Chef entscheiden.", "authority"),
            ("Ich muss erst meinen Chef fragen.", "authority"),
            ("Wie schnell können wir loslegen?", "start"),
            ("Wann könnten Sie liefern?", "start"),
            ("Ich bin nicht interessiert.", "refusal"),
            ("Ich möchte keinen Termin.", ""),
            ("Meine E-Mail möchte ich nicht nennen.", ""),
        ],
    );
}

#[test]
fn spanish() {
    check(
        Language::Es,
        &[
            ("Ahora no es buen momento, no es el mejor momento.", "timing"),
            ("Quizás el año que viene.", "timing"),
            ("Ya tenemos un proveedor.", "competitor"),
            ("Estamos contentos con nuestro proveedor actual.", "competitor"),
            ("Lo decide mi jefe, lo tiene que decidir mi jefe: decidirlo mi jefe.", "authority"),
            ("Tengo que consultarlo con mi socio.", "authority"),
            ("¿Cuándo podríamos empezar?", "start"),
            ("No me interesa.", "refusal"),
            ("No quiero una cita.", ""),
            ("No quiero dar mi correo.", ""),
        ],
    );
}

#[test]
fn french() {
    check(
        Language::Fr,
        &[
            ("Ce n'est pas le bon moment.", "timing"),
            ("Peut-être l'année prochaine.", "timing"),
            ("Nous avons déjà un prestataire.", "competitor"),
            ("Nous sommes satisfaits de notre fournisseur.", "competitor"),
            ("C'est mon patron qui décide.", "authority"),
            ("Je dois en parler à mon associé.", "authority"),
            ("Quand pourrions-nous commencer ?", "start"),
            ("Je ne suis pas intéressé.", "refusal"),
            ("Je ne veux pas de rendez-vous.", ""),
            ("Je ne veux pas donner mon e-mail.", ""),
        ],
    );
}

#[test]
fn italian() {
    check(
        Language::It,
        &[
            ("Non è il momento giusto.", "timing"),
            ("Forse l'anno prossimo.", "timing"),
            ("Abbiamo già un fornitore.", "competitor"),
            ("Siamo soddisfatti del nostro fornitore.", "competitor"),
            ("Decide il mio capo.", "authority"),
            ("Devo parlarne con il mio socio.", "authority"),
            ("Quando potremmo iniziare?", "start"),
            ("Non mi interessa.", "refusal"),
            ("Non voglio un appuntamento.", ""),
            ("Non voglio dare la mia e-mail.", ""),
        ],
    );
}

#[test]
fn portuguese() {
    check(
        Language::Pt,
        &[
            ("Não é o melhor momento.", "timing"),
            ("Talvez no ano que vem.", "timing"),
            ("Já temos um fornecedor.", "competitor"),
            ("Estamos satisfeitos com o nosso fornecedor.", "competitor"),
            ("Quem decide é o meu chefe.", "authority"),
            ("Preciso falar com o meu sócio.", "authority"),
            ("Quando podemos começar?", "start"),
            ("Não tenho interesse.", "refusal"),
            ("Não quero uma reunião.", ""),
            ("Não quero dar meu e-mail.", ""),
        ],
    );
}

#[test]
fn what_the_assistant_asks_for_is_in_its_last_question() {
    let contact = Asked::Topic(Topic::Email);
    for (language, text, wanted) in [
        (Language::En, "At which e-mail address or phone number can we reach you?", contact),
        (Language::En, "Noted. Shall we fix an appointment?", Asked::Slot),
        (Language::En, "Do you want a demo? We also ship. What else?", Asked::Open),
        (Language::En, "Your e-mail is noted.", Asked::Open),
        (Language::De, "Unter welcher E-Mail-Adresse oder Telefonnummer können wir Sie erreichen?", contact),
        (Language::Es, "¿En qué correo electrónico o teléfono podemos localizarle?", contact),
        (Language::Fr, "À quelle adresse e-mail ou à quel numéro pouvons-nous vous joindre ?", contact),
        (Language::It, "A quale indirizzo e-mail o numero di telefono possiamo contattarLa?", contact),
        (Language::Pt, "Em que e-mail ou telefone podemos entrar em contato?", contact),
        (Language::De, "Welcher der Termine passt Ihnen?", Asked::Slot),
    ] {
        assert_eq!(asks_for(text, language), wanted, "{text}");
    }
}

#[test]
fn a_price_is_no_other_objection() {
    assert_eq!(signals(Language::En, Asked::Open, "Too expensive for us.").objections, [Objection::Price].into());
}
