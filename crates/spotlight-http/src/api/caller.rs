//! Who calls, and how much they may.

use http::StatusCode;
use spotlight_core::{
    domain::audit::Actor,
    error::{Error, ErrorKind, Retry},
    ports::{Quota, Verdict},
    services::{Context, Spotlight},
};

use super::{
    Api,
    way::{Arrival, Counted},
};
use crate::{
    credentials::{self, Caller},
    endpoint::Access,
    error::Refusal,
    plans::Plans,
    policy::{HttpPolicy, limit_key},
};

impl Api {
    /// Who calls, once their limit allows it.
    pub(super) async fn caller(&self, arrival: &Arrival<'_>, counted: &mut Counted) -> Result<Caller, Refusal> {
        let Arrival { endpoint, request, client, .. } = *arrival;
        if endpoint.access == Access::Signed {
            self.count(&format!("http:signed:{}", limit_key(client)), self.policy.signed, counted).await?;
            return Ok(Caller::nobody());
        }
        if endpoint.access == Access::Open {
            let caller = Caller::nobody();
            let (key, quota) = match endpoint.quota {
                Some(quota) => (format!("http:{}:{}", endpoint.name, limit_key(client)), quota),
                None => (credentials::counted_as(&caller.context, client), self.policy.open),
            };
            self.count(&key, quota, counted).await?;
            return Ok(caller);
        }
        match credentials::recognise(&self.platform, &self.policy, self.host.as_deref(), endpoint, request).await {
            Ok(caller) => {
                let quota = quota_of(&self.platform, &self.policy, &self.plans, &caller.context).await;
                self.count(&credentials::counted_as(&caller.context, client), quota, counted).await?;
                Ok(caller)
            }
            Err(refusal) => {
                // Whoever tries secrets out is slowed down by where they come from.
                if refusal.status() == StatusCode::UNAUTHORIZED {
                    self.count(&format!("http:refused:{}", limit_key(client)), self.policy.open, counted).await?;
                }
                Err(refusal)
            }
        }
    }

    async fn count(&self, key: &str, quota: Quota, counted: &mut Counted) -> Result<(), Refusal> {
        let verdict = match self.platform.limiter().check(key, quota).await {
            Ok(verdict) => verdict,
            Err(error) => {
                // A limiter that is away is no reason to turn everybody away.
                tracing::warn!(error = error.chain(), "requests are not limited at the moment");
                return Ok(());
            }
        };
        *counted = Some((quota, verdict));
        if verdict.allowed {
            return Ok(());
        }
        Err(too_many(verdict).into())
    }
}

/// What the caller may ask in a while: a user or token, what their organization's plan allows.
pub(super) async fn quota_of(platform: &Spotlight, policy: &HttpPolicy, plans: &Plans, context: &Context) -> Quota {
    if matches!(context.actor, Actor::Visitor(_)) {
        return policy.visitor;
    }
    let read = async { platform.billing().plan(context).await };
    plans.of(context.organization, read).await.map_or(policy.api, |plan| policy.api_of(plan))
}

pub(super) fn too_many(verdict: Verdict) -> Error {
    let error = Error::new(ErrorKind::RateLimited, "too many requests; wait a moment");
    error.with_retry(Retry::After(verdict.retry_after))
}
