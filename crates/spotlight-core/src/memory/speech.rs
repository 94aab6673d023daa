//! Voices and ears that work on text: what is said is its own sound.

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;

use crate::{
    domain::assistant::{Language, VoiceSettings},
    error::{Error, Result},
    ports::{AudioStream, Recognized, SpeechRecognizer, SpeechSynthesizer},
};

/// Bytes that count as a second of sound.
const PER_SECOND: f64 = 16.0;

/// A [`SpeechRecognizer`] for tests and demonstrations: hears the words that the sound spells in UTF-8.
#[derive(Debug, Clone, Copy, Default)]
pub struct MemoryRecognizer;

#[async_trait]
impl SpeechRecognizer for MemoryRecognizer {
    async fn recognize(&self, audio: Bytes, _: Language) -> Result<Recognized> {
        let text = std::str::from_utf8(&audio)
            .map_err(|_| Error::invalid("audio", "format", "The sound cannot be read"))?
            .trim();
        let duration_s = audio.len() as f64 / PER_SECOND;
        Ok(Recognized { text: text.to_owned(), confidence: 1.0, duration_s })
    }
}

/// A [`SpeechSynthesizer`] for tests and demonstrations: the sound of a sentence is its text, in one piece.
#[derive(Debug, Clone, Copy, Default)]
pub struct MemorySynthesizer;

#[async_trait]
impl SpeechSynthesizer for MemorySynthesizer {
    async fn speak(&self, text: &str, _: Language, _: &VoiceSettings) -> Result<AudioStream> {
        let sound = Bytes::from(text.to_owned());
        Ok(futures::stream::iter([Ok(sound)]).boxed())
    }
}
