//! Resting, and going on.

use std::sync::{Arc, Mutex};

use chrono::Duration;
use chrono_tz::UTC;
use spotlight_core::{
    domain::time::Timestamp,
    jobs::{Missed, Schedule, spec},
    memory::MemoryQueue,
    ports::{Clock, JobFilter, JobQueue, JobState, SystemClock, SystemIds},
};
use tokio::sync::watch;

use super::{
    jobs::{Say, Wait},
    world::{World, quick},
};

fn queue() -> Arc<dyn JobQueue> {
    Arc::new(MemoryQueue::new(Arc::new(SystemClock), Arc::new(SystemIds)))
}

fn say(words: &str) -> Say {
    Say { words: words.to_owned() }
}

/// Waits until the process was heard of again, several times: time in which a worker at work would have claimed.
async fn beats(world: &World) {
    for _ in 0..3 {
        let mut silent = 0;
        let heard = async |world: &World| {
            let processes = world.queue.snapshot().await.expect("read").processes;
            let now = processes.first().map_or(0, |process| process.silent_ms);
            std::mem::replace(&mut silent, now) > now
        };
        world.until(heard).await;
    }
}

#[tokio::test]
async fn a_worker_that_rests_finishes_what_runs_hands_back_the_rest_and_goes_on_by_itself() {
    let (say_so, resting) = watch::channel(false);
    let mut options = quick();
    options.pools[0].threads = 1;
    let world = World::built(queue(), options, Arc::new(SystemClock), |worker| worker.resting(resting));
    let running = world.add(&Wait {}).await;
    world.until(async |world| world.notes.count().contains_key("wait")).await;
    let claimed = world.add(&say("claimed ahead")).await;
    world.state(claimed, JobState::Running).await;
    say_so.send_replace(true);
    // What was claimed and not begun is there for others, untried; what runs is not disturbed.
    let left = world.state(claimed, JobState::Ready).await;
    assert_eq!((left.attempts, left.failures.len()), (0, 0));
    assert_eq!(world.record(running).await.state, JobState::Running);
    world.notes.gate.notify_one();
    world.state(running, JobState::Done).await;
    let later = world.add(&say("added meanwhile")).await;
    beats(&world).await;
    assert_eq!(world.notes.ran(), ["wait", "waited"], "nothing is begun while it rests");
    say_so.send_replace(false);
    world.state(claimed, JobState::Done).await;
    world.state(later, JobState::Done).await;
    world.stop().await;
}

#[tokio::test]
async fn a_worker_stops_while_it_rests() {
    let (_say_so, resting) = watch::channel(true);
    let world = World::built(queue(), quick(), Arc::new(SystemClock), |worker| worker.resting(resting));
    let id = world.add(&say("later")).await;
    world.until(async |world| !world.queue.snapshot().await.expect("read").processes.is_empty()).await;
    let queue = world.queue.clone();
    world.stop().await;
    assert_eq!(queue.find(id).await.expect("read").expect("kept").state, JobState::Ready);
    assert!(queue.snapshot().await.expect("read").processes.is_empty(), "it has left the fleet");
}

#[tokio::test]
async fn nobody_rests_once_those_are_gone_who_said_so() {
    let (say_so, resting) = watch::channel(true);
    let world = World::built(queue(), quick(), Arc::new(SystemClock), |worker| worker.resting(resting));
    let id = world.add(&say("in the end")).await;
    beats(&world).await;
    assert_eq!(world.record(id).await.state, JobState::Ready);
    drop(say_so);
    world.state(id, JobState::Done).await;
    world.stop().await;
}

/// A clock that a test moves.
struct Moved(Mutex<Timestamp>);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("nobody panics with it")
    }
}

#[tokio::test]
async fn ticks_of_a_long_rest_add_one_job() {
    let begun: Timestamp = "2026-03-25T10:00:30Z".parse().expect("an instant");
    let clock = Arc::new(Moved(Mutex::new(begun)));
    let tick = || spec(&say("tick"), None).expect("a job");
    let every_minute =
        Schedule::cron("minutes", "* * * * *", UTC, Missed::Latest, move |_| tick()).expect("a schedule");
    let queue = queue();
    queue.tick("minutes", begun - Duration::seconds(30), tick()).await.expect("the last before the rest");
    let (say_so, resting) = watch::channel(true);
    let adjust = |worker: spotlight_core::jobs::Worker<_>| worker.with_schedules(vec![every_minute]).resting(resting);
    let world = World::built(Arc::clone(&queue), quick(), clock.clone(), adjust);
    let added = async || queue.list(&JobFilter::default(), None, 100).await.expect("read").len();
    beats(&world).await;
    *clock.0.lock().expect("nobody panics with it") += Duration::hours(3);
    beats(&world).await;
    assert_eq!((added().await, world.notes.ran().len()), (1, 0), "nothing is added while it rests");
    say_so.send_replace(false);
    world.until(async |world| world.notes.count().get("tick") == Some(&2)).await;
    beats(&world).await;
    assert_eq!(added().await, 2, "one for all that was missed");
    assert_eq!(
        queue.last_tick("minutes").await.expect("read"),
        Some(begun + Duration::hours(3) - Duration::seconds(30))
    );
    world.stop().await;
}
