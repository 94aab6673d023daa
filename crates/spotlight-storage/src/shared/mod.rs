//! What both databases do alike: reading stored words and numbers, cursor keys, search columns.

pub(crate) mod cursor;
pub(crate) mod search;
pub(crate) mod stored;
