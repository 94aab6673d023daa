//! Conversations, utterances and hand-offs.

mod hand_off;
mod list;
mod transcript;

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{
        AssistantId, ConversationId, LeadId, OrganizationId, UserId,
        conversation::{Conversation, Transcript},
        time::Timestamp,
    },
    ports::{
        AssistantRepository, Between, CompletedConversation, ConversationFilter, ConversationRepository,
        ConversationSort, LeadRepository, Listing, OrganizationRepository, Paging, Scene, Sort, TranscriptRepository,
    },
};
use sqlx::sqlite::SqliteRow;

pub(super) use self::{hand_off::SqliteHandOffRepository, transcript::SqliteTranscriptRepository};
use super::{
    assistant::SqliteAssistantRepository,
    codec::{Bind, Fields, all, ids, json, number, one},
    db::query,
    lead::SqliteLeadRepository,
    organization::SqliteOrganizationRepository,
    repositories::repository,
    sql::statements,
    writer::Query,
};
use crate::shared;

/// Every statement of the files below.
#[cfg(test)]
pub(super) const PARTS: [(&[super::sql::Sql], &[super::sql::Sql]); 2] = [hand_off::STATEMENTS, transcript::STATEMENTS];

macro_rules! columns {
    () => {
        "lead_id, assistant_id, source, status, language, time_zone, score, score_reasons, criteria, sentiment, \
         sentiment_value, summary, keywords, outcome, recording_consent, audio_file, external_call_id, taken_over_by, \
         state, last_seq, started_at, last_activity_at, waiting_since, ended_at, created_at, updated_at, \
         organization_id, id, version"
    };
}
use columns;

statements! {
    INSERT = [
        "INSERT INTO conversations (search, ", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \
         ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ];
    GET = ["SELECT ", columns!(), " FROM conversations WHERE organization_id = ? AND id = ?"];
    OF_LEADS = [
        "SELECT ", columns!(), " FROM (SELECT *, row_number() \
         OVER (PARTITION BY lead_id ORDER BY started_at DESC, id DESC) AS place FROM conversations \
         WHERE organization_id = ? AND lead_id IN (SELECT unhex(value) FROM json_each(?))) \
         WHERE place <= ? ORDER BY started_at DESC, id DESC"
    ];
    BY_CALL = ["SELECT ", columns!(), " FROM conversations WHERE organization_id = ? AND external_call_id = ?"];
    UPDATE = [
        "UPDATE conversations SET search = ?, lead_id = ?, assistant_id = ?, source = ?, status = ?, language = ?, \
         time_zone = ?, score = ?, score_reasons = ?, criteria = ?, sentiment = ?, sentiment_value = ?, summary = ?, \
         keywords = ?, outcome = ?, recording_consent = ?, audio_file = ?, external_call_id = ?, taken_over_by = ?, \
         state = ?, last_seq = ?, started_at = ?, last_activity_at = ?, waiting_since = ?, ended_at = ?, \
         created_at = ?, updated_at = ?, version = version + 1 WHERE organization_id = ? AND id = ? AND version = ?"
    ];
    EXISTS = ["SELECT 1 FROM conversations WHERE organization_id = ? AND id = ?"];
    RECORDED = [
        "SELECT id FROM conversations WHERE organization_id = ? AND audio_file IS NOT NULL AND ended_at < ? \
         ORDER BY ended_at, id LIMIT ?"
    ];
    COMPLETED = [
        "SELECT id, ended_at, score FROM conversations WHERE organization_id = ? AND lead_id = ? \
         AND status = 'completed' AND ended_at IS NOT NULL AND score IS NOT NULL ORDER BY ended_at, id"
    ];
    COUNT_STARTED = [
        "SELECT count(*) FROM conversations WHERE organization_id = ? AND started_at >= ? AND started_at < ?"
    ];
    @global {
        /// Silence is looked for over every organization at once.
        IDLE = [
            "SELECT organization_id, id FROM conversations WHERE status IN ('active', 'paused') \
             AND last_activity_at < ? ORDER BY last_activity_at, id LIMIT ?"
        ];
    }
}

repository! {
    /// Keeps conversations.
    SqliteConversationRepository
}

fn read(row: &SqliteRow) -> Result<Conversation> {
    let mut f = Fields::new("conversations", row);
    Ok(Conversation {
        lead_id: f.id(LeadId::from_uuid)?,
        assistant_id: f.id(AssistantId::from_uuid)?,
        source: f.word()?,
        status: f.word()?,
        language: f.word()?,
        time_zone: f.opt_word()?,
        score: f.opt_int()?,
        score_reasons: f.json()?,
        criteria: f.json()?,
        sentiment: f.opt_word()?,
        sentiment_value: f.opt_real()?,
        summary: f.opt_text()?,
        keywords: f.json()?,
        outcome: f.opt_text()?,
        recording_consent: f.opt_flag()?,
        audio_file: f.opt_text()?,
        external_call_id: f.opt_text()?,
        taken_over_by: f.opt_id(UserId::from_uuid)?,
        state: f.json()?,
        last_seq: f.int()?,
        started_at: f.at()?,
        last_activity_at: f.at()?,
        waiting_since: f.opt_at()?,
        ended_at: f.opt_at()?,
        created_at: f.at()?,
        updated_at: f.at()?,
        organization_id: f.id(OrganizationId::from_uuid)?,
        id: f.id(ConversationId::from_uuid)?,
        version: f.int()?,
    })
}

/// The arguments of `INSERT` and `UPDATE`, which have the same order.
fn bind<'q>(query: Query<'q>, conversation: &Conversation) -> Result<Query<'q>> {
    Ok(query
        .bind(shared::search::conversation(conversation))
        .bind(conversation.lead_id.as_uuid())
        .bind(conversation.assistant_id.as_uuid())
        .bind(conversation.source.as_str())
        .bind(conversation.status.as_str())
        .bind(conversation.language.as_str())
        .bind(conversation.time_zone.map(|zone| zone.name()))
        .bind(conversation.score)
        .bind(json(&conversation.score_reasons)?)
        .bind(json(&conversation.criteria)?)
        .bind(conversation.sentiment.map(|sentiment| sentiment.as_str()))
        .bind(conversation.sentiment_value)
        .bind(conversation.summary.clone())
        .bind(json(&conversation.keywords)?)
        .bind(conversation.outcome.clone())
        .bind(conversation.recording_consent)
        .bind(conversation.audio_file.clone())
        .bind(conversation.external_call_id.clone())
        .bind(conversation.taken_over_by.map(UserId::as_uuid))
        .bind(json(&conversation.state)?)
        .bind(conversation.last_seq)
        .at(conversation.started_at)
        .at(conversation.last_activity_at)
        .opt_at(conversation.waiting_since)
        .opt_at(conversation.ended_at)
        .at(conversation.created_at)
        .at(conversation.updated_at)
        .bind(conversation.organization_id.as_uuid())
        .bind(conversation.id.as_uuid())
        .bind(conversation.version))
}

#[async_trait]
impl ConversationRepository for SqliteConversationRepository {
    async fn insert(&self, conversation: &Conversation) -> Result<()> {
        let insert = bind(query(INSERT), conversation)?;
        let done = self.db.write().await?.execute(insert).await;
        done.map_err(|failure| failure.or_reference(|| Error::not_found("lead or assistant")))?;
        Ok(())
    }

    async fn by_external_call(&self, organization: OrganizationId, call: &str) -> Result<Option<Conversation>> {
        one(self.db.row(query(BY_CALL).bind(organization.as_uuid()).bind(call.to_owned())).await?, read)
    }

    async fn get(&self, organization: OrganizationId, id: ConversationId) -> Result<Option<Conversation>> {
        one(self.db.row(query(GET).bind(organization.as_uuid()).bind(id.as_uuid())).await?, read)
    }

    async fn scene(&self, organization: OrganizationId, id: ConversationId) -> Result<Option<Scene>> {
        let Some(conversation) = self.get(organization, id).await? else { return Ok(None) };
        let lead = SqliteLeadRepository::new(self.db.clone()).get(organization, conversation.lead_id).await?;
        let assistants = SqliteAssistantRepository::new(self.db.clone());
        let assistant = assistants.get(organization, conversation.assistant_id).await?;
        let tenant = SqliteOrganizationRepository::new(self.db.clone()).get(organization).await?;
        Ok(assistant.zip(tenant).map(|(assistant, organization)| Scene {
            conversation,
            lead_is_gone: lead.is_none_or(|lead| lead.deleted_at.is_some() || lead.erased_at.is_some()),
            assistant,
            organization,
        }))
    }

    async fn of_leads(&self, organization: OrganizationId, leads: &[LeadId], each: u32) -> Result<Vec<Conversation>> {
        let leads = ids(leads.iter().map(|id| id.as_uuid()));
        let newest = query(OF_LEADS).bind(organization.as_uuid()).bind(leads).bind(each);
        all(&self.db.rows(newest).await?, read)
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &ConversationFilter,
        sort: Sort<ConversationSort>,
        paging: &Paging,
    ) -> Result<Listing<Conversation>> {
        list::list(&self.db, organization, filter, sort, paging).await
    }

    async fn update(&self, conversation: &Conversation) -> Result<()> {
        let exists = query(EXISTS).bind(conversation.organization_id.as_uuid()).bind(conversation.id.as_uuid());
        let update = bind(query(UPDATE), conversation)?;
        self.db.write().await?.replace("conversation", update, exists).await
    }

    async fn say(&self, conversation: &Conversation, said: &Transcript) -> Result<()> {
        self.db.or_end(self.update(conversation).await).await?;
        let transcripts = SqliteTranscriptRepository::new(self.db.clone());
        self.db.or_end(transcripts.append(std::slice::from_ref(said)).await).await
    }

    async fn idle(&self, before: Timestamp, limit: u32) -> Result<Vec<(OrganizationId, ConversationId)>> {
        all(&self.db.rows(query(IDLE).at(before).bind(limit)).await?, |row| {
            let mut f = Fields::new("conversations", row);
            Ok((f.id(OrganizationId::from_uuid)?, f.id(ConversationId::from_uuid)?))
        })
    }

    async fn recorded(
        &self,
        organization: OrganizationId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<ConversationId>> {
        let recorded = query(RECORDED).bind(organization.as_uuid()).at(before).bind(limit);
        all(&self.db.rows(recorded).await?, |row| Fields::new("conversations", row).id(ConversationId::from_uuid))
    }

    async fn completed(&self, organization: OrganizationId, lead: LeadId) -> Result<Vec<CompletedConversation>> {
        let completed = query(COMPLETED).bind(organization.as_uuid()).bind(lead.as_uuid());
        all(&self.db.rows(completed).await?, |row| {
            let mut f = Fields::new("conversations", row);
            Ok(CompletedConversation { id: f.id(ConversationId::from_uuid)?, ended_at: f.at()?, score: f.int()? })
        })
    }

    async fn count_started(&self, organization: OrganizationId, between: Between) -> Result<u64> {
        let count = query(COUNT_STARTED)
            .bind(organization.as_uuid())
            .bind(between.from.map_or(i64::MIN, |from| from.timestamp_micros()))
            .bind(between.to.map_or(i64::MAX, |to| to.timestamp_micros()));
        Ok(number(self.db.row(count).await?)?.unsigned_abs())
    }
}
