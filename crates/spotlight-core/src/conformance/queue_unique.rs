//! Unique keys.

use std::{sync::Arc, time::Duration};

use super::{
    queue::{Hand, JobQueueFixture, LONG, add, job, numbers, put, record},
    support::{refused, together},
};
use crate::{
    error::ErrorKind,
    ports::{Enqueued, JobSpec, JobState, Outcome, Unique, UniqueScope, WhenTaken},
};

fn unique(number: usize, scope: UniqueScope, taken: WhenTaken) -> JobSpec {
    JobSpec { unique: Some(Unique { key: "key".to_owned(), scope, taken }), ..job(number) }
}

fn waiting(number: usize) -> JobSpec {
    unique(number, UniqueScope::Waiting, WhenTaken::Discard)
}

fn unfinished(number: usize) -> JobSpec {
    unique(number, UniqueScope::Unfinished, WhenTaken::Discard)
}

/// Until it starts: what comes then is work of its own.
pub async fn a_key_is_held_while_its_job_waits(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let hand = Hand::new(&queue, LONG).await;
    let first = add(&queue, waiting(1)).await;
    assert_eq!(put(&queue, waiting(2)).await, Enqueued::Kept(first));
    let running = hand.claim_one().await;
    let second = add(&queue, waiting(3)).await;
    assert_eq!(put(&queue, waiting(4)).await, Enqueued::Kept(second));
    // The first fails and waits again, beside the one that holds the key now.
    assert!(hand.end(&running, Outcome::Retry { after: Duration::ZERO, error: "no".to_owned() }).await);
    assert_eq!(numbers(&hand.claim(10).await), [3, 1]);
    add(&queue, waiting(5)).await;
}

/// As if it had not been claimed, unless the key has gone to another by then.
pub async fn a_job_that_is_handed_back_holds_its_key_again(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let hand = Hand::new(&queue, LONG).await;
    let first = add(&queue, waiting(1)).await;
    let claimed = hand.claim_one().await;
    assert!(hand.end(&claimed, Outcome::HandedBack).await);
    assert_eq!(put(&queue, waiting(2)).await, Enqueued::Kept(first));
    let claimed = hand.claim_one().await;
    let second = add(&queue, waiting(3)).await;
    assert!(hand.end(&claimed, Outcome::HandedBack).await);
    assert_eq!(put(&queue, waiting(4)).await, Enqueued::Kept(second), "both wait, and the second has the key");
    let both = hand.claim(10).await;
    assert_eq!((numbers(&both), both[0].attempt), (vec![1, 3], 1));
    add(&queue, waiting(5)).await;
}

/// Through running and retries, until the end.
pub async fn a_key_is_held_until_its_job_has_finished(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let hand = Hand::new(&queue, LONG).await;
    let first = add(&queue, unfinished(1)).await;
    let running = hand.claim_one().await;
    assert_eq!(put(&queue, unfinished(2)).await, Enqueued::Kept(first));
    assert!(hand.end(&running, Outcome::Retry { after: Duration::from_mins(10), error: "no".to_owned() }).await);
    assert_eq!(put(&queue, unfinished(3)).await, Enqueued::Kept(first));
    assert!(queue.cancel(first).await.unwrap());
    add(&queue, unfinished(4)).await;
    let running = hand.claim_one().await;
    assert!(hand.end(&running, Outcome::Dead { error: "no".to_owned() }).await);
    add(&queue, unfinished(5)).await;
    let running = hand.claim_one().await;
    hand.done(&running).await;
    add(&queue, unfinished(6)).await;
}

/// For its time, whatever becomes of the job.
pub async fn a_key_is_held_for_a_period(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let hand = Hand::new(&queue, LONG).await;
    let often = |number| unique(number, UniqueScope::Period(Duration::from_secs(2)), WhenTaken::Discard);
    let first = add(&queue, often(1)).await;
    let running = hand.claim_one().await;
    hand.done(&running).await;
    assert_eq!(put(&queue, often(2)).await, Enqueued::Kept(first));
    queue.upkeep(100).await.unwrap();
    assert_eq!(put(&queue, often(3)).await, Enqueued::Kept(first));
    fixture.pass(Duration::from_millis(2_100)).await;
    add(&queue, often(4)).await;
}

/// The newer facts count, in one job.
pub async fn a_waiting_job_is_replaced(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let hand = Hand::new(&queue, LONG).await;
    let replace =
        |number, priority| JobSpec { priority, ..unique(number, UniqueScope::Unfinished, WhenTaken::Replace) };
    let first = add(&queue, replace(1, 9)).await;
    add(&queue, JobSpec { priority: 5, ..job(2) }).await;
    assert_eq!(put(&queue, replace(3, 1)).await, Enqueued::Changed(first));
    let claimed = hand.claim(10).await;
    assert_eq!(numbers(&claimed), [3, 2]);
    assert_eq!((claimed[0].id, claimed[0].attempt), (first, 1));
}

/// Debouncing: each call puts the work off, and its first facts stay.
pub async fn a_waiting_job_is_put_off(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let hand = Hand::new(&queue, LONG).await;
    let first = add(&queue, unique(1, UniqueScope::Waiting, WhenTaken::Extend)).await;
    let later = record(&queue, first).await.enqueued_at + chrono::Duration::seconds(2);
    let put_off = JobSpec { run_at: Some(later), ..unique(2, UniqueScope::Waiting, WhenTaken::Extend) };
    assert_eq!(put(&queue, put_off).await, Enqueued::Changed(first));
    assert!(hand.claim(10).await.is_empty());
    assert_eq!(record(&queue, first).await.state, JobState::Scheduled);
    fixture.pass(Duration::from_millis(2_100)).await;
    queue.upkeep(100).await.unwrap();
    assert_eq!(numbers(&hand.claim(10).await), [1]);
}

/// Neither replaced nor put off.
pub async fn a_running_job_is_never_changed(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let hand = Hand::new(&queue, LONG).await;
    let first = add(&queue, unfinished(1)).await;
    let running = hand.claim_one().await;
    for taken in [WhenTaken::Discard, WhenTaken::Replace, WhenTaken::Extend] {
        let other = unique(2, UniqueScope::Unfinished, taken);
        assert_eq!(put(&queue, other).await, Enqueued::Kept(first), "{taken:?}");
    }
    assert_eq!(record(&queue, first).await.payload, "1");
    hand.done(&running).await;
}

/// One key in two queues is two keys.
pub async fn keys_of_queues_are_apart(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    add(&queue, unfinished(1)).await;
    add(&queue, JobSpec { queue: "low".to_owned(), ..unfinished(2) }).await;
}

/// However many come at once, in one call and in several.
pub async fn of_jobs_with_one_key_at_once_one_is_added(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let rival = |number: usize| {
        let queue = Arc::clone(&queue);
        async move { queue.enqueue(vec![unfinished(number), unfinished(number + 100)]).await.unwrap() }
    };
    let answers: Vec<_> = together((0..6).map(rival)).await.into_iter().flatten().collect();
    let added: Vec<_> = answers.iter().filter(|answer| matches!(answer, Enqueued::Added(_))).collect();
    assert_eq!(added.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.id() == added[0].id()), "all are told of the one");
    let hand = Hand::new(&queue, LONG).await;
    assert_eq!(hand.claim(10).await.len(), 1);
}

/// A dead job that is retried is unfinished again, unless another took its key.
pub async fn a_retried_job_takes_its_key_again(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let hand = Hand::new(&queue, LONG).await;
    let first = add(&queue, unfinished(1)).await;
    let running = hand.claim_one().await;
    assert!(hand.end(&running, Outcome::Dead { error: "no".to_owned() }).await);
    let other = add(&queue, unfinished(2)).await;
    refused(queue.retry(first).await, ErrorKind::Conflict);
    assert_eq!(record(&queue, first).await.state, JobState::Dead);
    assert!(queue.cancel(other).await.unwrap());
    assert!(queue.retry(first).await.unwrap());
    assert_eq!(put(&queue, unfinished(3)).await, Enqueued::Kept(first));
}
