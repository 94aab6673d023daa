//! Adapters that wrap other adapters of the same port.

mod breaker;
mod breaker_cache;
mod circuit;
pub mod fallback_chat;
mod fallback_limit;
mod fleet_cache;
mod hear;
mod measured;
mod outbox_queue;
mod pass_on;
mod two_level;

pub use self::{
    breaker::BreakerSettings,
    breaker_cache::BreakerCache,
    fallback_chat::{FallbackChatModel, FallbackSettings},
    fallback_limit::FallbackRateLimiter,
    fleet_cache::FleetCache,
    measured::Measured,
    outbox_queue::OutboxQueue,
    two_level::{TwoLevelCache, TwoLevelSettings},
};
