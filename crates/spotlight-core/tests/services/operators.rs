//! Stepping in: jobs are their organization's, queues are the operator's.

use chrono::Duration;
use serde_json::json;
use spotlight_core::{
    ErrorKind,
    domain::{JobId, user::Role},
    ports::{JobSpec, JobState, Storage},
};

use crate::{
    colleagues::refused,
    world::{World, job},
};

async fn later(world: &World) -> JobId {
    let run_at = Some(world.platform.clock().now() + Duration::hours(1));
    let spec = JobSpec { run_at, ..job(world.organization.id, "score_lead", &json!({})) };
    let unit = world.storage.begin().await.expect("a unit");
    let id = unit.enqueue(spec).await.expect("a job");
    unit.commit().await.expect("a commit");
    id
}

#[tokio::test]
async fn a_job_is_shown_to_its_organization_and_cancelled_once() {
    let world = World::new().await;
    let (jobs, owner, stranger) = (world.platform.jobs(), world.owner(), world.stranger().await);
    let id = later(&world).await;
    assert_eq!(jobs.get(&owner, id).await.expect("the job").state, JobState::Scheduled);
    refused(jobs.get(&stranger, id).await, ErrorKind::NotFound);
    refused(jobs.cancel(&stranger, id).await, ErrorKind::NotFound);
    let manager = world.colleague(Role::Manager).await;
    refused(jobs.get(&manager, id).await, ErrorKind::Forbidden);
    refused(jobs.cancel(&manager, id).await, ErrorKind::Forbidden);
    jobs.cancel(&owner, id).await.expect("cancelled");
    assert_eq!(jobs.get(&owner, id).await.expect("the job").state, JobState::Cancelled);
    refused(jobs.cancel(&owner, id).await, ErrorKind::Conflict);
    assert_eq!(world.done_to(id).await, ["job.cancel"]);
}

#[tokio::test]
async fn queues_are_stopped_by_the_operator_alone() {
    let world = World::new().await;
    let (jobs, stranger) = (world.platform.jobs(), world.stranger().await);
    let admin = world.colleague(Role::Admin).await;
    jobs.set_paused(&admin, "low", true).await.expect("paused");
    let paused = async || {
        let queues = jobs.snapshot(&admin).await.expect("figures").queues;
        queues.iter().any(|queue| queue.queue == "low" && queue.paused)
    };
    assert!(paused().await);
    refused(jobs.set_paused(&stranger, "low", false).await, ErrorKind::Forbidden);
    let manager = world.colleague(Role::Manager).await;
    refused(jobs.set_paused(&manager, "low", false).await, ErrorKind::Forbidden);
    refused(jobs.set_paused(&admin, "nothing", true).await, ErrorKind::NotFound);
    assert!(paused().await);
    jobs.set_paused(&admin, "low", false).await.expect("resumed");
    assert!(!paused().await);
}

#[tokio::test]
async fn administrators_see_what_recurs() {
    let world = World::new().await;
    let seen = world.platform.jobs().schedules(&world.owner()).expect("schedules");
    let upkeep = seen.iter().find(|one| one.name == "apply_retention").expect("it recurs");
    assert_eq!(upkeep.pattern, "17 * * * *");
    assert!(upkeep.next_at > Some(world.platform.clock().now()));
    assert!(seen.is_sorted_by(|a, b| a.name < b.name));
    let manager = world.colleague(Role::Manager).await;
    refused(world.platform.jobs().schedules(&manager), ErrorKind::Forbidden);
}
