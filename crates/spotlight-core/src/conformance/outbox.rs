//! Jobs and events on their way.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{Duration, TimeZone, Utc};

use super::{
    storage::StorageFixture,
    support::{World, overlapping, pause, refused, rivals, together},
};
use crate::{
    domain::{JobId, OutboxId, time::Timestamp},
    error::{ErrorKind, Result},
    ports::{
        JobSpec, NewEvent, OutboxKind, OutboxRow, OutboxStats, ReadConsistency, Sent, Storage, Unique, UniqueScope,
        UnitOfWork, WhenTaken,
    },
};

/// An instant that is later than any clock a storage may have: what is to run at once is due by then.
pub(super) fn far() -> Timestamp {
    Utc.with_ymd_and_hms(2100, 1, 1, 0, 0, 0).unwrap()
}

async fn add(world: &World, job: JobSpec) -> OutboxId {
    row_of(world.write(async |unit| unit.enqueue(job).await).await.unwrap())
}

/// A job's row has its id.
fn row_of(job: JobId) -> OutboxId {
    OutboxId::from_uuid(job.as_uuid())
}

/// A unique key that is held while a job waits.
fn key(key: &str) -> Unique {
    Unique { key: key.to_owned(), scope: UniqueScope::Waiting, taken: WhenTaken::Discard }
}

async fn claim(world: &World, now: Timestamp, limit: u32) -> Vec<OutboxRow> {
    world.write(async |unit| unit.outbox().claim(OutboxKind::Job, now, 30, limit).await).await.unwrap()
}

async fn stats(world: &World, now: Timestamp) -> OutboxStats {
    world.read().outbox().stats(OutboxKind::Job, now).await.unwrap()
}

/// Jobs and events come back as they were given, each kind by itself.
pub async fn rows_come_back_whole(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let job = world.samples.job(world.org(), "send_email");
    let global = JobSpec { organization: None, ..world.samples.job(world.org(), "expire_sessions") };
    let talk = world.conversation().await;
    let event = NewEvent {
        channel: format!("conversation:{}", talk.id),
        conversation_id: Some(talk.id),
        ..world.samples.event(world.org(), "transcript_update")
    };
    let unit = world.storage.begin().await.unwrap();
    let job_id = row_of(unit.enqueue(job.clone()).await.unwrap());
    let event_id = unit.publish(event.clone()).await.unwrap();
    let global_id = row_of(unit.enqueue(global.clone()).await.unwrap());
    unit.commit().await.unwrap();

    let jobs = claim(&world, far(), 10).await;
    assert_eq!(jobs.iter().map(|row| row.id).collect::<Vec<_>>(), [job_id, global_id]);
    assert_eq!((jobs[0].organization_id, &jobs[0].name), (Some(world.org()), &job.name));
    assert_eq!((&jobs[0].spec, jobs[0].attempts), (&Some(job.clone()), 1));
    assert_eq!((jobs[0].channel.as_ref(), jobs[0].conversation_id), (None, None));
    assert_eq!((jobs[1].organization_id, &jobs[1].name), (None, &global.name));
    assert_eq!(jobs[1].spec, Some(global));
    let events = world.write(async |unit| unit.outbox().claim(OutboxKind::Event, far(), 30, 10).await).await.unwrap();
    assert_eq!(events.len(), 1);
    let row = &events[0];
    assert_eq!((row.id, row.organization_id, &row.name), (event_id, Some(world.org()), &event.event_type));
    assert_eq!((row.channel.as_ref(), row.conversation_id), (Some(&event.channel), event.conversation_id));
    assert_eq!((&row.payload, &row.spec, row.attempts), (&event.data, &None, 1));
}

/// By due time, then in the order they were added; not before they are due. A job for later is due at once.
pub async fn rows_are_claimed_in_order(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let job = || world.samples.job(world.org(), "job");
    let mut added = Vec::new();
    for seconds in [20, 10, 0, 10, -10, 31] {
        let id = add(&world, JobSpec { run_at: Some(far() + Duration::days(1)), ..job() }).await;
        let row = claim(&world, far() - Duration::days(1), 10).await.remove(0);
        assert_eq!(row.id, id, "it is due when it is added");
        let at = far() + Duration::seconds(seconds);
        assert!(world.write(async |unit| unit.outbox().retry(id, row.claim, at, "failed").await).await.unwrap());
        added.push(id);
    }
    let ready = OutboxStats { ready: 2, scheduled: 4, ..OutboxStats::default() };
    assert_eq!(stats(&world, far()).await, ready);
    let ids = |rows: Vec<OutboxRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(claim(&world, far(), 10).await), [added[4], added[2]]);
    let later = far() + Duration::seconds(20);
    assert_eq!(stats(&world, later).await, OutboxStats { ready: 3, scheduled: 1, running: 2, dead: 0 });
    assert_eq!(ids(claim(&world, later, 2).await), [added[1], added[3]]);
    assert_eq!(ids(claim(&world, later, 2).await), [added[0]]);
    assert_eq!(ids(claim(&world, later, 2).await), []);
    // Rows whose claims have ended are taken first, and what is given is in order all the same.
    let end = later + Duration::seconds(30);
    let early = add(&world, job()).await;
    assert_eq!(ids(claim(&world, end, 5).await), [added[4], added[2], added[1], added[3], added[0]]);
    assert_eq!(ids(claim(&world, end, 5).await), [early, added[5]]);
}

/// Events of one unit come in the order they were added, and so do units that follow each other.
pub async fn events_keep_their_order(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let mut added = Vec::new();
    for _ in 0..3 {
        let unit = world.storage.begin().await.unwrap();
        for _ in 0..7 {
            added.push(unit.publish(world.samples.event(world.org(), "lead.updated")).await.unwrap());
        }
        unit.commit().await.unwrap();
    }
    let mut claimed = Vec::new();
    while claimed.len() < added.len() {
        let part = world.write(async |unit| unit.outbox().claim(OutboxKind::Event, far(), 30, 4).await).await.unwrap();
        assert!(!part.is_empty() && part.len() <= 4);
        claimed.extend(part.into_iter().map(|row| row.id));
    }
    assert_eq!(claimed, added);
}

/// A claimed row is nobody else's until its claim ends; then a new claim makes the old one void.
pub async fn a_newer_claim_makes_the_older_void(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let id = add(&world, world.samples.job(world.org(), "job")).await;
    let first = claim(&world, far(), 10).await.remove(0);
    let end = far() + Duration::seconds(30);
    let almost = end - Duration::microseconds(1);
    assert_eq!(claim(&world, almost, 10).await, []);
    assert_eq!(stats(&world, almost).await, OutboxStats { running: 1, ..OutboxStats::default() });
    assert_eq!(stats(&world, end).await, OutboxStats { ready: 1, ..OutboxStats::default() }, "it ends at its end");
    let second = claim(&world, end, 10).await.remove(0);
    assert_eq!((second.id, second.attempts), (id, 2));
    assert_ne!(second.claim, first.claim);

    let now = far() + Duration::seconds(32);
    assert_eq!(world.write(async |unit| unit.outbox().extend(&[(id, first.claim)], now, 60).await).await.unwrap(), 0);
    assert!(!world.write(async |unit| unit.outbox().complete(id, first.claim).await).await.unwrap());
    assert!(!world.write(async |unit| unit.outbox().retry(id, first.claim, now, "failed").await).await.unwrap());
    assert!(!world.write(async |unit| unit.outbox().bury(id, first.claim, "failed").await).await.unwrap());
    assert_eq!(stats(&world, now).await, OutboxStats { running: 1, ..OutboxStats::default() });

    // The end of its time alone does not make a claim void.
    let much_later = far() + Duration::seconds(500);
    assert_eq!(stats(&world, much_later).await.ready, 1);
    assert!(world.write(async |unit| unit.outbox().complete(id, second.claim).await).await.unwrap());
    assert_eq!(stats(&world, much_later).await, OutboxStats::default());
    assert!(!world.write(async |unit| unit.outbox().complete(id, second.claim).await).await.unwrap(), "it is gone");
}

/// Claims that are extended last from then on; those that are void do not come back.
pub async fn a_claim_is_extended(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    for _ in 0..3 {
        add(&world, world.samples.job(world.org(), "job")).await;
    }
    let rows = claim(&world, far(), 10).await;
    let now = far() + Duration::seconds(20);
    let held = [(rows[0].id, rows[0].claim), (rows[1].id, rows[1].claim + 1), (rows[2].id, rows[2].claim)];
    let extend = async |held: &[_]| world.write(async |unit| unit.outbox().extend(held, now, 60).await).await.unwrap();
    assert_eq!(extend(&[]).await, 0);
    assert_eq!(extend(&held).await, 2);
    let end = now + Duration::seconds(60);
    let void = claim(&world, end - Duration::microseconds(1), 10).await;
    assert_eq!(void.iter().map(|row| row.id).collect::<Vec<_>>(), [rows[1].id]);
    assert_eq!(claim(&world, end, 10).await.len(), 2);
}

/// A row that is given back waits for its time and is tried again.
pub async fn a_row_is_tried_again(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let id = add(&world, world.samples.job(world.org(), "job")).await;
    let row = claim(&world, far(), 10).await.remove(0);
    let again = far() + Duration::seconds(5);
    assert!(world.write(async |unit| unit.outbox().retry(id, row.claim, again, "no answer").await).await.unwrap());
    assert!(!world.write(async |unit| unit.outbox().complete(id, row.claim).await).await.unwrap(), "the claim is void");
    assert_eq!(stats(&world, far()).await, OutboxStats { scheduled: 1, ..OutboxStats::default() });
    assert_eq!(claim(&world, far() + Duration::seconds(4), 10).await, []);
    let second = claim(&world, again, 10).await.remove(0);
    assert_eq!((second.id, second.attempts, &second.spec), (id, 2, &row.spec));
    assert_ne!(second.claim, row.claim);
}

/// A row that is given up is kept and claimed no more.
pub async fn a_row_is_given_up(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let id = add(&world, world.samples.job(world.org(), "job")).await;
    let row = claim(&world, far(), 10).await.remove(0);
    assert!(world.write(async |unit| unit.outbox().bury(id, row.claim, "refused").await).await.unwrap());
    assert!(!world.write(async |unit| unit.outbox().bury(id, row.claim, "refused").await).await.unwrap());
    let later = far() + Duration::days(365);
    assert_eq!(claim(&world, later, 10).await, []);
    assert_eq!(stats(&world, later).await, OutboxStats { dead: 1, ..OutboxStats::default() });
    let events = world.read().outbox().stats(OutboxKind::Event, later).await.unwrap();
    assert_eq!(events, OutboxStats::default(), "each kind counts by itself");
}

/// Rows that were given up are seen with what went wrong, by their own organization alone, and are revived or removed.
pub async fn rows_given_up_are_listed_revived_and_discarded(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let other = world.another().await;
    let job = |key: &str| JobSpec { unique: Some(self::key(key)), ..world.samples.job(world.org(), "send_email") };
    let (first, second) = (add(&world, job("mail:1")).await, add(&world, job("mail:2")).await);
    let theirs = add(&world, world.samples.job(other.org(), "send_email")).await;
    let event = world.samples.event(world.org(), "lead.updated");
    let told = world.write(async |unit| unit.publish(event.clone()).await).await.unwrap();
    let outbox = world.read().outbox();
    assert_eq!(outbox.dead(world.org(), None, 10).await.unwrap(), []);
    for kind in [OutboxKind::Job, OutboxKind::Event] {
        for row in world.write(async |unit| unit.outbox().claim(kind, far(), 30, 10).await).await.unwrap() {
            let error = format!("{} failed", row.name);
            assert!(world.write(async |unit| unit.outbox().bury(row.id, row.claim, &error).await).await.unwrap());
        }
    }

    let mut expected = [first, second, told];
    expected.sort_unstable();
    let dead = outbox.dead(world.org(), None, 10).await.unwrap();
    assert_eq!(dead.iter().map(|row| row.id).collect::<Vec<_>>(), expected);
    let mail = dead.iter().find(|row| row.id == first).unwrap();
    assert_eq!((mail.kind, mail.name.as_str(), mail.attempts), (OutboxKind::Job, "send_email", 1));
    assert_eq!((mail.last_error.as_str(), mail.conversation_id), ("send_email failed", None));
    assert!(mail.dead_at >= mail.created_at);
    let lead = dead.iter().find(|row| row.id == told).unwrap();
    assert_eq!(
        (lead.kind, &lead.name, lead.conversation_id),
        (OutboxKind::Event, &event.event_type, event.conversation_id)
    );
    let part = outbox.dead(world.org(), Some(expected[0]), 1).await.unwrap();
    assert_eq!(part.iter().map(|row| row.id).collect::<Vec<_>>(), expected[1..2]);
    assert_eq!(outbox.dead(other.org(), None, 10).await.unwrap()[0].id, theirs);

    let again = add(&world, job("mail:1")).await;
    let now = far() + Duration::seconds(60);
    let revive = async |org, id| world.write(async |unit| unit.outbox().revive(org, id, now).await).await.unwrap();
    assert!(!revive(world.org(), theirs).await, "another organization's row is not found");
    assert!(!revive(world.org(), again).await, "a row that is not dead is left alone");
    assert!(revive(world.org(), first).await);
    assert!(!revive(world.org(), first).await);
    assert_eq!(stats(&world, far()).await, OutboxStats { ready: 1, scheduled: 1, running: 0, dead: 2 });
    let rows = claim(&world, now, 10).await;
    assert_eq!(rows.iter().map(|row| (row.id, row.attempts)).collect::<Vec<_>>(), [(again, 1), (first, 1)]);

    let discard = async |org, id| world.write(async |unit| unit.outbox().discard(org, id).await).await.unwrap();
    assert!(!discard(world.org(), theirs).await);
    assert!(!discard(world.org(), first).await, "it is running");
    assert!(discard(world.org(), second).await && discard(world.org(), told).await);
    assert!(!discard(world.org(), second).await);
    assert_eq!(outbox.dead(world.org(), None, 10).await.unwrap(), []);
}

/// One waiting job has a key, whether it was tried or not; one that was given up does not count.
pub async fn a_unique_job_is_added_once(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let job = |key: &str| JobSpec { unique: Some(self::key(key)), ..world.samples.job(world.org(), "job") };
    let first = add(&world, job("analyze:1")).await;
    assert_eq!(add(&world, job("analyze:1")).await, first);
    assert_ne!(add(&world, job("analyze:2")).await, first);
    // In one unit too.
    let unit = world.storage.begin().await.unwrap();
    let third = unit.enqueue(job("analyze:3")).await.unwrap();
    assert_eq!(unit.enqueue(job("analyze:3")).await.unwrap(), third);
    unit.rollback().await.unwrap();
    assert_eq!(stats(&world, far()).await.ready, 2);

    let rows = claim(&world, far(), 10).await;
    let again = far() + Duration::seconds(1);
    assert!(world.write(async |unit| unit.outbox().retry(first, rows[0].claim, again, "failed").await).await.unwrap());
    assert_eq!(add(&world, job("analyze:1")).await, first, "one that is tried again waits");
    let row = claim(&world, again, 10).await.remove(0);
    assert!(world.write(async |unit| unit.outbox().complete(first, row.claim).await).await.unwrap());
    let second = add(&world, job("analyze:1")).await;
    assert_ne!(second, first);
    let row = claim(&world, again, 10).await.remove(0);
    assert!(world.write(async |unit| unit.outbox().bury(second, row.claim, "failed").await).await.unwrap());
    assert_ne!(add(&world, job("analyze:1")).await, second, "a job that was given up has finished");
}

async fn enqueue(storage: Arc<dyn Storage>, job: JobSpec) -> Result<JobId> {
    let unit = storage.begin().await?;
    let id = unit.enqueue(job).await?;
    unit.commit().await?;
    Ok(id)
}

/// Of two jobs with one key added at once, one is added, and both are given its id.
pub async fn of_two_unique_jobs_at_once_one_is_added(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    for round in 1..=5 {
        let key = format!("key-{round}");
        let job = || JobSpec { unique: Some(self::key(&key)), ..world.samples.job(world.org(), "job") };
        let (one, other) =
            rivals(enqueue(Arc::clone(&world.storage), job()), enqueue(Arc::clone(&world.storage), job())).await;
        assert_eq!(one.unwrap(), other.unwrap());
        assert_eq!(stats(&world, far()).await.ready, round);
    }
}

/// Many who claim at once are never given the same row, and together all of them.
pub async fn claims_at_once_share_the_rows(fixture: &dyn StorageFixture) {
    const ROWS: usize = 40;
    let world = World::new(fixture.with_outbox().await).await;
    for _ in 0..ROWS {
        add(&world, world.samples.job(world.org(), "job")).await;
    }
    let worker = |_| {
        let storage = Arc::clone(&world.storage);
        async move {
            let mut mine = Vec::new();
            loop {
                let unit = storage.begin().await.unwrap();
                let rows = unit.outbox().claim(OutboxKind::Job, far(), 30, 3).await.unwrap();
                unit.commit().await.unwrap();
                if rows.is_empty() {
                    // Rows that another is claiming at this moment can be passed over; the count tells.
                    let stats = storage.read(ReadConsistency::Strong).outbox();
                    if stats.stats(OutboxKind::Job, far()).await.unwrap().ready == 0 {
                        break mine;
                    }
                    pause().await;
                }
                mine.extend(rows.into_iter().map(|row| row.id));
                assert!(mine.len() <= ROWS, "more rows were given than there are");
            }
        }
    };
    let claimed = together((0..4).map(worker)).await.concat();
    assert_eq!(claimed.len(), ROWS);
    assert_eq!(claimed.into_iter().collect::<BTreeSet<_>>().len(), ROWS, "no row was given twice");
}

/// A claimed job may have read its facts already: a new one is added beside it. So it is while the claim, or the end of
/// the work, is not yet committed.
pub async fn a_claimed_job_does_not_stand_for_a_new_one(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let job = || JobSpec { unique: Some(key("analyze:1")), ..world.samples.job(world.org(), "job") };
    let first = add(&world, job()).await;
    let row = claim(&world, far(), 10).await.remove(0);
    let second = add(&world, job()).await;
    assert_ne!(second, first);
    assert_eq!(add(&world, job()).await, second, "that one waits");
    assert_eq!(stats(&world, far()).await, OutboxStats { ready: 1, running: 1, ..OutboxStats::default() });

    let (claimed, third) = overlapping(
        &world,
        async |unit| unit.outbox().claim(OutboxKind::Job, far(), 30, 10).await,
        async |unit| unit.enqueue(job()).await.map(row_of),
    )
    .await;
    let (claimed, third) = (claimed.unwrap(), third.unwrap());
    assert_eq!(claimed.iter().map(|row| row.id).collect::<Vec<_>>(), [second]);
    assert!(third != first && third != second);
    let (done, kept) = overlapping(
        &world,
        async |unit| unit.outbox().complete(first, row.claim).await,
        async |unit| unit.enqueue(job()).await.map(row_of),
    )
    .await;
    assert_eq!((done.unwrap(), kept.unwrap()), (true, third));
    assert_eq!(stats(&world, far()).await, OutboxStats { ready: 1, running: 1, ..OutboxStats::default() });
}

/// A job that is given back while another waits under its key is removed: that one stands for both.
pub async fn a_job_that_is_given_back_is_covered_by_a_waiting_one(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let job = || JobSpec { unique: Some(key("analyze:1")), ..world.samples.job(world.org(), "job") };
    let first = add(&world, job()).await;
    let row = claim(&world, far(), 10).await.remove(0);
    let second = add(&world, job()).await;
    let unit = world.storage.begin().await.unwrap();
    assert!(unit.outbox().retry(first, row.claim, far(), "failed").await.unwrap());
    assert!(!unit.outbox().complete(first, row.claim).await.unwrap(), "the claim is void");
    unit.commit().await.unwrap();
    let rows = claim(&world, far(), 10).await;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [second]);
    assert!(world.write(async |unit| unit.outbox().retry(second, rows[0].claim, far(), "failed").await).await.unwrap());
    assert_eq!(claim(&world, far(), 10).await.remove(0).id, second, "nothing else waited");

    // Added at the same time, it stands for the one that is given back just as well.
    let row = claim(&world, far() + Duration::seconds(30), 10).await.remove(0);
    let (third, given_back) = overlapping(
        &world,
        async |unit| unit.enqueue(job()).await.map(row_of),
        async |unit| unit.outbox().retry(second, row.claim, far(), "failed").await,
    )
    .await;
    assert!(given_back.unwrap());
    let rows = claim(&world, far(), 10).await;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [third.unwrap()]);
}

/// Who claims a job that a unit was given the id of sees what that unit wrote.
pub async fn a_unique_job_reads_what_its_unit_wrote(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let job = || JobSpec { unique: Some(key("analyze:1")), ..world.samples.job(world.org(), "job") };
    let (waiting, lead) = (add(&world, job()).await, world.samples.lead(world.org()));
    let (id, seen) = overlapping(
        &world,
        async |unit| {
            unit.leads().insert(&lead).await?;
            unit.enqueue(job()).await.map(row_of)
        },
        async |unit| {
            let rows = unit.outbox().claim(OutboxKind::Job, far(), 30, 10).await?;
            Ok((rows.len(), unit.leads().get(world.org(), lead.id).await?.is_some()))
        },
    )
    .await;
    assert_eq!(id.unwrap(), waiting);
    let (claimed, seen) = seen.unwrap();
    assert!(claimed == 0 || seen, "the job was claimed before its facts were there");
    assert_eq!(claimed + claim(&world, far(), 10).await.len(), 1);
}

/// Something is due when a claim would find a row, and costs no unit to ask.
pub async fn what_is_due_is_what_a_claim_would_find(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let due = async |now| world.read().outbox().due(OutboxKind::Job, now).await.unwrap();
    assert!(!due(far()).await);
    world.write(async |unit| unit.publish(world.samples.event(world.org(), "lead.created")).await).await.unwrap();
    assert!(!due(far()).await, "each kind by itself");
    let id = add(&world, world.samples.job(world.org(), "job")).await;
    assert!(due(far() - Duration::days(1)).await, "it is due when it is added");
    let row = claim(&world, far() - Duration::days(1), 10).await.remove(0);
    let retry = async |unit: &dyn UnitOfWork| unit.outbox().retry(id, row.claim, far(), "failed").await;
    assert!(world.write(retry).await.unwrap());
    assert!(!due(far() - Duration::microseconds(1)).await);
    assert!(due(far()).await);
    let row = claim(&world, far(), 10).await.remove(0);
    let end = far() + Duration::seconds(30);
    assert!(!due(end - Duration::microseconds(1)).await, "it is claimed");
    assert!(due(end).await, "its claim has ended");
    assert!(world.write(async |unit| unit.outbox().bury(row.id, row.claim, "refused").await).await.unwrap());
    assert!(!due(end).await);
}

/// A claim that is rolled back never was.
pub async fn a_claim_that_is_rolled_back_never_was(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let id = add(&world, world.samples.job(world.org(), "job")).await;
    let unit = world.storage.begin().await.unwrap();
    let row = unit.outbox().claim(OutboxKind::Job, far(), 30, 10).await.unwrap().remove(0);
    assert!(unit.outbox().complete(row.id, row.claim).await.unwrap());
    unit.rollback().await.unwrap();
    let row = claim(&world, far(), 10).await.remove(0);
    assert_eq!((row.id, row.attempts), (id, 1));
    // A completed row and what was written beside it are one.
    let lead = world.lead().await;
    let unit = world.storage.begin().await.unwrap();
    assert!(unit.outbox().complete(row.id, row.claim).await.unwrap());
    refused(unit.leads().insert(&lead).await, ErrorKind::Conflict);
    drop(unit);
    assert_eq!(stats(&world, far()).await.running, 1);
}

/// Whatever their claims are, and only those of jobs.
pub async fn rows_of_jobs_that_ended_go(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let job = || world.samples.job(world.org(), "job");
    let (waiting, claimed, other) = (add(&world, job()).await, add(&world, job()).await, add(&world, job()).await);
    let event = world.samples.event(world.org(), "lead.updated");
    let told = world.write(async |unit| unit.publish(event).await).await.unwrap();
    let ids: Vec<_> = [waiting, claimed, told].into_iter().map(|id| JobId::from_uuid(id.as_uuid())).collect();
    let claim = claim(&world, far(), 2).await.remove(1);
    assert_eq!(claim.id, claimed);
    let finish = async || world.write(async |unit| unit.outbox().finish(&ids).await).await.unwrap();
    assert_eq!(world.write(async |unit| unit.outbox().finish(&[]).await).await.unwrap(), 0);
    assert_eq!(finish().await, 2);
    assert_eq!(finish().await, 0);
    assert!(!world.write(async |unit| unit.outbox().complete(claimed, claim.claim).await).await.unwrap());
    let rows = self::claim(&world, far(), 10).await;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [other]);
    assert_eq!(world.read().outbox().stats(OutboxKind::Event, far()).await.unwrap().ready, 1);
}

/// Jobs that were sent are claimed no more, and found when they are to be looked after, those first whose time came first.
pub async fn what_was_sent_is_looked_after_at_its_time(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    for _ in 0..3 {
        add(&world, world.samples.job(world.org(), "job")).await;
    }
    let rows = claim(&world, far(), 10).await;
    let holder = JobId::from_uuid(world.samples.uuid());
    let at = |seconds| far() + Duration::seconds(seconds);
    let mut sent: Vec<_> =
        rows.iter().map(|row| Sent { id: row.id, claim: row.claim, job: holder, look_at: at(90) }).collect();
    (sent[0].look_at, sent[1].claim) = (at(100), sent[1].claim + 1);
    let note = async |sent: &[Sent]| world.write(async |unit| unit.outbox().sent(sent).await).await.unwrap();
    assert_eq!(note(&[]).await, 0);
    assert_eq!(note(&sent).await, 2, "one claim is void");
    let overdue = async |now| {
        let found = world.read().outbox().overdue(now, 10).await.unwrap();
        found.iter().map(|row| (row.id, row.job)).collect::<Vec<_>>()
    };
    assert_eq!(overdue(at(90) - Duration::microseconds(1)).await, []);
    assert_eq!(overdue(at(90)).await, [(rows[2].id, Some(holder))]);
    assert_eq!(overdue(at(100)).await, [(rows[2].id, Some(holder)), (rows[0].id, Some(holder))]);
    assert_eq!(world.read().outbox().overdue(at(100), 1).await.unwrap()[0].id, rows[2].id);
    assert_eq!(stats(&world, at(200)).await, OutboxStats { ready: 1, running: 2, ..OutboxStats::default() });
    let left = claim(&world, at(200), 10).await;
    assert_eq!(left.iter().map(|row| (row.id, row.job)).collect::<Vec<_>>(), [(rows[1].id, None)]);
    assert!(!world.read().outbox().due(OutboxKind::Job, at(200)).await.unwrap());

    // It is noted anew as often as it is looked after, and can be tried from the beginning.
    (sent[2].job, sent[2].look_at) = (JobId::from_uuid(rows[2].id.as_uuid()), at(300));
    assert_eq!(note(&sent[2..]).await, 1);
    assert_eq!(overdue(at(299)).await, [(rows[0].id, Some(holder))]);
    let again = async |unit: &dyn UnitOfWork| unit.outbox().retry(rows[0].id, rows[0].claim, at(0), "lost").await;
    assert!(world.write(again).await.unwrap());
    assert_eq!(overdue(at(299)).await, []);
    let row = claim(&world, at(200), 10).await.remove(0);
    assert_eq!((row.id, row.job), (rows[0].id, None));
}

/// They go with that job, and their own ends would take them too; in the order in which they were added.
pub async fn a_job_stands_for_others(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    for _ in 0..4 {
        add(&world, world.samples.job(world.org(), "job")).await;
    }
    let rows = claim(&world, far(), 10).await;
    let holder = JobId::from_uuid(rows[1].id.as_uuid());
    let mut sent: Vec<_> =
        rows[..3].iter().map(|row| Sent { id: row.id, claim: row.claim, job: holder, look_at: far() }).collect();
    sent.reverse();
    assert_eq!(world.write(async |unit| unit.outbox().sent(&sent).await).await.unwrap(), 3);
    let behind = async |job| {
        let found = world.read().outbox().behind(job).await.unwrap();
        found.into_iter().map(|row| (row.id, row.spec.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(behind(holder).await, rows[..3].iter().map(|row| (row.id, true)).collect::<Vec<_>>());
    let (first, last) = (JobId::from_uuid(rows[0].id.as_uuid()), JobId::from_uuid(rows[3].id.as_uuid()));
    assert_eq!(behind(first).await, []);
    let finish = async |job| world.write(async |unit| unit.outbox().finish(&[job]).await).await.unwrap();
    assert_eq!(finish(first).await, 1);
    assert_eq!(finish(holder).await, 2);
    assert_eq!(behind(holder).await, []);
    assert_eq!(finish(last).await, 1);
    assert_eq!(stats(&world, far()).await, OutboxStats::default());
}
