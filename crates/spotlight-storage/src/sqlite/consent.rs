//! Consent.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{
        ConsentId, ConversationId, LeadId, OrganizationId,
        consent::{Consent, ConsentKind},
        conversation::Channel,
    },
    ports::ConsentRepository,
};
use sqlx::sqlite::SqliteRow;

use super::{
    codec::{Bind, Fields, all, one},
    db::query,
    repositories::repository,
    sql::statements,
};

macro_rules! columns {
    () => {
        "organization_id, id, lead_id, kind, channel, state, how, conversation_id, created_at"
    };
}

statements! {
    APPEND = ["INSERT INTO consents (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"];
    CURRENT = [
        "SELECT ", columns!(), " FROM consents WHERE organization_id = ? AND lead_id = ? AND kind = ? AND channel = ? \
         ORDER BY created_at DESC, id DESC LIMIT 1"
    ];
    LIST = ["SELECT ", columns!(), " FROM consents WHERE organization_id = ? AND lead_id = ? ORDER BY created_at, id"];
}

repository! {
    /// Keeps consent.
    SqliteConsentRepository
}

fn read(row: &SqliteRow) -> Result<Consent> {
    let mut f = Fields::new("consents", row);
    Ok(Consent {
        organization_id: f.id(OrganizationId::from_uuid)?,
        id: f.id(ConsentId::from_uuid)?,
        lead_id: f.id(LeadId::from_uuid)?,
        kind: f.word()?,
        channel: f.word()?,
        state: f.word()?,
        how: f.text()?,
        conversation_id: f.opt_id(ConversationId::from_uuid)?,
        created_at: f.at()?,
    })
}

#[async_trait]
impl ConsentRepository for SqliteConsentRepository {
    async fn append(&self, consent: &Consent) -> Result<()> {
        let append = query(APPEND)
            .bind(consent.organization_id.as_uuid())
            .bind(consent.id.as_uuid())
            .bind(consent.lead_id.as_uuid())
            .bind(consent.kind.as_str())
            .bind(consent.channel.as_str())
            .bind(consent.state.as_str())
            .bind(consent.how.as_str())
            .bind(consent.conversation_id.map(ConversationId::as_uuid))
            .at(consent.created_at);
        let done = self.db.write().await?.execute(append).await;
        done.map_err(|failure| failure.or_reference(|| Error::not_found("lead or conversation")))?;
        Ok(())
    }

    async fn current(
        &self,
        organization: OrganizationId,
        lead: LeadId,
        kind: ConsentKind,
        channel: Channel,
    ) -> Result<Option<Consent>> {
        let current =
            query(CURRENT).bind(organization.as_uuid()).bind(lead.as_uuid()).bind(kind.as_str()).bind(channel.as_str());
        one(self.db.row(current).await?, read)
    }

    async fn list(&self, organization: OrganizationId, lead: LeadId) -> Result<Vec<Consent>> {
        all(&self.db.rows(query(LIST).bind(organization.as_uuid()).bind(lead.as_uuid())).await?, read)
    }
}
