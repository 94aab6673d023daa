//! A storage that fails, hangs or waits where a test says.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use futures::future::BoxFuture;
use spotlight_core::{
    Error, ErrorKind, Result,
    domain::{JobId, OutboxId, audit::AuditEntry, time::Timestamp},
    memory::MemoryStorage,
    ports::*,
};

/// What a commit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commit {
    /// It fails, and nothing is written.
    Fails,
    /// It never ends, and nothing is written.
    Hangs,
    /// Everything is written, and it never ends.
    LandsAndHangs,
}

/// What the next units do.
#[derive(Default)]
pub(crate) struct Hooks {
    commits: Mutex<VecDeque<Commit>>,
    begins: Mutex<VecDeque<BoxFuture<'static, ()>>>,
    asked: Mutex<BTreeMap<&'static str, u32>>,
}

impl Hooks {
    /// The next commit does this.
    pub(crate) fn commit(&self, commit: Commit) {
        self.commits.lock().expect("nobody panicked").push_back(commit);
    }

    /// How often each repository was asked for since the last call, in units or out of them.
    pub(crate) fn asked(&self) -> BTreeMap<&'static str, u32> {
        mem::take(&mut self.asked.lock().expect("nobody panicked"))
    }

    fn note(&self, name: &'static str) {
        *self.asked.lock().expect("nobody panicked").entry(name).or_default() += 1;
    }

    /// The next unit begins after this.
    pub(crate) fn begin_after(&self, something: BoxFuture<'static, ()>) {
        self.begins.lock().expect("nobody panicked").push_back(something);
    }
}

/// A memory storage with hooks.
pub(crate) struct Hooked {
    storage: Arc<MemoryStorage>,
    hooks: Arc<Hooks>,
    /// Memory has no replicas, so one will do.
    reads: Reads,
}

impl Hooked {
    pub(crate) fn new(storage: Arc<MemoryStorage>, hooks: Arc<Hooks>) -> Self {
        let reads = Reads { storage: Arc::clone(&storage), hooks: Arc::clone(&hooks) };
        Self { storage, hooks, reads }
    }
}

#[async_trait]
impl Storage for Hooked {
    fn read(&self, _: ReadConsistency) -> &dyn Repositories {
        &self.reads
    }

    async fn begin(&self) -> Result<Box<dyn UnitOfWork>> {
        let before = self.hooks.begins.lock().expect("nobody panicked").pop_front();
        if let Some(before) = before {
            before.await;
        }
        Ok(Box::new(Unit { unit: self.storage.begin().await?, hooks: Arc::clone(&self.hooks) }))
    }

    async fn relays_jobs(&self) -> Result<bool> {
        self.storage.relays_jobs().await
    }

    async fn ping(&self) -> Result<()> {
        self.storage.ping().await
    }

    async fn schema(&self) -> Result<SchemaState> {
        self.storage.schema().await
    }

    fn pools(&self) -> Vec<PoolFigures> {
        self.storage.pools()
    }

    async fn close(&self) {
        self.storage.close().await;
    }
}

struct Unit {
    unit: Box<dyn UnitOfWork>,
    hooks: Arc<Hooks>,
}

struct Reads {
    storage: Arc<MemoryStorage>,
    hooks: Arc<Hooks>,
}

macro_rules! repositories {
    ($($name:ident: $port:ident),+ $(,)?) => {
        impl Repositories for Unit {
            $(fn $name(&self) -> &dyn $port {
                self.hooks.note(stringify!($name));
                self.unit.$name()
            })+
        }

        impl Repositories for Reads {
            $(fn $name(&self) -> &dyn $port {
                self.hooks.note(stringify!($name));
                self.storage.read(ReadConsistency::Strong).$name()
            })+
        }
    };
}

repositories! {
    organizations: OrganizationRepository, users: UserRepository, sessions: SessionRepository,
    api_tokens: ApiTokenRepository, links: LinkRepository, assistants: AssistantRepository,
    knowledge: KnowledgeRepository, leads: LeadRepository, proposals: ProposalRepository,
    conversations: ConversationRepository, transcripts: TranscriptRepository, hand_offs: HandOffRepository,
    hosts: HostRepository, appointments: AppointmentRepository, subscriptions: SubscriptionRepository,
    usage: UsageRepository, webhook_endpoints: EndpointRepository, webhook_deliveries: DeliveryRepository,
    webhook_sources: SourceRepository,
    processed_events: ProcessedRepository, audit: AuditRepository, flags: FlagRepository, deployment: DeploymentRepository, reports: ReportRepository,
    consents: ConsentRepository, idempotency: IdempotencyRepository, outbox: OutboxRepository,
    leases: LeaseRepository, analytics: AnalyticsRepository,
}

#[async_trait]
impl UnitOfWork for Unit {
    async fn enqueue(&self, job: JobSpec) -> Result<JobId> {
        self.unit.enqueue(job).await
    }

    async fn publish(&self, event: NewEvent) -> Result<OutboxId> {
        self.unit.publish(event).await
    }

    async fn note(&self, entry: AuditEntry) -> Result<()> {
        self.unit.note(entry).await
    }

    async fn remember(&self, record: IdempotencyRecord, now: Timestamp) -> Result<()> {
        self.unit.remember(record, now).await
    }

    async fn give_back(&self, lease: Lease) -> Result<()> {
        self.unit.give_back(lease).await
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        let hook = self.hooks.commits.lock().expect("nobody panicked").pop_front();
        match hook {
            None => self.unit.commit().await,
            Some(Commit::Fails) => {
                self.unit.rollback().await?;
                Err(Error::new(ErrorKind::Unavailable, "the database is away"))
            }
            Some(Commit::Hangs) => {
                self.unit.rollback().await?;
                futures::future::pending().await
            }
            Some(Commit::LandsAndHangs) => {
                self.unit.commit().await?;
                futures::future::pending().await
            }
        }
    }

    async fn rollback(self: Box<Self>) -> Result<()> {
        self.unit.rollback().await
    }
}
