//! What every case finds in the server.

use std::{any::Any, sync::Arc};

use chrono_tz::Tz;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use spotlight_core::{
    domain::{
        contact::Email,
        schedule::WeeklyHours,
        user::{Role, Scope},
    },
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryStorage},
    ports::{Clock, JobQueue, Storage, SystemClock},
    scripted::ScriptedChatModel,
    services::{Context, Spotlight, SpotlightBuilder, organizations::NewOrganization},
};

use super::client::Client;

/// Somebody who may use the API.
#[derive(Debug, Clone)]
pub struct Person {
    /// The address to sign in with.
    pub email: String,
    /// The password to sign in with.
    pub password: String,
    /// An API token that may do everything.
    pub token: String,
    /// An API token that may read leads and nothing else.
    pub reader: String,
}

/// A running server and people who may use it.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it is, as `http://127.0.0.1:3000`.
    pub base: String,
    /// The owner of an organization.
    pub owner: Person,
    /// The owner of another organization.
    pub stranger: Person,
    kept: Vec<Arc<dyn Any + Send + Sync>>,
}

impl Target {
    /// Keeps something for as long as the target is used: a folder, a database, the server itself.
    pub fn keeping(mut self, thing: impl Any + Send + Sync) -> Self {
        self.kept.push(Arc::new(thing));
        self
    }

    /// A client as nobody.
    pub fn nobody(&self) -> Client {
        Client::new(&self.base)
    }

    /// A client as the owner, by token.
    pub fn owner(&self) -> Client {
        self.nobody().token(&self.owner.token)
    }

    /// A client as the other organization's owner, by token.
    pub fn stranger(&self) -> Client {
        self.nobody().token(&self.stranger.token)
    }
}

/// A platform that keeps everything in memory, with the scripted assistant.
pub fn in_memory() -> Spotlight {
    let storage = MemoryStorage::new(Arc::new(SystemClock));
    let queue = Arc::new(storage.queue());
    on(Arc::new(storage), queue)
}

/// The same platform on another storage, which is empty, and its queue.
pub fn on(storage: Arc<dyn Storage>, queue: Arc<dyn JobQueue>) -> Spotlight {
    builder(storage, queue).build().expect("every port is there")
}

/// The same, before it is built.
pub fn builder(storage: Arc<dyn Storage>, queue: Arc<dyn JobQueue>) -> SpotlightBuilder {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Spotlight::builder()
        .storage(storage)
        .queue(queue)
        .chat(Arc::new(ScriptedChatModel::new()))
        .events(Arc::new(MemoryEventBus::new(Arc::clone(&clock))))
        .mailer(Arc::new(MemoryMailer::new()))
        .files(Arc::new(MemoryFileStore::new()))
        .limiter(Arc::new(MemoryRateLimiter::new(Arc::clone(&clock))))
        .clock(clock)
}

/// Puts two organizations into a fresh platform. `base` is where it will be served.
pub async fn seed(platform: &Spotlight, base: impl Into<String>) -> Target {
    let owner = organization(platform, "acme").await;
    let stranger = organization(platform, "globex").await;
    Target { base: base.into(), owner, stranger, kept: Vec::new() }
}

async fn organization(platform: &Spotlight, slug: &str) -> Person {
    let (email, password) = (format!("owner@{slug}.example"), format!("{slug}-correct-horse"));
    let every_day = WeeklyHours(std::array::from_fn(|_| WeeklyHours::weekdays(0, 0).0[0].clone()));
    let (organization, user) = platform
        .organizations()
        .create(
            &Context::deployment(),
            NewOrganization {
                name: slug.to_owned(),
                slug: slug.to_owned(),
                time_zone: Tz::Europe__Berlin,
                business_hours: every_day,
                owner_email: Email::parse(&email).expect("an address"),
                owner_name: "Olivia Owner".to_owned(),
                owner_password: SecretString::from(password.clone()),
            },
        )
        .await
        .expect("an organization");
    let context = Context::user(user.id, organization.id, Role::Owner);
    let token = |scopes: Vec<Scope>| {
        let (accounts, context) = (platform.accounts(), context.clone());
        async move {
            let made = accounts.create_token(&context, "suite", scopes, None).await.expect("a token");
            made.secret.expose_secret().to_owned()
        }
    };
    let reader = token(vec![Scope::LeadsRead]).await;
    Person { email, password, token: token(Scope::ALL.to_vec()).await, reader }
}

/// A good new assistant.
pub fn assistant() -> Value {
    json!({"assistant": {
        "name": "Ada",
        "role": "Qualifies visitors of the website for the sales team.",
        "script": "Greet the visitor, find out what they need and by when, and offer a call with the team.",
    }})
}

/// A new assistant's id.
pub async fn made_assistant(client: &Client) -> String {
    client.post("/api/v1/assistants", &assistant()).await.expect(201).id()
}

/// A new lead's id.
pub async fn made_lead(client: &Client, name: &str) -> String {
    let email = format!("{}@example.com", name.to_lowercase().replace(' ', "."));
    client.post("/api/v1/leads", &json!({"lead": {"name": name, "email": email}})).await.expect(201).id()
}

/// A new conversation's id.
pub async fn made_conversation(client: &Client, assistant: &str) -> String {
    let body = json!({"conversation": {"assistant_id": assistant}});
    client.post("/api/v1/conversations", &body).await.expect(201).id()
}

/// A turn.
pub fn turn(text: &str) -> Value {
    json!({"turn": {"text": text}})
}
