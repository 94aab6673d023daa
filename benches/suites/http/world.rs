//! The database, who asks, and for what.

use std::{cell::Cell, io::Write, sync::Arc, time::Duration};

use spotlight_benches::{new_conversation, new_lead};
use spotlight_core::{
    Context, Spotlight,
    domain::{AssistantId, OrganizationId, lead::Lead},
    ports::{IdGenerator, Storage, SystemIds},
    services::assistants::AssistantInput,
};
use spotlight_http::conformance::{on, seed};
use spotlight_storage::postgres::{PgOptions, PgQueue, PgStorage};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use uuid::Uuid;

use crate::setting;

/// What the visitor says.
const SAID: &str = "Hello, I am looking for a cargo bike for two children, around 4,000 euros, by next month.";
/// Tables that a request may add rows to.
const GROWING: [&str; 7] =
    ["leads", "audit_entries", "outbox", "idempotency_records", "transcripts", "job_ready", "job_unique"];

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    Get,
    List,
    Create,
    /// By hand, the visitor's words are stored when they come, and the answer when it was given, as ours does.
    Turn,
    /// By hand, both are stored in one transaction after the answer: words are lost with the process.
    TurnAtOnce,
}

impl Ask {
    pub(crate) const ALL: [Self; 5] = [Self::Get, Self::List, Self::Create, Self::Turn, Self::TurnAtOnce];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Get => "get a lead",
            Self::List => "list 25 and the count",
            Self::Create => "create a lead",
            Self::Turn => "streamed turn",
            Self::TurnAtOnce => "streamed turn, by hand stored once",
        }
    }

    /// The status of a good answer.
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::Create => 201,
            _ => 200,
        }
    }

    pub(crate) const fn is_turn(self) -> bool {
        matches!(self, Self::Turn | Self::TurnAtOnce)
    }
}

/// What both sides serve and the client knows.
pub(crate) struct World {
    /// The database of both.
    pub(crate) url: String,
    /// Whose leads are read, and who writes: lists stay as long as they are.
    pub(crate) tenants: [OrganizationId; 2],
    tokens: [String; 2],
    leads: Vec<Uuid>,
    platform: Spotlight,
    writer: Context,
    assistant: AssistantId,
    next: Cell<usize>,
}

async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.expect("the statement runs");
}

impl World {
    /// A new database on this server, filled.
    pub(crate) async fn new(url: &str) -> Self {
        let server: PgConnectOptions = url.parse().expect("BENCH_DATABASE_URL is a Postgres URL");
        let mut administrator = server.connect().await.expect("the server of BENCH_DATABASE_URL");
        run(&mut administrator, "DROP DATABASE IF EXISTS bench_http").await;
        run(&mut administrator, "CREATE DATABASE bench_http").await;
        let url = server.database("bench_http").to_url_lossy().to_string();
        let storage = Arc::new(PgStorage::connect(PgOptions::new(url.clone())).await.expect("the storage"));
        let queue = PgQueue::connect(PgOptions::new(url.clone())).await.expect("the queue");
        let platform = on(Arc::clone(&storage) as Arc<_>, Arc::new(queue));
        let target = seed::seed(&platform, "").await;
        let tokens = [target.owner.token, target.stranger.token];
        let [reader, writer] = [context(&platform, &tokens[0]).await, context(&platform, &tokens[1]).await];
        let leads = fill(&*storage, reader.organization, setting("BENCH_LEADS", 1_000)).await;
        let input = AssistantInput {
            name: "Bea".to_owned(),
            role: "Helps visitors choose a bike.".to_owned(),
            script: "We sell city bikes and cargo bikes. Find out what for, and offer a test ride.".to_owned(),
            ..AssistantInput::default()
        };
        let assistant = platform.assistants().create(&writer, input).await.expect("an assistant").id;
        let mut connection = connect(&url).await;
        // Plans limit conversations, of which each round has new ones.
        run(&mut connection, "UPDATE organizations SET plan = 'scale'").await;
        run(&mut connection, "VACUUM ANALYZE").await;
        let tenants = [reader.organization, writer.organization];
        Self { url, tenants, tokens, leads, platform, writer, assistant, next: Cell::new(0) }
    }

    /// New conversations.
    pub(crate) async fn conversations(&self, count: usize) -> Vec<Uuid> {
        let mut begun = Vec::with_capacity(count);
        for _ in 0..count {
            let new = new_conversation(self.assistant);
            let conversation = self.platform.conversations().start(&self.writer, new).await.expect("a conversation");
            begun.push(conversation.id.as_uuid());
        }
        begun
    }

    /// Asks for the same leads as at first.
    pub(crate) fn begin_again(&self) {
        self.next.set(0);
    }

    /// How many rows there are of what requests add.
    pub(crate) async fn rows(&self) -> Vec<(&'static str, i64)> {
        let mut connection = connect(&self.url).await;
        let mut counted = Vec::new();
        for table in GROWING {
            let count = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {table}")));
            counted.push((table, count.fetch_one(&mut connection).await.expect("a count")));
        }
        counted
    }

    /// Writes a request. Those who change something have a key each, so that they may be repeated.
    pub(crate) fn write(&self, ask: Ask, conversation: Option<Uuid>, into: &mut Vec<u8>) {
        let number = self.next.replace(self.next.get() + 1);
        let [reads, writes] = &self.tokens;
        let mut get =
            |path: &str| write!(into, "GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {reads}\r\n\r\n");
        let written = match ask {
            // A large step, so that neighbours do not share a page.
            Ask::Get => get(&format!("/api/v1/leads/{}", self.leads[number * 7_919 % self.leads.len()])),
            Ask::List => get("/api/v1/leads"),
            Ask::Create | Ask::Turn | Ask::TurnAtOnce => {
                let key = SystemIds.uuid();
                let (path, body) = match conversation {
                    None => ("/api/v1/leads".to_owned(), new_lead_body(key)),
                    Some(id) => {
                        (format!("/api/v1/conversations/{id}/turns"), format!(r#"{{"turn":{{"text":"{SAID}"}}}}"#))
                    }
                };
                // Ours leaves headers alone that it does not know.
                let once = if ask == Ask::TurnAtOnce { "X-At-Once: yes\r\n" } else { "" };
                write!(
                    into,
                    "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {writes}\r\nIdempotency-Key: {key}\r\n\
                     Content-Type: application/json\r\n{once}Content-Length: {}\r\n\r\n{body}",
                    body.len()
                )
            }
        };
        written.expect("memory takes what is written");
    }
}

fn new_lead_body(key: Uuid) -> String {
    format!(
        r#"{{"lead":{{"name":"Nora Newcomer","email":"nora.{}@example.com","company":"Newcomer GmbH"}}}}"#,
        key.simple()
    )
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("the database")
}

async fn context(platform: &Spotlight, token: &str) -> Context {
    platform.accounts().authenticate_token(&token.to_owned().into()).await.expect("an owner").context
}

/// Puts leads into the list.
async fn fill(storage: &dyn Storage, organization: OrganizationId, count: u32) -> Vec<Uuid> {
    let unit = storage.begin().await.expect("a unit");
    let mut leads = Vec::new();
    for number in 0..count {
        let fresh = new_lead();
        let made = fresh.created_at - Duration::from_secs(u64::from(count - number) * 60);
        let lead = Lead { organization_id: organization, owner_id: None, created_at: made, ..fresh };
        unit.leads().insert(&lead).await.expect("a lead");
        leads.push(lead.id.as_uuid());
    }
    unit.commit().await.expect("a commit");
    leads
}
