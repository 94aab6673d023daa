use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::{
    AppointmentId, AssistantId, LeadId, OrganizationId, UserId,
    appointment::{AppointmentStatus, MeetingType},
    time::Window,
};

fn at(text: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(text).expect("an instant").to_utc()
}

fn appointment() -> Appointment {
    let starts_at = at("2026-10-25T00:30:00.5Z");
    Appointment {
        id: AppointmentId::from_uuid(Uuid::from_u128(7)),
        organization_id: OrganizationId::from_uuid(Uuid::nil()),
        lead_id: LeadId::from_uuid(Uuid::nil()),
        assistant_id: AssistantId::from_uuid(Uuid::nil()),
        conversation_id: None,
        host_id: UserId::from_uuid(Uuid::nil()),
        starts_at,
        duration_min: 45,
        blocked: Window { start: starts_at, end: starts_at + TimeDelta::minutes(45) },
        time_zone: chrono_tz::Europe::Berlin,
        status: AppointmentStatus::Scheduled,
        meeting_type: MeetingType::Video,
        external_id: None,
        external_link: Some("https://meet.example.com/abc?x=1,2;3".to_owned()),
        notes: None,
        cancel_reason: None,
        hold_expires_at: None,
        sequence: 2,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        version: 1,
    }
}

fn ics(method: Method, appointment: &Appointment, summary: &str, description: &str, name: &str) -> String {
    let host = Email::parse("host@example.com").expect("valid");
    let guest = Email::parse("o'neil+x&y@example.com").expect("valid");
    let invitation = Invitation {
        method,
        appointment,
        stamp: at("2026-10-01T12:00:00Z"),
        summary,
        description,
        organizer: Party { name: Some(name), email: &host },
        attendee: Some(Party { name: None, email: &guest }),
    };
    invitation.to_ics()
}

/// The content lines by RFC 5545 section 3.1: folds undone, every line ended by CRLF.
fn unfolded(ics: &str) -> Vec<String> {
    let body = ics.strip_suffix("\r\n").expect("the last line ends");
    body.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
}

/// The text of a property by RFC 5545 section 3.3.11.
fn text_of(ics: &str, property: &str) -> Option<String> {
    let prefix = format!("{property}:");
    let lines = unfolded(ics);
    let raw = lines.iter().find_map(|line| line.strip_prefix(&prefix))?;
    let mut text = String::new();
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next().expect("an escaped character") {
                'n' | 'N' => text.push('\n'),
                other => {
                    assert!("\\;,".contains(other), "{raw}");
                    text.push(other);
                }
            },
            ';' | ',' => panic!("not escaped: {raw}"),
            other => text.push(other),
        }
    }
    Some(text)
}

#[test]
fn a_request_has_what_calendars_need() {
    let lines =
        unfolded(&ics(Method::Request, &appointment(), "Demo, with Maria", "Line one\r\nline two", "Bob \"B\""));
    let expected = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Spotlight//Spotlight SDK//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        "UID:00000000-0000-0000-0000-000000000007",
        "SEQUENCE:2",
        "DTSTAMP:20261001T120000Z",
        "DTSTART:20261025T003000Z",
        "DTEND:20261025T011500Z",
        "SUMMARY:Demo\\, with Maria",
        "DESCRIPTION:Line one\\nline two",
        "LOCATION:https://meet.example.com/abc?x=1\\,2\\;3",
        "URL:https://meet.example.com/abc?x=1,2;3",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "ORGANIZER;CN=\"Bob 'B'\":mailto:host@example.com",
        "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:o'neil+x%26y@example.com",
        "END:VEVENT",
        "END:VCALENDAR",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_cancellation_is_a_later_change_of_the_same_event() {
    let lines = unfolded(&ics(Method::Cancel, &appointment(), "Demo", "", ""));
    for line in ["METHOD:CANCEL", "STATUS:CANCELLED", "UID:00000000-0000-0000-0000-000000000007", "SEQUENCE:3"] {
        assert!(lines.iter().any(|found| found == line), "{line}");
    }
    assert!(!lines.iter().any(|line| line.starts_with("DESCRIPTION") || line.contains("RSVP")));
}

#[test]
fn a_link_cannot_bring_lines_of_its_own() {
    for link in ["https://x.example\r\nATTENDEE:mailto:evil@example.com", "javascript:alert(1)", "https://x y", ""] {
        let appointment = Appointment { external_link: Some(link.to_owned()), ..appointment() };
        let lines = unfolded(&ics(Method::Request, &appointment, "Demo", "", ""));
        assert!(!lines.iter().any(|line| line.starts_with("URL") || line.starts_with("LOCATION")), "{link}");
    }
}

proptest! {
    #[test]
    fn any_text_gives_lines_by_the_rules(
        summary in any::<String>(),
        description in "\\PC{0,200}|[a-z\r\n\t;,\\\\äé漢🙂]{0,200}",
        name in any::<String>(),
    ) {
        let ics = ics(Method::Request, &appointment(), &summary, &description, &name);
        prop_assert!(ics.ends_with("END:VCALENDAR\r\n"));
        for line in ics.split_terminator("\r\n") {
            prop_assert!(line.len() <= 75, "{}", line);
            prop_assert!(!line.chars().any(|c| c.is_control() && c != '\t'), "{:?}", line);
        }
        let lines = unfolded(&ics);
        let names = ["BEGIN", "VERSION", "PRODID", "CALSCALE", "METHOD", "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND",
            "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "STATUS", "TRANSP", "ORGANIZER", "ATTENDEE", "END"];
        for line in &lines {
            let name = line.split([':', ';']).next().expect("a name");
            prop_assert!(names.contains(&name), "{}", line);
        }
        prop_assert_eq!(lines.iter().filter(|line| line.starts_with("ATTENDEE")).count(), 1);
        for (property, given) in [("SUMMARY", &summary), ("DESCRIPTION", &description)] {
            let kept: String = given.replace("\r\n", "\n").replace('\r', "\n")
                .chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
            let expected = (!given.trim().is_empty()).then_some(kept);
            prop_assert_eq!(text_of(&ics, property), expected);
        }
    }
}
