//! Local times that a clock change skips or repeats.

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use rstest::rstest;

use super::super::when::instant;
use super::{hearing, understand};
use crate::{domain::assistant::Language, scripted::understanding::Asked};

#[rstest]
#[case::skipped_in_berlin(Tz::Europe__Berlin, "2027-03-28", "02:30", "2027-03-28T01:30:00Z")]
#[case::before_the_gap(Tz::Europe__Berlin, "2027-03-28", "01:59", "2027-03-28T00:59:00Z")]
#[case::after_the_gap(Tz::Europe__Berlin, "2027-03-28", "03:00", "2027-03-28T01:00:00Z")]
#[case::repeated_in_berlin(Tz::Europe__Berlin, "2027-10-31", "02:30", "2027-10-31T00:30:00Z")]
#[case::repeated_in_new_york(Tz::America__New_York, "2027-11-07", "01:15", "2027-11-07T05:15:00Z")]
#[case::skipped_in_new_york(Tz::America__New_York, "2027-03-14", "02:00", "2027-03-14T07:00:00Z")]
#[case::half_an_hour_in_lord_howe(Tz::Australia__Lord_Howe, "2027-10-03", "02:15", "2027-10-02T15:45:00Z")]
#[case::midnight_skipped_in_cairo(Tz::Africa__Cairo, "2027-04-30", "00:30", "2027-04-29T22:30:00Z")]
#[case::a_whole_day_skipped_in_apia(Tz::Pacific__Apia, "2011-12-30", "10:00", "2011-12-30T20:00:00Z")]
fn local_times_become_instants(#[case] zone: Tz, #[case] date: &str, #[case] time: &str, #[case] want: &str) {
    let date = date.parse::<NaiveDate>().expect("a date");
    let time = NaiveTime::parse_from_str(time, "%H:%M").expect("a time");
    let at = instant(zone, date, time).expect("an instant");
    assert_eq!(at.format("%Y-%m-%dT%H:%M:%SZ").to_string(), want);
}

#[test]
fn a_day_is_the_visitors_day() {
    // 23:30 in London is tomorrow already in Berlin.
    let mut hearing = hearing(Language::De, Asked::Slot);
    hearing.now = "2027-03-27T23:30:00Z".parse().expect("a time");
    let heard = understand("heute um 2:30 Uhr morgens", &hearing);
    assert_eq!(heard.when.and_then(|when| when.at), Some("2027-03-28T01:30:00Z".parse().expect("a time")));
    let heard = understand("in 24 Stunden", &hearing);
    assert_eq!(heard.when.and_then(|when| when.at), Some("2027-03-28T23:30:00Z".parse().expect("a time")));
}

#[test]
fn times_beyond_the_change_keep_their_clock() {
    let mut hearing = hearing(Language::En, Asked::Slot);
    hearing.now = "2027-03-26T10:00:00Z".parse().expect("a time");
    let before = understand("tomorrow at 10am", &hearing).when.and_then(|when| when.at);
    let after = understand("Monday at 10am", &hearing).when.and_then(|when| when.at);
    assert_eq!(before, Some("2027-03-27T10:00:00Z".parse().expect("a time")));
    assert_eq!(after, Some("2027-03-29T09:00:00Z".parse().expect("a time")));
}
