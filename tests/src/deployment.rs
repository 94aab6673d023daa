//! A whole deployment behind a TCP port, on a storage and a clock that the test chooses, and clients of it.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::Duration;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use spotlight_core::{
    Context, Spotlight, SpotlightBuilder,
    domain::{
        AssistantId,
        assistant::{Language, Question, Topic},
        contact::Email,
        schedule::WeeklyHours,
        time::Timestamp,
        user::{Role, Scope},
    },
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryStorage},
    ports::{Clock, JobQueue, Storage, SystemClock},
    scripted::ScriptedChatModel,
    services::{
        assistants::{AssistantInput, KnowledgeInput},
        organizations::NewOrganization,
    },
};
use spotlight_http::{Api, HttpPolicy, conformance::client::http_client};
use spotlight_storage::{
    postgres::{PgEventBus, PgOptions, PgQueue, PgStorage},
    sqlite::{SqliteOptions, SqliteQueue, SqliteStorage},
};
use tokio::{net::TcpListener, sync::oneshot};

/// A clock that moves when it is told to.
#[derive(Debug)]
pub struct TestClock(Mutex<Timestamp>);

impl TestClock {
    /// A clock that stands at an instant in RFC 3339.
    ///
    /// # Panics
    /// When the text is no instant.
    pub fn at(instant: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(instant.parse().expect("an instant"))))
    }

    /// Moves the clock.
    pub fn forward(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A storage, and the queue into which its units put their jobs.
pub type Stores = (Arc<dyn Storage>, Arc<dyn JobQueue>);

/// Everything in memory.
pub fn in_memory(clock: Arc<TestClock>) -> Stores {
    let storage = MemoryStorage::new(clock);
    let queue = Arc::new(storage.queue());
    (Arc::new(storage), queue)
}

/// Everything in one SQLite file.
///
/// # Panics
/// When the file cannot be opened.
pub async fn in_sqlite(options: SqliteOptions) -> Stores {
    let storage = SqliteStorage::open(options).await.expect("a database");
    let queue = Arc::new(SqliteQueue::new(&storage));
    (Arc::new(storage), queue)
}

/// Everything in one Postgres database.
///
/// # Panics
/// When the database does not answer.
pub async fn in_postgres(options: PgOptions) -> Stores {
    let storage = PgStorage::connect(options.clone()).await.expect("a database");
    let queue = PgQueue::connect(options).await.expect("a database");
    (Arc::new(storage), Arc::new(queue))
}

/// A platform on a Postgres that several processes share, whose live events go over it too.
///
/// # Panics
/// When the database does not answer.
pub async fn live_platform(options: PgOptions) -> Spotlight {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let events = PgEventBus::connect(options.clone()).await.expect("a database");
    let (storage, queue) = in_postgres(options).await;
    Spotlight::builder()
        .storage(storage)
        .queue(queue)
        .chat(Arc::new(ScriptedChatModel::new()))
        .events(Arc::new(events))
        .mailer(Arc::new(MemoryMailer::new()))
        .files(Arc::new(MemoryFileStore::new()))
        .limiter(Arc::new(MemoryRateLimiter::new(Arc::clone(&clock))))
        .clock(clock)
        .build()
        .expect("nothing is missing")
}

/// A deployment with one organization in Berlin, whose owner hosts appointments on weekdays from 9 to 17.
pub struct Deployment {
    /// The platform itself, for what a client cannot do.
    pub platform: Spotlight,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// Where it is served.
    pub url: String,
    client: reqwest::Client,
    owner: Context,
    token: String,
    _stop: oneshot::Sender<()>,
}

impl Deployment {
    /// Serves a platform on `storage`.
    ///
    /// # Panics
    /// When it cannot be set up.
    pub async fn start(stores: Stores, clock: Arc<TestClock>) -> Self {
        Self::start_with(stores, clock, |builder| builder).await
    }

    /// Serves a platform on `storage`, built in another way.
    ///
    /// # Panics
    /// When it cannot be set up.
    pub async fn start_with(
        (storage, queue): Stores,
        clock: Arc<TestClock>,
        adjust: impl FnOnce(SpotlightBuilder) -> SpotlightBuilder,
    ) -> Self {
        let builder = Spotlight::builder()
            .storage(storage)
            .queue(queue)
            .chat(Arc::new(ScriptedChatModel::new()))
            .events(Arc::new(MemoryEventBus::new(clock.clone())))
            .mailer(Arc::new(MemoryMailer::new()))
            .files(Arc::new(MemoryFileStore::new()))
            .limiter(Arc::new(MemoryRateLimiter::new(clock.clone())))
            .clock(clock.clone())
            .secret_key(SecretString::from("a key of the tests, of thirty-two bytes or more"));
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
        let owner = Context::user(owner.id, organization.id, Role::Owner);
        let token = platform.accounts().create_token(&owner, "team", Scope::ALL.to_vec(), None).await.expect("a token");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel::<()>();
        let router = spotlight_http_axum::router(Api::new(platform.clone(), HttpPolicy::development()));
        tokio::spawn(spotlight_http_axum::serve(listener, router, async move {
            let _ = stopped.await;
        }));
        Self {
            platform,
            clock,
            url,
            client: http_client(),
            owner,
            token: token.secret.expose_secret().to_owned(),
            _stop: stop,
        }
    }

    /// An assistant that asks everything there is to ask, in a language.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn assistant(
        &self,
        language: Language,
        questions: &[(Topic, &str)],
        knowledge: &[(&str, &str)],
    ) -> AssistantId {
        let question = |(topic, text): &(Topic, &str)| Question {
            key: topic.as_str().to_owned(),
            topic: *topic,
            text: (*text).to_owned(),
        };
        let input = AssistantInput {
            name: "Bea".to_owned(),
            role: "Helps visitors choose a bike for their company.".to_owned(),
            script: "SECRET-SCRIPT: we sell cargo bikes. Find out what for, and offer a call with a specialist."
                .to_owned(),
            language,
            questions: questions.iter().map(question).collect(),
            ..AssistantInput::default()
        };
        let assistant = self.platform.assistants().create(&self.owner, input).await;
        let id = assistant.expect("an assistant").id;
        for (question, answer) in knowledge {
            let entry = KnowledgeInput { question: Some((*question).to_owned()), answer: (*answer).to_owned() };
            self.platform.assistants().add_knowledge(&self.owner, id, entry).await.expect("an entry");
        }
        id
    }

    /// Puts the organization on the plan without limits.
    ///
    /// # Panics
    /// When that fails.
    pub async fn lift_limits(&self) {
        let mut organization = self.platform.organizations().get(&self.owner).await.expect("the organization");
        organization.plan = spotlight_core::domain::billing::PlanId::Scale;
        // As a subscription would: nobody of the team chooses the plan.
        let platform = Context::system(organization.id);
        self.platform.organizations().update(&platform, organization).await.expect("an update");
    }

    /// What the team reads at a path below `/api/v1`.
    ///
    /// # Panics
    /// When the answer is not 200.
    pub async fn team(&self, path: &str) -> Value {
        let request = self.client.get(format!("{}/api/v1{path}", self.url)).bearer_auth(&self.token);
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let body = answer.text().await.expect("a body");
        assert_eq!(status, 200, "GET {path}: {body}");
        serde_json::from_str(&body).expect("JSON")
    }

    /// Runs the jobs that are due, and a round of upkeep.
    ///
    /// # Panics
    /// When storage fails.
    pub async fn work(&self) {
        self.platform.upkeep().await.expect("upkeep");
        self.platform.run_until_idle().await.expect("jobs run");
    }

    /// A visitor opens a conversation with an assistant.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn visitor(&self, assistant: AssistantId, zone: Option<&str>) -> Visitor<'_> {
        // A minute on: everybody's limits are free again.
        self.clock.forward(Duration::minutes(1));
        let body =
            zone.map_or_else(|| json!({ "conversation": {} }), |zone| json!({ "conversation": { "time_zone": zone } }));
        let url = format!("{}/api/v1/public/assistants/{assistant}/conversations", self.url);
        let answer = self.client.post(url).json(&body).send().await.expect("an answer");
        let status = answer.status();
        let body = answer.text().await.expect("a body");
        assert_eq!(status, 201, "{body}");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        Visitor {
            deployment: self,
            conversation: body["data"]["id"].as_str().expect("an id").to_owned(),
            token: body["meta"]["token"].as_str().expect("a token").to_owned(),
            answers: Vec::new(),
            said: Vec::new(),
        }
    }
}

/// Somebody on the website.
pub struct Visitor<'a> {
    deployment: &'a Deployment,
    /// Their conversation.
    pub conversation: String,
    token: String,
    /// What the assistant has answered so far.
    pub answers: Vec<String>,
    /// Who said what, in order.
    said: Vec<(&'static str, String)>,
}

impl Visitor<'_> {
    /// Says something and gives the answer.
    ///
    /// # Panics
    /// When the turn is refused or its tokens are not what was stored.
    pub async fn says(&mut self, text: &str) -> String {
        self.turn(json!({ "text": text })).await
    }

    /// One turn with more than words.
    ///
    /// # Panics
    /// As [`says`](Self::says).
    pub async fn turn(&mut self, turn: Value) -> String {
        self.deployment.clock.forward(Duration::seconds(20));
        self.said.push(("user", turn["text"].as_str().unwrap_or_default().to_owned()));
        let url = format!("{}/api/v1/conversations/{}/turns", self.deployment.url, self.conversation);
        let request = self.deployment.client.post(url).bearer_auth(&self.token).json(&json!({ "turn": turn }));
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let body = answer.text().await.expect("a stream");
        assert_eq!(status, 200, "{body}");
        let mut spoken = String::new();
        let mut done = None;
        for block in body.split("\n\n") {
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
            let (Some(event), Some(data)) = (field("event: "), field("data: ")) else { continue };
            let data: Value = serde_json::from_str(data).expect("JSON");
            match event {
                "token" => spoken.push_str(data["text"].as_str().expect("text")),
                "done" => done = Some(data),
                "error" => panic!("the turn failed: {data}"),
                _ => {}
            }
        }
        let done = done.expect("the stream ends with done");
        let stored = done["utterance"]["attributes"]["content"].as_str().unwrap_or_default();
        assert_eq!(spoken, stored, "what was heard is what is stored");
        if !spoken.is_empty() {
            self.said.push(("assistant", spoken.clone()));
        }
        self.answers.push(spoken.clone());
        self.deployment.work().await;
        spoken
    }

    /// Says several things.
    ///
    /// # Panics
    /// As [`says`](Self::says).
    pub async fn all(&mut self, texts: &[&str]) {
        for text in texts {
            self.says(text).await;
        }
    }

    /// The conversation as the team sees it.
    pub async fn seen(&self) -> Value {
        self.deployment.team(&format!("/conversations/{}", self.conversation)).await["data"].clone()
    }

    /// The lead as the team sees it, with its score and reasons under `score`.
    pub async fn lead(&self) -> Value {
        let conversation = self.seen().await;
        let id = conversation["relationships"]["lead"]["data"]["id"].as_str().unwrap_or_default().to_owned();
        let mut lead = self.deployment.team(&format!("/leads/{id}")).await["data"].clone();
        lead["score"] = self.deployment.team(&format!("/leads/{id}/score")).await["data"]["attributes"].clone();
        lead
    }

    /// The appointments of this conversation's lead.
    pub async fn appointments(&self) -> Vec<Value> {
        let lead = self.lead().await;
        let id = lead["id"].as_str().unwrap_or_default();
        let list = self.deployment.team(&format!("/appointments?lead_id={id}")).await;
        list["data"].as_array().cloned().unwrap_or_default()
    }

    /// What the visitor has said, in order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.said.iter().filter(|(speaker, _)| *speaker == "user").map(|(_, text)| text.as_str())
    }

    /// Checks that the transcript holds all that was said and nothing else, in the order it was said, and gives it.
    ///
    /// # Panics
    /// When it does not.
    pub async fn transcripts(&self) -> Vec<Value> {
        let path = format!("/conversations/{}/transcripts?per_page=100", self.conversation);
        let list = self.deployment.team(&path).await["data"].as_array().cloned().unwrap_or_default();
        let text = |said: &Value, name: &str| said["attributes"][name].as_str().unwrap_or_default().to_owned();
        let stored: Vec<_> = list.iter().map(|said| (text(said, "speaker"), text(said, "content"))).collect();
        let heard: Vec<_> = self.said.iter().map(|(speaker, text)| ((*speaker).to_owned(), text.clone())).collect();
        assert_eq!(stored, heard, "the transcript is what was said");
        assert!(!stored.is_empty());
        for (index, said) in list.iter().enumerate() {
            assert_eq!(said["attributes"]["seq"], index + 1, "a gap in the transcript");
        }
        list
    }
}
