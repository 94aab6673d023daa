//! Processes, their leases, and what becomes of what they held.

use std::{sync::Arc, time::Duration};

use super::{
    queue::{Hand, JobQueueFixture, LONG, QUEUE, add, job, nobody, numbers, record},
    support::{cut_off, pause, refused, soon},
};
use crate::{
    domain::ProcessId,
    error::ErrorKind,
    ports::{JobSpec, JobState, Outcome, Progress},
};

/// A lease that a case lets end.
const SHORT: Duration = Duration::from_secs(2);
/// Longer than that.
const LONGER: Duration = Duration::from_millis(2_500);

/// Only a registered process claims.
pub async fn a_stranger_claims_nothing(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    add(&queue, job(1)).await;
    let stranger = ProcessId::from_uuid(nobody());
    refused(queue.claim(stranger, &[QUEUE.to_owned()], 1).await, ErrorKind::Conflict);
    assert!(!queue.heartbeat(stranger, &[]).await.unwrap().alive);
    queue.deregister(stranger).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    assert_eq!(hand.claim(10).await.len(), 1);
}

/// Whoever gives no sign of life is given up, and its jobs go to others.
pub async fn a_dead_process_loses_its_jobs(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    queue.enqueue(vec![job(1), job(2)]).await.unwrap();
    let dead = Hand::new(&queue, SHORT).await;
    assert_eq!(dead.claim(2).await.len(), 2);
    let other = Hand::new(&queue, LONG).await;
    assert_eq!(queue.upkeep(100).await.unwrap().recovered, 0, "its lease has not ended");
    fixture.pass(LONGER).await;
    assert_eq!(queue.upkeep(100).await.unwrap().recovered, 2);
    let taken = other.claim(10).await;
    assert_eq!(taken.iter().map(|job| job.attempt).collect::<Vec<_>>(), [2, 2], "the lost try counts");
    assert_eq!(record(&queue, taken[0].id).await.failures.len(), 1);
    assert!(!queue.heartbeat(dead.process, &[]).await.unwrap().alive);
}

/// Signs of life keep the claims, however long the jobs take.
pub async fn a_living_process_keeps_its_jobs(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    add(&queue, job(1)).await;
    let hand = Hand::new(&queue, SHORT).await;
    let claimed = hand.claim_one().await;
    for _ in 0..4 {
        fixture.pass(Duration::from_secs(1)).await;
        assert!(queue.heartbeat(hand.process, &[]).await.unwrap().alive);
        assert_eq!(queue.upkeep(100).await.unwrap().recovered, 0);
    }
    hand.done(&claimed).await;
}

/// The end of a try that somebody else has taken over is refused, and theirs is not.
pub async fn the_end_of_a_lost_claim_is_refused(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let id = add(&queue, job(1)).await;
    let dead = Hand::new(&queue, SHORT).await;
    let lost = dead.claim_one().await;
    fixture.pass(LONGER).await;
    queue.upkeep(100).await.unwrap();
    assert!(!dead.end(&lost, Outcome::Done(None)).await, "nobody has it yet");
    let other = Hand::new(&queue, LONG).await;
    let taken = other.claim_one().await;
    assert!(!dead.end(&lost, Outcome::Done(None)).await);
    assert!(!dead.end(&lost, Outcome::Dead { error: "late".to_owned() }).await);
    assert_eq!(record(&queue, id).await.state, JobState::Running);
    refused(queue.claim(dead.process, &[QUEUE.to_owned()], 1).await, ErrorKind::Conflict);
    other.done(&taken).await;
}

/// Leaving needs no waiting.
pub async fn a_process_that_leaves_gives_its_jobs_back_at_once(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    add(&queue, job(1)).await;
    let hand = Hand::new(&queue, LONG).await;
    hand.claim_one().await;
    queue.deregister(hand.process).await.unwrap();
    queue.deregister(hand.process).await.unwrap();
    let other = Hand::new(&queue, LONG).await;
    let taken = other.claim_one().await;
    assert_eq!(taken.attempt, 2);
    assert!(queue.snapshot().await.unwrap().processes.iter().all(|process| process.id != hand.process));
}

/// A poison job does not kill the fleet for ever.
pub async fn a_job_that_kills_its_process_is_dead_in_the_end(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let id = add(&queue, JobSpec { max_attempts: 2, ..job(1) }).await;
    for _ in 0..2 {
        let hand = Hand::new(&queue, SHORT).await;
        hand.claim_one().await;
        fixture.pass(LONGER).await;
        queue.upkeep(100).await.unwrap();
    }
    let dead = record(&queue, id).await;
    assert_eq!((dead.state, dead.attempts, dead.failures.len()), (JobState::Dead, 2, 2));
    let hand = Hand::new(&queue, LONG).await;
    assert!(hand.claim(10).await.is_empty());
}

/// Wherever a claim is cut off, its jobs come back when its process is gone.
pub async fn a_dropped_claim_loses_nothing(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    queue.enqueue((0..6).map(job).collect()).await.unwrap();
    for polls in 1..6 {
        let hand = Hand::new(&queue, LONG).await;
        let queues = [QUEUE.to_owned()];
        let _ = cut_off(hand.queue.claim(hand.process, &queues, 6), polls).await;
        queue.deregister(hand.process).await.unwrap();
    }
    let hand = Hand::new(&queue, LONG).await;
    // What was cut off on its way to the store can still arrive there, for a process that is gone by then.
    let mut claimed = hand.claim(10).await;
    soon(async {
        while claimed.len() < 6 {
            pause().await;
            queue.upkeep(100).await.unwrap();
            claimed.extend(hand.claim(10).await);
        }
    })
    .await;
    let mut found = numbers(&claimed);
    found.sort_unstable();
    assert_eq!(found, [0, 1, 2, 3, 4, 5]);
}

/// What a job told is there for people, and only its holder tells.
pub async fn progress_is_seen(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let id = add(&queue, job(1)).await;
    let hand = Hand::new(&queue, LONG).await;
    let claimed = hand.claim_one().await;
    assert_eq!(record(&queue, id).await.progress, None);
    let told = Progress { id, claim: claimed.claim, percent: 40, note: Some("half of it".to_owned()) };
    assert!(queue.heartbeat(hand.process, std::slice::from_ref(&told)).await.unwrap().alive);
    assert_eq!(record(&queue, id).await.progress, Some((40, Some("half of it".to_owned()))));
    let stranger = Hand::new(&Arc::clone(&queue), LONG).await;
    let forged = Progress { percent: 90, note: None, ..told };
    queue.heartbeat(stranger.process, &[forged]).await.unwrap();
    assert_eq!(record(&queue, id).await.progress.map(|(percent, _)| percent), Some(40));
    hand.done(&claimed).await;
    assert_eq!(record(&queue, id).await.progress, None);
}
