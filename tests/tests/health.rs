//! What a deployment says of itself while what it depends on comes and goes: both frameworks, a real Postgres, a real
//! Redis, a real disk. Each time the right thing is said within two seconds, and every probe is answered in that time.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use futures::future::join_all;
use serde_json::{Value, json};
use spotlight_core::{
    domain::ProcessId,
    ports::{IdGenerator, JobSpec, SchemaState, Storage, SystemIds},
};
use spotlight_http::{
    HttpPolicy,
    conformance::{Answer, Client},
};
use spotlight_ops::{
    config::{Config, Sources},
    wiring::Deployment,
};
use spotlight_storage::{
    postgres::{PgOptions, PgStorage},
    sqlite::{SqliteOptions, SqliteStorage},
};
use spotlight_tests::{
    framework::{self, Framework, Server},
    postgres::{self, PgServer, TestDatabase},
    proxy::{Mode, Proxy},
    redis::RedisServer,
};
use sqlx::Connection;
use tokio::{
    sync::Mutex,
    task::block_in_place,
    time::{Instant, sleep, timeout},
};

/// In which the right thing is said, and each probe is answered.
const SOON: Duration = Duration::from_secs(2);

/// A folder that goes with this value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("spotlight-health-{}", SystemIds.uuid()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A disk of one megabyte.
struct SmallDisk(Folder);

impl SmallDisk {
    fn mount() -> Self {
        let folder = Folder::new();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(&folder.0).output();
        let complaint = match &mounted {
            Ok(output) if output.status.success() => return Self(folder),
            Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => error.to_string(),
        };
        panic!(
            "a disk of 1 MB cannot be mounted, and this test fills one: {complaint}\nRun it as root, or where others may \
             have a namespace of their own: unshare -rm cargo test -p spotlight-tests --test health small_disk"
        );
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0.0).status();
    }
}

/// A server of a deployment, and what it stands on.
struct World {
    deployment: Deployment,
    server: Server,
    client: Client,
    _data: Folder,
}

impl World {
    async fn start(framework: Framework, variables: &[(&'static str, String)]) -> Self {
        let data = Folder::new();
        let folder = data.0.display().to_string();
        let variables = variables.iter().map(|(name, value)| (*name, value.as_str()));
        let sources = Sources::none().with_variables(variables.chain([("SPOTLIGHT_DATA_DIR", folder.as_str())]));
        let config = Config::read(&sources).expect("a sound configuration");
        let deployment = Deployment::open(&config).await.expect("everything is there");
        let server = framework::start(framework, deployment.platform().clone(), HttpPolicy::development()).await;
        let client = Client::new(&server.url);
        Self { deployment, server, client, _data: data }
    }

    /// The answer of a probe, which must not keep its caller.
    async fn probe(&self, path: &str) -> Answer {
        timeout(SOON, self.client.get(path)).await.unwrap_or_else(|_| panic!("{path} kept its caller waiting"))
    }

    /// What `/health` and `/ready` come to say soon enough; `/up` says the same all the time.
    async fn comes_to_say(&self, what: &str, health: (u16, &[(&str, Value)]), ready: u16) {
        let began = Instant::now();
        loop {
            let (up, shown, may) = tokio::join!(self.probe("/up"), self.probe("/health"), self.probe("/ready"));
            assert_eq!((up.status, &up.body), (200, &json!({"status": "ok"})), "the process lives");
            let words = if health.0 == 200 { "ok" } else { "service_unavailable" };
            let right = shown.status == health.0
                && shown.body["status"] == words
                && health.1.iter().all(|(pointer, value)| shown.body["checks"].pointer(pointer) == Some(value));
            if right && may.status == ready {
                return;
            }
            let late = began.elapsed() > SOON;
            assert!(!late, "{what}: {} {}\n{} {}", shown.status, shown.text, may.status, may.text);
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn stop(self) {
        self.server.stop().await;
        self.deployment.close().await;
    }
}

async fn dependencies_come_and_go(framework: Framework) {
    let (mut postgres, mut redis) = (PgServer::start(), RedisServer::start());
    let proxy = Proxy::start(postgres.port()).await;
    let database = format!("postgres://postgres@127.0.0.1:{}/postgres", proxy.port());
    let world = World::start(framework, &[("DATABASE_URL", database), ("REDIS_URL", redis.url())]).await;
    let said = |pointer: &'static str, word: &str| (pointer, json!(word));
    let well = [
        said("/database/status", "ok"),
        said("/redis/status", "ok"),
        said("/queue/status", "ok"),
        said("/disk_space/status", "ok"),
    ];
    // The machine's own disk may be fuller than it should be.
    let well = if world.probe("/health").await.body["checks"]["disk_space"]["status"] == "ok" {
        &well[..]
    } else {
        &well[..3]
    };
    world.comes_to_say("all is well", (200, well), 200).await;

    redis.stop();
    let away = [said("/redis/status", "error"), said("/database/status", "ok"), said("/queue/status", "ok")];
    world.comes_to_say("Redis is away, and requests are answered without it", (503, &away), 200).await;
    redis.start_again();
    world.comes_to_say("Redis is back", (200, well), 200).await;

    redis.hang(Duration::from_secs(4));
    let hangs = [said("/redis/error", "it did not answer in time"), said("/database/status", "ok")];
    world.comes_to_say("Redis hangs", (503, &hangs), 200).await;
    // It answers once it hangs no more.
    block_in_place(|| redis.eval("return 1", "once"));
    world.comes_to_say("Redis answers again", (200, well), 200).await;

    postgres.crash();
    let away = [said("/database/status", "error"), said("/queue/status", "error"), said("/redis/status", "ok")];
    world.comes_to_say("Postgres is away", (503, &away), 503).await;
    let shown = [world.probe("/health").await, world.probe("/ready").await].map(|answer| answer.text).concat();
    for secret in ["127.0.0.1", "postgres:", &proxy.port().to_string(), "refused", "pool"] {
        assert!(!shown.contains(secret), "{secret} is nobody's business: {shown}");
    }
    postgres.start_again();
    world.comes_to_say("Postgres is back", (200, well), 200).await;

    proxy.set(Mode::Stall);
    let hangs = [said("/database/error", "it did not answer in time"), said("/redis/status", "ok")];
    world.comes_to_say("Postgres hangs", (503, &hangs), 503).await;
    proxy.set(Mode::Forward);
    world.comes_to_say("Postgres answers again", (200, well), 200).await;

    world.deployment.platform().health().start_draining();
    world.comes_to_say("the process is about to stop", (200, well), 503).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dependencies_come_and_go_on_axum() {
    dependencies_come_and_go(Framework::Axum).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dependencies_come_and_go_on_actix() {
    dependencies_come_and_go(Framework::Actix).await;
}

/// A database, and the Redis of this process: nothing but the storage and the queue asks the database there.
fn beside_redis(database: &TestDatabase) -> [(&'static str, String); 3] {
    let namespace = spotlight_tests::redis::namespace();
    [("DATABASE_URL", database.url()), ("REDIS_URL", RedisServer::shared().url()), ("REDIS_NAMESPACE", namespace)]
}

async fn work_piles_up_and_is_done(framework: Framework) {
    let database = TestDatabase::fresh().await;
    let world = World::start(framework, &beside_redis(&database)).await;
    world.comes_to_say("no work", (200, &[("/queue", json!({"status": "ok", "queue_size": 0}))]), 200).await;
    let queue = world.deployment.platform().queue();
    queue.enqueue(vec![JobSpec::new("nothing", "{}"); 1_500]).await.expect("they are added");
    let piled = [("/queue", json!({"status": "warning", "queue_size": 1_500}))];
    world.comes_to_say("much work", (200, &piled), 200).await;
    let process = ProcessId::from_uuid(SystemIds.uuid());
    queue.register(process, "a hand", Duration::from_mins(1)).await.expect("it is registered");
    while !queue.claim(process, &["default".to_owned()], 500).await.expect("a claim").is_empty() {}
    world.comes_to_say("all is in hand", (200, &[("/queue", json!({"status": "ok", "queue_size": 0}))]), 200).await;
    queue.deregister(process).await.expect("it leaves");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_piles_up_and_is_done_on_axum() {
    work_piles_up_and_is_done(Framework::Axum).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_piles_up_and_is_done_on_actix() {
    work_piles_up_and_is_done(Framework::Actix).await;
}

/// The disk that is looked at can be another than that of the data folder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_disk_fills_and_empties() {
    let disk = SmallDisk::mount();
    let looked_at = disk.0.0.display().to_string();
    for framework in Framework::ALL {
        let world = World::start(framework, &[("SPOTLIGHT_HEALTH_DISK", looked_at.clone())]).await;
        let of = |status: &str, usage: &str| [("/disk_space", json!({"status": status, "usage": usage}))];
        world.comes_to_say("nothing is on the disk", (200, &of("ok", "0%")), 200).await;
        let file = disk.0.0.join("file");
        // Of 256 blocks of 4 KiB.
        for (kilobytes, status, usage) in
            [(200 * 4, "ok", "79%"), (204 * 4, "warning", "80%"), (256 * 4, "warning", "100%")]
        {
            fs::write(&file, vec![1; kilobytes * 1024]).expect("there is room");
            world.comes_to_say("a file is on the disk", (200, &of(status, usage)), 200).await;
        }
        fs::remove_file(&file).expect("it goes");
        world.comes_to_say("the disk is empty again", (200, &of("ok", "0%")), 200).await;
        let none = [("/redis", json!({"status": "disabled"}))];
        world.comes_to_say("no Redis is used", (200, &none), 200).await;
        world.stop().await;
    }
}

mod disk {
    spotlight_core::health_check_conformance!(spotlight_ops::health::DiskCheck::new(std::env::temp_dir()));
}

mod redis {
    use spotlight_storage::redis::RedisHealthCheck;
    use spotlight_tests::redis::{RedisServer, client};

    spotlight_core::health_check_conformance!(
        RedisHealthCheck::new(&client(RedisServer::shared().url())).expect("a sound URL")
    );
}

/// Probes that come at once.
const FLOOD: usize = 5_000;
/// Questions that one round of all checks asks the database: a sign of life, what waits, the schema.
const QUESTIONS: u64 = 3;

/// Questions that a deployment asks each second, whoever probes it: flags, organizations that differ, settings.
const WATCH: u64 = 3;

fn lift_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Where that is refused, what follows says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// Transactions that a server's life takes, and seconds of that life.
async fn asked_by(framework: Framework, probes: usize) -> (u64, u64) {
    let database = TestDatabase::fresh().await;
    let began = Instant::now();
    let world = World::start(framework, &beside_redis(&database)).await;
    let asked = (0..probes).map(|number| {
        let path = if number % 2 == 0 { "/health" } else { "/ready" };
        world.client.get(path)
    });
    let answers = timeout(Duration::from_mins(2), join_all(asked)).await.expect("every probe is answered");
    for answer in answers {
        // Without optimisation, on a busy machine, a check can starve among so many. Nothing else may be told.
        let starved = answer.status == 503 && answer.text.contains("it did not answer in time");
        assert!(answer.status == 200 || starved, "{} {}", answer.status, answer.text);
    }
    world.stop().await;
    (transactions(&database).await, began.elapsed().as_secs() + 1)
}

/// Transactions that a database has seen, once everybody has left it: what a connection has counted is there then.
async fn transactions(database: &TestDatabase) -> u64 {
    let mut beside = sqlx::PgConnection::connect(&postgres::server_url()).await.expect("the server takes connections");
    let count = "SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = $1), xact_commit + xact_rollback \
                 FROM pg_stat_database WHERE datname = $1";
    let began = Instant::now();
    loop {
        let counted = sqlx::query_as(count).bind(database.name()).fetch_one(&mut beside).await;
        let (connected, seen): (i64, i64) = counted.expect("the server counts");
        if connected == 0 {
            beside.close().await.expect("it ends");
            return u64::try_from(seen).expect("a number");
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{connected} connections stay");
        sleep(Duration::from_millis(50)).await;
    }
}

async fn a_flood_costs_little(framework: Framework) {
    // One at a time: each probe of a flood takes two file descriptors of this process.
    static ONE: Mutex<()> = Mutex::const_new(());
    let _alone = ONE.lock().await;
    lift_file_limit();
    let (usual, _) = asked_by(framework, 2).await;
    let (flooded, seconds) = asked_by(framework, FLOOD).await;
    let more = flooded.saturating_sub(usual);
    assert!(more <= (QUESTIONS + WATCH + 1) * seconds, "{FLOOD} probes within {seconds} s cost {more} questions");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_probes_costs_little_on_axum() {
    a_flood_costs_little(Framework::Axum).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_probes_costs_little_on_actix() {
    a_flood_costs_little(Framework::Actix).await;
}

/// Jobs in a queue of Redis that is away wait in the database, and requests are answered: traffic is taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_in_a_redis_that_is_away_turn_no_traffic_away() {
    let (database, mut redis) = (TestDatabase::fresh().await, RedisServer::start());
    let settings = Folder::new();
    let file = settings.0.join("spotlight.toml");
    fs::write(&file, "[jobs]\nadapter = \"redis\"\n").expect("it is written");
    let folder = settings.0.display().to_string();
    let (database_url, redis_url) = (database.url(), redis.url());
    let variables = [
        ("DATABASE_URL", database_url.as_str()),
        ("REDIS_URL", redis_url.as_str()),
        ("SPOTLIGHT_DATA_DIR", folder.as_str()),
    ];
    let sources = Sources::none().with_variables(variables).with_file(file.to_str().expect("a path in UTF-8"));
    let config = Config::read(&sources).expect("a sound configuration");
    let deployment = Deployment::open(&config).await.expect("everything is there");
    let server = framework::start(Framework::Axum, deployment.platform().clone(), HttpPolicy::development()).await;
    let client = Client::new(&server.url);
    let world = World { deployment, server, client, _data: settings };
    world.comes_to_say("all is well", (200, &[("/queue/status", json!("ok"))]), 200).await;
    redis.stop();
    let away = [("/queue/status", json!("error")), ("/redis/status", json!("error"))];
    world.comes_to_say("the queue is away", (503, &away), 200).await;
    redis.start_again();
    world.comes_to_say("the queue is back", (200, &[("/queue/status", json!("ok"))]), 200).await;
    world.stop().await;
}

/// A schema that lacks what this program needs, and one that another program has brought further.
#[tokio::test]
async fn a_schema_is_compared_with_what_this_program_needs() {
    let newest = "SELECT max(version) FROM _sqlx_migrations";
    let forget = "DELETE FROM _sqlx_migrations WHERE version = ";
    let database = TestDatabase::fresh().await;
    let storage = PgStorage::connect(PgOptions::new(database.url())).await.expect("a database");
    assert_eq!(storage.schema().await.expect("it answers"), SchemaState::default());
    let mut beside = database.connect().await;
    let version: i64 = sqlx::query_scalar(newest).fetch_one(&mut beside).await.expect("a version");
    let run = |sql: String| sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
    run(format!("{forget}{version}")).execute(&mut beside).await.expect("it is forgotten");
    let lacks = SchemaState { pending: vec![version], newer: vec![] };
    assert_eq!(storage.schema().await.expect("it answers"), lacks);
    let unknown = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES ";
    run(format!("{unknown} (9001, 'later', true, '', 0), (9002, 'half', false, '', 0)"))
        .execute(&mut beside)
        .await
        .expect("it is there");
    let both = SchemaState { pending: vec![version], newer: vec![9001] };
    assert_eq!(storage.schema().await.expect("it answers"), both);
    beside.close().await.expect("it ends");
    storage.close().await;

    let folder = Folder::new();
    let path = folder.0.join("spotlight.db");
    let storage = SqliteStorage::open(SqliteOptions::new(&path)).await.expect("a database");
    assert_eq!(storage.schema().await.expect("it answers"), SchemaState::default());
    let mut beside = sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.expect("a file");
    let version: i64 = sqlx::query_scalar(newest).fetch_one(&mut beside).await.expect("a version");
    run(format!("{forget}{version}")).execute(&mut beside).await.expect("it is forgotten");
    run(format!("{unknown} (9001, 'later', true, '', 0)")).execute(&mut beside).await.expect("it is there");
    let both = SchemaState { pending: vec![version], newer: vec![9001] };
    assert_eq!(storage.schema().await.expect("it answers"), both);
    beside.close().await.expect("it ends");
    storage.close().await;
}

/// What is pending is named to whoever asks whether traffic may come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pending_migrations_take_no_traffic_and_newer_ones_do() {
    let database = TestDatabase::fresh().await;
    let world = World::start(Framework::Axum, &[("DATABASE_URL", database.url())]).await;
    let mut beside = database.connect().await;
    let run = |sql: &'static str| sqlx::raw_sql(sql);
    world.comes_to_say("the schema is right", (200, &[]), 200).await;
    run("CREATE TABLE kept AS SELECT * FROM _sqlx_migrations WHERE version = 21")
        .execute(&mut beside)
        .await
        .expect("kept");
    run("DELETE FROM _sqlx_migrations WHERE version = 21").execute(&mut beside).await.expect("it is gone");
    world.comes_to_say("a migration is pending", (200, &[]), 503).await;
    let told = world.probe("/ready").await.body;
    assert_eq!(told["reasons"], json!(["migrations: migrations are pending: 0021"]));
    assert_eq!(told["checks"]["migrations"]["status"], "error");
    run("INSERT INTO _sqlx_migrations SELECT * FROM kept").execute(&mut beside).await.expect("it is back");
    world.comes_to_say("the schema is right again", (200, &[]), 200).await;
    run("UPDATE kept SET version = 9001; INSERT INTO _sqlx_migrations SELECT * FROM kept")
        .execute(&mut beside)
        .await
        .expect("a newer one");
    let began = Instant::now();
    loop {
        let ready = world.probe("/ready").await.expect(200);
        if ready.body["checks"]["migrations"]["status"] == "warning" {
            let warning = "a newer program has migrated the database: 9001";
            assert_eq!(ready.body["checks"]["migrations"]["warning"], warning);
            break;
        }
        assert!(began.elapsed() < SOON, "{}", ready.text);
        sleep(Duration::from_millis(20)).await;
    }
    beside.close().await.expect("it ends");
    world.stop().await;
}
