//! Signs of life.

use crate::output::output;

output! {
    /// The process answers.
    Alive as "Alive" {
        /// Always `ok`.
        status: &'static str,
    }
}

output! {
    /// One check of a dependency.
    Check as "HealthCheck" {
        /// `ok` or `error`.
        status: &'static str,
        /// Milliseconds it took.
        response_time_ms: f64,
    }
}

output! {
    /// How much work waits.
    QueueCheck as "HealthQueueCheck" {
        /// `ok`, `warning` from a thousand waiting jobs on, or `error` when the queue does not answer.
        status: &'static str,
        /// Jobs that could run now; none when the queue does not answer.
        queue_size: Option<u64>,
    }
}

output! {
    /// The checks of the dependencies.
    Checks as "HealthChecks" {
        /// The database answers.
        database: Check,
        /// Jobs are worked off.
        queue: QueueCheck,
    }
}

output! {
    /// Whether requests can be answered.
    Health as "Health" {
        /// `ok` or `service_unavailable`.
        status: &'static str,
        /// Each dependency.
        checks: Checks,
    }
}
