//! The Postgres adapter beside bare `sqlx`. `benches/postgres.sh` runs it on a server of its own.
#![expect(clippy::print_stdout, reason = "plans and progress are for who runs the suite")]

mod postgres_database;

use chrono::{DateTime, Utc};
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
use spotlight_storage::postgres::{PgStorage, statements};
use sqlx::{
    PgPool, Postgres, Row,
    postgres::{PgArguments, PgRow},
    types::Json,
};
use tokio::runtime::Runtime;
use uuid::Uuid;

use self::postgres_database::{database, pool};

const LIVE: &str = "organization_id = $1 AND deleted_at IS NULL AND merged_into IS NULL";

/// How the adapter begins a search or a figure.
const SIFT: &str = "BEGIN READ ONLY; SET LOCAL enable_seqscan = off; SET LOCAL jit = off; SET LOCAL work_mem = '32MB'";

type Query<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

/// Statements of the adapter, by their names in it, and lists as it puts them together.
struct Bench {
    pool: PgPool,
    get: &'static str,
    list: &'static str,
    page: &'static str,
    search: &'static str,
    figures: [&'static str; 6],
    lead: &'static str,
    audit: &'static str,
    event: &'static str,
}

impl Bench {
    /// Statements with something in front of them, as `EXPLAIN`.
    fn new(pool: PgPool, prefix: &str) -> Self {
        let known = statements().expect("statements");
        let named = |name: &str| {
            let found =
                known.iter().find(|statement| statement.name.ends_with(name)).expect("a statement of this name");
            &*format!("{prefix}{}", found.sql).leak()
        };
        let get = named("::lead::GET");
        let columns = get.split("SELECT ").nth(1).and_then(|rest| rest.split(" FROM").next()).expect("columns");
        let listed = |condition: &str, total: &str, limit: u32| {
            let order = "ORDER BY created_at DESC, id DESC";
            &*format!("{prefix}SELECT {columns}{total} FROM leads WHERE {LIVE} AND {condition} {order} LIMIT {limit}")
                .leak()
        };
        let total = |condition| format!(", (SELECT count(*) FROM leads WHERE {LIVE} AND {condition}) AS total");
        let (status, words) = ("status = $2", "search @@ $2::tsquery");
        Self {
            pool,
            get,
            list: listed(status, "", 26),
            page: listed(status, &total(status), 25),
            search: listed(words, &total(words), 25),
            figures: [0, 1, 2, 3, 4, 5].map(|at| named(&format!("analytics {at}"))),
            lead: named("::lead::INSERT"),
            audit: named("::audit::APPEND"),
            event: named("::outbox::ADD"),
        }
    }

    fn one(&self, id: Uuid) -> Query<'_> {
        sqlx::query(self.get).bind(organization().as_uuid()).bind(id)
    }

    fn of_status(sql: &'static str) -> Query<'static> {
        sqlx::query(sql).bind(organization().as_uuid()).bind("qualified")
    }

    fn found(&self, words: &str) -> Query<'_> {
        let tokens: Vec<_> = text::tokens(words).iter().map(|token| format!("'{token}':*")).collect();
        sqlx::query(self.search).bind(organization().as_uuid()).bind(tokens.join(" & ")).persistent(false)
    }

    fn figures(&self, at: usize) -> Query<'_> {
        let asked = days();
        let span = asked.range().expect("days");
        let starts: Vec<_> = asked.days.iter().map(|(_, day)| day.start).collect();
        let query = sqlx::query(self.figures[at]).bind(organization().as_uuid()).bind(span.start).bind(span.end);
        let query = if at == 1 { query.bind(starts) } else { query };
        query.persistent(false)
    }

    async fn rows(&self, query: Query<'_>) -> Vec<PgRow> {
        let mut connection = self.pool.acquire().await.expect("a connection");
        query.fetch_all(&mut *connection).await.expect("rows")
    }

    /// As the adapter plans what looks for words and counts many rows.
    async fn sifted(&self, query: Query<'_>) -> Vec<PgRow> {
        let mut connection = self.pool.acquire().await.expect("a connection");
        sqlx::raw_sql(SIFT).execute(&mut *connection).await.expect("a transaction");
        let rows = query.fetch_all(&mut *connection).await.expect("rows");
        sqlx::raw_sql("COMMIT").execute(&mut *connection).await.expect("a commit");
        rows
    }

    async fn counts(&self, at: usize) -> Vec<(String, i64)> {
        self.sifted(self.figures(at)).await.iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

fn leads(rows: &[PgRow]) -> Vec<BareLead<DateTime<Utc>>> {
    rows.iter().map(|row| row.lead().expect("a lead")).collect()
}

impl Bare for Bench {
    type At = DateTime<Utc>;

    async fn get(&self, id: Uuid) -> BareLead<Self::At> {
        let mut connection = self.pool.acquire().await.expect("a connection");
        let row = self.one(id).fetch_optional(&mut *connection).await.expect("a row").expect("the lead");
        row.lead().expect("a lead")
    }

    async fn list(&self, total: bool) -> (Vec<BareLead<Self::At>>, Option<i64>) {
        if total {
            let rows = self.rows(Self::of_status(self.page)).await;
            return (leads(&rows), rows.first().map(|row| row.get(22)));
        }
        let mut found = leads(&self.rows(Self::of_status(self.list)).await);
        found.truncate(25);
        (found, None)
    }

    async fn search(&self, words: &str) -> (Vec<BareLead<Self::At>>, i64) {
        let rows = self.sifted(self.found(words)).await;
        (leads(&rows), rows.first().map_or(0, |row| row.get(22)))
    }

    async fn dashboard(&self) -> Figures {
        let (totals, days, funnel, sentiment, sources, assistants) = tokio::join!(
            self.sifted(self.figures(0)),
            self.sifted(self.figures(1)),
            self.sifted(self.figures(2)),
            self.sifted(self.figures(3)),
            self.counts(4),
            self.sifted(self.figures(5)),
        );
        let mut of_day = vec![0; usize::try_from(spotlight_benches::DAYS).expect("days")];
        for row in &days {
            of_day[row.get::<i64, _>(0) as usize - 1] = row.get(1);
        }
        let (t, f) = (&totals[0], &funnel[0]);
        Figures {
            totals: (t.get(0), t.get(1), t.get(2), t.get(3), t.get(4), t.get(5), t.get(6)),
            responses: (t.get(7), t.get(8)),
            days: of_day,
            funnel: (f.get(0), f.get(1), f.get(2), f.get(3)),
            sentiment: (0..3).map(|at| sentiment[0].get(at)).collect(),
            sources: sources.into_iter().map(|(_, count)| count).collect(),
            assistants: assistants
                .iter()
                .map(|r| (r.get(0), r.get(1), r.get(2), r.get(3), r.get(4), r.get(5)))
                .collect(),
        }
    }

    async fn insert(&self, lead: &Lead, audit: &AuditEntry, event: &NewEvent) {
        let mut tx = self.pool.begin().await.expect("a transaction");
        let (email, phone) = (lead.email.as_ref().map(Email::as_str), lead.phone.as_ref().map(Phone::as_str));
        let parts = [lead.name.as_deref(), email, phone, lead.company.as_deref()];
        let search = text::search_text(parts.into_iter().flatten());
        let insert = sqlx::query(self.lead)
            .bind(lead.organization_id.as_uuid())
            .bind(lead.id.as_uuid())
            .bind(lead.version)
            .bind(lead.name.as_deref())
            .bind(email)
            .bind(phone)
            .bind(lead.company.as_deref())
            .bind(lead.source.as_str())
            .bind(lead.status.as_str())
            .bind(lead.score.map(i16::from))
            .bind(Json(&lead.score_reasons))
            .bind(Json(&lead.criteria))
            .bind(lead.qualified)
            .bind(lead.owner_id.map(UserId::as_uuid))
            .bind(lead.needs_review)
            .bind(lead.merged_into.map(LeadId::as_uuid))
            .bind(Json(&lead.metadata))
            .bind(lead.last_conversation_at)
            .bind(lead.erased_at)
            .bind(lead.deleted_at)
            .bind(lead.created_at)
            .bind(lead.updated_at)
            .bind(search.split(' ').collect::<Vec<_>>());
        insert.execute(&mut *tx).await.expect("a lead");
        let append = sqlx::query(self.audit)
            .bind(audit.organization_id.as_uuid())
            .bind(audit.id.as_uuid())
            .bind(audit.actor_kind.as_str())
            .bind(audit.actor_id.as_deref())
            .bind(audit.action.as_str())
            .bind(audit.record_type.as_str())
            .bind(audit.record_id.as_str())
            .bind(Json(&audit.details))
            .bind(audit.request_id.as_deref())
            .bind(audit.source_address.as_deref())
            .bind(audit.created_at);
        append.execute(&mut *tx).await.expect("an audit entry");
        let add = sqlx::query(self.event)
            .bind(SystemIds.uuid())
            .bind("event")
            .bind(event.organization_id.as_uuid())
            .bind(event.event_type.as_str())
            .bind(event.channel.as_str())
            .bind(None::<Uuid>)
            .bind(Json(&event.data))
            .bind(None::<&str>)
            .bind(SystemClock.now())
            .bind(None::<&str>);
        add.execute(&mut *tx).await.expect("an event");
        tx.commit().await.expect("a commit");
    }
}

/// Prints the plan of every read, and says whether a table was read from end to end.
async fn explain(plans: &Bench) {
    println!("\nplans of a tenant of 1 %");
    let mut reads = vec![
        ("point read".to_owned(), plans.rows(plans.one(lead_at(Many::PERCENT, 7).as_uuid())).await),
        ("list of 25".to_owned(), plans.rows(Bench::of_status(plans.list)).await),
        ("list of 25 and total".to_owned(), plans.rows(Bench::of_status(plans.page)).await),
        ("search, a person".to_owned(), plans.sifted(plans.found("anna mi")).await),
        ("search, every lead".to_owned(), plans.sifted(plans.found("example")).await),
    ];
    for at in 0..6 {
        reads.push((format!("dashboard {at}"), plans.sifted(plans.figures(at)).await));
    }
    let mut scans = 0;
    for (name, plan) in reads {
        println!("-- {name}");
        for row in plan {
            let line: String = row.get(0);
            let large = ["leads", "conversations", "transcripts", "appointments"];
            scans += usize::from(large.iter().any(|table| line.contains(&format!("Seq Scan on {table}"))));
            println!("   {line}");
        }
    }
    println!("sequential scans of large tables: {scans}");
}

fn main() {
    let Ok(url) = std::env::var("BENCH_DATABASE_URL") else {
        eprintln_usage();
        std::process::exit(2);
    };
    let runtime = Runtime::new().expect("a runtime");
    let mut criterion = Criterion::default().configure_from_args();
    let mut sheet = Sheet::paired("storage_postgres");
    for (many, name) in [(Many::ALONE, "alone"), (Many::PERCENT, "percent")] {
        let (options, connect) = runtime.block_on(database(&url, many, name));
        let (storage, bare) = runtime.block_on(async {
            let storage = PgStorage::connect(options.clone()).await.expect("the storage");
            let pool = pool(&options, connect).await;
            if name == "percent" {
                explain(&Bench::new(pool.clone(), "EXPLAIN (COSTS OFF) ")).await;
            }
            (storage, Bench::new(pool, ""))
        });
        compare(&mut criterion, &runtime, &mut sheet, many, (&storage, &bare), name == "alone");
    }
    criterion.final_summary();
    sheet.print();
}

#[expect(clippy::print_stderr, reason = "the only way to say it")]
fn eprintln_usage() {
    eprintln!(
        "BENCH_DATABASE_URL is not set. `benches/postgres.sh` starts a throwaway Postgres and runs this suite on it; \
         or set the URL to a server on which databases may be created."
    );
}
