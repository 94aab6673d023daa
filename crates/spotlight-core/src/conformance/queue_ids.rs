//! Jobs whose ids were chosen before they were added, so that adding them can be repeated.

use std::time::Duration;

use super::{
    outbox::far,
    queue::{Hand, JobQueueFixture, LONG, add, job, nobody, numbers, record},
    support::{refused, together},
};
use crate::{
    domain::JobId,
    error::ErrorKind,
    ports::{Enqueued, JobSpec, JobState, Outcome, Unique, UniqueScope, WhenTaken},
};

fn id() -> JobId {
    JobId::from_uuid(nobody())
}

fn unique(number: usize) -> JobSpec {
    let (scope, taken) = (UniqueScope::Unfinished, WhenTaken::Discard);
    JobSpec { unique: Some(Unique { key: "key".to_owned(), scope, taken }), ..job(number) }
}

/// The worker and people are told the id that was chosen; the order is that of the call, whatever the ids are.
pub async fn a_job_has_the_id_that_was_chosen(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let (first, second) = (id(), id());
    assert_eq!(queue.enqueue_with_ids(Vec::new()).await.unwrap(), []);
    let bad = JobSpec { max_attempts: 0, ..job(2) };
    refused(queue.enqueue_with_ids(vec![(first, job(1)), (second, bad)]).await, ErrorKind::Validation);
    let added = queue.enqueue_with_ids(vec![(second, job(1)), (first, job(2))]).await.unwrap();
    assert_eq!(added, [Enqueued::Added(second), Enqueued::Added(first)]);
    assert_eq!(record(&queue, first).await.payload, "2");
    let hand = Hand::new(&queue, LONG).await;
    let claimed = hand.claim(10).await;
    assert_eq!((numbers(&claimed), claimed[0].id, claimed[1].id), (vec![1, 2], second, first));
}

/// Wherever the job stands, also when it has finished; and within one call.
pub async fn an_id_that_is_known_adds_nothing(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let hand = Hand::new(&queue, LONG).await;
    let known = id();
    let again = async |number| queue.enqueue_with_ids(vec![(known, job(number))]).await.unwrap();
    let kept = Enqueued::Kept(known);
    let twice = queue.enqueue_with_ids(vec![(known, job(1)), (known, job(2))]).await.unwrap();
    assert_eq!(twice, [Enqueued::Added(known), kept]);
    assert_eq!(again(3).await, [kept], "it is ready");
    let running = hand.claim_one().await;
    assert_eq!((numbers(std::slice::from_ref(&running)), again(4).await), (vec![1], vec![kept]), "it runs");
    assert!(hand.end(&running, Outcome::Retry { after: Duration::from_mins(10), error: "no".to_owned() }).await);
    assert_eq!(again(5).await, [kept], "it waits for its time");
    assert!(queue.cancel(known).await.unwrap());
    assert_eq!(again(6).await, [kept], "it was cancelled");
    assert!(hand.claim(10).await.is_empty());

    let other = id();
    queue.enqueue_with_ids(vec![(other, job(7)), (known, job(8))]).await.unwrap();
    let running = hand.claim_one().await;
    hand.done(&running).await;
    assert_eq!(queue.enqueue_with_ids(vec![(other, job(9))]).await.unwrap(), [Enqueued::Kept(other)], "it is done");
    let dead = add(&queue, job(10)).await;
    let running = hand.claim_one().await;
    assert!(hand.end(&running, Outcome::Dead { error: "no".to_owned() }).await);
    assert_eq!(queue.enqueue_with_ids(vec![(dead, job(11))]).await.unwrap(), [Enqueued::Kept(dead)], "it is dead");
    assert!(queue.discard(dead).await.unwrap());
    assert_eq!(queue.enqueue_with_ids(vec![(dead, job(12))]).await.unwrap(), [Enqueued::Added(dead)], "it is gone");
    assert_eq!(numbers(&hand.claim(10).await), [12]);
}

/// The holder stands for it; once that has finished, the id can still be added.
pub async fn a_new_id_whose_key_is_held_stays_unknown(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let hand = Hand::new(&queue, LONG).await;
    let (holder, other) = (id(), id());
    let added = queue.enqueue_with_ids(vec![(holder, unique(1)), (other, unique(2))]).await.unwrap();
    assert_eq!(added, [Enqueued::Added(holder), Enqueued::Kept(holder)]);
    assert_eq!(queue.find(other).await.unwrap(), None);
    let running = hand.claim_one().await;
    hand.done(&running).await;
    let again = queue.enqueue_with_ids(vec![(holder, unique(3)), (other, unique(4))]).await.unwrap();
    assert_eq!(again, [Enqueued::Kept(holder), Enqueued::Added(other)]);
    assert_eq!(record(&queue, other).await.state, JobState::Ready);
    assert_eq!(numbers(&hand.claim(10).await), [4]);
}

/// Two relays that send the same rows.
pub async fn of_calls_with_one_id_at_once_one_adds(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let ids: Vec<_> = (0..20).map(|_| id()).collect();
    let mut rivals = Vec::new();
    for _ in 0..4 {
        let queue = fixture.another(&queue).await;
        let jobs: Vec<_> = ids.iter().enumerate().map(|(number, id)| (*id, job(number))).collect();
        rivals.push(async move { queue.enqueue_with_ids(jobs).await.unwrap() });
    }
    let answers: Vec<_> = together(rivals).await.into_iter().flatten().collect();
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Enqueued::Added(_))).count(), ids.len());
    assert!(answers.chunks(ids.len()).all(|call| call.iter().map(|answer| answer.id()).eq(ids.iter().copied())));
    let hand = Hand::new(&queue, LONG).await;
    assert_eq!(hand.claim(100).await.len(), ids.len());
}

/// In the order of the ids, whatever became of them.
pub async fn it_is_told_where_many_jobs_stand(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    assert_eq!(queue.states(&[]).await.unwrap(), []);
    let hand = Hand::new(&queue, LONG).await;
    let (done, dead, running) = (add(&queue, job(1)).await, add(&queue, job(2)).await, add(&queue, job(3)).await);
    let claimed = hand.claim(10).await;
    assert_eq!(numbers(&claimed), [1, 2, 3]);
    hand.done(&claimed[0]).await;
    assert!(hand.end(&claimed[1], Outcome::Dead { error: "no".to_owned() }).await);
    let elsewhere = JobSpec { queue: "elsewhere".to_owned(), ..job(4) };
    let (ready, other) = (add(&queue, job(5)).await, add(&queue, elsewhere).await);
    let cancelled = add(&queue, job(6)).await;
    assert!(queue.cancel(cancelled).await.unwrap());
    let scheduled = add(&queue, JobSpec { run_at: Some(far()), ..job(7) }).await;
    let ids = [id(), running, done, other, dead, ready, id(), cancelled, scheduled, done];
    let expected = [
        None,
        Some(JobState::Running),
        Some(JobState::Done),
        Some(JobState::Ready),
        Some(JobState::Dead),
        Some(JobState::Ready),
        None,
        Some(JobState::Cancelled),
        Some(JobState::Scheduled),
        Some(JobState::Done),
    ];
    assert_eq!(queue.states(&ids).await.unwrap(), expected);
    assert!(queue.discard(dead).await.unwrap());
    assert_eq!(queue.states(&[dead]).await.unwrap(), [None]);
}
