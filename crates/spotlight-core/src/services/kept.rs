//! What services keep in the cache: settings of the business that are dear to read and may be a moment old. Nothing about
//! a visitor, nothing that decides who may do what; `docs/cache.md` says why of each.

use std::{sync::Arc, time::Duration};

use tracing::Instrument;
use uuid::Uuid;

use super::{deps::Deps, turn::knowledge::Known};
use crate::{
    caching::Keep,
    domain::{AssistantId, OrganizationId},
    error::{Error, Result},
    ports::{ReadConsistency, UnitOfWork},
};

/// So long a change goes unseen at most, when whoever made it could tell nobody: the process ended between commit and
/// delete, or what processes share was away.
const AT_MOST: Duration = Duration::from_mins(1);

/// How long one who reads is waited for; then others read too.
const LEASE: Duration = Duration::from_secs(1);

/// Stands for no organization, where one is looked for.
const NOWHERE: OrganizationId = OrganizationId::from_uuid(Uuid::nil());

/// What an assistant knows.
///
/// # Errors
/// Those of storage.
pub(crate) async fn known(deps: &Deps, organization: OrganizationId, assistant: AssistantId) -> Result<Arc<Known>> {
    // The number is that of the form: a change of it that older versions misread gets the next one.
    let key = format!("knowledge:1:{assistant}");
    let keep = Keep { lease: LEASE, tags: vec![tag(assistant)], ..Keep::new(AT_MOST) };
    let read = || async {
        let entries = deps.storage.read(ReadConsistency::Strong).knowledge().list(organization, assistant).await?;
        Ok(Known::new(entries))
    };
    match deps.cache.get_or_compute_shared(organization, &key, &keep, || async { read().await.map(Some) }).await? {
        Some(known) => Ok(known),
        // Another version has noted that there is nothing, where this one notes a list, if an empty one.
        None => read().await.map(Arc::new),
    }
}

/// The organization of an assistant, which never changes. Whether the assistant is there still is for storage to say.
///
/// # Errors
/// Those of storage.
pub(crate) async fn organization_of(deps: &Deps, assistant: AssistantId) -> Result<Option<OrganizationId>> {
    let key = format!("organization_of:1:{assistant}");
    let keep = Keep { lease: LEASE, ..Keep::new(AT_MOST) };
    let read = || async {
        let repos = deps.storage.read(ReadConsistency::Strong);
        repos.assistants().organization_of(assistant).await
    };
    deps.cache.get_or_compute(NOWHERE, &key, &keep, read).await
}

/// Commits a change of what an assistant knows, and forgets what is kept of it.
///
/// # Errors
/// Those of the commit. What could not be deleted from the cache is logged: it goes by itself.
///
/// # Cancel safety
/// Both are done when the caller goes away.
pub(crate) async fn commit(
    deps: &Deps,
    unit: Box<dyn UnitOfWork>,
    organization: OrganizationId,
    assistant: AssistantId,
) -> Result<()> {
    let cache = Arc::clone(deps.cache.cache());
    let work = async move {
        let committed = unit.commit().await;
        // Also after an error: the commit may have happened.
        if let Err(error) = cache.delete_tag(organization, &tag(assistant)).await {
            tracing::warn!(error = error.chain(), "a change was not told to the cache, and shows within a minute");
        }
        committed
    };
    deps.tasks.spawn(work.in_current_span()).await.unwrap_or_else(|_| Err(Error::internal("a commit failed within")))
}

/// What is kept of an assistant.
fn tag(assistant: AssistantId) -> String {
    format!("assistant:{assistant}")
}
