//! Sends what was recorded for webhook endpoints.

use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::Sha256;
use tokio::time::Instant;

use super::{
    Job, JobContext, leave,
    platform::tenant,
    upkeep::{BATCH, goes_on, is_done},
};
use crate::{
    domain::{
        OrganizationId, WebhookDeliveryId, WebhookEndpointId,
        event::EventType,
        redact::redact,
        time::Timestamp,
        webhook::{DeliveryAttempt, DeliveryStatus, DisabledReason, SigningSecret, WebhookDelivery, WebhookEndpoint},
    },
    error::{Error, ErrorKind, Result, Retry},
    ports::{
        Concurrency, ReadConsistency, Unique, UniqueScope, UnitOfWork, WebhookAnswer, WebhookRequest, WebhookSender,
        WhenTaken,
    },
    services::{
        Context,
        deps::{Deps, hex, repeated},
    },
};

/// Longest wait for a receiver.
const PATIENCE: Duration = Duration::from_secs(15);
/// Deliveries to one endpoint at once, so that a slow receiver holds up nobody else's.
const AT_ONCE: u32 = 2;
/// Characters of an answer that are kept.
const SHOWN: usize = 500;
/// The longest pause a receiver can ask for.
const LONGEST_PAUSE: Duration = Duration::from_hours(6);

/// Sends a recorded delivery, again and again for about three days. Each attempt is recorded with it; one that ended
/// meanwhile is passed over, and one that the receiver refuses for good, or whose address is out of bounds, has ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeliverWebhook {
    delivery_id: WebhookDeliveryId,
    #[serde(skip)]
    of: Option<(OrganizationId, WebhookEndpointId)>,
}

impl DeliverWebhook {
    /// The job for a delivery.
    pub(crate) const fn new(delivery: &WebhookDelivery) -> Self {
        Self { delivery_id: delivery.id, of: Some((delivery.organization_id, delivery.endpoint_id)) }
    }
}

/// A delivery whose next try is later than this has no job, or one that waits for long: its key tells.
const LATE: chrono::Duration = chrono::Duration::minutes(10);

/// Leaves jobs for deliveries that have none: they were recorded when nothing sent webhooks, or their jobs were discarded.
pub(super) async fn deliver_late(deps: &Deps) -> Result<()> {
    if deps.webhooks.is_none() {
        return Ok(());
    }
    loop {
        let before = deps.now() - LATE;
        let late = deps.storage.read(ReadConsistency::Strong).webhook_deliveries().late(before, BATCH).await?;
        let mut done = 0;
        for (organization, id) in &late {
            done += usize::from(is_done("a late delivery", id, deliver_again(deps, *organization, *id).await));
        }
        if !goes_on(late.len(), done) {
            return Ok(());
        }
    }
}

async fn deliver_again(deps: &Deps, organization: OrganizationId, id: WebhookDeliveryId) -> Result<()> {
    let unit = deps.storage.begin().await?;
    let found = unit.webhook_deliveries().get(organization, id).await?;
    let Some(mut delivery) = found.filter(|delivery| delivery.status == DeliveryStatus::Pending) else { return Ok(()) };
    let now = deps.now();
    (delivery.next_attempt_at, delivery.updated_at) = (Some(now), now);
    unit.webhook_deliveries().update(&delivery).await?;
    leave(&*unit, &DeliverWebhook::new(&delivery)).await?;
    unit.commit().await
}

impl Job for DeliverWebhook {
    type State = Deps;
    type Output = ();
    const NAME: &'static str = "deliver_webhook";
    const TIMEOUT: Duration = Duration::from_mins(1);

    fn organization(&self) -> Option<OrganizationId> {
        self.of.map(|(organization, _)| organization)
    }

    fn unique(&self) -> Option<Unique> {
        let key = format!("deliver:{}", self.delivery_id);
        Some(Unique { key, scope: UniqueScope::Unfinished, taken: WhenTaken::Discard })
    }

    fn concurrency(&self) -> Option<Concurrency> {
        self.of.map(|(_, endpoint)| Concurrency { key: format!("endpoint:{endpoint}"), limit: AT_ONCE })
    }

    async fn run(self, ctx: JobContext<Deps>) -> Result<()> {
        let (deps, organization) = (&ctx.state, tenant(&ctx)?);
        let Some(sender) = &deps.webhooks else {
            return Err(Error::new(ErrorKind::Unavailable, "this deployment sends no webhooks"));
        };
        let repos = deps.storage.read(ReadConsistency::Strong);
        let found = repos.webhook_deliveries().get(organization, self.delivery_id).await?;
        let Some(delivery) = found.filter(|delivery| delivery.status == DeliveryStatus::Pending) else { return Ok(()) };
        let endpoint = repos.webhook_endpoints().get(organization, delivery.endpoint_id).await?;
        let Some(endpoint) = endpoint else { return Ok(()) };
        let tried = if endpoint.enabled {
            attempt(&**sender, &endpoint, &delivery, deps.now()).await
        } else {
            Tried::switched_off(deps.now())
        };
        let last = ctx.attempt >= ctx.max_attempts || !endpoint.enabled || tried.for_good;
        let pause = tried.retry_after.unwrap_or_else(|| Self::RETRY.pause(ctx.attempt, ctx.id));
        let next =
            (!tried.arrived && !last).then(|| deps.now() + chrono::Duration::from_std(pause).unwrap_or_default());
        repeated(|| record(deps, &delivery, &tried, next)).await?;
        match next {
            // What became of it stands with the delivery: nothing is left for the queue to keep.
            None => Ok(()),
            Some(_) => Err(Error::new(ErrorKind::Unavailable, "the receiver did not take a delivery")
                .with_retry(Retry::After(pause))),
        }
    }
}

/// One try.
struct Tried {
    attempt: DeliveryAttempt,
    arrived: bool,
    /// The same request would be refused again.
    for_good: bool,
    /// The receiver said that it is gone for ever.
    gone: bool,
    retry_after: Option<Duration>,
}

impl Tried {
    fn switched_off(at: Timestamp) -> Self {
        let error = Some("the endpoint is switched off".to_owned());
        let attempt = DeliveryAttempt { at, status: None, error, elapsed_ms: 0, answer: None };
        Self { attempt, arrived: false, for_good: true, gone: false, retry_after: None }
    }
}

async fn attempt(
    sender: &dyn WebhookSender,
    endpoint: &WebhookEndpoint,
    delivery: &WebhookDelivery,
    now: Timestamp,
) -> Tried {
    let began = Instant::now();
    let answer = match signed(endpoint, delivery, now) {
        Ok(request) => match tokio::time::timeout(PATIENCE, sender.send(&request)).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::new(ErrorKind::Timeout, "the receiver took too long")),
        },
        Err(error) => Err(error),
    };
    let elapsed_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
    let mut attempt = DeliveryAttempt { at: now, status: None, error: None, elapsed_ms, answer: None };
    match answer {
        Ok(answer) => {
            attempt.status = Some(answer.status);
            attempt.answer = shown(endpoint, &answer);
            let arrived = matches!(answer.status, 200..=299);
            attempt.error = (!arrived).then(|| format!("the receiver answered {}", answer.status));
            let retry_after = answer.retry_after.filter(|_| !arrived).map(|pause| pause.min(LONGEST_PAUSE));
            let (for_good, gone) = (refuses_for_good(answer.status), answer.status == 410);
            Tried { attempt, arrived, for_good, gone, retry_after }
        }
        Err(error) => {
            attempt.error = Some(error.to_string());
            let for_good = error.kind() == ErrorKind::Validation;
            Tried { attempt, arrived: false, for_good, gone: false, retry_after: None }
        }
    }
}

/// Whether a status says that the same request will never be taken: a redirect, which is not followed, or a fault of
/// the request. 408, 425 and 429 ask for another try.
const fn refuses_for_good(status: u16) -> bool {
    matches!(status, 300..=499) && !matches!(status, 408 | 425 | 429)
}

/// What of an answer is kept: its beginning, without our secrets and without contact data, which erasure would not find
/// here.
fn shown(endpoint: &WebhookEndpoint, answer: &WebhookAnswer) -> Option<String> {
    let mut text = String::from_utf8_lossy(&answer.body).into_owned();
    for secret in [Some(&endpoint.secret), endpoint.previous_secret.as_ref()].into_iter().flatten() {
        text = text.replace(secret.expose(), "…");
    }
    let text = redact(&text, &[]);
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The request, signed with the endpoint's secret, and with the one before while its receiver changes over.
fn signed(endpoint: &WebhookEndpoint, delivery: &WebhookDelivery, now: Timestamp) -> Result<WebhookRequest> {
    let body = delivery.payload.to_string();
    let timestamp = now.timestamp();
    let previous =
        endpoint.previous_secret.as_ref().filter(|_| endpoint.previous_secret_until.is_some_and(|at| now < at));
    let mut signatures = Vec::new();
    for secret in [Some(&endpoint.secret), previous].into_iter().flatten() {
        signatures.push(format!("sha256={}", signature(secret, timestamp, &body)?));
    }
    Ok(WebhookRequest {
        url: endpoint.url.clone(),
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("x-timestamp", timestamp.to_string()),
            // Any one that matches is enough.
            ("x-signature", signatures.join(", ")),
            // For a receiver's logs: what it trusts, it reads from the body, which is signed.
            ("x-event-id", delivery.payload["id"].as_str().unwrap_or_default().to_owned()),
            ("x-event-type", delivery.event_type.clone()),
            ("x-attempt", (delivery.attempts.len() + 1).to_string()),
        ],
        body: Bytes::from(body),
    })
}

fn signature(secret: &SigningSecret, timestamp: i64, body: &str) -> Result<String> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes());
    let mut mac = mac.map_err(|_| Error::internal("a signing secret has no length"))?;
    mac.update(format!("{timestamp}.{body}").as_bytes());
    Ok(hex(&mac.finalize().into_bytes()))
}

/// Records a try with its delivery and its endpoint. With `next` it is tried again then.
async fn record(deps: &Deps, sent: &WebhookDelivery, tried: &Tried, next: Option<Timestamp>) -> Result<()> {
    let (organization, now) = (sent.organization_id, deps.now());
    let unit = deps.storage.begin().await?;
    let Some(mut delivery) = unit.webhook_deliveries().get(organization, sent.id).await? else { return Ok(()) };
    delivery.attempts.push(tried.attempt.clone());
    (delivery.next_attempt_at, delivery.updated_at) = (next, now);
    delivery.status = match (tried.arrived, next) {
        (true, _) => DeliveryStatus::Delivered,
        (false, Some(_)) => DeliveryStatus::Pending,
        (false, None) => DeliveryStatus::Failed,
    };
    unit.webhook_deliveries().update(&delivery).await?;
    if let Some(endpoint) = unit.webhook_endpoints().get(organization, sent.endpoint_id).await? {
        note(deps, &*unit, endpoint, tried, next.is_none()).await?;
    }
    unit.commit().await
}

/// Counts an endpoint's failures. One whose receiver says that it is gone is switched off at once; one that has failed as
/// often in a row as a delivery is tried, when the last of them was given up. People hear of it.
async fn note(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    mut endpoint: WebhookEndpoint,
    tried: &Tried,
    given_up: bool,
) -> Result<()> {
    let well = tried.arrived;
    if !endpoint.enabled || (well && endpoint.consecutive_failures == 0) {
        return Ok(());
    }
    endpoint.consecutive_failures = if well { 0 } else { endpoint.consecutive_failures.saturating_add(1) };
    endpoint.updated_at = deps.now();
    let tries = u32::from(DeliverWebhook::RETRY.max_attempts);
    let reason = if tried.gone {
        Some(DisabledReason::Gone)
    } else {
        (given_up && endpoint.consecutive_failures >= tries).then_some(DisabledReason::Failures)
    };
    if let Some(reason) = reason {
        (endpoint.enabled, endpoint.disabled_at, endpoint.disabled_reason) = (false, Some(deps.now()), Some(reason));
        let ctx = Context::system(endpoint.organization_id);
        let record = ("webhook_endpoint", endpoint.id.to_string());
        deps.audit(unit, &ctx, "webhook_endpoint.disable", record, json!({ "reason": reason })).await?;
        let failures = endpoint.consecutive_failures;
        let data = json!({ "endpoint_id": endpoint.id, "reason": reason, "failures": failures });
        deps.publish(unit, &ctx, "notifications", EventType::WebhookEndpointDisabled, None, data).await?;
    }
    unit.webhook_endpoints().update(&endpoint).await
}
