//! What is due by the minute or by the day.

use std::time::Duration as Time;

use chrono::Duration;
use serde::{Deserialize, Serialize};
use spotlight_derive::RedactedDebug;

use super::{
    Job, JobContext,
    platform::{leave, tenant},
    webhook::deliver_late,
};
use crate::{
    domain::{
        ConversationId, OrganizationId,
        conversation::{ABANDON_AFTER_MIN, ConversationStatus, HandOff, HandOffStatus},
        event::EventType,
        organization::Organization,
        report::EndedReason,
        time::Timestamp,
    },
    error::{ErrorKind, Result},
    ports::{ReadConsistency, Unique, UniqueScope, WhenTaken},
    services::{Context, conversations::ended, deps::Deps, leads::LeadService},
};

/// Records of one kind that are taken at once.
pub(super) const BATCH: u32 = 200;

/// One round of everything. A part that fails does not keep the others from their work.
pub(crate) async fn round(deps: &Deps) -> Result<()> {
    let idle = abandon_idle(deps).await;
    let hand_offs = expire_hand_offs(deps).await;
    let expired = forget_expired(deps).await;
    let retained = retain(deps).await;
    let delivered = deliver_late(deps).await;
    idle.and(hand_offs).and(expired).and(retained).and(delivered)
}

macro_rules! rounds {
    ($($(#[$doc:meta])+ $job:ident = $name:literal in $queue:literal, at most $time:expr, $round:path;)+) => {$(
        $(#[$doc])+
        #[derive(Debug, Serialize, Deserialize)]
        pub(crate) struct $job {}

        impl Job for $job {
            type State = Deps;
            type Output = ();
            const NAME: &'static str = $name;
            const QUEUE: &'static str = $queue;
            const TIMEOUT: Time = $time;

            /// A round that is late stands for the ones after it.
            fn unique(&self) -> Option<Unique> {
                let (key, scope) = ($name.to_owned(), UniqueScope::Unfinished);
                Some(Unique { key, scope, taken: WhenTaken::Discard })
            }

            async fn run(self, ctx: JobContext<Deps>) -> Result<()> {
                $round(&ctx.state).await
            }
        }
    )+};
}

rounds! {
    /// Ends conversations after thirty minutes of silence.
    AbandonIdleConversations = "abandon_idle_conversations" in "default", at most Time::from_mins(5), abandon_idle;
    /// Gives conversations back to the assistant when nobody came.
    ExpireHandOffs = "expire_hand_offs" in "critical", at most Time::from_mins(5), expire_hand_offs;
    /// Removes sessions, links and other records that have expired.
    ExpireSessions = "expire_sessions" in "low", at most Time::from_mins(5), forget_expired;
    /// Leaves jobs for webhook deliveries that have none.
    DeliverLate = "deliver_late_webhooks" in "low", at most Time::from_mins(5), deliver_late;
    /// Removes what organizations keep no longer.
    ApplyRetention = "apply_retention" in "low", at most Time::from_hours(1), retain;
}

/// Removes a file that nothing refers to any more.
#[derive(RedactedDebug, Serialize, Deserialize)]
pub(crate) struct DeleteFile {
    key: String,
    #[serde(skip)]
    of: Option<OrganizationId>,
}

impl DeleteFile {
    /// The job for a file of an organization.
    pub(crate) const fn new(organization: OrganizationId, key: String) -> Self {
        Self { key, of: Some(organization) }
    }
}

impl Job for DeleteFile {
    type State = Deps;
    type Output = ();
    const NAME: &'static str = "delete_file";
    const QUEUE: &'static str = "low";

    fn organization(&self) -> Option<OrganizationId> {
        self.of
    }

    async fn run(self, ctx: JobContext<Deps>) -> Result<()> {
        ctx.state.files.delete(tenant(&ctx)?, &self.key).await.map(drop)
    }
}

/// True when a record was dealt with. One that fails is logged and left for the next round.
pub(super) fn is_done(what: &str, id: impl std::fmt::Display, result: Result<()>) -> bool {
    match result {
        Ok(()) => true,
        // Somebody changed it in this moment; the next round looks again.
        Err(error) if error.kind() == ErrorKind::StaleVersion => false,
        Err(error) => {
            tracing::warn!(what, record = %id, error = error.chain(), "upkeep of a record failed");
            false
        }
    }
}

/// True when there may be more: the batch was full and got smaller. A batch of which every record fails is left alone.
pub(super) const fn goes_on(found: usize, done: usize) -> bool {
    found == BATCH as usize && done > 0
}

/// Ends conversations after thirty minutes of silence.
async fn abandon_idle(deps: &Deps) -> Result<()> {
    loop {
        // A conversation is idle from the thirtieth minute on, that instant included.
        let before = deps.now() - Duration::minutes(ABANDON_AFTER_MIN) + Duration::microseconds(1);
        let idle = deps.storage.read(ReadConsistency::Strong).conversations().idle(before, BATCH).await?;
        let mut done = 0;
        for (organization, id) in &idle {
            let result = abandon(deps, *organization, *id).await;
            done += usize::from(is_done("a silent conversation", id, result));
        }
        if !goes_on(idle.len(), done) {
            return Ok(());
        }
    }
}

async fn abandon(deps: &Deps, organization: OrganizationId, id: ConversationId) -> Result<()> {
    let ctx = Context::system(organization);
    let now = deps.now();
    let unit = deps.storage.begin().await?;
    let Some(mut conversation) = unit.conversations().get(organization, id).await? else { return Ok(()) };
    if !conversation.is_idle(now) {
        return Ok(());
    }
    conversation.move_to(ConversationStatus::Abandoned, now)?;
    conversation.outcome.get_or_insert_with(|| "the visitor fell silent".to_owned());
    conversation.updated_at = now;
    unit.conversations().update(&conversation).await?;
    ended(deps, &*unit, &ctx, &conversation, EndedReason::Silence).await?;
    unit.commit().await
}

/// Gives conversations back to the assistant when nobody came.
async fn expire_hand_offs(deps: &Deps) -> Result<()> {
    loop {
        let expired = deps.storage.read(ReadConsistency::Strong).hand_offs().expired(deps.now(), BATCH).await?;
        let (found, mut done) = (expired.len(), 0);
        for hand_off in expired {
            let id = hand_off.id;
            done += usize::from(is_done("an expired hand-off", id, expire(deps, hand_off).await));
        }
        if !goes_on(found, done) {
            return Ok(());
        }
    }
}

async fn expire(deps: &Deps, mut hand_off: HandOff) -> Result<()> {
    let ctx = Context::system(hand_off.organization_id);
    let unit = deps.storage.begin().await?;
    hand_off.move_to(HandOffStatus::Expired)?;
    hand_off.move_to(HandOffStatus::Assistant)?;
    hand_off.updated_at = deps.now();
    unit.hand_offs().update(&hand_off).await?;
    let id = hand_off.conversation_id;
    let data = serde_json::json!({ "conversation_id": id, "hand_off_id": hand_off.id });
    for channel in ["notifications".to_owned(), format!("conversation:{id}")] {
        deps.publish(&*unit, &ctx, channel, EventType::HandOffExpired, Some(id), data.clone()).await?;
    }
    unit.commit().await
}

/// Runs a removal in units of its own until it removes nothing more.
macro_rules! until_none_is_left {
    ($deps:expr, |$unit:ident| $remove:expr) => {
        async {
            loop {
                let $unit = $deps.storage.begin().await?;
                let gone: u64 = $remove.await?;
                $unit.commit().await?;
                if gone == 0 {
                    return Result::Ok(());
                }
            }
        }
        .await
    };
}

/// Removes what has expired by itself.
async fn forget_expired(deps: &Deps) -> Result<()> {
    let now = deps.now();
    let sessions = until_none_is_left!(deps, |unit| unit.sessions().delete_expired(now, BATCH));
    let links = until_none_is_left!(deps, |unit| unit.links().delete_expired(now, BATCH));
    let answers = until_none_is_left!(deps, |unit| unit.idempotency().delete_expired(now, BATCH));
    let week_ago = now - Duration::days(7);
    let events = until_none_is_left!(deps, |unit| unit.processed_events().delete_before(week_ago, BATCH));
    sessions.and(links).and(answers).and(events)
}

/// Removes what organizations keep no longer.
async fn retain(deps: &Deps) -> Result<()> {
    let mut after = None;
    loop {
        let ids = deps.storage.read(ReadConsistency::Strong).organizations().ids(after, 100).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = Some(*last);
        for id in ids {
            is_done("an organization's retention", id, retain_one(deps, id).await);
        }
    }
}

async fn retain_one(deps: &Deps, id: OrganizationId) -> Result<()> {
    let found = deps.storage.read(ReadConsistency::Strong).organizations().get(id).await?;
    let Some(Organization { retention, .. }) = found else { return Ok(()) };
    let now = deps.now();
    // A number of days that reaches before all time keeps everything.
    let before = |days: Option<u32>| days.and_then(|days| now.checked_sub_signed(Duration::days(days.into())));
    let recordings = match before(retention.recordings_days) {
        Some(before) => forget_recordings(deps, id, before).await,
        None => Ok(()),
    };
    let transcripts = match before(retention.transcripts_days) {
        Some(before) => until_none_is_left!(deps, |unit| unit.transcripts().purge(id, before, BATCH)),
        None => Ok(()),
    };
    let audit = match before(retention.audit_days) {
        Some(before) => until_none_is_left!(deps, |unit| unit.audit().purge(id, before, BATCH)),
        None => Ok(()),
    };
    let leads = match before(retention.leads_days) {
        Some(before) => forget_leads(deps, id, before).await,
        None => Ok(()),
    };
    recordings.and(transcripts).and(audit).and(leads)
}

/// Erases leads without activity.
async fn forget_leads(deps: &Deps, organization: OrganizationId, before: Timestamp) -> Result<()> {
    let ctx = Context::system(organization);
    let leads = LeadService::new(deps.clone());
    loop {
        let repos = deps.storage.read(ReadConsistency::Strong);
        let inactive = repos.leads().inactive(organization, before, BATCH).await?;
        let mut done = 0;
        for lead in &inactive {
            done += usize::from(is_done("an inactive lead", lead, leads.erase(&ctx, *lead, None).await));
        }
        if !goes_on(inactive.len(), done) {
            return Ok(());
        }
    }
}

/// Takes recordings from conversations that ended long ago, and leaves the files to jobs.
async fn forget_recordings(deps: &Deps, organization: OrganizationId, before: Timestamp) -> Result<()> {
    loop {
        let repos = deps.storage.read(ReadConsistency::Strong);
        let recorded = repos.conversations().recorded(organization, before, BATCH).await?;
        let mut done = 0;
        for id in &recorded {
            done += usize::from(is_done("an old recording", id, forget_recording(deps, organization, *id).await));
        }
        if !goes_on(recorded.len(), done) {
            return Ok(());
        }
    }
}

async fn forget_recording(deps: &Deps, organization: OrganizationId, id: ConversationId) -> Result<()> {
    let unit = deps.storage.begin().await?;
    let Some(mut conversation) = unit.conversations().get(organization, id).await? else { return Ok(()) };
    let Some(key) = conversation.audio_file.take() else { return Ok(()) };
    conversation.updated_at = deps.now();
    unit.conversations().update(&conversation).await?;
    // The file goes after the commit, and as often as it takes: a reference to a file that is gone is never seen.
    leave(&*unit, &DeleteFile::new(organization, key)).await?;
    unit.commit().await
}
