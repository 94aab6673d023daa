//! What a queue must do to be measured.

use std::{future::Future, ops::Range, sync::Arc};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::Seen;

/// Whatever went wrong ends the run.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The name of the one job, and of the queue where a peer wants one.
pub const NAME: &str = "nothing";

/// The payload of every job, in every peer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Nothing {
    /// Which one it is, from 0.
    pub number: u64,
}

/// What a connection is for, since peers document other settings for many jobs than for few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Adding many jobs in a call.
    Bulk,
    /// So many callers at once, each with one job in a call.
    Singles(u32),
    /// Working off as fast as it can.
    Drain,
    /// Starting a job soon after it was added; everything as shipped.
    Latency,
}

/// A concurrency limit on every job.
#[derive(Debug, Clone, Copy)]
pub struct Keys {
    /// How many keys the jobs are spread over.
    pub keys: u64,
    /// Jobs of a key at once.
    pub limit: u32,
}

/// A job queue, at the best settings that its documentation names.
pub trait Peer: Send + Sync + Sized + 'static {
    /// Jobs in one call where many are added.
    const BULK: u64;

    /// Connects, and makes its tables where there are none.
    ///
    /// # Errors
    /// Whatever the store said.
    fn connect(url: &str, purpose: Purpose) -> impl Future<Output = Result<Self>> + Send;

    /// Adds these jobs in one call, and returns once they are acknowledged.
    ///
    /// # Errors
    /// Whatever the store said, and limits that the peer does not have.
    fn add(&self, numbers: Range<u64>, keys: Option<Keys>) -> impl Future<Output = Result<()>> + Send;

    /// Adds one job, by the call for one.
    ///
    /// # Errors
    /// Whatever the store said.
    fn add_one(&self, number: u64) -> impl Future<Output = Result<()>> + Send;

    /// Works jobs off until told to stop, and stops in good order.
    ///
    /// # Errors
    /// Whatever ended it before.
    fn work(self: Arc<Self>, seen: Arc<Seen>, stop: CancellationToken) -> impl Future<Output = Result<()>> + Send;

    /// Jobs in the store that have not ended well.
    ///
    /// # Errors
    /// Whatever the store said.
    fn left(&self) -> impl Future<Output = Result<u64>> + Send;
}
