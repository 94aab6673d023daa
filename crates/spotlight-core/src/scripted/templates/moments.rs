//! Moments in words: weekday, date and time in the visitor's zone.

use chrono::{DateTime, Datelike, Timelike};
use chrono_tz::Tz;

use crate::domain::{assistant::Language, time::Timestamp};

const EN: ([&str; 7], [&str; 12]) = (
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
);
const ES: ([&str; 7], [&str; 12]) = (
    ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
);
const FR: ([&str; 7], [&str; 12]) = (
    ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
    [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
);
const DE: ([&str; 7], [&str; 12]) = (
    ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
);
const IT: ([&str; 7], [&str; 12]) = (
    ["lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"],
    [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
);
const PT: ([&str; 7], [&str; 12]) = (
    ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"],
    [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
);

/// A moment in the visitor's zone, to stand inside a sentence. The year is said only where it is not the present one.
pub(crate) fn moment(language: Language, zone: Tz, at: Timestamp, now: Timestamp) -> String {
    let local = at.with_timezone(&zone);
    let (weekdays, months) = match language {
        Language::En => EN,
        Language::Es => ES,
        Language::Fr => FR,
        Language::De => DE,
        Language::It => IT,
        Language::Pt => PT,
    };
    let weekday = weekdays[local.weekday().num_days_from_monday() as usize % 7];
    let month = months[local.month0() as usize % 12];
    let (day, hour, minute) = (local.day(), local.hour(), local.minute());
    let year = (local.year() != now.with_timezone(&zone).year()).then(|| local.year());
    let with_year = |before: &str| year.map_or_else(String::new, |year| format!("{before}{year}"));
    match language {
        Language::En => {
            let half = if hour < 12 { "AM" } else { "PM" };
            let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
            format!("{weekday}, {month} {day}{} at {hour}:{minute:02} {half}", with_year(", "))
        }
        Language::Es => {
            let article = if hour == 1 { "a la" } else { "a las" };
            format!("{weekday}, {day} de {month}{} {article} {hour}:{minute:02}", with_year(" de "))
        }
        Language::Fr => {
            let day = if day == 1 { "1er".to_owned() } else { day.to_string() };
            let minute = if minute == 0 { String::new() } else { format!(" {minute:02}") };
            format!("{weekday} {day} {month}{} à {hour} h{minute}", with_year(" "))
        }
        Language::De => format!("{weekday}, {day}. {month}{} um {hour}:{minute:02} Uhr", with_year(" ")),
        Language::It => {
            let day = if day == 1 { "1º".to_owned() } else { day.to_string() };
            let at = match hour {
                0 => "alle 0:".to_owned(),
                1 => "all'1:".to_owned(),
                hour => format!("alle {hour}:"),
            };
            format!("{weekday} {day} {month}{} {at}{minute:02}", with_year(" "))
        }
        Language::Pt => {
            let article = if hour == 1 || hour == 0 { "à" } else { "às" };
            format!("{weekday}, {day} de {month}{} {article} {hour}h{minute:02}", with_year(" de "))
        }
    }
}

/// Several moments to choose from, joined as the language joins alternatives.
pub(crate) fn moments(language: Language, zone: Tz, at: &[Timestamp], now: Timestamp) -> String {
    let texts: Vec<_> = at.iter().map(|&at| moment(language, zone, at, now)).collect();
    let (separator, or) = match language {
        Language::En => ("; ", "; or "),
        Language::Es => ("; ", "; o "),
        Language::Fr => (" ; ", " ; ou "),
        Language::De => ("; ", "; oder "),
        Language::It => ("; ", "; oppure "),
        Language::Pt => ("; ", "; ou "),
    };
    match texts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{}{or}{last}", first.join(separator)),
        None => String::new(),
    }
}

/// The zone by name, with the abbreviation that tells summer from winter time at that moment.
pub(crate) fn zone(zone: Tz, at: Timestamp) -> String {
    let local: DateTime<Tz> = at.with_timezone(&zone);
    let short = local.format("%Z").to_string();
    if short == zone.name() {
        short
    } else if short.starts_with(['+', '-']) {
        format!("{}, UTC{short}", zone.name())
    } else {
        format!("{}, {short}", zone.name())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use rstest::rstest;

    use super::*;

    fn at(hour: u32) -> Timestamp {
        Utc.with_ymd_and_hms(2026, 11, 26, hour, 0, 0).single().expect("a moment")
    }

    #[rstest]
    #[case(Language::En, "Thursday, November 26 at 3:00 PM")]
    #[case(Language::Es, "jueves, 26 de noviembre a las 15:00")]
    #[case(Language::Fr, "jeudi 26 novembre à 15 h")]
    #[case(Language::De, "Donnerstag, 26. November um 15:00 Uhr")]
    #[case(Language::It, "giovedì 26 novembre alle 15:00")]
    #[case(Language::Pt, "quinta-feira, 26 de novembro às 15h00")]
    fn moments_are_local_and_in_the_language(#[case] language: Language, #[case] expected: &str) {
        assert_eq!(moment(language, Tz::Europe__Berlin, at(14), at(0)), expected);
    }

    #[test]
    fn another_year_is_said_and_the_zone_tells_summer_from_winter() {
        let before = Utc.with_ymd_and_hms(2025, 3, 1, 0, 0, 0).single().expect("a moment");
        let summer = Utc.with_ymd_and_hms(2026, 7, 1, 10, 30, 0).single().expect("a moment");
        let text = moment(Language::De, Tz::Europe__Berlin, summer, before);
        assert_eq!(text, "Mittwoch, 1. Juli 2026 um 12:30 Uhr");
        assert_eq!(zone(Tz::Europe__Berlin, summer), "Europe/Berlin, CEST");
        assert_eq!(zone(Tz::Europe__Berlin, at(14)), "Europe/Berlin, CET");
        assert_eq!(zone(Tz::America__Sao_Paulo, summer), "America/Sao_Paulo, UTC-03");
        assert_eq!(zone(Tz::UTC, summer), "UTC");
    }

    #[test]
    fn alternatives_are_joined_with_or() {
        let list = moments(Language::En, Tz::UTC, &[at(0), at(9), at(12)], at(0));
        assert_eq!(
            list,
            "Thursday, November 26 at 12:00 AM; Thursday, November 26 at 9:00 AM; or Thursday, November 26 at 12:00 PM"
        );
        assert_eq!(moments(Language::En, Tz::UTC, &[], at(0)), "");
    }
}
