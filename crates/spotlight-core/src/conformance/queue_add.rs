//! Adding jobs, and the order in which they come out.

use std::time::Duration;

use super::{
    queue::{Hand, JobQueueFixture, LONG, add, job, now, numbers, record},
    support::refused,
};
use crate::{
    domain::OrganizationId,
    error::ErrorKind,
    ports::{
        BatchSpec, Concurrency, Enqueued, JobSpec, JobState, MAX_PAYLOAD, Outcome, SystemIds, Unique, UniqueScope,
        WhenTaken,
    },
    trace::Trace,
};

/// First in, first out.
pub async fn jobs_are_claimed_in_the_order_they_were_added(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    queue.enqueue(vec![job(1), job(2)]).await.unwrap();
    queue.enqueue(vec![job(3)]).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    assert_eq!(numbers(&hand.claim(2).await), [1, 2]);
    assert_eq!(numbers(&hand.claim(2).await), [3]);
    assert!(hand.claim(2).await.is_empty());
}

/// Priority comes before age.
pub async fn a_smaller_priority_goes_first(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let urgent = |number, priority| JobSpec { priority, ..job(number) };
    queue.enqueue(vec![urgent(1, 5), urgent(2, 0), urgent(3, -5), urgent(4, 0), urgent(5, i16::MAX)]).await.unwrap();
    queue.enqueue(vec![urgent(6, i16::MIN)]).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    assert_eq!(numbers(&hand.claim(10).await), [6, 3, 2, 4, 1, 5]);
}

/// The first queue is emptied before the second gives anything, and a queue that is not named gives nothing.
pub async fn queues_are_served_in_the_order_given(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let of = |number, name: &str| JobSpec { queue: name.to_owned(), ..job(number) };
    queue.enqueue(vec![of(1, "low"), of(2, "critical"), of(3, "default"), of(4, "critical")]).await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    assert_eq!(numbers(&hand.claim_from(&["critical", "low"], 10).await), [2, 4, 1]);
    assert!(hand.claim_from(&["critical", "low"], 10).await.is_empty());
    assert_eq!(numbers(&hand.claim_from(&["default"], 10).await), [3]);
}

/// One bad job, and none is added.
pub async fn a_call_adds_all_or_nothing(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let bad = JobSpec { max_attempts: 0, ..job(2) };
    refused(queue.enqueue(vec![job(1), bad, job(3)]).await, ErrorKind::Validation);
    let hand = Hand::new(&queue, LONG).await;
    assert!(hand.claim(10).await.is_empty());
    assert!(queue.enqueue(Vec::new()).await.unwrap().is_empty(), "nothing to add is fine");
}

/// A large call is one call.
pub async fn many_jobs_at_once_are_all_there_in_order(fixture: &dyn JobQueueFixture) {
    const MANY: usize = 5_000;
    let queue = fixture.fresh().await;
    let added = queue.enqueue((0..MANY).map(job).collect()).await.unwrap();
    assert_eq!(added.len(), MANY);
    assert!(added.iter().all(|one| matches!(one, Enqueued::Added(_))));
    let hand = Hand::new(&queue, LONG).await;
    let mut seen = Vec::new();
    loop {
        let claimed = hand.claim(700).await;
        if claimed.is_empty() {
            break;
        }
        seen.extend(claimed);
    }
    assert_eq!(numbers(&seen), (0..MANY).collect::<Vec<_>>());
    assert!(seen.iter().map(|job| job.id).eq(added.iter().map(|one| one.id())), "ids in the order of the jobs");
}

/// What was said of a job is what its worker is told, and what people see.
pub async fn everything_of_a_job_comes_back(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let organization = OrganizationId::from_uuid(super::queue::nobody());
    let spec = JobSpec {
        name: "send_email".to_owned(),
        organization: Some(organization),
        payload: r#"{"text":"Grüße, \"you\" 😀","n":[1,null]}"#.to_owned(),
        version: 3,
        priority: 7,
        max_attempts: 4,
        concurrency: Some(Concurrency { key: "k".to_owned(), limit: 2 }),
        keep_result: Duration::from_secs(90),
        ..JobSpec::new("", "")
    };
    let id = add(&queue, spec.clone()).await;
    let waiting = record(&queue, id).await;
    assert_eq!((waiting.state, waiting.attempts, waiting.priority), (JobState::Ready, 0, 7));
    assert_eq!((waiting.payload, waiting.organization), (spec.payload.clone(), Some(organization)));
    let hand = Hand::new(&queue, LONG).await;
    let claimed = hand.claim_one().await;
    assert_eq!(claimed.id, id);
    assert_eq!((claimed.name.as_str(), claimed.queue.as_str()), ("send_email", "default"));
    assert_eq!((claimed.organization, claimed.payload), (Some(organization), spec.payload));
    assert_eq!((claimed.version, claimed.attempt, claimed.max_attempts), (3, 1, 4));
    assert_eq!((claimed.keep_result, claimed.batch), (Duration::from_secs(90), None));
    assert_eq!(claimed.enqueued_at, waiting.enqueued_at);
    let running = record(&queue, id).await;
    assert_eq!((running.state, running.attempts), (JobState::Running, 1));
}

/// Whoever works it off is told what left it, on whatever way it came there; its payload is none the wiser. A job that
/// nothing is said of has none, as those of older versions.
pub async fn a_job_keeps_what_left_it(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let hand = Hand::new(&queue, LONG).await;
    let trace = |request: &str| Some(Trace::begin(Some(request), &SystemIds));
    let payloads = ["1", "{}", r#"{"to":"ü","_trace":1}"#, "[{}]", "no JSON", ""];
    let of = |payload: &str, trace| JobSpec { trace, ..JobSpec::new("test", payload) };
    for payload in payloads {
        for trace in [trace("r-1"), Some(Trace::begin(None, &SystemIds)), None] {
            let id = add(&queue, of(payload, trace.clone())).await;
            assert_eq!(record(&queue, id).await.payload, payload);
            let claimed = hand.claim_one().await;
            assert_eq!((claimed.payload.as_str(), claimed.trace), (payload, trace));
        }
    }
    // One that waits for its time, is tried again, is handed back and died.
    let now = now(&queue).await;
    let left = trace("r-2");
    let run_at = Some(now + chrono::Duration::seconds(2));
    let id = add(&queue, JobSpec { run_at, max_attempts: 2, ..of("{}", left.clone()) }).await;
    fixture.pass(Duration::from_millis(2_100)).await;
    queue.upkeep(100).await.unwrap();
    let claimed = hand.claim_one().await;
    assert_eq!((claimed.id, &claimed.trace), (id, &left));
    hand.end(&claimed, Outcome::HandedBack).await;
    let claimed = hand.claim_one().await;
    assert_eq!(claimed.trace, left);
    hand.end(&claimed, Outcome::Retry { after: Duration::ZERO, error: "again".to_owned() }).await;
    queue.upkeep(100).await.unwrap();
    let claimed = hand.claim_one().await;
    assert_eq!(claimed.trace, left);
    hand.end(&claimed, Outcome::Dead { error: "for good".to_owned() }).await;
    assert!(queue.retry(id).await.unwrap());
    assert_eq!(hand.claim_one().await.trace, left);
    // The payload that is done is the newer one's, and so is what left it.
    let taken = WhenTaken::Replace;
    let unique = Some(Unique { key: "key".to_owned(), scope: UniqueScope::Unfinished, taken });
    let newer = trace("r-4");
    add(&queue, JobSpec { unique: unique.clone(), ..of("{\"n\":1}", trace("r-3")) }).await;
    queue.enqueue(vec![JobSpec { unique, ..of("{\"n\":2}", newer.clone()) }]).await.unwrap();
    let claimed = hand.claim_one().await;
    assert_eq!((claimed.payload.as_str(), claimed.trace), ("{\"n\":2}", newer));
    // What follows a batch.
    let last = trace("r-5");
    let batch = BatchSpec { jobs: vec![of("{}", trace("r-6"))], then: of("[]", last.clone()) };
    queue.enqueue_batch(batch).await.unwrap();
    hand.done(&hand.claim_one().await).await;
    let claimed = hand.claim_one().await;
    assert_eq!((claimed.payload.as_str(), claimed.trace), ("[]", last));
}

/// Not before its time, and then without anybody's doing but upkeep's.
pub async fn a_job_waits_for_its_time(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let hand = Hand::new(&queue, LONG).await;
    let now = now(&queue).await;
    let at = |number, seconds: i64| JobSpec { run_at: Some(now + chrono::Duration::seconds(seconds)), ..job(number) };
    let late = add(&queue, at(1, 600)).await;
    let soon = add(&queue, at(2, 2)).await;
    add(&queue, at(3, -5)).await;
    assert_eq!(numbers(&hand.claim(10).await), [3], "a time that has passed means at once");
    assert_eq!(record(&queue, soon).await.state, JobState::Scheduled);
    assert_eq!(queue.upkeep(100).await.unwrap().promoted, 0);
    fixture.pass(Duration::from_millis(2_100)).await;
    assert_eq!(queue.upkeep(100).await.unwrap().promoted, 1);
    assert_eq!(numbers(&hand.claim(10).await), [2]);
    assert_eq!(record(&queue, late).await.state, JobState::Scheduled);
}

/// A round takes no more than it is told to; the earliest go first.
pub async fn upkeep_is_bounded(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let now = now(&queue).await;
    let soon = |number: usize| {
        let wait = chrono::Duration::milliseconds(1_000 - number as i64);
        JobSpec { run_at: Some(now + wait), ..job(number) }
    };
    queue.enqueue((0..7).map(soon).collect()).await.unwrap();
    fixture.pass(Duration::from_millis(1_100)).await;
    let mut promoted = Vec::new();
    for _ in 0..4 {
        promoted.push(queue.upkeep(3).await.unwrap().promoted);
    }
    assert_eq!(promoted, [3, 3, 1, 0]);
    let hand = Hand::new(&queue, LONG).await;
    assert_eq!(numbers(&hand.claim(3).await), [6, 5, 4], "by their time");
}

/// Each rule by itself, and nothing is stored.
pub async fn what_is_not_acceptable_is_refused(fixture: &dyn JobQueueFixture) {
    let queue = fixture.fresh().await;
    let long = "x".repeat(MAX_PAYLOAD + 1);
    let bad = [
        JobSpec { queue: "Über".to_owned(), ..job(1) },
        JobSpec { queue: String::new(), ..job(1) },
        JobSpec { name: String::new(), ..job(1) },
        JobSpec { payload: long, ..job(1) },
        JobSpec { payload: "\"\0\"".to_owned(), ..job(1) },
        JobSpec { concurrency: Some(Concurrency { key: "k".to_owned(), limit: 0 }), ..job(1) },
        JobSpec { concurrency: Some(Concurrency { key: String::new(), limit: 1 }), ..job(1) },
    ];
    for spec in bad {
        refused(queue.enqueue(vec![spec]).await, ErrorKind::Validation);
    }
    assert!(queue.snapshot().await.unwrap().queues.is_empty());
}
