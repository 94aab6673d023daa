//! Hand-offs.

use std::sync::Arc;

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::{
        ConversationId, HandOffId, OrganizationId,
        conversation::{HandOff, HandOffStatus},
        time::Timestamp,
    },
    error::{Error, Result},
    memory::{
        map::{Index, Map},
        tables::{free, next_version},
        unit::MemoryRepositories,
    },
    ports::HandOffRepository,
};

#[derive(RedactedDebug, Clone, Default)]
pub(in crate::memory) struct HandOffs {
    rows: Map<(OrganizationId, HandOffId), Arc<HandOff>>,
    by_conversation: Index<(OrganizationId, ConversationId), (Timestamp, HandOffId)>,
    /// Of those that are requested.
    by_expiry: Index<(), (Timestamp, (HandOffId, OrganizationId))>,
}

type ConversationRank = ((OrganizationId, ConversationId), (Timestamp, HandOffId));
type ExpiryRank = ((), (Timestamp, (HandOffId, OrganizationId)));

impl HandOffs {
    fn of(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
    ) -> impl DoubleEndedIterator<Item = &Arc<HandOff>> {
        let ids = self.by_conversation.of((organization, conversation));
        ids.filter_map(move |(_, id)| self.rows.get(&(organization, id)))
    }

    /// One hand-off of a conversation is open.
    fn check_open(&self, hand_off: &HandOff) -> Result<()> {
        let others = self.of(hand_off.organization_id, hand_off.conversation_id);
        let mut others = others.filter(|other| other.id != hand_off.id && other.status.is_open());
        if hand_off.status.is_open() && others.next().is_some() {
            return Err(Error::conflict("the conversation is being handed off already"));
        }
        Ok(())
    }

    /// Removes what was written about a conversation's hand-offs.
    pub(in crate::memory) fn forget(&mut self, organization: OrganizationId, conversation: ConversationId) {
        let stored: Vec<_> = self.of(organization, conversation).cloned().collect();
        for row in stored {
            self.store(HandOff { reason: String::new(), version: row.version + 1, ..HandOff::clone(&row) });
        }
    }

    fn conversation_rank(hand_off: &HandOff) -> ConversationRank {
        ((hand_off.organization_id, hand_off.conversation_id), (hand_off.requested_at, hand_off.id))
    }

    fn expiry_rank(hand_off: &HandOff) -> Option<ExpiryRank> {
        let rank = ((), (hand_off.expires_at, (hand_off.id, hand_off.organization_id)));
        matches!(hand_off.status, HandOffStatus::Requested | HandOffStatus::Accepted).then_some(rank)
    }

    fn store(&mut self, hand_off: HandOff) {
        let key = (hand_off.organization_id, hand_off.id);
        let old = self.rows.get(&key).cloned();
        let old = old.as_deref();
        self.by_conversation.rekey(old.map(Self::conversation_rank), Some(Self::conversation_rank(&hand_off)));
        self.by_expiry.rekey(old.and_then(Self::expiry_rank), Self::expiry_rank(&hand_off));
        self.rows.insert(key, Arc::new(hand_off));
    }
}

#[async_trait]
impl HandOffRepository for MemoryRepositories {
    async fn insert(&self, hand_off: &HandOff) -> Result<()> {
        self.write(|tables| {
            free("hand-off id", tables.hand_offs.rows.contains(&(hand_off.organization_id, hand_off.id)))?;
            tables.hand_offs.check_open(hand_off)?;
            tables.need_conversation(hand_off.organization_id, hand_off.conversation_id)?;
            tables.hand_offs.store(hand_off.clone());
            Ok(())
        })
    }

    async fn get(&self, organization: OrganizationId, id: HandOffId) -> Result<Option<HandOff>> {
        self.read(|tables| Ok(tables.hand_offs.rows.get(&(organization, id)).map(|row| HandOff::clone(row))))
    }

    async fn latest(&self, organization: OrganizationId, conversation: ConversationId) -> Result<Option<HandOff>> {
        self.read(|tables| {
            let newest = tables.hand_offs.of(organization, conversation).next_back();
            Ok(newest.map(|row| HandOff::clone(row)))
        })
    }

    async fn update(&self, hand_off: &HandOff) -> Result<()> {
        self.write(|tables| {
            let stored = tables.hand_offs.rows.get(&(hand_off.organization_id, hand_off.id));
            let stored = stored.ok_or_else(|| Error::not_found("hand-off"))?;
            let version = next_version("hand-off", stored.version, hand_off.version)?;
            tables.hand_offs.check_open(hand_off)?;
            tables.need_conversation(hand_off.organization_id, hand_off.conversation_id)?;
            tables.hand_offs.store(HandOff { version, ..hand_off.clone() });
            Ok(())
        })
    }

    async fn expired(&self, now: Timestamp, limit: u32) -> Result<Vec<HandOff>> {
        self.read(|tables| {
            let ranks = tables.hand_offs.by_expiry.until((), now).take(limit as usize);
            let rows = ranks.filter_map(|(_, (id, organization))| tables.hand_offs.rows.get(&(organization, id)));
            Ok(rows.map(|row| HandOff::clone(row)).collect())
        })
    }
}
