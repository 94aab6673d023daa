//! Ports on Redis 7 or newer, or on a server that speaks its protocol and runs its scripts.
//!
//! Every adapter shares one [`RedisClient`]. Whatever reads before it writes is one script, so nothing comes in between;
//! the keys of a script share a hash tag, so they are in one slot. Redis may lose what it holds at any time, and the
//! adapters are built for that: a cache is empty then, a limiter counts anew, and listeners hear of a gap. The queue loses
//! jobs then, so its server keeps a file and does not evict; see [`RedisQueue`].

mod address;
mod cache;
mod client;
mod cluster;
mod error;
mod events;
mod health;
mod inspect;
mod limit;
mod link;
mod options;
mod queue;

pub use self::{
    cache::RedisCache,
    client::RedisClient,
    events::{RedisEventBus, RedisEventLimits},
    health::RedisHealthCheck,
    inspect::RedisNode,
    limit::RedisRateLimiter,
    options::RedisOptions,
    queue::RedisQueue,
};
