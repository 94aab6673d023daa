//! Other systems that tell us of leads and conversations, for administrators.

use chrono::Duration;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use spotlight_derive::RedactedDebug;

use super::{
    Context,
    deps::{Deps, answered_id, hex, id_answer},
    webhooks::OVERLAP_HOURS,
};
use crate::{
    domain::{
        OrganizationId, WebhookSourceId,
        time::Timestamp,
        user::{Role, Scope},
        webhook::{SigningSecret, SourceKind, WebhookSource},
    },
    error::{Error, Result},
    ports::UnitOfWork,
};

/// Most sources of an organization.
pub const MAX_SOURCES: usize = 20;

/// What describes a new source.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSource {
    /// 2 to 100 characters.
    pub name: String,
    /// What it may tell of, at least one thing.
    pub accepts: Vec<SourceKind>,
    /// Is listened to only while true.
    pub enabled: bool,
}

/// A change of a source: absent fields stay.
#[derive(RedactedDebug, Clone, Default, PartialEq, Eq)]
pub struct SourcePatch {
    /// 2 to 100 characters.
    pub name: Option<String>,
    /// What it may tell of, at least one thing.
    pub accepts: Option<Vec<SourceKind>>,
    /// Is listened to only while true.
    pub enabled: Option<bool>,
}

/// A source as it is shown: without its secrets.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Identity.
    pub id: WebhookSourceId,
    /// What its messages name in the header `X-Webhook-Key`. No secret.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// What it may tell of.
    pub accepts: Vec<SourceKind>,
    /// Is listened to only while true.
    pub enabled: bool,
    /// When the secret before the newest one is accepted no more; none when it has no earlier one.
    pub previous_secret_until: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts changes from 1.
    pub version: i64,
}

impl From<WebhookSource> for Source {
    fn from(source: WebhookSource) -> Self {
        Self {
            id: source.id,
            key: key_of(source.organization_id, source.id),
            name: source.name,
            accepts: source.accepts,
            enabled: source.enabled,
            previous_secret_until: source.previous_secret_until,
            created_at: source.created_at,
            updated_at: source.updated_at,
            version: source.version,
        }
    }
}

/// A source with its newest secret, which is shown this once.
#[derive(Debug)]
pub struct NewSourceSecret {
    /// The source.
    pub source: Source,
    /// What its messages are to be signed with from now on.
    pub secret: SecretString,
}

impl From<WebhookSource> for NewSourceSecret {
    fn from(source: WebhookSource) -> Self {
        let secret = SecretString::from(source.secret.expose().to_owned());
        Self { source: source.into(), secret }
    }
}

/// The key of a source: the organization's id and its own.
fn key_of(organization: OrganizationId, id: WebhookSourceId) -> String {
    format!("{}.{}", organization.as_uuid().simple(), id.as_uuid().simple())
}

/// The ids in a key.
pub(super) fn ids_of(key: &str) -> Option<(OrganizationId, WebhookSourceId)> {
    let (organization, id) = key.split_once('.')?;
    Some((organization.parse().ok()?, id.parse().ok()?))
}

/// The sources of incoming webhooks.
#[derive(Clone)]
pub struct SourceService {
    deps: Deps,
}

impl SourceService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// The organization's sources, oldest first.
    ///
    /// # Errors
    /// `Forbidden` below `admin`.
    pub async fn list(&self, ctx: &Context) -> Result<Vec<Source>> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let found = self.deps.read(ctx).webhook_sources().list(ctx.organization).await?;
        Ok(found.into_iter().map(Source::from).collect())
    }

    /// The source with this id.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` below `admin`.
    pub async fn get(&self, ctx: &Context, id: WebhookSourceId) -> Result<Source> {
        self.stored(ctx, id).await.map(Source::from)
    }

    async fn stored(&self, ctx: &Context, id: WebhookSourceId) -> Result<WebhookSource> {
        ctx.require(Scope::Admin, Role::Admin)?;
        self.deps.read(ctx).webhook_sources().get(ctx.organization, id).await?.ok_or_else(missing)
    }

    /// Adds a source, with a secret of its own.
    ///
    /// # Errors
    /// `Validation` with every broken rule; `Conflict` when there are 20; `Forbidden` below `admin`.
    pub async fn create(&self, ctx: &Context, new: NewSource) -> Result<NewSourceSecret> {
        ctx.require(Scope::Admin, Role::Admin)?;
        if let Some(answer) = self.deps.replay(ctx, "webhook_source.create", &new).await? {
            return self.stored(ctx, answered_id(&answer)?).await.map(NewSourceSecret::from);
        }
        let now = self.deps.now();
        let mut source = WebhookSource {
            id: WebhookSourceId::from_uuid(self.deps.ids.uuid()),
            organization_id: ctx.organization,
            name: String::new(),
            accepts: Vec::new(),
            secret: self.secret(),
            previous_secret: None,
            previous_secret_until: None,
            enabled: true,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let patch = SourcePatch {
            name: Some(new.name.clone()),
            accepts: Some(new.accepts.clone()),
            enabled: Some(new.enabled),
        };
        apply(patch, &mut source)?;
        let unit = self.deps.storage.begin().await?;
        if unit.webhook_sources().list(ctx.organization).await?.len() >= MAX_SOURCES {
            return Err(Error::conflict(format!("an organization has at most {MAX_SOURCES} sources; delete one")));
        }
        unit.webhook_sources().insert(&source).await?;
        self.deps.audit(&*unit, ctx, "webhook_source.create", record_of(source.id), json!({})).await?;
        self.deps.remember(&*unit, ctx, "webhook_source.create", &new, id_answer(source.id)).await?;
        unit.commit().await?;
        Ok(source.into())
    }

    fn secret(&self) -> SigningSecret {
        SigningSecret::new(format!("whsrc_{}", hex(&self.deps.ids.secret())))
    }

    /// Changes a source; its secret stays. With `expected_version`, only when it is still at that version.
    ///
    /// # Errors
    /// `NotFound`, `Validation` with every broken rule, `StaleVersion`, `Forbidden` below `admin`.
    pub async fn update(
        &self,
        ctx: &Context,
        id: WebhookSourceId,
        patch: SourcePatch,
        expected_version: Option<i64>,
    ) -> Result<Source> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let unit = self.deps.storage.begin().await?;
        let mut source = find(&*unit, ctx, id).await?;
        if expected_version.is_some_and(|version| version != source.version) {
            return Err(Error::stale("webhook source"));
        }
        apply(patch, &mut source)?;
        self.store(&*unit, ctx, &mut source, "webhook_source.update").await?;
        unit.commit().await?;
        Ok(source.into())
    }

    /// Gives a source a new secret. The one it had is accepted for another 24 hours; one before that no more.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`, `Forbidden` below `admin`.
    ///
    /// # Idempotency
    /// With an idempotency key, the same rotation again gives the newest secret and makes none.
    pub async fn rotate_secret(&self, ctx: &Context, id: WebhookSourceId) -> Result<NewSourceSecret> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let scope = "webhook_source.rotate";
        if self.deps.replay(ctx, scope, &id).await?.is_some() {
            return self.stored(ctx, id).await.map(NewSourceSecret::from);
        }
        let unit = self.deps.storage.begin().await?;
        let mut source = find(&*unit, ctx, id).await?;
        source.previous_secret = Some(std::mem::replace(&mut source.secret, self.secret()));
        source.previous_secret_until = Some(self.deps.now() + Duration::hours(OVERLAP_HOURS));
        self.store(&*unit, ctx, &mut source, scope).await?;
        self.deps.remember(&*unit, ctx, scope, &id, id_answer(id)).await?;
        unit.commit().await?;
        Ok(source.into())
    }

    async fn store(
        &self,
        unit: &dyn UnitOfWork,
        ctx: &Context,
        source: &mut WebhookSource,
        action: &str,
    ) -> Result<()> {
        source.updated_at = self.deps.now();
        unit.webhook_sources().update(source).await?;
        source.version += 1;
        self.deps.audit(unit, ctx, action, record_of(source.id), json!({})).await
    }

    /// Removes a source: nothing it sends is accepted any more. What it has told stays.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` below `admin`.
    pub async fn delete(&self, ctx: &Context, id: WebhookSourceId) -> Result<()> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let unit = self.deps.storage.begin().await?;
        if !unit.webhook_sources().delete(ctx.organization, id).await? {
            return Err(missing());
        }
        self.deps.audit(&*unit, ctx, "webhook_source.delete", record_of(id), json!({})).await?;
        unit.commit().await
    }
}

fn missing() -> Error {
    Error::not_found("webhook source")
}

fn record_of(id: WebhookSourceId) -> (&'static str, String) {
    ("webhook_source", id.to_string())
}

async fn find(unit: &dyn UnitOfWork, ctx: &Context, id: WebhookSourceId) -> Result<WebhookSource> {
    unit.webhook_sources().get(ctx.organization, id).await?.ok_or_else(missing)
}

fn apply(patch: SourcePatch, source: &mut WebhookSource) -> Result<()> {
    if let Some(name) = patch.name {
        name.trim().clone_into(&mut source.name);
    }
    if let Some(mut accepts) = patch.accepts {
        accepts.sort();
        accepts.dedup();
        source.accepts = accepts;
    }
    source.enabled = patch.enabled.unwrap_or(source.enabled);
    source.validate()
}
