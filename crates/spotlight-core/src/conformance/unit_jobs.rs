//! Jobs of units of work whose queue shares the storage's database.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    queue::{Hand, LONG, numbers},
    storage::StorageFixture,
    support::{World, cut_off, pause, refused, soon, together},
};
use crate::{
    domain::{JobId, OrganizationId},
    error::{ErrorKind, Result},
    ports::{
        Concurrency, Enqueued, JobFilter, JobQueue, JobSpec, JobState, Outcome, Storage, SystemIds, Unique,
        UniqueScope, WhenTaken,
    },
    trace::Trace,
};

async fn world(fixture: &dyn StorageFixture) -> (World, Arc<dyn JobQueue>) {
    let (storage, queue) = fixture.with_queue().await;
    (World::new(storage).await, queue)
}

/// A job whose payload is a number.
fn job(number: usize) -> JobSpec {
    JobSpec::new("test", number.to_string())
}

fn unique(number: usize, scope: UniqueScope, taken: WhenTaken) -> JobSpec {
    JobSpec { unique: Some(Unique { key: "key".to_owned(), scope, taken }), ..job(number) }
}

fn waiting(number: usize) -> JobSpec {
    unique(number, UniqueScope::Waiting, WhenTaken::Discard)
}

async fn add(world: &World, job: JobSpec) -> JobId {
    world.write(async |unit| unit.enqueue(job).await).await.unwrap()
}

/// The ids of all jobs that are known, oldest first.
async fn known(queue: &Arc<dyn JobQueue>) -> Vec<JobId> {
    let mut ids: Vec<_> =
        queue.list(&JobFilter::default(), None, 100).await.unwrap().into_iter().map(|job| job.id).collect();
    ids.reverse();
    ids
}

/// Not before it, though the unit has the job's id.
pub async fn a_job_is_in_the_queue_from_the_commit_on(fixture: &dyn StorageFixture) {
    let (world, queue) = world(fixture).await;
    let lead = world.samples.lead(world.org());
    let unit = world.storage.begin().await.unwrap();
    unit.leads().insert(&lead).await.unwrap();
    let id = unit.enqueue(job(1)).await.unwrap();
    assert_eq!(queue.find(id).await.unwrap(), None);
    assert!(known(&queue).await.is_empty());
    unit.commit().await.unwrap();
    let hand = Hand::new(&queue, LONG).await;
    let claimed = hand.claim_one().await;
    assert_eq!((claimed.id, claimed.payload.as_str()), (id, "1"));
    assert_eq!(world.stored_lead(lead.id).await, lead);
    hand.done(&claimed).await;
}

/// Neither by a rollback, nor by dropping the unit, nor by a refused commit.
pub async fn a_job_that_was_rolled_back_never_was(fixture: &dyn StorageFixture) {
    let (world, queue) = world(fixture).await;
    let unit = world.storage.begin().await.unwrap();
    unit.enqueue(job(1)).await.unwrap();
    let lost = unit.enqueue(waiting(2)).await.unwrap();
    unit.rollback().await.unwrap();
    let unit = world.storage.begin().await.unwrap();
    unit.enqueue(job(3)).await.unwrap();
    drop(unit);
    let hand = Hand::new(&queue, LONG).await;
    assert!(hand.claim(10).await.is_empty());
    assert!(known(&queue).await.is_empty());
    let id = add(&world, waiting(4)).await;
    assert_ne!(id, lost, "its key is free");
    assert_eq!(numbers(&hand.claim(10).await), [4]);
}

/// As it was given to the unit.
pub async fn everything_of_a_units_job_is_kept(fixture: &dyn StorageFixture) {
    let (world, queue) = world(fixture).await;
    let now = queue.find(add(&world, job(0)).await).await.unwrap().expect("it is kept").enqueued_at;
    let later = now + chrono::Duration::hours(1);
    let full = JobSpec {
        name: "send_email".to_owned(),
        queue: "critical".to_owned(),
        organization: Some(world.org()),
        payload: r#"{"text":"Grüße, \"you\" 😀"}"#.to_owned(),
        version: 3,
        priority: -7,
        max_attempts: 4,
        concurrency: Some(Concurrency { key: "k".to_owned(), limit: 1 }),
        keep_result: Duration::from_secs(90),
        trace: Some(Trace::begin(Some("r-1"), &SystemIds)),
        ..waiting(1)
    };
    let scheduled = JobSpec { run_at: Some(later), organization: None, ..job(2) };
    let blocked = JobSpec { unique: None, ..full.clone() };
    let (id, late, second) = world
        .write(async |unit| {
            let id = unit.enqueue(full.clone()).await?;
            Ok((id, unit.enqueue(scheduled).await?, unit.enqueue(blocked).await?))
        })
        .await
        .unwrap();
    let waits = queue.find(late).await.unwrap().expect("it is kept");
    assert_eq!((waits.state, waits.run_at, waits.organization), (JobState::Scheduled, Some(later), None));
    let hand = Hand::new(&queue, LONG).await;
    let claimed = hand.claim_from(&["critical"], 10).await;
    assert_eq!(claimed.len(), 1, "its key is limited");
    let claimed = &claimed[0];
    let organization: Option<OrganizationId> = Some(world.org());
    assert_eq!((claimed.id, claimed.name.as_str(), claimed.organization), (id, "send_email", organization));
    assert_eq!((&claimed.payload, claimed.version, claimed.max_attempts), (&full.payload, 3, 4));
    assert_eq!((claimed.keep_result, &claimed.trace), (full.keep_result, &full.trace));
    hand.done(claimed).await;
    assert_eq!(hand.claim_from(&["critical"], 10).await[0].id, second);
}

/// Those of one unit in the order they were added, and so those of units that follow each other.
pub async fn jobs_of_a_unit_keep_their_order(fixture: &dyn StorageFixture) {
    let (world, queue) = world(fixture).await;
    for first in [0, 3, 6] {
        let unit = world.storage.begin().await.unwrap();
        for number in first..first + 3 {
            let spec = if number % 2 == 0 { job(number) } else { waiting(number) };
            let unique = spec.unique.map(|unique| Unique { key: number.to_string(), ..unique });
            unit.enqueue(JobSpec { unique, ..spec }).await.unwrap();
        }
        unit.commit().await.unwrap();
    }
    let hand = Hand::new(&queue, LONG).await;
    assert_eq!(numbers(&hand.claim(100).await), (0..9).collect::<Vec<_>>());
}

/// In one unit, beside what is committed, and beside what was added without a unit.
pub async fn a_unique_job_is_added_once(fixture: &dyn StorageFixture) {
    let (world, queue) = world(fixture).await;
    for scope in [UniqueScope::Waiting, UniqueScope::Unfinished] {
        let of = |number| unique(number, scope, WhenTaken::Discard);
        let unit = world.storage.begin().await.unwrap();
        let first = unit.enqueue(of(1)).await.unwrap();
        assert_eq!(unit.enqueue(of(2)).await.unwrap(), first);
        unit.commit().await.unwrap();
        assert_eq!(add(&world, of(3)).await, first);
        assert_eq!(queue.enqueue(vec![of(4)]).await.unwrap(), [Enqueued::Kept(first)]);
        let hand = Hand::new(&queue, LONG).await;
        let claimed = hand.claim_one().await;
        assert_eq!((claimed.id, claimed.payload.as_str()), (first, "1"));
        hand.done(&claimed).await;
        let alone = queue.enqueue(vec![of(5)]).await.unwrap()[0].id();
        assert_eq!(add(&world, of(6)).await, alone);
        let claimed = hand.claim_one().await;
        assert_eq!((claimed.id, claimed.payload.as_str()), (alone, "5"));
        hand.done(&claimed).await;
    }
}

/// However they overlap, and all are given its id.
pub async fn of_two_units_with_one_key_at_once_one_adds(fixture: &dyn StorageFixture) {
    async fn enqueue(storage: Arc<dyn Storage>, job: JobSpec) -> Result<JobId> {
        let unit = storage.begin().await?;
        let id = unit.enqueue(job).await?;
        unit.commit().await?;
        Ok(id)
    }
    let (world, queue) = world(fixture).await;
    for round in 0..5 {
        let key = Some(Unique {
            key: format!("key-{round}"),
            scope: if round % 2 == 0 { UniqueScope::Waiting } else { UniqueScope::Unfinished },
            taken: WhenTaken::Discard,
        });
        let rivals = (0..4).map(|_| enqueue(Arc::clone(&world.storage), JobSpec { unique: key.clone(), ..job(round) }));
        let ids: Vec<_> = together(rivals.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
    let hand = Hand::new(&queue, LONG).await;
    assert_eq!(hand.claim(100).await.len(), 5);
}

/// It may have read its facts before the unit wrote them.
pub async fn a_started_job_does_not_stand_for_a_new_one(fixture: &dyn StorageFixture) {
    let (world, queue) = world(fixture).await;
    let hand = Hand::new(&queue, LONG).await;
    let first = add(&world, waiting(1)).await;
    let running = hand.claim_one().await;
    let second = add(&world, waiting(2)).await;
    assert_ne!(second, first);
    assert_eq!(add(&world, waiting(3)).await, second, "that one waits");
    hand.done(&running).await;
    let running = hand.claim_one().await;
    assert_eq!(running.id, second);
    assert!(hand.end(&running, Outcome::Dead { error: "no".to_owned() }).await);
    assert_ne!(add(&world, waiting(4)).await, second, "a job that was given up has finished");
    assert_eq!(numbers(&hand.claim(10).await), [4]);
}

/// Who claims a job that a unit was given the id of sees what that unit wrote.
pub async fn a_unique_job_reads_what_its_unit_wrote(fixture: &dyn StorageFixture) {
    let (world, queue) = world(fixture).await;
    let hand = Hand::new(&queue, LONG).await;
    // The claim is made while the unit is open.
    let (begun, worked) = tokio::sync::oneshot::channel();
    add(&world, waiting(3)).await;
    let other = world.samples.lead(world.org());
    let writing = world.write(async |unit| {
        unit.leads().insert(&other).await?;
        let id = unit.enqueue(waiting(4)).await?;
        let _ = begun.send(());
        for _ in 0..5 {
            pause().await;
        }
        Ok(id)
    });
    let claiming = async {
        worked.await.expect("the unit lets the claim begin");
        let claimed = hand.claim(10).await;
        let stored = world.read().leads().get(world.org(), other.id).await.unwrap();
        (claimed, stored.is_some())
    };
    let (id, (claimed, seen)) = soon(futures::future::join(writing, claiming)).await;
    let id = id.unwrap();
    assert!(claimed.is_empty() || seen, "the job was claimed before its facts were there");
    let rest = hand.claim(10).await;
    assert_eq!(claimed.iter().chain(&rest).map(|job| job.id).collect::<Vec<_>>(), [id]);
}

/// Not before it.
pub async fn a_waiting_job_is_replaced_with_the_commit(fixture: &dyn StorageFixture) {
    let (world, queue) = world(fixture).await;
    let replace = |number| unique(number, UniqueScope::Unfinished, WhenTaken::Replace);
    let first = add(&world, replace(1)).await;
    let unit = world.storage.begin().await.unwrap();
    assert_eq!(unit.enqueue(replace(2)).await.unwrap(), first);
    unit.rollback().await.unwrap();
    assert_eq!(queue.find(first).await.unwrap().expect("it is kept").payload, "1");
    assert_eq!(add(&world, replace(3)).await, first);
    let hand = Hand::new(&queue, LONG).await;
    let claimed = hand.claim_one().await;
    assert_eq!((claimed.id, claimed.payload.as_str()), (first, "3"));
}

/// Nothing of the unit is written then.
pub async fn a_job_that_is_not_acceptable_ends_the_unit(fixture: &dyn StorageFixture) {
    let (world, queue) = world(fixture).await;
    let lead = world.samples.lead(world.org());
    let unit = world.storage.begin().await.unwrap();
    unit.leads().insert(&lead).await.unwrap();
    unit.enqueue(job(1)).await.unwrap();
    refused(unit.enqueue(JobSpec { max_attempts: 0, ..job(2) }).await, ErrorKind::Validation);
    refused(unit.commit().await, ErrorKind::Conflict);
    assert_eq!(world.read().leads().get(world.org(), lead.id).await.unwrap(), None);
    assert!(known(&queue).await.is_empty());
}

/// However far it got: the unit commits with all of the job or cannot commit, and the key is never held by nobody.
pub async fn a_dropped_addition_leaves_no_half(fixture: &dyn StorageFixture) {
    let (world, queue) = world(fixture).await;
    let hand = Hand::new(&queue, LONG).await;
    let spec = || JobSpec {
        concurrency: Some(Concurrency { key: "k".to_owned(), limit: 9 }),
        ..unique(1, UniqueScope::Unfinished, WhenTaken::Discard)
    };
    for polls in 1.. {
        assert!(polls < 1000, "the addition should end at some time");
        let unit = world.storage.begin().await.unwrap();
        let done = soon(cut_off(unit.enqueue(spec()), polls)).await;
        let committed = unit.commit().await.is_ok();
        let claimed = hand.claim(10).await;
        assert!(claimed.len() <= 1 && (committed || claimed.is_empty()));
        for job in &claimed {
            hand.done(job).await;
        }
        let id = add(&world, spec()).await;
        let again = hand.claim_one().await;
        assert_eq!(again.id, id, "after {polls} polls");
        hand.done(&again).await;
        if done.is_some() {
            assert!(committed && claimed.len() == 1);
            break;
        }
    }
}

/// Who waits for jobs hears of those of a unit.
pub async fn waiting_ends_with_the_commit(fixture: &dyn StorageFixture) {
    let (world, queue) = world(fixture).await;
    let queues = ["default".to_owned()];
    // The first wait may begin to listen late; the second hears.
    queue.wait(&queues, Duration::from_millis(500)).await.unwrap();
    for spec in [job(1), waiting(2)] {
        let before = Instant::now();
        let adding = async {
            pause().await;
            add(&world, spec).await
        };
        let (waited, _) = soon(futures::future::join(queue.wait(&queues, Duration::from_secs(15)), adding)).await;
        waited.unwrap();
        assert!(before.elapsed() < Duration::from_secs(10), "nobody said that there is a job");
        let hand = Hand::new(&queue, LONG).await;
        let claimed = hand.claim_one().await;
        hand.done(&claimed).await;
    }
}
