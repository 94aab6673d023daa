//! Speaks an answer sentence by sentence while it is still being written.

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use super::events::{Outlet, TurnEvent};
use crate::{
    domain::assistant::{Language, VoiceSettings},
    error::{Error, ErrorKind, Result},
    ports::SpeechSynthesizer,
};

/// Sentences that wait to be spoken; the model waits beyond that.
const AHEAD: usize = 4;
/// Longest silence of a voice, before a sentence begins and within it: one that hangs must not keep the conversation.
const SILENCE: Duration = Duration::from_secs(10);

/// Speaks sentences in order.
pub(super) struct Voice {
    sentences: mpsc::Sender<(String, usize)>,
    task: JoinHandle<Result<()>>,
}

impl Voice {
    /// Begins to speak.
    pub(super) fn start(
        synthesizer: Arc<dyn SpeechSynthesizer>,
        settings: VoiceSettings,
        language: Language,
        outlet: Outlet,
    ) -> Self {
        let (sentences, mut waiting) = mpsc::channel::<(String, usize)>(AHEAD);
        let task = tokio::spawn(async move {
            while let Some((sentence, end)) = waiting.recv().await {
                // Nobody listening any more ends the request in the middle.
                let mut audio = tokio::select! {
                    () = outlet.closed() => return Ok(()),
                    audio = timeout(SILENCE, synthesizer.speak(&sentence, language, &settings)) => {
                        audio.map_err(|_| silent())??
                    }
                };
                loop {
                    let chunk = tokio::select! {
                        () = outlet.closed() => return Ok(()),
                        chunk = timeout(SILENCE, audio.next()) => chunk.map_err(|_| silent())?,
                    };
                    let Some(chunk) = chunk else { break };
                    // The sentence counts as heard with its first sound: what follows is already on its way.
                    if !outlet.send(TurnEvent::Audio(chunk?), end).await {
                        return Ok(());
                    }
                }
            }
            Ok(())
        });
        Self { sentences, task }
    }

    /// Adds a sentence that ends at byte `end` of the answer. A voice that has failed is passed over: text goes on.
    pub(super) async fn say(&self, sentence: String, end: usize) {
        let _ = self.sentences.send((sentence, end)).await;
    }

    /// Waits until everything is spoken. False when the voice failed.
    pub(super) async fn finish(self) -> bool {
        drop(self.sentences);
        match self.task.await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(error = error.chain(), "the voice failed; the answer went on as text");
                false
            }
            Err(_) => false,
        }
    }
}

fn silent() -> Error {
    Error::new(ErrorKind::Timeout, "the voice said nothing for too long")
}
