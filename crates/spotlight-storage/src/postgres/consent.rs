//! Consent.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{
        ConsentId, ConversationId, LeadId, OrganizationId,
        consent::{Consent, ConsentKind},
        conversation::Channel,
    },
    ports::ConsentRepository,
};
use sqlx::postgres::PgRow;

use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::{maybe_conversation, open_lead, statements},
    write,
};

macro_rules! columns {
    () => {
        "organization_id, id, lead_id, kind, channel, state, how, conversation_id, created_at"
    };
}

statements! {
    APPEND = [
        "INSERT INTO consents (", columns!(), ") SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 \
         WHERE ", open_lead!("$3"), " AND ", maybe_conversation!("$8"), " ON CONFLICT DO NOTHING"
    ];
    PARENTS_EXIST = ["SELECT ", open_lead!("$2"), " AND ", maybe_conversation!("$3")];
    CURRENT = [
        "SELECT ", columns!(), " FROM consents WHERE organization_id = $1 AND lead_id = $2 AND kind = $3 \
         AND channel = $4 ORDER BY created_at DESC, id DESC LIMIT 1"
    ];
    LIST = ["SELECT ", columns!(), " FROM consents WHERE organization_id = $1 AND lead_id = $2 ORDER BY created_at, id"];
}

fn read(row: &PgRow) -> Result<Consent> {
    let mut row = Row::new("consents", row);
    Ok(Consent {
        organization_id: row.id(OrganizationId::from_uuid)?,
        id: row.id(ConsentId::from_uuid)?,
        lead_id: row.id(LeadId::from_uuid)?,
        kind: row.word()?,
        channel: row.word()?,
        state: row.word()?,
        how: row.take()?,
        conversation_id: row.maybe_id(ConversationId::from_uuid)?,
        created_at: row.at()?,
    })
}

/// Keeps consent.
pub(super) struct PgConsentRepository {
    db: PgDb,
}

impl PgConsentRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ConsentRepository for PgConsentRepository {
    async fn append(&self, consent: &Consent) -> Result<()> {
        let mut tx = self.db.write().await?;
        let append = query(APPEND)
            .bind(consent.organization_id.as_uuid())
            .bind(consent.id.as_uuid())
            .bind(consent.lead_id.as_uuid())
            .bind(consent.kind.as_str())
            .bind(consent.channel.as_str())
            .bind(consent.state.as_str())
            .bind(consent.how.as_str())
            .bind(consent.conversation_id.map(ConversationId::as_uuid))
            .bind(consent.created_at);
        if tx.execute(append).await? > 0 {
            return Ok(());
        }
        let parents = query(PARENTS_EXIST)
            .bind(consent.organization_id.as_uuid())
            .bind(consent.lead_id.as_uuid())
            .bind(consent.conversation_id.map(ConversationId::as_uuid));
        Err(write::refused(&mut tx, parents, ("lead or conversation", "the consent's id is taken")).await?)
    }

    async fn current(
        &self,
        organization: OrganizationId,
        lead: LeadId,
        kind: ConsentKind,
        channel: Channel,
    ) -> Result<Option<Consent>> {
        let query =
            query(CURRENT).bind(organization.as_uuid()).bind(lead.as_uuid()).bind(kind.as_str()).bind(channel.as_str());
        row::one(self.db.fetch_optional(query).await?.as_ref(), read)
    }

    async fn list(&self, organization: OrganizationId, lead: LeadId) -> Result<Vec<Consent>> {
        row::all(&self.db.fetch_all(query(LIST).bind(organization.as_uuid()).bind(lead.as_uuid())).await?, read)
    }
}
