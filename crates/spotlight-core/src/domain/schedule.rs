//! Weekly hours, exceptions and hosts.

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{
    id::{OrganizationId, UserId},
    time::Timestamp,
};
use crate::error::{Result, Violations};

/// A span of local clock time within one day, `from` before `to`; `24:00` is written as `00:00` at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First minute.
    pub from: NaiveTime,
    /// First minute after; midnight means the end of the day.
    pub to: NaiveTime,
}

/// Local hours for each day of the week, Monday first. Spans of a day are in order and do not touch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WeeklyHours(pub [Vec<Span>; 7]);

impl WeeklyHours {
    /// Monday to Friday between two full hours.
    pub fn weekdays(from_hour: u32, to_hour: u32) -> Self {
        let span = Span {
            from: NaiveTime::from_hms_opt(from_hour % 24, 0, 0).unwrap_or_default(),
            to: NaiveTime::from_hms_opt(to_hour % 24, 0, 0).unwrap_or_default(),
        };
        let mut week = Self::default();
        week.0[..5].fill(vec![span]);
        week
    }

    /// Checks that spans run forward, in order and apart.
    ///
    /// # Errors
    /// [`Validation`](crate::error::ErrorKind::Validation) with every broken rule.
    pub fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        for (day, spans) in self.0.iter().enumerate() {
            check_spans(&mut broken, &day.to_string(), spans);
        }
        broken.into_result()
    }
}

fn check_spans(broken: &mut Violations, field: &str, spans: &[Span]) {
    let end = |span: &Span| if span.to == NaiveTime::MIN { 24 * 60 } else { minutes(span.to) };
    for (index, span) in spans.iter().enumerate() {
        if minutes(span.from) >= end(span) {
            broken.add(format!("{field}.{index}"), "range", "A span must end after it starts, on the same day");
        }
        if index > 0 && end(&spans[index - 1]) >= minutes(span.from) {
            broken.add(format!("{field}.{index}"), "order", "Spans of a day must be in order and apart");
        }
    }
}

fn minutes(time: NaiveTime) -> u32 {
    use chrono::Timelike;
    time.num_seconds_from_midnight() / 60
}

/// Other hours on one date: a holiday has no spans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The local date.
    pub date: NaiveDate,
    /// The hours of that date instead of the weekly ones.
    pub spans: Vec<Span>,
}

/// A user who can be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The user.
    pub user_id: UserId,
    /// Where the host works: hours are local here.
    pub time_zone: Tz,
    /// Weekly hours.
    pub hours: WeeklyHours,
    /// Dates with other hours, one entry each.
    pub exceptions: Vec<Exception>,
    /// Minutes kept free before an appointment, at most 240.
    pub buffer_before_min: u32,
    /// Minutes kept free after an appointment, at most 240.
    pub buffer_after_min: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts changes from 1.
    pub version: i64,
}

impl Host {
    /// Checks every rule of the entity.
    ///
    /// # Errors
    /// [`Validation`](crate::error::ErrorKind::Validation) with every broken rule.
    pub fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        broken.take("hours", self.hours.validate())?;
        let mut dates = std::collections::BTreeSet::new();
        for (index, exception) in self.exceptions.iter().enumerate() {
            check_spans(&mut broken, &format!("exceptions.{index}.spans"), &exception.spans);
            if !dates.insert(exception.date) {
                broken.add(format!("exceptions.{index}.date"), "taken", "Each date has one exception");
            }
        }
        if self.buffer_before_min > 240 || self.buffer_after_min > 240 {
            broken.add("buffer_min", "range", "Buffers must be at most 240 minutes");
        }
        broken.into_result()
    }
}
