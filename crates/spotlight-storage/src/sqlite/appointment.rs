//! Appointments and holds on a host's time.

mod host;

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{
        AppointmentId, AssistantId, ConversationId, LeadId, OrganizationId, UserId,
        appointment::{Appointment, AppointmentStatus},
        time::{Timestamp, Window},
    },
    ports::{AppointmentFilter, AppointmentRepository, HostLoad, Listing, Order, Paging},
};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

pub(super) use self::host::SqliteHostRepository;
use super::{
    codec::{Bind, Fields, all, ids, number, one},
    db::{Write, query},
    list::{By, Conditions, List},
    repositories::repository,
    sql::statements,
    writer::Query,
};
use crate::shared::{check, cursor};

/// Every statement of the file below.
#[cfg(test)]
pub(super) use self::host::STATEMENTS as HOST_STATEMENTS;

macro_rules! columns {
    () => {
        "lead_id, assistant_id, conversation_id, host_id, starts_at, duration_min, blocked_from, blocked_to, \
         time_zone, status, meeting_type, external_id, external_link, notes, cancel_reason, hold_expires_at, sequence, \
         created_at, updated_at, organization_id, id, version"
    };
}

statements! {
    INSERT = [
        "INSERT INTO appointments (", columns!(), ") \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ];
    GET = ["SELECT ", columns!(), " FROM appointments WHERE organization_id = ? AND id = ?"];
    OF_LEADS = [
        "SELECT ", columns!(), " FROM (SELECT *, row_number() \
         OVER (PARTITION BY lead_id ORDER BY starts_at DESC, id DESC) AS place FROM appointments \
         WHERE organization_id = ? AND lead_id IN (SELECT unhex(value) FROM json_each(?)) AND status <> 'held') \
         WHERE place <= ? ORDER BY starts_at DESC, id DESC"
    ];
    UPDATE = [
        "UPDATE appointments SET lead_id = ?, assistant_id = ?, conversation_id = ?, host_id = ?, starts_at = ?, \
         duration_min = ?, blocked_from = ?, blocked_to = ?, time_zone = ?, status = ?, meeting_type = ?, \
         external_id = ?, external_link = ?, notes = ?, cancel_reason = ?, hold_expires_at = ?, sequence = ?, \
         created_at = ?, updated_at = ?, version = version + 1 WHERE organization_id = ? AND id = ? AND version = ?"
    ];
    EXISTS = ["SELECT 1 FROM appointments WHERE organization_id = ? AND id = ?"];
    VERSION = ["SELECT version FROM appointments WHERE organization_id = ? AND id = ?"];
    // What the constraints will see once expired holds are gone: looked up first, so that a refused write has not
    // deleted any.
    OBSTACLE = [
        "SELECT CASE \
         WHEN NOT EXISTS (SELECT 1 FROM leads WHERE organization_id = ?1 AND id = ?2 \
           AND merged_into IS NULL AND erased_at IS NULL) \
           AND NOT EXISTS (SELECT 1 FROM appointments WHERE organization_id = ?1 AND id = ?9 AND lead_id = ?2) THEN 1 \
         WHEN NOT EXISTS (SELECT 1 FROM assistants WHERE organization_id = ?1 AND id = ?3) THEN 2 \
         WHEN NOT EXISTS (SELECT 1 FROM hosts WHERE organization_id = ?1 AND user_id = ?4) THEN 3 \
         WHEN ?5 IS NOT NULL \
           AND NOT EXISTS (SELECT 1 FROM conversations WHERE organization_id = ?1 AND id = ?5) THEN 4 \
         WHEN ?6 AND EXISTS (SELECT 1 FROM appointments WHERE organization_id = ?1 AND host_id = ?4 \
           AND status IN ('held', 'scheduled', 'confirmed') AND blocked_to > ?7 AND blocked_from < ?8 AND id <> ?9 \
           AND (hold_expires_at IS NULL OR status <> 'held' OR hold_expires_at > ?10)) THEN 5 \
         ELSE 0 END"
    ];
    // The statuses are those of the index by the end of what is blocked.
    DELETE_EXPIRED = [
        "DELETE FROM appointments WHERE organization_id = ? AND host_id = ? \
         AND status IN ('held', 'scheduled', 'confirmed') AND status = 'held' AND hold_expires_at <= ? AND id <> ?"
    ];
    DELETE_HOLD = ["DELETE FROM appointments WHERE organization_id = ? AND id = ? AND status = 'held'"];
    OCCUPIED = [
        "SELECT blocked_from, blocked_to FROM appointments WHERE organization_id = ? AND host_id = ? \
         AND status IN ('held', 'scheduled', 'confirmed') AND blocked_to > ? AND blocked_from < ? \
         AND (status <> 'held' OR hold_expires_at IS NULL OR hold_expires_at > ?) ORDER BY blocked_from, id"
    ];
    LOAD = [
        "SELECT max(created_at) FILTER (WHERE status <> 'held'), \
         count(*) FILTER (WHERE status IN ('scheduled', 'confirmed') AND starts_at >= ?3) \
         FROM appointments WHERE organization_id = ?1 AND host_id = ?2"
    ];
}

repository! {
    /// Keeps appointments and holds.
    SqliteAppointmentRepository
}

fn read(row: &SqliteRow) -> Result<Appointment> {
    let mut f = Fields::new("appointments", row);
    Ok(Appointment {
        lead_id: f.id(LeadId::from_uuid)?,
        assistant_id: f.id(AssistantId::from_uuid)?,
        conversation_id: f.opt_id(ConversationId::from_uuid)?,
        host_id: f.id(UserId::from_uuid)?,
        starts_at: f.at()?,
        duration_min: f.int()?,
        blocked: Window { start: f.at()?, end: f.at()? },
        time_zone: f.word()?,
        status: f.word()?,
        meeting_type: f.word()?,
        external_id: f.opt_text()?,
        external_link: f.opt_text()?,
        notes: f.opt_text()?,
        cancel_reason: f.opt_text()?,
        hold_expires_at: f.opt_at()?,
        sequence: f.int()?,
        created_at: f.at()?,
        updated_at: f.at()?,
        organization_id: f.id(OrganizationId::from_uuid)?,
        id: f.id(AppointmentId::from_uuid)?,
        version: f.int()?,
    })
}

/// The arguments of `INSERT` and `UPDATE`, which have the same order.
fn bind<'q>(query: Query<'q>, appointment: &Appointment) -> Query<'q> {
    query
        .bind(appointment.lead_id.as_uuid())
        .bind(appointment.assistant_id.as_uuid())
        .bind(appointment.conversation_id.map(ConversationId::as_uuid))
        .bind(appointment.host_id.as_uuid())
        .at(appointment.starts_at)
        .bind(appointment.duration_min)
        .at(appointment.blocked.start)
        .at(appointment.blocked.end)
        .bind(appointment.time_zone.name())
        .bind(appointment.status.as_str())
        .bind(appointment.meeting_type.as_str())
        .bind(appointment.external_id.clone())
        .bind(appointment.external_link.clone())
        .bind(appointment.notes.clone())
        .bind(appointment.cancel_reason.clone())
        .opt_at(appointment.hold_expires_at)
        .bind(appointment.sequence)
        .at(appointment.created_at)
        .at(appointment.updated_at)
        .bind(appointment.organization_id.as_uuid())
        .bind(appointment.id.as_uuid())
        .bind(appointment.version)
}

/// What stands in the way of storing an appointment.
async fn obstacle(write: &mut Write<'_>, appointment: &Appointment, now: Timestamp) -> Result<()> {
    check::hold_ends(appointment).inspect_err(|_| write.give_up())?;
    let obstacle = query(OBSTACLE)
        .bind(appointment.organization_id.as_uuid())
        .bind(appointment.lead_id.as_uuid())
        .bind(appointment.assistant_id.as_uuid())
        .bind(appointment.host_id.as_uuid())
        .bind(appointment.conversation_id.map(ConversationId::as_uuid))
        .bind(appointment.status.occupies())
        .at(appointment.blocked.start)
        .at(appointment.blocked.end)
        .bind(appointment.id.as_uuid())
        .at(now);
    match number(write.row(obstacle).await?)? {
        0 => Ok(()),
        1 => Err(Error::not_found("lead")),
        2 => Err(Error::not_found("assistant")),
        3 => Err(Error::not_found("host")),
        4 => Err(Error::not_found("conversation")),
        _ => Err(Error::conflict("the host's time is taken")),
    }
}

/// Deletes the host's expired holds, other than the appointment itself.
async fn delete_expired(write: &mut Write<'_>, appointment: &Appointment, now: Timestamp) -> Result<()> {
    let delete = query(DELETE_EXPIRED)
        .bind(appointment.organization_id.as_uuid())
        .bind(appointment.host_id.as_uuid())
        .at(now)
        .bind(appointment.id.as_uuid());
    write.execute(delete).await?;
    Ok(())
}

fn version<'q>(appointment: &Appointment) -> Query<'q> {
    query(VERSION).bind(appointment.organization_id.as_uuid()).bind(appointment.id.as_uuid())
}

fn conditions(organization: OrganizationId, filter: &AppointmentFilter) -> Conditions {
    let mut conditions = Conditions::of(organization.as_uuid());
    if filter.statuses.is_empty() {
        conditions.and("status <> 'held'");
    } else {
        let statuses: Vec<_> = filter.statuses.iter().copied().map(AppointmentStatus::as_str).collect();
        conditions.one_of("status = ?", "status", &statuses);
    }
    conditions.equal("lead_id = ?", filter.lead_id.map(LeadId::as_uuid));
    conditions.equal("+assistant_id = ?", filter.assistant_id.map(AssistantId::as_uuid));
    conditions.equal("conversation_id = ?", filter.conversation_id.map(ConversationId::as_uuid));
    conditions.equal("host_id = ?", filter.host_id.map(UserId::as_uuid));
    if let Some(user) = filter.visible_to {
        let user = user.as_uuid();
        conditions.with("(host_id = ?", user);
        conditions.or(
            "EXISTS (SELECT 1 FROM assistants WHERE assistants.organization_id = appointments.organization_id \
             AND assistants.id = appointments.assistant_id AND assistants.owner_id = ?)",
            user,
        );
        conditions.or(
            "EXISTS (SELECT 1 FROM leads WHERE leads.organization_id = appointments.organization_id \
             AND leads.id = appointments.lead_id AND leads.owner_id = ?))",
            user,
        );
    }
    conditions.between("starts_at >= ?", "starts_at < ?", filter.starts);
    conditions
}

fn place(appointment: &Appointment, _: &'static str) -> (Uuid, Option<String>) {
    (appointment.id.as_uuid(), Some(cursor::instant(appointment.starts_at)))
}

#[async_trait]
impl AppointmentRepository for SqliteAppointmentRepository {
    async fn insert(&self, appointment: &Appointment, now: Timestamp) -> Result<()> {
        let mut write = self.db.write().await?;
        if write.row(version(appointment)).await?.is_some() {
            return Err(Error::conflict("the id is taken"));
        }
        obstacle(&mut write, appointment, now).await?;
        write.begin_many();
        delete_expired(&mut write, appointment, now).await?;
        write.execute(bind(query(INSERT), appointment)).await?;
        write.whole();
        Ok(())
    }

    async fn get(&self, organization: OrganizationId, id: AppointmentId) -> Result<Option<Appointment>> {
        one(self.db.row(query(GET).bind(organization.as_uuid()).bind(id.as_uuid())).await?, read)
    }

    async fn of_leads(&self, organization: OrganizationId, leads: &[LeadId], each: u32) -> Result<Vec<Appointment>> {
        let leads = ids(leads.iter().map(|id| id.as_uuid()));
        let newest = query(OF_LEADS).bind(organization.as_uuid()).bind(leads).bind(each);
        all(&self.db.rows(newest).await?, read)
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &AppointmentFilter,
        order: Order,
        paging: &Paging,
    ) -> Result<Listing<Appointment>> {
        let list = List {
            from: "appointments",
            columns: columns!(),
            conditions: conditions(organization, filter),
            by: By::instant("starts_at", order),
            read,
            place,
            total: None,
        };
        list.fetch(&self.db, paging).await
    }

    async fn update(&self, appointment: &Appointment, now: Timestamp) -> Result<()> {
        let mut write = self.db.write().await?;
        let stored = write.row(version(appointment)).await?;
        if stored.is_none() {
            return Err(Error::not_found("appointment"));
        }
        if number(stored)? != appointment.version {
            return Err(Error::stale("appointment"));
        }
        obstacle(&mut write, appointment, now).await?;
        write.begin_many();
        delete_expired(&mut write, appointment, now).await?;
        let exists = query(EXISTS).bind(appointment.organization_id.as_uuid()).bind(appointment.id.as_uuid());
        write.replace("appointment", bind(query(UPDATE), appointment), exists).await?;
        write.whole();
        Ok(())
    }

    async fn delete_hold(&self, organization: OrganizationId, id: AppointmentId) -> Result<bool> {
        let delete = query(DELETE_HOLD).bind(organization.as_uuid()).bind(id.as_uuid());
        Ok(self.db.write().await?.execute(delete).await? > 0)
    }

    async fn occupied(
        &self,
        organization: OrganizationId,
        host: UserId,
        range: Window,
        now: Timestamp,
    ) -> Result<Vec<Window>> {
        let occupied =
            query(OCCUPIED).bind(organization.as_uuid()).bind(host.as_uuid()).at(range.start).at(range.end).at(now);
        all(&self.db.rows(occupied).await?, |row| {
            let mut f = Fields::new("appointments", row);
            Ok(Window { start: f.at()?, end: f.at()? })
        })
    }

    async fn load(&self, organization: OrganizationId, hosts: &[UserId], now: Timestamp) -> Result<Vec<HostLoad>> {
        let mut loads = Vec::with_capacity(hosts.len());
        for &host_id in hosts {
            let load = query(LOAD).bind(organization.as_uuid()).bind(host_id.as_uuid()).at(now);
            let load = one(self.db.row(load).await?, |row| {
                let mut f = Fields::new("appointments", row);
                Ok(HostLoad { host_id, last_booked_at: f.opt_at()?, open: f.int()? })
            })?;
            loads.extend(load);
        }
        Ok(loads)
    }
}
