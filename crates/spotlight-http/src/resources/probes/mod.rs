//! Signs of life, for load balancers and whoever looks after the deployment. Nobody is asked who they are, and nothing is
//! limited.

mod actions;
pub(crate) mod draft;
pub(crate) mod dto;

use std::future::ready;

use self::{
    draft::DraftHealth,
    dto::{Alive, Health, Ready},
};
use crate::endpoint::{Access, Endpoint};

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/up", "up", "Whether the process answers", |call| Box::pin(ready(actions::up(&call))))
        .access(Access::Probe)
        .plain::<Alive>(),
    Endpoint::get("/ready", "ready", "Whether the process may be given traffic", |call| Box::pin(actions::ready(call)))
        .access(Access::Probe)
        .plain::<Ready<'_>>()
        .tells_when_unavailable(),
    Endpoint::get("/health", "health", "How the process and its dependencies are", |call| {
        Box::pin(actions::health(call))
    })
    .access(Access::Probe)
    .plain::<Health<'_>>()
    .also::<DraftHealth<'_>>(draft::MEDIA_TYPE)
    .tells_when_unavailable(),
];
