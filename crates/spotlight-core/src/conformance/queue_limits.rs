//! Limits by key: how many at once, and how often.

use std::time::Duration;

use super::queue::{Hand, JobQueueFixture, LONG, add, job, numbers, record};
use crate::ports::{Concurrency, JobSpec, JobState, Outcome, Rate};

fn keyed(number: usize, key: &str, limit: u32) -> JobSpec {
    JobSpec { concurrency: Some(Concurrency { key: key.to_owned(), limit }), ..job(number) }
}

/// The next starts when one has ended, in order.
pub async fn a_key_runs_no_more_than_its_limit_at_once(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    queue.enqueue((1..=5).map(|number| keyed(number, "a", 2)).collect()).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    let first = hand.claim(10).await;
    assert_eq!(numbers(&first), [1, 2]);
    assert!(hand.claim(10).await.is_empty());
    hand.done(&first[1]).await;
    let next = hand.claim(10).await;
    assert_eq!(numbers(&next), [3]);
    hand.done(&first[0]).await;
    hand.done(&next[0]).await;
    assert_eq!(numbers(&hand.claim(10).await), [4, 5]);
}

/// Neither jobs of other keys nor those without one wait for them.
pub async fn blocked_jobs_are_in_nobodys_way(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let mut jobs: Vec<_> = (0..50).map(|number| keyed(number, "a", 1)).collect();
    jobs.extend([job(100), keyed(101, "b", 1), job(102)]);
    queue.enqueue(jobs).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    let mut claimed = Vec::new();
    // A claim may spend itself on jobs that turn out to be blocked.
    while claimed.len() < 4 {
        claimed.extend(hand.claim(3).await);
    }
    assert_eq!(numbers(&claimed), [0, 100, 101, 102]);
    let figures = queue.snapshot().await.unwrap();
    assert_eq!((figures.queues[0].running, figures.queues[0].ready + figures.queues[0].blocked), (4, 49));
}

/// Done, failed, dead, cancelled, handed back: the place is free.
pub async fn whatever_ends_a_job_frees_its_key(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let hand = Hand::new(&queue, LONG).await;
    let error = || "no".to_owned();
    let ends = [
        Outcome::Done(None),
        Outcome::Retry { after: Duration::from_mins(15), error: error() },
        Outcome::Dead { error: error() },
        Outcome::Cancelled,
    ];
    queue.enqueue((0..5).map(|number| keyed(number, "a", 1)).collect()).await.unwrap();
    for (number, outcome) in ends.into_iter().enumerate() {
        let claimed = hand.claim_one().await;
        assert_eq!(claimed.payload, number.to_string());
        assert!(hand.claim(10).await.is_empty());
        assert!(hand.end(&claimed, outcome).await);
    }
    let last = hand.claim_one().await;
    assert!(hand.end(&last, Outcome::HandedBack).await);
    let again = hand.claim_one().await;
    assert_eq!((again.id, again.attempt), (last.id, 1));
}

/// A key is not held by the dead.
pub async fn a_dead_process_frees_its_keys(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    queue.enqueue(vec![keyed(1, "a", 1), keyed(2, "a", 1)]).await.unwrap();
    let dead = Hand::new(&queue, Duration::from_secs(2)).await;
    assert_eq!(numbers(&dead.claim(10).await), [1]);
    fixture.pass(Duration::from_millis(2_500)).await;
    queue.upkeep(100).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    let one = hand.claim_one().await;
    hand.done(&one).await;
    let other = hand.claim_one().await;
    hand.done(&other).await;
    let mut both = numbers(&[one, other]);
    both.sort_unstable();
    assert_eq!(both, [1, 2]);
}

/// What is too early waits for its time, and others go on.
pub async fn starts_of_a_key_keep_their_rate(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let rate = Rate { key: "mail".to_owned(), limit: 2, period: Duration::from_secs(4) };
    let rated = |number| JobSpec { rate: Some(rate.clone()), ..job(number) };
    queue.enqueue((1..=4).map(rated).collect()).await.unwrap();
    let last = add(&queue, job(5)).await;
    let hand = Hand::new(&queue, LONG).await;
    let mut claimed = Vec::new();
    while claimed.last() != Some(&5) {
        claimed.extend(numbers(&hand.claim(10).await));
    }
    assert_eq!(claimed, [1, 2, 5], "a burst of the limit, then others");
    assert_eq!(record(&queue, last).await.state, JobState::Running);
    fixture.pass(Duration::from_millis(2_100)).await;
    queue.upkeep(100).await.unwrap();
    assert_eq!(numbers(&hand.claim(10).await).len(), 1, "one more in half the time");
    fixture.pass(Duration::from_millis(2_100)).await;
    queue.upkeep(100).await.unwrap();
    assert_eq!(numbers(&hand.claim(10).await).len(), 1);
}
