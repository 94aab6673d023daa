//! What both databases do alike: reading stored words and numbers, cursor keys, search columns, checks.

pub(crate) mod check;
pub(crate) mod cursor;
pub(crate) mod search;
pub(crate) mod stored;
