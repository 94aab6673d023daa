//! Callers of one process who want the same value at the same time.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;

use crate::{
    domain::OrganizationId,
    error::{Error, ErrorKind, Result, Retry},
};

type Key = (OrganizationId, Arc<str>);

/// The flights of a process. A flight is forgotten when nobody is on it.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<Key, Arc<Flight>>>);

#[derive(Default)]
pub(super) struct Flight {
    /// Callers so far; the number of each is its ticket.
    boarded: AtomicU64,
    /// Held by the one who computes.
    pub(super) pilot: tokio::sync::Mutex<Option<Outcome>>,
}

/// What one caller computed for the others.
pub(super) struct Outcome {
    /// It is for tickets up to this one.
    pub(super) up_to: u64,
    pub(super) result: Shared,
}

/// A result that several callers get. Errors cannot be copied, so their sources stay with the first.
#[derive(Clone)]
pub(super) enum Shared {
    Value(Bytes),
    Failed { kind: ErrorKind, retry: Retry, message: String },
}

/// A caller's place on a flight.
pub(super) struct Seat<'a> {
    flights: &'a Flights,
    key: Key,
    pub(super) flight: Arc<Flight>,
    pub(super) ticket: u64,
}

impl Flights {
    pub(super) fn board(&self, organization: OrganizationId, key: &str) -> Seat<'_> {
        let key = (organization, Arc::from(key));
        let flight = Arc::clone(self.lock().entry(key.clone()).or_default());
        let ticket = flight.boarded.fetch_add(1, Ordering::AcqRel) + 1;
        Seat { flights: self, key, flight, ticket }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arc<Flight>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many are under way.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }
}

impl Flight {
    /// The ticket of the last caller so far.
    pub(super) fn boarded(&self) -> u64 {
        self.boarded.load(Ordering::Acquire)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut flights = self.flights.lock();
        // The map's and this one. Others are made under the lock only.
        if Arc::strong_count(&self.flight) <= 2 {
            flights.remove(&self.key);
        }
    }
}

impl Shared {
    pub(super) fn of(result: &Result<Bytes>) -> Self {
        match result {
            Ok(value) => Self::Value(value.clone()),
            Err(error) => Self::Failed { kind: error.kind(), retry: error.retry(), message: error.to_string() },
        }
    }

    pub(super) fn get(&self) -> Result<Bytes> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Failed { kind, retry, message } => Err(Error::new(*kind, message.clone()).with_retry(*retry)),
        }
    }
}
