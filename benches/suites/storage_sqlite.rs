//! The SQLite adapter beside bare `sqlx`, on files that are made and filled when they are missing.
#![expect(clippy::print_stdout, reason = "plans and progress are for who runs the suite")]

mod sqlite_file;
mod sqlite_statements;

use std::fmt::Write;

use criterion::Criterion;
use spotlight_benches::{Bare, BareLead, Decode, Figures, Many, Sheet, compare, days, lead_at, organization};
use spotlight_core::{
    domain::{
        LeadId, UserId,
        audit::AuditEntry,
        contact::{Email, Phone},
        lead::Lead,
    },
    ports::{Clock, IdGenerator, NewEvent, SystemClock, SystemIds},
    text,
};
use spotlight_storage::sqlite::SqliteStorage;
use sqlx::{
    Row, Sqlite, SqlitePool,
    sqlite::{SqliteArguments, SqliteRow},
};
use tokio::runtime::Runtime;
use uuid::Uuid;

use self::{
    sqlite_file::{Readers, file, options, writer},
    sqlite_statements::Statements,
};

/// Hits above which the adapter walks the list's own sort.
const MANY: i64 = 2_000;

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

struct Bench {
    readers: Readers,
    writer: SqlitePool,
    sql: Statements,
}

/// The index's words carry their organization.
fn words(tokens: &[String]) -> String {
    let mut words = String::new();
    for token in tokens {
        let _ = write!(words, "\"{:X}_{token}\"* ", organization().as_uuid().simple());
    }
    words
}

impl Bench {
    fn one(&self, id: Uuid) -> Query<'static> {
        sqlx::query(self.sql.get).bind(organization().as_uuid()).bind(id)
    }

    fn of_status(sql: &'static str) -> Query<'static> {
        sqlx::query(sql).bind(organization().as_uuid()).bind("qualified")
    }

    fn by_index(&self, words: String) -> Query<'static> {
        sqlx::query(self.sql.by_index).bind(organization().as_uuid()).bind(words).bind(25).bind(0)
    }

    fn walked(&self, token: &str) -> Query<'static> {
        sqlx::query(self.sql.walked).bind(organization().as_uuid()).bind(format!(" {token}")).bind(25).bind(0)
    }

    fn figures(&self, at: usize) -> Query<'static> {
        let asked = days();
        let span = asked.range().expect("days");
        let query = sqlx::query(self.sql.figures[at])
            .bind(organization().as_uuid())
            .bind(span.start.timestamp_micros())
            .bind(span.end.timestamp_micros())
            .bind(None::<Uuid>)
            .bind(None::<Uuid>);
        if at != Statements::DAYS {
            return query;
        }
        let days = asked.days.iter().map(|(_, day)| [day.start.timestamp_micros(), day.end.timestamp_micros()]);
        query.bind(serde_json::to_string(&days.collect::<Vec<_>>()).expect("numbers"))
    }

    async fn rows(&self, query: Query<'_>) -> Vec<SqliteRow> {
        let mut reader = self.readers.acquire().await;
        query.fetch_all(reader.connection()).await.expect("rows")
    }

    async fn row(&self, query: Query<'_>) -> SqliteRow {
        let mut reader = self.readers.acquire().await;
        query.fetch_optional(reader.connection()).await.expect("an answer").expect("a row")
    }
}

fn leads(rows: &[SqliteRow]) -> Vec<BareLead<i64>> {
    rows.iter().map(|row| row.lead().expect("a lead")).collect()
}

fn numbers(row: &SqliteRow) -> Vec<i64> {
    (0..row.len()).map(|at| row.get(at)).collect()
}

impl Bare for Bench {
    type At = i64;

    async fn get(&self, id: Uuid) -> BareLead<i64> {
        self.row(self.one(id)).await.lead().expect("a lead")
    }

    async fn list(&self, total: bool) -> (Vec<BareLead<i64>>, Option<i64>) {
        if total {
            let total = self.row(Self::of_status(self.sql.count)).await.get(0);
            return (leads(&self.rows(Self::of_status(self.sql.page).bind(25).bind(0)).await), Some(total));
        }
        let mut found = leads(&self.rows(Self::of_status(self.sql.list).bind(26)).await);
        found.truncate(25);
        (found, None)
    }

    async fn search(&self, text: &str) -> (Vec<BareLead<i64>>, i64) {
        let tokens = text::tokens(text);
        let words = words(&tokens);
        let hits: i64 = self.row(sqlx::query(self.sql.hits).bind(words.clone()).bind(i64::MAX)).await.get(0);
        // What is asked here has one word whenever it has many hits.
        let found = if hits <= MANY { self.by_index(words) } else { self.walked(&tokens[0]) };
        (leads(&self.rows(found).await), hits)
    }

    async fn dashboard(&self) -> Figures {
        let (t, responses, days, f, sentiment, sources, assistants) = tokio::join!(
            self.row(self.figures(0)),
            self.row(self.figures(1)),
            self.rows(self.figures(Statements::DAYS)),
            self.row(self.figures(3)),
            self.row(self.figures(4)),
            self.row(self.figures(5)),
            self.rows(self.figures(6)),
        );
        Figures {
            totals: (t.get(0), t.get(1), t.get(2), t.get(3), t.get(4), t.get(5), t.get(6)),
            responses: (responses.get(0), responses.get(1)),
            days: days.iter().map(|row| row.get(0)).collect(),
            funnel: (f.get(0), f.get(1), f.get(2), f.get(3)),
            sentiment: numbers(&sentiment),
            sources: numbers(&sources),
            assistants: assistants
                .iter()
                .map(|r| (r.get(0), r.get(5), r.get(1), r.get(2), r.get(3), r.get(4)))
                .collect(),
        }
    }

    async fn insert(&self, lead: &Lead, audit: &AuditEntry, event: &NewEvent) {
        let json = |value: &serde_json::Value| value.to_string();
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await.expect("a transaction");
        let (email, phone) = (lead.email.as_ref().map(Email::as_str), lead.phone.as_ref().map(Phone::as_str));
        let parts = [lead.name.as_deref(), email, phone, lead.company.as_deref()];
        let insert = sqlx::query(self.sql.lead)
            .bind(text::search_text(parts.into_iter().flatten()))
            .bind(lead.name.as_deref())
            .bind(email)
            .bind(phone)
            .bind(lead.company.as_deref())
            .bind(lead.source.as_str())
            .bind(lead.status.as_str())
            .bind(lead.score)
            .bind(serde_json::to_string(&lead.score_reasons).expect("JSON"))
            .bind(serde_json::to_string(&lead.criteria).expect("JSON"))
            .bind(lead.qualified)
            .bind(lead.owner_id.map(UserId::as_uuid))
            .bind(lead.needs_review)
            .bind(lead.merged_into.map(LeadId::as_uuid))
            .bind(serde_json::to_string(&lead.metadata).expect("JSON"))
            .bind(lead.last_conversation_at.map(|at| at.timestamp_micros()))
            .bind(lead.erased_at.map(|at| at.timestamp_micros()))
            .bind(lead.deleted_at.map(|at| at.timestamp_micros()))
            .bind(lead.created_at.timestamp_micros())
            .bind(lead.updated_at.timestamp_micros())
            .bind(lead.organization_id.as_uuid())
            .bind(lead.id.as_uuid())
            .bind(lead.version);
        insert.execute(&mut *tx).await.expect("a lead");
        let append = sqlx::query(self.sql.audit)
            .bind(audit.organization_id.as_uuid())
            .bind(audit.id.as_uuid())
            .bind(audit.actor_kind.as_str())
            .bind(audit.actor_id.as_deref())
            .bind(audit.action.as_str())
            .bind(audit.record_type.as_str())
            .bind(audit.record_id.as_str())
            .bind(json(&audit.details))
            .bind(audit.request_id.as_deref())
            .bind(audit.source_address.as_deref())
            .bind(audit.created_at.timestamp_micros());
        append.execute(&mut *tx).await.expect("an audit entry");
        let now = SystemClock.now().timestamp_micros();
        let add = sqlx::query(self.sql.event)
            .bind(SystemIds.uuid())
            .bind("event")
            .bind(event.organization_id.as_uuid())
            .bind(event.event_type.as_str())
            .bind(event.channel.as_str())
            .bind(None::<Uuid>)
            .bind(json(&event.data))
            .bind(None::<&str>)
            .bind(now)
            .bind(now);
        add.execute(&mut *tx).await.expect("an event");
        tx.commit().await.expect("a commit");
    }
}

/// Prints the plan of every read, and says whether a table was read from end to end.
async fn explain(plans: &Bench) {
    println!("\nplans of a tenant of 1 %");
    let person = words(&text::tokens("anna mi"));
    let mut reads = vec![
        ("point read".to_owned(), plans.one(lead_at(Many::PERCENT, 7).as_uuid())),
        ("list of 25".to_owned(), Bench::of_status(plans.sql.list).bind(26)),
        ("list of 25 and total: count".to_owned(), Bench::of_status(plans.sql.count)),
        ("list of 25 and total: page".to_owned(), Bench::of_status(plans.sql.page).bind(25).bind(0)),
        ("search, few hits".to_owned(), plans.by_index(person)),
        ("search, many hits".to_owned(), plans.walked("example")),
    ];
    reads.extend((0..plans.sql.figures.len()).map(|at| (format!("dashboard {at}"), plans.figures(at))));
    let mut scans = 0;
    for (name, query) in reads {
        println!("-- {name}");
        for row in plans.rows(query).await {
            let line: String = row.get(3);
            let large = ["leads", "conversations", "transcripts", "appointments"];
            scans += usize::from(large.iter().any(|table| {
                // A scan of an index also reads every tenant.
                line == format!("SCAN {table}") || line.starts_with(&format!("SCAN {table} "))
            }));
            println!("   {line}");
        }
    }
    println!("scans of large tables: {scans}");
}

fn main() {
    let runtime = Runtime::new().expect("a runtime");
    let mut criterion = Criterion::default().configure_from_args();
    let mut sheet = Sheet::paired("storage_sqlite");
    for (many, name) in [(Many::ALONE, "alone"), (Many::PERCENT, "percent")] {
        let (storage, bare) = runtime.block_on(async {
            let options = options(&file(many, name).await);
            let storage = SqliteStorage::open(options.clone()).await.expect("the storage");
            let bench = |prefix: &str| Bench {
                readers: Readers::new(&options),
                writer: writer(&options),
                sql: Statements::new(prefix),
            };
            if name == "percent" {
                explain(&bench("EXPLAIN QUERY PLAN ")).await;
            }
            (storage, bench(""))
        });
        compare(&mut criterion, &runtime, &mut sheet, many, (&storage, &bare), name == "alone");
    }
    criterion.final_summary();
    sheet.print();
}
