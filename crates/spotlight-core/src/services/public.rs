//! What a visitor may do without an account: open a conversation with an active assistant, and go on with its token.

use chrono::Duration;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Context,
    conversations::{NewConversation, open},
    deps::{Deps, answered_id, hash, hex, id_answer, unhex},
    kept,
    keys::Purpose,
};
use crate::{
    domain::{
        AssistantId, ConversationId, OrganizationId,
        assistant::Language,
        audit::Actor,
        conversation::{Channel, Conversation},
        time::Timestamp,
    },
    error::{Error, ErrorKind, Result},
    ports::ReadConsistency,
};

/// Hours a conversation token opens its conversation.
pub const TOKEN_HOURS: i64 = 24;

/// How a visitor begins.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewVisit {
    /// What is spoken; the assistant's language unless given.
    pub language: Option<Language>,
    /// The visitor's zone.
    pub time_zone: Option<chrono_tz::Tz>,
    /// May it be recorded?
    pub recording_consent: Option<bool>,
}

/// A conversation that was opened, and what opens it again.
#[derive(Debug)]
pub struct Visit {
    /// The conversation.
    pub conversation: Conversation,
    /// Sent as `Authorization: Bearer`.
    pub token: SecretString,
    /// When the token stops working.
    pub expires_at: Timestamp,
}

/// What visitors may do.
#[derive(Clone)]
pub struct PublicService {
    deps: Deps,
}

impl PublicService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// Opens a conversation for a visitor. `origin` is the web origin of the page; programs have none. Of `caller` its
    /// address, request id, key and deadline count: visitors need no credentials.
    ///
    /// # Errors
    /// `NotFound` for an assistant that does not exist or is switched off; `Forbidden` for a page that the assistant
    /// does not name; `Validation` for a key that is no UUID; `Conflict` when the conversation of a repeated request has
    /// gone on; `PlanLimit`.
    ///
    /// # Idempotency
    /// A key gives the conversation it opened only while nothing was said in it, and only to the same address and page:
    /// whoever knows the key must not be able to read what a visitor said.
    pub async fn open(
        &self,
        assistant: AssistantId,
        origin: Option<&str>,
        visit: NewVisit,
        caller: Context,
    ) -> Result<Visit> {
        let repos = self.deps.storage.read(ReadConsistency::Strong);
        let organization = kept::organization_of(&self.deps, assistant).await?;
        let organization = organization.ok_or_else(|| Error::not_found("assistant"))?;
        // Not from the cache: an assistant is off, and a page shut out, from the moment that somebody says so.
        let found = repos.assistants().get(organization, assistant).await?.filter(|found| found.active);
        let found = found.ok_or_else(|| Error::not_found("assistant"))?;
        if origin.is_some_and(|origin| !found.allowed_origins.iter().any(|allowed| allowed == origin)) {
            return Err(Error::forbidden("this page may not embed the assistant; add its origin to allowed_origins"));
        }
        let mut ctx = Context::new(Actor::Anonymous, organization, None);
        ctx.request_id = caller.request_id;
        ctx.source_address = caller.source_address;
        ctx.idempotency_key = caller.idempotency_key;
        ctx.deadline = caller.deadline;
        ctx.check_deadline()?;
        let scope = format!("public.open:{assistant}:{}", origin_tag(origin));
        let conversation = match self.deps.replay(&ctx, &scope, &visit).await? {
            Some(answer) => {
                let id: ConversationId = answered_id(&answer)?;
                let found = repos.conversations().get(organization, id).await?;
                let found = found.ok_or_else(|| Error::not_found("conversation"))?;
                if found.last_seq > 0 {
                    return Err(Error::conflict("this conversation has gone on; use its token, or open another"));
                }
                found
            }
            None => self.begin(&ctx, assistant, &visit, &scope).await?,
        };
        let expires_at = self.deps.now() + Duration::hours(TOKEN_HOURS);
        let token = self.sign(organization, conversation.id, expires_at, origin);
        Ok(Visit { conversation, token, expires_at })
    }

    async fn begin(
        &self,
        ctx: &Context,
        assistant: AssistantId,
        visit: &NewVisit,
        scope: &str,
    ) -> Result<Conversation> {
        let unit = self.deps.storage.begin().await?;
        let new = NewConversation {
            assistant_id: assistant,
            lead_id: None,
            source: Channel::Chat,
            language: visit.language,
            time_zone: visit.time_zone,
            recording_consent: visit.recording_consent,
            external_call_id: None,
        };
        let conversation = open(&self.deps, &*unit, ctx, &new).await?;
        self.deps.remember(&*unit, ctx, scope, visit, id_answer(conversation.id)).await?;
        unit.commit().await?;
        self.deps.metrics.begun(conversation.source);
        Ok(conversation)
    }

    /// Recognises a conversation token.
    ///
    /// # Errors
    /// `Unauthenticated` for a token that is malformed, forged, expired, or used from another origin.
    pub fn authenticate(&self, token: &str, origin: Option<&str>) -> Result<Context> {
        self.authenticate_until(token, origin).map(|(context, _)| context)
    }

    /// The same, with the instant at which the token ends.
    ///
    /// # Errors
    /// As [`authenticate`](Self::authenticate).
    pub fn authenticate_until(&self, token: &str, origin: Option<&str>) -> Result<(Context, Timestamp)> {
        let refused =
            || Error::new(ErrorKind::Unauthenticated, "the conversation token is not valid; open a new conversation");
        let (body, signature) = token.rsplit_once('.').ok_or_else(refused)?;
        let signature = unhex(signature).ok_or_else(refused)?;
        if !self.deps.keys.verify(Purpose::CONVERSATION_TOKENS, body.as_bytes(), &signature) {
            return Err(refused());
        }
        let mut parts = body.split('.');
        let (Some("visit"), Some(organization), Some(conversation), Some(expires), Some(bound), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(refused());
        };
        let organization = Uuid::try_parse(organization).map_err(|_| refused())?;
        let conversation = Uuid::try_parse(conversation).map_err(|_| refused())?;
        let expires: i64 = expires.parse().map_err(|_| refused())?;
        if self.deps.now().timestamp() >= expires || (bound != "-" && bound != origin_tag(origin)) {
            return Err(refused());
        }
        let until = Timestamp::from_timestamp(expires, 0).ok_or_else(refused)?;
        let context =
            Context::visitor(ConversationId::from_uuid(conversation), OrganizationId::from_uuid(organization));
        Ok((context, until))
    }

    fn sign(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        expires_at: Timestamp,
        origin: Option<&str>,
    ) -> SecretString {
        let body = format!(
            "visit.{}.{}.{}.{}",
            organization.as_uuid().simple(),
            conversation.as_uuid().simple(),
            expires_at.timestamp(),
            origin_tag(origin),
        );
        let signature = hex(&self.deps.keys.sign(Purpose::CONVERSATION_TOKENS, body.as_bytes()));
        SecretString::from(format!("{body}.{signature}"))
    }
}

/// Names an origin in a token without spelling it out; `-` for none, which binds to nothing.
fn origin_tag(origin: Option<&str>) -> String {
    origin.map_or_else(|| "-".to_owned(), |origin| hex(&hash(origin.as_bytes()).0[..8]))
}
