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
    /// The checks of the dependencies.
    Checks as "HealthChecks" {
        /// The database answers.
        database: Check,
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
