//! Which plan an organization is on, without asking storage at each request.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use spotlight_core::{
    domain::{OrganizationId, billing::PlanId},
    error::Result,
};
use tokio::time::Instant;

/// How long an answer counts: a change of plan is felt after this at the latest.
const FRESH: Duration = Duration::from_secs(30);
/// Most organizations that are remembered.
const MOST: usize = 10_000;

/// The plans of organizations that have asked lately.
#[derive(Debug, Default)]
pub(crate) struct Plans(Mutex<HashMap<OrganizationId, (PlanId, Instant)>>);

impl Plans {
    /// The plan of an organization: the one that is remembered, or what `read` says. None when that fails: nobody is
    /// turned away for it.
    pub(crate) async fn of(
        &self,
        organization: OrganizationId,
        now: Instant,
        read: impl Future<Output = Result<PlanId>>,
    ) -> Option<PlanId> {
        if let Some(plan) = self.remembered(organization, now) {
            return Some(plan);
        }
        match read.await {
            Ok(plan) => {
                self.remember(organization, plan, now);
                Some(plan)
            }
            Err(error) => {
                tracing::warn!(error = error.chain(), "an organization's plan could not be read");
                None
            }
        }
    }

    fn remembered(&self, organization: OrganizationId, now: Instant) -> Option<PlanId> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&organization).filter(|(_, at)| now.duration_since(*at) < FRESH).map(|(plan, _)| *plan)
    }

    fn remember(&self, organization: OrganizationId, plan: PlanId, now: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, (_, at)| now.duration_since(*at) < FRESH);
            if known.len() >= MOST {
                known.clear();
            }
        }
        known.insert(organization, (plan, now));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use spotlight_core::error::{Error, ErrorKind};
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn storage_is_asked_once_in_a_while() {
        let (plans, asked, now) = (Plans::default(), AtomicUsize::new(0), Instant::now());
        let [one, other] = [1, 2].map(|number| OrganizationId::from_uuid(Uuid::from_u128(number)));
        let read = async |plan| {
            asked.fetch_add(1, Ordering::Relaxed);
            Ok(plan)
        };
        for _ in 0..100 {
            assert_eq!(plans.of(one, now, read(PlanId::Growth)).await, Some(PlanId::Growth));
        }
        assert_eq!(plans.of(other, now, read(PlanId::Free)).await, Some(PlanId::Free));
        let before = now + FRESH.saturating_sub(Duration::from_millis(1));
        assert_eq!(plans.of(one, before, read(PlanId::Free)).await, Some(PlanId::Growth));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        assert_eq!(plans.of(one, now + FRESH, read(PlanId::Scale)).await, Some(PlanId::Scale), "a change is felt");
    }

    #[tokio::test]
    async fn a_plan_that_cannot_be_read_is_asked_for_again() {
        let (plans, now) = (Plans::default(), Instant::now());
        let one = OrganizationId::from_uuid(Uuid::from_u128(1));
        let away = async || Err(Error::new(ErrorKind::Unavailable, "the database is away"));
        assert_eq!(plans.of(one, now, away()).await, None);
        assert_eq!(plans.of(one, now, async { Ok(PlanId::Starter) }).await, Some(PlanId::Starter));
        assert_eq!(plans.of(one, now, away()).await, Some(PlanId::Starter));
    }
}
