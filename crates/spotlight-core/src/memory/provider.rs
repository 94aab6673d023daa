//! A billing provider that bills nobody.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::{
        OrganizationId, UsageId,
        billing::{PlanId, Subscription, Usage},
    },
    error::{Error, ErrorKind, Result},
    ports::{BillingProvider, ProvidedSubscription},
};

/// A [`BillingProvider`] that keeps what it is told, for tests and demonstrations.
#[derive(Debug, Default)]
pub struct MemoryBillingProvider {
    state: Mutex<State>,
}

#[derive(RedactedDebug, Default)]
struct State {
    told: BTreeMap<UsageId, Usage>,
    subscriptions: HashMap<String, ProvidedSubscription>,
    failing: Option<ErrorKind>,
}

impl MemoryBillingProvider {
    /// One that knows no subscription.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything it was told of, by id.
    pub fn told(&self) -> Vec<Usage> {
        self.lock().told.values().cloned().collect()
    }

    /// Has a subscription from now on; none removes it.
    pub fn has(&self, external_id: &str, subscription: Option<ProvidedSubscription>) {
        let mut state = self.lock();
        match subscription {
            Some(subscription) => drop(state.subscriptions.insert(external_id.to_owned(), subscription)),
            None => drop(state.subscriptions.remove(external_id)),
        }
    }

    /// Fails with this kind from now on; `None` works again.
    pub fn fail_with(&self, kind: Option<ErrorKind>) {
        self.lock().failing = kind;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self) -> Result<()> {
        self.failing.map_or(Ok(()), |kind| Err(Error::new(kind, "the billing provider was told to fail")))
    }
}

#[async_trait]
impl BillingProvider for MemoryBillingProvider {
    async fn report(&self, _: &Subscription, usage: &[Usage]) -> Result<()> {
        let mut state = self.lock();
        state.check()?;
        for used in usage {
            state.told.entry(used.id).or_insert_with(|| used.clone());
        }
        Ok(())
    }

    async fn checkout(&self, organization: OrganizationId, plan: PlanId, _: Option<String>) -> Result<String> {
        self.lock().check()?;
        Ok(format!("https://billing.invalid/checkout/{organization}/{plan}"))
    }

    async fn portal(&self, customer: &str) -> Result<String> {
        self.lock().check()?;
        Ok(format!("https://billing.invalid/portal/{customer}"))
    }

    async fn subscription(&self, external_id: &str) -> Result<Option<ProvidedSubscription>> {
        let state = self.lock();
        state.check()?;
        Ok(state.subscriptions.get(external_id).cloned())
    }
}
