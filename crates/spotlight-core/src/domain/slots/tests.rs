use std::sync::LazyLock;

use chrono::{Datelike, Days, DurationRound, NaiveDate, NaiveTime, Offset, TimeZone, Timelike};
use chrono_tz::{TZ_VARIANTS, Tz};
use proptest::prelude::*;
use rstest::rstest;
use uuid::Uuid;

use super::*;
use crate::domain::{
    OrganizationId, UserId,
    schedule::{Exception, Span as Hours, WeeklyHours},
};

fn at(text: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(text).expect("an instant").to_utc()
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn hours(from: &str, to: &str) -> Hours {
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").expect("a time");
    Hours { from: time(from), to: time(to) }
}

fn host(zone: Tz, week: WeeklyHours) -> Host {
    Host {
        organization_id: OrganizationId::from_uuid(Uuid::nil()),
        user_id: UserId::from_uuid(Uuid::nil()),
        time_zone: zone,
        hours: week,
        exceptions: Vec::new(),
        buffer_before_min: 0,
        buffer_after_min: 0,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        version: 1,
    }
}

fn every_day(spans: &[Hours]) -> WeeklyHours {
    WeeklyHours(std::array::from_fn(|_| spans.to_vec()))
}

fn settings(duration_min: u32, step_min: u32) -> BookingSettings {
    BookingSettings { duration_min, step_min, notice_min: 0, horizon_days: 365, ..BookingSettings::default() }
}

/// A local day from midnight to midnight.
fn day(zone: Tz, text: &str) -> Window {
    let midnight = |date: NaiveDate| local_instant(zone, date.and_time(NaiveTime::MIN));
    Window { start: midnight(date(text)), end: midnight(date(text) + Days::new(1)) }
}

fn starts(slots: &[Window], zone: Tz) -> Vec<String> {
    slots.iter().map(|slot| slot.start.with_timezone(&zone).format("%H:%M %Z").to_string()).collect()
}

#[test]
fn a_plain_day() {
    let zone = chrono_tz::Europe::Berlin;
    let mut host = host(zone, WeeklyHours::weekdays(9, 12));
    let monday = day(zone, "2026-11-23");
    let before = at("2026-11-20T00:00:00Z");
    let found = free_slots(&host, &[], &settings(60, 30), before, monday, 10);
    assert_eq!(starts(&found, zone), ["09:00 CET", "09:30 CET", "10:00 CET", "10:30 CET", "11:00 CET"]);
    assert_eq!(free_slots(&host, &[], &settings(60, 30), before, monday, 2), found[..2]);
    assert!(free_slots(&host, &[], &settings(240, 30), before, monday, 10).is_empty());

    host.exceptions = vec![Exception { date: date("2026-11-23"), spans: vec![hours("22:00", "00:00")] }];
    let found = free_slots(&host, &[], &settings(60, 60), before, monday, 10);
    assert_eq!(starts(&found, zone), ["22:00 CET", "23:00 CET"]);
    host.exceptions[0].spans.clear();
    assert!(free_slots(&host, &[], &settings(60, 60), before, monday, 10).is_empty());
}

#[test]
fn notice_horizon_and_the_present() {
    let host = host(Tz::UTC, every_day(&[hours("00:00", "00:00")]));
    let now = at("2026-11-23T10:00:00Z");
    let range = Window { start: at("2026-11-01T00:00:00Z"), end: at("2027-12-01T00:00:00Z") };
    let first = |settings: &BookingSettings| free_slots(&host, &[], settings, now, range, 1)[0].start;
    assert_eq!(first(&settings(30, 30)), at("2026-11-23T10:30:00Z"));
    assert_eq!(first(&BookingSettings { notice_min: 90, ..settings(30, 30) }), at("2026-11-23T11:30:00Z"));
    let two_days = BookingSettings { horizon_days: 2, ..settings(30, 30) };
    let last = free_slots(&host, &[], &two_days, now, range, usize::MAX).last().map(|slot| slot.start);
    assert_eq!(last, Some(at("2026-11-25T10:00:00Z")));
}

#[test]
fn buffers_keep_their_distance() {
    let mut host = host(Tz::UTC, every_day(&[hours("09:00", "12:00")]));
    host.buffer_before_min = 15;
    host.buffer_after_min = 30;
    let range = day(Tz::UTC, "2026-11-24");
    let booked = blocked_window(&host, at("2026-11-24T10:00:00Z"), 30);
    assert_eq!(booked, Window { start: at("2026-11-24T09:45:00Z"), end: at("2026-11-24T11:00:00Z") });
    let found = free_slots(&host, &[booked], &settings(30, 15), at("2026-11-23T00:00:00Z"), range, 20);
    // 09:00 to 09:30 is followed by a buffer to 10:00, which the booked buffer from 09:45 forbids.
    assert_eq!(starts(&found, Tz::UTC), ["11:15 UTC", "11:30 UTC"]);
}

#[test]
fn an_appointment_may_pass_midnight_where_hours_do() {
    let host = host(Tz::UTC, every_day(&[hours("00:00", "02:00"), hours("22:00", "00:00")]));
    let range = Window { start: at("2026-11-24T22:30:00Z"), end: at("2026-11-25T03:00:00Z") };
    let found = free_slots(&host, &[], &settings(120, 60), at("2026-11-23T00:00:00Z"), range, 20);
    assert_eq!(starts(&found, Tz::UTC), ["23:00 UTC", "00:00 UTC"]);
}

#[rstest]
#[case(chrono_tz::Europe::Berlin, "2027-03-28", 23)]
#[case(chrono_tz::Europe::Berlin, "2026-10-25", 25)]
#[case(chrono_tz::America::New_York, "2026-11-01", 25)]
#[case(chrono_tz::America::Santiago, "2026-09-06", 23)]
#[case(chrono_tz::Africa::Casablanca, "2027-02-07", 25)]
#[case(chrono_tz::Asia::Kathmandu, "2026-10-25", 24)]
#[case(chrono_tz::Antarctica::Troll, "2027-03-28", 22)]
fn a_day_has_as_many_hours_as_it_has(#[case] zone: Tz, #[case] text: &str, #[case] expected: usize) {
    let host = host(zone, every_day(&[hours("00:00", "00:00")]));
    let now = day(zone, text).start - TimeDelta::days(30);
    let found = free_slots(&host, &[], &settings(60, 60), now, day(zone, text), 100);
    assert_eq!(found.len(), expected, "{:?}", starts(&found, zone));
}

#[test]
fn hours_that_are_skipped_are_gone_and_hours_that_come_twice_are_there_twice() {
    let zone = chrono_tz::Europe::Berlin;
    let host = host(zone, every_day(&[hours("01:30", "03:30")]));
    let on = |text| {
        let range = day(zone, text);
        starts(&free_slots(&host, &[], &settings(30, 30), range.start - TimeDelta::days(9), range, 20), zone)
    };
    assert_eq!(on("2027-03-28"), ["01:30 CET", "03:00 CEST"]);
    let twice = ["01:30 CEST", "02:00 CEST", "02:30 CEST", "02:00 CET", "02:30 CET", "03:00 CET"];
    assert_eq!(on("2026-10-25"), twice);
}

#[test]
fn a_change_of_half_an_hour_keeps_the_grid_local() {
    let zone = chrono_tz::Australia::Lord_Howe;
    let host = host(zone, every_day(&[hours("00:00", "05:00")]));
    let range = day(zone, "2027-04-04");
    let found = free_slots(&host, &[], &settings(60, 60), range.start - TimeDelta::days(9), range, 20);
    let local: Vec<_> = found.iter().map(|slot| slot.start.with_timezone(&zone).format("%H:%M").to_string()).collect();
    assert_eq!(local, ["00:00", "01:00", "02:00", "03:00", "04:00"]);
}

#[test]
fn local_times_become_instants() {
    let zone = chrono_tz::Europe::Berlin;
    let local = |text: &str| local_instant(zone, text.parse().expect("a local time"));
    assert_eq!(local("2026-11-23T10:00:00"), at("2026-11-23T09:00:00Z"));
    assert_eq!(local("2027-03-28T02:30:00"), at("2027-03-28T01:30:00Z"));
    assert_eq!(local("2026-10-25T02:30:00"), at("2026-10-25T00:30:00Z"));
    let samoa = chrono_tz::Pacific::Apia;
    let skipped_day = "2011-12-30T12:00:00".parse().expect("a local time");
    assert_eq!(local_instant(samoa, skipped_day), at("2011-12-30T22:00:00Z"));
}

#[test]
fn why_a_time_cannot_be_booked() {
    let host = host(Tz::UTC, every_day(&[hours("09:00", "12:00")]));
    let now = at("2026-11-24T09:30:00Z");
    let taken = [Window { start: at("2026-11-24T10:00:00Z"), end: at("2026-11-24T10:30:00Z") }];
    let book = |text, duration| is_free(&host, &taken, now, at(text), duration);
    assert_eq!(book("2026-11-24T09:30:00Z", 30), Err(Why::Past));
    assert_eq!(book("2026-11-24T11:45:00Z", 30), Err(Why::OutsideHours));
    assert_eq!(book("2026-11-24T10:29:00Z", 30), Err(Why::Taken));
    assert_eq!(book("2026-11-24T10:30:00Z", 30), Ok(()));
    assert_eq!(book("2026-11-24T10:37:00Z", 30), Ok(()));
    assert_eq!(book("2026-11-24T11:30:00Z", 30), Ok(()));
}

#[test]
fn the_ends_of_time_are_only_out_of_hours() {
    let host = host(chrono_tz::Pacific::Apia, every_day(&[hours("00:00", "00:00")]));
    for at in [Timestamp::MIN_UTC, Timestamp::MAX_UTC, Timestamp::MAX_UTC - TimeDelta::minutes(10)] {
        let all = Window { start: Timestamp::MIN_UTC, end: Timestamp::MAX_UTC };
        let _ = free_slots(&host, &[all], &settings(60, 5), at, all, 10);
        let _ = is_free(&host, &[], at, at, u32::MAX);
        let _ = blocked_window(&host, at, u32::MAX);
        let _ = working_windows(&host, all);
        let _ = local_instant(host.time_zone, at.naive_utc());
    }
}

fn offset(zone: Tz, at: Timestamp) -> i32 {
    zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
}

/// Every zone and hour in 2026 and 2027 within which a clock is changed.
static CHANGES: LazyLock<Vec<(Tz, Timestamp)>> = LazyLock::new(|| {
    let hours = |zone: Tz| {
        let all = (0..2 * 365 * 24).map(|hour| at("2026-01-01T00:00:00Z") + TimeDelta::hours(hour));
        all.filter(move |at| offset(zone, *at) != offset(zone, *at + TimeDelta::hours(1))).map(move |at| (zone, at))
    };
    TZ_VARIANTS.iter().flat_map(|zone| hours(*zone)).collect()
});

#[test]
fn days_of_every_zone_with_a_change_are_whole() {
    assert!(CHANGES.len() > 300, "{}", CHANGES.len());
    for (zone, change) in CHANGES.iter() {
        let host = host(*zone, every_day(&[hours("00:00", "00:00")]));
        let local = change.with_timezone(zone).date_naive();
        let midnight = |days| local_instant(*zone, (local + Days::new(days)).and_time(NaiveTime::MIN));
        let range = Window { start: midnight(0), end: midnight(2) };
        assert_eq!(working_windows(&host, range), [range], "{zone} {change}");
        let shift = offset(*zone, *change + TimeDelta::hours(1)) - offset(*zone, *change);
        let total = (range.end - range.start).num_seconds();
        assert_eq!(total, 48 * 3600 - i64::from(shift), "{zone} {change}");
    }
}

/// What a host's hours say of one minute, by the clock of the time library.
fn works_at(host: &Host, at: Timestamp) -> bool {
    let local = at.with_timezone(&host.time_zone).naive_local();
    let spans = match host.exceptions.iter().find(|exception| exception.date == local.date()) {
        Some(exception) => &exception.spans,
        None => &host.hours.0[local.weekday().num_days_from_monday() as usize],
    };
    spans.iter().any(|span| span.from <= local.time() && (span.to == NaiveTime::MIN || local.time() < span.to))
}

/// The slots found by trying every minute.
fn by_trial(
    host: &Host,
    occupied: &[Window],
    settings: &BookingSettings,
    now: Timestamp,
    range: Window,
) -> Vec<Window> {
    let first = range.start.duration_trunc(TimeDelta::minutes(1)).expect("a minute");
    let minutes = (range.end - first).num_minutes() + 1 + i64::from(settings.duration_min);
    let works: Vec<bool> = (0..minutes).map(|minute| works_at(host, first + TimeDelta::minutes(minute))).collect();
    let mut slots: Vec<Window> = Vec::new();
    for (index, start) in (0..minutes).map(|minute| first + TimeDelta::minutes(minute)).enumerate() {
        let end = start + TimeDelta::minutes(i64::from(settings.duration_min));
        let blocked = Window {
            start: start - TimeDelta::minutes(i64::from(host.buffer_before_min)),
            end: end + TimeDelta::minutes(i64::from(host.buffer_after_min)),
        };
        let fits = start >= range.start
            && start < range.end
            && start > now
            && start >= now + TimeDelta::minutes(i64::from(settings.notice_min))
            && start <= now + TimeDelta::days(i64::from(settings.horizon_days))
            && start.with_timezone(&host.time_zone).minute().is_multiple_of(settings.step_min)
            && (index..index + settings.duration_min as usize).all(|minute| works.get(minute) == Some(&true))
            && !occupied.iter().any(|window| window.overlaps(&blocked));
        let apart = slots.last().is_none_or(|last| start - last.start >= TimeDelta::minutes(settings.step_min.into()));
        if fits && apart {
            slots.push(Window { start, end });
        }
    }
    slots
}

fn any_spans() -> impl Strategy<Value = Vec<Hours>> {
    prop::collection::btree_set(0..=144_u32, 0..5).prop_map(|tens| {
        let time = |tens: u32| NaiveTime::from_hms_opt(tens / 6 % 24, tens % 6 * 10, 0).expect("a time");
        let tens: Vec<_> = tens.into_iter().collect();
        tens.chunks_exact(2).map(|pair| Hours { from: time(pair[0]), to: time(pair[1]) }).collect()
    })
}

fn any_change() -> impl Strategy<Value = (Tz, Timestamp)> {
    any::<prop::sample::Index>().prop_map(|index| *index.get(CHANGES.as_slice()))
}

fn any_host() -> impl Strategy<Value = (Host, Timestamp)> {
    let week = prop::collection::vec(any_spans(), 7);
    let exception = prop::option::of((-1..=1_i64, any_spans()));
    (any_change(), week, exception, 0..=60_u32, 0..=60_u32).prop_map(
        |((zone, change), week, exception, before, after)| {
            let mut host = host(zone, WeeklyHours(week.try_into().expect("seven days")));
            let around = change.with_timezone(&zone).date_naive();
            host.exceptions = exception
                .map(|(days, spans)| Exception { date: around + TimeDelta::days(days), spans })
                .into_iter()
                .collect();
            host.buffer_before_min = before;
            host.buffer_after_min = after;
            (host, change)
        },
    )
}

proptest! {
    #[test]
    fn slots_are_those_found_by_trying_every_minute(
        (host, change) in any_host(),
        duration in 5..=150_u32,
        step in prop::sample::select(vec![5_u32, 10, 15, 20, 30, 60]),
        notice in 0..=600_u32,
        horizon in 1..=2_u32,
        now in -36 * 3600..=0_i64,
        occupied in prop::collection::vec((-36 * 60..36 * 60_i64, 0..180_i64), 0..6),
    ) {
        prop_assert!(host.validate().is_ok());
        let settings = BookingSettings {
            notice_min: notice, horizon_days: horizon, ..settings(duration, step)
        };
        let range = Window { start: change - TimeDelta::hours(30), end: change + TimeDelta::hours(30) };
        let now = change + TimeDelta::seconds(now);
        let occupied: Vec<_> = occupied.into_iter().map(|(from, length)| {
            let start = change + TimeDelta::minutes(from);
            Window { start, end: start + TimeDelta::minutes(length) }
        }).filter(|window| window.start < window.end).collect();
        let found = free_slots(&host, &occupied, &settings, now, range, usize::MAX);
        prop_assert_eq!(&found, &by_trial(&host, &occupied, &settings, now, range));
        prop_assert_eq!(&free_slots(&host, &occupied, &settings, now, range, usize::MAX), &found);
        for slot in &found {
            prop_assert_eq!(is_free(&host, &occupied, now, slot.start, duration), Ok(()));
        }
        for pair in found.windows(2) {
            prop_assert!(pair[0].start < pair[1].start);
            prop_assert!(step < duration || !pair[0].overlaps(&pair[1]));
        }
    }

    #[test]
    fn paging_through_a_range_loses_and_repeats_nothing((host, change) in any_host(), cut in 0..60_i64) {
        let range = Window { start: change - TimeDelta::hours(30), end: change + TimeDelta::hours(30) };
        let middle = range.start + TimeDelta::hours(cut);
        let now = range.start - TimeDelta::days(1);
        let find = |range| free_slots(&host, &[], &settings(30, 30), now, range, usize::MAX);
        let mut parts = find(Window { end: middle, ..range });
        parts.extend(find(Window { start: middle, ..range }));
        prop_assert_eq!(parts, find(range));
    }

    #[test]
    fn a_time_is_bookable_exactly_when_the_host_works_and_nothing_is_in_the_way(
        (host, change) in any_host(),
        minute in -30 * 60..30 * 60_i64,
        second in 0..60_i64,
        duration in 5..=120_u32,
        booked in -30 * 60..30 * 60_i64,
    ) {
        let start = change + TimeDelta::minutes(minute) + TimeDelta::seconds(second);
        let end = start + TimeDelta::minutes(i64::from(duration));
        let other = blocked_window(&host, change + TimeDelta::minutes(booked), 30);
        let mut minutes = (0..=i64::from(duration)).map(|minute| start + TimeDelta::minutes(minute)).filter(|at| *at < end);
        let works = minutes.all(|at| works_at(&host, at)) && works_at(&host, end - TimeDelta::seconds(1));
        let expected = match (works, other.overlaps(&blocked_window(&host, start, duration))) {
            (false, _) => Err(Why::OutsideHours),
            (true, true) => Err(Why::Taken),
            (true, false) => Ok(()),
        };
        let now = change - TimeDelta::days(9);
        prop_assert_eq!(is_free(&host, &[other], now, start, duration), expected);
    }

    #[test]
    fn a_local_time_that_exists_is_the_first_instant_that_shows_it((zone, change) in any_change(), minute in -1500..1500_i64) {
        let shown = (change + TimeDelta::minutes(minute)).with_timezone(&zone).naive_local();
        let first = zone.from_local_datetime(&shown).earliest().expect("it is shown").to_utc();
        prop_assert_eq!(local_instant(zone, shown), first);
    }

    #[test]
    fn a_local_time_that_is_skipped_moves_by_the_gap((zone, change) in any_change(), minute in -120..120_i64) {
        let local = change.naive_utc() + TimeDelta::seconds(offset(zone, change).into()) + TimeDelta::minutes(minute);
        if zone.from_local_datetime(&local).earliest().is_none() {
            let moved = local_instant(zone, local).with_timezone(&zone).naive_local();
            let gap = offset(zone, change + TimeDelta::hours(1)) - offset(zone, change);
            prop_assert_eq!(moved, local + TimeDelta::seconds(gap.into()));
        }
    }
}
