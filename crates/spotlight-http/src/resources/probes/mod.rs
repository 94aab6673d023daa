//! Signs of life, for load balancers.

mod actions;
pub(crate) mod dto;

use std::future::ready;

use self::dto::{Alive, Health};
use crate::endpoint::{Access, Endpoint};

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/up", "up", "Whether the process answers", |call| Box::pin(ready(actions::up(&call))))
        .access(Access::Probe)
        .plain::<Alive>(),
    Endpoint::get("/health", "health", "Whether the dependencies answer", |call| Box::pin(actions::health(call)))
        .access(Access::Probe)
        .plain::<Health>(),
];
