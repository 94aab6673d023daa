//! Voice: words to sound and sound to words.

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::assistant::{Language, VoiceSettings},
    error::Result,
};

/// Sound as it comes.
pub type AudioStream = BoxStream<'static, Result<Bytes>>;

/// Turns words into sound.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SpeechSynthesizer: Send + Sync {
    /// Speaks one sentence.
    ///
    /// # Errors
    /// `Unavailable`, `RateLimited`, `Timeout`, `Misconfigured`.
    ///
    /// # Cancel safety
    /// Dropping the future or the stream ends the request.
    async fn speak(&self, text: &str, language: Language, voice: &VoiceSettings) -> Result<AudioStream>;
}

/// What was heard.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct Recognized {
    /// The words.
    pub text: String,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// Seconds of sound.
    pub duration_s: f64,
}

/// Turns sound into words.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SpeechRecognizer: Send + Sync {
    /// Recognises one utterance.
    ///
    /// # Errors
    /// `Validation` for sound it cannot read; `Unavailable`, `RateLimited`, `Timeout`, `Misconfigured`.
    async fn recognize(&self, audio: Bytes, language: Language) -> Result<Recognized>;
}
