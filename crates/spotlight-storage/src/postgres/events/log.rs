//! The rows of channels and events.

use std::{collections::VecDeque, fmt, time::Duration};

use spotlight_core::{
    Error, Result,
    domain::OrganizationId,
    ports::{Event, Heard, PoolFigures},
};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::{PgEventLimits, feed::Name, wake::CHANNEL};
use crate::postgres::{
    db::{Database, query},
    row::Row,
    sql::statements,
};

statements! {
    // The lock on the channel lasts until the event is committed, so a number is seen only after all before it. A channel
    // that is new goes on above every number that an old one of its name has given.
    LOCK = [
        "INSERT INTO event_channels AS c (organization_id, channel, first, last, used_at) VALUES ($1, $2, \
         (extract(epoch FROM now()) * 1000)::bigint + 1, \
         (extract(epoch FROM now()) * 1000)::bigint, now()) \
         ON CONFLICT (organization_id, channel) DO UPDATE SET used_at = now() RETURNING last, (xmax = 0)"
    ];
    KNOWN = ["SELECT id FROM events WHERE organization_id = $1 AND channel = $2 AND dedup = $3"];
    ADD = [
        "WITH added AS (INSERT INTO events (organization_id, channel, id, dedup, event) VALUES ($1, $2, $3, $4, $5)), \
         dropped AS (DELETE FROM events WHERE organization_id = $1 AND channel = $2 AND id <= $3::bigint - $6::bigint) \
         UPDATE event_channels SET last = $3 WHERE organization_id = $1 AND channel = $2"
    ];
    TELL = ["SELECT pg_notify('spotlight_events', $1)"];
    // Channels in which nothing has happened for long, of every organization.
    IDLE = [
        "WITH idle AS MATERIALIZED (SELECT organization_id, channel FROM event_channels \
         WHERE used_at < now() - $1 * interval '1 millisecond' ORDER BY used_at LIMIT 100 FOR UPDATE SKIP LOCKED), \
         events_gone AS (DELETE FROM events e USING idle i \
         WHERE e.organization_id = i.organization_id AND e.channel = i.channel), \
         readers_gone AS (DELETE FROM event_readers r USING idle i \
         WHERE r.organization_id = i.organization_id AND r.channel = i.channel) \
         DELETE FROM event_channels c USING idle i \
         WHERE c.organization_id = i.organization_id AND c.channel = i.channel"
    ];
    LAST = ["SELECT last FROM event_channels WHERE organization_id = $1 AND channel = $2"];
    // Of the channels that somebody in this process listens to, whosever they are.
    LAST_OF_MANY = [
        "SELECT c.organization_id, c.channel, c.last FROM unnest($1::uuid[], $2::text[]) AS g (organization_id, channel) \
         JOIN event_channels c ON c.organization_id = g.organization_id AND c.channel = g.channel"
    ];
    AFTER = [
        "SELECT e.id, e.event, c.first FROM event_channels c \
         JOIN events e ON e.organization_id = c.organization_id AND e.channel = c.channel \
         WHERE c.organization_id = $1 AND e.organization_id = $1 AND c.channel = $2 AND e.channel = $2 AND e.id > $3 \
         ORDER BY e.id LIMIT $4"
    ];
    ACKNOWLEDGED = [
        "SELECT last FROM event_readers WHERE organization_id = $1 AND channel = $2 AND reader = $3"
    ];
    ACKNOWLEDGE = [
        "INSERT INTO event_readers AS r (organization_id, channel, reader, last) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (organization_id, channel, reader) DO UPDATE SET last = greatest(r.last, excluded.last)"
    ];
}

/// A notification takes 8000 bytes; a channel whose name does not fit is told as any.
const MAX_NAME: usize = 7_900;

/// Longer is for ever.
const TEN_YEARS: Duration = Duration::from_hours(10 * 365 * 24);

/// What is published, as the database keeps it.
pub(super) struct Log {
    database: Database,
    limits: PgEventLimits,
}

impl Log {
    pub(super) fn new(database: Database, limits: PgEventLimits) -> Self {
        Self { database, limits }
    }

    pub(super) fn pool(&self) -> Option<PoolFigures> {
        self.database.figures("events")
    }

    pub(super) fn renew(&self) {
        self.database.renew();
    }

    pub(super) async fn close(&self) {
        self.database.close().await;
    }

    /// Adds an event and gives its number, or that of the same event before.
    pub(super) async fn add(&self, name: &Name, dedup: Uuid, event: &Event) -> Result<u64> {
        let event = serde_json::to_string(event)
            .map_err(|error| Error::internal("an event cannot be written").with_source(error))?;
        let (organization, channel) = (name.organization.as_uuid(), name.channel.as_str());
        let mut tx = self.database.begin().await?;
        let locked = tx.write_returning(query(LOCK).bind(organization).bind(channel)).await?;
        let mut row = Row::new("event_channels", first(&locked)?);
        let (last, is_new): (i64, bool) = (row.take()?, row.take()?);
        let known = tx.fetch_all(query(KNOWN).bind(organization).bind(channel).bind(dedup)).await?;
        if let Some(row) = known.first() {
            let id = Row::new("events", row).take()?;
            tx.commit().await?;
            return Ok(number(id));
        }
        let id = last + 1;
        let keep = i64::from(self.limits.events_per_channel.max(1));
        let add = query(ADD).bind(organization).bind(channel).bind(id).bind(dedup).bind(event).bind(keep);
        tx.execute(add).await?;
        if is_new {
            let idle = i64::try_from(self.limits.keep.min(TEN_YEARS).as_millis()).unwrap_or(i64::MAX);
            tx.execute(query(IDLE).bind(idle)).await?;
        }
        let told = if channel.len() > MAX_NAME { String::new() } else { format!("{organization}:{id}:{channel}") };
        tx.write_returning(query(TELL).bind(told)).await?;
        tx.commit().await?;
        Ok(number(id))
    }

    /// The number of a channel's last event; 0 when there was none.
    pub(super) async fn last(&self, name: &Name) -> Result<u64> {
        let last = query(LAST).bind(name.organization.as_uuid()).bind(name.channel.as_str());
        let rows = self.database.fetch_all(last).await?;
        rows.first().map_or(Ok(0), |row| Row::new("event_channels", row).take().map(number))
    }

    /// The same of several channels; those that are not there are left out.
    pub(super) async fn last_of(&self, names: &[Name]) -> Result<Vec<(Name, u64)>> {
        let organizations: Vec<_> = names.iter().map(|name| name.organization.as_uuid()).collect();
        let channels: Vec<_> = names.iter().map(|name| name.channel.as_str()).collect();
        let rows = self.database.fetch_all(query(LAST_OF_MANY).bind(organizations).bind(channels)).await?;
        let read = |row| {
            let mut row = Row::new("event_channels", row);
            let name = Name { organization: row.id(OrganizationId::from_uuid)?, channel: row.take()? };
            Ok((name, number(row.take()?)))
        };
        rows.iter().map(read).collect()
    }

    /// Events after a number, at most so many, and the number of the channel's first event of all.
    pub(super) async fn after(&self, name: &Name, last: u64, limit: u32) -> Result<(Vec<Event>, u64)> {
        let after = i64::try_from(last).unwrap_or(i64::MAX);
        let after = query(AFTER).bind(name.organization.as_uuid()).bind(name.channel.as_str()).bind(after);
        let rows = self.database.fetch_all(after.bind(i64::from(limit))).await?;
        let (mut events, mut begins) = (Vec::with_capacity(rows.len()), 0);
        for row in &rows {
            let mut row = Row::new("events", row);
            let (id, event, of_all): (i64, String, i64) = (row.take()?, row.take()?, row.take()?);
            begins = number(of_all);
            // One that cannot be understood is lost to listeners, who hear of a gap.
            if let Ok(event) = serde_json::from_str::<Event>(&event) {
                events.push(Event { id: number(id), ..event });
            } else {
                tracing::warn!(id, "an event in the database cannot be understood");
            }
        }
        Ok((events, begins))
    }

    pub(super) async fn unread(&self, name: &Name, reader: &str, limit: u32) -> Result<Vec<Heard>> {
        let (organization, channel) = (name.organization.as_uuid(), name.channel.as_str());
        let rows = self.database.fetch_all(query(ACKNOWLEDGED).bind(organization).bind(channel).bind(reader)).await?;
        let last = rows.first().map_or(Ok(0), |row| Row::new("event_readers", row).take().map(number))?;
        let (events, begins) = self.after(name, last, limit.max(1)).await?;
        Ok(heard(events, begins, last).into())
    }

    pub(super) async fn acknowledge(&self, name: &Name, reader: &str, id: u64) -> Result<()> {
        let id = i64::try_from(id).unwrap_or(i64::MAX);
        let acknowledge = query(ACKNOWLEDGE).bind(name.organization.as_uuid()).bind(name.channel.as_str());
        let mut tx = self.database.begin().await?;
        tx.execute(acknowledge.bind(reader).bind(id)).await?;
        tx.commit().await
    }
}

/// What a listener hears of these events who has heard everything up to `last`.
pub(super) fn heard(events: Vec<Event>, begins: u64, mut last: u64) -> VecDeque<Heard> {
    // Whoever has heard nothing has missed nothing when the first event of all is still there.
    if last == 0 && events.first().is_some_and(|first| first.id == begins) {
        last = begins.saturating_sub(1);
    }
    let mut heard = VecDeque::with_capacity(events.len() + 1);
    for event in events {
        if event.id > last + 1 {
            heard.push_back(Heard::Gap { next: event.id });
        }
        last = event.id;
        heard.push_back(Heard::Event(event));
    }
    heard
}

/// A notification as it was told: the channel and the number. None when it can be any.
pub(super) fn told(payload: &str) -> Option<(Name, u64)> {
    let (organization, rest) = payload.split_once(':')?;
    let (id, channel) = rest.split_once(':')?;
    let organization = OrganizationId::from_uuid(organization.parse().ok()?);
    Some((Name::new(organization, channel), id.parse().ok()?))
}

fn first(rows: &[PgRow]) -> Result<&PgRow> {
    rows.first().ok_or_else(|| Error::internal("the database gave no row for a channel"))
}

fn number(id: i64) -> u64 {
    u64::try_from(id).unwrap_or_default()
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("limits", &self.limits).field("told_on", &CHANNEL).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_tells_a_channel_or_any() {
        let organization = OrganizationId::from_uuid(Uuid::nil());
        let payload = format!("{}:7:conversation:1", Uuid::nil());
        assert_eq!(told(&payload), Some((Name::new(organization, "conversation:1"), 7)));
        for any in ["", "nonsense", "a:1:b"] {
            assert_eq!(told(any), None, "{any}");
        }
    }
}
