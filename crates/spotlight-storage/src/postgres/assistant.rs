//! Assistants and what they know.

mod knowledge;
mod list;

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{AssistantId, OrganizationId, UserId, assistant::Assistant},
    ports::{AssistantFigures, AssistantFilter, AssistantRepository, AssistantSort, Listing, Paging, Sort},
};
use sqlx::{postgres::PgRow, types::Json};

pub(super) use self::{knowledge::PgKnowledgeRepository, list::built as built_statements};
use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::{lexemes, statements},
    tx::Query,
    write,
};
use crate::shared::search;

macro_rules! columns {
    () => {
        "organization_id, id, owner_id, name, tone, role, script, language, active, greeting, voice, model, questions, \
         tools, hand_off, booking, allowed_origins, voice_sample, report_schema, success_criteria, created_at, \
         updated_at, version"
    };
}
pub(super) use columns;

statements! {
    INSERT = [
        "INSERT INTO assistants (organization_id, id, version, owner_id, name, tone, role, script, language, active, \
         greeting, voice, model, questions, tools, hand_off, booking, allowed_origins, voice_sample, report_schema, \
         success_criteria, created_at, updated_at, search) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
         $23, array_to_tsvector($24) \
         WHERE EXISTS (SELECT 1 FROM organizations WHERE id = $1) AND EXISTS (SELECT 1 FROM users WHERE id = $4) \
         ON CONFLICT DO NOTHING"
    ];
    PARENTS_EXIST = [
        "SELECT EXISTS (SELECT 1 FROM organizations WHERE id = $1) AND EXISTS (SELECT 1 FROM users WHERE id = $2)"
    ];
    GET = ["SELECT ", columns!(), " FROM assistants WHERE organization_id = $1 AND id = $2"];
    GET_MANY = ["SELECT ", columns!(), " FROM assistants WHERE organization_id = $1 AND id = ANY($2) ORDER BY id"];
    ORGANIZATION_OF = ["SELECT organization_id FROM assistants WHERE id = $1 LIMIT 1"];
    VERSION = ["SELECT version FROM assistants WHERE organization_id = $1 AND id = $2"];
    UPDATE = [
        "UPDATE assistants SET owner_id = $4, name = $5, tone = $6, role = $7, script = $8, language = $9, \
         active = $10, greeting = $11, voice = $12, model = $13, questions = $14, tools = $15, hand_off = $16, \
         booking = $17, allowed_origins = $18, voice_sample = $19, report_schema = $20, success_criteria = $21, \
         created_at = $22, updated_at = $23, search = array_to_tsvector($24), version = version + 1 \
         WHERE organization_id = $1 AND id = $2 AND version = $3 AND EXISTS (SELECT 1 FROM users WHERE id = $4)"
    ];
    DELETE = [
        "DELETE FROM assistants WHERE organization_id = $1 AND id = $2 \
         AND NOT EXISTS (SELECT 1 FROM conversations WHERE organization_id = $1 AND assistant_id = $2) \
         AND NOT EXISTS (SELECT 1 FROM appointments WHERE organization_id = $1 AND assistant_id = $2)"
    ];
    COUNT = ["SELECT count(*) FROM assistants WHERE organization_id = $1"];
    FIGURES = [
        "SELECT (SELECT sum(l.score)::float8 / nullif(count(l.score), 0) FROM leads l WHERE l.organization_id = $1 \
         AND l.deleted_at IS NULL AND l.merged_into IS NULL AND EXISTS (SELECT 1 FROM conversations c \
         WHERE c.organization_id = $1 AND c.lead_id = l.id AND c.assistant_id = $2)), \
         count(*), count(*) FILTER (WHERE status IN ('active', 'paused')), \
         count(*) FILTER (WHERE status = 'completed')::float8 \
         / nullif(count(*) FILTER (WHERE status IN ('completed', 'abandoned')), 0) \
         FROM conversations WHERE organization_id = $1 AND assistant_id = $2"
    ];
}

/// Every statement about assistants.
pub(super) fn all_statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, knowledge::STATEMENTS].into_iter().flatten()
}

/// How many columns an assistant has.
pub(super) const WIDTH: usize = 23;

fn read(row: &PgRow) -> Result<Assistant> {
    take(Row::new("assistants", row))
}

/// The one in the next columns of a row.
pub(super) fn take(mut row: Row<'_>) -> Result<Assistant> {
    Ok(Assistant {
        organization_id: row.id(OrganizationId::from_uuid)?,
        id: row.id(AssistantId::from_uuid)?,
        owner_id: row.id(UserId::from_uuid)?,
        name: row.take()?,
        tone: row.word()?,
        role: row.take()?,
        script: row.take()?,
        language: row.word()?,
        active: row.take()?,
        greeting: row.take()?,
        voice: row.json()?,
        model: row.json()?,
        questions: row.json()?,
        tools: row.json()?,
        hand_off: row.json()?,
        booking: row.json()?,
        allowed_origins: row.json()?,
        voice_sample: row.take()?,
        report_schema: row.maybe_json()?,
        success_criteria: row.take()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.take()?,
    })
}

/// The arguments shared by insert and update.
fn bind<'q>(sql: &'static str, assistant: &'q Assistant, search: &'q str) -> Query<'q> {
    query(sql)
        .bind(assistant.organization_id.as_uuid())
        .bind(assistant.id.as_uuid())
        .bind(assistant.version)
        .bind(assistant.owner_id.as_uuid())
        .bind(assistant.name.as_str())
        .bind(assistant.tone.as_str())
        .bind(assistant.role.as_str())
        .bind(assistant.script.as_str())
        .bind(assistant.language.as_str())
        .bind(assistant.active)
        .bind(assistant.greeting.as_deref())
        .bind(Json(&assistant.voice))
        .bind(Json(&assistant.model))
        .bind(Json(&assistant.questions))
        .bind(Json(&assistant.tools))
        .bind(Json(&assistant.hand_off))
        .bind(Json(&assistant.booking))
        .bind(Json(&assistant.allowed_origins))
        .bind(assistant.voice_sample.as_deref())
        .bind(assistant.report_schema.as_ref().map(Json))
        .bind(assistant.success_criteria.as_deref())
        .bind(assistant.created_at)
        .bind(assistant.updated_at)
        .bind(lexemes(search))
}

/// Keeps assistants.
pub(super) struct PgAssistantRepository {
    db: PgDb,
}

impl PgAssistantRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl AssistantRepository for PgAssistantRepository {
    async fn insert(&self, assistant: &Assistant) -> Result<()> {
        let search = search::assistant(assistant);
        let mut tx = self.db.write().await?;
        if tx.execute(bind(INSERT, assistant, &search)).await? > 0 {
            return Ok(());
        }
        let parents = query(PARENTS_EXIST).bind(assistant.organization_id.as_uuid()).bind(assistant.owner_id.as_uuid());
        Err(write::refused(&mut tx, parents, ("organization or owner", "the assistant's id is taken")).await?)
    }

    async fn get(&self, organization: OrganizationId, id: AssistantId) -> Result<Option<Assistant>> {
        let get = query(GET).bind(organization.as_uuid()).bind(id.as_uuid());
        row::one(self.db.fetch_optional(get).await?.as_ref(), read)
    }

    async fn get_many(&self, organization: OrganizationId, ids: &[AssistantId]) -> Result<Vec<Assistant>> {
        let ids: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
        row::all(&self.db.fetch_all(query(GET_MANY).bind(organization.as_uuid()).bind(ids)).await?, read)
    }

    async fn organization_of(&self, id: AssistantId) -> Result<Option<OrganizationId>> {
        let row = self.db.fetch_optional(query(ORGANIZATION_OF).bind(id.as_uuid())).await?;
        row::one(row.as_ref(), |row| Row::new("assistants", row).id(OrganizationId::from_uuid))
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &AssistantFilter,
        sort: Sort<AssistantSort>,
        paging: &Paging,
    ) -> Result<Listing<Assistant>> {
        list::list(&self.db, organization, filter, sort, paging).await
    }

    async fn update(&self, assistant: &Assistant) -> Result<()> {
        let search = search::assistant(assistant);
        let mut tx = self.db.write().await?;
        let version = query(VERSION).bind(assistant.organization_id.as_uuid()).bind(assistant.id.as_uuid());
        if tx.execute(bind(UPDATE, assistant, &search)).await? > 0 {
            return Ok(());
        }
        Err(match tx.fetch_optional(version).await? {
            None => Error::not_found("assistant"),
            Some(row) if Row::new("assistants", &row).take::<i64>()? == assistant.version => Error::not_found("owner"),
            Some(_) => Error::stale("assistant"),
        })
    }

    async fn delete(&self, organization: OrganizationId, id: AssistantId) -> Result<()> {
        let mut tx = self.db.write().await?;
        let of = |sql| query(sql).bind(organization.as_uuid()).bind(id.as_uuid());
        if tx.execute(of(DELETE)).await? > 0 {
            return Ok(());
        }
        Err(match tx.fetch_optional(of(VERSION)).await? {
            Some(_) => Error::conflict("the assistant has conversations or appointments; make it inactive instead"),
            None => Error::not_found("assistant"),
        })
    }

    async fn count(&self, organization: OrganizationId) -> Result<u64> {
        row::count(self.db.fetch_optional(query(COUNT).bind(organization.as_uuid())).await?.as_ref())
    }

    async fn figures(&self, organization: OrganizationId, id: AssistantId) -> Result<AssistantFigures> {
        let figures = query(FIGURES).bind(organization.as_uuid()).bind(id.as_uuid());
        let row = self.db.fetch_optional(figures).await?.ok_or_else(|| Error::internal("an aggregate gave no row"))?;
        let mut row = Row::new("conversations", &row);
        Ok(AssistantFigures {
            average_lead_score: row.take()?,
            conversations: row.number()?,
            active_conversations: row.number()?,
            completion_rate: row.take()?,
        })
    }
}
