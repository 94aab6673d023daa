use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

use super::*;

#[rstest]
#[case("Write to Maria.Lopez+crm@mail.example.co.uk.", "Write to [email].")]
#[case("<maria@example.com>, or (bob_1@example.org)", "<[email]>, or ([email])")]
#[case("'o'brien@example.ie'", "'[email]'")]
#[case("\"john doe\"@example.com", "[email]")]
#[case("müller@bücher.example", "[email]")]
#[case("a@b.com@c.com", "[email]@c.com")]
#[case("see you @ 5, @home, user@localhost", "see you @ 5, @home, user@localhost")]
fn emails_go(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(redact(text, &[]), expected);
}

#[rstest]
#[case("+49 30 1234567", "[phone]")]
#[case("call (030) 123 45 67 now", "call [phone] now")]
#[case("my number is 555-123-4567x89", "my number is [phone]x89")]
#[case("06 12 34 56 78 ou 01.12.11.10.09", "[phone] ou [phone]")]
#[case("0044 (0)20 7946 0958", "[phone]")]
#[case("(call 5551234567)", "(call [phone])")]
#[case("Tel:30 12 34 56 78", "Tel:[phone]")]
#[case("612.345.678", "[phone]")]
#[case("5551234567 EUR 500", "[phone] EUR 500")]
#[case("on 12.03.2026 at 10:30 555 1234567", "on 12.03.2026 at 10:30 [phone]")]
#[case("030 1999-2000", "[phone]")]
#[case("whatsapp491701234567", "whatsapp[phone]")]
#[case("IBAN DE89 3704 0044 0532 0130 00", "IBAN DE89 [phone]")]
fn phones_go(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(redact(text, &[]), expected);
}

#[rstest]
#[case("4111 1111 1111 1111", "[card]")]
#[case("my card: 378282246310005.", "my card: [card].")]
#[case("5500-0000-0000-0004", "[card]")]
#[case("4111 1111 1111 1112", "[phone]")]
fn cards_go_by_their_check_digit(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(redact(text, &[]), expected);
}

#[rstest]
#[case("I am Maria Lopez, MARIA's friend", "I am [name] [name], [name]'s friend")]
#[case("López, not lope or Lopezia", "[name], not lope or Lopezia")]
#[case("Mari\u{301}a from Rio de Janeiro", "[name] from Rio de Janeiro")]
fn names_go_as_whole_words_whatever_the_accent(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(redact(text, &["María de López"]), expected);
}

#[rstest]
#[case("on 2026-11-23 at 10:30, or 23.11.2026 10:30, or 11/23/26")]
#[case("2026-11-23T10:00:00.123456Z, 2026-11-23 10:00:00.123456789+00:00")]
#[case("€ 1.234.567, 5000000 EUR, $1234567, R$ 1 234 567, 12500000.50 euros")]
#[case("1,234,567.89 or 50000 - 60000 or 20.000-30.000")]
#[case("between 2024-2026, 20 people, 24/7, order AB1234567")]
#[case("0190a5c2-1111-7222-8333-444444444444")]
#[case("[email] [phone] [card] [name]")]
fn dates_times_amounts_and_ids_stay(#[case] text: &str) {
    assert!(
        matches!(redact(text, &["Card Name"]), Cow::Borrowed(same) if same == text),
        "{}",
        redact(text, &["Card Name"])
    );
}

#[test]
fn json_is_redacted_in_its_strings() {
    let value = json!({"contact": ["maria@example.com", {"note": "ask Maria", "size": 12_345_678}], "ok": true});
    let expected = json!({"contact": ["[email]", {"note": "ask [name]", "size": 12_345_678}], "ok": true});
    assert_eq!(redact_json(&value, &["Maria"]), expected);
}

/// Text that looks like what redaction looks for.
fn tricky() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[0-9]{1,9}",
        "[ .,:/()+@\\-\"]{1,3}",
        Just("maria".to_owned()),
        Just("EUR".to_owned()),
        Just("€".to_owned()),
        Just("2026-11-23".to_owned()),
        Just("[phone]".to_owned()),
        Just("a@b.co".to_owned()),
        "\\PC{1,3}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::conformance::rounds(2000, 50_000)))]

    #[test]
    fn redacting_twice_changes_nothing(text in tricky(), name in "[a-zA-Z0-9]{0,4}|maria|EUR|phone|[\\PC]{1,3}") {
        let once = redact(&text, &[&name]).into_owned();
        prop_assert_eq!(redact(&once, &[&name]), once.as_str());
    }

    #[test]
    fn any_text_is_accepted(text in any::<String>(), name in any::<String>()) {
        let _ = redact(&text, &[&name]);
    }

    #[test]
    fn no_address_survives(before in "[a-z ]{0,10} ", local in "[a-z0-9]{1,8}([._+-][a-z0-9]{1,4})?", domain in "[a-z0-9]{1,8}\\.[a-z]{2,4}") {
        let text = format!("{before}{local}@{domain} and more");
        prop_assert_eq!(redact(&text, &[]), format!("{before}[email] and more"));
    }

    #[test]
    fn no_international_number_survives(digits in "[1-9][0-9]{7,13}", gap in "[ .-]?", at in 1_usize..6) {
        let text = format!("it is +{}{gap}{} ok", &digits[..at], &digits[at..]);
        let redacted = redact(&text, &[]);
        prop_assert!(redacted == "it is [phone] ok" || redacted == "it is [card] ok", "{}", redacted);
    }

    #[test]
    fn no_name_survives(name in "[A-Z][a-z]{3,10}", before in "[a-c ,.]{0,10}") {
        let redacted = redact(&format!("{before} {name}, {}", name.to_uppercase()), &[&name]).into_owned();
        prop_assert!(!crate::text::tokens(&redacted).contains(&fold(&name)) || ["name"].contains(&fold(&name).as_str()));
    }
}
