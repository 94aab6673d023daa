//! Where everything is kept: reads, units of work and the repositories.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{
    account::{ApiTokenRepository, LinkRepository, SessionRepository, UserRepository},
    analytics::AnalyticsRepository,
    appointment::{AppointmentRepository, HostRepository},
    assistant::{AssistantRepository, KnowledgeRepository},
    audit::AuditRepository,
    billing::{SubscriptionRepository, UsageRepository},
    consent::ConsentRepository,
    conversation::{ConversationRepository, HandOffRepository, TranscriptRepository},
    deployment::DeploymentRepository,
    flag::FlagRepository,
    idempotency::{IdempotencyRecord, IdempotencyRepository},
    lead::{LeadRepository, ProposalRepository},
    lease::{Lease, LeaseRepository},
    metrics::PoolFigures,
    organization::OrganizationRepository,
    outbox::{NewEvent, OutboxRepository},
    queue::JobSpec,
    report::ReportRepository,
    webhook::{DeliveryRepository, EndpointRepository, ProcessedRepository, SourceRepository},
};
use crate::{
    domain::{JobId, OutboxId, audit::AuditEntry, time::Timestamp},
    error::Result,
};

/// Whether a read may come from a replica that lags behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadConsistency {
    /// Sees every unit that was committed before the read began.
    #[default]
    Strong,
    /// May miss the newest units; for reports.
    Eventual,
}

/// Where the jobs of units of work go.
///
/// It is one for a whole fleet, since jobs that are left in one place are not looked for in the other. A database records
/// it, and refuses processes that say otherwise unless they are to change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JobPlacement {
    /// Into the queue that shares the storage's database, in the unit's own transaction.
    #[default]
    Queue,
    /// Into the outbox, from where a relay brings them into a queue that is another store. A job for later goes there
    /// at once too, with its time: so it is seen, can be cancelled, and meets others of its unique key. Until the relay
    /// has been there, usually a quarter of a second, the queue does not know a job, and
    /// [`WhenTaken::Extend`](super::queue::WhenTaken::Extend) and [`Replace`](super::queue::WhenTaken::Replace) act when
    /// it comes.
    Outbox,
}

impl JobPlacement {
    /// The word used in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Outbox => "outbox",
        }
    }
}

/// How the schema of a storage compares with the one this program was built for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaState {
    /// Versions that this program needs and the storage lacks, ascending.
    pub pending: Vec<i64>,
    /// Versions that the storage has and this program does not know, ascending: a newer program has been here.
    pub newer: Vec<i64>,
}

impl SchemaState {
    /// From the versions that this program has, and those that the storage has.
    pub fn compare(built_for: impl IntoIterator<Item = i64>, stored: impl IntoIterator<Item = i64>) -> Self {
        let (ours, theirs): (BTreeSet<_>, BTreeSet<_>) =
            (built_for.into_iter().collect(), stored.into_iter().collect());
        Self {
            pending: ours.difference(&theirs).copied().collect(),
            newer: theirs.difference(&ours).copied().collect(),
        }
    }
}

macro_rules! repositories {
    ($($(#[$doc:meta])* $name:ident: $port:ident),+ $(,)?) => {
        /// Every repository over one connection to the data: the whole database, or one unit of work.
        ///
        /// Reads work on both. Writes work in a unit alone: outside one they fail with `Misconfigured` and change
        /// nothing, since a write needs its audit entry and events beside it.
        ///
        /// Unless a method says otherwise: a read that finds nothing gives `None` or an empty list; a read of another
        /// organization's record finds nothing; errors are `Unavailable` or `Timeout` when the database cannot answer,
        /// `Corrupt` when a row cannot be understood, `Malformed` for a cursor of another list or sort; ids in lists are
        /// answered in the order the method states; every method can be dropped at any await without effect on other
        /// callers. "Before" an instant excludes it; what expires at an instant has expired at that instant.
        pub trait Repositories: Send + Sync {
            $($(#[$doc])* fn $name(&self) -> &dyn $port;)+
        }

        #[cfg(feature = "mock")]
        mockall::mock! {
            /// A mock of [`Repositories`]. Answer each repository with `return_const(Box::new(mock) as Box<dyn …>)`.
            pub Repositories {}
            impl Repositories for Repositories { $(fn $name(&self) -> &dyn $port;)+ }
        }

        #[cfg(feature = "mock")]
        mockall::mock! {
            /// A mock of [`UnitOfWork`].
            pub UnitOfWork {}
            impl Repositories for UnitOfWork { $(fn $name(&self) -> &dyn $port;)+ }
            #[async_trait]
            impl UnitOfWork for UnitOfWork {
                async fn enqueue(&self, job: JobSpec) -> Result<JobId>;
                async fn publish(&self, event: NewEvent) -> Result<OutboxId>;
                async fn note(&self, entry: AuditEntry) -> Result<()>;
                async fn remember(&self, record: IdempotencyRecord, now: Timestamp) -> Result<()>;
                async fn give_back(&self, lease: Lease) -> Result<()>;
                async fn commit(self: Box<Self>) -> Result<()>;
                async fn rollback(self: Box<Self>) -> Result<()>;
            }
        }
    };
}

repositories! {
    /// Tenants.
    organizations: OrganizationRepository,
    /// People and their memberships.
    users: UserRepository,
    /// Signed-in browsers.
    sessions: SessionRepository,
    /// Keys for programs.
    api_tokens: ApiTokenRepository,
    /// Single-use links.
    links: LinkRepository,
    /// Assistants.
    assistants: AssistantRepository,
    /// What assistants know.
    knowledge: KnowledgeRepository,
    /// Leads.
    leads: LeadRepository,
    /// Proposed changes to leads.
    proposals: ProposalRepository,
    /// Conversations.
    conversations: ConversationRepository,
    /// Utterances.
    transcripts: TranscriptRepository,
    /// Requests for a person.
    hand_offs: HandOffRepository,
    /// People who can be booked.
    hosts: HostRepository,
    /// Appointments and holds.
    appointments: AppointmentRepository,
    /// What organizations pay for.
    subscriptions: SubscriptionRepository,
    /// What they used.
    usage: UsageRepository,
    /// Where they want to hear of events.
    webhook_endpoints: EndpointRepository,
    /// What was sent there.
    webhook_deliveries: DeliveryRepository,
    /// Systems that tell us of what happens there.
    webhook_sources: SourceRepository,
    /// Incoming events that were accepted.
    processed_events: ProcessedRepository,
    /// Who did what.
    audit: AuditRepository,
    /// Feature flags.
    flags: FlagRepository,
    /// Settings of the whole deployment.
    deployment: DeploymentRepository,
    /// Call reports.
    reports: ReportRepository,
    /// Consent.
    consents: ConsentRepository,
    /// Answers to repeated requests.
    idempotency: IdempotencyRepository,
    /// Events on their way, and jobs whose queue is elsewhere.
    outbox: OutboxRepository,
    /// Leases over the whole fleet.
    leases: LeaseRepository,
    /// Figures.
    analytics: AnalyticsRepository,
}

/// The database.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Storage: Send + Sync {
    /// The repositories for reading, each call by itself.
    fn read(&self, consistency: ReadConsistency) -> &dyn Repositories;

    /// Begins a unit of work.
    ///
    /// The unit sees its own writes; nobody else sees them before [`UnitOfWork::commit`]. Two units that change the
    /// same record: the later waits, and then meets the earlier one's version.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when no connection can be had in time.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing open.
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>>;

    /// Whether this process brings jobs from the outbox into its queue. Every process does, save while a fleet changes
    /// over from one [`JobPlacement`] to the other: then those alone do whose units leave jobs in the outbox.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout`.
    async fn relays_jobs(&self) -> Result<bool>;

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout`.
    async fn ping(&self) -> Result<()>;

    /// How the schema compares with the one this program was built for, at this moment: other programs change it too. One
    /// short read.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout`; `Misconfigured` when the storage has no schema at all.
    async fn schema(&self) -> Result<SchemaState>;

    /// How the storage's pools of connections stand, for metrics: read from memory, without asking the database. Empty where
    /// there are no connections, and after [`close`](Self::close).
    fn pools(&self) -> Vec<PoolFigures>;

    /// Ends every connection once the work on it is done. Later calls fail with `Unavailable`.
    async fn close(&self);
}

/// Writes that belong together: all of them happen, or none.
///
/// Dropping a unit without [`commit`](Self::commit) rolls it back.
///
/// A write that is refused by what is stored, with `StaleVersion`, `NotFound` or a `Conflict` that is not to be retried,
/// has no effect and leaves the unit usable. Any other error of a write ends the unit: it can only be rolled back, and
/// whatever is tried on it, `commit` included, fails with `Conflict` and `Retry::Now`. That covers `Validation` of a
/// value that cannot be stored and the `Conflict` with `Retry::Now` of a unit that had to give way to another.
#[async_trait]
pub trait UnitOfWork: Repositories {
    /// Adds a job that will run at least once after the commit, and never without it. Where it goes was chosen when the
    /// storage was opened, see [`JobPlacement`].
    ///
    /// # Errors
    /// `Validation` when the job is not acceptable; the unit has ended then.
    ///
    /// # Idempotency
    /// A job whose unique key is held gives the holder's id, and becomes of it what
    /// [`WhenTaken`](super::queue::WhenTaken) says. A holder of [`Waiting`](super::queue::UniqueScope::Waiting) is claimed by nobody
    /// before this unit ends; one that has started, or was given up, does not count: it may have read its facts before
    /// this unit writes them. In the outbox, a job that has gone on its way to the queue does not count either; the
    /// queue then decides.
    ///
    /// # Ordering
    /// Of two with one key, added at once, one waits for the other's commit and is then given its id.
    async fn enqueue(&self, job: JobSpec) -> Result<JobId>;

    /// Adds an event that will be published at least once after the commit, and never without it.
    ///
    /// # Ordering
    /// Events of one unit are published in the order they were added.
    async fn publish(&self, event: NewEvent) -> Result<OutboxId>;

    /// Appends an audit entry, for a unit that has nothing left to do where it is refused: an adapter can write entries,
    /// events and answers that follow one another at once, when the unit goes on.
    ///
    /// # Errors
    /// A taken id makes the unit fail with `Conflict` and `Retry::Now`: here, or in the next call that is not one of
    /// `note`, [`publish`](Self::publish), [`remember`](Self::remember), [`give_back`](Self::give_back) and
    /// [`enqueue`](Self::enqueue), [`commit`](Self::commit) at the latest. The unit has ended then.
    async fn note(&self, entry: AuditEntry) -> Result<()>;

    /// Adds the answer to a request as [`IdempotencyRepository::insert`] does, for a unit that has nothing left to do
    /// where it is refused.
    ///
    /// # Errors
    /// A taken key makes the unit fail as a taken id does for [`note`](Self::note).
    ///
    /// # Ordering
    /// Of two with one key, at once, one waits for the other's commit and then fails.
    async fn remember(&self, record: IdempotencyRecord, now: Timestamp) -> Result<()>;

    /// Gives a lease back as [`LeaseRepository::release`] does, for a unit that writes as its holder or not at all.
    ///
    /// # Errors
    /// A lost lease makes the unit fail with `Conflict` when a taken id would for [`note`](Self::note).
    async fn give_back(&self, lease: Lease) -> Result<()>;

    /// Makes every write of the unit visible and durable at once.
    ///
    /// # Errors
    /// `Conflict` with `Retry::Now` when the database chose this unit to give way. Those of [`note`](Self::note),
    /// [`remember`](Self::remember) and [`give_back`](Self::give_back). Nothing was written then.
    ///
    /// # Cancel safety
    /// A dropped future leaves either all or nothing written, and never an open transaction.
    async fn commit(self: Box<Self>) -> Result<()>;

    /// Undoes every write of the unit.
    async fn rollback(self: Box<Self>) -> Result<()>;
}
