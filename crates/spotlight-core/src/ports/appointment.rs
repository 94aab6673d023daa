//! Hosts and appointments.

use async_trait::async_trait;

use super::page::{Between, Listing, Order, Paging};
use crate::{
    domain::{
        AppointmentId, AssistantId, ConversationId, LeadId, OrganizationId, UserId,
        appointment::{Appointment, AppointmentStatus},
        schedule::Host,
        time::{Timestamp, Window},
    },
    error::Result,
};

/// Keeps hosts.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait HostRepository: Send + Sync {
    /// Adds a host.
    ///
    /// # Errors
    /// `Conflict` when the user is a host already, `NotFound` when the user is no member.
    async fn insert(&self, host: &Host) -> Result<()>;

    /// The host that is this user.
    async fn get(&self, organization: OrganizationId, user: UserId) -> Result<Option<Host>>;

    /// An organization's hosts, by user.
    async fn list(&self, organization: OrganizationId) -> Result<Vec<Host>>;

    /// Replaces a host that is stored at `host.version`, and stores it at one more.
    ///
    /// # Errors
    /// `StaleVersion`, `NotFound`.
    async fn update(&self, host: &Host) -> Result<()>;
}

/// Which appointments are listed. Holds never are, unless asked for by status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppointmentFilter {
    /// In one of these statuses; empty means all but `held`.
    pub statuses: Vec<AppointmentStatus>,
    /// With this lead.
    pub lead_id: Option<LeadId>,
    /// Booked by this assistant.
    pub assistant_id: Option<AssistantId>,
    /// In this conversation.
    pub conversation_id: Option<ConversationId>,
    /// Of this host.
    pub host_id: Option<UserId>,
    /// What this user may see as a sales representative: as host, with an assistant of theirs, or a lead assigned to
    /// them.
    pub visible_to: Option<UserId>,
    /// Starting in this span.
    pub starts: Between,
}

/// How busy a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostLoad {
    /// The host.
    pub host_id: UserId,
    /// When their newest booking was made, whatever became of it; a hold is none.
    pub last_booked_at: Option<Timestamp>,
    /// Scheduled or confirmed appointments that start at or after the given instant.
    pub open: u64,
}

/// Keeps appointments and holds.
///
/// The database itself refuses two rows of one host whose `blocked` windows overlap while both are `held`, `scheduled`
/// or `confirmed`.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AppointmentRepository: Send + Sync {
    /// Adds an appointment or a hold. Holds of the same host that have expired at `now` are deleted first.
    ///
    /// # Errors
    /// `Conflict` when it overlaps another of the host or the id is taken; `NotFound` when assistant, conversation or
    /// host does not exist, or the lead does not exist, is merged or erased; `Validation` for a hold without an end.
    /// Nothing is deleted then.
    ///
    /// # Ordering
    /// Of two that overlap, added at once, one waits for the other's commit and is then refused.
    async fn insert(&self, appointment: &Appointment, now: Timestamp) -> Result<()>;

    /// The appointment with this id.
    async fn get(&self, organization: OrganizationId, id: AppointmentId) -> Result<Option<Appointment>>;

    /// Of each of these leads the appointments that begin last, without holds, at most `each`.
    ///
    /// # Ordering
    /// By start descending, then by id descending, whosever they are.
    async fn of_leads(&self, organization: OrganizationId, leads: &[LeadId], each: u32) -> Result<Vec<Appointment>>;

    /// Appointments that pass the filter, by start, then by id, both in `order`.
    async fn list(
        &self,
        organization: OrganizationId,
        filter: &AppointmentFilter,
        order: Order,
        paging: &Paging,
    ) -> Result<Listing<Appointment>>;

    /// Replaces an appointment that is stored at `appointment.version`, and stores it at one more. Holds of the same
    /// host that have expired at `now` are deleted first, other than the appointment itself.
    ///
    /// # Errors
    /// `StaleVersion`; `NotFound`, also when a lead, assistant, conversation or host it did not have before cannot have
    /// appointments, as for [`insert`](Self::insert); `Conflict` when it overlaps another of the host; `Validation` for
    /// a hold without an end. Nothing is deleted then.
    async fn update(&self, appointment: &Appointment, now: Timestamp) -> Result<()>;

    /// Removes a hold. True when there was one; a booked appointment is left alone.
    async fn delete_hold(&self, organization: OrganizationId, id: AppointmentId) -> Result<bool>;

    /// The blocked windows of a host that overlap `range`, by start; holds that have expired at `now` do not count.
    async fn occupied(
        &self,
        organization: OrganizationId,
        host: UserId,
        range: Window,
        now: Timestamp,
    ) -> Result<Vec<Window>>;

    /// How busy each of `hosts` is from `now` on, in the order given; nothing for an unknown one.
    async fn load(&self, organization: OrganizationId, hosts: &[UserId], now: Timestamp) -> Result<Vec<HostLoad>>;
}
