//! Utterances.

use std::{ops::Bound, sync::Arc};

use async_trait::async_trait;

use crate::{
    domain::{ConversationId, OrganizationId, conversation::Transcript, time::Timestamp},
    error::{Error, ErrorKind, Result},
    memory::{map::Map, unit::MemoryRepositories},
    ports::{TranscriptRepository, UtteranceAnalysis},
};

#[derive(Debug, Clone, Default)]
pub(in crate::memory) struct Transcripts {
    rows: Map<((OrganizationId, ConversationId), i64), Arc<Transcript>>,
}

impl Transcripts {
    /// A conversation's utterances, ascending.
    pub(in crate::memory) fn of(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
    ) -> impl DoubleEndedIterator<Item = &Arc<Transcript>> {
        self.rows.group((organization, conversation))
    }

    /// Changes each of a conversation's utterances.
    pub(in crate::memory) fn change_all(
        &mut self,
        organization: OrganizationId,
        conversation: ConversationId,
        change: impl Fn(&mut Transcript),
    ) {
        let stored: Vec<_> = self.of(organization, conversation).cloned().collect();
        for mut utterance in stored {
            change(Arc::make_mut(&mut utterance));
            self.rows.insert(((organization, conversation), utterance.seq), utterance);
        }
    }

    fn remove_all(&mut self, organization: OrganizationId, conversation: ConversationId) -> u64 {
        let numbers: Vec<_> = self.of(organization, conversation).map(|utterance| utterance.seq).collect();
        for seq in &numbers {
            self.rows.remove(&((organization, conversation), *seq));
        }
        numbers.len() as u64
    }
}

#[async_trait]
impl TranscriptRepository for MemoryRepositories {
    async fn append(&self, utterances: &[Transcript]) -> Result<()> {
        self.write(|tables| {
            let Some(first) = utterances.first() else { return Ok(()) };
            let group = (first.organization_id, first.conversation_id);
            if utterances.iter().any(|utterance| (utterance.organization_id, utterance.conversation_id) != group) {
                return Err(Error::new(ErrorKind::Misconfigured, "utterances are appended to one conversation"));
            }
            tables.need_conversation(group.0, group.1)?;
            let table = &mut tables.transcripts;
            let last = table.of(group.0, group.1).next_back().map_or(0, |utterance| utterance.seq);
            for (utterance, expected) in utterances.iter().zip(last + 1..) {
                if utterance.seq != expected {
                    return Err(Error::conflict("the number of an utterance is taken or leaves a gap"));
                }
            }
            for utterance in utterances {
                table.rows.insert((group, utterance.seq), Arc::new(utterance.clone()));
            }
            Ok(())
        })
    }

    async fn list(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        after_seq: i64,
        limit: u32,
    ) -> Result<Vec<Transcript>> {
        self.read(|tables| {
            let group = (organization, conversation);
            let range = (Bound::Excluded((group, after_seq)), Bound::Included((group, i64::MAX)));
            let rows = tables.transcripts.rows.range(range.0, range.1).take(limit as usize);
            Ok(rows.map(|(_, utterance)| Transcript::clone(utterance)).collect())
        })
    }

    async fn tail(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        limit: u32,
    ) -> Result<Vec<Transcript>> {
        self.read(|tables| {
            let rows = tables.transcripts.of(organization, conversation).rev().take(limit as usize);
            let mut tail: Vec<_> = rows.map(|utterance| Transcript::clone(utterance)).collect();
            tail.reverse();
            Ok(tail)
        })
    }

    async fn set_analysis(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        analyses: &[UtteranceAnalysis],
    ) -> Result<()> {
        self.write(|tables| {
            let table = &mut tables.transcripts;
            let stored: Vec<_> = table.of(organization, conversation).cloned().collect();
            for mut utterance in stored {
                if let Some(analysis) = analyses.iter().rfind(|analysis| analysis.id == utterance.id) {
                    let changed = Arc::make_mut(&mut utterance);
                    changed.sentiment = Some(analysis.sentiment);
                    changed.sentiment_value = Some(analysis.value);
                    changed.confidence = Some(analysis.confidence);
                    changed.keywords.clone_from(&analysis.keywords);
                    table.rows.insert(((organization, conversation), utterance.seq), utterance);
                }
            }
            Ok(())
        })
    }

    async fn purge(&self, organization: OrganizationId, before: Timestamp, limit: u32) -> Result<u64> {
        self.write(|tables| {
            let (conversations, transcripts) = (&tables.conversations, &mut tables.transcripts);
            let ended = conversations.by_end.before(organization, before).map(|(_, id)| id);
            let with_words = ended.filter(|id| transcripts.of(organization, *id).next().is_some());
            let purged: Vec<_> = with_words.take(limit as usize).collect();
            Ok(purged.into_iter().map(|id| transcripts.remove_all(organization, id)).sum())
        })
    }
}
