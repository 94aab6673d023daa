//! Utterances.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{ConversationId, OrganizationId, TranscriptId, conversation::Transcript, time::Timestamp},
    ports::{TranscriptRepository, UtteranceAnalysis, Words},
};
use sqlx::{postgres::PgRow, types::Json};

use super::{PgDb, Query, Row, query, row, statements};

macro_rules! columns {
    () => {
        "organization_id, conversation_id, seq, id, speaker, content, sentiment, sentiment_value, confidence, \
         offset_s, duration_s, keywords, tools, model, response_ms, interrupted, created_at"
    };
}

/// The insertion of one utterance after the arguments of its conversation, as [`bind`] gives it, up to where it is selected
/// from.
macro_rules! insert_one {
    () => {
        "INSERT INTO transcripts (organization_id, conversation_id, seq, id, speaker, content, sentiment, \
         sentiment_value, confidence, offset_s, duration_s, keywords, tools, model, response_ms, interrupted, \
         created_at, conversation_started_at) SELECT $1, $2, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, \
         $42, $43, $44, $45, $24"
    };
}
pub(super) use insert_one;

statements! {
    // Only right after the last one, and only in a conversation that is there.
    APPEND = [
        "INSERT INTO transcripts (", columns!(), ", conversation_started_at) \
         SELECT $1, $2, t.*, c.started_at FROM unnest($3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[], \
         $8::float8[], $9::float8[], $10::float8[], $11::float8[], $12::jsonb[], $13::jsonb[], $14::text[], \
         $15::bigint[], $16::boolean[], $17::timestamptz[]) AS t \
         JOIN conversations c ON c.organization_id = $1 AND c.id = $2 \
         WHERE $3[1] = 1 + coalesce((SELECT max(seq) FROM transcripts WHERE organization_id = $1 \
         AND conversation_id = $2), 0) ON CONFLICT DO NOTHING RETURNING id"
    ];
    // What went in although another unit had taken a number before it.
    WITHDRAW = ["DELETE FROM transcripts WHERE organization_id = $1 AND conversation_id = $2 AND id = ANY($3)"];
    CONVERSATION_EXISTS = ["SELECT EXISTS (SELECT 1 FROM conversations WHERE organization_id = $1 AND id = $2)"];
    LIST = [
        "SELECT ", columns!(), " FROM transcripts WHERE organization_id = $1 AND conversation_id = $2 AND seq > $3 \
         ORDER BY seq LIMIT $4"
    ];
    FIRST_OF = [
        "SELECT ", columns!(), " FROM (SELECT DISTINCT unnest($2::uuid[]) AS wanted) AS asked \
         CROSS JOIN LATERAL (SELECT ", columns!(), " FROM transcripts WHERE organization_id = $1 \
         AND conversation_id = wanted ORDER BY seq LIMIT $3) AS said ORDER BY conversation_id, seq"
    ];
    TAIL = [
        "SELECT seq, speaker, content FROM transcripts WHERE organization_id = $1 AND conversation_id = $2 \
         ORDER BY seq DESC LIMIT $3"
    ];
    SET_ANALYSIS = [
        "UPDATE transcripts t SET sentiment = a.sentiment, sentiment_value = a.value, confidence = a.confidence, \
         keywords = a.keywords \
         FROM unnest($3::uuid[], $4::text[], $5::float8[], $6::float8[], $7::jsonb[]) \
         AS a (id, sentiment, value, confidence, keywords) \
         WHERE t.organization_id = $1 AND t.conversation_id = $2 AND t.id = a.id"
    ];
    REWRITE = [
        "UPDATE transcripts t SET content = r.content FROM unnest($3::uuid[], $4::text[]) AS r (id, content) \
         WHERE t.organization_id = $1 AND t.conversation_id = $2 AND t.id = r.id"
    ];
    PURGE = [
        "DELETE FROM transcripts WHERE organization_id = $1 AND conversation_id IN (SELECT c.id FROM conversations c \
         WHERE c.organization_id = $1 AND c.ended_at < $2 AND EXISTS (SELECT 1 FROM transcripts t \
         WHERE t.organization_id = $1 AND t.conversation_id = c.id) ORDER BY c.ended_at, c.id LIMIT $3)"
    ];
}

fn read(row: &PgRow) -> Result<Transcript> {
    let mut row = Row::new("transcripts", row);
    Ok(Transcript {
        organization_id: row.id(OrganizationId::from_uuid)?,
        conversation_id: row.id(ConversationId::from_uuid)?,
        seq: row.take()?,
        id: row.id(TranscriptId::from_uuid)?,
        speaker: row.word()?,
        content: row.take()?,
        sentiment: row.maybe_word()?,
        sentiment_value: row.take()?,
        confidence: row.take()?,
        offset_s: row.take()?,
        duration_s: row.take()?,
        keywords: row.json()?,
        tools: row.json()?,
        model: row.take()?,
        response_ms: row.maybe_number()?,
        interrupted: row.take()?,
        created_at: row.at()?,
    })
}

/// One array for each column of the utterances.
fn append(utterances: &[Transcript], organization: OrganizationId, conversation: ConversationId) -> Query<'_> {
    macro_rules! each {
        (|$one:ident| $value:expr) => {
            utterances.iter().map(|$one| $value).collect::<Vec<_>>()
        };
    }
    query(APPEND)
        .bind(organization.as_uuid())
        .bind(conversation.as_uuid())
        .bind(each!(|one| one.seq))
        .bind(each!(|one| one.id.as_uuid()))
        .bind(each!(|one| one.speaker.as_str()))
        .bind(each!(|one| one.content.as_str()))
        .bind(each!(|one| one.sentiment.map(|sentiment| sentiment.as_str())))
        .bind(each!(|one| one.sentiment_value))
        .bind(each!(|one| one.confidence))
        .bind(each!(|one| one.offset_s))
        .bind(each!(|one| one.duration_s))
        .bind(each!(|one| Json(&one.keywords)))
        .bind(each!(|one| Json(&one.tools)))
        .bind(each!(|one| one.model.as_deref()))
        .bind(each!(|one| one.response_ms.map(i64::from)))
        .bind(each!(|one| one.interrupted))
        .bind(each!(|one| one.created_at))
}

/// The arguments 31 to 45 of an insertion.
pub(super) fn bind<'q>(query: Query<'q>, said: &'q Transcript) -> Query<'q> {
    query
        .bind(said.seq)
        .bind(said.id.as_uuid())
        .bind(said.speaker.as_str())
        .bind(said.content.as_str())
        .bind(said.sentiment.map(|sentiment| sentiment.as_str()))
        .bind(said.sentiment_value)
        .bind(said.confidence)
        .bind(said.offset_s)
        .bind(said.duration_s)
        .bind(Json(&said.keywords))
        .bind(Json(&said.tools))
        .bind(said.model.as_deref())
        .bind(said.response_ms.map(i64::from))
        .bind(said.interrupted)
        .bind(said.created_at)
}

/// Why an utterance is refused in a conversation that is there.
pub(super) fn out_of_line() -> Error {
    Error::conflict("the utterance's number is taken or leaves a gap")
}

/// Keeps utterances.
pub(in crate::postgres) struct PgTranscriptRepository {
    db: PgDb,
}

impl PgTranscriptRepository {
    pub(in crate::postgres) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl TranscriptRepository for PgTranscriptRepository {
    async fn append(&self, utterances: &[Transcript]) -> Result<()> {
        let mut tx = self.db.write().await?;
        let Some(first) = utterances.first() else { return Ok(()) };
        let (organization, conversation) = (first.organization_id, first.conversation_id);
        let one_conversation =
            utterances.iter().all(|one| (one.organization_id, one.conversation_id) == (organization, conversation));
        if !one_conversation {
            tx.give_up();
            return Err(Error::invalid(
                "conversation_id",
                "format",
                "Utterances of one conversation are appended at a time",
            ));
        }
        let of = |sql| query(sql).bind(organization.as_uuid()).bind(conversation.as_uuid());
        let gapless = utterances.windows(2).all(|pair| pair[1].seq == pair[0].seq + 1);
        let added =
            if gapless { tx.returning(append(utterances, organization, conversation)).await? } else { Vec::new() };
        if added.len() == utterances.len() {
            return Ok(());
        }
        if !added.is_empty() {
            let ids = row::all(&added, |row| Row::new("transcripts", row).take::<uuid::Uuid>())?;
            tx.execute(of(WITHDRAW).bind(ids)).await?;
        }
        let exists = row::yes(tx.fetch_optional(of(CONVERSATION_EXISTS)).await?.as_ref())?;
        Err(if exists { out_of_line() } else { Error::not_found("conversation") })
    }

    async fn list(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        after_seq: i64,
        limit: u32,
    ) -> Result<Vec<Transcript>> {
        let list = query(LIST)
            .bind(organization.as_uuid())
            .bind(conversation.as_uuid())
            .bind(after_seq)
            .bind(i64::from(limit));
        row::all(&self.db.fetch_all(list).await?, read)
    }

    async fn first_of(
        &self,
        organization: OrganizationId,
        conversations: &[ConversationId],
        each: u32,
    ) -> Result<Vec<Transcript>> {
        let conversations: Vec<_> = conversations.iter().map(|id| id.as_uuid()).collect();
        let first = query(FIRST_OF).bind(organization.as_uuid()).bind(conversations).bind(i64::from(each));
        row::all(&self.db.fetch_all(first).await?, read)
    }

    async fn tail(&self, organization: OrganizationId, conversation: ConversationId, limit: u32) -> Result<Vec<Words>> {
        let tail = query(TAIL).bind(organization.as_uuid()).bind(conversation.as_uuid()).bind(i64::from(limit));
        let mut last = row::all(&self.db.fetch_all(tail).await?, |row| {
            let mut row = Row::new("transcripts", row);
            Ok(Words { seq: row.take()?, speaker: row.word()?, content: row.take()? })
        })?;
        last.reverse();
        Ok(last)
    }

    async fn set_analysis(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        analyses: &[UtteranceAnalysis],
    ) -> Result<()> {
        let mut tx = self.db.write().await?;
        let set = query(SET_ANALYSIS)
            .bind(organization.as_uuid())
            .bind(conversation.as_uuid())
            .bind(analyses.iter().map(|one| one.id.as_uuid()).collect::<Vec<_>>())
            .bind(analyses.iter().map(|one| one.sentiment.as_str()).collect::<Vec<_>>())
            .bind(analyses.iter().map(|one| one.value).collect::<Vec<_>>())
            .bind(analyses.iter().map(|one| one.confidence).collect::<Vec<_>>())
            .bind(analyses.iter().map(|one| Json(&one.keywords)).collect::<Vec<_>>());
        tx.execute(set).await?;
        Ok(())
    }

    async fn rewrite(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        contents: &[(TranscriptId, String)],
    ) -> Result<()> {
        let mut tx = self.db.write().await?;
        let rewrite = query(REWRITE)
            .bind(organization.as_uuid())
            .bind(conversation.as_uuid())
            .bind(contents.iter().map(|(id, _)| id.as_uuid()).collect::<Vec<_>>())
            .bind(contents.iter().map(|(_, content)| content.as_str()).collect::<Vec<_>>());
        tx.execute(rewrite).await?;
        Ok(())
    }

    async fn purge(&self, organization: OrganizationId, before: Timestamp, limit: u32) -> Result<u64> {
        let purge = query(PURGE).bind(organization.as_uuid()).bind(before).bind(i64::from(limit));
        self.db.write().await?.execute(purge).await
    }
}
