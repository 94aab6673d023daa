//! What holds for every text, and for every utterance built from known parts.

use std::time::{Duration, Instant};

use chrono::Timelike;
use proptest::prelude::*;

use super::{hearing, understand};
use crate::{
    domain::assistant::{Language, Topic},
    scripted::understanding::Asked,
};

const LANGUAGES: [Language; 6] = [Language::En, Language::Es, Language::Fr, Language::De, Language::It, Language::Pt];

fn any_asked() -> impl Strategy<Value = Asked> {
    prop_oneof![
        Just(Asked::Open),
        Just(Asked::Slot),
        Just(Asked::Confirm),
        proptest::sample::select(Topic::ALL.to_vec()).prop_map(Asked::Topic),
    ]
}

/// Pieces that extractors look at, in any order and number.
fn any_pieces() -> impl Strategy<Value = String> {
    let pieces = [
        "@",
        ".",
        ",",
        "-",
        "+",
        "(",
        ")",
        "/",
        ":",
        "'",
        "’",
        "?",
        "¿",
        "$",
        "€",
        "%",
        "#",
        "\n",
        " ",
        " ",
        " ",
        "0",
        "1",
        "12",
        "007",
        "2027",
        "999999999999",
        "10.000,50",
        "3.4.",
        "24/7",
        "k",
        "mio",
        "million",
        "tausend",
        "mila",
        "vingt",
        "quatre",
        "ein",
        "und",
        "zwanzig",
        "hundert",
        "e",
        "y",
        "et",
        "mil",
        "half",
        "halb",
        "menos",
        "cuarto",
        "at",
        "arroba",
        "punkt",
        "dot",
        "a@b.co",
        "maria",
        "van",
        "der",
        "de",
        "la",
        "GmbH",
        "S.L.",
        "Co",
        "&",
        "next",
        "week",
        "morgen",
        "lunes",
        "am",
        "pm",
        "h",
        "Uhr",
        "in",
        "the",
        "3rd",
        "April",
        "no",
        "not",
        "yes",
        "si",
        "sí",
        "I'm",
        "je m'appelle",
        "ich bin",
        "ß",
        "é",
        "e\u{301}",
        "\u{200b}",
        "🙂",
        "٣",
        "ǅ",
        "İ",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::conformance::rounds(400, 10_000)))]

    #[test]
    fn any_text_is_read(text in any::<String>(), asked in any_asked()) {
        for language in LANGUAGES {
            understand(&text, &hearing(language, asked));
        }
    }

    #[test]
    fn any_pieces_are_read(text in any_pieces(), asked in any_asked()) {
        for language in LANGUAGES {
            understand(&text, &hearing(language, asked));
        }
    }

    #[test]
    fn the_same_words_say_the_same(text in any_pieces(), asked in any_asked()) {
        let hearing = hearing(Language::De, asked);
        prop_assert_eq!(understand(&text, &hearing), understand(&text, &hearing));
    }

    #[test]
    fn an_address_is_found_in_any_sentence(
        user in "[a-z]{2,8}[0-9]{0,2}(\\.[a-z]{2,6})?", host in "[a-z]{3,9}(-[a-z]{2,5})?", top in "(com|org|de|es|io|co\\.uk)",
    ) {
        let address = format!("{user}@{host}.{top}");
        for (language, before, after) in [
            (Language::En, "my email is ", ", thanks"), (Language::Es, "mi correo es ", "."),
            (Language::Fr, "mon adresse est ", " merci"), (Language::De, "Schreiben Sie an ", "!"),
            (Language::It, "la mia mail è ", " grazie"), (Language::Pt, "o meu e-mail é ", ""),
        ] {
            let heard = understand(&format!("{before}{address}{after}"), &hearing(language, Asked::Open));
            prop_assert_eq!(heard.email.map(|email| email.to_string()), Some(address.clone()));
        }
    }

    #[test]
    fn a_number_is_found_however_it_is_grouped(
        digits in "[2-9][0-9]{6}", gaps in proptest::collection::vec(proptest::sample::select(vec!["", " ", "-", "."]), 6),
    ) {
        let grouped: String = digits.chars().zip(gaps.iter().chain([&""])).flat_map(|(d, gap)| [d.to_string(), (*gap).to_owned()]).collect();
        for (language, before) in [(Language::En, "call me: "), (Language::De, "meine Nummer: "), (Language::Fr, "mon numéro : ")] {
            let heard = understand(&format!("{before}+49 171 {grouped}"), &hearing(language, Asked::Topic(Topic::Phone)));
            prop_assert_eq!(heard.phone.map(|phone| phone.to_string()), Some(format!("+49171{digits}")));
        }
    }

    #[test]
    fn a_name_is_spelled_in_the_usual_capitals(first in "[b-df-hj-np-tv-z][aeiou][a-z]{3,6}x", last in "[b-df-hj-np-tv-z][aeiou][a-z]{3,6}q") {
        let capital = |word: &str| format!("{}{}", word[..1].to_uppercase(), &word[1..]);
        let want = format!("{} {}", capital(&first), capital(&last));
        for (language, before) in [
            (Language::En, "my name is "), (Language::Es, "me llamo "), (Language::Fr, "je m'appelle "),
            (Language::De, "ich heiße "), (Language::It, "mi chiamo "), (Language::Pt, "o meu nome é "),
        ] {
            let heard = understand(&format!("{before}{first} {last}"), &hearing(language, Asked::Open));
            prop_assert_eq!(heard.name, Some(want.clone()));
        }
    }

    #[test]
    fn an_amount_is_read_with_local_separators(whole in 1_000_u32..999_999, cents in 0_u32..100) {
        let want = i64::from(whole) * 100 + i64::from(cents);
        let (high, low) = (whole / 1_000, whole % 1_000);
        for (language, text) in [
            (Language::En, format!("our budget is {high},{low:03}.{cents:02} euros")),
            (Language::De, format!("unser Budget: {high}.{low:03},{cents:02} €")),
            (Language::Es, format!("el presupuesto es {high}.{low:03},{cents:02} euros")),
            (Language::Fr, format!("un budget de {high} {low:03},{cents:02} €")),
            (Language::It, format!("un budget di € {high}.{low:03},{cents:02}")),
            (Language::Pt, format!("orçamento de {high}.{low:03},{cents:02} euros")),
        ] {
            let heard = understand(&text, &hearing(language, Asked::Open));
            prop_assert_eq!(heard.budget.map(|amount| amount.minor), Some(want), "{}", text);
        }
    }

    #[test]
    fn a_time_of_tomorrow_is_read(hour in 8_u32..20, minute in 0_u32..60) {
        for (language, text) in [
            (Language::En, format!("tomorrow at {hour}:{minute:02}")),
            (Language::De, format!("morgen um {hour}:{minute:02} Uhr")),
            (Language::Es, format!("mañana a las {hour}:{minute:02}")),
            (Language::Fr, format!("demain à {hour}h{minute:02}")),
            (Language::It, format!("domani alle {hour}:{minute:02}")),
            (Language::Pt, format!("amanhã às {hour}h{minute:02}")),
        ] {
            let hearing = hearing(language, Asked::Slot);
            let at = understand(&text, &hearing).when.and_then(|when| when.at);
            let local = at.map(|at| at.with_timezone(&hearing.time_zone));
            prop_assert_eq!(local.map(|at| (at.hour(), at.minute())), Some((hour, minute)), "{}", text);
        }
    }
}

/// Long texts that repeat what makes extractors look around, against time that grows with the square.
#[test]
fn long_texts_take_no_longer_than_their_length() {
    let pieces = [
        "a",
        "1 ",
        "+",
        "(",
        "1.",
        "at ",
        "@",
        "a@b",
        "not ",
        "not a b ",
        "- ",
        "punkt ",
        "ein",
        "'",
        "\n",
        "€1 ",
        "x.",
        "de la ",
        "S.",
        "GmbH ",
        "? ",
        "the ",
        "not interested ",
        "not interested in it ",
        "but ",
        "what ",
        "and what ",
        "you are a ",
        "€1 too expensive ",
        "thanks ",
        "not urgent ",
        "my name is not ",
    ];
    for piece in pieces {
        let text = piece.repeat(10_000 / piece.len());
        for language in LANGUAGES {
            let begun = Instant::now();
            understand(&text, &hearing(language, Asked::Topic(Topic::Name)));
            assert!(begun.elapsed() < Duration::from_secs(2), "{piece:?} in {language} took {:?}", begun.elapsed());
        }
    }
}
