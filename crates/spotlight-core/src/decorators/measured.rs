//! Counting the calls of what is outside.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use tokio::time::Instant;

use crate::{
    domain::{
        OrganizationId,
        assistant::{Language, VoiceSettings},
        billing::{PlanId, Subscription, Usage},
        destination::Destinations,
    },
    error::Result,
    metrics::{Metrics, outcome},
    ports::{
        AudioStream, BillingProvider, ChatModel, ChatRequest, ChatStream, FileStore, Mailer, Message,
        ProvidedSubscription, Recognized, SpeechRecognizer, SpeechSynthesizer, WebhookAnswer, WebhookRequest,
        WebhookSender,
    },
};

/// A port around another of its kind, which counts calls, how they end and how long they take.
///
/// A call that its caller gives up counts as `abandoned`; one that streams ends with its stream. The platform's builder
/// puts one around every provider that it is given.
pub struct Measured<P: ?Sized> {
    inner: Arc<P>,
    metrics: Arc<Metrics>,
}

impl<P: ?Sized> Measured<P> {
    /// Around a port.
    pub fn new(inner: Arc<P>, metrics: Arc<Metrics>) -> Self {
        Self { inner, metrics }
    }

    fn begin(&self, provider: &'static str) -> Call {
        Call { metrics: Arc::clone(&self.metrics), provider, began: Instant::now(), outcome: "abandoned" }
    }
}

/// A call under way, which is counted when this is dropped.
struct Call {
    metrics: Arc<Metrics>,
    provider: &'static str,
    began: Instant,
    outcome: &'static str,
}

impl Call {
    fn note<T>(&mut self, answer: &Result<T>) {
        self.outcome = match answer {
            Ok(_) => "ok",
            Err(error) => outcome(error),
        };
    }

    fn ended<T>(mut self, answer: Result<T>) -> Result<T> {
        self.note(&answer);
        answer
    }

    /// Ends with the stream: well when that comes to its end, else as its error says.
    fn with<T: Send + 'static>(
        self,
        stream: impl Stream<Item = Result<T>> + Send + 'static,
    ) -> impl Stream<Item = Result<T>> + Send + 'static {
        let stream = Box::pin(stream);
        futures::stream::unfold((stream, Some(self)), |(mut stream, mut call)| async move {
            let item = stream.next().await;
            match (&item, &mut call) {
                (None, Some(open)) if open.outcome == "abandoned" => open.outcome = "ok",
                (Some(failed @ Err(_)), Some(open)) => open.note(failed),
                _ => {}
            }
            if item.is_none() {
                drop(call.take());
            }
            item.map(|item| (item, (stream, call)))
        })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.metrics.called(self.provider, self.outcome, self.began.elapsed());
    }
}

#[async_trait]
impl ChatModel for Measured<dyn ChatModel> {
    fn name(&self) -> String {
        self.inner.name()
    }

    async fn stream(&self, request: ChatRequest) -> Result<ChatStream> {
        let mut call = self.begin("chat");
        match self.inner.stream(request).await {
            Ok(stream) => Ok(call.with(stream).boxed()),
            failed @ Err(_) => {
                call.note(&failed);
                failed
            }
        }
    }
}

#[async_trait]
impl SpeechSynthesizer for Measured<dyn SpeechSynthesizer> {
    async fn speak(&self, text: &str, language: Language, voice: &VoiceSettings) -> Result<AudioStream> {
        let mut call = self.begin("speech");
        match self.inner.speak(text, language, voice).await {
            Ok(stream) => Ok(call.with(stream).boxed()),
            failed @ Err(_) => {
                call.note(&failed);
                failed
            }
        }
    }
}

#[async_trait]
impl SpeechRecognizer for Measured<dyn SpeechRecognizer> {
    async fn recognize(&self, audio: Bytes, language: Language) -> Result<Recognized> {
        let call = self.begin("recognition");
        call.ended(self.inner.recognize(audio, language).await)
    }
}

#[async_trait]
impl Mailer for Measured<dyn Mailer> {
    async fn send(&self, message: &Message) -> Result<()> {
        let call = self.begin("mail");
        call.ended(self.inner.send(message).await)
    }
}

#[async_trait]
impl FileStore for Measured<dyn FileStore> {
    async fn put(&self, organization: OrganizationId, key: &str, body: Bytes) -> Result<()> {
        let call = self.begin("files");
        call.ended(self.inner.put(organization, key, body).await)
    }

    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Bytes>> {
        let call = self.begin("files");
        call.ended(self.inner.get(organization, key).await)
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<bool> {
        let call = self.begin("files");
        call.ended(self.inner.delete(organization, key).await)
    }
}

#[async_trait]
impl BillingProvider for Measured<dyn BillingProvider> {
    async fn report(&self, subscription: &Subscription, usage: &[Usage]) -> Result<()> {
        let call = self.begin("billing");
        call.ended(self.inner.report(subscription, usage).await)
    }

    async fn checkout(&self, organization: OrganizationId, plan: PlanId, customer: Option<String>) -> Result<String> {
        let call = self.begin("billing");
        call.ended(self.inner.checkout(organization, plan, customer).await)
    }

    async fn portal(&self, customer: &str) -> Result<String> {
        let call = self.begin("billing");
        call.ended(self.inner.portal(customer).await)
    }

    async fn subscription(&self, external_id: &str) -> Result<Option<ProvidedSubscription>> {
        let call = self.begin("billing");
        call.ended(self.inner.subscription(external_id).await)
    }
}

#[async_trait]
impl WebhookSender for Measured<dyn WebhookSender> {
    fn destinations(&self) -> Destinations {
        self.inner.destinations()
    }

    async fn send(&self, request: &WebhookRequest) -> Result<WebhookAnswer> {
        let call = self.begin("webhook");
        call.ended(self.inner.send(request).await)
    }
}
