//! Assistants and what they know.

mod knowledge;

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{AssistantId, OrganizationId, UserId, assistant::Assistant},
    ports::{AssistantFigures, AssistantFilter, AssistantRepository, AssistantSort, Listing, Paging, Sort},
    text,
};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

pub(super) use self::knowledge::SqliteKnowledgeRepository;
use super::{
    codec::{Bind, Fields, all, ids, json, number, one},
    db::query,
    list::{By, Conditions, Kind, List},
    repositories::repository,
    search,
    sql::statements,
    writer::Query,
};
use crate::shared::{self, cursor};

macro_rules! columns {
    () => {
        "organization_id, id, owner_id, name, tone, role, script, language, active, greeting, voice, model, questions, \
         tools, hand_off, booking, allowed_origins, voice_sample, report_schema, success_criteria, created_at, \
         updated_at, version"
    };
}

statements! {
    INSERT = [
        "INSERT INTO assistants (owner_id, name, tone, role, script, language, active, greeting, voice, model, \
         questions, tools, hand_off, booking, allowed_origins, voice_sample, report_schema, success_criteria, search, \
         created_at, updated_at, organization_id, id, version) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ];
    GET = ["SELECT ", columns!(), " FROM assistants WHERE organization_id = ? AND id = ?"];
    GET_MANY = [
        "SELECT ", columns!(), " FROM assistants WHERE organization_id = ? \
         AND id IN (SELECT unhex(value) FROM json_each(?)) ORDER BY id"
    ];
    UPDATE = [
        "UPDATE assistants SET owner_id = ?, name = ?, tone = ?, role = ?, script = ?, language = ?, active = ?, \
         greeting = ?, voice = ?, model = ?, questions = ?, tools = ?, hand_off = ?, booking = ?, \
         allowed_origins = ?, voice_sample = ?, report_schema = ?, success_criteria = ?, search = ?, created_at = ?, \
         updated_at = ?, version = version + 1 WHERE organization_id = ? AND id = ? AND version = ?"
    ];
    EXISTS = ["SELECT 1 FROM assistants WHERE organization_id = ? AND id = ?"];
    DELETE = ["DELETE FROM assistants WHERE organization_id = ? AND id = ?"];
    COUNT = ["SELECT count(*) FROM assistants WHERE organization_id = ?"];
    FIGURES = [
        "SELECT (SELECT avg(score) FROM leads WHERE organization_id = ?1 AND deleted_at IS NULL \
           AND merged_into IS NULL AND id IN (SELECT lead_id FROM conversations WHERE organization_id = ?1 \
           AND assistant_id = ?2)), \
         count(*), count(*) FILTER (WHERE status IN ('active', 'paused')), \
         avg(CASE status WHEN 'completed' THEN 1.0 WHEN 'abandoned' THEN 0.0 END) \
         FROM conversations WHERE organization_id = ?1 AND assistant_id = ?2"
    ];
    @global {
        /// The widget knows an assistant's id alone.
        ORGANIZATION_OF = ["SELECT organization_id FROM assistants WHERE id = ? LIMIT 1"];
    }
}

/// Every statement of the file below.
#[cfg(test)]
pub(super) use self::knowledge::STATEMENTS as KNOWLEDGE_STATEMENTS;

repository! {
    /// Keeps assistants.
    SqliteAssistantRepository
}

fn read(row: &SqliteRow) -> Result<Assistant> {
    let mut f = Fields::new("assistants", row);
    Ok(Assistant {
        organization_id: f.id(OrganizationId::from_uuid)?,
        id: f.id(AssistantId::from_uuid)?,
        owner_id: f.id(UserId::from_uuid)?,
        name: f.text()?,
        tone: f.word()?,
        role: f.text()?,
        script: f.text()?,
        language: f.word()?,
        active: f.flag()?,
        greeting: f.opt_text()?,
        voice: f.json()?,
        model: f.json()?,
        questions: f.json()?,
        tools: f.json()?,
        hand_off: f.json()?,
        booking: f.json()?,
        allowed_origins: f.json()?,
        voice_sample: f.opt_text()?,
        report_schema: f.opt_json()?,
        success_criteria: f.opt_text()?,
        created_at: f.at()?,
        updated_at: f.at()?,
        version: f.int()?,
    })
}

/// The arguments of `INSERT` and `UPDATE`, which have the same order.
fn bind<'q>(query: Query<'q>, assistant: &Assistant) -> Result<Query<'q>> {
    Ok(query
        .bind(assistant.owner_id.as_uuid())
        .bind(assistant.name.clone())
        .bind(assistant.tone.as_str())
        .bind(assistant.role.clone())
        .bind(assistant.script.clone())
        .bind(assistant.language.as_str())
        .bind(assistant.active)
        .bind(assistant.greeting.clone())
        .bind(json(&assistant.voice)?)
        .bind(json(&assistant.model)?)
        .bind(json(&assistant.questions)?)
        .bind(json(&assistant.tools)?)
        .bind(json(&assistant.hand_off)?)
        .bind(json(&assistant.booking)?)
        .bind(json(&assistant.allowed_origins)?)
        .bind(assistant.voice_sample.clone())
        .bind(assistant.report_schema.as_ref().map(json).transpose()?)
        .bind(assistant.success_criteria.clone())
        .bind(shared::search::assistant(assistant))
        .at(assistant.created_at)
        .at(assistant.updated_at)
        .bind(assistant.organization_id.as_uuid())
        .bind(assistant.id.as_uuid())
        .bind(assistant.version))
}

fn place(assistant: &Assistant, column: &'static str) -> (Uuid, Option<String>) {
    let key = match column {
        "name" => assistant.name.clone(),
        "updated_at" => cursor::instant(assistant.updated_at),
        _ => cursor::instant(assistant.created_at),
    };
    (assistant.id.as_uuid(), Some(key))
}

#[async_trait]
impl AssistantRepository for SqliteAssistantRepository {
    async fn insert(&self, assistant: &Assistant) -> Result<()> {
        let done = self.db.write().await?.execute(bind(query(INSERT), assistant)?).await;
        done.map_err(|failure| failure.or_reference(|| Error::not_found("organization or owner")))?;
        Ok(())
    }

    async fn get(&self, organization: OrganizationId, id: AssistantId) -> Result<Option<Assistant>> {
        one(self.db.row(query(GET).bind(organization.as_uuid()).bind(id.as_uuid())).await?, read)
    }

    async fn get_many(&self, organization: OrganizationId, wanted: &[AssistantId]) -> Result<Vec<Assistant>> {
        let get = query(GET_MANY).bind(organization.as_uuid()).bind(ids(wanted.iter().map(|id| id.as_uuid())));
        all(&self.db.rows(get).await?, read)
    }

    async fn organization_of(&self, id: AssistantId) -> Result<Option<OrganizationId>> {
        one(self.db.row(query(ORGANIZATION_OF).bind(id.as_uuid())).await?, |row| {
            Fields::new("assistants", row).id(OrganizationId::from_uuid)
        })
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &AssistantFilter,
        sort: Sort<AssistantSort>,
        paging: &Paging,
    ) -> Result<Listing<Assistant>> {
        let mut conditions = Conditions::of(organization.as_uuid());
        conditions.equal("active = ?", filter.active);
        conditions.equal("language = ?", filter.language.map(|language| language.as_str()));
        conditions.equal("owner_id = ?", filter.owner_id.map(UserId::as_uuid));
        if let Some(search) = &filter.search {
            let tokens = text::tokens(search);
            if tokens.is_empty() {
                conditions.and("false");
            }
            search::contains(&mut conditions, &tokens);
        }
        let (column, kind) = match sort.by {
            AssistantSort::CreatedAt => ("created_at", Kind::Instant),
            AssistantSort::UpdatedAt => ("updated_at", Kind::Instant),
            AssistantSort::Name => ("name", Kind::Text),
        };
        let by = By { column, kind, nullable: false, order: sort.order };
        let list = List { from: "assistants", columns: columns!(), conditions, by, read, place, total: None };
        list.fetch(&self.db, paging).await
    }

    async fn update(&self, assistant: &Assistant) -> Result<()> {
        let exists = query(EXISTS).bind(assistant.organization_id.as_uuid()).bind(assistant.id.as_uuid());
        let update = bind(query(UPDATE), assistant)?;
        self.db.write().await?.replace("assistant", update, exists).await
    }

    async fn delete(&self, organization: OrganizationId, id: AssistantId) -> Result<()> {
        let delete = query(DELETE).bind(organization.as_uuid()).bind(id.as_uuid());
        let done = self.db.write().await?.execute(delete).await;
        match done.map_err(|failure| {
            failure.or_reference(|| Error::conflict("the assistant has conversations or appointments"))
        })? {
            0 => Err(Error::not_found("assistant")),
            _ => Ok(()),
        }
    }

    async fn count(&self, organization: OrganizationId) -> Result<u64> {
        Ok(number(self.db.row(query(COUNT).bind(organization.as_uuid())).await?)?.unsigned_abs())
    }

    async fn figures(&self, organization: OrganizationId, id: AssistantId) -> Result<AssistantFigures> {
        let figures = query(FIGURES).bind(organization.as_uuid()).bind(id.as_uuid());
        let figures = one(self.db.row(figures).await?, |row| {
            let mut f = Fields::new("conversations", row);
            Ok(AssistantFigures {
                average_lead_score: f.opt_real()?,
                conversations: f.int()?,
                active_conversations: f.int()?,
                completion_rate: f.opt_real()?,
            })
        })?;
        figures.ok_or_else(|| Error::internal("an aggregate gave no row"))
    }
}
