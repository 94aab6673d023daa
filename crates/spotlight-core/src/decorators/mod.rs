//! Adapters that wrap other adapters of the same port.

mod circuit;
pub mod fallback_chat;

pub use self::fallback_chat::{FallbackChatModel, FallbackSettings};
