//! What both databases do alike: reading stored words and numbers, cursor keys, search columns, checks.

pub(crate) mod check;
#[cfg(any(feature = "postgres", feature = "redis"))]
pub(crate) mod coalesce;
pub(crate) mod cursor;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) mod idle;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) mod logged;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) mod placement;
pub(crate) mod search;
pub(crate) mod stored;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) mod waits;
