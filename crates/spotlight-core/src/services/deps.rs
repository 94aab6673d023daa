//! What services share: the ports, and the habits of every write.

use std::{fmt::Write, sync::Arc};

use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{Context, deployment::watched::Watched, keys::Keys};
use crate::{
    caching::CacheReader,
    domain::{
        AuditEntryId, ConversationId,
        audit::{Actor, AuditEntry},
        event::EventType,
        time::Timestamp,
        user::SecretHash,
    },
    error::{Error, ErrorKind, Result, Retry},
    metrics::Metrics,
    ports::{
        BillingProvider, ChatModel, Clock, EventBus, FileStore, IdGenerator, IdempotencyRecord, JobQueue, Mailer,
        NewEvent, RateLimiter, Repositories, SpeechRecognizer, SpeechSynthesizer, Storage, UnitOfWork, WebhookSender,
    },
    trace::Trace,
};

/// The ports a platform was built from.
#[derive(Clone)]
pub(crate) struct Deps {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) chat: Arc<dyn ChatModel>,
    pub(crate) synthesizer: Option<Arc<dyn SpeechSynthesizer>>,
    pub(crate) recognizer: Option<Arc<dyn SpeechRecognizer>>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) files: Arc<dyn FileStore>,
    /// None: the platform itself says which plan an organization is on.
    pub(crate) billing: Option<Arc<dyn BillingProvider>>,
    /// None: deliveries to webhook endpoints wait, and are visible.
    pub(crate) webhooks: Option<Arc<dyn WebhookSender>>,
    pub(crate) limiter: Arc<dyn RateLimiter>,
    pub(crate) cache: Arc<CacheReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) keys: Arc<Keys>,
    /// Signs events of Stripe; none: there are none.
    pub(crate) stripe_secret: Option<Arc<SecretString>>,
    /// The secret key was given, so it is the same after a restart.
    pub(crate) key_lasts: bool,
    /// Where people reach the deployment, without a slash at the end; links in e-mails begin with it.
    pub(crate) public_url: Option<Arc<str>>,
    pub(crate) tasks: TaskTracker,
    /// Flags and settings of the deployment, as this process knows them.
    pub(crate) watched: Watched,
    pub(crate) metrics: Arc<Metrics>,
}

/// Hours for which an answer to a request with an idempotency key is kept.
const IDEMPOTENCY_HOURS: i64 = 24;

impl Deps {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn read(&self, ctx: &Context) -> &dyn Repositories {
        self.storage.read(ctx.consistency)
    }

    /// Writes the audit entry of a change. `details` names fields, never their values.
    pub(crate) async fn audit(
        &self,
        unit: &dyn UnitOfWork,
        ctx: &Context,
        action: &str,
        record: (&str, String),
        details: Value,
    ) -> Result<()> {
        unit.note(AuditEntry {
            id: AuditEntryId::from_uuid(self.ids.uuid()),
            organization_id: ctx.organization,
            actor_kind: ctx.actor.kind().to_owned(),
            actor_id: ctx.actor.id(),
            action: action.to_owned(),
            record_type: record.0.to_owned(),
            record_id: record.1,
            details,
            request_id: ctx.request_id.clone(),
            source_address: ctx.source_address.clone(),
            created_at: self.now(),
        })
        .await
    }

    /// Adds an event to the unit.
    pub(crate) async fn publish(
        &self,
        unit: &dyn UnitOfWork,
        ctx: &Context,
        channel: impl Into<String>,
        event_type: EventType,
        conversation: Option<ConversationId>,
        data: Value,
    ) -> Result<()> {
        let event = NewEvent {
            organization_id: ctx.organization,
            channel: channel.into(),
            event_type: event_type.as_str().to_owned(),
            conversation_id: conversation,
            data,
            trace: Trace::current(),
        };
        unit.publish(event).await.map(drop)
    }

    /// What the same request answered before, if it was made before. Where nearly every request is new and a repeated one
    /// does no harm, this is asked once its work has failed: at the latest, it fails to [`remember`](Self::remember).
    ///
    /// # Errors
    /// `Validation` when the key was used for another request, or nobody known uses one that could be guessed.
    pub(crate) async fn replay(&self, ctx: &Context, scope: &str, request: &impl Serialize) -> Result<Option<Value>> {
        let Some(key) = check_key(ctx)? else { return Ok(None) };
        let repos = self.storage.read(crate::ports::ReadConsistency::Strong);
        let found = repos.idempotency().find(ctx.organization, &scoped(ctx, scope), key, self.now()).await?;
        match found {
            None => Ok(None),
            Some(record) if record.fingerprint == fingerprint(request)? => Ok(Some(record.answer)),
            Some(_) => Err(Error::invalid(
                "idempotency_key",
                "reused",
                "This idempotency key was used for another request; use a new one",
            )),
        }
    }

    /// Notes what the request answers, in the unit of its effect.
    ///
    /// # Errors
    /// The unit fails with `Conflict` and `Retry::Now`, by its commit at the latest, when the same request was answered
    /// since it was looked for; `Validation` as for [`replay`](Self::replay).
    pub(crate) async fn remember(
        &self,
        unit: &dyn UnitOfWork,
        ctx: &Context,
        scope: &str,
        request: &impl Serialize,
        answer: Value,
    ) -> Result<()> {
        let now = self.now();
        check_key(ctx)?;
        let Some(record) = record_of(ctx, scope, request, answer, now)? else { return Ok(()) };
        unit.remember(record, now).await
    }

    /// Notes what a request answers by now that has answered before, in the unit of what it did since.
    ///
    /// # Errors
    /// `NotFound` when it has not, or that is forgotten.
    pub(crate) async fn remember_anew(
        &self,
        unit: &dyn UnitOfWork,
        ctx: &Context,
        scope: &str,
        request: &impl Serialize,
        answer: Value,
    ) -> Result<()> {
        match record_of(ctx, scope, request, answer, self.now())? {
            Some(record) => unit.idempotency().replace(&record).await,
            None => Ok(()),
        }
    }
}

/// The key of a request, where it has one.
fn check_key(ctx: &Context) -> Result<Option<&String>> {
    let Some(key) = &ctx.idempotency_key else { return Ok(None) };
    // All that keeps one stranger from another's answer is that the key cannot be guessed.
    if ctx.actor == Actor::Anonymous && Uuid::try_parse(key).is_err() {
        let detail = "Without credentials, use a random UUID as the key";
        return Err(Error::invalid("idempotency_key", "format", detail));
    }
    Ok(Some(key))
}

/// What is kept for the key of a request, where it has one.
fn record_of(
    ctx: &Context,
    scope: &str,
    request: &impl Serialize,
    answer: Value,
    now: Timestamp,
) -> Result<Option<IdempotencyRecord>> {
    let Some(key) = &ctx.idempotency_key else { return Ok(None) };
    Ok(Some(IdempotencyRecord {
        organization_id: ctx.organization,
        scope: scoped(ctx, scope),
        key: key.clone(),
        fingerprint: fingerprint(request)?,
        answer,
        expires_at: now + chrono::Duration::hours(IDEMPOTENCY_HOURS),
    }))
}

/// A key belongs to its actor: two actors that choose the same key do not see each other's answers. Strangers are told
/// apart by where they call from.
fn scoped(ctx: &Context, scope: &str) -> String {
    let actor = match (ctx.actor, &ctx.source_address) {
        (Actor::Anonymous, Some(address)) => hex(&hash(address.as_bytes()).0[..16]),
        (actor, _) => actor.id().unwrap_or_default(),
    };
    format!("{scope}:{}:{actor}", ctx.actor.kind())
}

/// Tries of work that others may be doing at the same moment.
const TRIES: u32 = 8;

/// Does work in a new unit again while it meets somebody else's change.
pub(crate) async fn repeated<T, F: Future<Output = Result<T>> + Send>(mut work: impl FnMut() -> F + Send) -> Result<T> {
    for _ in 1..TRIES {
        match work().await {
            Err(error) if error.kind() == ErrorKind::StaleVersion || error.retry() == Retry::Now => {}
            done => return done,
        }
    }
    work().await
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// 32 bytes from hexadecimal.
pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        let pair = &text[place * 2..place * 2 + 2];
        // A sign would be read as part of the number.
        *byte = u8::from_str_radix(pair, 16).ok().filter(|_| !pair.starts_with('+'))?;
    }
    Some(bytes)
}

fn fingerprint(request: &impl Serialize) -> Result<SecretHash> {
    let bytes = serde_json::to_vec(request)
        .map_err(|error| Error::new(ErrorKind::Internal, "a request could not be fingerprinted").with_source(error))?;
    Ok(hash(&bytes))
}

/// SHA-256 of bytes.
pub(crate) fn hash(bytes: &[u8]) -> SecretHash {
    SecretHash(Sha256::digest(bytes).into())
}

/// The `id` an idempotent creation answered with.
pub(crate) fn answered_id<T: std::str::FromStr>(answer: &Value) -> Result<T> {
    answer["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| Error::new(ErrorKind::Corrupt, "a stored answer has no id"))
}

/// The answer of an idempotent creation.
pub(crate) fn id_answer(id: impl ToString) -> Value {
    json!({ "id": id.to_string() })
}
