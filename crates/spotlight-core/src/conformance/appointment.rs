//! Hosts, appointments and holds.

use std::sync::Arc;

use chrono::Duration;

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, keeps_versions, lists, one_won, refused, rivals},
};
use crate::{
    domain::{
        appointment::{Appointment, AppointmentStatus, MeetingType},
        assistant::Assistant,
        lead::Lead,
        schedule::{Host, WeeklyHours},
        time::Window,
        user::Role,
    },
    error::{ErrorKind, Result},
    ports::{AppointmentFilter, Between, HostLoad, Order, Storage, UnitOfWork},
};

/// Hosts come back by user, and are members, once.
pub async fn hosts_are_members(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let members = [world.member(Role::SalesRep).await, world.member(Role::Manager).await];
    let bare = Host {
        hours: WeeklyHours::default(),
        exceptions: Vec::new(),
        buffer_before_min: 0,
        buffer_after_min: 0,
        ..world.samples.host(world.org(), members[1].id)
    };
    let other = world.samples.host(world.org(), members[0].id);
    let add = async |host: &Host| world.write(async |unit| unit.hosts().insert(host).await).await;
    add(&bare).await.unwrap();
    add(&other).await.unwrap();
    let read = world.read().hosts();
    assert_eq!(read.get(world.org(), members[1].id).await.unwrap().as_ref(), Some(&bare));
    assert_eq!(read.list(world.org()).await.unwrap(), [world.host.clone(), other, bare.clone()]);
    refused(add(&bare).await, ErrorKind::Conflict);
    let stranger = world.another().await;
    refused(add(&world.samples.host(world.org(), stranger.user.id)).await, ErrorKind::NotFound);
    assert_eq!(read.get(world.org(), stranger.user.id).await.unwrap(), None);
}

/// Updates replace everything and keep versions.
pub async fn a_host_keeps_versions(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let changed = Host {
        time_zone: chrono_tz::Europe::Lisbon,
        hours: WeeklyHours::weekdays(20, 24),
        exceptions: Vec::new(),
        buffer_before_min: 240,
        buffer_after_min: 0,
        updated_at: at(9),
        ..world.host.clone()
    };
    keeps_versions!(
        world,
        changed,
        world.samples.host(world.org(), world.samples.user().id),
        async |unit: &dyn UnitOfWork, it: &Host| unit.hosts().update(it).await,
        async |world: &World| world.read().hosts().get(world.org(), world.user.id).await
    );
}

async fn add(world: &World, appointment: &Appointment, now: i64) -> Result<()> {
    world.write(async |unit| unit.appointments().insert(appointment, at(now)).await).await
}

async fn stored(world: &World, appointment: &Appointment) -> Option<Appointment> {
    world.read().appointments().get(world.org(), appointment.id).await.unwrap()
}

/// What was added comes back, with everything known and with nothing.
pub async fn an_appointment_comes_back_whole(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let talk = world.conversation_like(&lead, |_| ()).await;
    let made = |starts| world.samples.appointment(&lead, world.assistant.id, &world.host, starts);
    let full = Appointment { conversation_id: Some(talk.id), cancel_reason: Some("moved away".to_owned()), ..made(0) };
    let empty = Appointment { external_id: None, external_link: None, notes: None, sequence: 0, ..made(100) };
    let hold = world.samples.hold(&lead, world.assistant.id, &world.host, 200, 5);
    for appointment in [&full, &empty, &hold] {
        add(&world, appointment, 0).await.unwrap();
        assert_eq!(stored(&world, appointment).await.as_ref(), Some(appointment));
    }
    refused(add(&world, &Appointment { id: full.id, ..made(300) }, 0).await, ErrorKind::Conflict);
    assert_eq!(stored(&world, &made(400)).await, None);
}

/// An appointment needs its lead, assistant, conversation and host.
pub async fn an_appointment_needs_what_it_names(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let made = || world.samples.appointment(&lead, world.assistant.id, &world.host, 0);
    let nobody = Appointment { lead_id: world.samples.lead(world.org()).id, ..made() };
    let unassisted = Appointment { assistant_id: world.samples.assistant(world.org(), world.user.id).id, ..made() };
    let unsaid =
        Appointment { conversation_id: Some(world.samples.conversation(&lead, world.assistant.id).id), ..made() };
    let unhosted = Appointment { host_id: world.member(Role::SalesRep).await.id, ..made() };
    for appointment in [nobody, unassisted, unsaid, unhosted] {
        refused(add(&world, &appointment, 0).await, ErrorKind::NotFound);
    }
    add(&world, &made(), 0).await.unwrap();
}

/// Updates replace everything and keep versions.
pub async fn an_appointment_keeps_versions(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let appointment = world.samples.appointment(&lead, world.assistant.id, &world.host, 0);
    add(&world, &appointment, 0).await.unwrap();
    let moved = Appointment {
        starts_at: at(10),
        duration_min: 60,
        blocked: Window { start: at(10), end: at(70) },
        time_zone: chrono_tz::America::St_Johns,
        status: AppointmentStatus::Confirmed,
        meeting_type: MeetingType::InPerson,
        external_id: None,
        external_link: None,
        notes: None,
        sequence: 2,
        updated_at: at(9),
        ..appointment.clone()
    };
    keeps_versions!(
        world,
        moved,
        world.samples.appointment(&lead, world.assistant.id, &world.host, 900),
        async |unit: &dyn UnitOfWork, it: &Appointment| unit.appointments().update(it, at(0)).await,
        async |world: &World| world.read().appointments().get(world.org(), appointment.id).await
    );
}

/// Two that take up one host's time never overlap; touching is no overlap, and other hosts and finished ones are free.
pub async fn overlap_is_refused(fixture: &dyn StorageFixture) {
    use AppointmentStatus::{Cancelled, Completed, Confirmed, NoShow, Scheduled};
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    // Blocks 85 to 145.
    let booked = world.samples.appointment(&lead, world.assistant.id, &world.host, 100);
    add(&world, &booked, 0).await.unwrap();
    let blocking = |start, end, status| Appointment {
        starts_at: at(start),
        blocked: Window { start: at(start), end: at(end) },
        status,
        ..world.samples.appointment(&lead, world.assistant.id, &world.host, start)
    };
    for (start, end) in [(85, 145), (80, 86), (144, 150), (100, 110), (0, 500)] {
        for status in [Scheduled, Confirmed] {
            refused(add(&world, &blocking(start, end, status), 0).await, ErrorKind::Conflict);
        }
        let hold = Appointment {
            status: AppointmentStatus::Held,
            hold_expires_at: Some(at(5)),
            ..blocking(start, end, Scheduled)
        };
        refused(add(&world, &hold, 0).await, ErrorKind::Conflict);
        for status in [Completed, Cancelled, NoShow] {
            add(&world, &blocking(start, end, status), 0).await.unwrap();
        }
    }
    add(&world, &blocking(80, 85, Scheduled), 0).await.unwrap();
    let after = blocking(145, 150, Scheduled);
    add(&world, &after, 0).await.unwrap();
    let member = world.member(Role::SalesRep).await;
    let other = world.samples.host(world.org(), member.id);
    world.write(async |unit| unit.hosts().insert(&other).await).await.unwrap();
    add(&world, &Appointment { host_id: other.user_id, ..blocking(100, 110, Scheduled) }, 0).await.unwrap();

    // Moving and reviving are held to the same rule.
    let moved = Appointment { blocked: Window { start: at(144), end: at(150) }, ..after.clone() };
    let update = async |it: &Appointment| world.write(async |unit| unit.appointments().update(it, at(0)).await).await;
    refused(update(&moved).await, ErrorKind::Conflict);
    assert_eq!(stored(&world, &after).await, Some(after));
    let cancelled = Appointment { status: Cancelled, ..booked.clone() };
    update(&cancelled).await.unwrap();
    add(&world, &blocking(100, 110, Scheduled), 0).await.unwrap();
    refused(update(&Appointment { version: 2, ..booked }).await, ErrorKind::Conflict);
}

async fn book(storage: Arc<dyn Storage>, appointment: Appointment) -> Result<()> {
    let unit = storage.begin().await?;
    unit.appointments().insert(&appointment, at(0)).await?;
    unit.commit().await
}

/// Of two overlapping bookings at once, one is refused.
pub async fn of_two_bookings_at_once_one_is_refused(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    for round in 0..5 {
        let one = world.samples.appointment(&lead, world.assistant.id, &world.host, round * 200);
        let other = world.samples.hold(&lead, world.assistant.id, &world.host, round * 200 + 30, 5);
        let outcomes = rivals(book(Arc::clone(&world.storage), one), book(Arc::clone(&world.storage), other)).await;
        one_won(outcomes, ErrorKind::Conflict);
    }
    let all = Window { start: at(-1000), end: at(5000) };
    let occupied = world.read().appointments().occupied(world.org(), world.user.id, all, at(0)).await.unwrap();
    assert_eq!(occupied.len(), 5);
}

/// A hold keeps its slot until it expires, and gives way then.
pub async fn an_expired_hold_gives_way(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let hold = world.samples.hold(&lead, world.assistant.id, &world.host, 100, 5);
    let far = world.samples.hold(&lead, world.assistant.id, &world.host, 500, 5);
    let long = world.samples.hold(&lead, world.assistant.id, &world.host, 800, 50);
    for hold in [&hold, &far, &long] {
        add(&world, hold, 0).await.unwrap();
    }
    let booking = world.samples.appointment(&lead, world.assistant.id, &world.host, 100);
    let almost = at(5) - Duration::microseconds(1);
    let early = world.write(async |unit| unit.appointments().insert(&booking, almost).await).await;
    refused(early, ErrorKind::Conflict);
    assert_eq!(stored(&world, &hold).await.as_ref(), Some(&hold), "it has not expired");
    // Another hold has expired by then; a refused booking deletes nothing, and neither does a refused change.
    let overlapping = world.samples.appointment(&lead, world.assistant.id, &world.host, 800);
    refused(add(&world, &overlapping, 5).await, ErrorKind::Conflict);
    let late = world.samples.hold(&lead, world.assistant.id, &world.host, 1200, 50);
    add(&world, &late, 0).await.unwrap();
    let moved = Appointment { blocked: long.blocked, ..late.clone() };
    refused(world.write(async |unit| unit.appointments().update(&moved, at(5)).await).await, ErrorKind::Conflict);
    for hold in [&hold, &far, &late] {
        assert_eq!(stored(&world, hold).await.as_ref(), Some(hold));
    }
    add(&world, &booking, 5).await.unwrap();
    assert_eq!(stored(&world, &hold).await, None);
    assert_eq!(stored(&world, &far).await, None, "every expired hold of the host goes");
    assert_eq!(stored(&world, &long).await.as_ref(), Some(&long));

    // The same for an update, which leaves its own hold alone: it is booked late, but nobody else was.
    let next = world.samples.hold(&lead, world.assistant.id, &world.host, 300, 60);
    add(&world, &next, 10).await.unwrap();
    let booked = Appointment { status: AppointmentStatus::Scheduled, hold_expires_at: None, ..next.clone() };
    world.write(async |unit| unit.appointments().update(&booked, at(60)).await).await.unwrap();
    assert_eq!(stored(&world, &next).await, Some(Appointment { version: 2, ..booked }));
    assert_eq!(stored(&world, &long).await, None);
}

/// A hold is removed by hand, and nothing else is.
pub async fn a_hold_is_removed(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let hold = world.samples.hold(&lead, world.assistant.id, &world.host, 100, 5);
    let booked = world.samples.appointment(&lead, world.assistant.id, &world.host, 200);
    add(&world, &hold, 0).await.unwrap();
    add(&world, &booked, 0).await.unwrap();
    let delete =
        async |id| world.write(async |unit| unit.appointments().delete_hold(world.org(), id).await).await.unwrap();
    assert!(delete(hold.id).await);
    assert!(!delete(hold.id).await);
    assert!(!delete(booked.id).await);
    assert_eq!(stored(&world, &hold).await, None);
    assert_eq!(stored(&world, &booked).await, Some(booked));
    add(&world, &world.samples.appointment(&lead, world.assistant.id, &world.host, 100), 0).await.unwrap();
}

async fn lists_as(world: &World, filter: &AppointmentFilter, order: Order, expected: &[&Appointment]) {
    let expected: Vec<_> = expected.iter().map(|appointment| appointment.id.as_uuid()).collect();
    let (read, organization) = (world.read().appointments(), world.org());
    lists(
        &expected,
        |appointment: &Appointment| appointment.id.as_uuid(),
        async |paging| read.list(organization, filter, order, &paging).await,
    )
    .await;
}

/// By start, then by id, in both directions; holds only when asked for; every filter, alone and together.
pub async fn appointments_are_listed(fixture: &dyn StorageFixture) {
    use AppointmentStatus::{Cancelled, Confirmed, Held, Scheduled};
    let world = World::new(fixture.fresh().await).await;
    let rep = world.member(Role::SalesRep).await;
    let host = world.samples.host(world.org(), rep.id);
    let own = Assistant { owner_id: rep.id, ..world.samples.assistant(world.org(), rep.id) };
    world
        .write(async |unit| {
            unit.hosts().insert(&host).await?;
            unit.assistants().insert(&own).await
        })
        .await
        .unwrap();
    let lead = world.lead().await;
    let assigned: Lead = world.lead_like(|lead| lead.owner_id = Some(rep.id)).await;
    let talk = world.conversation_like(&lead, |_| ()).await;
    let (samples, bot) = (&world.samples, world.assistant.id);
    let a = samples.appointment(&lead, bot, &world.host, 100);
    let b = Appointment {
        status: Cancelled,
        conversation_id: Some(talk.id),
        ..samples.appointment(&lead, bot, &host, 100)
    };
    let c = samples.appointment(&lead, own.id, &world.host, -100);
    let d = Appointment { status: Confirmed, ..samples.appointment(&assigned, bot, &world.host, 500) };
    let hold = samples.hold(&lead, bot, &world.host, 300, 50);
    for appointment in [&d, &b, &a, &hold, &c] {
        add(&world, appointment, 0).await.unwrap();
    }
    lists_as(&world, &AppointmentFilter::default(), Order::Asc, &[&c, &a, &b, &d]).await;
    lists_as(&world, &AppointmentFilter::default(), Order::Desc, &[&d, &b, &a, &c]).await;
    let any = AppointmentFilter::default;
    let between = |from: Option<i64>, to: Option<i64>| Between { from: from.map(at), to: to.map(at) };
    let cases: Vec<(AppointmentFilter, Vec<&Appointment>)> = vec![
        (AppointmentFilter { statuses: vec![Held], ..any() }, vec![&hold]),
        (AppointmentFilter { statuses: vec![Held, Scheduled], ..any() }, vec![&c, &a, &hold]),
        (AppointmentFilter { statuses: vec![Cancelled], ..any() }, vec![&b]),
        (AppointmentFilter { lead_id: Some(assigned.id), ..any() }, vec![&d]),
        (AppointmentFilter { assistant_id: Some(own.id), ..any() }, vec![&c]),
        (AppointmentFilter { conversation_id: Some(talk.id), ..any() }, vec![&b]),
        (AppointmentFilter { host_id: Some(rep.id), ..any() }, vec![&b]),
        (AppointmentFilter { visible_to: Some(rep.id), ..any() }, vec![&c, &b, &d]),
        (AppointmentFilter { visible_to: Some(world.samples.user().id), ..any() }, vec![]),
        (AppointmentFilter { starts: between(Some(100), Some(500)), ..any() }, vec![&a, &b]),
        (AppointmentFilter { starts: between(None, Some(100)), ..any() }, vec![&c]),
        (AppointmentFilter { starts: between(Some(101), None), ..any() }, vec![&d]),
        (AppointmentFilter { lead_id: Some(lead.id), host_id: Some(world.user.id), ..any() }, vec![&c, &a]),
    ];
    for (filter, expected) in cases {
        lists_as(&world, &filter, Order::Asc, &expected).await;
    }
}

/// A host is occupied by what is held, scheduled or confirmed and overlaps the range, by start.
pub async fn occupied_windows_come_by_start(fixture: &dyn StorageFixture) {
    use AppointmentStatus::{Cancelled, Completed, Confirmed, NoShow};
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let made = |starts| world.samples.appointment(&lead, world.assistant.id, &world.host, starts);
    let [first, second, third] = [made(100), Appointment { status: Confirmed, ..made(200) }, made(400)];
    let hold = world.samples.hold(&lead, world.assistant.id, &world.host, 300, 50);
    for appointment in [&third, &hold, &second, &first] {
        add(&world, appointment, 0).await.unwrap();
    }
    for status in [Cancelled, Completed, NoShow] {
        add(&world, &Appointment { status, ..made(150) }, 0).await.unwrap();
    }
    let occupied = async |from: i64, to: i64, now: i64| {
        let range = Window { start: at(from), end: at(to) };
        world.read().appointments().occupied(world.org(), world.user.id, range, at(now)).await.unwrap()
    };
    let windows = [first.blocked, second.blocked, hold.blocked, third.blocked];
    assert_eq!(occupied(0, 1000, 0).await, windows);
    assert_eq!(occupied(0, 1000, 50).await, [first.blocked, second.blocked, third.blocked], "an expired hold is free");
    // The second blocks 185 to 245.
    assert_eq!(occupied(145, 185, 0).await, []);
    assert_eq!(occupied(145, 186, 0).await, [second.blocked]);
    assert_eq!(occupied(245, 285, 0).await, []);
    assert_eq!(occupied(244, 285, 0).await, [second.blocked]);
}

/// A host's load: the newest booking, and what is open from now on.
pub async fn hosts_have_loads(fixture: &dyn StorageFixture) {
    use AppointmentStatus::{Cancelled, Completed, Confirmed};
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let [busy, idle] = [world.member(Role::SalesRep).await, world.member(Role::SalesRep).await];
    let hosts = [world.samples.host(world.org(), busy.id), world.samples.host(world.org(), idle.id)];
    for host in &hosts {
        world.write(async |unit| unit.hosts().insert(host).await).await.unwrap();
    }
    let made = |starts, created, status| Appointment {
        created_at: at(created),
        status,
        ..world.samples.appointment(&lead, world.assistant.id, &hosts[0], starts)
    };
    let scheduled = AppointmentStatus::Scheduled;
    for appointment in [
        made(100, 3, scheduled),
        made(200, 1, Confirmed),
        made(300, 7, Cancelled),
        made(0, 2, Completed),
        made(-90, 0, scheduled),
    ] {
        add(&world, &appointment, 0).await.unwrap();
    }
    let hold = Appointment { created_at: at(9), ..world.samples.hold(&lead, world.assistant.id, &hosts[0], 600, 50) };
    add(&world, &hold, 0).await.unwrap();
    let nobody = world.samples.user().id;
    let load = world.read().appointments().load(world.org(), &[idle.id, busy.id, nobody], at(100)).await.unwrap();
    let none = |host_id| HostLoad { host_id, last_booked_at: None, open: 0 };
    let expected = HostLoad { host_id: busy.id, last_booked_at: Some(at(7)), open: 2 };
    assert_eq!(load, [none(idle.id), expected, none(nobody)]);
}
