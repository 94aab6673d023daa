//! Requests to webhook endpoints that are kept instead of sent.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::{
    domain::destination::Destinations,
    error::Result,
    ports::{WebhookAnswer, WebhookRequest, WebhookSender},
};

/// A [`WebhookSender`] that keeps every request and answers as it was told, for tests and demonstrations.
#[derive(Debug, Default)]
pub struct MemoryWebhookSender {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sent: Vec<WebhookRequest>,
    answers: VecDeque<Result<WebhookAnswer>>,
    destinations: Destinations,
}

impl MemoryWebhookSender {
    /// One whose receivers say 200 unless told otherwise.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every request, in the order they were sent.
    pub fn sent(&self) -> Vec<WebhookRequest> {
        self.lock().sent.clone()
    }

    /// The next request that has no answer yet is answered like this.
    pub fn answers(&self, answer: Result<WebhookAnswer>) {
        self.lock().answers.push_back(answer);
    }

    /// Endpoints may be where these allow from now on; unless said otherwise, where a deployment on the Internet sends.
    pub fn allow(&self, destinations: Destinations) {
        self.lock().destinations = destinations;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl WebhookSender for MemoryWebhookSender {
    fn destinations(&self) -> Destinations {
        self.lock().destinations.clone()
    }

    async fn send(&self, request: &WebhookRequest) -> Result<WebhookAnswer> {
        let mut state = self.lock();
        state.sent.push(request.clone());
        state.answers.pop_front().unwrap_or(Ok(WebhookAnswer::of(200)))
    }
}
