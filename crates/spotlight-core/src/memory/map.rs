//! Persistent maps: a copy costs nothing and shares what neither side has changed since.

use std::ops::Bound;

use rpds::RedBlackTreeMapSync;
use spotlight_derive::RedactedDebug;
use uuid::Uuid;

use crate::{domain as d, domain::time::Timestamp, domain::user::SecretHash, ports::Between};

/// A persistent map in the order of its keys.
#[derive(RedactedDebug)]
pub(super) struct Map<K: Ord, V>(#[debug(hidden)] RedBlackTreeMapSync<K, V>);

impl<K: Ord, V> Clone for Map<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Ord, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(RedBlackTreeMapSync::new_sync())
    }
}

impl<K: Ord, V> Map<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)
    }

    pub(super) fn contains(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        self.0.insert_mut(key, value);
    }

    /// True when there was one.
    pub(super) fn remove(&mut self, key: &K) -> bool {
        // Removing a missing key would copy the path to where it would be.
        self.0.contains_key(key) && self.0.remove_mut(key)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.0.values()
    }

    /// The rows between two keys, ascending; none when the end is before the start, as a caller may ask.
    pub(super) fn range(&self, from: Bound<K>, to: Bound<K>) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        let sound = match (&from, &to) {
            (Bound::Excluded(from), Bound::Excluded(to)) => from < to,
            (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => from <= to,
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => true,
        };
        sound.then(|| self.0.range((from, to))).into_iter().flatten()
    }

    /// Changes the key of a value, in a map that finds rows by an attribute: absent keys are not in it.
    pub(super) fn rekey(&mut self, old: Option<K>, new: Option<K>, value: V) {
        if old == new {
            return;
        }
        if let Some(old) = old {
            self.0.remove_mut(&old);
        }
        if let Some(new) = new {
            self.insert(new, value);
        }
    }
}

impl<G: Ord + Copy, R: Ord + Ends, V> Map<(G, R), V> {
    /// The values of a group, in the order of the second part of their keys.
    pub(super) fn group(&self, group: G) -> impl DoubleEndedIterator<Item = &V> {
        let range = self.range(Bound::Included((group, R::LOW)), Bound::Included((group, R::HIGH)));
        range.map(|(_, value)| value)
    }
}

/// Ranks in groups: what finds a group's rows in an order.
#[derive(RedactedDebug)]
pub(super) struct Index<G: Ord, R: Ord>(Map<(G, R), ()>);

impl<G: Ord, R: Ord> Clone for Index<G, R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<G: Ord, R: Ord> Default for Index<G, R> {
    fn default() -> Self {
        Self(Map::default())
    }
}

impl<G: Ord + Copy, R: Ord + Ends + Copy> Index<G, R> {
    /// Moves an entry; absent on either side when it was not or is no longer in the index.
    pub(super) fn rekey(&mut self, old: Option<(G, R)>, new: Option<(G, R)>) {
        self.0.rekey(old, new, ());
    }

    /// The ranks of a group, ascending.
    pub(super) fn of(&self, group: G) -> impl DoubleEndedIterator<Item = R> {
        self.range(group, Bound::Included(R::LOW), Bound::Included(R::HIGH))
    }

    fn range(&self, group: G, from: Bound<R>, to: Bound<R>) -> impl DoubleEndedIterator<Item = R> {
        let pair = |rank| (group, rank);
        self.0.range(from.map(pair), to.map(pair)).map(|((_, rank), ())| *rank)
    }
}

impl<G: Ord + Copy, I: Ord + Ends + Copy> Index<G, (Timestamp, I)> {
    /// The ranks of a group whose instant is in the span, ascending.
    pub(super) fn between(&self, group: G, span: Between) -> impl DoubleEndedIterator<Item = (Timestamp, I)> {
        let from = Bound::Included((span.from.unwrap_or(Timestamp::LOW), I::LOW));
        let to = span.to.map_or(Bound::Included(<(Timestamp, I)>::HIGH), |to| Bound::Excluded((to, I::LOW)));
        self.range(group, from, to)
    }

    /// The ranks of a group whose instant is before another, ascending.
    pub(super) fn before(&self, group: G, at: Timestamp) -> impl DoubleEndedIterator<Item = (Timestamp, I)> {
        self.between(group, Between { from: None, to: Some(at) })
    }

    /// The ranks of a group whose instant is another or before it, ascending.
    pub(super) fn until(&self, group: G, at: Timestamp) -> impl DoubleEndedIterator<Item = (Timestamp, I)> {
        self.range(group, Bound::Included((Timestamp::LOW, I::LOW)), Bound::Included((at, I::HIGH)))
    }
}

/// The least and the greatest value of a type, as ends of a range.
pub(super) trait Ends {
    const LOW: Self;
    const HIGH: Self;
}

macro_rules! ends_of_ids {
    ($($id:ident),+ $(,)?) => {$(
        impl Ends for d::$id {
            const LOW: Self = Self::from_uuid(Uuid::nil());
            const HIGH: Self = Self::from_uuid(Uuid::max());
        }
    )+};
}

ends_of_ids! {
    OrganizationId, UserId, SessionId, ApiTokenId, LinkId, AssistantId, KnowledgeId, LeadId, ProposalId, ConversationId,
    HandOffId, AppointmentId, WebhookEndpointId, WebhookSourceId, WebhookDeliveryId, AuditEntryId, UsageId,
    ConsentId, OutboxId,
}

impl Ends for Timestamp {
    const LOW: Self = Self::MIN_UTC;
    const HIGH: Self = Self::MAX_UTC;
}

impl Ends for i64 {
    const LOW: Self = Self::MIN;
    const HIGH: Self = Self::MAX;
}

impl Ends for u64 {
    const LOW: Self = Self::MIN;
    const HIGH: Self = Self::MAX;
}

impl Ends for SecretHash {
    const LOW: Self = Self([0; 32]);
    const HIGH: Self = Self([u8::MAX; 32]);
}

impl<A: Ends, B: Ends> Ends for (A, B) {
    const LOW: Self = (A::LOW, B::LOW);
    const HIGH: Self = (A::HIGH, B::HIGH);
}
