//! What the suites under `tests/` have in common: throwaway servers, and storages on them.
//!
//! A server has a data folder of its own and a free port, and ends with the process that started it, however that ends.
//! Nothing is skipped when a server's programs are missing: the test fails and says what to install.

mod container;
pub mod contents;
pub mod deployment;
pub mod fleet;
pub mod framework;
pub mod hand;
pub mod pgbouncer;
pub mod postgres;
pub mod proxy;
pub mod raw;
pub mod redis;
mod server;
pub mod source;
pub mod sources;
pub mod statements;
pub mod tls;
