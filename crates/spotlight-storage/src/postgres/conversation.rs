//! Conversations, utterances and hand-offs.

mod hand_off;
mod list;
mod transcript;

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{
        AssistantId, ConversationId, LeadId, OrganizationId, UserId,
        conversation::{Conversation, Transcript},
        time::Timestamp,
    },
    ports::{
        Between, CompletedConversation, ConversationFilter, ConversationRepository, ConversationSort, Listing, Paging,
        Scene, Sort, TranscriptRepository,
    },
};
use sqlx::{postgres::PgRow, types::Json};

pub(super) use self::{
    hand_off::PgHandOffRepository, list::built as built_statements, transcript::PgTranscriptRepository,
};
use super::{
    assistant,
    db::{PgDb, query},
    organization,
    row::{self, Row},
    sql::{lexemes, open_lead, statements},
    tx::Query,
    write,
};
use crate::shared::search;

macro_rules! columns {
    () => {
        "organization_id, id, lead_id, assistant_id, source, status, language, time_zone, score, score_reasons, \
         criteria, sentiment, sentiment_value, summary, keywords, outcome, recording_consent, audio_file, \
         external_call_id, taken_over_by, state, last_seq, started_at, last_activity_at, waiting_since, ended_at, \
         created_at, updated_at, version"
    };
}
use columns;

macro_rules! update {
    () => {
        "UPDATE conversations SET lead_id = $4, assistant_id = $5, source = $6, status = $7, language = $8, \
         time_zone = $9, score = $10, score_reasons = $11, criteria = $12, sentiment = $13, sentiment_value = $14, \
         summary = $15, keywords = $16, outcome = $17, recording_consent = $18, audio_file = $19, \
         external_call_id = $20, taken_over_by = $21, state = $22, last_seq = $23, started_at = $24, \
         last_activity_at = $25, waiting_since = $26, ended_at = $27, created_at = $28, updated_at = $29, \
         search = array_to_tsvector($30), version = version + 1 \
         WHERE organization_id = $1 AND id = $2 AND version = $3"
    };
}

macro_rules! same_call {
    () => {
        " AND external_call_id IS NOT DISTINCT FROM $20 AND lead_id = $4 AND assistant_id = $5"
    };
}

statements! {
    INSERT = [
        "INSERT INTO conversations (organization_id, id, version, lead_id, assistant_id, source, status, language, \
         time_zone, score, score_reasons, criteria, sentiment, sentiment_value, summary, keywords, outcome, \
         recording_consent, audio_file, external_call_id, taken_over_by, state, last_seq, started_at, \
         last_activity_at, waiting_since, ended_at, created_at, updated_at, search) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
         $23, $24, $25, $26, $27, $28, $29, array_to_tsvector($30) \
         WHERE ", open_lead!("$4"), " \
         AND EXISTS (SELECT 1 FROM assistants WHERE organization_id = $1 AND id = $5) ON CONFLICT DO NOTHING"
    ];
    PARENTS_EXIST = [
        "SELECT ", open_lead!("$2"), " \
         AND EXISTS (SELECT 1 FROM assistants WHERE organization_id = $1 AND id = $3)"
    ];
    // Those that it had already are not asked for.
    NEW_PARENTS_EXIST = [
        "SELECT (c.lead_id = $3 OR ", open_lead!("$3"), ") AND (c.assistant_id = $4 \
         OR EXISTS (SELECT 1 FROM assistants WHERE organization_id = $1 AND id = $4)) \
         FROM conversations c WHERE c.organization_id = $1 AND c.id = $2"
    ];
    GET = ["SELECT ", columns!(), " FROM conversations WHERE organization_id = $1 AND id = $2"];
    SCENE = [
        "SELECT c.*, a.*, o.*, NOT EXISTS (SELECT 1 FROM leads WHERE organization_id = $1 AND id = c.lead_id \
         AND deleted_at IS NULL AND erased_at IS NULL) AS lead_is_gone \
         FROM (SELECT ", columns!(), " FROM conversations WHERE organization_id = $1 AND id = $2) AS c \
         JOIN (SELECT ", assistant::columns!(), " FROM assistants WHERE organization_id = $1) AS a \
         ON a.id = c.assistant_id \
         CROSS JOIN (SELECT ", organization::columns!(), " FROM organizations WHERE id = $1) AS o"
    ];
    OF_LEADS = [
        "SELECT ", columns!(), " FROM (SELECT DISTINCT unnest($2::uuid[]) AS wanted) AS asked \
         CROSS JOIN LATERAL (SELECT ", columns!(), " FROM conversations WHERE organization_id = $1 AND lead_id = wanted \
         ORDER BY started_at DESC, id DESC LIMIT $3) AS newest ORDER BY started_at DESC, id DESC"
    ];
    BY_CALL = ["SELECT ", columns!(), " FROM conversations WHERE organization_id = $1 AND external_call_id = $2"];
    VERSION = ["SELECT version FROM conversations WHERE organization_id = $1 AND id = $2"];
    UPDATE = [update!()];
    // Update and append in the usual case, and what was done of each.
    SAY = [
        "WITH moved AS (", update!(), same_call!(), " RETURNING id), said AS (", transcript::insert_one!(), " \
         FROM moved WHERE $31 = 1 + coalesce((SELECT max(seq) FROM transcripts WHERE organization_id = $1 \
         AND conversation_id = $2), 0) ON CONFLICT DO NOTHING RETURNING id) \
         SELECT EXISTS (SELECT FROM moved), EXISTS (SELECT FROM said)"
    ];
    // Nothing can be taken or missing where these stay.
    UPDATE_SAME_CALL = [update!(), same_call!()];
    IDLE = [
        "SELECT organization_id, id FROM conversations WHERE status IN ('active', 'paused') AND last_activity_at < $1 \
         ORDER BY last_activity_at, id LIMIT $2"
    ];
    RECORDED = [
        "SELECT id FROM conversations WHERE organization_id = $1 AND audio_file IS NOT NULL AND ended_at < $2 \
         ORDER BY ended_at, id LIMIT $3"
    ];
    COMPLETED = [
        "SELECT id, ended_at, score FROM conversations WHERE organization_id = $1 AND lead_id = $2 \
         AND status = 'completed' AND score IS NOT NULL AND ended_at IS NOT NULL ORDER BY ended_at, id"
    ];
    COUNT_STARTED = [
        "SELECT count(*) FROM conversations WHERE organization_id = $1 \
         AND started_at >= coalesce($2::timestamptz, '-infinity') AND started_at < coalesce($3::timestamptz, 'infinity')"
    ];
}

/// Every statement about conversations.
pub(super) fn all_statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, hand_off::STATEMENTS, transcript::STATEMENTS].into_iter().flatten()
}

/// How many columns a conversation has.
const WIDTH: usize = 29;

fn read(row: &PgRow) -> Result<Conversation> {
    let mut row = Row::new("conversations", row);
    Ok(Conversation {
        organization_id: row.id(OrganizationId::from_uuid)?,
        id: row.id(ConversationId::from_uuid)?,
        lead_id: row.id(LeadId::from_uuid)?,
        assistant_id: row.id(AssistantId::from_uuid)?,
        source: row.word()?,
        status: row.word()?,
        language: row.word()?,
        time_zone: row.maybe_word()?,
        score: row.maybe_score()?,
        score_reasons: row.json()?,
        criteria: row.json()?,
        sentiment: row.maybe_word()?,
        sentiment_value: row.take()?,
        summary: row.take()?,
        keywords: row.json()?,
        outcome: row.take()?,
        recording_consent: row.take()?,
        audio_file: row.take()?,
        external_call_id: row.take()?,
        taken_over_by: row.maybe_id(UserId::from_uuid)?,
        state: row.json()?,
        last_seq: row.take()?,
        started_at: row.at()?,
        last_activity_at: row.at()?,
        waiting_since: row.maybe_at()?,
        ended_at: row.maybe_at()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.take()?,
    })
}

/// The arguments shared by insert and update.
fn bind<'q>(sql: &'static str, conversation: &'q Conversation, search: &'q str) -> Query<'q> {
    query(sql)
        .bind(conversation.organization_id.as_uuid())
        .bind(conversation.id.as_uuid())
        .bind(conversation.version)
        .bind(conversation.lead_id.as_uuid())
        .bind(conversation.assistant_id.as_uuid())
        .bind(conversation.source.as_str())
        .bind(conversation.status.as_str())
        .bind(conversation.language.as_str())
        .bind(conversation.time_zone.map(|zone| zone.name()))
        .bind(conversation.score.map(i16::from))
        .bind(Json(&conversation.score_reasons))
        .bind(Json(&conversation.criteria))
        .bind(conversation.sentiment.map(|sentiment| sentiment.as_str()))
        .bind(conversation.sentiment_value)
        .bind(conversation.summary.as_deref())
        .bind(Json(&conversation.keywords))
        .bind(conversation.outcome.as_deref())
        .bind(conversation.recording_consent)
        .bind(conversation.audio_file.as_deref())
        .bind(conversation.external_call_id.as_deref())
        .bind(conversation.taken_over_by.map(UserId::as_uuid))
        .bind(Json(&conversation.state))
        .bind(conversation.last_seq)
        .bind(conversation.started_at)
        .bind(conversation.last_activity_at)
        .bind(conversation.waiting_since)
        .bind(conversation.ended_at)
        .bind(conversation.created_at)
        .bind(conversation.updated_at)
        .bind(lexemes(search))
}

/// Keeps conversations.
pub(super) struct PgConversationRepository {
    db: PgDb,
}

impl PgConversationRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ConversationRepository for PgConversationRepository {
    async fn insert(&self, conversation: &Conversation) -> Result<()> {
        let search = search::conversation(conversation);
        let mut tx = self.db.write().await?;
        if tx.execute(bind(INSERT, conversation, &search)).await? > 0 {
            return Ok(());
        }
        let parents = query(PARENTS_EXIST)
            .bind(conversation.organization_id.as_uuid())
            .bind(conversation.lead_id.as_uuid())
            .bind(conversation.assistant_id.as_uuid());
        let words = ("lead or assistant", "the conversation's id or external call id is taken");
        Err(write::refused(&mut tx, parents, words).await?)
    }

    async fn by_external_call(&self, organization: OrganizationId, call: &str) -> Result<Option<Conversation>> {
        let get = query(BY_CALL).bind(organization.as_uuid()).bind(call);
        row::one(self.db.fetch_optional(get).await?.as_ref(), read)
    }

    async fn get(&self, organization: OrganizationId, id: ConversationId) -> Result<Option<Conversation>> {
        let get = query(GET).bind(organization.as_uuid()).bind(id.as_uuid());
        row::one(self.db.fetch_optional(get).await?.as_ref(), read)
    }

    async fn scene(&self, organization: OrganizationId, id: ConversationId) -> Result<Option<Scene>> {
        let scene = query(SCENE).bind(organization.as_uuid()).bind(id.as_uuid());
        row::one(self.db.fetch_optional(scene).await?.as_ref(), |row| {
            let [assistants, organizations] = [WIDTH, WIDTH + assistant::WIDTH];
            let gone = organizations + organization::WIDTH;
            Ok(Scene {
                conversation: read(row)?,
                assistant: assistant::take(Row::at_column("assistants", row, assistants))?,
                organization: organization::take(Row::at_column("organizations", row, organizations))?,
                lead_is_gone: Row::at_column("leads", row, gone).take()?,
            })
        })
    }

    async fn of_leads(&self, organization: OrganizationId, leads: &[LeadId], each: u32) -> Result<Vec<Conversation>> {
        let leads: Vec<_> = leads.iter().map(|id| id.as_uuid()).collect();
        let newest = query(OF_LEADS).bind(organization.as_uuid()).bind(leads).bind(i64::from(each));
        row::all(&self.db.fetch_all(newest).await?, read)
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
        let search = search::conversation(conversation);
        let mut tx = self.db.write().await?;
        let version = query(VERSION).bind(conversation.organization_id.as_uuid()).bind(conversation.id.as_uuid());
        let updates = (bind(UPDATE_SAME_CALL, conversation, &search), bind(UPDATE, conversation, &search));
        let words = ("conversation", "the external call id is taken");
        let parents = query(NEW_PARENTS_EXIST)
            .bind(conversation.organization_id.as_uuid())
            .bind(conversation.id.as_uuid())
            .bind(conversation.lead_id.as_uuid())
            .bind(conversation.assistant_id.as_uuid());
        let parents = Some((parents, "lead or assistant"));
        write::update_unique(&mut tx, conversation.version, updates, version, parents, words).await
    }

    async fn say(&self, conversation: &Conversation, said: &Transcript) -> Result<()> {
        let search = search::conversation(conversation);
        let mut tx = self.db.write().await?;
        let ours = (said.organization_id, said.conversation_id) == (conversation.organization_id, conversation.id);
        if ours {
            let say = transcript::bind(bind(SAY, conversation, &search), said);
            let (moved, said) = row::one(tx.returning(say).await?.first(), |row| {
                let mut row = Row::new("conversations", row);
                Ok((row.take()?, row.take()?))
            })?
            .unwrap_or((false, false));
            if said {
                return Ok(());
            }
            if moved {
                tx.give_up();
                return Err(transcript::out_of_line());
            }
        }
        drop(tx);
        // What is refused is told apart by doing one after the other.
        let done = match self.update(conversation).await {
            Ok(()) => PgTranscriptRepository::new(self.db.clone()).append(std::slice::from_ref(said)).await,
            refused => refused,
        };
        if done.is_err() {
            self.db.write().await?.give_up();
        }
        done
    }

    async fn idle(&self, before: Timestamp, limit: u32) -> Result<Vec<(OrganizationId, ConversationId)>> {
        row::all(&self.db.fetch_all(query(IDLE).bind(before).bind(i64::from(limit))).await?, |row| {
            let mut row = Row::new("conversations", row);
            Ok((row.id(OrganizationId::from_uuid)?, row.id(ConversationId::from_uuid)?))
        })
    }

    async fn recorded(
        &self,
        organization: OrganizationId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<ConversationId>> {
        let recorded = query(RECORDED).bind(organization.as_uuid()).bind(before).bind(i64::from(limit));
        row::all(&self.db.fetch_all(recorded).await?, |row| {
            Row::new("conversations", row).id(ConversationId::from_uuid)
        })
    }

    async fn completed(&self, organization: OrganizationId, lead: LeadId) -> Result<Vec<CompletedConversation>> {
        let completed = query(COMPLETED).bind(organization.as_uuid()).bind(lead.as_uuid());
        row::all(&self.db.fetch_all(completed).await?, |row| {
            let mut row = Row::new("conversations", row);
            Ok(CompletedConversation {
                id: row.id(ConversationId::from_uuid)?,
                ended_at: row.at()?,
                score: row.score()?,
            })
        })
    }

    async fn count_started(&self, organization: OrganizationId, between: Between) -> Result<u64> {
        let count = query(COUNT_STARTED).bind(organization.as_uuid()).bind(between.from).bind(between.to);
        row::count(self.db.fetch_optional(count).await?.as_ref())
    }
}
