//! Outgoing webhooks, and the ids of incoming ones.

mod delivery;
mod endpoint;
mod source;

use async_trait::async_trait;
use spotlight_core::{Result, domain::time::Timestamp, ports::ProcessedRepository};

pub(super) use self::{
    delivery::SqliteDeliveryRepository, endpoint::SqliteEndpointRepository, source::SqliteSourceRepository,
};
use super::{codec::Bind, db::query, repositories::repository, sql::statements};

/// Every statement of the files below.
#[cfg(test)]
pub(super) use self::{
    delivery::STATEMENTS as DELIVERY_STATEMENTS, endpoint::STATEMENTS as ENDPOINT_STATEMENTS,
    source::STATEMENTS as SOURCE_STATEMENTS,
};

statements! {
    @global {
        /// Ids of incoming events are global.
        ACCEPT = [
            "INSERT INTO processed_events (source, event_id, accepted_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        ];
        /// Ids of incoming events are global.
        DELETE_BEFORE = [
            "DELETE FROM processed_events WHERE (source, event_id) IN (SELECT source, event_id FROM processed_events \
             WHERE accepted_at < ? ORDER BY accepted_at LIMIT ?)"
        ];
    }
}

repository! {
    /// Keeps the ids of incoming webhook events.
    SqliteProcessedRepository
}

#[async_trait]
impl ProcessedRepository for SqliteProcessedRepository {
    async fn accept(&self, source: &str, event_id: &str, now: Timestamp) -> Result<bool> {
        let accept = query(ACCEPT).bind(source).bind(event_id).at(now);
        Ok(self.db.write().await?.execute(accept).await? > 0)
    }

    async fn delete_before(&self, before: Timestamp, limit: u32) -> Result<u64> {
        Ok(self.db.write().await?.execute(query(DELETE_BEFORE).at(before).bind(limit)).await?)
    }
}
