//! The scripted assistant: what a deployment without a model key uses, and the fallback when a model fails.

mod dialogue;
mod model;
mod templates;
pub mod understand;
pub mod understanding;

#[cfg(test)]
pub(crate) use self::dialogue::stage;
pub use self::model::ScriptedChatModel;
