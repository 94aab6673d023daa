//! The worker, on a queue in memory.

mod failing;
mod jobs;
mod rest;
mod sharded;
mod stop;
mod work;
mod world;
