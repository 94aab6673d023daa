//! Jobs, events and upkeep: what is tried again, what is given up, and what is kept no longer.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::Duration;
use futures::{future::BoxFuture, stream::BoxStream};
use serde_json::{Value, json};
use spotlight_core::{
    Context, Error, ErrorKind, Result, Spotlight,
    domain::{ConversationId, JobId, OrganizationId, user::Role},
    memory::{MemoryEventBus, MemoryFileStore, MemoryRateLimiter},
    ports::{
        Event, EventBus, FileStore, Heard, IdempotencyRecord, NewEvent, OutboxKind, OutboxStats, QueueFigures, Storage,
    },
};

use crate::world::{World, job};

/// What a port does when it is used next.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Works,
    Fails(ErrorKind),
    Panics,
}

/// A file store and an event bus in a mood, and what they did.
struct Moody {
    mood: Mutex<Mood>,
    tries: AtomicU32,
    published: Mutex<Vec<String>>,
    /// Done at the first publication.
    interruption: Mutex<Option<BoxFuture<'static, ()>>>,
    files: MemoryFileStore,
    bus: MemoryEventBus,
}

impl Moody {
    fn check(&self) -> Result<()> {
        self.tries.fetch_add(1, Ordering::Relaxed);
        let mood = *self.mood.lock().expect("nobody panicked with it");
        match mood {
            Mood::Works => Ok(()),
            Mood::Fails(kind) => Err(Error::new(kind, "not in the mood")),
            Mood::Panics => panic!("a port that panics"),
        }
    }

    fn feels(&self, mood: Mood) {
        *self.mood.lock().expect("nobody panicked with it") = mood;
    }

    fn published(&self) -> Vec<String> {
        self.published.lock().expect("nobody panicked with it").clone()
    }
}

#[async_trait]
impl FileStore for Moody {
    async fn put(&self, organization: OrganizationId, key: &str, body: Bytes) -> Result<()> {
        self.files.put(organization, key, body).await
    }

    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Bytes>> {
        self.files.get(organization, key).await
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<bool> {
        self.check()?;
        self.files.delete(organization, key).await
    }
}

/// The bus alone is in a mood; the files of the same platform work.
struct MoodyBus(Arc<Moody>);

#[async_trait]
impl EventBus for MoodyBus {
    async fn publish(
        &self,
        organization: OrganizationId,
        channel: &str,
        dedup: uuid::Uuid,
        event: Event,
    ) -> Result<u64> {
        self.0.check()?;
        let interruption = self.0.interruption.lock().expect("nobody panicked with it").take();
        self.0.published.lock().expect("nobody panicked with it").push(event.event_type.clone());
        if let Some(interruption) = interruption {
            interruption.await;
        }
        self.0.bus.publish(organization, channel, dedup, event).await
    }

    async fn subscribe(
        &self,
        organization: OrganizationId,
        channel: &str,
        after: Option<u64>,
    ) -> Result<BoxStream<'static, Result<Heard>>> {
        self.0.bus.subscribe(organization, channel, after).await
    }

    async fn unread(&self, org: OrganizationId, channel: &str, reader: &str, limit: u32) -> Result<Vec<Heard>> {
        self.0.bus.unread(org, channel, reader, limit).await
    }

    async fn acknowledge(&self, org: OrganizationId, channel: &str, reader: &str, id: u64) -> Result<()> {
        self.0.bus.acknowledge(org, channel, reader, id).await
    }
}

/// A world whose jobs are run by a platform with ports in a mood: its own files, and where asked for its bus.
struct Place {
    world: World,
    ports: Arc<Moody>,
    platform: Spotlight,
}

impl Place {
    async fn with(bus_too: bool) -> Self {
        let world = World::new().await;
        // What the world's own beginning left behind is none of these tests' business.
        world.work().await;
        let ports = Arc::new(Moody {
            mood: Mutex::new(Mood::Works),
            tries: AtomicU32::new(0),
            published: Mutex::new(Vec::new()),
            interruption: Mutex::new(None),
            files: MemoryFileStore::new(),
            bus: MemoryEventBus::new(world.clock.clone()),
        });
        let files: Arc<dyn FileStore> = if bus_too { Arc::new(MemoryFileStore::new()) } else { ports.clone() };
        let platform = Spotlight::builder()
            .memory(world.storage.clone())
            .chat(world.model.clone())
            .events(Arc::new(MoodyBus(ports.clone())))
            .mailer(world.mailer.clone())
            .files(files)
            .limiter(Arc::new(MemoryRateLimiter::new(world.clock.clone())))
            .clock(world.clock.clone())
            .build()
            .expect("nothing is missing");
        Self { world, ports, platform }
    }

    async fn enqueue(&self, name: &str, payload: Value) -> JobId {
        let unit = self.world.storage.begin().await.expect("a unit");
        let id = unit.enqueue(job(self.world.organization.id, name, &payload)).await.expect("a job");
        unit.commit().await.expect("a commit");
        id
    }

    async fn tell(&self, event_type: &str) {
        let unit = self.world.storage.begin().await.expect("a unit");
        let event = NewEvent {
            organization_id: self.world.organization.id,
            channel: "leads".to_owned(),
            event_type: event_type.to_owned(),
            conversation_id: None,
            data: json!({}),
            trace: None,
        };
        unit.publish(event).await.expect("an event");
        unit.commit().await.expect("a commit");
    }

    async fn work(&self) -> Result<()> {
        self.platform.run_until_idle().await
    }

    async fn events(&self) -> OutboxStats {
        let now = self.platform.clock().now();
        self.world.repositories().outbox().stats(OutboxKind::Event, now).await.expect("figures")
    }

    /// How many jobs are ready, wait for their time, run, and were given up.
    async fn jobs(&self) -> (u64, u64, u64, u64) {
        let figures = self.platform.queue().snapshot().await.expect("figures").queues;
        let sum = |of: fn(&QueueFigures) -> u64| figures.iter().map(of).sum();
        (sum(|queue| queue.ready), sum(|queue| queue.scheduled), sum(|queue| queue.running), sum(|queue| queue.dead))
    }
}

fn key() -> Value {
    json!({ "key": "recordings/a.ogg" })
}

#[tokio::test]
async fn a_job_that_fails_is_tried_again_after_growing_pauses() {
    let place = Place::with(false).await;
    place.ports.feels(Mood::Fails(ErrorKind::Unavailable));
    place.enqueue("delete_file", key()).await;
    place.work().await.expect("work");
    assert_eq!(place.ports.tries.load(Ordering::Relaxed), 1, "not again at once");
    assert_eq!(place.jobs().await, (0, 1, 0, 0));
    place.world.clock.forward(Duration::milliseconds(1250));
    place.work().await.expect("work");
    assert_eq!(place.ports.tries.load(Ordering::Relaxed), 2);
    place.world.clock.forward(Duration::milliseconds(1250));
    place.work().await.expect("work");
    assert_eq!(place.ports.tries.load(Ordering::Relaxed), 2, "the second pause is longer");
    place.ports.feels(Mood::Works);
    place.world.clock.forward(Duration::milliseconds(1250));
    place.work().await.expect("work");
    assert_eq!(place.jobs().await, (0, 0, 0, 0));
}

#[tokio::test]
async fn a_panic_is_the_failure_of_its_job_alone() {
    let place = Place::with(false).await;
    place.ports.feels(Mood::Panics);
    place.enqueue("delete_file", key()).await;
    place.work().await.expect("work goes on");
    assert_eq!(place.jobs().await, (0, 1, 0, 0));
    place.ports.feels(Mood::Works);
    place.world.clock.forward(Duration::seconds(2));
    place.work().await.expect("work");
    assert_eq!(place.jobs().await, (0, 0, 0, 0));
}

#[tokio::test]
async fn a_job_of_a_newer_version_waits_for_it_and_is_given_up_in_the_end() {
    let place = Place::with(false).await;
    place.enqueue("sing_a_song", json!({})).await;
    place.work().await.expect("work");
    assert_eq!(place.jobs().await, (0, 1, 0, 0));
    for _ in 1..25 {
        // The longest pause is six hours and a quarter of that.
        place.world.clock.forward(Duration::hours(8));
        place.work().await.expect("work");
    }
    assert_eq!(place.jobs().await, (0, 0, 0, 1));
}

#[tokio::test]
async fn administrators_see_what_was_given_up_and_retry_or_discard_it() {
    let place = Place::with(false).await;
    let id = place.enqueue("delete_file", json!({ "lock": 1 })).await;
    place.work().await.expect("work");
    let (jobs, owner) = (place.platform.jobs(), place.world.owner());
    let dead = jobs.dead(&owner, None, 10).await.expect("a list");
    assert_eq!(dead.iter().map(|row| (row.id, row.name.as_str())).collect::<Vec<_>>(), [(id, "delete_file")]);
    assert!(
        dead[0].last_error.as_ref().is_some_and(|error| error.contains("cannot be read")),
        "{:?}",
        dead[0].last_error
    );
    let other = Context::user(place.world.owner.id, OrganizationId::from_uuid(uuid::Uuid::max()), Role::Owner);
    assert!(jobs.dead(&other, None, 10).await.expect("a list").is_empty(), "it is not theirs");
    assert_eq!(jobs.retry(&other, id).await.expect_err("not theirs").kind(), ErrorKind::NotFound);
    assert_eq!(jobs.discard(&other, id).await.expect_err("not theirs").kind(), ErrorKind::NotFound);

    let manager = Context::user(place.world.owner.id, place.world.organization.id, Role::Manager);
    assert_eq!(jobs.dead(&manager, None, 10).await.expect_err("refused").kind(), ErrorKind::Forbidden);
    assert_eq!(jobs.retry(&manager, id).await.expect_err("refused").kind(), ErrorKind::Forbidden);
    assert_eq!(jobs.discard(&manager, id).await.expect_err("refused").kind(), ErrorKind::Forbidden);
    assert_eq!(jobs.figures(&owner).await.expect_err("refused").kind(), ErrorKind::Forbidden);
    let figures = jobs.figures(&Context::system(place.world.organization.id)).await.expect("figures");
    assert_eq!((figures.queue.queues[0].dead, figures.events), (1, OutboxStats::default()));
    assert_eq!(jobs.snapshot(&owner).await.expect("figures"), figures.queue);
    assert_eq!(jobs.snapshot(&manager).await.expect_err("refused").kind(), ErrorKind::Forbidden);

    jobs.retry(&owner, id).await.expect("due again");
    assert_eq!(jobs.retry(&owner, id).await.expect_err("it is due").kind(), ErrorKind::NotFound);
    place.work().await.expect("work");
    assert_eq!(jobs.dead(&owner, None, 10).await.expect("a list")[0].attempts, 1, "counted anew");
    jobs.discard(&owner, id).await.expect("gone");
    assert_eq!(jobs.discard(&owner, id).await.expect_err("gone").kind(), ErrorKind::NotFound);
    assert!(jobs.dead(&owner, None, 10).await.expect("a list").is_empty());
    let audited: Vec<_> = place.world.audited().await.into_iter().map(|entry| entry.action).collect();
    assert_eq!(audited.iter().filter(|action| action.starts_with("job.")).count(), 2, "{audited:?}");
}

#[tokio::test]
async fn a_bus_that_is_away_holds_up_no_job_and_changes_no_order() {
    let place = Place::with(true).await;
    place.ports.feels(Mood::Fails(ErrorKind::Unavailable));
    place.tell("first").await;
    place.tell("second").await;
    place.enqueue("delete_file", key()).await;
    assert_eq!(place.work().await.expect_err("the bus is away").kind(), ErrorKind::Unavailable);
    assert_eq!(place.jobs().await, (0, 0, 0, 0), "the job ran");
    assert_eq!(place.events().await, OutboxStats { ready: 2, ..OutboxStats::default() });
    place.world.clock.forward(Duration::seconds(1));
    place.tell("third").await;
    place.ports.feels(Mood::Works);
    place.work().await.expect("the bus is back");
    assert_eq!(place.ports.published(), ["first", "second", "third"]);
}

#[tokio::test]
async fn an_event_that_the_bus_refuses_for_good_holds_up_nothing() {
    let place = Place::with(true).await;
    place.ports.feels(Mood::Fails(ErrorKind::Validation));
    place.tell("first").await;
    place.work().await.expect("work");
    place.ports.feels(Mood::Works);
    place.tell("second").await;
    place.work().await.expect("work");
    assert_eq!(place.ports.published(), ["second"]);
    let dead = place.platform.jobs().dead_events(&place.world.owner(), None, 10).await.expect("a list");
    assert_eq!(
        dead.iter().map(|row| (row.kind, row.name.as_str())).collect::<Vec<_>>(),
        [(OutboxKind::Event, "first")]
    );
}

#[tokio::test]
async fn a_publisher_that_lost_its_turn_stops_before_the_next_event() {
    let place = Place::with(true).await;
    for event in ["first", "second", "third"] {
        place.tell(event).await;
    }
    let (clock, storage) = (place.world.clock.clone(), place.world.storage.clone());
    // While the first event is on its way, this process stands still and another takes over.
    *place.ports.interruption.lock().expect("nobody panicked with it") = Some(Box::pin(async move {
        clock.forward(Duration::seconds(20));
        let unit = storage.begin().await.expect("a unit");
        unit.leases().acquire("relay", 60_000).await.expect("a read").expect("the turn has ended");
        unit.commit().await.expect("a commit");
    }));
    place.work().await.expect("work");
    assert_eq!(place.ports.published(), ["first"]);
    place.world.clock.forward(Duration::seconds(61));
    place.work().await.expect("work");
    assert_eq!(place.ports.published(), ["first", "second", "third"]);
}

async fn keep(place: &Place, change: impl FnOnce(&mut spotlight_core::domain::organization::Retention)) {
    let unit = place.world.storage.begin().await.expect("a unit");
    let found = unit.organizations().get(place.world.organization.id).await.expect("a read");
    let mut organization = found.expect("the organization");
    change(&mut organization.retention);
    unit.organizations().update(&organization).await.expect("an update");
    unit.commit().await.expect("a commit");
}

/// A conversation that was recorded and has ended.
async fn recorded(place: &Place, file: &str) -> ConversationId {
    let (conversation, ctx) = place.world.visitor().await;
    place.world.model.uses("end_conversation", json!({ "reason": "visitor_ended" }), "Goodbye!");
    place.world.turn(&ctx, &conversation, "I love it, bye").await;
    place.world.work().await;
    let unit = place.world.storage.begin().await.expect("a unit");
    let found = unit.conversations().get(conversation.organization_id, conversation.id).await.expect("a read");
    let mut stored = found.expect("the conversation");
    stored.audio_file = Some(file.to_owned());
    unit.conversations().update(&stored).await.expect("an update");
    unit.commit().await.expect("a commit");
    place.ports.put(place.world.organization.id, file, Bytes::from_static(b"sound")).await.expect("a file");
    conversation.id
}

#[tokio::test]
async fn recordings_are_kept_as_long_as_the_organization_wants() {
    let place = Place::with(false).await;
    let organization = place.world.organization.id;
    let old = recorded(&place, "recordings/old.ogg").await;
    place.world.clock.forward(Duration::days(5));
    let new = recorded(&place, "recordings/new.ogg").await;
    place.world.clock.forward(Duration::days(3));
    place.platform.upkeep().await.expect("upkeep");
    place.work().await.expect("work");
    let file = async |id| {
        let found = place.world.repositories().conversations().get(organization, id).await.expect("a read");
        found.expect("the conversation").audio_file
    };
    assert!(file(old).await.is_some(), "no rule, no end");

    keep(&place, |retention| retention.recordings_days = Some(7)).await;
    // The file store is away at first: the reference is gone, and the file goes later.
    place.ports.feels(Mood::Fails(ErrorKind::Unavailable));
    place.platform.upkeep().await.expect("upkeep");
    place.work().await.expect("work");
    assert_eq!(file(old).await, None);
    assert!(place.ports.get(organization, "recordings/old.ogg").await.expect("a read").is_some());
    place.ports.feels(Mood::Works);
    place.world.clock.forward(Duration::seconds(2));
    place.work().await.expect("work");
    assert_eq!(place.ports.get(organization, "recordings/old.ogg").await.expect("a read"), None);
    assert_eq!(file(new).await.as_deref(), Some("recordings/new.ogg"));
    assert!(place.ports.get(organization, "recordings/new.ogg").await.expect("a read").is_some());
}

#[tokio::test]
async fn words_that_are_kept_no_longer_leave_what_they_showed() {
    let place = Place::with(false).await;
    let id = recorded(&place, "recordings/a.ogg").await;
    let organization = place.world.organization.id;
    keep(&place, |retention| retention.transcripts_days = Some(1)).await;
    place.world.clock.forward(Duration::days(2));
    let repos = place.world.repositories();
    let before = repos.conversations().get(organization, id).await.expect("a read").expect("the conversation");
    place.platform.upkeep().await.expect("upkeep");
    assert!(repos.transcripts().list(organization, id, 0, 10).await.expect("a read").is_empty());
    assert!(before.score.is_some_and(|score| score > 50) && before.summary.is_some());
    place.enqueue("analyze_conversation", json!({ "conversation_id": id, "ended_reason": null })).await;
    place.work().await.expect("work");
    let after = repos.conversations().get(organization, id).await.expect("a read");
    assert_eq!(after.expect("the conversation"), before);
}

#[tokio::test]
async fn leads_and_audit_entries_are_kept_as_long_as_the_organization_wants() {
    let place = Place::with(false).await;
    let id = recorded(&place, "recordings/a.ogg").await;
    let organization = place.world.organization.id;
    // Longer than time itself keeps everything.
    keep(&place, |retention| (retention.leads_days, retention.audit_days) = (Some(u32::MAX), Some(u32::MAX))).await;
    place.world.clock.forward(Duration::days(40));
    place.platform.upkeep().await.expect("upkeep");
    let repos = place.world.repositories();
    let talk = repos.conversations().get(organization, id).await.expect("a read").expect("the conversation");
    let lead = async || repos.leads().get(organization, talk.lead_id).await.expect("a read").expect("the lead");
    assert_eq!(lead().await.erased_at, None);
    let entries = async || {
        let filter = spotlight_core::ports::AuditFilter::default();
        let found = repos.audit().list(organization, &filter, &spotlight_core::ports::Paging::FIRST).await;
        found.expect("a list").items
    };
    let first = entries().await;
    assert!(!first.is_empty());

    keep(&place, |retention| (retention.leads_days, retention.audit_days) = (Some(30), Some(30))).await;
    place.platform.upkeep().await.expect("upkeep");
    assert!(lead().await.erased_at.is_some());
    let left = entries().await;
    assert!(left.iter().all(|entry| entry.action == "lead.erase"), "only what upkeep itself did is young enough");
    place.work().await.expect("work");
    assert_eq!(place.ports.get(organization, "recordings/a.ogg").await.expect("a read"), None);
}

#[tokio::test]
async fn everything_that_expired_goes_in_one_round() {
    let place = Place::with(false).await;
    let now = place.platform.clock().now();
    let unit = place.world.storage.begin().await.expect("a unit");
    for number in 0..450 {
        let record = IdempotencyRecord {
            organization_id: place.world.organization.id,
            scope: "test".to_owned(),
            key: number.to_string(),
            fingerprint: spotlight_core::domain::user::SecretHash([0; 32]),
            answer: json!({}),
            expires_at: now + Duration::hours(1),
        };
        unit.idempotency().insert(&record, now).await.expect("a record");
    }
    unit.commit().await.expect("a commit");
    place.world.clock.forward(Duration::hours(2));
    place.platform.upkeep().await.expect("upkeep");
    let unit = place.world.storage.begin().await.expect("a unit");
    let later = now + Duration::hours(3);
    assert_eq!(unit.idempotency().delete_expired(later, 1000).await.expect("a count"), 0);
}

#[tokio::test]
async fn the_host_reads_the_time_in_their_own_zone() {
    let world = World::new().await;
    let unit = world.storage.begin().await.expect("a unit");
    let found = unit.hosts().get(world.organization.id, world.owner.id).await.expect("a read");
    let mut host = found.expect("the owner is a host");
    host.time_zone = chrono_tz::America::New_York;
    unit.hosts().update(&host).await.expect("an update");
    unit.commit().await.expect("a commit");

    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", crate::world::told(&[("email", "ana@example.com")]), "Noted.");
    world.turn(&ctx, &conversation, "ana@example.com").await;
    let slot = json!({ "action": "book", "starts_at": "2026-03-30T14:00:00Z", "host_id": world.owner.id });
    world.model.uses("book_appointment", slot, "Booked.");
    world.turn(&ctx, &conversation, "Monday at four").await;
    world.work().await;
    let texts: Vec<_> = world.mailer.sent().into_iter().map(|mail| (mail.to.to_string(), mail.text)).collect();
    assert_eq!(texts.len(), 2);
    for (to, text) in texts {
        let wanted = if to == "ana@example.com" { "16:00 (Europe/Berlin)" } else { "10:00 (America/New_York)" };
        assert!(text.contains(wanted), "{to}: {text}");
    }
}
