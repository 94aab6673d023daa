//! The same questions to the SDK and to bare `sqlx`, whichever the database.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use criterion::Criterion;
use spotlight_core::{
    domain::{audit::AuditEntry, lead::Lead},
    ports::{LeadFilter, NewEvent, Paging, ReadConsistency, Repositories, Storage},
};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::{BareLead, Many, SEARCHES, Sheet, audit, days, event, filter, lead_at, new_lead, organization, pair, sort};

/// How long the SDK and bare `sqlx` take turns.
const LONG: Duration = Duration::from_secs(4);
const SEARCH: Duration = Duration::from_millis(50);
const DASHBOARD: Duration = Duration::from_millis(250);

/// What a dashboard shows, as the database gives it.
#[derive(Debug, Default)]
pub struct Figures {
    /// Leads, their mean score, conversations, active ones, mean seconds, appointments, kept ones.
    pub totals: (i64, Option<f64>, i64, i64, Option<f64>, i64, i64),
    /// Median and 95th percentile of milliseconds.
    pub responses: (Option<i64>, Option<i64>),
    /// Leads of each day.
    pub days: Vec<i64>,
    /// All, contacted, qualified, converted.
    pub funnel: (i64, i64, i64, i64),
    /// By word.
    pub sentiment: Vec<i64>,
    /// By word.
    pub sources: Vec<i64>,
    /// Assistant, name, conversations, completed, leads, mean score.
    pub assistants: Vec<(Uuid, String, i64, i64, i64, Option<f64>)>,
}

/// The work of the SDK without it: the same statements, transactions and kind of pool. Fails by a panic.
#[expect(async_fn_in_trait, reason = "used by suites of this package alone")]
pub trait Bare {
    /// Instants as the database gives them.
    type At;

    /// A lead by its id.
    async fn get(&self, id: Uuid) -> BareLead<Self::At>;
    /// The newest qualified leads: 25 of them, and with `total` how many there are.
    async fn list(&self, total: bool) -> (Vec<BareLead<Self::At>>, Option<i64>);
    /// The newest leads found by words, 25 of them, and how many there are.
    async fn search(&self, words: &str) -> (Vec<BareLead<Self::At>>, i64);
    /// The dashboard of every day.
    async fn dashboard(&self) -> Figures;
    /// A lead, its audit entry and its event in one transaction.
    async fn insert(&self, lead: &Lead, audit: &AuditEntry, event: &NewEvent);
}

async fn get(reads: &dyn Repositories, id: Uuid) -> Option<Lead> {
    let id = spotlight_core::domain::LeadId::from_uuid(id);
    reads.leads().get(organization(), id).await.expect("a point read")
}

async fn list(reads: &dyn Repositories, filter: &LeadFilter, paging: &Paging) -> (Vec<Lead>, Option<u64>) {
    let found = reads.leads().list(organization(), filter, sort(), paging).await.expect("a list");
    (found.items, found.total)
}

/// The six reads of a dashboard, at once, as the service does. Gives the leads of it.
async fn dashboard(reads: &dyn Repositories, query: &spotlight_core::ports::AnalyticsQuery) -> (u64, usize) {
    let (figures, tenant) = (reads.analytics(), organization());
    let (summary, _, days, _, _, assistants) = tokio::try_join!(
        figures.summary(tenant, query),
        figures.funnel(tenant, query),
        figures.leads_over_time(tenant, query),
        figures.sentiment(tenant, query),
        figures.sources(tenant, query),
        figures.assistants(tenant, query),
    )
    .expect("a dashboard");
    assert_eq!(days.iter().map(|(_, count)| count).sum::<u64>(), summary.leads, "each lead is of one day");
    (summary.leads, assistants.len())
}

async fn insert(storage: &dyn Storage, lead: &Lead, audit: &AuditEntry, event: &NewEvent) {
    let unit = storage.begin().await.expect("a unit");
    unit.leads().insert(lead).await.expect("a lead");
    unit.audit().append(audit).await.expect("an audit entry");
    unit.publish(event.clone()).await.expect("an event");
    unit.commit().await.expect("a commit");
}

/// Both find the same: a comparison of different work is worth nothing.
async fn agree<B: Bare>(reads: &dyn Repositories, bare: &B, many: Many) {
    let id = lead_at(many, 7).as_uuid();
    let (ours, plain) = (get(reads, id).await.expect("lead 7"), bare.get(id).await);
    assert_eq!((ours.id.as_uuid(), ours.name, ours.version), (plain.id, plain.name, plain.version));
    let same = |ours: &[Lead], plain: &[BareLead<B::At>]| {
        assert!(!ours.is_empty(), "nothing was found");
        assert!(ours.iter().map(|lead| lead.id.as_uuid()).eq(plain.iter().map(|lead| lead.id)), "different leads");
    };
    let after = Paging::After { cursor: None, limit: 25 };
    same(&list(reads, &filter(), &after).await.0, &bare.list(false).await.0);
    let ((ours, total), (plain, count)) = (list(reads, &filter(), &Paging::FIRST).await, bare.list(true).await);
    same(&ours, &plain);
    assert_eq!(total.map(|total| total as i64), count);
    for (name, words) in SEARCHES {
        let ((ours, total), (plain, count)) =
            (list(reads, &crate::search_filter(words), &Paging::FIRST).await, bare.search(words).await);
        same(&ours, &plain);
        assert_eq!(total, Some(count as u64), "{name}");
    }
    let (leads, assistants) = dashboard(reads, &days()).await;
    let plain = bare.dashboard().await;
    assert_eq!((leads as i64, assistants), (plain.totals.0, plain.assistants.len()));
    assert_eq!(leads as i64, plain.funnel.0);
}

/// One comparison: by criterion, each by itself, and side by side for the ratio.
struct Race<'a> {
    criterion: &'a mut Criterion,
    runtime: &'a Runtime,
    sheet: &'a mut Sheet,
    many: Many,
}

impl Race<'_> {
    fn run<A, B>(&mut self, name: &str, aim: Option<Duration>, ours: impl AsyncFn() -> A, bare: impl AsyncFn() -> B) {
        let name = format!("{name} ({})", self.many.name);
        let mut group = self.criterion.benchmark_group(name.as_str());
        group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
        let (ours, bare) = (&ours, &bare);
        group.bench_function("ours", |bencher| {
            bencher.to_async(self.runtime).iter_custom(|count| repeat(count, ours));
        });
        group.bench_function("bare", |bencher| {
            bencher.to_async(self.runtime).iter_custom(|count| repeat(count, bare));
        });
        group.finish();
        let times = self.runtime.block_on(pair(LONG, ours, bare));
        self.sheet.beside(&name, times, aim);
    }
}

async fn repeat<T>(count: u64, work: &impl AsyncFn() -> T) -> Duration {
    let begun = Instant::now();
    for _ in 0..count {
        std::hint::black_box(work().await);
    }
    begun.elapsed()
}

/// Every read of a seeded database, and with `writes` the insert too.
pub fn compare(
    criterion: &mut Criterion,
    runtime: &Runtime,
    sheet: &mut Sheet,
    many: Many,
    (storage, bare): (&dyn Storage, &impl Bare),
    writes: bool,
) {
    let reads = storage.read(ReadConsistency::Strong);
    runtime.block_on(agree(reads, bare, many));
    let mut race = Race { criterion, runtime, sheet, many };
    let turn = Cell::new(0);
    let next = || {
        turn.set(turn.get() + 1);
        // A large step, so that neighbours do not share a page.
        lead_at(many, turn.get() * 7_919).as_uuid()
    };
    race.run("point read", None, async || get(reads, next()).await, async || bare.get(next()).await);
    let (after, wanted) = (Paging::After { cursor: None, limit: 25 }, filter());
    race.run("list of 25", None, async || list(reads, &wanted, &after).await, async || bare.list(false).await);
    let first = Paging::FIRST;
    race.run("list of 25 and total", None, async || list(reads, &wanted, &first).await, async || bare.list(true).await);
    for (name, words) in SEARCHES {
        let wanted = crate::search_filter(words);
        race.run(name, Some(SEARCH), async || list(reads, &wanted, &first).await, async || bare.search(words).await);
    }
    let query = days();
    race.run("dashboard", Some(DASHBOARD), async || dashboard(reads, &query).await, async || bare.dashboard().await);
    if writes {
        let ours = async || {
            let lead = new_lead();
            insert(storage, &lead, &audit(&lead), &event(&lead)).await;
        };
        let plain = async || {
            let lead = new_lead();
            bare.insert(&lead, &audit(&lead), &event(&lead)).await;
        };
        race.run("insert in a unit", None, ours, plain);
    }
}
