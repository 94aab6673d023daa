//! Utterances.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use rpds::VectorSync;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::{ConversationId, OrganizationId, TranscriptId, conversation::Transcript, time::Timestamp},
    error::{Error, Result},
    memory::{map::Map, unit::MemoryRepositories},
    ports::{TranscriptRepository, UtteranceAnalysis, Words},
};

/// A conversation's utterances: number 1 first, and no number left out.
type Utterances = VectorSync<Arc<Transcript>>;

#[derive(RedactedDebug, Clone, Default)]
pub(in crate::memory) struct Transcripts {
    rows: Map<(OrganizationId, ConversationId), Utterances>,
}

impl Transcripts {
    /// A conversation's utterances, ascending.
    pub(in crate::memory) fn of(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
    ) -> impl DoubleEndedIterator<Item = &Arc<Transcript>> {
        self.rows.get(&(organization, conversation)).into_iter().flat_map(VectorSync::iter)
    }

    /// Changes each of a conversation's utterances.
    pub(in crate::memory) fn change_all(
        &mut self,
        organization: OrganizationId,
        conversation: ConversationId,
        change: impl Fn(&mut Transcript),
    ) {
        let changed = self.of(organization, conversation).map(|utterance| {
            let mut utterance = Transcript::clone(utterance);
            change(&mut utterance);
            Arc::new(utterance)
        });
        let changed: Utterances = changed.collect();
        if !changed.is_empty() {
            self.rows.insert((organization, conversation), changed);
        }
    }
}

#[async_trait]
impl TranscriptRepository for MemoryRepositories {
    async fn append(&self, utterances: &[Transcript]) -> Result<()> {
        self.write(|tables| {
            let Some(first) = utterances.first() else { return Ok(()) };
            let group = (first.organization_id, first.conversation_id);
            if utterances.iter().any(|utterance| (utterance.organization_id, utterance.conversation_id) != group) {
                let detail = "Utterances of one conversation are appended at a time";
                return Err(Error::invalid("conversation_id", "format", detail));
            }
            tables.need_conversation(group.0, group.1)?;
            let mut stored = tables.transcripts.rows.get(&group).cloned().unwrap_or_else(Utterances::new_sync);
            for utterance in utterances {
                if usize::try_from(utterance.seq) != Ok(stored.len() + 1) {
                    return Err(Error::conflict("the number of an utterance is taken or leaves a gap"));
                }
                stored.push_back_mut(Arc::new(utterance.clone()));
            }
            tables.transcripts.rows.insert(group, stored);
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
            let Some(stored) = tables.transcripts.rows.get(&(organization, conversation)) else {
                return Ok(Vec::new());
            };
            let after = usize::try_from(after_seq.max(0)).unwrap_or(usize::MAX);
            let rows = (after..stored.len()).take(limit as usize).filter_map(|at| stored.get(at));
            Ok(rows.map(|utterance| Transcript::clone(utterance)).collect())
        })
    }

    async fn first_of(
        &self,
        organization: OrganizationId,
        conversations: &[ConversationId],
        each: u32,
    ) -> Result<Vec<Transcript>> {
        let conversations: BTreeSet<_> = conversations.iter().collect();
        self.read(|tables| {
            let first = |conversation: &ConversationId| {
                let said = tables.transcripts.of(organization, *conversation).take(each as usize);
                said.map(|utterance| Transcript::clone(utterance)).collect::<Vec<_>>()
            };
            Ok(conversations.into_iter().flat_map(first).collect())
        })
    }

    async fn tail(&self, organization: OrganizationId, conversation: ConversationId, limit: u32) -> Result<Vec<Words>> {
        self.read(|tables| {
            let rows = tables.transcripts.of(organization, conversation).rev().take(limit as usize);
            let words =
                |one: &Arc<Transcript>| Words { seq: one.seq, speaker: one.speaker, content: one.content.clone() };
            let mut tail: Vec<_> = rows.map(words).collect();
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
            let analyses: HashMap<_, _> = analyses.iter().map(|analysis| (analysis.id, analysis)).collect();
            let group = (organization, conversation);
            let Some(mut stored) = tables.transcripts.rows.get(&group).cloned() else { return Ok(()) };
            for at in 0..stored.len() {
                let Some(utterance) = stored.get(at) else { break };
                if let Some(analysis) = analyses.get(&utterance.id) {
                    let changed = Transcript {
                        sentiment: Some(analysis.sentiment),
                        sentiment_value: Some(analysis.value),
                        confidence: Some(analysis.confidence),
                        keywords: analysis.keywords.clone(),
                        ..Transcript::clone(utterance)
                    };
                    stored.set_mut(at, Arc::new(changed));
                }
            }
            tables.transcripts.rows.insert(group, stored);
            Ok(())
        })
    }

    async fn rewrite(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        contents: &[(TranscriptId, String)],
    ) -> Result<()> {
        self.write(|tables| {
            let contents: HashMap<_, _> = contents.iter().map(|(id, content)| (*id, content)).collect();
            tables.transcripts.change_all(organization, conversation, |utterance| {
                if let Some(content) = contents.get(&utterance.id) {
                    utterance.content.clone_from(content);
                }
            });
            Ok(())
        })
    }

    async fn purge(&self, organization: OrganizationId, before: Timestamp, limit: u32) -> Result<u64> {
        self.write(|tables| {
            let ended = tables.conversations.by_end.before(organization, before).map(|(_, id)| (organization, id));
            let with_words = ended.filter(|group| tables.transcripts.rows.contains(group));
            let purged: Vec<_> = with_words.take(limit as usize).collect();
            let mut utterances = 0;
            for group in purged {
                utterances += tables.transcripts.of(group.0, group.1).count() as u64;
                tables.transcripts.rows.remove(&group);
            }
            Ok(utterances)
        })
    }
}
