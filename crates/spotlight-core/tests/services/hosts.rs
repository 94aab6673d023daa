//! When people can be booked, and who says so.

use chrono::NaiveTime;
use spotlight_core::{
    ErrorKind,
    domain::{
        schedule::{Exception, Span, WeeklyHours},
        user::Role,
    },
    services::hosts::HostInput,
};

use crate::{
    colleagues::{invalid, refused},
    world::World,
};

fn span(from: u32, to: u32) -> Span {
    let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour");
    Span { from: hour(from), to: hour(to) }
}

fn input() -> HostInput {
    let closed = |date: &str| Exception { date: date.parse().expect("a date"), spans: Vec::new() };
    HostInput {
        time_zone: chrono_tz::Europe::Lisbon,
        hours: WeeklyHours::weekdays(8, 12),
        exceptions: vec![closed("2026-12-25"), closed("2026-04-25")],
        buffer_before_min: 10,
        buffer_after_min: 15,
    }
}

#[tokio::test]
async fn a_representative_sets_their_own_hours_and_a_manager_everyones() {
    let world = World::new().await;
    let hosts = world.platform.hosts();
    let (rep, manager) = (world.colleague(Role::SalesRep).await, world.colleague(Role::Manager).await);
    let user = rep.actor.user_id().expect("a person");
    refused(hosts.get(&rep, user).await, ErrorKind::NotFound);
    let made = hosts.set(&rep, user, input(), None).await.expect("a calendar");
    assert_eq!((made.time_zone, made.version, made.exceptions.len()), (chrono_tz::Europe::Lisbon, 1, 2));
    assert!(made.exceptions[0].date < made.exceptions[1].date, "by date");
    assert_eq!(hosts.get(&manager, user).await.expect("the host"), made);

    let longer = HostInput { hours: WeeklyHours::weekdays(8, 18), ..input() };
    let changed = hosts.set(&manager, user, longer, Some(1)).await.expect("other hours");
    assert_eq!((changed.version, changed.created_at), (2, made.created_at));
    refused(hosts.set(&manager, user, input(), Some(1)).await, ErrorKind::StaleVersion);
    assert_eq!(hosts.list(&rep).await.expect("hosts").len(), 2, "the owner has a calendar too");
    assert_eq!(world.done_to(user).await, ["host.update", "host.update"]);

    refused(hosts.set(&rep, world.owner.id, input(), None).await, ErrorKind::Forbidden);
    hosts.set(&manager, world.owner.id, input(), None).await.expect("a manager may");
}

#[tokio::test]
async fn another_organization_sees_no_host_and_makes_none() {
    let world = World::new().await;
    let (hosts, stranger) = (world.platform.hosts(), world.stranger().await);
    refused(hosts.get(&stranger, world.owner.id).await, ErrorKind::NotFound);
    refused(hosts.set(&stranger, world.owner.id, input(), None).await, ErrorKind::NotFound);
    assert_eq!(hosts.list(&stranger).await.expect("hosts"), []);
    let (_, visitor) = world.visitor().await;
    refused(hosts.list(&visitor).await, ErrorKind::Forbidden);
}

#[tokio::test]
async fn impossible_hours_are_refused_with_every_reason() {
    let world = World::new().await;
    let (hosts, owner) = (world.platform.hosts(), world.owner());
    let mut wrong = input();
    wrong.hours.0[0] = vec![span(12, 9)];
    wrong.exceptions[1].date = wrong.exceptions[0].date;
    wrong.buffer_after_min = 241;
    let fields = invalid(hosts.set(&owner, world.owner.id, wrong, None).await);
    assert_eq!(fields, ["hours.0.0", "exceptions.1.date", "buffer_min"]);
    let day = |day: i64| input().exceptions[0].date + chrono::Duration::days(day);
    let many =
        HostInput { exceptions: (0..401).map(|n| Exception { date: day(n), spans: Vec::new() }).collect(), ..input() };
    assert_eq!(invalid(hosts.set(&owner, world.owner.id, many, None).await), ["exceptions"]);
    assert_eq!(hosts.get(&owner, world.owner.id).await.expect("the host").version, 1);
}
