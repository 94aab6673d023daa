//! What an action is given.

use bytes::Bytes;
use chrono::{NaiveDate, NaiveTime};
use spotlight_core::{
    domain::{slots::local_instant, time::Timestamp, user::Session},
    error::{Error, ErrorKind, Result},
    ports::page::Between,
    services::{Context, Spotlight},
};
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    api::{Api, Room},
    endpoint::Endpoint,
    incoming::Incoming,
    input::{Field, read_body, read_maybe},
    policy::HttpPolicy,
    query::Query,
    request::Request,
    serving::Served,
};

/// How often a change without `If-Match` is tried against a record that others change at the same time.
const TRIES: usize = 3;

/// A request that has passed the edge.
pub(crate) struct Call<'a> {
    pub(crate) api: &'a Api,
    pub(crate) platform: &'a Spotlight,
    pub(crate) policy: &'a HttpPolicy,
    pub(crate) served: &'a Served,
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) request: &'a Request,
    pub(crate) request_id: &'a str,
    pub(crate) context: Context,
    pub(crate) session: Option<Session>,
    /// When a visitor's token ends.
    pub(crate) until: Option<Timestamp>,
    pub(crate) query: Query,
    pub(crate) path: Vec<String>,
    pub(crate) body: Bytes,
    /// The body where it is taken as it comes.
    pub(crate) incoming: Option<Incoming>,
    pub(crate) expected_version: Option<i64>,
    /// Kept by streams until they end.
    pub(crate) place: Option<OwnedSemaphorePermit>,
}

impl Call<'_> {
    /// The id at a place of the path. What is no id names nothing that exists.
    pub(super) fn id<T: std::str::FromStr>(&self, place: usize, what: &str) -> Result<T> {
        self.path.get(place).and_then(|text| text.parse().ok()).ok_or_else(|| Error::not_found(what))
    }

    /// What a connection needs that outlives the request.
    pub(super) fn room(&self) -> Room {
        self.api.room(self.request_id)
    }

    /// The resource the body carries.
    pub(super) fn input<T: Field>(&self) -> Result<T> {
        let Some(carries) = &self.endpoint.carries else {
            return Err(Error::internal("an endpoint without a body reads one"));
        };
        let read = if carries.required { read_body } else { read_maybe };
        read(&self.body, carries.key)
    }

    /// The body as it comes.
    pub(super) fn take_incoming(&mut self) -> Result<Incoming> {
        self.incoming.take().ok_or_else(|| Error::internal("an endpoint without a streamed body reads one"))
    }

    /// Tries a change again that others were quicker than, unless the caller named the version it wants to change.
    pub(super) async fn patiently<T, F: Future<Output = Result<T>>>(&self, change: impl Fn() -> F) -> Result<T> {
        let mut tries = TRIES;
        loop {
            tries -= 1;
            match change().await {
                Err(error)
                    if error.kind() == ErrorKind::StaleVersion && tries > 0 && self.expected_version.is_none() => {}
                answered => return answered,
            }
        }
    }

    /// The instant of the request.
    pub(super) fn now(&self) -> Timestamp {
        self.platform.clock().now()
    }

    /// Instants between two parameters and inside `date_from` and `date_to`, days in the organization's zone.
    pub(super) async fn between(&self, after: &str, before: &str) -> Result<Between> {
        let Between { from, to } = self.query.between(after, before);
        let (first, last) = (self.query.get::<NaiveDate>("date_from"), self.query.get::<NaiveDate>("date_to"));
        if first.is_none() && last.is_none() {
            return Ok(Between { from, to });
        }
        let zone = self.platform.organizations().get(&self.context).await?.time_zone;
        let midnight = |day: NaiveDate| local_instant(zone, day.and_time(NaiveTime::MIN));
        let first = first.map(midnight);
        let end = last.and_then(|day| day.succ_opt()).map(midnight);
        Ok(Between { from: from.into_iter().chain(first).max(), to: to.into_iter().chain(end).min() })
    }
}
