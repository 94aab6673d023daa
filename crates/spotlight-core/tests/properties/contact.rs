//! E-mail addresses and phone numbers: the same contact is the same value, however it was typed.

use proptest::prelude::*;
use rstest::rstest;
use spotlight_core::{
    ErrorKind,
    domain::contact::{Email, Phone},
};

#[rstest]
#[case("  Maria.Lopez@Example.COM ", "maria.lopez@example.com")]
#[case("maria+crm@mail.example.co.uk", "maria+crm@mail.example.co.uk")]
#[case("o'neil@example.ie", "o'neil@example.ie")]
#[case("jose\u{301}@example.com", "josé@example.com")]
fn addresses_are_normalised(#[case] typed: &str, #[case] expected: &str) {
    assert_eq!(Email::parse(typed).expect("valid").as_str(), expected);
}

#[rstest]
#[case("")]
#[case("maria")]
#[case("maria@")]
#[case("@example.com")]
#[case("maria@localhost")]
#[case("maria@@example.com")]
#[case("maria@example..com")]
#[case(".maria@example.com")]
#[case("maria lopez@example.com")]
#[case("Maria <maria@example.com>")]
#[case("maria@example.com, bob@example.com")]
#[case("maria@[127.0.0.1]")]
#[case("\"a\r\nBcc: b\"@example.com")]
#[case("\"maria lopez\"@example.com")]
#[case("maria@example.com\r\nBcc: bob@example.com")]
#[case("maria\u{202e}@example.com")]
#[case("maria@-example.com")]
fn what_is_no_address_is_refused(#[case] typed: &str) {
    assert_eq!(Email::parse(typed).expect_err("refused").kind(), ErrorKind::Validation);
}

#[rstest]
#[case("+49 30 1234567", None, "+49301234567")]
#[case("030 1234567", Some("DE"), "+49301234567")]
#[case("(030) 123 45-67", Some("de"), "+49301234567")]
#[case("0049 30 1234567", Some("DE"), "+49301234567")]
#[case("+49 (0)30 1234567", None, "+49301234567")]
#[case("(212) 555-0123", Some("US"), "+12125550123")]
#[case("1-212-555-0123", Some("US"), "+12125550123")]
#[case("06 12 34 56 78", Some("FR"), "+33612345678")]
#[case("06 698 12345", Some("IT"), "+390669812345")]
#[case("+39 06 698 12345", None, "+390669812345")]
#[case("11 91234-5678", Some("BR"), "+5511912345678")]
#[case("+351 912 345 678", None, "+351912345678")]
#[case("612 34 56 78", Some("ES"), "+34612345678")]
#[case("+55 11 91234-5678", Some("US"), "+5511912345678")]
#[case("011 55 11 91234 5678", Some("US"), "+5511912345678")]
#[case("0055 11 91234 5678", Some("DE"), "+5511912345678")]
#[case("+1 (212) 555-0123 ext 5", Some("DE"), "+12125550123")]
#[case("+\u{ff14}\u{ff19} \u{ff13}\u{ff10} 1234567", None, "+49301234567")]
#[case("+49\u{2011}30\u{a0}1234567", Some("US"), "+49301234567")]
fn numbers_are_normalised(#[case] typed: &str, #[case] region: Option<&str>, #[case] expected: &str) {
    assert_eq!(Phone::parse(typed, region).expect("valid").as_str(), expected);
}

#[rstest]
#[case("", Some("DE"))]
#[case("1234", Some("DE"))]
#[case("030 1234567", None)]
#[case("+49", None)]
#[case("+999 123456789", None)]
#[case("call me maybe", Some("US"))]
#[case("555-0123", Some("US"))]
#[case("40000000000000", Some("DE"))]
#[case("030 1234567", Some("no country"))]
fn what_is_no_number_is_refused(#[case] typed: &str, #[case] region: Option<&str>) {
    assert_eq!(Phone::parse(typed, region).expect_err("refused").kind(), ErrorKind::Validation);
}

#[test]
fn contact_data_is_hidden_in_debug_output() {
    assert_eq!(format!("{:?}", Email::parse("maria@example.com").expect("valid")), "Email(…)");
    assert_eq!(format!("{:?}", Phone::parse("+49301234567", None).expect("valid")), "Phone(…)");
}

/// A valid number of some country, in E.164.
fn any_number() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\+1(212|415|312)[2-9][0-9]{6}",
        "\\+4930[1-9][0-9]{6}",
        "\\+336[0-9]{8}",
        "\\+346[0-9]{8}",
        "\\+3906[0-9]{8}",
        "\\+55119[1-9][0-9]{7}",
        "\\+447400[0-9]{6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(spotlight_core::conformance::rounds(1000, 20_000)))]

    #[test]
    fn an_address_read_again_is_itself(text in "[a-zA-ZäÉß0-9.+_'-]{1,12}@[a-zA-Z0-9.-]{1,12}\\.[a-zA-Z]{2,5}") {
        if let Ok(email) = Email::parse(&text) {
            prop_assert_eq!(&Email::parse(email.as_str()).expect("still valid"), &email);
            prop_assert_eq!(&Email::try_from(String::from(email.clone())).expect("still valid"), &email);
        }
    }

    #[test]
    fn case_and_space_make_no_difference(local in "[a-z0-9]{1,10}(\\.[a-z0-9]{1,5})?", host in "[a-z0-9]{1,10}\\.[a-z]{2,4}", upper in any::<[bool; 5]>()) {
        let plain = format!("{local}@{host}");
        let shouted: String = plain.chars().zip(upper.iter().cycle()).map(|(c, up)| if *up { c.to_ascii_uppercase() } else { c }).collect();
        let expected = Email::parse(&plain).expect("valid");
        prop_assert_eq!(expected.as_str(), plain);
        prop_assert_eq!(Email::parse(&format!(" {shouted}\t")).expect("valid"), expected);
    }

    #[test]
    fn any_text_is_an_address_or_refused(text in "\\PC{0,20}@\\PC{0,20}|[\u{0}-\u{ff}]{0,20}@[\u{0}-\u{ff}]{0,10}\\.com") {
        if let Ok(email) = Email::parse(&text) {
            let address = email.as_str();
            prop_assert!(address.len() <= 254);
            prop_assert!(!address.chars().any(|c| c.is_control() || c.is_whitespace()), "{:?}", address);
            prop_assert_eq!(address.matches('@').count(), 1);
            prop_assert_eq!(Email::parse(address).expect("still valid"), email);
        }
    }

    #[test]
    fn a_number_read_again_is_itself_wherever_we_are(number in any_number(), region in "US|CA|DE|IT|FR|BR|GB") {
        if let Ok(phone) = Phone::parse(&number, None) {
            prop_assert_eq!(phone.as_str(), &number);
            prop_assert_eq!(&Phone::parse(phone.as_str(), Some(&region)).expect("still valid"), &phone);
            prop_assert_eq!(Phone::from_e164(String::from(phone.clone())).expect("of that form"), phone);
        }
    }

    #[test]
    fn separators_make_no_difference(number in any_number(), gaps in prop::collection::vec(prop::sample::select(vec!["", " ", "-", ".", " "]), 16)) {
        if let Ok(phone) = Phone::parse(&number, None) {
            let mut typed = number[..2].to_owned();
            for (digit, gap) in number[2..].chars().zip(gaps) {
                typed.push(digit);
                typed.push_str(gap);
            }
            let typed = typed.trim_end_matches(['-', '.']);
            prop_assert_eq!(Phone::parse(typed, None).ok(), Some(phone), "{}", typed);
        }
    }

    #[test]
    fn any_text_is_a_number_or_refused(text in "\\PC{0,30}|[0-9+() ./x;=,*#-]{0,30}|(tel:)?\\+?[0-9]{0,20}.{0,5}", region in prop::option::of("[A-Za-z]{0,3}|US|DE|IT")) {
        if let Ok(phone) = Phone::parse(&text, region.as_deref()) {
            prop_assert!(Phone::from_e164(phone.as_str().to_owned()).is_ok(), "{}", phone);
            prop_assert_eq!(Phone::parse(phone.as_str(), None).ok(), Some(phone));
        }
    }
}
