//! A job as Redis holds it.
//!
//! Numbers are big-endian: the instant it was added in microseconds (8, put in front by the script that adds it), kind
//! (1), priority + 32768 (2), tries at most (2), version (2), length (2) and text of what most jobs lack (JSON), 1 and
//! the organization (16) or 0, length (1) and text of the name, and the payload.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use spotlight_core::{
    Result,
    domain::{BatchId, JobId, OrganizationId, time::Timestamp},
    ports::{ClaimedJob, JobSpec, UniqueScope, WhenTaken},
    trace::{Trace, pack, unpack},
};
use spotlight_derive::RedactedDebug;
use uuid::Uuid;

use crate::shared::stored;

/// The longest time that is told: a script's numbers are exact up to 2^53.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// Bits of a job's kind, as `queue.lua` reads them.
const GUARDED: u8 = 1;
const TRAILING: u8 = 2;
const TIMED: u8 = 4;

/// What most jobs lack, as scripts read it. Times are microseconds.
#[derive(RedactedDebug, Default, PartialEq, Serialize, Deserialize)]
struct Special<'a> {
    /// The unique key, its scope, period, and what becomes of another job.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    u: Option<(std::borrow::Cow<'a, str>, &'a str, u64, &'a str)>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    c: Option<(std::borrow::Cow<'a, str>, u32)>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    r: Option<(std::borrow::Cow<'a, str>, u32, u64)>,
    /// The batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<Uuid>,
    /// The queue that keeps the batch, if it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    h: Option<&'a str>,
    /// How long a result is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<u64>,
    /// When it is to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<i64>,
}

/// A job that is to be added.
#[derive(RedactedDebug)]
pub(super) struct Draft {
    pub(super) id: Uuid,
    pub(super) text: Vec<u8>,
}

impl Draft {
    /// A new job of a spec that was found acceptable. A batch comes with the queue that keeps it.
    pub(super) fn new(id: Uuid, spec: &JobSpec, batch: Option<(BatchId, &str)>) -> Self {
        let scope = |scope| match scope {
            UniqueScope::Waiting => ("w", 0),
            UniqueScope::Unfinished => ("u", 0),
            UniqueScope::Period(period) => ("p", micros(period).max(1)),
        };
        let taken = |taken| match taken {
            WhenTaken::Discard => "d",
            WhenTaken::Replace => "r",
            WhenTaken::Extend => "e",
        };
        let special = Special {
            u: spec.unique.as_ref().map(|unique| {
                let (scope, period) = scope(unique.scope);
                (unique.key.as_str().into(), scope, period, taken(unique.taken))
            }),
            c: spec.concurrency.as_ref().map(|limit| (limit.key.as_str().into(), limit.limit)),
            r: spec.rate.as_ref().map(|rate| (rate.key.as_str().into(), rate.limit, micros(rate.period))),
            b: batch.map(|(batch, _)| batch.as_uuid()),
            h: batch.map(|(_, home)| home).filter(|home| *home != spec.queue),
            k: Some(micros(spec.keep_result)).filter(|keep| *keep > 0),
            a: spec.run_at.map(|at| at.timestamp_micros()),
        };
        let waits_alone = spec.unique.as_ref().is_some_and(|unique| unique.scope == UniqueScope::Waiting);
        let mut kind = 0;
        if special.c.is_some() || special.r.is_some() || waits_alone {
            kind |= GUARDED;
        }
        if special.c.is_some() || special.u.is_some() || special.b.is_some() || special.k.is_some() {
            kind |= TRAILING;
        }
        if special.a.is_some() {
            kind |= TIMED;
        }
        // It is made of texts and numbers alone, which JSON always takes.
        let special = if kind == 0 { Vec::new() } else { serde_json::to_vec(&special).unwrap_or_default() };
        let mut text = Vec::with_capacity(32 + special.len() + spec.name.len() + spec.payload.len());
        text.push(kind);
        text.extend((i32::from(spec.priority) + 32_768).to_be_bytes().into_iter().skip(2));
        text.extend(spec.max_attempts.to_be_bytes());
        text.extend(spec.version.to_be_bytes());
        // Three keys of 200 bytes, escaped: below 4 kB.
        text.extend((special.len() as u16).to_be_bytes());
        text.extend(special);
        match spec.organization {
            Some(organization) => {
                text.push(1);
                text.extend(organization.as_uuid().as_bytes());
            }
            None => text.push(0),
        }
        text.push(spec.name.len() as u8);
        text.extend(spec.name.as_bytes());
        text.extend(pack(&spec.payload, spec.trace.as_ref()).as_bytes());
        Self { id, text }
    }
}

/// A job that was read.
#[derive(RedactedDebug, PartialEq)]
pub(super) struct Stored {
    pub(super) enqueued_at: Timestamp,
    pub(super) priority: i16,
    pub(super) max_attempts: u16,
    pub(super) version: u16,
    pub(super) batch: Option<BatchId>,
    pub(super) keep_result: Duration,
    pub(super) organization: Option<OrganizationId>,
    pub(super) name: String,
    pub(super) payload: String,
    pub(super) trace: Option<Trace>,
}

impl Stored {
    /// Reads a job.
    ///
    /// # Errors
    /// `Corrupt`.
    pub(super) fn read(mut text: Vec<u8>) -> Result<Self> {
        let mut reader = Reader { text: &text, at: 0 };
        let enqueued_at = instant(i64::from_be_bytes(reader.fixed()?))?;
        let [_kind] = reader.fixed()?;
        let priority = i32::from(u16::from_be_bytes(reader.fixed()?)) - 32_768;
        let max_attempts = u16::from_be_bytes(reader.fixed()?);
        let version = u16::from_be_bytes(reader.fixed()?);
        let length = u16::from_be_bytes(reader.fixed()?);
        let special = reader.take(usize::from(length))?;
        let special: Special<'_> = match special {
            [] => Special::default(),
            special => serde_json::from_slice(special).map_err(|_| corrupt("special"))?,
        };
        let (batch, keep_result) = (special.b.map(BatchId::from_uuid), Duration::from_micros(special.k.unwrap_or(0)));
        let organization = match reader.fixed()? {
            [0] => None,
            _ => Some(OrganizationId::from_uuid(Uuid::from_bytes(reader.fixed()?))),
        };
        let [length] = reader.fixed()?;
        let name = utf8(reader.take(usize::from(length))?.to_vec())?;
        let rest = reader.at;
        text.drain(..rest);
        let (payload, trace) = unpack(utf8(text)?);
        let priority = i16::try_from(priority).map_err(|_| corrupt("priority"))?;
        let numbers = (priority, max_attempts, version);
        let (priority, max_attempts, version) = numbers;
        Ok(Self {
            enqueued_at,
            priority,
            max_attempts,
            version,
            batch,
            keep_result,
            organization,
            name,
            payload,
            trace,
        })
    }

    /// What is shown in the place of a job that cannot be read.
    pub(super) fn unreadable() -> Self {
        Self {
            enqueued_at: Timestamp::UNIX_EPOCH,
            priority: 0,
            max_attempts: 0,
            version: 0,
            batch: None,
            keep_result: Duration::ZERO,
            organization: None,
            name: "unreadable".to_owned(),
            payload: String::new(),
            trace: None,
        }
    }

    /// The job as its worker is told of it.
    pub(super) fn claimed(self, id: Uuid, queue: &str, claim: i64, attempt: u16) -> ClaimedJob {
        ClaimedJob {
            id: JobId::from_uuid(id),
            name: self.name,
            claim,
            queue: queue.to_owned(),
            organization: self.organization,
            payload: self.payload,
            version: self.version,
            attempt,
            max_attempts: self.max_attempts,
            batch: self.batch,
            enqueued_at: self.enqueued_at,
            keep_result: self.keep_result,
            trace: self.trace,
        }
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let taken = self.text.get(self.at..self.at + length).ok_or_else(|| corrupt("text"))?;
        self.at += length;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| corrupt("text"))
    }
}

/// What Redis holds cannot be understood.
pub(super) fn corrupt(part: &str) -> spotlight_core::Error {
    stored::corrupt("jobs", part)
}

/// Bytes as text.
pub(super) fn utf8(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| corrupt("text"))
}

/// Microseconds since 1970 as an instant.
pub(super) fn instant(micros: i64) -> Result<Timestamp> {
    Timestamp::from_timestamp_micros(micros).ok_or_else(|| corrupt("instant"))
}

/// Whole microseconds, a hundred years at most.
pub(super) fn micros(duration: Duration) -> u64 {
    duration.min(LONGEST).as_micros() as u64
}

#[cfg(test)]
mod tests {
    use spotlight_core::ports::{Concurrency, Rate, Unique};

    use super::*;

    fn stored(spec: &JobSpec, batch: Option<(BatchId, &str)>) -> Result<Stored> {
        let mut text = 1_790_000_000_123_456_i64.to_be_bytes().to_vec();
        text.extend(Draft::new(Uuid::from_u128(1), spec, batch).text);
        Stored::read(text)
    }

    #[test]
    fn a_job_comes_back_as_it_was() {
        let plain =
            JobSpec { priority: i16::MIN, max_attempts: u16::MAX, version: 9, ..JobSpec::new("n", "{\"ü\":1}") };
        let full = JobSpec {
            organization: Some(OrganizationId::from_uuid(Uuid::from_u128(5))),
            run_at: Some(instant(1_790_000_000_123_456).expect("in range")),
            unique: Some(Unique { key: "\"\u{1}".repeat(60), scope: UniqueScope::Waiting, taken: WhenTaken::Extend }),
            concurrency: Some(Concurrency { key: "\u{1}".repeat(200), limit: 3 }),
            rate: Some(Rate { key: "r".to_owned(), limit: 2, period: Duration::MAX }),
            keep_result: Duration::from_secs(9),
            priority: i16::MAX,
            ..JobSpec::new("x".repeat(100), "")
        };
        let batch = BatchId::from_uuid(Uuid::from_u128(7));
        for (spec, batch) in [(&plain, None), (&full, Some((batch, "other")))] {
            let read = stored(spec, batch).expect("it is read");
            assert_eq!((&read.name, &read.payload, read.priority), (&spec.name, &spec.payload, spec.priority));
            assert_eq!((read.max_attempts, read.version), (spec.max_attempts, spec.version));
            assert_eq!((read.organization, read.keep_result), (spec.organization, spec.keep_result));
            assert_eq!(read.batch, batch.map(|(batch, _)| batch));
            assert_eq!(read.enqueued_at.timestamp_micros(), 1_790_000_000_123_456);
        }
    }

    #[test]
    fn what_was_cut_short_is_said_to_be_corrupt() {
        let mut text = 1_i64.to_be_bytes().to_vec();
        text.extend(Draft::new(Uuid::from_u128(1), &JobSpec::new("name", ""), None).text);
        for length in 0..text.len() {
            let error = Stored::read(text[..length].to_vec()).expect_err("it lacks something");
            assert_eq!(error.kind(), spotlight_core::ErrorKind::Corrupt);
        }
    }
}
