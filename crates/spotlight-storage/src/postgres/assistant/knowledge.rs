//! What assistants know.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{AssistantId, KnowledgeId, OrganizationId, assistant::Knowledge, time::Timestamp},
    ports::KnowledgeRepository,
};
use sqlx::postgres::PgRow;

use super::{PgDb, Row, query, row, statements, write};

macro_rules! columns {
    () => {
        "organization_id, id, assistant_id, question, answer, created_at, updated_at"
    };
}

statements! {
    INSERT = [
        "INSERT INTO knowledge (", columns!(), ") SELECT $1, $2, $3, $4, $5, $6, $7 \
         WHERE EXISTS (SELECT 1 FROM assistants WHERE organization_id = $1 AND id = $3) ON CONFLICT DO NOTHING"
    ];
    ASSISTANT_EXISTS = ["SELECT EXISTS (SELECT 1 FROM assistants WHERE organization_id = $1 AND id = $2)"];
    LIST = [
        "SELECT ", columns!(), " FROM knowledge WHERE organization_id = $1 AND assistant_id = $2 ORDER BY created_at, id"
    ];
    GET = ["SELECT ", columns!(), " FROM knowledge WHERE organization_id = $1 AND id = $2"];
    UPDATE = [
        "UPDATE knowledge SET assistant_id = $3, question = $4, answer = $5, created_at = $6, updated_at = $7 \
         WHERE organization_id = $1 AND id = $2 AND updated_at = $8"
    ];
    STORED = ["SELECT id FROM knowledge WHERE organization_id = $1 AND id = $2"];
    DELETE = ["DELETE FROM knowledge WHERE organization_id = $1 AND id = $2"];
}

fn read(row: &PgRow) -> Result<Knowledge> {
    let mut row = Row::new("knowledge", row);
    Ok(Knowledge {
        organization_id: row.id(OrganizationId::from_uuid)?,
        id: row.id(KnowledgeId::from_uuid)?,
        assistant_id: row.id(AssistantId::from_uuid)?,
        question: row.take()?,
        answer: row.take()?,
        created_at: row.at()?,
        updated_at: row.at()?,
    })
}

fn bind<'q>(sql: &'static str, entry: &'q Knowledge) -> crate::postgres::tx::Query<'q> {
    query(sql)
        .bind(entry.organization_id.as_uuid())
        .bind(entry.id.as_uuid())
        .bind(entry.assistant_id.as_uuid())
        .bind(entry.question.as_deref())
        .bind(entry.answer.as_str())
        .bind(entry.created_at)
        .bind(entry.updated_at)
}

/// Keeps knowledge entries.
pub(in crate::postgres) struct PgKnowledgeRepository {
    db: PgDb,
}

impl PgKnowledgeRepository {
    pub(in crate::postgres) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl KnowledgeRepository for PgKnowledgeRepository {
    async fn insert(&self, entry: &Knowledge) -> Result<()> {
        let mut tx = self.db.write().await?;
        if tx.execute(bind(INSERT, entry)).await? > 0 {
            return Ok(());
        }
        let assistant =
            query(ASSISTANT_EXISTS).bind(entry.organization_id.as_uuid()).bind(entry.assistant_id.as_uuid());
        Err(write::refused(&mut tx, assistant, ("assistant", "the entry's id is taken")).await?)
    }

    async fn list(&self, organization: OrganizationId, assistant: AssistantId) -> Result<Vec<Knowledge>> {
        let list = query(LIST).bind(organization.as_uuid()).bind(assistant.as_uuid());
        row::all(&self.db.fetch_all(list).await?, read)
    }

    async fn get(&self, organization: OrganizationId, id: KnowledgeId) -> Result<Option<Knowledge>> {
        let get = query(GET).bind(organization.as_uuid()).bind(id.as_uuid());
        row::one(self.db.fetch_optional(get).await?.as_ref(), read)
    }

    async fn update(&self, entry: &Knowledge, seen: Timestamp) -> Result<()> {
        let stored = query(STORED).bind(entry.organization_id.as_uuid()).bind(entry.id.as_uuid());
        let update = bind(UPDATE, entry).bind(seen);
        write::update(&mut self.db.write().await?, update, stored, "knowledge entry").await
    }

    async fn delete(&self, organization: OrganizationId, id: KnowledgeId) -> Result<bool> {
        let delete = query(DELETE).bind(organization.as_uuid()).bind(id.as_uuid());
        Ok(self.db.write().await?.execute(delete).await? > 0)
    }
}
