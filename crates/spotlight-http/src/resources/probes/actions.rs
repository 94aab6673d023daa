//! Signs of life.

use std::time::Duration;

use http::StatusCode;
use spotlight_core::{error::Result, services::Spotlight};
use tokio::time::Instant;

use super::dto::{Alive, Check, Checks, Health, QueueCheck};
use crate::{output::json, resources::call::Call, response::Response};

/// Waiting jobs that are worth a warning.
const MANY: u64 = 1_000;
/// Longest wait for the queue's figures.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the process answers: nothing else is touched.
pub(super) fn up(_: &Call<'_>) -> Result<Response> {
    json(StatusCode::OK, &Alive { status: "ok" })
}

/// Whether what the process depends on answers.
pub(super) async fn health(call: Call<'_>) -> Result<Response> {
    let platform = call.platform;
    let began = Instant::now();
    let database = platform.ping().await;
    let response_time_ms = began.elapsed().as_secs_f64() * 1000.0;
    let (status, shown, word) = match &database {
        Ok(()) => (StatusCode::OK, "ok", "ok"),
        Err(error) => {
            tracing::warn!(error = error.chain(), "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "service_unavailable", "error")
        }
    };
    let checks = Checks { database: Check { status: word, response_time_ms }, queue: queue(platform).await };
    let response = json(status, &Health { status: shown, checks })?;
    Ok(if database.is_ok() { response } else { response.with(http::header::RETRY_AFTER, "5") })
}

/// How much work waits. Requests are answered all the same when the queue is away: what they leave waits for it.
async fn queue(platform: &Spotlight) -> QueueCheck {
    let size = match tokio::time::timeout(PATIENCE, platform.queue().snapshot()).await {
        Ok(Ok(snapshot)) => Some(snapshot.queues.iter().map(|queue| queue.ready).sum()),
        Ok(Err(error)) => {
            tracing::warn!(error = error.chain(), "the job queue does not answer");
            None
        }
        Err(_) => None,
    };
    let status = match size {
        None => "error",
        Some(0..MANY) => "ok",
        Some(_) => "warning",
    };
    QueueCheck { status, queue_size: size }
}
