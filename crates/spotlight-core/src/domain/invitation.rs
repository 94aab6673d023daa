//! Calendar invitations: an appointment as an iCalendar object (RFC 5545, RFC 5546).

use std::fmt::Write as _;

use spotlight_derive::RedactedDebug;

use super::{appointment::Appointment, contact::Email, time::Timestamp};

/// Octets of a line without its line break.
const LINE: usize = 75;

/// What the receiver's calendar does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Enters the appointment, or replaces what an earlier sequence number entered.
    Request,
    /// Takes it out.
    Cancel,
}

/// Somebody who takes part.
#[derive(RedactedDebug, Clone, Copy)]
pub struct Party<'a> {
    /// Shown for the address.
    pub name: Option<&'a str>,
    /// Where invitations and answers go.
    pub email: &'a Email,
}

/// An invitation to an appointment.
#[derive(RedactedDebug, Clone, Copy)]
pub struct Invitation<'a> {
    /// What the receiver's calendar does with it.
    pub method: Method,
    /// Its id is the calendar's id of the event, so later invitations replace earlier ones.
    pub appointment: &'a Appointment,
    /// When this invitation is written.
    pub stamp: Timestamp,
    /// One line that calendars show.
    pub summary: &'a str,
    /// What it is about, in any number of lines.
    pub description: &'a str,
    /// Who invites.
    pub organizer: Party<'a>,
    /// Who is invited; none for a lead without an e-mail.
    pub attendee: Option<Party<'a>>,
}

impl Invitation<'_> {
    /// The text of an `.ics` file, to be sent as `text/calendar; charset=utf-8` with the method as its parameter.
    ///
    /// The same invitation always gives the same text. A cancellation counts as one more change, as RFC 5546 has it.
    pub fn to_ics(&self) -> String {
        let cancelled = self.method == Method::Cancel;
        let method = if cancelled { "CANCEL" } else { "REQUEST" };
        let appointment = self.appointment;
        let mut ics = Ics::default();
        ics.line("BEGIN:VCALENDAR");
        ics.line("VERSION:2.0");
        ics.line("PRODID:-//Spotlight//Spotlight SDK//EN");
        ics.line("CALSCALE:GREGORIAN");
        ics.line(&format!("METHOD:{method}"));
        ics.line("BEGIN:VEVENT");
        ics.line(&format!("UID:{}", appointment.id));
        ics.line(&format!("SEQUENCE:{}", appointment.sequence.saturating_add(u32::from(cancelled))));
        ics.line(&format!("DTSTAMP:{}", utc(self.stamp)));
        ics.line(&format!("DTSTART:{}", utc(appointment.starts_at)));
        ics.line(&format!("DTEND:{}", utc(appointment.ends_at())));
        ics.text("SUMMARY", self.summary);
        ics.text("DESCRIPTION", self.description);
        if let Some(link) = appointment.external_link.as_deref().filter(|link| is_url(link)) {
            ics.text("LOCATION", link);
            ics.line(&format!("URL:{link}"));
        }
        ics.line(&format!("STATUS:{}", if cancelled { "CANCELLED" } else { "CONFIRMED" }));
        ics.line("TRANSP:OPAQUE");
        ics.party("ORGANIZER", self.organizer);
        if let Some(attendee) = self.attendee {
            let answer = if cancelled { "" } else { ";PARTSTAT=NEEDS-ACTION;RSVP=TRUE" };
            ics.party(&format!("ATTENDEE;ROLE=REQ-PARTICIPANT{answer}"), attendee);
        }
        ics.line("END:VEVENT");
        ics.line("END:VCALENDAR");
        ics.0
    }
}

/// Content lines.
#[derive(Default)]
struct Ics(String);

impl Ics {
    /// Adds a line, folded where it is too long, never within a character.
    fn line(&mut self, line: &str) {
        let mut room = LINE;
        for c in line.chars() {
            if c.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = LINE - 1;
            }
            room -= c.len_utf8();
            self.0.push(c);
        }
        self.0.push_str("\r\n");
    }

    /// Adds a property whose value is text; none for an empty one.
    fn text(&mut self, name: &str, value: &str) {
        if !value.trim().is_empty() {
            self.line(&format!("{name}:{}", escaped(value)));
        }
    }

    /// Adds a property whose value is somebody's address.
    fn party(&mut self, property: &str, party: Party<'_>) {
        let name = party.name.map(parameter).filter(|name| !name.is_empty());
        let name = name.map_or_else(String::new, |name| format!(";CN=\"{name}\""));
        self.line(&format!("{property}{name}:mailto:{}", mailto(party.email)));
    }
}

/// An instant as `20261123T090000Z`.
fn utc(at: Timestamp) -> impl std::fmt::Display {
    at.format("%Y%m%dT%H%M%SZ")
}

/// A text value: backslash, semicolon, comma and line breaks escaped, other control characters dropped.
fn escaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut after_return = false;
    for c in text.chars() {
        match c {
            '\n' if after_return => {}
            '\r' | '\n' => value.push_str("\\n"),
            '\\' | ';' | ',' => value.extend(['\\', c]),
            '\t' => value.push(c),
            _ if c.is_control() => {}
            _ => value.push(c),
        }
        after_return = c == '\r';
    }
    value
}

/// The inside of a quoted parameter, which can hold neither quotes nor control characters.
fn parameter(text: &str) -> String {
    let plain = text.chars().map(|c| if c == '"' { '\'' } else { c }).filter(|c| !c.is_control());
    plain.collect::<String>().trim().to_owned()
}

/// An address as the rest of a `mailto:` URI (RFC 6068).
fn mailto(email: &Email) -> String {
    let mut uri = String::new();
    for byte in email.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"@.-_+~!$'*".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// A web address that can stand in a line as it is.
fn is_url(link: &str) -> bool {
    (link.starts_with("https://") || link.starts_with("http://")) && link.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
