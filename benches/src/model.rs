//! A model that answers without delay.

use async_trait::async_trait;
use futures::StreamExt;
use spotlight_core::{
    Result,
    ports::{ChatChunk, ChatModel, ChatRequest, ChatStream},
};

const ANSWER: &str = "That sounds like a good plan: we have three cargo bikes in that range, and two of them are here \
                      to try. May I ask for your name, so that we can prepare a test ride?";

/// Says the same at once, a word at a time.
#[derive(Debug, Clone, Copy)]
pub struct Instantly;

/// What [`Instantly`] says: 37 words.
pub fn spoken() -> impl Iterator<Item = &'static str> {
    ANSWER.split_inclusive(' ')
}

#[async_trait]
impl ChatModel for Instantly {
    fn name(&self) -> String {
        "instant".to_owned()
    }

    async fn stream(&self, _request: ChatRequest) -> Result<ChatStream> {
        let words = spoken().map(|word| Ok(ChatChunk::Text(word.to_owned())));
        Ok(futures::stream::iter(words.collect::<Vec<_>>()).boxed())
    }
}
