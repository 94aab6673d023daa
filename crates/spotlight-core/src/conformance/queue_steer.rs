//! Stepping in, schedules, batches and figures.

use std::{sync::Arc, time::Duration};

use super::{
    queue::{Hand, JobQueueFixture, LONG, QUEUE, add, job, nobody, now, numbers, record},
    support::{refused, together},
};
use crate::{
    domain::{JobId, OrganizationId},
    error::ErrorKind,
    ports::{BatchSpec, JobFilter, JobSpec, JobState, Outcome, Unique, UniqueScope, WhenTaken},
};

/// Ready, scheduled or blocked: it never starts.
pub async fn a_waiting_job_is_cancelled_at_once(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let ready = add(&queue, job(1)).await;
    let later = record(&queue, ready).await.enqueued_at + chrono::Duration::seconds(1);
    let scheduled = add(&queue, JobSpec { run_at: Some(later), ..job(2) }).await;
    for id in [ready, scheduled] {
        assert!(queue.cancel(id).await.unwrap());
        assert_eq!(record(&queue, id).await.state, JobState::Cancelled);
        assert!(!queue.cancel(id).await.unwrap(), "it has finished");
    }
    assert!(!queue.cancel(JobId::from_uuid(nobody())).await.unwrap());
    fixture.pass(Duration::from_millis(1_100)).await;
    queue.upkeep(100).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    assert!(hand.claim(10).await.is_empty());
}

/// Its process hears of it, and no other does.
pub async fn a_running_job_is_told_that_it_is_cancelled(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let id = add(&queue, job(1)).await;
    add(&queue, job(2)).await;
    let [hand, other] = [Hand::new(&queue, LONG).await, Hand::new(&queue, LONG).await];
    let claimed = hand.claim(1).await.remove(0);
    assert_eq!(other.claim(1).await.len(), 1);
    assert!(queue.heartbeat(hand.process, &[]).await.unwrap().cancelled.is_empty());
    assert!(queue.cancel(id).await.unwrap() && queue.cancel(id).await.unwrap());
    assert_eq!(queue.heartbeat(hand.process, &[]).await.unwrap().cancelled, [id]);
    assert!(queue.heartbeat(other.process, &[]).await.unwrap().cancelled.is_empty());
    assert!(hand.end(&claimed, Outcome::Cancelled).await);
    assert_eq!(record(&queue, id).await.state, JobState::Cancelled);
    assert!(queue.heartbeat(hand.process, &[]).await.unwrap().cancelled.is_empty());
}

/// A try that fails after the cancellation is the last, one that was not begun is none, and one that succeeds has
/// succeeded.
pub async fn a_cancelled_job_does_not_run_again(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    queue.enqueue(vec![job(1), job(2), job(3)]).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    let claimed = hand.claim(3).await;
    for job in &claimed {
        assert!(queue.cancel(job.id).await.unwrap());
    }
    assert!(hand.end(&claimed[0], Outcome::Retry { after: Duration::ZERO, error: "no".to_owned() }).await);
    assert!(hand.end(&claimed[1], Outcome::Done(None)).await);
    assert!(hand.end(&claimed[2], Outcome::HandedBack).await);
    assert!(hand.claim(10).await.is_empty());
    assert_eq!(record(&queue, claimed[0].id).await.state, JobState::Cancelled);
    assert_eq!(record(&queue, claimed[1].id).await.state, JobState::Done);
    assert_eq!(record(&queue, claimed[2].id).await.state, JobState::Cancelled);
}

/// Until it is resumed; what runs goes on, and other queues too.
pub async fn a_paused_queue_gives_nothing(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let other = fixture.another(&queue).await;
    queue.enqueue(vec![job(1), job(2), JobSpec { queue: "low".to_owned(), ..job(3) }]).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    let running = hand.claim(1).await.remove(0);
    other.set_paused(QUEUE, true).await.unwrap();
    other.set_paused(QUEUE, true).await.unwrap();
    assert_eq!(numbers(&hand.claim_from(&[QUEUE, "low"], 10).await), [3]);
    assert_eq!(queue.heartbeat(hand.process, &[]).await.unwrap().paused, [QUEUE]);
    hand.done(&running).await;
    let figures = queue.snapshot().await.unwrap();
    assert!(figures.queues.iter().any(|figures| figures.queue == QUEUE && figures.paused && figures.ready == 1));
    other.set_paused(QUEUE, false).await.unwrap();
    assert_eq!(numbers(&hand.claim(10).await), [2]);
    assert!(queue.heartbeat(hand.process, &[]).await.unwrap().paused.is_empty());
}

/// Of all who come with a tick, one adds its job; older ticks add none.
pub async fn a_tick_adds_its_job_once(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let now = now(&queue).await;
    let at = move |seconds: i64| now + chrono::Duration::seconds(seconds - 300);
    assert_eq!(queue.last_tick("nightly").await.unwrap(), None);
    let rival = |number: usize| {
        let queue = Arc::clone(&queue);
        async move { queue.tick("nightly", at(60), job(number)).await.unwrap() }
    };
    let told = together((0..6).map(rival)).await;
    assert_eq!(told.iter().filter(|added| **added).count(), 1, "{told:?}");
    assert!(!queue.tick("nightly", at(59), job(7)).await.unwrap(), "an older one");
    assert!(queue.tick("hourly", at(60), job(8)).await.unwrap(), "another schedule");
    assert!(queue.tick("nightly", at(61), job(9)).await.unwrap());
    assert_eq!(queue.last_tick("nightly").await.unwrap(), Some(at(61)));
    let hand = Hand::new(&queue, LONG).await;
    assert_eq!(hand.claim(10).await.len(), 3);
}

/// A clock that is ahead uses up no ticks; one that is a little ahead is as good as any.
pub async fn a_tick_long_before_its_time_is_refused(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let now = now(&queue).await;
    let at = move |seconds: i64| now + chrono::Duration::seconds(seconds);
    refused(queue.tick("nightly", at(3_600), job(1)).await, ErrorKind::Conflict);
    assert_eq!(queue.last_tick("nightly").await.unwrap(), None);
    assert!(queue.tick("nightly", at(20), job(2)).await.unwrap());
    refused(queue.tick("nightly", at(3_600), job(3)).await, ErrorKind::Conflict);
    assert_eq!(queue.last_tick("nightly").await.unwrap(), Some(at(20)));
    let hand = Hand::new(&queue, LONG).await;
    assert_eq!(numbers(&hand.claim(10).await), [2]);
}

/// After the last of them, however each ended.
pub async fn a_batch_is_followed_when_all_have_finished(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let jobs = (1..=4).map(job).collect();
    let id = queue.enqueue_batch(BatchSpec { jobs, then: job(99) }).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    let claimed = hand.claim(10).await;
    assert_eq!(numbers(&claimed), [1, 2, 3, 4]);
    assert!(claimed.iter().all(|job| job.batch == Some(id)));
    hand.done(&claimed[0]).await;
    assert!(hand.end(&claimed[1], Outcome::Dead { error: "no".to_owned() }).await);
    assert!(hand.end(&claimed[2], Outcome::Retry { after: Duration::ZERO, error: "no".to_owned() }).await);
    assert!(queue.cancel(claimed[3].id).await.unwrap());
    let again = hand.claim_one().await;
    assert!(hand.end(&claimed[3], Outcome::Cancelled).await);
    assert!(hand.claim(10).await.is_empty());
    let batch = queue.batch(id).await.unwrap().expect("it is kept");
    assert_eq!((batch.total, batch.done, batch.failed, batch.finished_at), (4, 1, 2, None));
    hand.done(&again).await;
    let then = hand.claim_one().await;
    assert_eq!((then.payload.as_str(), then.batch), ("99", None));
    let batch = queue.batch(id).await.unwrap().expect("it is kept");
    assert_eq!((batch.done, batch.failed), (2, 2));
    assert!(batch.finished_at.is_some());
    assert!(queue.retry(claimed[1].id).await.unwrap());
    let retried = hand.claim_one().await;
    hand.done(&retried).await;
    assert!(hand.claim(10).await.is_empty(), "it is followed once");
}

/// Nothing to wait for.
pub async fn an_empty_batch_is_followed_at_once(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    queue.enqueue_batch(BatchSpec { jobs: Vec::new(), then: job(99) }).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    assert_eq!(numbers(&hand.claim(10).await), [99]);
    let unique = Unique { key: "k".to_owned(), scope: UniqueScope::Waiting, taken: WhenTaken::Discard };
    let jobs = vec![JobSpec { unique: Some(unique), ..job(1) }];
    refused(queue.enqueue_batch(BatchSpec { jobs, then: job(2) }).await, ErrorKind::Validation);
}

/// Whoever is last, the batch is followed exactly once.
pub async fn the_last_two_of_a_batch_at_once_are_followed_once(fixture: &dyn JobQueueFixture) {
    for round in 0..8 {
        let queue = fixture.fresh().await;
        queue.enqueue_batch(BatchSpec { jobs: vec![job(1), job(2)], then: job(99) }).await.unwrap();
        let mut ends = Vec::new();
        for _ in 0..2 {
            let hand = Hand::new(&fixture.another(&queue).await, LONG).await;
            let claimed = hand.claim(1).await.remove(0);
            ends.push(async move { hand.done(&claimed).await });
        }
        together(ends).await;
        let hand = Hand::new(&queue, LONG).await;
        assert_eq!(numbers(&hand.claim(10).await), [99], "round {round}");
    }
}

/// Newest first, by state, queue and name, in parts; and counted by queue.
pub async fn lists_and_figures_tell_what_is_there(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(add(&queue, job(number)).await);
    }
    let organization = Some(OrganizationId::from_uuid(nobody()));
    let (name, theirs) = ("other".to_owned(), JobSpec { organization, ..job(9) });
    let low = add(&queue, JobSpec { queue: "low".to_owned(), name, ..theirs }).await;
    let hand = Hand::new(&queue, LONG).await;
    let claimed = hand.claim(3).await;
    assert!(hand.end(&claimed[0], Outcome::Dead { error: "no".to_owned() }).await);
    hand.done(&claimed[1]).await;
    let listed = async |filter: JobFilter| {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let part = queue.list(&filter, after, 2).await.unwrap();
            let Some(last) = part.last() else { return found };
            assert!(part.len() <= 2);
            after = Some(last.id);
            found.extend(part.iter().map(|job| job.id));
        }
    };
    let mut newest_first = ids.clone();
    newest_first.push(low);
    newest_first.sort_unstable_by(|left, right| right.cmp(left));
    assert_eq!(listed(JobFilter::default()).await, newest_first);
    let of = |state| JobFilter { state: Some(state), ..JobFilter::default() };
    assert_eq!(listed(of(JobState::Dead)).await, [ids[0]]);
    assert_eq!(listed(of(JobState::Done)).await, [ids[1]]);
    assert_eq!(listed(of(JobState::Running)).await, [ids[2]]);
    assert_eq!(listed(of(JobState::Ready)).await, [low, ids[4], ids[3]]);
    assert_eq!(listed(JobFilter { queue: Some("low".to_owned()), ..JobFilter::default() }).await, [low]);
    assert_eq!(listed(JobFilter { name: Some("other".to_owned()), ..JobFilter::default() }).await, [low]);
    assert_eq!(listed(JobFilter { organization, ..JobFilter::default() }).await, [low]);
    assert_eq!(listed(JobFilter { organization, ..of(JobState::Dead) }).await, []);
    let figures = queue.snapshot().await.unwrap();
    let by_name: Vec<_> =
        figures.queues.iter().map(|one| (one.queue.as_str(), one.ready, one.running, one.dead)).collect();
    assert_eq!(by_name, [(QUEUE, 2, 1, 1), ("low", 1, 0, 0)]);
    assert!(figures.queues.iter().all(|one| one.oldest_ready_ms.is_some()));
    let process = figures.processes.iter().find(|process| process.id == hand.process).expect("it is registered");
    assert_eq!((process.label.as_str(), process.running), ("a hand", 1));
}

/// Ready jobs, in every queue and paused or not; nothing else, and never beyond what was asked for.
pub async fn what_waits_is_counted_as_far_as_asked(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    assert_eq!(queue.waiting(10).await.unwrap(), 0);
    let low = |number| JobSpec { queue: "low".to_owned(), ..job(number) };
    queue.enqueue(vec![job(1), job(2), job(3), low(4), low(5)]).await.unwrap();
    let later = now(&queue).await + chrono::Duration::hours(1);
    queue.enqueue(vec![JobSpec { run_at: Some(later), ..job(6) }]).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    hand.done(&hand.claim(1).await.remove(0)).await;
    let _running = hand.claim(1).await;
    queue.set_paused("low", true).await.unwrap();
    assert_eq!(fixture.another(&queue).await.waiting(10).await.unwrap(), 3);
    assert_eq!(queue.waiting(3).await.unwrap(), 3);
    assert_eq!(queue.waiting(2).await.unwrap(), 2);
    assert_eq!(queue.waiting(0).await.unwrap(), 0);
}
