//! What every case finds in the server.

use std::{any::Any, sync::Arc, time::Duration};

use chrono_tz::Tz;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use spotlight_core::{
    domain::{
        contact::Email,
        schedule::WeeklyHours,
        user::{Role, Scope},
    },
    memory::{
        MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryRecognizer, MemoryStorage,
        MemorySynthesizer, MemoryWebhookSender,
    },
    ports::{Clock, JobQueue, Message, Quota, Storage, SystemClock},
    scripted::ScriptedChatModel,
    services::{Context, Spotlight, SpotlightBuilder, deployment::NewMaintenance, organizations::NewOrganization},
};

use super::client::Client;
use crate::HttpPolicy;

/// Signs events of Stripe for the platform of the suite.
pub const STRIPE_SECRET: &str = "whsec_of_the_suite_alone";

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
    mailbox: Option<Mailbox>,
    platform: Spotlight,
    kept: Vec<Arc<dyn Any + Send + Sync>>,
}

/// The mail that a platform sends.
#[derive(Debug, Clone)]
pub struct Mailbox {
    platform: Spotlight,
    mailer: Arc<MemoryMailer>,
}

impl Mailbox {
    /// What was sent to an address, oldest first, once everything that waits has been sent.
    ///
    /// # Panics
    /// When jobs cannot run.
    pub async fn of(&self, to: &str) -> Vec<Message> {
        self.platform.run_until_idle().await.expect("mail is sent");
        self.mailer.sent().into_iter().filter(|message| message.to.as_str() == to).collect()
    }

    /// The secret of the newest link that was sent to an address.
    ///
    /// # Panics
    /// When none was sent.
    pub async fn code(&self, to: &str) -> String {
        let is_code = |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let codes = self.of(to).await.into_iter().rev();
        let mut codes = codes.filter_map(|message| message.text.split_whitespace().find(is_code).map(str::to_owned));
        codes.next().expect("a link was sent")
    }
}

impl Target {
    /// With a way to read the mail that the server sends.
    pub fn reading(self, mailbox: Mailbox) -> Self {
        Self { mailbox: Some(mailbox), ..self }
    }

    /// The mail that the server sends.
    ///
    /// # Panics
    /// When the binding did not say how to [read](Self::reading) it.
    pub fn mailbox(&self) -> &Mailbox {
        self.mailbox.as_ref().expect("the binding hands the mailbox over: see `with_mailbox`")
    }

    /// Keeps something for as long as the target is used: a folder, a database, the server itself.
    pub fn keeping(mut self, thing: impl Any + Send + Sync) -> Self {
        self.kept.push(Arc::new(thing));
        self
    }

    /// Does what is due behind the server: jobs, and the publication of events. A deployment's worker does it by itself.
    pub async fn settle(&self) {
        self.platform.run_until_idle().await.expect("nothing fails behind the server");
    }

    /// Puts the deployment into maintenance, or has it go on.
    pub async fn in_maintenance(&self, on: bool, said: NewMaintenance) {
        let (deployment, operator) = (self.platform.deployment(), Context::deployment());
        if on {
            deployment.begin_maintenance(&operator, said).await.expect("maintenance begins");
        } else {
            assert!(deployment.end_maintenance(&operator).await.expect("maintenance ends"), "there was some");
        }
    }

    /// The platform behind the server.
    pub(super) fn platform(&self) -> &Spotlight {
        &self.platform
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

/// The policy of a server that the suite asks. It believes who calls from the same machine where they come from, so that a
/// case can be many addresses; and it takes few signed messages, so that a case can send too many.
///
/// # Panics
/// Never: the network is one.
pub fn policy() -> HttpPolicy {
    let mut policy = HttpPolicy::development().trust(&["127.0.0.1"]).expect("an address");
    policy.signed = Quota { burst: 60, period: Duration::from_mins(1) };
    policy
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

/// The same with a way to read the mail it sends.
///
/// # Panics
/// Never: every port is there.
pub fn with_mailbox(storage: Arc<dyn Storage>, queue: Arc<dyn JobQueue>) -> (Spotlight, Mailbox) {
    let mailer = Arc::new(MemoryMailer::new());
    let builder = builder(storage, queue).mailer(Arc::clone(&mailer) as Arc<_>);
    let platform = builder.build().expect("every port is there");
    (platform.clone(), Mailbox { platform, mailer })
}

/// The same, before it is built.
pub fn builder(storage: Arc<dyn Storage>, queue: Arc<dyn JobQueue>) -> SpotlightBuilder {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Spotlight::builder()
        .storage(storage)
        .queue(queue)
        .chat(Arc::new(ScriptedChatModel::new()))
        .recognizer(Arc::new(MemoryRecognizer))
        .synthesizer(Arc::new(MemorySynthesizer))
        .webhook_sender(Arc::new(MemoryWebhookSender::new()))
        .events(Arc::new(MemoryEventBus::new(Arc::clone(&clock))))
        .mailer(Arc::new(MemoryMailer::new()))
        .files(Arc::new(MemoryFileStore::new()))
        .limiter(Arc::new(MemoryRateLimiter::new(Arc::clone(&clock))))
        .stripe_webhook_secret(SecretString::from(STRIPE_SECRET))
        .clock(clock)
        .secret_key(SecretString::from("a key of the suite, of thirty-two bytes or more"))
}

/// Puts two organizations into a fresh platform. `base` is where it will be served.
pub async fn seed(platform: &Spotlight, base: impl Into<String>) -> Target {
    let owner = organization(platform, "acme").await;
    let stranger = organization(platform, "globex").await;
    Target { base: base.into(), owner, stranger, mailbox: None, platform: platform.clone(), kept: Vec::new() }
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
