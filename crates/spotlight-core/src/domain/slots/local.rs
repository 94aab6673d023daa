//! Local hours as instants, in whole seconds since the epoch.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;

use crate::domain::{
    schedule::{self, Host},
    time::Timestamp,
};

const DAY: i64 = 24 * 60 * 60;
/// No zone changes its clock and back within this time.
const PROBE: i64 = 6 * 60 * 60;
/// No zone is further than this from UTC.
const FARTHEST: i64 = 26 * 60 * 60;

/// From a second to the one it ends before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Span {
    fn cut(self, to: Self) -> Option<Self> {
        let cut = Self { from: self.from.max(to.from), to: self.to.min(to.to) };
        (cut.from < cut.to).then_some(cut)
    }
}

/// Spans in order, those that touch made one.
pub(super) fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| span.from < span.to);
    spans.sort_unstable_by_key(|span| (span.from, span.to));
    let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match apart.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => apart.push(span),
        }
    }
    apart
}

/// A time in which the clock of a zone is not changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) span: Span,
    /// Local time minus UTC.
    offset: i64,
}

impl Stretch {
    /// The first second at or after `from` whose local time is a multiple of `step` seconds, which divides an hour.
    pub(super) fn on_grid(&self, from: i64, step: i64) -> i64 {
        from + (-(from + self.offset)).rem_euclid(step)
    }
}

/// A zone's clock over some time.
#[derive(Debug)]
pub(super) struct Zone(Vec<Stretch>);

impl Zone {
    /// The stretches that cover a day more on either side than `from` to `to`.
    pub(super) fn between(zone: Tz, from: i64, to: i64) -> Self {
        let end = to.saturating_add(DAY);
        let mut stretches = Vec::new();
        let mut start = from.saturating_sub(DAY);
        let mut offset = offset_at(zone, start);
        let mut at = start;
        while at < end {
            let probe = (at + PROBE).min(end);
            if offset_at(zone, probe) == offset {
                at = probe;
                continue;
            }
            let change = first_with_another_offset(zone, at, probe, offset);
            stretches.push(Stretch { span: Span { from: start, to: change }, offset });
            start = change;
            offset = offset_at(zone, change);
            at = change;
        }
        stretches.push(Stretch { span: Span { from: start, to: end }, offset });
        Self(stretches)
    }

    /// The instants at which the clock shows `local` to before `to`, in seconds of local time since the epoch.
    fn instants(&self, local: Span) -> impl Iterator<Item = Span> {
        self.0.iter().filter_map(move |stretch| {
            Span { from: local.from - stretch.offset, to: local.to - stretch.offset }.cut(stretch.span)
        })
    }

    /// A span cut where the clock changes.
    pub(super) fn stretches(&self, span: Span) -> impl Iterator<Item = Stretch> {
        self.0.iter().filter_map(move |stretch| Some(Stretch { span: stretch.span.cut(span)?, offset: stretch.offset }))
    }
}

fn offset_at(zone: Tz, seconds: i64) -> i64 {
    let utc = DateTime::from_timestamp(seconds, 0).map(|at| at.naive_utc());
    utc.map_or(0, |utc| i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()))
}

/// The second of a change that lies after `before` and at or before `after`.
fn first_with_another_offset(zone: Tz, mut before: i64, mut after: i64, offset: i64) -> i64 {
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if offset_at(zone, middle) == offset { before = middle } else { after = middle }
    }
    after
}

/// When the host works between `from` and `to`: in order, apart, cut at both ends.
pub(super) fn working_spans(host: &Host, zone: &Zone, from: i64, to: i64) -> Vec<Span> {
    let mut open = Vec::new();
    let first = (from.saturating_sub(FARTHEST)).div_euclid(DAY);
    let last = (to.saturating_add(FARTHEST)).div_euclid(DAY);
    for day in first..=last {
        let Some(date) = i32::try_from(day).ok().and_then(NaiveDate::from_epoch_days) else { continue };
        for span in hours_of(host, date) {
            let end = if span.to == NaiveTime::MIN { DAY } else { clock(span.to) };
            let local = Span { from: day * DAY + clock(span.from), to: day * DAY + end };
            open.extend(zone.instants(local).filter_map(|span| span.cut(Span { from, to })));
        }
    }
    merged(open)
}

fn hours_of(host: &Host, date: NaiveDate) -> &[schedule::Span] {
    match host.exceptions.iter().find(|exception| exception.date == date) {
        Some(exception) => &exception.spans,
        None => &host.hours.0[date.weekday().num_days_from_monday() as usize],
    }
}

fn clock(time: NaiveTime) -> i64 {
    i64::from(time.num_seconds_from_midnight())
}

/// The instant at which a clock of the zone shows `local`.
///
/// A local time that a clock change skips is moved forward by the gap; one that comes twice is the first.
pub fn local_instant(zone: Tz, local: NaiveDateTime) -> Timestamp {
    let wanted = local.and_utc();
    let zones = Zone::between(zone, wanted.timestamp(), wanted.timestamp());
    let shows = |stretch: &&Stretch| {
        let at = wanted.timestamp() - stretch.offset;
        stretch.span.from <= at && at < stretch.span.to
    };
    // In a gap no stretch shows it; the clock before the change, had it gone on, gives the instant after the gap.
    let before_gap =
        || zones.0.iter().take_while(|stretch| stretch.span.from + stretch.offset <= wanted.timestamp()).last();
    let offset = zones.0.iter().find(shows).or_else(before_gap).map_or(0, |stretch| stretch.offset);
    wanted.checked_sub_signed(TimeDelta::seconds(offset)).unwrap_or(wanted)
}
