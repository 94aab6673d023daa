//! Requests for a person.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{ConversationId, HandOffId, OrganizationId, UserId, conversation::HandOff, time::Timestamp},
    ports::HandOffRepository,
};
use sqlx::postgres::PgRow;

use super::{PgDb, Query, Row, query, row, statements, write};

macro_rules! columns {
    () => {
        "organization_id, id, conversation_id, status, reason, accepted_by, requested_at, expires_at, updated_at, version"
    };
}

macro_rules! update {
    () => {
        "UPDATE hand_offs SET conversation_id = $4, status = $5, reason = $6, accepted_by = $7, requested_at = $8, \
         expires_at = $9, updated_at = $10, version = version + 1 \
         WHERE organization_id = $1 AND id = $2 AND version = $3"
    };
}

statements! {
    INSERT = [
        "INSERT INTO hand_offs (organization_id, id, version, conversation_id, status, reason, accepted_by, \
         requested_at, expires_at, updated_at) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 \
         WHERE EXISTS (SELECT 1 FROM conversations WHERE organization_id = $1 AND id = $4) ON CONFLICT DO NOTHING"
    ];
    CONVERSATION_EXISTS = ["SELECT EXISTS (SELECT 1 FROM conversations WHERE organization_id = $1 AND id = $2)"];
    GET = ["SELECT ", columns!(), " FROM hand_offs WHERE organization_id = $1 AND id = $2"];
    LATEST = [
        "SELECT ", columns!(), " FROM hand_offs WHERE organization_id = $1 AND conversation_id = $2 \
         ORDER BY requested_at DESC, id DESC LIMIT 1"
    ];
    VERSION = ["SELECT version FROM hand_offs WHERE organization_id = $1 AND id = $2"];
    UPDATE = [update!()];
    // One that is open stays the open one; any other is open no more.
    UPDATE_NOT_REOPENED = [
        update!(), " AND conversation_id = $4 AND ($5 IN ('expired', 'assistant') \
         OR status IN ('requested', 'accepted', 'human'))"
    ];
    EXPIRED = [
        "SELECT ", columns!(), " FROM hand_offs WHERE status IN ('requested', 'accepted') AND expires_at <= $1 \
         ORDER BY expires_at, id LIMIT $2"
    ];
}

fn read(row: &PgRow) -> Result<HandOff> {
    let mut row = Row::new("hand_offs", row);
    Ok(HandOff {
        organization_id: row.id(OrganizationId::from_uuid)?,
        id: row.id(HandOffId::from_uuid)?,
        conversation_id: row.id(ConversationId::from_uuid)?,
        status: row.word()?,
        reason: row.take()?,
        accepted_by: row.maybe_id(UserId::from_uuid)?,
        requested_at: row.at()?,
        expires_at: row.at()?,
        updated_at: row.at()?,
        version: row.take()?,
    })
}

/// The arguments shared by insert and update.
fn bind<'q>(sql: &'static str, hand_off: &'q HandOff) -> Query<'q> {
    query(sql)
        .bind(hand_off.organization_id.as_uuid())
        .bind(hand_off.id.as_uuid())
        .bind(hand_off.version)
        .bind(hand_off.conversation_id.as_uuid())
        .bind(hand_off.status.as_str())
        .bind(hand_off.reason.as_str())
        .bind(hand_off.accepted_by.map(UserId::as_uuid))
        .bind(hand_off.requested_at)
        .bind(hand_off.expires_at)
        .bind(hand_off.updated_at)
}

/// Keeps hand-offs.
pub(in crate::postgres) struct PgHandOffRepository {
    db: PgDb,
}

impl PgHandOffRepository {
    pub(in crate::postgres) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl HandOffRepository for PgHandOffRepository {
    async fn insert(&self, hand_off: &HandOff) -> Result<()> {
        let mut tx = self.db.write().await?;
        if tx.execute(bind(INSERT, hand_off)).await? > 0 {
            return Ok(());
        }
        let conversation = query(CONVERSATION_EXISTS)
            .bind(hand_off.organization_id.as_uuid())
            .bind(hand_off.conversation_id.as_uuid());
        let words = ("conversation", "the conversation has an open hand-off, or the id is taken");
        Err(write::refused(&mut tx, conversation, words).await?)
    }

    async fn get(&self, organization: OrganizationId, id: HandOffId) -> Result<Option<HandOff>> {
        let get = query(GET).bind(organization.as_uuid()).bind(id.as_uuid());
        row::one(self.db.fetch_optional(get).await?.as_ref(), read)
    }

    async fn latest(&self, organization: OrganizationId, conversation: ConversationId) -> Result<Option<HandOff>> {
        let latest = query(LATEST).bind(organization.as_uuid()).bind(conversation.as_uuid());
        row::one(self.db.fetch_optional(latest).await?.as_ref(), read)
    }

    async fn update(&self, hand_off: &HandOff) -> Result<()> {
        let mut tx = self.db.write().await?;
        let version = query(VERSION).bind(hand_off.organization_id.as_uuid()).bind(hand_off.id.as_uuid());
        let updates = (bind(UPDATE_NOT_REOPENED, hand_off), bind(UPDATE, hand_off));
        let words = ("hand-off", "the conversation has another open hand-off");
        let conversation = query(CONVERSATION_EXISTS)
            .bind(hand_off.organization_id.as_uuid())
            .bind(hand_off.conversation_id.as_uuid());
        let conversation = Some((conversation, "conversation"));
        write::update_unique(&mut tx, hand_off.version, updates, version, conversation, words).await
    }

    async fn expired(&self, now: Timestamp, limit: u32) -> Result<Vec<HandOff>> {
        row::all(&self.db.fetch_all(query(EXPIRED).bind(now).bind(i64::from(limit))).await?, read)
    }
}
