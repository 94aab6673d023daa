//! What the core needs of the world: one trait each.

pub mod chat;

pub use self::chat::{ChatChunk, ChatMessage, ChatModel, ChatRequest, ChatStream};
