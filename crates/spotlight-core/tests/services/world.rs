//! A platform whose time, model and surroundings a test decides.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use chrono::Duration;
use futures::{StreamExt, future::BoxFuture};
use secrecy::SecretString;
use serde_json::{Value, json};
use spotlight_core::{
    Context, Error, ErrorKind, Result, Spotlight, SpotlightBuilder,
    domain::{
        assistant::{Assistant, Language, Question, Topic, VoiceSettings},
        audit::AuditEntry,
        billing::PlanId,
        contact::Email,
        conversation::{Channel, Conversation, Transcript},
        organization::{Organization, StorageMode},
        schedule::WeeklyHours,
        time::Timestamp,
        user::{Role, User},
    },
    memory::{
        MemoryBillingProvider, MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryStorage,
        MemoryWebhookSender,
    },
    ports::{
        AudioStream, AuditFilter, Cache, ChatChunk, ChatMessage, ChatModel, ChatRequest, ChatStream, Clock, JobSpec,
        Paging, Recognized, SpeechRecognizer, SpeechSynthesizer, Storage, ToolAnswer, ToolCall,
    },
    services::{
        accounts::{AcceptInvitation, NewInvitation},
        assistants::AssistantInput,
        conversations::{NewConversation, TurnEvent, TurnInput},
        flags::FlagOverrides,
        organizations::NewOrganization,
    },
};

use crate::hooked::{Hooked, Hooks};

/// A clock that moves when it is told to.
pub(crate) struct TestClock(Mutex<Timestamp>);

impl TestClock {
    /// A Wednesday in office hours.
    pub(crate) fn new() -> Self {
        Self(Mutex::new("2026-03-25T10:00:00Z".parse().expect("an instant")))
    }

    pub(crate) fn forward(&self, by: Duration) {
        *self.0.lock().expect("nobody panicked") += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("nobody panicked")
    }
}

/// What a model does when it is asked.
pub(crate) enum Script {
    /// Gives these chunks.
    Chunks(Vec<ChatChunk>),
    /// Gives these chunks, then fails.
    Fails(Vec<ChatChunk>),
    /// Gives these chunks, then nothing for ever.
    Hangs(Vec<ChatChunk>),
    /// Never begins.
    NeverBegins,
    /// Lets something happen first, then gives these chunks.
    Meanwhile(BoxFuture<'static, ()>, Vec<ChatChunk>),
}

/// A model that plays scripts, in order, and keeps what it was asked.
#[derive(Default)]
pub(crate) struct FakeModel {
    scripts: Mutex<VecDeque<Script>>,
    pub(crate) asked: Mutex<Vec<ChatRequest>>,
}

impl FakeModel {
    pub(crate) fn plays(&self, script: Script) {
        self.scripts.lock().expect("nobody panicked").push_back(script);
    }

    /// Says words, a token each.
    pub(crate) fn says(&self, words: &str) {
        self.plays(Script::Chunks(tokens(words)));
    }

    /// Uses a tool, then says words.
    pub(crate) fn uses(&self, name: &str, arguments: Value, words: &str) {
        let id = format!("call-{}", self.scripts.lock().expect("nobody panicked").len());
        self.plays(Script::Chunks(vec![call(&id, name, arguments)]));
        self.says(words);
    }

    /// How often it was asked.
    pub(crate) fn times(&self) -> usize {
        self.asked.lock().expect("nobody panicked").len()
    }

    /// What it was told that its calls of a tool came to, each once, in order.
    pub(crate) fn answers(&self) -> Vec<ToolAnswer> {
        let asked = self.asked.lock().expect("nobody panicked");
        let last_of_turns = asked.iter().filter_map(|request| match request.messages.last() {
            Some(ChatMessage::Answered(answer)) => Some(answer.clone()),
            _ => None,
        });
        last_of_turns.collect()
    }
}

/// A wish to use a tool.
pub(crate) fn call(id: &str, name: &str, arguments: Value) -> ChatChunk {
    ChatChunk::Tool(ToolCall { id: id.to_owned(), name: name.to_owned(), arguments })
}

/// A voice that says the sentences' lengths, and fails from the sentence it is told to.
#[derive(Default)]
pub(crate) struct FakeVoice {
    pub(crate) spoken: Mutex<Vec<String>>,
    pub(crate) fails_at: Option<usize>,
    /// The sentence from which on it says nothing any more.
    pub(crate) hangs_at: Option<usize>,
}

#[async_trait]
impl SpeechSynthesizer for FakeVoice {
    async fn speak(&self, text: &str, _: Language, _: &VoiceSettings) -> Result<AudioStream> {
        if self.hangs_at.is_some_and(|at| at <= self.spoken.lock().expect("nobody panicked").len()) {
            return futures::future::pending().await;
        }
        let mut spoken = self.spoken.lock().expect("nobody panicked");
        if self.fails_at == Some(spoken.len()) {
            return Err(Error::new(ErrorKind::Unavailable, "the voice is away"));
        }
        spoken.push(text.to_owned());
        Ok(futures::stream::iter([Ok(bytes::Bytes::from(text.to_owned()))]).boxed())
    }
}

pub(crate) fn tokens(words: &str) -> Vec<ChatChunk> {
    words.split_inclusive(' ').map(|word| ChatChunk::Text(word.to_owned())).collect()
}

#[async_trait]
impl ChatModel for FakeModel {
    fn name(&self) -> String {
        "fake".to_owned()
    }

    async fn stream(&self, request: ChatRequest) -> Result<ChatStream> {
        self.asked.lock().expect("nobody panicked").push(request);
        let script = self
            .scripts
            .lock()
            .expect("nobody panicked")
            .pop_front()
            .expect("the model was asked more often than scripted");
        let failure = || Err(Error::new(ErrorKind::Unavailable, "the model is away"));
        Ok(match script {
            Script::Chunks(chunks) => futures::stream::iter(chunks.into_iter().map(Ok)).boxed(),
            Script::Fails(chunks) => futures::stream::iter(chunks.into_iter().map(Ok).chain([failure()])).boxed(),
            Script::NeverBegins => futures::future::pending().await,
            Script::Meanwhile(something, chunks) => {
                something.await;
                futures::stream::iter(chunks.into_iter().map(Ok)).boxed()
            }
            Script::Hangs(chunks) => {
                futures::stream::iter(chunks.into_iter().map(Ok)).chain(futures::stream::pending()).boxed()
            }
        })
    }
}

struct FakeRecognizer(f64);

#[async_trait]
impl SpeechRecognizer for FakeRecognizer {
    async fn recognize(&self, _: bytes::Bytes, _: Language) -> Result<Recognized> {
        Ok(Recognized { text: "Hello".to_owned(), confidence: 0.9, duration_s: self.0 })
    }
}

/// A platform with one organization, its owner and an assistant.
pub(crate) struct World {
    pub(crate) platform: Spotlight,
    pub(crate) hooks: Arc<Hooks>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) model: Arc<FakeModel>,
    pub(crate) mailer: Arc<MemoryMailer>,
    pub(crate) storage: Arc<MemoryStorage>,
    pub(crate) organization: Organization,
    pub(crate) owner: User,
    pub(crate) assistant: Assistant,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_, model| model, None, |_| {}).await
    }

    /// A world with a voice.
    pub(crate) async fn with_voice(voice: Arc<FakeVoice>) -> Self {
        Self::with(|_, model| model, Some(voice), |_| {}).await
    }

    /// One whose environment says something about flags.
    pub(crate) async fn with_flags(overrides: FlagOverrides) -> Self {
        Self::built(|builder| builder.flag_overrides(overrides), |_, model| model, None, |_| {}).await
    }

    /// One with a billing provider.
    pub(crate) async fn with_billing(provider: Arc<MemoryBillingProvider>) -> Self {
        Self::built(|builder| builder.billing_provider(provider), |_, model| model, None, |_| {}).await
    }

    /// One that a billing provider tells of what happens, signed with this secret.
    pub(crate) async fn with_stripe(provider: Arc<MemoryBillingProvider>, secret: &str) -> Self {
        let told = |builder: SpotlightBuilder| builder.stripe_webhook_secret(secret.into()).billing_provider(provider);
        Self::built(told, |_, model| model, None, |_| {}).await
    }

    /// One with a cache.
    pub(crate) async fn with_cache(cache: Arc<dyn Cache>) -> Self {
        Self::built(|builder| builder.cache(cache), |_, model| model, None, |_| {}).await
    }

    /// Another process on the same storage, model and event bus.
    pub(crate) fn another(&self, adjust: impl FnOnce(SpotlightBuilder) -> SpotlightBuilder) -> Spotlight {
        let builder = Spotlight::builder()
            .storage(Arc::new(Hooked::new(self.storage.clone(), self.hooks.clone())))
            .queue(Arc::new(self.storage.queue()))
            .chat(self.model.clone())
            .events(self.platform.events().clone())
            .mailer(self.mailer.clone())
            .files(Arc::new(MemoryFileStore::new()))
            .limiter(self.platform.limiter().clone())
            .clock(self.clock.clone());
        adjust(builder).build().expect("nothing is missing")
    }

    /// One that sends webhooks.
    pub(crate) async fn with_webhooks(sender: Arc<MemoryWebhookSender>) -> Self {
        Self::built(|builder| builder.webhook_sender(sender), |_, model| model, None, |_| {}).await
    }

    /// One that hears "Hello" in every sound, said in so many seconds.
    pub(crate) async fn with_recognizer(seconds: f64) -> Self {
        let hears = |builder: SpotlightBuilder| builder.recognizer(Arc::new(FakeRecognizer(seconds)));
        Self::built(hears, |_, model| model, None, |_| {}).await
    }

    /// A world whose model is put around the fake one, with a voice, and with an assistant changed.
    pub(crate) async fn with(
        around: impl FnOnce(Arc<TestClock>, Arc<FakeModel>) -> Arc<dyn ChatModel>,
        voice: Option<Arc<FakeVoice>>,
        change: impl FnOnce(&mut AssistantInput),
    ) -> Self {
        Self::built(|builder| builder, around, voice, change).await
    }

    async fn built(
        adjust: impl FnOnce(SpotlightBuilder) -> SpotlightBuilder,
        around: impl FnOnce(Arc<TestClock>, Arc<FakeModel>) -> Arc<dyn ChatModel>,
        voice: Option<Arc<FakeVoice>>,
        change: impl FnOnce(&mut AssistantInput),
    ) -> Self {
        let clock = Arc::new(TestClock::new());
        let model = Arc::new(FakeModel::default());
        let mailer = Arc::new(MemoryMailer::new());
        let storage = Arc::new(MemoryStorage::new(clock.clone()));
        let hooks = Arc::new(Hooks::default());
        let mut builder = Spotlight::builder();
        if let Some(voice) = &voice {
            builder = builder.synthesizer(voice.clone());
        }
        let builder = builder
            .storage(Arc::new(Hooked::new(storage.clone(), hooks.clone())))
            .queue(Arc::new(storage.queue()))
            .chat(around(clock.clone(), model.clone()))
            .events(Arc::new(MemoryEventBus::new(clock.clone())))
            .mailer(mailer.clone())
            .files(Arc::new(MemoryFileStore::new()))
            .limiter(Arc::new(MemoryRateLimiter::new(clock.clone())))
            .clock(clock.clone())
            .secret_key(SecretString::from("a key of thirty-two bytes or more".to_owned()));
        let platform = adjust(builder).build().expect("nothing is missing");
        let new = NewOrganization {
            name: "Bike Shop".to_owned(),
            slug: "bikes".to_owned(),
            time_zone: chrono_tz::Europe::Berlin,
            business_hours: WeeklyHours::weekdays(9, 17),
            owner_email: Email::parse("owner@bikes.example").expect("an address"),
            owner_name: "Olga Owner".to_owned(),
            owner_password: SecretString::from("a long password".to_owned()),
        };
        let (organization, owner) =
            platform.organizations().create(&Context::deployment(), new).await.expect("an organization");
        let ctx = Context::user(owner.id, organization.id, Role::Owner);
        let question = |key: &str, topic, text: &str| Question { key: key.to_owned(), topic, text: text.to_owned() };
        let mut input = AssistantInput {
            name: "Bea".to_owned(),
            role: "Helps visitors choose a bike.".to_owned(),
            script: "We sell city bikes and cargo bikes. Find out what for, and offer a test ride.".to_owned(),
            questions: vec![
                question("need", Topic::Need, "What would you use the bike for?"),
                question("budget", Topic::Budget, "What may it cost?"),
            ],
            ..AssistantInput::default()
        };
        input.voice.voice_id = voice.is_some().then(|| "clear".to_owned());
        change(&mut input);
        let assistant = platform.assistants().create(&ctx, input).await.expect("an assistant");
        Self { platform, hooks, clock, model, mailer, storage, organization, owner, assistant }
    }

    /// The owner's context.
    pub(crate) fn owner(&self) -> Context {
        Context::user(self.owner.id, self.organization.id, Role::Owner)
    }

    /// The organization keeps less from now on.
    pub(crate) async fn keeps(&self, mode: StorageMode) {
        let organization = self.platform.organizations().get(&self.owner()).await.expect("the organization");
        let changed = Organization { storage_mode: mode, ..organization };
        self.platform.organizations().update(&self.owner(), changed).await.expect("changed");
    }

    /// A new visitor's conversation and context.
    pub(crate) async fn visitor(&self) -> (Conversation, Context) {
        let new = NewConversation {
            assistant_id: self.assistant.id,
            lead_id: None,
            source: Channel::Chat,
            language: None,
            time_zone: None,
            recording_consent: None,
            external_call_id: None,
        };
        let conversation = self.platform.conversations().start(&self.owner(), new).await.expect("a conversation");
        let ctx = Context::visitor(conversation.id, self.organization.id);
        (conversation, ctx)
    }

    /// One turn to its end.
    pub(crate) async fn turn(&self, ctx: &Context, conversation: &Conversation, text: &str) -> Vec<TurnEvent> {
        let turn = self.platform.conversations().turn(ctx, conversation.id, TurnInput::text(text)).await;
        let events: Vec<_> = turn.expect("a turn").collect().await;
        events.into_iter().map(|event| event.expect("an event")).collect()
    }

    /// The conversation as stored.
    pub(crate) async fn stored(&self, conversation: &Conversation) -> Conversation {
        self.platform.conversations().get(&self.owner(), conversation.id).await.expect("the conversation")
    }

    /// What was said, as stored.
    pub(crate) async fn transcripts(&self, conversation: &Conversation) -> Vec<Transcript> {
        self.platform.conversations().transcripts(&self.owner(), conversation.id, 0, 100).await.expect("transcripts")
    }

    /// Runs the jobs that are due.
    pub(crate) async fn work(&self) {
        self.platform.run_until_idle().await.expect("jobs run");
    }

    /// Runs the jobs that are due, and gives the secret of the newest link that was sent to an address.
    pub(crate) async fn code(&self, to: &str) -> SecretString {
        self.work().await;
        let sent = self.mailer.sent();
        let message = sent.iter().rev().find(|message| message.to.as_str() == to).expect("a message");
        let mut words = message.text.split_whitespace();
        let code = words.find(|word| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit()));
        SecretString::from(code.expect("a code"))
    }

    /// A member of the team: invited, and accepted with the password `a long password`.
    pub(crate) async fn member(&self, email: &str, role: Role) -> Context {
        let new = NewInvitation { email: email.to_owned(), name: "Mia Member".to_owned(), role };
        self.platform.accounts().invite(&self.owner(), new).await.expect("an invitation");
        let accept = AcceptInvitation {
            token: self.code(email).await,
            name: None,
            password: Some(SecretString::from("a long password")),
        };
        let accepted = self.platform.accounts().accept_invitation(&Context::anonymous(), accept).await;
        let (user, membership) = accepted.expect("a member");
        Context::user(user.id, membership.organization_id, membership.role)
    }

    /// Puts the organization on another plan, as a subscription would.
    pub(crate) async fn set_plan(&self, plan: PlanId) {
        let ctx = Context::system(self.organization.id);
        let mut organization = self.platform.organizations().get(&ctx).await.expect("the organization");
        organization.plan = plan;
        self.platform.organizations().update(&ctx, organization).await.expect("the platform sets plans");
    }

    /// Every entry of the organization's audit log.
    pub(crate) async fn audited(&self) -> Vec<AuditEntry> {
        let paging = Paging::Page { page: 1, per_page: 100 };
        let list = self.repositories().audit().list(self.organization.id, &AuditFilter::default(), &paging).await;
        list.expect("the audit log").items
    }

    pub(crate) fn repositories(&self) -> &dyn spotlight_core::ports::Repositories {
        self.storage.read(spotlight_core::ports::ReadConsistency::Strong)
    }
}

/// A call of `capture_lead`.
pub(crate) fn told(fields: &[(&str, &str)]) -> Value {
    fields.iter().map(|(field, value)| ((*field).to_owned(), json!(value))).collect()
}

/// A job by name, as a service would leave it.
pub(crate) fn job(organization: spotlight_core::domain::OrganizationId, name: &str, payload: &Value) -> JobSpec {
    JobSpec { organization: Some(organization), ..JobSpec::new(name, payload.to_string()) }
}
