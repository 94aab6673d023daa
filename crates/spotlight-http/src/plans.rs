//! Which plan an organization is on, without asking storage at each request.

use std::{sync::Arc, time::Duration};

use spotlight_core::{
    caching::{CacheReader, Keep},
    domain::{OrganizationId, billing::PlanId},
    error::Result,
    memory::MemoryCache,
    ports::Clock,
};

/// How long an answer counts: a change of plan is felt after this at the latest.
const FRESH: Duration = Duration::from_secs(30);
/// Bytes for the answers: some 10,000 organizations; those that have not asked for longest are forgotten first.
const ROOM: usize = 4 << 20;

/// The plans of organizations that have asked lately. Each process has its own: asking for what others know costs as much
/// as asking storage.
#[derive(Debug)]
pub(crate) struct Plans {
    kept: CacheReader,
    keep: Keep,
}

impl Plans {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { kept: CacheReader::new(Arc::new(MemoryCache::new(clock, ROOM))), keep: Keep::new(FRESH) }
    }

    /// The plan of an organization: the one that is remembered, or what `read` says, which is asked once for all who ask
    /// at the same time. None when that fails: nobody is turned away for it.
    pub(crate) async fn of(
        &self,
        organization: OrganizationId,
        read: impl Future<Output = Result<PlanId>>,
    ) -> Option<PlanId> {
        let read = || async { read.await.map(Some) };
        let plan = self.kept.get_or_compute(organization, "plan", &self.keep, read).await;
        plan.unwrap_or_else(|error| {
            tracing::warn!(error = error.chain(), "an organization's plan could not be read");
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    };

    use spotlight_core::{
        domain::time::Timestamp,
        error::{Error, ErrorKind},
    };
    use uuid::Uuid;

    use super::*;

    /// A clock that is put forward by hand.
    struct Hands(Mutex<Timestamp>);

    impl Hands {
        fn new() -> Arc<Self> {
            Arc::new(Self(Mutex::new(Timestamp::UNIX_EPOCH)))
        }

        fn forward(&self, by: Duration) {
            *self.0.lock().expect("nobody panicked") += by;
        }
    }

    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            *self.0.lock().expect("nobody panicked")
        }
    }

    #[tokio::test]
    async fn storage_is_asked_once_in_a_while() {
        let clock = Hands::new();
        let (plans, asked) = (Plans::new(clock.clone()), AtomicUsize::new(0));
        let [one, other] = [1, 2].map(|number| OrganizationId::from_uuid(Uuid::from_u128(number)));
        let read = async |plan| {
            asked.fetch_add(1, Ordering::Relaxed);
            Ok(plan)
        };
        for _ in 0..100 {
            assert_eq!(plans.of(one, read(PlanId::Growth)).await, Some(PlanId::Growth));
        }
        assert_eq!(plans.of(other, read(PlanId::Free)).await, Some(PlanId::Free));
        clock.forward(FRESH.saturating_sub(Duration::from_millis(1)));
        assert_eq!(plans.of(one, read(PlanId::Free)).await, Some(PlanId::Growth));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        clock.forward(Duration::from_millis(1));
        assert_eq!(plans.of(one, read(PlanId::Scale)).await, Some(PlanId::Scale), "a change is felt");
    }

    #[tokio::test]
    async fn a_plan_that_cannot_be_read_is_asked_for_again() {
        let plans = Plans::new(Hands::new());
        let one = OrganizationId::from_uuid(Uuid::from_u128(1));
        let away = async || Err(Error::new(ErrorKind::Unavailable, "the database is away"));
        assert_eq!(plans.of(one, away()).await, None);
        assert_eq!(plans.of(one, async { Ok(PlanId::Starter) }).await, Some(PlanId::Starter));
        assert_eq!(plans.of(one, away()).await, Some(PlanId::Starter));
    }
}
