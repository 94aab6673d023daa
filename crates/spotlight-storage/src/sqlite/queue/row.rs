//! A job as it is written: one list of values in a JSON list of them, so that one statement adds many.

use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Serialize};
use spotlight_core::{
    Result,
    domain::{BatchId, JobId, OrganizationId},
    ports::{Concurrency, JobSpec, Rate, Unique, UniqueScope, WhenTaken},
    trace::{pack, unpack},
};
use uuid::Uuid;

use super::{super::codec::json, instant, micros};
use crate::shared::stored;

/// The values of a new job, in the order of the statement `INSERT` of `add`.
#[derive(Serialize)]
pub(super) struct Row<'a>(
    Hex,
    &'static str,
    &'a str,
    i16,
    i64,
    u8,
    u8,
    u16,
    i64,
    i64,
    Option<i64>,
    i64,
    Option<Hex>,
    Option<Hex>,
    Option<&'a str>,
    Option<&'static str>,
    Option<&'a str>,
    Option<u32>,
    Option<&'a str>,
    Option<u32>,
    Option<i64>,
    u16,
    &'a str,
    Cow<'a, str>,
);

impl<'a> Row<'a> {
    /// A new job at its place `seq`, should it be ready.
    pub(super) fn new(id: JobId, spec: &'a JobSpec, batch: Option<BatchId>, seq: i64, now: i64) -> Self {
        let run_at = spec.run_at.map(|at| at.timestamp_micros()).filter(|at| *at > now);
        let (unique, limit, rate) = (spec.unique.as_ref(), spec.concurrency.as_ref(), spec.rate.as_ref());
        let guarded = limit.is_some()
            || rate.is_some()
            || unique.is_some_and(|unique| matches!(unique.scope, UniqueScope::Waiting));
        let trailing = limit.is_some() || unique.is_some() || batch.is_some() || !spec.keep_result.is_zero();
        Self(
            Hex(id.as_uuid()),
            if run_at.is_some() { "scheduled" } else { "ready" },
            &spec.queue,
            spec.priority,
            seq,
            u8::from(guarded),
            u8::from(trailing),
            spec.max_attempts,
            now,
            now,
            run_at,
            micros(spec.keep_result),
            spec.organization.map(|organization| Hex(organization.as_uuid())),
            batch.map(|batch| Hex(batch.as_uuid())),
            unique.map(|unique| unique.key.as_str()),
            unique.map(|unique| scope(unique.scope)),
            limit.map(|limit| limit.key.as_str()),
            limit.map(|limit| limit.limit),
            rate.map(|rate| rate.key.as_str()),
            rate.map(|rate| rate.limit),
            rate.map(|rate| micros(rate.period)),
            spec.version,
            &spec.name,
            pack(&spec.payload, spec.trace.as_ref()),
        )
    }
}

fn scope(scope: UniqueScope) -> &'static str {
    match scope {
        UniqueScope::Waiting => "waiting",
        UniqueScope::Unfinished => "unfinished",
        UniqueScope::Period(_) => "period",
    }
}

/// An id as `unhex` reads it.
#[derive(Clone, Copy)]
pub(super) struct Hex(pub(super) Uuid);

impl Serialize for Hex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.simple().encode_lower(&mut Uuid::encode_buffer()))
    }
}

/// The job that follows a batch, as the batch keeps it.
#[derive(Serialize, Deserialize)]
struct Follower {
    name: String,
    queue: String,
    organization: Option<Uuid>,
    payload: String,
    version: u16,
    priority: i16,
    run_at: Option<i64>,
    max_attempts: u16,
    unique: Option<(String, u8, u64, u8)>,
    concurrency: Option<(String, u32)>,
    rate: Option<(String, u32, u64)>,
    keep_us: u64,
}

fn whole(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Writes the job that follows a batch.
pub(super) fn follower(spec: &JobSpec) -> Result<String> {
    let unique = spec.unique.as_ref().map(|unique| {
        let (scope, period) = match unique.scope {
            UniqueScope::Waiting => (0, 0),
            UniqueScope::Unfinished => (1, 0),
            UniqueScope::Period(period) => (2, whole(period)),
        };
        let taken = match unique.taken {
            WhenTaken::Discard => 0,
            WhenTaken::Replace => 1,
            WhenTaken::Extend => 2,
        };
        (unique.key.clone(), scope, period, taken)
    });
    json(&Follower {
        name: spec.name.clone(),
        queue: spec.queue.clone(),
        organization: spec.organization.map(OrganizationId::as_uuid),
        payload: pack(&spec.payload, spec.trace.as_ref()).into_owned(),
        version: spec.version,
        priority: spec.priority,
        run_at: spec.run_at.map(|at| at.timestamp_micros()),
        max_attempts: spec.max_attempts,
        unique,
        concurrency: spec.concurrency.as_ref().map(|limit| (limit.key.clone(), limit.limit)),
        rate: spec.rate.as_ref().map(|rate| (rate.key.clone(), rate.limit, whole(rate.period))),
        keep_us: whole(spec.keep_result),
    })
}

/// Reads the job that follows a batch.
pub(super) fn read_follower(text: &str) -> Result<JobSpec> {
    let corrupt = || stored::corrupt("job_batches", "follower");
    let kept: Follower = serde_json::from_str(text).map_err(|_| corrupt())?;
    let unique = match kept.unique {
        None => None,
        Some((key, scope, period, taken)) => {
            let scope = match scope {
                0 => UniqueScope::Waiting,
                1 => UniqueScope::Unfinished,
                2 => UniqueScope::Period(Duration::from_micros(period)),
                _ => return Err(corrupt()),
            };
            let taken = match taken {
                0 => WhenTaken::Discard,
                1 => WhenTaken::Replace,
                2 => WhenTaken::Extend,
                _ => return Err(corrupt()),
            };
            Some(Unique { key, scope, taken })
        }
    };
    let (payload, trace) = unpack(kept.payload);
    Ok(JobSpec {
        name: kept.name,
        queue: kept.queue,
        organization: kept.organization.map(OrganizationId::from_uuid),
        payload,
        version: kept.version,
        priority: kept.priority,
        run_at: kept.run_at.map(instant),
        max_attempts: kept.max_attempts,
        unique,
        concurrency: kept.concurrency.map(|(key, limit)| Concurrency { key, limit }),
        rate: kept.rate.map(|(key, limit, period)| Rate { key, limit, period: Duration::from_micros(period) }),
        keep_result: Duration::from_micros(kept.keep_us),
        trace,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follower_comes_back_as_it_was() {
        let plain = JobSpec::new("then", "{}");
        let scopes = [UniqueScope::Waiting, UniqueScope::Unfinished, UniqueScope::Period(Duration::from_secs(7))];
        let takens = [WhenTaken::Discard, WhenTaken::Replace, WhenTaken::Extend];
        let mut specs = vec![plain.clone()];
        for (scope, taken) in scopes.into_iter().zip(takens) {
            specs.push(JobSpec {
                organization: Some(OrganizationId::from_uuid(Uuid::from_u128(5))),
                run_at: Some(instant(1_790_000_000_123_456)),
                unique: Some(Unique { key: "k".to_owned(), scope, taken }),
                concurrency: Some(Concurrency { key: "c".to_owned(), limit: 3 }),
                rate: Some(Rate { key: "r".to_owned(), limit: 2, period: Duration::from_millis(5) }),
                keep_result: Duration::from_secs(9),
                priority: -3,
                ..plain.clone()
            });
        }
        for spec in specs {
            let text = follower(&spec).expect("it is written");
            assert_eq!(read_follower(&text).expect("it is read"), spec);
        }
    }
}
