//! Stopping, and starting again.

use std::time::Duration;

use chrono_tz::UTC;
use spotlight_core::{
    jobs::{Missed, Schedule, WorkerOptions, spec},
    ports::JobState,
};

use super::{
    jobs::{Say, Wait},
    world::{World, quick},
};

#[tokio::test]
async fn a_worker_that_stops_finishes_what_runs_and_hands_back_the_rest() {
    let mut options = quick();
    options.pools[0].threads = 1;
    let world = World::start(options);
    let running = world.add(&Wait {}).await;
    world.until(async |world| world.notes.count().contains_key("wait")).await;
    let waiting = world.add(&Wait {}).await;
    let (queue, notes, stop) = (world.queue.clone(), world.notes.clone(), world.stop.clone());
    let stopping = tokio::spawn(world.stop());
    stop.cancelled().await;
    notes.gate.notify_one();
    stopping.await.expect("it stops");
    let done = queue.find(running).await.expect("read").expect("kept");
    assert_eq!(done.state, JobState::Done);
    let left = queue.find(waiting).await.expect("read").expect("kept");
    assert_eq!((left.state, left.attempts, left.failures.len()), (JobState::Ready, 0, 0));
    assert!(queue.snapshot().await.expect("read").processes.is_empty(), "it has left the fleet");
}

#[tokio::test]
async fn what_outlasts_the_grace_runs_again_elsewhere() {
    let world = World::start(WorkerOptions { grace: Duration::from_millis(30), ..quick() });
    let id = world.add(&Wait {}).await;
    world.until(async |world| world.notes.count().contains_key("wait")).await;
    let queue = world.queue.clone();
    world.stop().await;
    let left = queue.find(id).await.expect("read").expect("kept");
    assert_eq!((left.state, left.attempts), (JobState::Ready, 1));
    assert_eq!(left.failures[0].error, "the process that ran it stopped");
    let next = World::on(queue, quick(), Vec::new());
    next.until(async |world| world.notes.count().contains_key("wait")).await;
    next.notes.gate.notify_one();
    next.state(id, JobState::Done).await;
    next.stop().await;
}

#[tokio::test]
async fn a_schedule_adds_its_job_once_for_all_workers() {
    let tick = |_| spec(&Say { words: "tick".to_owned() }, None).expect("a job");
    let every_second = Schedule::cron("seconds", "* * * * * *", UTC, Missed::Skip, tick).expect("a schedule");
    let first = World::start(quick());
    let second = World::on(first.queue.clone(), quick(), vec![every_second.clone()]);
    let third = World::on(first.queue.clone(), quick(), vec![every_second]);
    let ticks =
        |worlds: [&World; 3]| worlds.iter().filter_map(|world| world.notes.count().get("tick").copied()).sum::<usize>();
    first.until(async |_| ticks([&first, &second, &third]) >= 2).await;
    let newest = first.queue.last_tick("seconds").await.expect("read").expect("ticked");
    let jobs = first.queue.list(&spotlight_core::ports::JobFilter::default(), None, 100).await.expect("read");
    let mut seconds: Vec<_> = jobs.iter().map(|job| job.enqueued_at.timestamp()).collect();
    let all = seconds.len();
    seconds.dedup();
    assert_eq!(seconds.len(), all, "one for each second: {seconds:?}");
    assert!(newest.timestamp() - seconds.last().copied().expect("a job") >= 1);
    for world in [third, second, first] {
        world.stop().await;
    }
}
