//! A platform whose time, model and surroundings a test decides.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use chrono::Duration;
use futures::StreamExt;
use secrecy::SecretString;
use serde_json::{Value, json};
use spotlight_core::{
    Context, Error, ErrorKind, Result, Spotlight, SpotlightBuilder,
    domain::{
        assistant::{Assistant, Language, Question, Topic},
        contact::Email,
        conversation::{Channel, Conversation, Transcript},
        organization::Organization,
        schedule::WeeklyHours,
        time::Timestamp,
        user::{Role, User},
    },
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryStorage},
    ports::{ChatChunk, ChatModel, ChatRequest, ChatStream, Clock, Recognized, SpeechRecognizer, Storage, ToolCall},
    services::{
        assistants::AssistantInput,
        conversations::{NewConversation, TurnEvent, TurnInput},
        flags::FlagOverrides,
        organizations::NewOrganization,
    },
};

/// A clock that moves when it is told to.
pub(crate) struct TestClock(Mutex<Timestamp>);

impl TestClock {
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
        self.plays(Script::Chunks(vec![ChatChunk::Tool(ToolCall { id, name: name.to_owned(), arguments })]));
        self.says(words);
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
        Self::built(|builder| builder).await
    }

    /// One whose environment says something about flags.
    pub(crate) async fn with_flags(overrides: FlagOverrides) -> Self {
        Self::built(|builder| builder.flag_overrides(overrides)).await
    }

    /// One that hears "Hello" in every sound, said in so many seconds.
    pub(crate) async fn with_recognizer(seconds: f64) -> Self {
        Self::built(|builder| builder.recognizer(Arc::new(FakeRecognizer(seconds)))).await
    }

    async fn built(change: impl FnOnce(SpotlightBuilder) -> SpotlightBuilder) -> Self {
        // A Wednesday in office hours.
        let start = "2026-03-25T10:00:00Z".parse().expect("an instant");
        let clock = Arc::new(TestClock(Mutex::new(start)));
        let model = Arc::new(FakeModel::default());
        let mailer = Arc::new(MemoryMailer::new());
        let storage = Arc::new(MemoryStorage::new(clock.clone()));
        let builder = Spotlight::builder()
            .storage(storage.clone())
            .chat(model.clone())
            .events(Arc::new(MemoryEventBus::new(clock.clone())))
            .mailer(mailer.clone())
            .files(Arc::new(MemoryFileStore::new()))
            .limiter(Arc::new(MemoryRateLimiter::new(clock.clone())))
            .clock(clock.clone());
        let platform = change(builder).build().expect("nothing is missing");
        let new = NewOrganization {
            name: "Bike Shop".to_owned(),
            slug: "bikes".to_owned(),
            time_zone: chrono_tz::Europe::Berlin,
            business_hours: WeeklyHours::weekdays(9, 17),
            owner_email: Email::parse("owner@bikes.example").expect("an address"),
            owner_name: "Olga Owner".to_owned(),
            owner_password: SecretString::from("a long password".to_owned()),
        };
        let (organization, owner) = platform.organizations().create(new).await.expect("an organization");
        let ctx = Context::user(owner.id, organization.id, Role::Owner);
        let question = |key: &str, topic, text: &str| Question { key: key.to_owned(), topic, text: text.to_owned() };
        let input = AssistantInput {
            name: "Bea".to_owned(),
            role: "Helps visitors choose a bike.".to_owned(),
            script: "We sell city bikes and cargo bikes. Find out what for, and offer a test ride.".to_owned(),
            questions: vec![
                question("need", Topic::Need, "What would you use the bike for?"),
                question("budget", Topic::Budget, "What may it cost?"),
            ],
            ..AssistantInput::default()
        };
        let assistant = platform.assistants().create(&ctx, input).await.expect("an assistant");
        Self { platform, clock, model, mailer, storage, organization, owner, assistant }
    }

    /// The owner's context.
    pub(crate) fn owner(&self) -> Context {
        Context::user(self.owner.id, self.organization.id, Role::Owner)
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
        self.platform.runner().run_until_idle().await.expect("jobs run");
    }

    pub(crate) fn repositories(&self) -> &dyn spotlight_core::ports::Repositories {
        self.storage.read(spotlight_core::ports::ReadConsistency::Strong)
    }
}

/// A call of `capture_lead`.
pub(crate) fn told(fields: &[(&str, &str)]) -> Value {
    fields.iter().map(|(field, value)| ((*field).to_owned(), json!(value))).collect()
}
