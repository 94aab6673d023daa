//! Figures of the process, for Prometheus.

mod actions;
mod text;

use crate::endpoint::{Access, Endpoint};

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[Endpoint::get(
    "/metrics",
    "metrics",
    "Figures for Prometheus, where the deployment shows them: to this machine alone, or to whoever sends its token as a \
     bearer",
    |call| Box::pin(actions::metrics(call)),
)
.access(Access::Probe)
.file(text::MEDIA_TYPE)
.refuses(&[401, 404])];
