//! Settings of the whole deployment, and what a process knows of them and of flags without asking.

use std::time::Duration;

use chrono::Duration as Span;
use futures::future::join_all;
use spotlight_core::{
    Context, ErrorKind,
    domain::{
        deployment::{DeploymentSetting, LogLevel, Maintenance},
        user::Role,
    },
    ports::{JobState, Storage},
    services::{
        deployment::NewMaintenance,
        leads::{LeadPatch, NewLead},
    },
};
use tokio::time::{advance, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    colleagues::{invalid, refused},
    world::World,
};

fn said(message: &str) -> NewMaintenance {
    NewMaintenance { message: Some(message.to_owned()), until: None }
}

/// Has a platform watched, and waits until it is.
async fn watched(platform: &spotlight_core::Spotlight) -> CancellationToken {
    let stop = CancellationToken::new();
    let (watching, stopped) = (platform.clone(), stop.clone());
    tokio::spawn(async move { watching.watch(stopped).await });
    tokio::task::yield_now().await;
    platform.deployment().settings().await.expect("settings");
    stop
}

#[tokio::test]
async fn settings_are_the_operators_and_stand_in_its_audit_log() {
    let world = World::new().await;
    let (deployment, operator) = (world.platform.deployment(), Context::deployment());
    let (owner, stranger) = (world.owner(), world.stranger().await);
    let (admin, manager) = (world.colleague(Role::Admin).await, world.colleague(Role::Manager).await);
    let (_, visitor) = world.visitor().await;
    for nobody in [&stranger, &manager, &visitor] {
        refused(deployment.begin_maintenance(nobody, said("no")).await, ErrorKind::Forbidden);
        refused(deployment.end_maintenance(nobody).await, ErrorKind::Forbidden);
        refused(deployment.set_log_level(nobody, Some(LogLevel("debug".to_owned()))).await, ErrorKind::Forbidden);
        assert!(!deployment.is_operator(nobody).await.expect("an answer"));
        assert_eq!(world.platform.maintenance().await.expect("an answer"), None);
    }
    refused(deployment.begin_maintenance(&Context::anonymous(), said("no")).await, ErrorKind::Unauthenticated);
    let past = NewMaintenance { message: Some(String::new()), until: Some(world.platform.clock().now()) };
    assert_eq!(invalid(deployment.begin_maintenance(&operator, past).await), ["message", "until"]);
    assert_eq!(invalid(deployment.set_log_level(&operator, Some(LogLevel(String::new()))).await), ["log_level"]);

    let begun = deployment.begin_maintenance(&operator, said("A new disk")).await.expect("it begins");
    assert_eq!(world.platform.maintenance().await.expect("known at once"), Some(begun.clone()));
    world.clock.forward(Span::minutes(5));
    let changed = deployment.begin_maintenance(&admin, NewMaintenance::default()).await.expect("it goes on");
    assert_eq!(changed, Maintenance { message: None, until: None, since: begun.since });
    assert!(deployment.end_maintenance(&owner).await.expect("it ends"));
    assert!(!deployment.end_maintenance(&owner).await.expect("it has ended"));
    assert_eq!(world.platform.maintenance().await.expect("known at once"), None);
    deployment.set_log_level(&operator, Some(LogLevel("debug".to_owned()))).await.expect("set");
    let settings = deployment.settings().await.expect("known at once");
    assert_eq!(settings.log_level, Some(LogLevel("debug".to_owned())));
    deployment.set_log_level(&operator, None).await.expect("cleared");
    assert_eq!(deployment.settings().await.expect("known at once").log_level, None);

    assert_eq!(world.done_to("maintenance").await, ["maintenance.begin", "maintenance.begin", "maintenance.end"]);
    assert_eq!(world.done_to("log_level").await, ["log_level.set", "log_level.clear"]);
    let audited = world.audited().await;
    let begun = audited.iter().rfind(|entry| entry.action == "maintenance.begin").expect("an entry");
    assert_eq!((begun.actor_kind.as_str(), begun.record_type.as_str()), ("system", "deployment"));
    assert!(!begun.details.to_string().contains("disk"), "names of fields, never values");
    assert!(deployment.is_operator(&admin).await.expect("an answer"));
    assert_eq!(deployment.operator(&operator).await.expect("an answer"), Some(world.organization.id));
    refused(deployment.operator(&owner).await, ErrorKind::Forbidden);
}

#[tokio::test]
async fn the_environment_forces_maintenance_whatever_is_stored() {
    let world = World::new().await;
    let forced = world.another(|builder| builder.maintenance(true));
    let (deployment, operator) = (forced.deployment(), Context::deployment());
    assert!(deployment.is_forced() && !world.platform.deployment().is_forced());
    assert!(deployment.follow().borrow().maintenance.is_some(), "before anything is read");
    let usual = forced.maintenance().await.expect("an answer").expect("maintenance");
    assert_eq!((usual.message, usual.until), (None, None));
    assert!(!deployment.end_maintenance(&operator).await.expect("nothing is stored"));
    deployment.begin_maintenance(&operator, said("A new disk")).await.expect("stored");
    let message = forced.maintenance().await.expect("an answer").expect("maintenance").message;
    assert_eq!(message.as_deref(), Some("A new disk"));
    assert!(deployment.end_maintenance(&operator).await.expect("it ends"));
    assert!(forced.maintenance().await.expect("an answer").is_some(), "the environment says so");
    assert_eq!(world.platform.maintenance().await.expect("an answer"), None, "the others have gone on");
}

#[tokio::test(start_paused = true)]
async fn a_flag_costs_no_io_while_somebody_watches() {
    let world = World::new().await;
    let (flags, owner) = (world.platform.flags(), world.owner());
    flags.set(&Context::system(world.organization.id), "new_console", true, 100).await.expect("a flag");
    let _stop = watched(&world.platform).await;
    world.hooks.asked();
    for _ in 0..1_000 {
        assert!(flags.is_enabled(&owner, "new_console").await.expect("an answer"));
        assert!(!flags.is_enabled(&owner, "nothing").await.expect("an answer"));
        assert_eq!(world.platform.maintenance().await.expect("an answer"), None);
    }
    assert!(world.hooks.asked().is_empty(), "nothing was asked");
    // Two watchers of a process read once a second together.
    let _also = watched(&world.platform).await;
    sleep(Duration::from_millis(10_500)).await;
    let asked = world.hooks.asked();
    assert!((10..=11).contains(&asked["flags"]), "{asked:?}");
    assert_eq!((asked["organizations"], asked["deployment"], asked.len()), (asked["flags"], asked["flags"], 3));
}

#[tokio::test(start_paused = true)]
async fn changes_of_other_processes_show_within_two_seconds() {
    let world = World::new().await;
    let other = world.another(|builder| builder);
    let _stop = watched(&other).await;
    let (owner, operator) = (world.owner(), Context::system(world.organization.id));
    let shown = async || other.flags().is_enabled(&owner, "new_console").await.expect("an answer");
    let mut settings = other.deployment().follow();
    assert!(!shown().await);
    for on in [true, false] {
        world.platform.flags().set(&operator, "new_console", on, 100).await.expect("a flag");
        assert_eq!(world.platform.flags().is_enabled(&owner, "new_console").await.expect("at once"), on);
        sleep(Duration::from_secs(2)).await;
        assert_eq!(shown().await, on);
    }
    world.platform.flags().set_for_organization(&owner, "new_console", Some(true)).await.expect("an exception");
    assert!(world.platform.flags().is_enabled(&owner, "new_console").await.expect("at once"));
    sleep(Duration::from_secs(2)).await;
    assert!(shown().await);
    let mut organization = world.platform.organizations().get(&owner).await.expect("the organization");
    organization.feature_overrides.clear();
    world.platform.organizations().update(&owner, organization).await.expect("changed whole");
    assert!(!world.platform.flags().is_enabled(&owner, "new_console").await.expect("at once"));
    sleep(Duration::from_secs(2)).await;
    assert!(!shown().await);
    assert!(!settings.has_changed().expect("it is watched"), "flags are no settings");
    world.platform.deployment().begin_maintenance(&operator, said("A new disk")).await.expect("it begins");
    sleep(Duration::from_secs(2)).await;
    let begun = settings.borrow_and_update().maintenance.is_some();
    assert!(begun && !settings.has_changed().expect("it is watched"));
    sleep(Duration::from_secs(5)).await;
    assert!(!settings.has_changed().expect("it is watched"), "told once");
}

#[tokio::test(start_paused = true)]
async fn without_a_watcher_one_of_those_who_ask_reads_again() {
    let world = World::new().await;
    let (flags, owner) = (world.platform.flags(), world.owner());
    let ask = async || {
        let asking = (0..50).map(|_| flags.is_enabled(&owner, "new_console"));
        join_all(asking).await.into_iter().map(|on| u32::from(on.expect("an answer"))).sum::<u32>()
    };
    world.hooks.asked();
    assert_eq!((ask().await, world.hooks.asked()["flags"]), (0, 1), "nothing is known yet: all wait for one reading");
    assert_eq!(ask().await, 0);
    assert!(world.hooks.asked().is_empty(), "it is not a second old");
    let operator = Context::system(world.organization.id);
    world.another(|builder| builder).flags().set(&operator, "new_console", true, 100).await.expect("a flag");
    advance(Duration::from_millis(1_001)).await;
    world.hooks.asked();
    ask().await;
    assert_eq!(world.hooks.asked()["flags"], 1);
    assert_eq!(ask().await, 50);
}

#[tokio::test(start_paused = true)]
async fn a_storage_that_is_away_keeps_what_is_known() {
    for by_watching in [true, false] {
        let world = World::new().await;
        let (flags, owner) = (world.platform.flags(), world.owner());
        let new = world.another(|builder| builder);
        flags.set(&Context::system(world.organization.id), "new_console", true, 100).await.expect("a flag");
        world.platform.deployment().begin_maintenance(&owner, said("A new disk")).await.expect("it begins");
        let stop = if by_watching { watched(&world.platform).await } else { CancellationToken::new() };
        world.storage.close().await;
        for _ in 0..5 {
            sleep(Duration::from_secs(7)).await;
            assert!(flags.is_enabled(&owner, "new_console").await.expect("the last known"));
            assert!(world.platform.maintenance().await.expect("the last known").is_some());
        }
        refused(new.flags().is_enabled(&owner, "new_console").await, ErrorKind::Unavailable);
        stop.cancel();
    }
}

#[tokio::test]
async fn a_setting_that_cannot_be_understood_counts_as_not_set() {
    let world = World::new().await;
    let updated_at = world.platform.clock().now();
    let broken = DeploymentSetting { key: "maintenance".to_owned(), value: "yes".into(), updated_at };
    let unit = world.storage.begin().await.expect("a unit");
    unit.deployment().set(&broken).await.expect("set");
    unit.commit().await.expect("a commit");
    assert_eq!(world.platform.maintenance().await.expect("an answer"), None);
    world.platform.deployment().begin_maintenance(&world.owner(), said("anew")).await.expect("set anew");
    assert!(world.platform.maintenance().await.expect("an answer").is_some());
}

#[tokio::test]
async fn operators_see_every_flag_and_who_differs() {
    let world = World::new().await;
    let (flags, owner, operator) = (world.platform.flags(), world.owner(), Context::system(world.organization.id));
    flags.set(&operator, "new_console", true, 20).await.expect("a flag");
    flags.set(&operator, "quick_replies", true, 100).await.expect("a flag");
    flags.set_for_organization(&owner, "new_console", Some(false)).await.expect("an exception");
    flags.set_for_organization(&owner, "quick_replies", Some(true)).await.expect("an exception");
    flags.clear(&operator, "quick_replies").await.expect("cleared");
    let seen = flags.overview(&Context::deployment()).await.expect("flags");
    let shown: Vec<_> =
        seen.iter().map(|one| (one.key.as_str(), one.flag.is_some(), one.organizations.as_slice())).collect();
    let id = world.organization.id;
    assert_eq!(shown, [("new_console", true, &[(id, false)][..]), ("quick_replies", false, &[(id, true)][..])]);
    refused(flags.overview(&owner).await, ErrorKind::Forbidden);
}

#[tokio::test]
async fn the_platforms_worker_rests_during_maintenance() {
    let world = World::new().await;
    let (operator, platform) = (Context::deployment(), &world.platform);
    platform.run_until_idle().await.expect("nothing is left");
    platform.deployment().begin_maintenance(&operator, said("A new disk")).await.expect("it begins");
    let new = NewLead { email: Some("ann@example.com".to_owned()), ..NewLead::default() };
    let lead = platform.leads().create(&world.owner(), new).await.expect("a lead, by who works on the deployment");
    let patch = LeadPatch { company: Some(Some("Navy".to_owned())), ..LeadPatch::default() };
    platform.leads().update(&world.owner(), lead.id, patch, None).await.expect("it is scored anew by a job");
    let waiting = async || {
        let jobs = platform.queue().list(&spotlight_core::ports::JobFilter::default(), None, 100).await.expect("jobs");
        let ready = jobs.iter().filter(|job| job.state == JobState::Ready).count();
        (ready, platform.jobs().figures(&operator).await.expect("figures").events.ready)
    };
    let left = waiting().await;
    assert!(left.0 > 0 && left.1 > 0, "{left:?}");
    let stop = CancellationToken::new();
    let worker = platform.worker(spotlight_core::jobs::WorkerOptions {
        lease: Duration::from_millis(300),
        ..spotlight_core::jobs::WorkerOptions::default()
    });
    let (worker, stopped) = (worker.expect("a worker"), stop.clone());
    let running = tokio::spawn(async move { worker.run(stopped).await });
    let until = async |holds: &dyn Fn((usize, u64)) -> bool| {
        let waited = tokio::time::timeout(Duration::from_secs(30), async {
            while !holds(waiting().await) {
                sleep(Duration::from_millis(5)).await;
            }
        });
        waited.await.expect("it should have happened by now");
    };
    // It is in the fleet, and heard of several times.
    for _ in 0..4 {
        let again = tokio::time::timeout(Duration::from_secs(30), async {
            let (mut before, mut silent) = (0, 0);
            while silent >= before {
                before = silent;
                world.clock.forward(Span::milliseconds(1));
                sleep(Duration::from_millis(5)).await;
                let processes = platform.queue().snapshot().await.expect("figures").processes;
                silent = processes.first().map_or(0, |process| process.silent_ms);
            }
        });
        again.await.expect("it gives signs of life");
    }
    assert_eq!(waiting().await, left, "nothing is worked off");
    platform.deployment().end_maintenance(&operator).await.expect("it ends");
    until(&|(jobs, events)| jobs == 0 && events == 0).await;
    stop.cancel();
    running.await.expect("no panic");
}
