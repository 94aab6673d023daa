//! Hosts and appointments.

use std::{cmp::Reverse, collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::{
    map::{Index, Map},
    page::{Key, KeyKind, Place, cut},
    tables::{Tables, free, need, next_version},
    unit::MemoryRepositories,
};
use crate::{
    domain::{
        AppointmentId, AssistantId, LeadId, OrganizationId, UserId,
        appointment::{Appointment, AppointmentStatus},
        schedule::Host,
        time::{Timestamp, Window},
    },
    error::{Error, Result},
    ports::{AppointmentFilter, AppointmentRepository, Between, HostLoad, HostRepository, Listing, Order, Paging},
};

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Hosts {
    rows: Map<(OrganizationId, UserId), Arc<Host>>,
}

#[async_trait]
impl HostRepository for MemoryRepositories {
    async fn insert(&self, host: &Host) -> Result<()> {
        self.write(|tables| {
            let key = (host.organization_id, host.user_id);
            free("host", tables.hosts.rows.contains(&key))?;
            need("member", tables.memberships.get(host.organization_id, host.user_id).is_some())?;
            tables.hosts.rows.insert(key, Arc::new(host.clone()));
            Ok(())
        })
    }

    async fn get(&self, organization: OrganizationId, user: UserId) -> Result<Option<Host>> {
        self.read(|tables| Ok(tables.hosts.rows.get(&(organization, user)).map(|row| Host::clone(row))))
    }

    async fn list(&self, organization: OrganizationId) -> Result<Vec<Host>> {
        self.read(|tables| Ok(tables.hosts.rows.group(organization).map(|row| Host::clone(row)).collect()))
    }

    async fn update(&self, host: &Host) -> Result<()> {
        self.write(|tables| {
            let key = (host.organization_id, host.user_id);
            let stored = tables.hosts.rows.get(&key).ok_or_else(|| Error::not_found("host"))?;
            let version = next_version("host", stored.version, host.version)?;
            tables.hosts.rows.insert(key, Arc::new(Host { version, ..host.clone() }));
            Ok(())
        })
    }
}

type HostKey = (OrganizationId, UserId);
type Rank<G> = (G, (Timestamp, AppointmentId));

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Appointments {
    rows: Map<(OrganizationId, AppointmentId), Arc<Appointment>>,
    by_start: Index<OrganizationId, (Timestamp, AppointmentId)>,
    by_lead: Index<(OrganizationId, LeadId), (Timestamp, AppointmentId)>,
    by_assistant: Index<(OrganizationId, AssistantId), (Timestamp, AppointmentId)>,
    by_host: Index<HostKey, (Timestamp, AppointmentId)>,
    /// Those that take up a host's time, by the start of what they block. No two of a host overlap, so their ends
    /// ascend too.
    occupying: Index<HostKey, (Timestamp, AppointmentId)>,
    /// A host's holds, by the end of the hold.
    holds: Index<HostKey, (Timestamp, AppointmentId)>,
}

impl Appointments {
    fn get(&self, organization: OrganizationId, id: AppointmentId) -> Option<&Arc<Appointment>> {
        self.rows.get(&(organization, id))
    }

    pub(super) fn of_lead(
        &self,
        organization: OrganizationId,
        lead: LeadId,
    ) -> impl Iterator<Item = &Arc<Appointment>> {
        let ids = self.by_lead.of((organization, lead));
        ids.filter_map(move |(_, id)| self.get(organization, id))
    }

    pub(super) fn of_assistant(
        &self,
        organization: OrganizationId,
        assistant: AssistantId,
    ) -> impl Iterator<Item = &Arc<Appointment>> {
        let ids = self.by_assistant.of((organization, assistant));
        ids.filter_map(move |(_, id)| self.get(organization, id))
    }

    /// Starting in a span, first first.
    pub(super) fn starting(
        &self,
        organization: OrganizationId,
        span: Between,
    ) -> impl Iterator<Item = &Arc<Appointment>> {
        let ids = self.by_start.between(organization, span);
        ids.filter_map(move |(_, id)| self.get(organization, id))
    }

    /// What takes up a host's time within a window at `now`, last first.
    fn occupying(&self, host: HostKey, range: Window, now: Timestamp) -> impl Iterator<Item = &Arc<Appointment>> {
        let rows = self.occupying.before(host, range.end).rev().filter_map(move |(_, id)| self.get(host.0, id));
        let rows = rows.take_while(move |row| range.start < row.blocked.end);
        rows.filter(move |row| row.status != AppointmentStatus::Held || row.hold_expires_at.is_none_or(|at| now < at))
    }

    /// Checks what an appointment must not overlap and points at, as far as it differs from the row it takes the place
    /// of.
    fn check(tables: &Tables, appointment: &Appointment, old: Option<&Appointment>, now: Timestamp) -> Result<()> {
        if appointment.status == AppointmentStatus::Held && appointment.hold_expires_at.is_none() {
            return Err(Error::invalid("hold_expires_at", "required", "A hold needs an end"));
        }
        let organization = appointment.organization_id;
        let key = host_key(appointment);
        let mut others = tables.appointments.occupying(key, appointment.blocked, now);
        if appointment.status.occupies() && others.any(|other| other.id != appointment.id) {
            return Err(Error::conflict("the time overlaps another appointment of the host"));
        }
        if old.is_none_or(|old| old.lead_id != appointment.lead_id) {
            tables.need_open_lead(organization, appointment.lead_id)?;
        }
        tables.need_assistant(organization, appointment.assistant_id)?;
        tables.need_maybe_conversation(organization, appointment.conversation_id)?;
        need("host", tables.hosts.rows.contains(&key))
    }

    /// Deletes a host's holds that have expired, other than one.
    fn delete_expired(&mut self, host: HostKey, now: Timestamp, except: AppointmentId) {
        let expired: Vec<_> = self.holds.until(host, now).filter(|(_, id)| *id != except).collect();
        for (_, id) in expired {
            self.remove(host.0, id);
        }
    }

    fn occupying_rank(row: &Appointment) -> Option<Rank<HostKey>> {
        row.status.occupies().then_some((host_key(row), (row.blocked.start, row.id)))
    }

    fn hold_rank(row: &Appointment) -> Option<Rank<HostKey>> {
        let expires_at = row.hold_expires_at.filter(|_| row.status == AppointmentStatus::Held);
        expires_at.map(|at| (host_key(row), (at, row.id)))
    }

    fn rekey(&mut self, old: Option<&Appointment>, new: Option<&Appointment>) {
        let start = |row: &Appointment| (row.starts_at, row.id);
        let organization = |row: &Appointment| (row.organization_id, start(row));
        let lead = |row: &Appointment| ((row.organization_id, row.lead_id), start(row));
        let assistant = |row: &Appointment| ((row.organization_id, row.assistant_id), start(row));
        let host = |row: &Appointment| (host_key(row), start(row));
        self.by_start.rekey(old.map(organization), new.map(organization));
        self.by_lead.rekey(old.map(lead), new.map(lead));
        self.by_assistant.rekey(old.map(assistant), new.map(assistant));
        self.by_host.rekey(old.map(host), new.map(host));
        self.occupying.rekey(old.and_then(Self::occupying_rank), new.and_then(Self::occupying_rank));
        self.holds.rekey(old.and_then(Self::hold_rank), new.and_then(Self::hold_rank));
    }

    /// Stores an appointment that passes every check.
    pub(super) fn store(&mut self, appointment: Appointment) {
        let old = self.get(appointment.organization_id, appointment.id).cloned();
        self.rekey(old.as_deref(), Some(&appointment));
        self.rows.insert((appointment.organization_id, appointment.id), Arc::new(appointment));
    }

    fn remove(&mut self, organization: OrganizationId, id: AppointmentId) {
        let old = self.get(organization, id).cloned();
        self.rekey(old.as_deref(), None);
        self.rows.remove(&(organization, id));
    }
}

fn host_key(appointment: &Appointment) -> HostKey {
    (appointment.organization_id, appointment.host_id)
}

#[async_trait]
impl AppointmentRepository for MemoryRepositories {
    async fn insert(&self, appointment: &Appointment, now: Timestamp) -> Result<()> {
        self.write(|tables| {
            free("appointment id", tables.appointments.get(appointment.organization_id, appointment.id).is_some())?;
            Appointments::check(tables, appointment, None, now)?;
            tables.appointments.delete_expired(host_key(appointment), now, appointment.id);
            tables.appointments.store(appointment.clone());
            Ok(())
        })
    }

    async fn get(&self, organization: OrganizationId, id: AppointmentId) -> Result<Option<Appointment>> {
        self.read(|tables| Ok(tables.appointments.get(organization, id).map(|row| Appointment::clone(row))))
    }

    async fn of_leads(&self, organization: OrganizationId, leads: &[LeadId], each: u32) -> Result<Vec<Appointment>> {
        let leads: BTreeSet<_> = leads.iter().collect();
        self.read(|tables| {
            let table = &tables.appointments;
            let newest = |lead: &LeadId| {
                let ids = table.by_lead.of((organization, *lead)).rev();
                let rows = ids.filter_map(|(_, id)| table.get(organization, id));
                let rows = rows.filter(|row| row.status != AppointmentStatus::Held).take(each as usize);
                rows.map(|row| Appointment::clone(row)).collect::<Vec<_>>()
            };
            let mut found: Vec<_> = leads.into_iter().flat_map(newest).collect();
            found.sort_by_key(|appointment| Reverse((appointment.starts_at, appointment.id)));
            Ok(found)
        })
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &AppointmentFilter,
        order: Order,
        paging: &Paging,
    ) -> Result<Listing<Appointment>> {
        self.read(|tables| {
            let table = &tables.appointments;
            // A lead has few appointments, so a list of one lead's does not look at the others.
            let rows: Box<dyn Iterator<Item = &Arc<Appointment>> + '_> = match filter.lead_id {
                Some(lead) => {
                    Box::new(table.of_lead(organization, lead).filter(|row| filter.starts.contains(row.starts_at)))
                }
                None => Box::new(table.starting(organization, filter.starts)),
            };
            let rows = rows.filter(|row| passes(tables, row, filter));
            Ok(cut(rows, place, KeyKind::Instant, order, paging)?.map(|row| Appointment::clone(row)))
        })
    }

    async fn update(&self, appointment: &Appointment, now: Timestamp) -> Result<()> {
        self.write(|tables| {
            let stored = tables.appointments.get(appointment.organization_id, appointment.id);
            let stored = stored.ok_or_else(|| Error::not_found("appointment"))?;
            let version = next_version("appointment", stored.version, appointment.version)?;
            Appointments::check(tables, appointment, Some(stored), now)?;
            tables.appointments.delete_expired(host_key(appointment), now, appointment.id);
            tables.appointments.store(Appointment { version, ..appointment.clone() });
            Ok(())
        })
    }

    async fn delete_hold(&self, organization: OrganizationId, id: AppointmentId) -> Result<bool> {
        self.write(|tables| {
            let stored = tables.appointments.get(organization, id);
            let is_hold = stored.is_some_and(|row| row.status == AppointmentStatus::Held);
            if is_hold {
                tables.appointments.remove(organization, id);
            }
            Ok(is_hold)
        })
    }

    async fn occupied(
        &self,
        organization: OrganizationId,
        host: UserId,
        range: Window,
        now: Timestamp,
    ) -> Result<Vec<Window>> {
        self.read(|tables| {
            let rows = tables.appointments.occupying((organization, host), range, now);
            let mut windows: Vec<_> = rows.map(|row| row.blocked).collect();
            windows.reverse();
            Ok(windows)
        })
    }

    async fn load(&self, organization: OrganizationId, hosts: &[UserId], now: Timestamp) -> Result<Vec<HostLoad>> {
        self.read(|tables| {
            let load = |host_id: &UserId| {
                let mut load = HostLoad { host_id: *host_id, last_booked_at: None, open: 0 };
                let ids = tables.appointments.by_host.of((organization, *host_id));
                let rows = ids.filter_map(|(_, id)| tables.appointments.get(organization, id));
                for row in rows.filter(|row| row.status != AppointmentStatus::Held) {
                    load.last_booked_at = load.last_booked_at.max(Some(row.created_at));
                    load.open += u64::from(row.status.occupies() && row.starts_at >= now);
                }
                load
            };
            Ok(hosts.iter().map(load).collect())
        })
    }
}

/// Everything of a filter but the span.
fn passes(tables: &Tables, row: &Appointment, filter: &AppointmentFilter) -> bool {
    let status = if filter.statuses.is_empty() {
        row.status != AppointmentStatus::Held
    } else {
        filter.statuses.contains(&row.status)
    };
    status
        && filter.assistant_id.is_none_or(|assistant| row.assistant_id == assistant)
        && filter.conversation_id.is_none_or(|conversation| row.conversation_id == Some(conversation))
        && filter.host_id.is_none_or(|host| row.host_id == host)
        && filter.visible_to.is_none_or(|user| is_visible(tables, row, user))
}

/// True when a sales representative may see an appointment.
pub(super) fn is_visible(tables: &Tables, row: &Appointment, user: UserId) -> bool {
    row.host_id == user || tables.is_theirs(row.organization_id, user, row.assistant_id, row.lead_id)
}

fn place(row: &Arc<Appointment>) -> Place<'_> {
    (Key::Instant(row.starts_at), row.id.as_uuid())
}
