//! Values that are computed once and kept in a [`Cache`](crate::ports::Cache).

mod decoded;
mod flight;
mod reader;
#[cfg(test)]
mod tests;

pub use self::reader::{CacheReader, Keep};
