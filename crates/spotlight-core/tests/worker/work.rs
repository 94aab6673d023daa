//! Running jobs.

use std::time::Duration;

use spotlight_core::{
    jobs::{PoolOptions, Share, WorkerOptions, spec},
    ports::{JobProducer, JobSpec, JobState},
};

use super::{
    jobs::{Block, Hang, Later, OldSay, Panic, Refuse, Say, Stumble, Unknown, Wait},
    world::{World, quick},
};

fn say(words: &str) -> Say {
    Say { words: words.to_owned() }
}

#[tokio::test]
async fn a_job_runs_and_its_result_is_kept() {
    let world = World::start(quick());
    let id = world.add(&say("hello")).await;
    let done = world.state(id, JobState::Done).await;
    assert_eq!((done.result.as_deref(), done.attempts), (Some("5"), 1));
    assert_eq!(world.notes.ran(), ["hello"]);
    assert_eq!(world.worker.health().done, 1);
    world.stop().await;
}

#[tokio::test]
async fn a_panic_is_the_jobs_failure_and_nobody_elses() {
    let world = World::start(quick());
    let id = world.add(&Panic {}).await;
    let dead = world.state(id, JobState::Dead).await;
    assert_eq!((dead.attempts, dead.failures.len()), (3, 3));
    assert_eq!(dead.failures[0].error, "the job panicked");
    let next = world.add(&say("still here")).await;
    world.state(next, JobState::Done).await;
    world.stop().await;
}

#[tokio::test]
async fn errors_decide_what_follows() {
    let world = World::start(quick());
    let refused = world.add(&Refuse {}).await;
    let dead = world.state(refused, JobState::Dead).await;
    assert_eq!(dead.attempts, 1, "an error that will not mend is not tried again");
    let stumbled = world.add(&Stumble {}).await;
    assert_eq!(world.state(stumbled, JobState::Done).await.attempts, 3);
    let later = world.add(&Later {}).await;
    let waiting = world.state(later, JobState::Scheduled).await;
    let pause = waiting.run_at.expect("a time") - waiting.enqueued_at;
    assert!(pause > chrono::Duration::minutes(59) && pause < chrono::Duration::minutes(61), "{pause}");
    world.stop().await;
}

#[tokio::test]
async fn a_job_that_takes_too_long_is_dropped_and_tried_again() {
    let world = World::start(quick());
    let id = world.add(&Hang {}).await;
    let dead = world.state(id, JobState::Dead).await;
    assert_eq!((dead.attempts, dead.failures[0].error.as_str()), (3, "the job took too long"));
    world.stop().await;
}

#[tokio::test]
async fn what_another_version_left_is_tried_again_later() {
    let world = World::start(quick());
    let unknown = world.add(&Unknown {}).await;
    let old = world.add(&OldSay { text: "hello".to_owned() }).await;
    let waiting = world.state(unknown, JobState::Scheduled).await;
    assert!(waiting.failures[0].error.contains("newer version"), "{:?}", waiting.failures);
    let dead = world.state(old, JobState::Dead).await;
    assert!(dead.failures[0].error.contains("cannot be read"), "{:?}", dead.failures);
    let newer = JobSpec { version: 2, ..spec(&say("hello"), None).expect("a job") };
    let newer = world.queue.enqueue(vec![newer]).await.expect("added")[0].id();
    assert!(world.state(newer, JobState::Dead).await.failures[0].error.contains("version 2"));
    assert!(world.notes.ran().is_empty());
    world.stop().await;
}

#[tokio::test]
async fn no_more_run_at_once_than_there_are_places() {
    let mut options = quick();
    options.pools[0].threads = 2;
    let world = World::start(options);
    for _ in 0..6 {
        world.add(&Wait {}).await;
    }
    for finished in 0..=6 {
        world.until(async |world| world.notes.count().get("waited").copied().unwrap_or(0) >= finished).await;
        world.until(async |world| world.notes.count().get("wait").copied().unwrap_or(0) >= (finished + 2).min(6)).await;
        world.notes.gate.notify_one();
    }
    world.until(async |world| world.worker.health().done == 6).await;
    assert_eq!(world.notes.at_once.lock().expect("nobody panics with it").1, 2);
    world.stop().await;
}

#[tokio::test]
async fn a_full_urgent_queue_starves_no_other() {
    let mut options = quick();
    options.pools[0].threads = 1;
    options.pools[0].prefetch = 100;
    let world = World::start(options);
    let spec_in =
        |queue: &str, words: &str| JobSpec { queue: queue.to_owned(), ..spec(&say(words), None).expect("a job") };
    let urgent = (0..20_000).map(|_| spec_in("critical", "urgent")).collect();
    world.queue.enqueue(urgent).await.expect("added");
    world.queue.enqueue(vec![spec_in("low", "low")]).await.expect("added");
    world.until(async |world| world.notes.count().contains_key("low")).await;
    let before = world.notes.ran().iter().position(|ran| ran == "low").expect("it ran");
    assert!(before < 19_999, "it ran before the urgent ones had run out, after {before}");
    world.stop().await;
}

#[tokio::test]
async fn weights_share_the_places() {
    let mut options = quick();
    options.pools = vec![PoolOptions {
        queues: vec!["a".to_owned(), "b".to_owned()],
        share: Share::Weighted(vec![3, 1]),
        threads: 1,
        prefetch: 1,
        ..options.pools[0].clone()
    }];
    let queue = std::sync::Arc::new(spotlight_core::memory::MemoryQueue::new(
        std::sync::Arc::new(spotlight_core::ports::SystemClock),
        std::sync::Arc::new(spotlight_core::ports::SystemIds),
    ));
    let spec_in = |queue: &str| JobSpec { queue: queue.to_owned(), ..spec(&say(queue), None).expect("a job") };
    let jobs = (0..200).flat_map(|_| [spec_in("a"), spec_in("b")]).collect();
    queue.enqueue(jobs).await.expect("added");
    let world = World::on(queue, options, Vec::new());
    world.until(async |world| world.notes.ran().len() == 400).await;
    let first = world.notes.ran()[..100].iter().filter(|queue| *queue == "a").count();
    assert!((65..=85).contains(&first), "{first} of the first hundred are of the heavier queue");
    world.stop().await;
}

#[tokio::test]
async fn progress_is_told_and_a_cancelled_job_is_dropped() {
    let world = World::start(quick());
    let id = world.add(&Wait {}).await;
    world.until(async |world| world.record(id).await.progress.is_some()).await;
    assert_eq!(world.record(id).await.progress, Some((30, Some("at the gate".to_owned()))));
    assert!(world.queue.cancel(id).await.expect("asked"));
    world.state(id, JobState::Cancelled).await;
    assert!(!world.notes.count().contains_key("waited"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_block_every_thread_do_not_cost_the_lease() {
    let options = WorkerOptions { lease: Duration::from_millis(300), ..quick() };
    let world = World::start(options);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(world.add(&Block { ms: 1_200 }).await);
    }
    for id in ids {
        let done = world.state(id, JobState::Done).await;
        assert_eq!(done.attempts, 1, "nobody took it over: {:?}", done.failures);
    }
    assert_eq!(world.notes.count()["block"], 3);
    world.stop().await;
}
