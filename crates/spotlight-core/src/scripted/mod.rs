//! The scripted assistant: what a deployment without a model key uses, and the fallback when a model fails.

mod dialogue;
mod templates;
pub mod understanding;
