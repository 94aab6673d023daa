//! Claiming jobs, and ending claims.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::{
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::{
    queue::{Hand, JobQueueFixture, LONG, QUEUE, add, job, numbers, record},
    support::{PATIENCE, pause, soon, together},
};
use crate::{
    domain::JobId,
    ports::{BatchSpec, Concurrency, JobQueue, JobSpec, JobState, Outcome, Settlement},
};

fn failure(after: Duration) -> Outcome {
    Outcome::Retry { after, error: "no luck".to_owned() }
}

/// Whatever several processes claim at once, each job is given once.
pub async fn two_claims_at_once_never_give_the_same_job(fixture: &dyn JobQueueFixture) {
    const MANY: usize = 600;
    let queue = fixture.fresh().await;
    queue.enqueue((0..MANY).map(job).collect()).await.unwrap();
    let mut hands = Vec::new();
    for _ in 0..4 {
        let queue = fixture.another(&queue).await;
        hands.push(Hand::new(&queue, LONG).await);
    }
    let greedy = |hand: Hand| async move {
        let mut mine = Vec::new();
        loop {
            let claimed = hand.claim(7).await;
            if claimed.is_empty() {
                return numbers(&mine);
            }
            mine.extend(claimed);
        }
    };
    // A claim may find what others are taking at this moment and come back empty, so the rest is fetched afterwards.
    let mut claimed: Vec<_> = together(hands.into_iter().map(greedy)).await.into_iter().flatten().collect();
    claimed.extend(greedy(Hand::new(&queue, LONG).await).await);
    let distinct: BTreeSet<_> = claimed.iter().copied().collect();
    assert_eq!((claimed.len(), distinct.len()), (MANY, MANY));
}

/// A limit is a limit, over all queues together.
pub async fn a_claim_takes_no_more_than_its_limit(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let other = |number| JobSpec { queue: "low".to_owned(), ..job(number) };
    queue.enqueue(vec![job(1), job(2), job(3), other(4), other(5)]).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    assert_eq!(numbers(&hand.claim_from(&[QUEUE, "low"], 4).await), [1, 2, 3, 4]);
    assert!(hand.claim_from(&[QUEUE, "low"], 0).await.is_empty());
    assert_eq!(numbers(&hand.claim_from(&[QUEUE, "low"], 4).await), [5]);
}

/// Done is final.
pub async fn a_job_that_is_done_is_gone(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let id = add(&queue, job(1)).await;
    let hand = Hand::new(&queue, LONG).await;
    let claimed = hand.claim_one().await;
    hand.done(&claimed).await;
    assert!(hand.claim(10).await.is_empty());
    let kept = record(&queue, id).await;
    assert_eq!((kept.state, kept.attempts), (JobState::Done, 1));
    assert!(kept.finished_at.is_some() && kept.failures.is_empty());
    assert!(queue.snapshot().await.unwrap().queues.is_empty(), "a finished job is in no queue");
}

/// A repeated end is refused, in one call and in two, and the others of the call are accepted.
pub async fn a_settlement_counts_once(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    queue.enqueue(vec![job(1), job(2)]).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    let claimed = hand.claim(2).await;
    let end = |at: usize| {
        let job = &claimed[at];
        Settlement { id: job.id, claim: job.claim, outcome: Outcome::Done(None) }
    };
    hand.done(&claimed[0]).await;
    let accepted = queue.settle(hand.process, &[end(0), end(1)]).await.unwrap();
    assert_eq!(accepted, [false, true]);
    assert!(!hand.end(&claimed[1], failure(Duration::ZERO)).await);
    assert_eq!(record(&queue, claimed[1].id).await.state, JobState::Done);
    assert!(queue.settle(hand.process, &[]).await.unwrap().is_empty());
}

/// After its pause, with its failure noted, and as its next try.
pub async fn a_failed_job_runs_again_after_its_pause(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let id = add(&queue, job(1)).await;
    let hand = Hand::new(&queue, LONG).await;
    let first = hand.claim_one().await;
    assert!(hand.end(&first, failure(Duration::from_secs(2))).await);
    let waiting = record(&queue, id).await;
    assert_eq!((waiting.state, waiting.attempts), (JobState::Scheduled, 1));
    assert_eq!((waiting.failures.len(), waiting.failures[0].error.as_str()), (1, "no luck"));
    queue.upkeep(100).await.unwrap();
    assert!(hand.claim(10).await.is_empty(), "not before its pause");
    fixture.pass(Duration::from_millis(2_100)).await;
    queue.upkeep(100).await.unwrap();
    let second = hand.claim_one().await;
    assert_eq!((second.id, second.attempt), (id, 2));
    assert!(hand.end(&second, failure(Duration::ZERO)).await);
    let third = hand.claim_one().await;
    assert_eq!((third.id, third.attempt), (id, 3), "no pause means at once");
    hand.done(&third).await;
    assert_eq!(record(&queue, id).await.failures.len(), 2);
}

/// The last try is the last.
pub async fn a_job_whose_tries_are_used_up_is_dead(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let id = add(&queue, JobSpec { max_attempts: 2, ..job(1) }).await;
    let hand = Hand::new(&queue, LONG).await;
    for _ in 0..2 {
        let claimed = hand.claim_one().await;
        assert!(hand.end(&claimed, failure(Duration::ZERO)).await);
    }
    assert!(hand.claim(10).await.is_empty());
    let dead = record(&queue, id).await;
    assert_eq!((dead.state, dead.attempts, dead.failures.len()), (JobState::Dead, 2, 2));
}

/// A failure that cannot be mended by trying ends the tries.
pub async fn a_job_that_failed_for_good_waits_for_a_person(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let id = add(&queue, job(1)).await;
    let hand = Hand::new(&queue, LONG).await;
    let claimed = hand.claim_one().await;
    let long = "ü".repeat(3_000);
    assert!(hand.end(&claimed, Outcome::Dead { error: long.clone() }).await);
    let dead = record(&queue, id).await;
    assert_eq!((dead.state, dead.failures.len()), (JobState::Dead, 1));
    assert!(dead.failures[0].error.len() <= crate::ports::MAX_ERROR && long.starts_with(&dead.failures[0].error));
    fixture.pass(Duration::from_secs(1)).await;
    queue.upkeep(100).await.unwrap();
    assert_eq!(record(&queue, id).await.state, JobState::Dead, "it is kept");
}

/// A person decides.
pub async fn a_dead_job_can_be_retried_or_discarded(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let [one, other] = [add(&queue, job(1)).await, add(&queue, job(2)).await];
    let hand = Hand::new(&queue, LONG).await;
    assert!(!queue.retry(one).await.unwrap() && !queue.discard(one).await.unwrap(), "it waits");
    for claimed in hand.claim(2).await {
        assert!(!queue.retry(claimed.id).await.unwrap(), "it runs");
        assert!(hand.end(&claimed, Outcome::Dead { error: "no".to_owned() }).await);
    }
    assert!(queue.discard(other).await.unwrap());
    assert!(!queue.discard(other).await.unwrap() && !queue.retry(other).await.unwrap(), "it is gone");
    assert!(queue.find(other).await.unwrap().is_none());
    assert!(queue.retry(one).await.unwrap());
    assert!(!queue.retry(one).await.unwrap(), "it is not dead any more");
    let again = hand.claim_one().await;
    assert_eq!((again.id, again.attempt), (one, 1), "all of its tries anew");
    hand.done(&again).await;
}

/// As if it had not been claimed.
pub async fn a_job_that_is_handed_back_keeps_its_place_and_tries(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    queue.enqueue(vec![job(1), job(2), job(3)]).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    let claimed = hand.claim(2).await;
    assert!(hand.end(&claimed[0], Outcome::HandedBack).await);
    let again = hand.claim(10).await;
    assert_eq!(numbers(&again), [1, 3]);
    assert_eq!(again[0].attempt, 1);
    assert!(!hand.end(&claimed[0], Outcome::Done(None)).await, "the claim before is over");
    hand.done(&again[0]).await;
    assert!(record(&queue, again[0].id).await.failures.is_empty());
}

/// For those who ask, and nobody else.
pub async fn a_result_is_kept_when_asked(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let kept = add(&queue, JobSpec { keep_result: Duration::from_mins(1), ..job(1) }).await;
    let dropped = add(&queue, job(2)).await;
    let hand = Hand::new(&queue, LONG).await;
    for claimed in hand.claim(2).await {
        assert!(hand.end(&claimed, Outcome::Done(Some(r#"{"a":1}"#.to_owned()))).await);
    }
    assert_eq!(record(&queue, kept).await.result.as_deref(), Some(r#"{"a":1}"#));
    assert_eq!(record(&queue, dropped).await.result, None);
}

/// A wake-up comes long before patience ends.
pub async fn waiting_ends_when_a_job_is_added(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let other = fixture.another(&queue).await;
    let hand = Hand::new(&queue, LONG).await;
    let waiting = tokio::spawn({
        let queue = Arc::clone(&queue);
        async move { queue.wait(&[QUEUE.to_owned()], Duration::from_mins(1)).await }
    });
    pause().await;
    add(&other, job(1)).await;
    soon(waiting).await.unwrap().unwrap();
    assert_eq!(numbers(&hand.claim(1).await), [1]);
}

/// No wake-up is lost between an empty look and the wait that follows.
pub async fn a_job_added_before_the_wait_is_not_slept_through(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let other = fixture.another(&queue).await;
    let hand = Hand::new(&queue, LONG).await;
    for round in 0..20 {
        assert!(hand.claim(1).await.is_empty());
        add(&other, job(round)).await;
        soon(queue.wait(&[QUEUE.to_owned()], Duration::from_mins(1))).await.unwrap();
        let claimed = hand.claim(1).await;
        assert_eq!(numbers(&claimed), [round]);
        hand.done(&claimed[0]).await;
    }
}

/// Not only additions: its time, a retry, a hand-back, a place of its key, a queue that is resumed, a process that left,
/// a tick, a batch and what follows it.
pub async fn waiting_ends_whatever_makes_a_job_ready(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let other = fixture.another(&queue).await;
    let hand = Hand::new(&other, LONG).await;
    let no = || "no".to_owned();

    let now = record(&queue, add(&other, job(0)).await).await.enqueued_at;
    let claimed = hand.claim_one().await;
    let (id, waiting) = (claimed.id, wakes(&queue, "a retry").await);
    assert!(hand.end(&claimed, failure(Duration::ZERO)).await);
    assert_eq!(waiting.await.unwrap(), id);

    let id = add(&other, JobSpec { run_at: Some(now + chrono::Duration::seconds(2)), ..job(1) }).await;
    let waiting = wakes(&queue, "its time").await;
    fixture.pass(Duration::from_millis(2_100)).await;
    assert_eq!(other.upkeep(10).await.unwrap().promoted, 1);
    assert_eq!(waiting.await.unwrap(), id);

    let id = add(&other, job(2)).await;
    let claimed = hand.claim_one().await;
    let waiting = wakes(&queue, "a hand-back").await;
    assert!(hand.end(&claimed, Outcome::HandedBack).await);
    assert_eq!(waiting.await.unwrap(), id);

    let id = add(&other, job(3)).await;
    let claimed = hand.claim_one().await;
    assert!(hand.end(&claimed, Outcome::Dead { error: no() }).await);
    let waiting = wakes(&queue, "a retry by hand").await;
    assert!(other.retry(id).await.unwrap());
    assert_eq!(waiting.await.unwrap(), id);

    let limited =
        |number| JobSpec { concurrency: Some(Concurrency { key: "key".to_owned(), limit: 1 }), ..job(number) };
    let added = other.enqueue(vec![limited(4), limited(5)]).await.unwrap();
    let claimed = hand.claim_one().await;
    let waiting = wakes(&queue, "a place of its key").await;
    hand.done(&claimed).await;
    assert_eq!(waiting.await.unwrap(), added[1].id());

    other.set_paused(QUEUE, true).await.unwrap();
    let id = add(&other, job(6)).await;
    let waiting = wakes(&queue, "a queue that is resumed").await;
    other.set_paused(QUEUE, false).await.unwrap();
    assert_eq!(waiting.await.unwrap(), id);

    let id = add(&other, job(7)).await;
    let leaving = Hand::new(&other, LONG).await;
    leaving.claim_one().await;
    let waiting = wakes(&queue, "a process that left").await;
    other.deregister(leaving.process).await.unwrap();
    assert_eq!(waiting.await.unwrap(), id);

    let waiting = wakes(&queue, "a tick").await;
    assert!(other.tick("nightly", now, job(8)).await.unwrap());
    waiting.await.unwrap();

    let waiting = wakes(&queue, "a batch").await;
    other.enqueue_batch(BatchSpec { jobs: vec![job(9)], then: job(10) }).await.unwrap();
    waiting.await.unwrap();
    let waiting = wakes(&queue, "what follows a batch").await;
    waiting.await.unwrap();
}

/// Waits in a task of its own until something can be claimed, and ends that.
async fn wakes(queue: &Arc<dyn JobQueue>, what: &'static str) -> JoinHandle<JobId> {
    let hand = Hand::new(queue, LONG).await;
    let waiting = async move {
        loop {
            if let Some(claimed) = hand.claim(1).await.first() {
                hand.done(claimed).await;
                return claimed.id;
            }
            hand.queue.wait(&[QUEUE.to_owned()], Duration::from_mins(10)).await.unwrap();
        }
    };
    let patient = async move { timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{what} wakes nobody")) };
    let waiting = tokio::spawn(patient);
    // Most often it waits by then; if not, nothing is tested and nothing fails.
    for _ in 0..5 {
        pause().await;
    }
    waiting
}

/// Nothing comes, and the wait is over.
pub async fn waiting_ends_with_patience(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let began = Instant::now();
    soon(queue.wait(&[QUEUE.to_owned()], Duration::from_millis(20))).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(10));
}
