//! A job as its rows hold it.

use std::time::Duration;

use chrono::Duration as Span;
use serde::{Deserialize, Serialize};
use spotlight_core::{
    Result,
    domain::{BatchId, time::Timestamp},
    ports::{JobFailure, JobSpec, MAX_ERROR, MAX_ERRORS, UniqueScope, WhenTaken},
    trace::pack,
};
use spotlight_derive::RedactedDebug;
use uuid::Uuid;

use super::extra::{Extra, Failure, Limit, RateNote, Scope, Taken, UniqueNote};
use crate::postgres::{row::Row, tx::Query};

/// The columns of a job, in the order of [`Job`].
macro_rules! columns {
    ($of:literal) => {
        concat!(
            $of,
            "id, ",
            $of,
            "queue, ",
            $of,
            "priority, ",
            $of,
            "seq, ",
            $of,
            "name, ",
            $of,
            "payload, ",
            $of,
            "version, ",
            $of,
            "organization_id, ",
            $of,
            "attempts, ",
            $of,
            "max_attempts, ",
            $of,
            "enqueued_at, ",
            $of,
            "extra"
        )
    };
}
/// Jobs as arguments 1 to 12 of a statement, as `j`.
macro_rules! given {
    () => {
        "unnest($1::uuid[], $2::text[], $3::smallint[], $4::bigint[], $5::text[], $6::text[], $7::integer[], \
         $8::uuid[], $9::integer[], $10::integer[], $11::timestamptz[], $12::text[]) WITH ORDINALITY \
         AS j (id, queue, priority, seq, name, payload, version, organization_id, attempts, max_attempts, \
         enqueued_at, extra, n)"
    };
}
/// The jobs of the chunk `k`, as `j`; `j.n` is the place, from 1.
macro_rules! unpacked {
    () => {
        "unnest(k.ids, k.queues, k.priorities, k.seqs, k.names, k.payloads, k.versions, k.organizations, \
         k.attempts, k.max_attempts, k.enqueued_ats, k.extras) WITH ORDINALITY \
         AS j (id, queue, priority, seq, name, payload, version, organization_id, attempts, max_attempts, \
         enqueued_at, extra, n)"
    };
}
pub(super) use {columns, given, unpacked};

/// A job on its way between two tables.
#[derive(RedactedDebug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) id: Uuid,
    #[debug(shown = "the program names its jobs and queues")]
    pub(super) queue: String,
    pub(super) priority: i16,
    /// Its place in line; 0 for the next one.
    pub(super) seq: i64,
    #[debug(shown = "the program names its jobs and queues")]
    pub(super) name: String,
    pub(super) payload: String,
    pub(super) version: i32,
    pub(super) organization: Option<Uuid>,
    pub(super) attempts: i32,
    pub(super) max_attempts: i32,
    /// None: now.
    pub(super) enqueued_at: Option<Timestamp>,
    pub(super) extra: Option<Extra>,
}

impl Job {
    /// A new job of a spec that was found acceptable.
    pub(super) fn new(id: Uuid, spec: JobSpec, batch: Option<BatchId>) -> Self {
        let extra = Extra {
            unique: spec.unique.map(|unique| UniqueNote {
                key: unique.key,
                scope: match unique.scope {
                    UniqueScope::Waiting => Scope::Waiting,
                    UniqueScope::Unfinished => Scope::Unfinished,
                    UniqueScope::Period(period) => Scope::Period(micros(period)),
                },
                taken: match unique.taken {
                    WhenTaken::Discard => Taken::Discard,
                    WhenTaken::Replace => Taken::Replace,
                    WhenTaken::Extend => Taken::Extend,
                },
            }),
            concurrency: spec.concurrency.map(|limit| Limit { key: limit.key, limit: limit.limit }),
            rate: spec.rate.map(|rate| RateNote { key: rate.key, limit: rate.limit, period: micros(rate.period) }),
            keep: micros(spec.keep_result),
            batch: batch.map(BatchId::as_uuid),
            counted: false,
            failures: Vec::new(),
            unreadable: None,
        };
        Self {
            id,
            queue: spec.queue,
            priority: spec.priority,
            seq: 0,
            name: spec.name,
            payload: pack(&spec.payload, spec.trace.as_ref()).into_owned(),
            version: i32::from(spec.version),
            organization: spec.organization.map(spotlight_core::domain::OrganizationId::as_uuid),
            attempts: 0,
            max_attempts: i32::from(spec.max_attempts),
            enqueued_at: None,
            extra: (extra != Extra::default()).then_some(extra),
        }
    }

    /// The next columns of a row, as [`columns!`] names them.
    pub(super) fn read(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take()?,
            queue: row.take()?,
            priority: row.take()?,
            seq: row.take()?,
            name: row.take()?,
            payload: row.take()?,
            version: row.take()?,
            organization: row.take()?,
            attempts: row.take()?,
            max_attempts: row.take()?,
            enqueued_at: row.take()?,
            extra: Extra::read(row.take()?),
        })
    }

    /// Its concurrency key.
    pub(super) fn limit(&self) -> Option<&Limit> {
        self.extra.as_ref()?.concurrency.as_ref()
    }

    pub(super) fn unique(&self) -> Option<&UniqueNote> {
        self.extra.as_ref()?.unique.as_ref()
    }

    pub(super) fn batch(&self) -> Option<Uuid> {
        self.extra.as_ref()?.batch
    }

    /// True when not everything of it could be read.
    pub(super) fn is_unreadable(&self) -> bool {
        self.extra.as_ref().is_some_and(Extra::is_unreadable)
    }

    /// How long what it returns is kept.
    pub(super) fn keep(&self) -> u64 {
        self.extra.as_ref().map_or(0, |extra| extra.keep)
    }

    /// Notes that this try failed.
    pub(super) fn note_failure(&mut self, error: &str, at: Timestamp) {
        let mut end = error.len().min(MAX_ERROR);
        while !error.is_char_boundary(end) {
            end -= 1;
        }
        // What a text column cannot hold says nothing either.
        let error = error[..end].replace('\0', "");
        let failures = &mut self.extra.get_or_insert_default().failures;
        failures.push(Failure { attempt: self.attempts, at, error });
        if failures.len() > MAX_ERRORS {
            failures.remove(0);
        }
    }
}

/// Failures as the port tells them.
pub(super) fn failures(extra: Option<&Extra>) -> Vec<JobFailure> {
    let told = |failure: &Failure| JobFailure {
        attempt: u16::try_from(failure.attempt).unwrap_or(u16::MAX),
        at: failure.at,
        error: failure.error.clone(),
    };
    extra.map(|extra| extra.failures.iter().map(told).collect()).unwrap_or_default()
}

/// Microseconds, a thousand years at most.
pub(super) fn micros(duration: Duration) -> u64 {
    const LONGEST: u64 = 1_000 * 365 * 24 * 3600 * 1_000_000;
    u64::try_from(duration.as_micros()).unwrap_or(LONGEST).min(LONGEST)
}

/// Microseconds for arithmetic with instants.
pub(super) fn span(micros: u64) -> Span {
    Span::microseconds(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// Jobs column by column, as [`given!`] takes them.
#[derive(Default)]
pub(super) struct Columns<'a> {
    ids: Vec<Uuid>,
    queues: Vec<&'a str>,
    priorities: Vec<i16>,
    seqs: Vec<i64>,
    names: Vec<&'a str>,
    payloads: Vec<&'a str>,
    versions: Vec<i32>,
    organizations: Vec<Option<Uuid>>,
    attempts: Vec<i32>,
    max_attempts: Vec<i32>,
    enqueued_ats: Vec<Option<Timestamp>>,
    extras: Vec<Option<String>>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(jobs: impl IntoIterator<Item = &'a Job>) -> Result<Self> {
        let mut columns = Self::default();
        for job in jobs {
            columns.ids.push(job.id);
            columns.queues.push(&job.queue);
            columns.priorities.push(job.priority);
            columns.seqs.push(job.seq);
            columns.names.push(&job.name);
            columns.payloads.push(&job.payload);
            columns.versions.push(job.version);
            columns.organizations.push(job.organization);
            columns.attempts.push(job.attempts);
            columns.max_attempts.push(job.max_attempts);
            columns.enqueued_ats.push(job.enqueued_at);
            columns.extras.push(job.extra.as_ref().map(Extra::text).transpose()?);
        }
        Ok(columns)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Binds arguments 1 to 12.
    pub(super) fn bind<'q>(&self, query: Query<'q>) -> Query<'q> {
        query
            .bind(&self.ids)
            .bind(&self.queues)
            .bind(&self.priorities)
            .bind(&self.seqs)
            .bind(&self.names)
            .bind(&self.payloads)
            .bind(&self.versions)
            .bind(&self.organizations)
            .bind(&self.attempts)
            .bind(&self.max_attempts)
            .bind(&self.enqueued_ats)
            .bind(&self.extras)
    }
}
