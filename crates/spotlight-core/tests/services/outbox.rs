//! A queue that is another store than the database: jobs wait in the outbox until they have ended.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use chrono::Duration;
use serde_json::json;
use spotlight_core::{
    Context, Spotlight,
    decorators::OutboxQueue,
    domain::{JobId, OrganizationId, contact::Email, schedule::WeeklyHours},
    jobs::WorkerOptions,
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryQueue, MemoryRateLimiter, MemoryStorage},
    ports::{
        Clock, FileStore, JobPlacement, JobQueue, JobSpec, JobState, OutboxKind, OutboxStats, ReadConsistency, Storage,
        SystemClock, SystemIds, Unique, UniqueScope, WhenTaken,
    },
    scripted::ScriptedChatModel,
    services::organizations::NewOrganization,
};

use crate::{
    answerless::Answerless,
    parted::Parted,
    world::{TestClock, job},
};

/// A database that leaves its jobs in the outbox, beside files.
struct Place {
    clock: Arc<TestClock>,
    storage: Arc<MemoryStorage>,
    files: Arc<MemoryFileStore>,
    organization: OrganizationId,
}

impl Place {
    async fn new() -> Self {
        let clock = Arc::new(TestClock::new());
        let storage = Arc::new(MemoryStorage::with_jobs(clock.clone(), JobPlacement::Outbox));
        let files = Arc::new(MemoryFileStore::new());
        let nil = OrganizationId::from_uuid(uuid::Uuid::nil());
        let mut place = Self { clock, storage, files, organization: nil };
        let new = NewOrganization {
            name: "Bike Shop".to_owned(),
            slug: "bikes".to_owned(),
            time_zone: chrono_tz::Europe::Berlin,
            business_hours: WeeklyHours::weekdays(9, 17),
            owner_email: Email::parse("owner@bikes.example").expect("an address"),
            owner_name: "Olga Owner".to_owned(),
            owner_password: "a long password".to_owned().into(),
        };
        let platform = place.platform(&place.queue(true));
        let made = platform.organizations().create(&Context::deployment(), new).await.expect("an organization");
        place.organization = made.0.id;
        platform.run_until_idle().await.expect("the beginning is over");
        place
    }

    /// A queue that holds nothing, as after a failure that lost everything.
    fn queue(&self, tells: bool) -> Arc<dyn JobQueue> {
        let queue: Arc<dyn JobQueue> = Arc::new(MemoryQueue::new(self.clock.clone(), Arc::new(SystemIds)));
        if tells { Arc::new(OutboxQueue::new(queue, self.storage.clone())) } else { queue }
    }

    fn platform(&self, queue: &Arc<dyn JobQueue>) -> Spotlight {
        Spotlight::builder()
            .storage(self.storage.clone())
            .queue(Arc::clone(queue))
            .chat(Arc::new(ScriptedChatModel::new()))
            .events(Arc::new(MemoryEventBus::new(self.clock.clone())))
            .mailer(Arc::new(MemoryMailer::new()))
            .files(self.files.clone())
            .limiter(Arc::new(MemoryRateLimiter::new(self.clock.clone())))
            .clock(self.clock.clone())
            .build()
            .expect("nothing is missing")
    }

    async fn leave(&self, spec: JobSpec) -> JobId {
        let unit = self.storage.begin().await.expect("a unit");
        let id = unit.enqueue(spec).await.expect("a job");
        unit.commit().await.expect("a commit");
        id
    }

    /// A job that removes a file which is there.
    async fn leave_file(&self) -> JobId {
        self.files.put(self.organization, "a.ogg", Bytes::from_static(b"sound")).await.expect("a file");
        self.leave(job(self.organization, "delete_file", &json!({ "key": "a.ogg" }))).await
    }

    async fn has_file(&self) -> bool {
        self.files.get(self.organization, "a.ogg").await.expect("a read").is_some()
    }

    async fn rows(&self) -> OutboxStats {
        let outbox = self.storage.read(ReadConsistency::Strong).outbox();
        outbox.stats(OutboxKind::Job, self.clock.now()).await.expect("figures")
    }
}

#[tokio::test]
async fn a_job_reaches_the_queue_and_its_row_goes_with_its_end() {
    let place = Place::new().await;
    let queue = place.queue(true);
    let id = place.leave_file().await;
    assert_eq!(place.rows().await, OutboxStats { ready: 1, ..OutboxStats::default() });
    assert_eq!(queue.find(id).await.expect("a look"), None, "it is on its way");
    place.platform(&queue).run_until_idle().await.expect("work");
    assert!(!place.has_file().await);
    assert_eq!(queue.find(id).await.expect("a look").expect("it is kept").state, JobState::Done);
    assert_eq!(place.rows().await, OutboxStats::default());
}

#[tokio::test]
async fn a_job_that_the_queue_lost_is_sent_again() {
    let place = Place::new().await;
    let lost = place.queue(true);
    lost.set_paused("low", true).await.expect("paused");
    let id = place
        .leave(JobSpec {
            queue: "low".to_owned(),
            ..job(place.organization, "delete_file", &json!({ "key": "a.ogg" }))
        })
        .await;
    place.platform(&lost).run_until_idle().await.expect("it is sent");
    assert_eq!(lost.find(id).await.expect("a look").expect("it is there").state, JobState::Ready);
    assert_eq!(place.rows().await, OutboxStats { running: 1, ..OutboxStats::default() });

    let other = place.queue(true);
    let platform = place.platform(&other);
    platform.run_until_idle().await.expect("work");
    assert_eq!(other.find(id).await.expect("a look"), None, "not at once: it may be there");
    place.clock.forward(Duration::minutes(2));
    platform.run_until_idle().await.expect("work");
    assert_eq!(other.find(id).await.expect("a look").expect("it was sent again").state, JobState::Done);
    assert_eq!(place.rows().await, OutboxStats::default());
}

#[tokio::test]
async fn a_row_goes_also_when_nobody_says_that_its_job_ended() {
    let place = Place::new().await;
    let queue = place.queue(false);
    let platform = place.platform(&queue);
    place.leave_file().await;
    platform.run_until_idle().await.expect("work");
    assert!(!place.has_file().await);
    assert_eq!(place.rows().await, OutboxStats { running: 1, ..OutboxStats::default() });
    place.clock.forward(Duration::minutes(2));
    platform.run_until_idle().await.expect("work");
    assert_eq!(place.rows().await, OutboxStats::default());
}

#[tokio::test]
async fn a_dead_job_keeps_its_row_until_a_person_decides() {
    let place = Place::new().await;
    let queue = place.queue(true);
    let platform = place.platform(&queue);
    let id = place.leave(job(place.organization, "delete_file", &json!({}))).await;
    platform.run_until_idle().await.expect("work");
    assert_eq!(queue.find(id).await.expect("a look").expect("it is kept").state, JobState::Dead);
    assert_eq!(place.rows().await, OutboxStats { running: 1, ..OutboxStats::default() });
    assert!(queue.discard(id).await.expect("discarded"));
    assert_eq!(place.rows().await, OutboxStats::default());
}

#[tokio::test]
async fn a_row_whose_key_is_held_follows_the_holder() {
    let place = Place::new().await;
    let queue = place.queue(true);
    let platform = place.platform(&queue);
    let key = Unique { key: "k".to_owned(), scope: UniqueScope::Unfinished, taken: WhenTaken::Discard };
    let spec = JobSpec { unique: Some(key), ..job(place.organization, "delete_file", &json!({ "key": "a.ogg" })) };
    queue.set_paused("default", true).await.expect("paused");
    let holder = queue.enqueue(vec![spec.clone()]).await.expect("added")[0].id();
    let id = place.leave(spec).await;
    platform.run_until_idle().await.expect("work");
    assert_eq!(queue.find(id).await.expect("a look"), None, "the other stands for it");
    assert_eq!(place.rows().await, OutboxStats { running: 1, ..OutboxStats::default() });
    queue.set_paused("default", false).await.expect("resumed");
    platform.run_until_idle().await.expect("work");
    assert_eq!(queue.find(holder).await.expect("a look").expect("it is kept").state, JobState::Done);
    assert_eq!(place.rows().await, OutboxStats::default());
}

/// A job that removes a file, whose key is held while it waits or for a time.
fn keyed(place: &Place, file: &str, scope: UniqueScope, taken: WhenTaken) -> JobSpec {
    let unique = Some(Unique { key: "k".to_owned(), scope, taken });
    JobSpec { unique, ..job(place.organization, "delete_file", &json!({ "key": file })) }
}

async fn payload(queue: &Arc<dyn JobQueue>, id: JobId) -> String {
    queue.find(id).await.expect("a look").expect("it is there").payload
}

#[tokio::test]
async fn a_row_whose_job_stands_for_it_is_not_sent_again() {
    let place = Place::new().await;
    let queue = place.queue(true);
    let platform = place.platform(&queue);
    queue.set_paused("default", true).await.expect("paused");
    let spec = |file| keyed(&place, file, UniqueScope::Waiting, WhenTaken::Replace);
    let first = place.leave(spec("a.ogg")).await;
    platform.run_until_idle().await.expect("it is sent");
    place.leave(spec("b.ogg")).await;
    platform.run_until_idle().await.expect("it takes the place of the first");
    place.clock.forward(Duration::seconds(50));
    place.leave(spec("c.ogg")).await;
    platform.run_until_idle().await.expect("and so does this");
    place.clock.forward(Duration::seconds(30));
    platform.run_until_idle().await.expect("the first two are looked after");
    assert_eq!(payload(&queue, first).await, spec("c.ogg").payload);
    queue.set_paused("default", false).await.expect("resumed");
    platform.run_until_idle().await.expect("work");
    assert_eq!(place.rows().await, OutboxStats::default());
}

#[tokio::test]
async fn a_row_that_finds_its_job_ended_goes() {
    let place = Place::new().await;
    let queue = place.queue(true);
    let platform = place.platform(&queue);
    let period = UniqueScope::Period(std::time::Duration::from_mins(10));
    let spec = || keyed(&place, "a.ogg", period, WhenTaken::Discard);
    place.leave(spec()).await;
    platform.run_until_idle().await.expect("work");
    let second = place.leave(spec()).await;
    platform.run_until_idle().await.expect("work");
    assert_eq!(place.rows().await, OutboxStats::default(), "the first has ended, and stands for it");
    place.clock.forward(Duration::minutes(20));
    platform.run_until_idle().await.expect("work");
    assert_eq!(queue.find(second).await.expect("a look"), None, "it does not come after the period");
}

#[tokio::test]
async fn what_was_merged_and_lost_is_sent_again_as_one() {
    let place = Place::new().await;
    let lost = place.queue(true);
    lost.set_paused("default", true).await.expect("paused");
    let spec = |file| keyed(&place, file, UniqueScope::Waiting, WhenTaken::Replace);
    let first = place.leave(spec("a.ogg")).await;
    place.platform(&lost).run_until_idle().await.expect("it is sent");
    place.leave(spec("b.ogg")).await;
    place.platform(&lost).run_until_idle().await.expect("it takes the place of the first");

    let other = place.queue(true);
    other.set_paused("default", true).await.expect("paused");
    place.clock.forward(Duration::minutes(2));
    place.platform(&other).run_until_idle().await.expect("it is sent again");
    assert_eq!(payload(&other, first).await, spec("b.ogg").payload);
    other.set_paused("default", false).await.expect("resumed");
    place.platform(&other).run_until_idle().await.expect("work");
    assert_eq!(place.rows().await, OutboxStats::default());
}

#[tokio::test]
async fn what_was_lost_does_not_take_the_place_of_what_came_after() {
    let place = Place::new().await;
    let lost = place.queue(true);
    lost.set_paused("default", true).await.expect("paused");
    let spec = |file| keyed(&place, file, UniqueScope::Waiting, WhenTaken::Replace);
    place.leave(spec("a.ogg")).await;
    place.platform(&lost).run_until_idle().await.expect("it is sent");

    let other = place.queue(true);
    other.set_paused("default", true).await.expect("paused");
    let newer = place.leave(spec("b.ogg")).await;
    place.platform(&other).run_until_idle().await.expect("the newer is sent");
    place.clock.forward(Duration::minutes(2));
    place.platform(&other).run_until_idle().await.expect("the older is looked after");
    assert_eq!(payload(&other, newer).await, spec("b.ogg").payload);
    other.set_paused("default", false).await.expect("resumed");
    place.platform(&other).run_until_idle().await.expect("work");
    assert_eq!(place.rows().await, OutboxStats::default());
}

#[tokio::test]
async fn a_job_whose_sending_failed_is_not_overtaken() {
    let place = Place::new().await;
    let queue = Arc::new(Answerless { inner: place.queue(true), silent: AtomicBool::new(true) });
    let platform = place.platform(&(queue.clone() as Arc<dyn JobQueue>));
    queue.inner.set_paused("default", true).await.expect("paused");
    let spec = |file| keyed(&place, file, UniqueScope::Waiting, WhenTaken::Replace);
    let holder = queue.inner.enqueue(vec![spec("a.ogg")]).await.expect("added")[0].id();
    place.leave(spec("b.ogg")).await;
    platform.run_until_idle().await.expect_err("the answer is lost");
    place.leave(spec("c.ogg")).await;
    queue.silent.store(false, std::sync::atomic::Ordering::SeqCst);
    for _ in 0..3 {
        platform.run_until_idle().await.expect("work");
        place.clock.forward(Duration::seconds(3));
    }
    assert_eq!(payload(&queue.inner, holder).await, spec("c.ogg").payload);
}

#[tokio::test]
async fn a_job_for_later_waits_in_the_queue() {
    let place = Place::new().await;
    let queue = place.queue(true);
    let platform = place.platform(&queue);
    let run_at = place.clock.now() + Duration::hours(1);
    let later =
        || JobSpec { run_at: Some(run_at), ..job(place.organization, "delete_file", &json!({ "key": "a.ogg" })) };
    let (id, other) = (place.leave(later()).await, place.leave(later()).await);
    platform.run_until_idle().await.expect("they are sent");
    let seen = queue.find(id).await.expect("a look").expect("it is there");
    assert_eq!((seen.state, seen.run_at), (JobState::Scheduled, Some(run_at)));
    assert_eq!(queue.snapshot().await.expect("figures").queues[0].scheduled, 2);
    assert!(queue.cancel(other).await.expect("it can be called off"));
    assert_eq!(place.rows().await, OutboxStats { running: 1, ..OutboxStats::default() });
    place.clock.forward(Duration::hours(1));
    platform.run_until_idle().await.expect("work");
    assert_eq!(queue.find(id).await.expect("a look").expect("it is kept").state, JobState::Done);
    assert_eq!(place.rows().await, OutboxStats::default());
}

#[tokio::test]
async fn a_job_that_may_have_been_taken_stands_for_no_newer_one() {
    let place = Place::new().await;
    let queue = Arc::new(Answerless { inner: place.queue(true), silent: AtomicBool::new(true) });
    let platform = place.platform(&(queue.clone() as Arc<dyn JobQueue>));
    let key = Unique { key: "k".to_owned(), scope: UniqueScope::Waiting, taken: WhenTaken::Discard };
    let spec = JobSpec { unique: Some(key), ..job(place.organization, "delete_file", &json!({ "key": "a.ogg" })) };
    let first = place.leave(spec.clone()).await;
    platform.run_until_idle().await.expect_err("the answer is lost");
    assert!(queue.inner.find(first).await.expect("a look").is_some(), "the queue has it all the same");
    let second = place.leave(spec).await;
    assert_ne!(first, second, "the first may have read its facts by now");
    queue.silent.store(false, std::sync::atomic::Ordering::SeqCst);
    place.clock.forward(Duration::minutes(2));
    platform.run_until_idle().await.expect("work");
    place.clock.forward(Duration::minutes(2));
    platform.run_until_idle().await.expect("work");
    assert_eq!(queue.inner.find(first).await.expect("a look").expect("it is kept").state, JobState::Done);
    assert_eq!(place.rows().await, OutboxStats::default());
}

#[tokio::test]
async fn what_was_called_off_or_discarded_does_not_come_back() {
    let place = Place::new().await;
    let queue = place.queue(true);
    let platform = place.platform(&queue);
    queue.set_paused("default", true).await.expect("paused");
    let id = place.leave(job(place.organization, "delete_file", &json!({ "key": "a.ogg" }))).await;
    platform.run_until_idle().await.expect("it is sent");
    assert!(queue.cancel(id).await.expect("called off"));
    assert_eq!(place.rows().await, OutboxStats::default());
    let other = place.queue(true);
    place.clock.forward(Duration::minutes(2));
    place.platform(&other).run_until_idle().await.expect("work");
    assert_eq!(other.find(id).await.expect("a look"), None);
}

impl Place {
    fn parted(&self) -> Arc<Parted> {
        // Leases of workers last by a clock that is not put forward.
        let queue = Arc::new(MemoryQueue::new(Arc::new(SystemClock), Arc::new(SystemIds)));
        let inner = Arc::new(OutboxQueue::new(queue, self.storage.clone()));
        Arc::new(Parted { inner, away: AtomicBool::new(true), came: Mutex::default() })
    }

    fn low(&self) -> JobSpec {
        let spec = job(self.organization, "delete_file", &json!({ "key": "other.ogg" }));
        JobSpec { queue: "low".to_owned(), ..spec }
    }
}

#[tokio::test]
async fn a_queue_that_is_away_keeps_no_job_of_others_from_its_queue() {
    let place = Place::new().await;
    let queue = place.parted();
    let platform = place.platform(&(queue.clone() as Arc<dyn JobQueue>));
    let low = place.leave(place.low()).await;
    place.leave_file().await;
    let error = platform.run_until_idle().await.expect_err("a queue is away");
    assert_eq!(error.kind(), spotlight_core::ErrorKind::Unavailable);
    assert!(!place.has_file().await, "the other has taken its job");
    assert_eq!(place.rows().await, OutboxStats { running: 1, ..OutboxStats::default() });
    queue.away.store(false, Ordering::SeqCst);
    place.clock.forward(Duration::seconds(3));
    platform.run_until_idle().await.expect("work");
    assert_eq!(queue.inner.find(low).await.expect("a look").expect("it came").state, JobState::Done);
    assert_eq!(place.rows().await, OutboxStats::default());
}

/// However many jobs wait for it: they come in their order when it is back, and others do not wait behind them.
#[tokio::test]
async fn jobs_of_a_queue_that_is_away_keep_their_order_and_no_place_of_others() {
    let place = Place::new().await;
    let queue = place.parted();
    let platform = place.platform(&(queue.clone() as Arc<dyn JobQueue>));
    let worker = platform.worker(WorkerOptions::default()).expect("options that can work");
    let stop = tokio_util::sync::CancellationToken::new();
    let mut left = Vec::new();
    for _ in 0..450 {
        left.push(place.leave(place.low()).await);
    }
    place.leave_file().await;
    let watching = async {
        let until = async |holds: &dyn Fn(OutboxStats, bool) -> bool| {
            let waiting = async {
                while !holds(place.rows().await, place.has_file().await) {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(std::time::Duration::from_mins(1), waiting).await.expect("it happens");
        };
        until(&|_, has_file| !has_file).await;
        // What is left meanwhile waits behind the others, also when their time has come and the queue has not.
        for _ in 0..3 {
            left.push(place.leave(place.low()).await);
            until(&|rows, _| rows.ready == 0).await;
            place.clock.forward(Duration::seconds(8));
        }
        place.leave_file().await;
        until(&|_, has_file| !has_file).await;
        queue.away.store(false, Ordering::SeqCst);
        let back = async {
            while place.rows().await != OutboxStats::default() {
                place.clock.forward(Duration::seconds(1));
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_mins(1), back).await.expect("all come");
        stop.cancel();
    };
    tokio::join!(worker.run(stop.clone()), watching);
    assert!(*queue.came.lock().expect("nobody panics with it") == left, "they came in another order");
}
