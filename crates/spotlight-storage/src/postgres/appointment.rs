//! Hosts and appointments.

mod host;
mod list;

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{
        AppointmentId, AssistantId, ConversationId, LeadId, OrganizationId, UserId,
        appointment::Appointment,
        time::{Timestamp, Window},
    },
    ports::{AppointmentFilter, AppointmentRepository, HostLoad, Listing, Order, Paging},
};
use sqlx::postgres::PgRow;

pub(super) use self::{host::PgHostRepository, list::built as built_statements};
use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::{maybe_conversation, open_lead, statements},
    tx::Query,
    write,
};
use crate::shared::check;

macro_rules! columns {
    () => {
        "organization_id, id, lead_id, assistant_id, conversation_id, host_id, starts_at, duration_min, blocked_from, \
         blocked_to, time_zone, status, meeting_type, external_id, external_link, notes, cancel_reason, \
         hold_expires_at, sequence, created_at, updated_at, version"
    };
}

/// What an appointment refers to.
macro_rules! parents {
    () => {
        concat!(
            open_lead!("$4"),
            " AND EXISTS (SELECT 1 FROM assistants WHERE organization_id = $1 AND id = $5) AND ",
            maybe_conversation!("$6"),
            " AND EXISTS (SELECT 1 FROM hosts WHERE organization_id = $1 AND user_id = $7)"
        )
    };
}

/// The statuses that take up the host's time, as in the exclusion constraint.
macro_rules! occupying {
    () => {
        "('held', 'scheduled', 'confirmed')"
    };
}

/// Removes the host's expired holds. `$23` is now.
macro_rules! sweep {
    () => {
        "DELETE FROM appointments WHERE organization_id = $1 AND host_id = $7 AND status = 'held' \
         AND hold_expires_at <= $23"
    };
}

/// The new row refers to what the stored one refers to, and takes no time that the stored one does not take.
macro_rules! same_time {
    () => {
        concat!(
            "lead_id = $4 AND assistant_id = $5 AND conversation_id IS NOT DISTINCT FROM $6::uuid AND host_id = $7 \
             AND ($13 NOT IN ",
            occupying!(),
            " OR (blocked_from = $10 AND blocked_to = $11 AND status IN ",
            occupying!(),
            "))"
        )
    };
}

macro_rules! update {
    () => {
        "UPDATE appointments SET lead_id = $4, assistant_id = $5, conversation_id = $6, host_id = $7, starts_at = $8, \
         duration_min = $9, blocked_from = $10, blocked_to = $11, time_zone = $12, status = $13, meeting_type = $14, \
         external_id = $15, external_link = $16, notes = $17, cancel_reason = $18, hold_expires_at = $19, \
         sequence = $20, created_at = $21, updated_at = $22, version = version + 1 \
         WHERE organization_id = $1 AND id = $2 AND version = $3 \
         AND (SELECT count(*) FROM swept) >= 0"
    };
}

statements! {
    // Expired holds go in the same statement, and only when nothing that is seen stands in the way of the insert: a
    // refused insert leaves everything as it was.
    INSERT = [
        "WITH free AS (SELECT 1 WHERE ", parents!(), " \
         AND NOT EXISTS (SELECT 1 FROM appointments WHERE organization_id = $1 AND id = $2) \
         AND ($13 NOT IN ", occupying!(), " OR NOT EXISTS (SELECT 1 FROM appointments o WHERE o.organization_id = $1 \
         AND o.host_id = $7 AND o.status IN ", occupying!(), " AND NOT (o.status = 'held' AND o.hold_expires_at <= $23) \
         AND tstzrange(o.blocked_from, o.blocked_to) && tstzrange($10, $11)))), \
         swept AS (", sweep!(), " AND EXISTS (SELECT 1 FROM free) RETURNING 1) \
         INSERT INTO appointments (organization_id, id, version, lead_id, assistant_id, conversation_id, host_id, \
         starts_at, duration_min, blocked_from, blocked_to, time_zone, status, meeting_type, external_id, \
         external_link, notes, cancel_reason, hold_expires_at, sequence, created_at, updated_at) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22 \
         FROM free WHERE (SELECT count(*) FROM swept) >= 0 ON CONFLICT DO NOTHING"
    ];
    PARENTS_EXIST = [
        "SELECT ", open_lead!("$2"), " \
         AND EXISTS (SELECT 1 FROM assistants WHERE organization_id = $1 AND id = $3) \
         AND ", maybe_conversation!("$4"), " \
         AND EXISTS (SELECT 1 FROM hosts WHERE organization_id = $1 AND user_id = $5)"
    ];
    // The lead that it had already is not asked for.
    NEW_PARENTS_EXIST = [
        "SELECT (a.lead_id = $2 OR ", open_lead!("$2"), ") \
         AND EXISTS (SELECT 1 FROM assistants WHERE organization_id = $1 AND id = $3) \
         AND ", maybe_conversation!("$4"), " \
         AND EXISTS (SELECT 1 FROM hosts WHERE organization_id = $1 AND user_id = $5) \
         FROM appointments a WHERE a.organization_id = $1 AND a.id = $6"
    ];
    GET = ["SELECT ", columns!(), " FROM appointments WHERE organization_id = $1 AND id = $2"];
    OF_LEADS = [
        "SELECT ", columns!(), " FROM (SELECT DISTINCT unnest($2::uuid[]) AS wanted) AS asked \
         CROSS JOIN LATERAL (SELECT ", columns!(), " FROM appointments WHERE organization_id = $1 \
         AND lead_id = wanted AND status <> 'held' ORDER BY starts_at DESC, id DESC LIMIT $3) AS newest ORDER BY starts_at DESC, id DESC"
    ];
    VERSION = ["SELECT version FROM appointments WHERE organization_id = $1 AND id = $2"];
    UPDATE = [
        "WITH swept AS (", sweep!(), " AND EXISTS (SELECT 1 FROM appointments t WHERE t.organization_id = $1 \
         AND t.id = $2 AND t.version = $3) AND id <> $2 RETURNING 1) ", update!()
    ];
    // Nothing can overlap where the time stays taken as it was, or is given up.
    UPDATE_SAME_TIME = [
        "WITH swept AS (", sweep!(), " AND EXISTS (SELECT 1 FROM appointments t WHERE t.organization_id = $1 \
         AND t.id = $2 AND t.version = $3 AND ", same_time!(), ") AND id <> $2 RETURNING 1) ", update!(), " AND ",
        same_time!()
    ];
    DELETE_HOLD = ["DELETE FROM appointments WHERE organization_id = $1 AND id = $2 AND status = 'held'"];
    OCCUPIED = [
        "SELECT blocked_from, blocked_to FROM appointments WHERE organization_id = $1 AND host_id = $2 \
         AND status IN ", occupying!(), " AND NOT (status = 'held' AND hold_expires_at <= $5) \
         AND tstzrange(blocked_from, blocked_to) && tstzrange($3, $4) ORDER BY blocked_from, blocked_to"
    ];
    LOAD = [
        "SELECT h.host_id, l.last_booked_at, l.open FROM unnest($2::uuid[]) WITH ORDINALITY AS h (host_id, place) \
         CROSS JOIN LATERAL (SELECT max(a.created_at) FILTER (WHERE a.status <> 'held') AS last_booked_at, \
         count(*) FILTER (WHERE a.status IN ('scheduled', 'confirmed') AND a.starts_at >= $3) AS open \
         FROM appointments a WHERE a.organization_id = $1 AND a.host_id = h.host_id) AS l ORDER BY h.place"
    ];
}

/// Every statement about hosts and appointments.
pub(super) fn all_statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, host::STATEMENTS].into_iter().flatten()
}

fn read(row: &PgRow) -> Result<Appointment> {
    let mut row = Row::new("appointments", row);
    Ok(Appointment {
        organization_id: row.id(OrganizationId::from_uuid)?,
        id: row.id(AppointmentId::from_uuid)?,
        lead_id: row.id(LeadId::from_uuid)?,
        assistant_id: row.id(AssistantId::from_uuid)?,
        conversation_id: row.maybe_id(ConversationId::from_uuid)?,
        host_id: row.id(UserId::from_uuid)?,
        starts_at: row.at()?,
        duration_min: row.number()?,
        blocked: Window { start: row.at()?, end: row.at()? },
        time_zone: row.word()?,
        status: row.word()?,
        meeting_type: row.word()?,
        external_id: row.take()?,
        external_link: row.take()?,
        notes: row.take()?,
        cancel_reason: row.take()?,
        hold_expires_at: row.maybe_at()?,
        sequence: row.number()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.take()?,
    })
}

/// The arguments shared by insert and update.
fn bind<'q>(sql: &'static str, appointment: &'q Appointment, now: Timestamp) -> Query<'q> {
    query(sql)
        .bind(appointment.organization_id.as_uuid())
        .bind(appointment.id.as_uuid())
        .bind(appointment.version)
        .bind(appointment.lead_id.as_uuid())
        .bind(appointment.assistant_id.as_uuid())
        .bind(appointment.conversation_id.map(ConversationId::as_uuid))
        .bind(appointment.host_id.as_uuid())
        .bind(appointment.starts_at)
        .bind(i64::from(appointment.duration_min))
        .bind(appointment.blocked.start)
        .bind(appointment.blocked.end)
        .bind(appointment.time_zone.name())
        .bind(appointment.status.as_str())
        .bind(appointment.meeting_type.as_str())
        .bind(appointment.external_id.as_deref())
        .bind(appointment.external_link.as_deref())
        .bind(appointment.notes.as_deref())
        .bind(appointment.cancel_reason.as_deref())
        .bind(appointment.hold_expires_at)
        .bind(i64::from(appointment.sequence))
        .bind(appointment.created_at)
        .bind(appointment.updated_at)
        .bind(now)
}

/// What may be missing.
const PARENTS: &str = "lead, assistant, conversation or host";

/// A question about what an appointment refers to.
fn parents<'q>(sql: &'static str, appointment: &Appointment) -> Query<'q> {
    query(sql)
        .bind(appointment.organization_id.as_uuid())
        .bind(appointment.lead_id.as_uuid())
        .bind(appointment.assistant_id.as_uuid())
        .bind(appointment.conversation_id.map(ConversationId::as_uuid))
        .bind(appointment.host_id.as_uuid())
}

/// Keeps appointments and holds.
pub(super) struct PgAppointmentRepository {
    db: PgDb,
}

impl PgAppointmentRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}
use columns;

#[async_trait]
impl AppointmentRepository for PgAppointmentRepository {
    async fn insert(&self, appointment: &Appointment, now: Timestamp) -> Result<()> {
        let mut tx = self.db.write().await?;
        check::hold_ends(appointment).inspect_err(|_| tx.give_up())?;
        if tx.execute(bind(INSERT, appointment, now)).await? > 0 {
            return Ok(());
        }
        let parents = parents(PARENTS_EXIST, appointment);
        Err(write::refused(&mut tx, parents, (PARENTS, "the time is taken")).await?)
    }

    async fn get(&self, organization: OrganizationId, id: AppointmentId) -> Result<Option<Appointment>> {
        let get = query(GET).bind(organization.as_uuid()).bind(id.as_uuid());
        row::one(self.db.fetch_optional(get).await?.as_ref(), read)
    }

    async fn of_leads(&self, organization: OrganizationId, leads: &[LeadId], each: u32) -> Result<Vec<Appointment>> {
        let leads: Vec<_> = leads.iter().map(|id| id.as_uuid()).collect();
        let newest = query(OF_LEADS).bind(organization.as_uuid()).bind(leads).bind(i64::from(each));
        row::all(&self.db.fetch_all(newest).await?, read)
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &AppointmentFilter,
        order: Order,
        paging: &Paging,
    ) -> Result<Listing<Appointment>> {
        list::list(&self.db, organization, filter, order, paging).await
    }

    async fn update(&self, appointment: &Appointment, now: Timestamp) -> Result<()> {
        let mut tx = self.db.write().await?;
        check::hold_ends(appointment).inspect_err(|_| tx.give_up())?;
        let version = query(VERSION).bind(appointment.organization_id.as_uuid()).bind(appointment.id.as_uuid());
        let updates = (bind(UPDATE_SAME_TIME, appointment, now), bind(UPDATE, appointment, now));
        let parents = parents(NEW_PARENTS_EXIST, appointment).bind(appointment.id.as_uuid());
        let (parents, words) = (Some((parents, PARENTS)), ("appointment", "the time is taken"));
        write::update_unique(&mut tx, appointment.version, updates, version, parents, words).await
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
        if range.start >= range.end {
            return Ok(Vec::new());
        }
        let occupied = query(OCCUPIED)
            .bind(organization.as_uuid())
            .bind(host.as_uuid())
            .bind(range.start)
            .bind(range.end)
            .bind(now);
        row::all(&self.db.fetch_all(occupied).await?, |row| {
            let mut row = Row::new("appointments", row);
            Ok(Window { start: row.at()?, end: row.at()? })
        })
    }

    async fn load(&self, organization: OrganizationId, hosts: &[UserId], now: Timestamp) -> Result<Vec<HostLoad>> {
        let hosts: Vec<_> = hosts.iter().map(|host| host.as_uuid()).collect();
        let load = query(LOAD).bind(organization.as_uuid()).bind(hosts).bind(now);
        row::all(&self.db.fetch_all(load).await?, |row| {
            let mut row = Row::new("appointments", row);
            Ok(HostLoad { host_id: row.id(UserId::from_uuid)?, last_booked_at: row.maybe_at()?, open: row.number()? })
        })
    }
}

#[cfg(test)]
mod tests {
    use spotlight_core::domain::appointment::AppointmentStatus;

    #[test]
    fn the_statuses_that_take_time_are_those_of_the_domain() {
        let words: Vec<_> =
            AppointmentStatus::ALL.iter().filter(|status| status.occupies()).map(|s| format!("'{s}'")).collect();
        assert_eq!(occupying!(), format!("({})", words.join(", ")));
    }
}
