//! What assistants know.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{AssistantId, KnowledgeId, OrganizationId, assistant::Knowledge, time::Timestamp},
    ports::KnowledgeRepository,
};
use sqlx::sqlite::SqliteRow;

use super::super::{
    codec::{Bind, Fields, all, one},
    db::query,
    repositories::repository,
    sql::statements,
};

macro_rules! columns {
    () => {
        "organization_id, id, assistant_id, question, answer, created_at, updated_at"
    };
}

statements! {
    INSERT = ["INSERT INTO knowledge (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?)"];
    LIST = [
        "SELECT ", columns!(), " FROM knowledge WHERE organization_id = ? AND assistant_id = ? ORDER BY created_at, id"
    ];
    GET = ["SELECT ", columns!(), " FROM knowledge WHERE organization_id = ? AND id = ?"];
    UPDATE = [
        "UPDATE knowledge SET assistant_id = ?, question = ?, answer = ?, created_at = ?, updated_at = ? \
         WHERE organization_id = ? AND id = ? AND updated_at = ?"
    ];
    STORED = ["SELECT id FROM knowledge WHERE organization_id = ? AND id = ?"];
    DELETE = ["DELETE FROM knowledge WHERE organization_id = ? AND id = ?"];
}

repository! {
    /// Keeps knowledge entries.
    SqliteKnowledgeRepository
}

fn read(row: &SqliteRow) -> Result<Knowledge> {
    let mut f = Fields::new("knowledge", row);
    Ok(Knowledge {
        organization_id: f.id(OrganizationId::from_uuid)?,
        id: f.id(KnowledgeId::from_uuid)?,
        assistant_id: f.id(AssistantId::from_uuid)?,
        question: f.opt_text()?,
        answer: f.text()?,
        created_at: f.at()?,
        updated_at: f.at()?,
    })
}

#[async_trait]
impl KnowledgeRepository for SqliteKnowledgeRepository {
    async fn insert(&self, entry: &Knowledge) -> Result<()> {
        let insert = query(INSERT)
            .bind(entry.organization_id.as_uuid())
            .bind(entry.id.as_uuid())
            .bind(entry.assistant_id.as_uuid())
            .bind(entry.question.as_deref())
            .bind(entry.answer.as_str())
            .at(entry.created_at)
            .at(entry.updated_at);
        let done = self.db.write().await?.execute(insert).await;
        done.map_err(|failure| failure.or_reference(|| Error::not_found("assistant")))?;
        Ok(())
    }

    async fn list(&self, organization: OrganizationId, assistant: AssistantId) -> Result<Vec<Knowledge>> {
        let list = query(LIST).bind(organization.as_uuid()).bind(assistant.as_uuid());
        all(&self.db.rows(list).await?, read)
    }

    async fn get(&self, organization: OrganizationId, id: KnowledgeId) -> Result<Option<Knowledge>> {
        one(self.db.row(query(GET).bind(organization.as_uuid()).bind(id.as_uuid())).await?, read)
    }

    async fn update(&self, entry: &Knowledge, seen: Timestamp) -> Result<()> {
        let update = query(UPDATE)
            .bind(entry.assistant_id.as_uuid())
            .bind(entry.question.as_deref())
            .bind(entry.answer.as_str())
            .at(entry.created_at)
            .at(entry.updated_at)
            .bind(entry.organization_id.as_uuid())
            .bind(entry.id.as_uuid())
            .at(seen);
        let mut write = self.db.write().await?;
        let done = write.execute(update).await;
        if done.map_err(|failure| failure.or_reference(|| Error::not_found("assistant")))? > 0 {
            return Ok(());
        }
        let stored = query(STORED).bind(entry.organization_id.as_uuid()).bind(entry.id.as_uuid());
        let what = "knowledge entry";
        Err(if write.rows(stored).await?.is_empty() { Error::not_found(what) } else { Error::stale(what) })
    }

    async fn delete(&self, organization: OrganizationId, id: KnowledgeId) -> Result<bool> {
        let delete = query(DELETE).bind(organization.as_uuid()).bind(id.as_uuid());
        Ok(self.db.write().await?.execute(delete).await? > 0)
    }
}
