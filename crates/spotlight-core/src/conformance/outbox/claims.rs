//! What is claimed, and in which order.

use std::{collections::BTreeSet, sync::Arc};

use chrono::Duration;

use super::{add, claim, far, row_of, stats};
use crate::{
    conformance::{
        storage::StorageFixture,
        support::{World, pause, together},
    },
    ports::{JobSpec, NewEvent, OutboxKind, OutboxRow, OutboxStats, ReadConsistency, SystemIds, UnitOfWork},
    trace::Trace,
};

/// Jobs and events come back as they were given, each kind by itself.
pub async fn rows_come_back_whole(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let trace = |request: &str| Some(Trace::begin(Some(request), &SystemIds));
    let job = JobSpec { trace: trace("r-1"), ..world.samples.job(world.org(), "send_email") };
    let global = JobSpec { organization: None, ..world.samples.job(world.org(), "expire_sessions") };
    let talk = world.conversation().await;
    let event = NewEvent {
        channel: format!("conversation:{}", talk.id),
        conversation_id: Some(talk.id),
        trace: trace("r-2"),
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
    assert_eq!((&row.trace, &jobs[0].trace), (&event.trace, &None), "a job has it within");
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
