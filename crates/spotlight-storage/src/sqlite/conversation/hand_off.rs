//! Requests for a person.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{ConversationId, HandOffId, OrganizationId, UserId, conversation::HandOff, time::Timestamp},
    ports::HandOffRepository,
};
use sqlx::sqlite::SqliteRow;

use super::super::{
    codec::{Bind, Fields, all, one},
    db::query,
    repositories::repository,
    sql::statements,
    writer::Query,
};

macro_rules! columns {
    () => {
        "conversation_id, status, reason, accepted_by, requested_at, expires_at, updated_at, organization_id, id, version"
    };
}

statements! {
    INSERT = ["INSERT INTO hand_offs (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"];
    GET = ["SELECT ", columns!(), " FROM hand_offs WHERE organization_id = ? AND id = ?"];
    LATEST = [
        "SELECT ", columns!(), " FROM hand_offs WHERE organization_id = ? AND conversation_id = ? \
         ORDER BY requested_at DESC, id DESC LIMIT 1"
    ];
    UPDATE = [
        "UPDATE hand_offs SET conversation_id = ?, status = ?, reason = ?, accepted_by = ?, requested_at = ?, \
         expires_at = ?, updated_at = ?, version = version + 1 WHERE organization_id = ? AND id = ? AND version = ?"
    ];
    EXISTS = ["SELECT 1 FROM hand_offs WHERE organization_id = ? AND id = ?"];
    @global {
        /// Those that expired are looked for over every organization at once.
        EXPIRED = [
            "SELECT ", columns!(), " FROM hand_offs WHERE status IN ('requested', 'accepted') AND expires_at <= ? \
             ORDER BY expires_at, id LIMIT ?"
        ];
    }
}

repository! {
    /// Keeps hand-offs.
    SqliteHandOffRepository
}

fn read(row: &SqliteRow) -> Result<HandOff> {
    let mut f = Fields::new("hand_offs", row);
    Ok(HandOff {
        conversation_id: f.id(ConversationId::from_uuid)?,
        status: f.word()?,
        reason: f.text()?,
        accepted_by: f.opt_id(UserId::from_uuid)?,
        requested_at: f.at()?,
        expires_at: f.at()?,
        updated_at: f.at()?,
        organization_id: f.id(OrganizationId::from_uuid)?,
        id: f.id(HandOffId::from_uuid)?,
        version: f.int()?,
    })
}

/// The arguments of `INSERT` and `UPDATE`, which have the same order.
fn bind<'q>(query: Query<'q>, hand_off: &HandOff) -> Query<'q> {
    query
        .bind(hand_off.conversation_id.as_uuid())
        .bind(hand_off.status.as_str())
        .bind(hand_off.reason.clone())
        .bind(hand_off.accepted_by.map(UserId::as_uuid))
        .at(hand_off.requested_at)
        .at(hand_off.expires_at)
        .at(hand_off.updated_at)
        .bind(hand_off.organization_id.as_uuid())
        .bind(hand_off.id.as_uuid())
        .bind(hand_off.version)
}

#[async_trait]
impl HandOffRepository for SqliteHandOffRepository {
    async fn insert(&self, hand_off: &HandOff) -> Result<()> {
        let done = self.db.write().await?.execute(bind(query(INSERT), hand_off)).await;
        done.map_err(|failure| failure.or_reference(|| Error::not_found("conversation")))?;
        Ok(())
    }

    async fn get(&self, organization: OrganizationId, id: HandOffId) -> Result<Option<HandOff>> {
        one(self.db.row(query(GET).bind(organization.as_uuid()).bind(id.as_uuid())).await?, read)
    }

    async fn latest(&self, organization: OrganizationId, conversation: ConversationId) -> Result<Option<HandOff>> {
        one(self.db.row(query(LATEST).bind(organization.as_uuid()).bind(conversation.as_uuid())).await?, read)
    }

    async fn update(&self, hand_off: &HandOff) -> Result<()> {
        let exists = query(EXISTS).bind(hand_off.organization_id.as_uuid()).bind(hand_off.id.as_uuid());
        self.db.write().await?.replace("hand-off", bind(query(UPDATE), hand_off), exists).await
    }

    async fn expired(&self, now: Timestamp, limit: u32) -> Result<Vec<HandOff>> {
        all(&self.db.rows(query(EXPIRED).at(now).bind(limit)).await?, read)
    }
}
