//! Utterances.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{ConversationId, OrganizationId, TranscriptId, conversation::Transcript, time::Timestamp},
    ports::{TranscriptRepository, UtteranceAnalysis, Words},
};
use sqlx::sqlite::SqliteRow;

use super::super::{
    codec::{Bind, Fields, all, ids, json},
    db::query,
    repositories::repository,
    sql::statements,
};

macro_rules! columns {
    () => {
        "organization_id, conversation_id, seq, id, speaker, content, sentiment, sentiment_value, confidence, offset_s, \
         duration_s, keywords, tools, model, response_ms, interrupted, created_at"
    };
}

statements! {
    // Nothing without the conversation.
    LAST = [
        "SELECT (SELECT coalesce(max(seq), 0) FROM transcripts WHERE organization_id = ?1 AND conversation_id = ?2), \
         started_at, assistant_id FROM conversations WHERE organization_id = ?1 AND id = ?2"
    ];
    APPEND = [
        "INSERT INTO transcripts (", columns!(), ", began_at, assistant_id) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ];
    LIST = [
        "SELECT ", columns!(), " FROM transcripts WHERE organization_id = ? AND conversation_id = ? AND seq > ? \
         ORDER BY seq LIMIT ?"
    ];
    FIRST_OF = [
        "SELECT ", columns!(), " FROM (SELECT *, row_number() OVER (PARTITION BY conversation_id ORDER BY seq) AS place \
         FROM transcripts WHERE organization_id = ? AND conversation_id IN (SELECT unhex(value) FROM json_each(?))) \
         WHERE place <= ? ORDER BY conversation_id, seq"
    ];
    TAIL = [
        "SELECT seq, speaker, content FROM transcripts WHERE organization_id = ? AND conversation_id = ? \
         ORDER BY seq DESC LIMIT ?"
    ];
    SET_ANALYSIS = [
        "UPDATE transcripts SET sentiment = ?, sentiment_value = ?, confidence = ?, keywords = ? \
         WHERE organization_id = ? AND conversation_id = ? AND id = ?"
    ];
    REWRITE = ["UPDATE transcripts SET content = ? WHERE organization_id = ? AND conversation_id = ? AND id = ?"];
    PURGE = [
        "DELETE FROM transcripts WHERE organization_id = ?1 AND conversation_id IN (SELECT id FROM conversations \
         WHERE organization_id = ?1 AND ended_at < ?2 AND EXISTS (SELECT 1 FROM transcripts AS said \
         WHERE said.organization_id = ?1 AND said.conversation_id = conversations.id) \
         ORDER BY ended_at, id LIMIT ?3)"
    ];
}

repository! {
    /// Keeps utterances.
    SqliteTranscriptRepository
}

fn read(row: &SqliteRow) -> Result<Transcript> {
    let mut f = Fields::new("transcripts", row);
    Ok(Transcript {
        organization_id: f.id(OrganizationId::from_uuid)?,
        conversation_id: f.id(ConversationId::from_uuid)?,
        seq: f.int()?,
        id: f.id(TranscriptId::from_uuid)?,
        speaker: f.word()?,
        content: f.text()?,
        sentiment: f.opt_word()?,
        sentiment_value: f.opt_real()?,
        confidence: f.opt_real()?,
        offset_s: f.real()?,
        duration_s: f.opt_real()?,
        keywords: f.json()?,
        tools: f.json()?,
        model: f.opt_text()?,
        response_ms: f.opt_int()?,
        interrupted: f.flag()?,
        created_at: f.at()?,
    })
}

#[async_trait]
impl TranscriptRepository for SqliteTranscriptRepository {
    async fn append(&self, utterances: &[Transcript]) -> Result<()> {
        let mut write = self.db.write().await?;
        let Some(first) = utterances.first() else { return Ok(()) };
        let of = |one: &Transcript| (one.organization_id, one.conversation_id);
        if utterances.iter().any(|one| of(one) != of(first)) {
            write.give_up();
            let detail = "Utterances of one conversation are appended at a time";
            return Err(Error::invalid("conversation_id", "format", detail));
        }
        let last = query(LAST).bind(first.organization_id.as_uuid()).bind(first.conversation_id.as_uuid());
        let Some(last) = write.row(last).await? else { return Err(Error::not_found("conversation")) };
        let mut f = Fields::new("conversations", &last);
        let (last, began_at, assistant_id): (i64, i64, uuid::Uuid) = (f.int()?, f.int()?, f.id(|id| id)?);
        for (utterance, seq) in utterances.iter().zip(last + 1..) {
            if utterance.seq != seq {
                return Err(Error::conflict(format!(
                    "utterance {} does not follow the last, {}",
                    utterance.seq,
                    seq - 1
                )));
            }
        }
        write.begin_many();
        for utterance in utterances {
            let append = query(APPEND)
                .bind(utterance.organization_id.as_uuid())
                .bind(utterance.conversation_id.as_uuid())
                .bind(utterance.seq)
                .bind(utterance.id.as_uuid())
                .bind(utterance.speaker.as_str())
                .bind(utterance.content.as_str())
                .bind(utterance.sentiment.map(|sentiment| sentiment.as_str()))
                .bind(utterance.sentiment_value)
                .bind(utterance.confidence)
                .bind(utterance.offset_s)
                .bind(utterance.duration_s)
                .bind(json(&utterance.keywords)?)
                .bind(json(&utterance.tools)?)
                .bind(utterance.model.as_deref())
                .bind(utterance.response_ms)
                .bind(utterance.interrupted)
                .at(utterance.created_at)
                .bind(began_at)
                .bind(assistant_id);
            write.execute(append).await?;
        }
        write.whole();
        Ok(())
    }

    async fn list(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        after_seq: i64,
        limit: u32,
    ) -> Result<Vec<Transcript>> {
        let list = query(LIST).bind(organization.as_uuid()).bind(conversation.as_uuid()).bind(after_seq).bind(limit);
        all(&self.db.rows(list).await?, read)
    }

    async fn first_of(
        &self,
        organization: OrganizationId,
        conversations: &[ConversationId],
        each: u32,
    ) -> Result<Vec<Transcript>> {
        let conversations = ids(conversations.iter().map(|id| id.as_uuid()));
        let first = query(FIRST_OF).bind(organization.as_uuid()).bind(conversations).bind(each);
        all(&self.db.rows(first).await?, read)
    }

    async fn tail(&self, organization: OrganizationId, conversation: ConversationId, limit: u32) -> Result<Vec<Words>> {
        let tail = query(TAIL).bind(organization.as_uuid()).bind(conversation.as_uuid()).bind(limit);
        let mut words = all(&self.db.rows(tail).await?, |row| {
            let mut f = Fields::new("transcripts", row);
            Ok(Words { seq: f.int()?, speaker: f.word()?, content: f.text()? })
        })?;
        words.reverse();
        Ok(words)
    }

    async fn set_analysis(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        analyses: &[UtteranceAnalysis],
    ) -> Result<()> {
        let mut write = self.db.write().await?;
        write.begin_many();
        for analysis in analyses {
            let set = query(SET_ANALYSIS)
                .bind(analysis.sentiment.as_str())
                .bind(analysis.value)
                .bind(analysis.confidence)
                .bind(json(&analysis.keywords)?)
                .bind(organization.as_uuid())
                .bind(conversation.as_uuid())
                .bind(analysis.id.as_uuid());
            write.execute(set).await?;
        }
        write.whole();
        Ok(())
    }

    async fn rewrite(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        contents: &[(TranscriptId, String)],
    ) -> Result<()> {
        let mut write = self.db.write().await?;
        write.begin_many();
        for (id, content) in contents {
            let rewrite = query(REWRITE)
                .bind(content.as_str())
                .bind(organization.as_uuid())
                .bind(conversation.as_uuid())
                .bind(id.as_uuid());
            write.execute(rewrite).await?;
        }
        write.whole();
        Ok(())
    }

    async fn purge(&self, organization: OrganizationId, before: Timestamp, limit: u32) -> Result<u64> {
        let purge = query(PURGE).bind(organization.as_uuid()).at(before).bind(limit);
        Ok(self.db.write().await?.execute(purge).await?)
    }
}
