//! The server as somebody runs it: first start, second start, and everything that can be wrong with its surroundings.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    time::Duration,
};

use spotlight_tests::{postgres::TestDatabase, redis::RedisServer};
use sqlx::{ConnectOptions, Connection};

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("spotlight-server-{}-{count}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What the server reads from its environment.
const VARIABLES: [&str; 13] = [
    "DATABASE_DIRECT_URL",
    "REDIS_URL",
    "SPOTLIGHT_CONFIG",
    "DATABASE_URL",
    "DATABASE_POOLER",
    "SECRET_KEY_BASE",
    "SPOTLIGHT_LISTEN",
    "SPOTLIGHT_DATA_DIR",
    "SPOTLIGHT_ROLE",
    "SPOTLIGHT_HTTP",
    "SPOTLIGHT_TIME_ZONE",
    "SPOTLIGHT_PUBLIC_URL",
    "LOG_LEVEL",
];

/// The server without any option, and without those of whoever runs the tests.
fn bare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command.env_remove("SPOTLIGHT_TRUSTED_PROXIES");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command
}

fn server(data: &Path) -> Command {
    let mut command = bare();
    command.args(["--listen", "127.0.0.1:0", "--time-zone", "Europe/Berlin", "--data-dir"]).arg(data);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Longest that a program may take which has nothing to wait for.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a program said once it has ended. One that does not end is stopped, and fails the test.
fn ended(mut command: Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the server runs");
    let mut typed = child.stdin.take().expect("input");
    // A server that has refused to start reads nothing.
    let _ = typed.write_all(input.as_bytes());
    drop(typed);
    let id = child.id().to_string();
    let (done, waited) = mpsc::channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    if let Ok(output) = waited.recv_timeout(PATIENCE) {
        return output.expect("it ends");
    }
    let _ = Command::new("kill").args(["-KILL", &id]).status();
    let said = waited.recv_timeout(PATIENCE).ok().and_then(Result::ok);
    panic!("it did not end: {said:?}");
}

/// Runs a server that must refuse to start, and gives what it says.
fn refused(command: Command) -> String {
    let Output { status, stdout, stderr } = ended(command, "");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert!(!status.success(), "it started: {}", String::from_utf8_lossy(&stdout));
    assert!(said.starts_with("error: "), "a clear error: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// A server that runs until the end of the test.
struct Running {
    child: Child,
    /// What it said while it started.
    said: String,
    address: String,
}

impl Running {
    fn start(data: &Path) -> Self {
        Self::run(server(data))
    }

    fn run(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("output")).lines();
        let mut said = String::new();
        let mut address = None;
        for line in lines.by_ref() {
            let line = line.expect("text");
            if let Some((_, url)) = line.split_once("listening  http://") {
                address = Some(url.to_owned());
            }
            let last = line.starts_with("Stop:");
            said.push_str(&line);
            said.push('\n');
            if last {
                break;
            }
        }
        let listens = !said.contains("working  ");
        let address =
            address.unwrap_or_else(|| if listens { panic!("it never listened: {said}") } else { String::new() });
        Self { child, said, address }
    }

    fn request(&self, method: &str, path: &str) -> String {
        self.send(method, path, "", "")
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    /// Asks it to stop, and gives whether it ended well.
    fn stop(mut self) -> bool {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().expect("kill runs");
        assert!(sent.success());
        self.child.wait().expect("it ends").success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_first_start_answers_a_visitor_and_the_second_keeps_everything() {
    let folder = Folder::new();
    let first = Running::start(&folder.0);
    assert!(first.said.contains("with the password"), "{}", first.said);
    let path = first.said.split("/api/v1/public").nth(1).and_then(|rest| rest.lines().next()).expect("a path to try");
    let path = format!("/api/v1/public{}", path.trim());
    assert!(first.request("GET", "/up").starts_with("HTTP/1.1 200"));
    assert!(first.request("GET", "/health").contains("\"status\":\"ok\""));
    let opened = first.request("POST", &path);
    assert!(opened.starts_with("HTTP/1.1 201"), "{opened}");
    assert!(first.stop(), "it ends well");
    let second = Running::start(&folder.0);
    assert!(!second.said.contains("password"), "the password is shown once: {}", second.said);
    assert!(second.request("POST", &path).starts_with("HTTP/1.1 201"), "the assistant is still there");
    assert!(second.stop());
}

#[test]
fn a_busy_port_is_named_and_the_data_is_not_touched() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let mut command = bare();
    command.args(["--listen", &address, "--data-dir"]).arg(&folder.0);
    let said = refused(command);
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
    assert!(!folder.0.exists());
}

#[test]
fn an_unreachable_postgres_is_told_without_its_password() {
    let folder = Folder::new();
    let mut command = server(&folder.0);
    command.env("DATABASE_URL", "postgres://user:topsecret@127.0.0.1:1/spotlight");
    let said = refused(command);
    assert!(!said.contains("topsecret"), "{said}");
    assert!(said.to_lowercase().contains("database") || said.contains("Postgres"), "{said}");
    assert!(!folder.0.exists(), "nothing is half-made");
}

#[test]
fn a_data_folder_that_is_a_file_is_told() {
    let folder = Folder::new();
    std::fs::write(&folder.0, "not a folder").expect("a file");
    let said = refused(server(&folder.0));
    assert!(said.contains(folder.0.to_str().expect("text")), "{said}");
    assert_eq!(std::fs::read_to_string(&folder.0).expect("the file"), "not a folder");
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let file = folder.0.join("spotlight.db");
    let garbage = "this is not a database, and it is long enough to be read as a header ".repeat(20);
    std::fs::write(&file, &garbage).expect("a file");
    refused(server(&folder.0));
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), garbage);
}

#[test]
fn it_serves_by_the_framework_that_is_chosen() {
    let folder = Folder::new();
    for http in ["actix", "axum"] {
        let mut command = server(&folder.0);
        command.args(["--http", http]);
        let running = Running::run(command);
        let answer = running.request("GET", "/api/v1/nothing");
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("\"errors\""), "{answer}");
        assert!(running.request("GET", "/health").contains("\"status\":\"ok\""));
        assert!(running.stop(), "it ends well");
    }
    let mut command = server(&folder.0);
    command.env("SPOTLIGHT_HTTP", "actix");
    assert!(Running::run(command).stop());
}

#[test]
fn a_file_is_not_shared_by_roles() {
    let folder = Folder::new();
    for role in ["worker", "web"] {
        let mut command = server(&folder.0);
        command.args(["--role", role]);
        let said = refused(command);
        assert!(said.contains("DATABASE_URL") && said.contains("--role all"), "{said}");
    }
    assert!(!folder.0.exists(), "nothing was made");
}

#[test]
fn settings_that_cannot_work_are_told() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let settings = folder.0.join("settings.toml");
    for (text, part) in [
        ("[jobs.dispatcher]\nbatch_size = 0\n", "batch_size"),
        ("[jobs]\nthreads = 3\n", "threads"),
        ("jobs = nothing", "settings.toml"),
    ] {
        std::fs::write(&settings, text).expect("a file");
        let mut command = server(&folder.0);
        command.arg("--config").arg(&settings);
        let said = refused(command);
        assert!(said.contains(part), "{said}");
    }
    let mut command = server(&folder.0);
    command.env("SPOTLIGHT_CONFIG", folder.0.join("absent.toml"));
    assert!(refused(command).contains("absent.toml"));
}

#[test]
fn the_api_document_is_printed_as_it_is_committed() {
    let mut command = bare();
    command.arg("openapi");
    let output = ended(command, "");
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).expect("text");
    let recipe = "`cargo run -- openapi > crates/spotlight-http/openapi.json` writes what is committed";
    assert!(printed == include_str!("../../crates/spotlight-http/openapi.json"), "{recipe}");
}

/// The line of what the team sees after each turn.
fn seen(said: &str) -> Vec<&str> {
    said.lines().map(str::trim).filter(|line| line.starts_with("score ")).collect()
}

#[track_caller]
fn assert_scored(line: &str, parts: &[&str]) {
    let score = line.strip_prefix("score ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    assert!(score.parse::<u8>().is_ok_and(|score| score <= 100), "{line}");
    for part in parts {
        assert!(line.split(" · ").any(|found| found == *part), "{part} in: {line}");
    }
}

const WORDS: &str = "We need better shift planning\nAbout 5000 euros\nHow much does it cost?\nThanks, bye\n";

#[test]
fn a_conversation_in_the_terminal_shows_score_and_criteria() {
    let folder = Folder::new();
    let mut command = bare();
    command.args(["chat", "--data-dir"]).arg(&folder.0);
    let output = ended(command, WORDS);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("49 euros") && said.contains("\nAda: "), "{said}");
    let lines = seen(&said);
    assert_scored(lines[0], &["need yes", "budget ?", "authority ?", "timeline ?"]);
    assert_scored(lines.last().expect("a line"), &["need yes", "budget yes"]);
}

#[test]
fn everything_can_be_said_by_environment() {
    let folder = Folder::new();
    let mut command = bare();
    command.env("SPOTLIGHT_LISTEN", "127.0.0.1:0").env("SPOTLIGHT_DATA_DIR", &folder.0);
    command.env("SPOTLIGHT_TIME_ZONE", "Asia/Kathmandu").env("SECRET_KEY_BASE", "k".repeat(40));
    command.env("SPOTLIGHT_HTTP", "axum").env("SPOTLIGHT_ROLE", "all").env("LOG_LEVEL", "error");
    command.env("SPOTLIGHT_PUBLIC_URL", "https://app.example.com");
    command.env("SPOTLIGHT_TRUSTED_PROXIES", "127.0.0.1, ::1");
    let running = Running::run(command);
    assert!(running.said.contains("https://app.example.com/api/v1/public"), "{}", running.said);
    assert!(folder.0.join("spotlight.db").exists());
    assert!(!folder.0.join("secret.key").exists(), "a key that is given is not kept");
    let password =
        running.said.split("the password ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a password");
    let body = format!("{{\"user\": {{\"email\": \"owner@demo.example\", \"password\": \"{password}\"}}}}");
    let headers = "content-type: application/json\r\nx-forwarded-for: 198.51.100.7\r\n";
    let signed_in = running.send("POST", "/api/v1/users/sign_in", headers, &body);
    assert!(signed_in.starts_with("HTTP/1.1 200"), "{signed_in}");
    assert!(
        signed_in.contains("set-cookie: __Host-spotlight_session=") && signed_in.contains("; Secure"),
        "{signed_in}"
    );
    assert!(signed_in.contains("strict-transport-security: "), "{signed_in}");
    let cookie = signed_in.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next()).expect("a cookie");
    let board = running.send("GET", "/api/v1/analytics/dashboard", &format!("cookie: {cookie}\r\n"), "");
    assert!(board.contains("\"time_zone\":\"Asia/Kathmandu\""), "{board}");
    assert!(running.stop());

    let mut command = server(&folder.0);
    command.env("SPOTLIGHT_ROLE", "worker");
    assert!(refused(command).contains("DATABASE_URL"));
    let mut command = server(&folder.0);
    command.env("SECRET_KEY_BASE", "short");
    assert!(refused(command).contains("32"), "how long a key must be is said");
    let mut command = server(&folder.0);
    command.env("SPOTLIGHT_TRUSTED_PROXIES", "proxy.local");
    assert!(refused(command).contains("proxy.local"));
}

/// How many more sign-ins a client may try, as a proxy names it.
fn sign_ins_left(running: &Running, client: &str) -> String {
    let headers = format!("content-type: application/json\r\nx-forwarded-for: {client}\r\n");
    let answer = running.send("POST", "/api/v1/users/sign_in", &headers, "{}");
    let left = answer.lines().find_map(|line| line.strip_prefix("x-ratelimit-remaining: "));
    left.unwrap_or_else(|| panic!("{answer}")).trim().to_owned()
}

#[test]
fn only_trusted_proxies_say_who_asks() {
    let (folder, other) = (Folder::new(), Folder::new());
    let nobody_trusted = Running::start(&folder.0);
    assert_eq!(sign_ins_left(&nobody_trusted, "198.51.100.1"), "4");
    assert_eq!(sign_ins_left(&nobody_trusted, "198.51.100.2"), "3", "a header of the client's own is no other client");
    let mut command = server(&other.0);
    command.args(["--trusted-proxies", "127.0.0.1"]);
    let behind_a_proxy = Running::run(command);
    assert_eq!(sign_ins_left(&behind_a_proxy, "198.51.100.1"), "4");
    assert_eq!(sign_ins_left(&behind_a_proxy, "198.51.100.2"), "4");
    assert!(nobody_trusted.stop() && behind_a_proxy.stop());
}

/// A runtime for what tests do to databases.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(work)
}

const FROM_THE_FUTURE: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                               VALUES (990001, 'from the future', true, '00', 0)";

#[test]
fn a_server_on_postgres_keeps_everything_and_shares_it_with_a_chat() {
    let folder = Folder::new();
    let database = block_on(TestDatabase::unmigrated());
    let on_postgres = || {
        let mut command = server(&folder.0);
        command.env("DATABASE_URL", database.url());
        command
    };
    let first = Running::run(on_postgres());
    assert!(first.said.contains("Postgres") && first.said.contains("with the password"), "{}", first.said);
    assert!(!folder.0.join("spotlight.db").exists());
    let path = first.said.split("/api/v1/public").nth(1).and_then(|rest| rest.lines().next()).expect("a path to try");
    let path = format!("/api/v1/public{}", path.trim());
    assert!(first.request("GET", "/health").contains("\"status\":\"ok\""));
    assert!(first.request("POST", &path).starts_with("HTTP/1.1 201"));
    // The server's runner takes jobs of the same database: the score beside the chat is still that of the last words.
    let mut chat = bare();
    chat.args(["chat", "--data-dir"]).arg(&folder.0).env("DATABASE_URL", database.url());
    let output = ended(chat, WORDS);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = seen(&said);
    assert_scored(lines[0], &["need yes", "budget ?"]);
    assert_scored(lines[1], &["need yes", "budget yes"]);
    assert!(first.stop(), "it ends well");
    let second = Running::run(on_postgres());
    assert!(!second.said.contains("password"), "{}", second.said);
    assert!(second.request("POST", &path).starts_with("HTTP/1.1 201"), "the assistant is still there");
    assert!(second.stop());

    block_on(async {
        let mut connection = database.connect().await;
        sqlx::raw_sql(FROM_THE_FUTURE).execute(&mut connection).await.expect("it is written");
    });
    let said = refused(on_postgres());
    assert!(said.contains("990001"), "{said}");
}

/// What one number in the database is, once it is what it should be.
fn awaited(database: &TestDatabase, sql: &'static str, wanted: i64) {
    block_on(async {
        let mut connection = database.connect().await;
        let until = std::time::Instant::now() + PATIENCE;
        loop {
            let found: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a number");
            if found == wanted {
                return;
            }
            assert!(std::time::Instant::now() < until, "{sql}: {found} and not {wanted}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}

#[test]
fn a_worker_does_the_jobs_that_a_web_server_leaves() {
    let folder = Folder::new();
    let database = block_on(TestDatabase::unmigrated());
    let role = |role: &str| {
        let mut command = server(&folder.0);
        command.env("DATABASE_URL", database.url()).args(["--role", role]);
        command
    };
    let web = Running::run(role("web"));
    talk(&web);
    awaited(&database, "SELECT count(*) FROM job_ready WHERE name = 'analyze_conversation'", 1);
    let worker = Running::run(role("worker"));
    awaited(&database, "SELECT count(*) FROM conversations WHERE score IS NOT NULL", 1);
    assert!(worker.stop() && web.stop(), "both end well");
    awaited(&database, "SELECT count(*) FROM job_processes", 0);
}

/// A visitor opens a conversation and says something. Gives what came of it.
fn talk(web: &Running) -> String {
    let path = web.said.split("/api/v1/public").nth(1).and_then(|rest| rest.lines().next()).expect("a path to try");
    let opened = web.request("POST", &format!("/api/v1/public{}", path.trim()));
    let (_, body) = opened.split_once("\r\n\r\n").expect("a body");
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let (id, token) = (body["data"]["id"].as_str().expect("an id"), body["meta"]["token"].as_str().expect("a token"));
    let headers = format!("content-type: application/json\r\nauthorization: Bearer {token}\r\n");
    let words = r#"{"turn":{"text":"I love it! How much is it?"}}"#;
    let turn = web.send("POST", &format!("/api/v1/conversations/{id}/turns"), &headers, words);
    assert!(turn.starts_with("HTTP/1.1 200"), "{turn}");
    turn
}

#[test]
fn a_redis_that_goes_away_keeps_no_visitor_waiting() {
    let (folder, database, mut redis) = (Folder::new(), block_on(TestDatabase::unmigrated()), RedisServer::start());
    let mut command = server(&folder.0);
    command.env("DATABASE_URL", database.url()).env("REDIS_URL", redis.url());
    let running = Running::run(command);
    assert!(talk(&running).contains("49 euros"), "it knows the price");
    redis.kill();
    for _ in 0..5 {
        assert!(talk(&running).contains("49 euros"), "it knows the price");
    }
    redis.start_again();
    assert!(talk(&running).contains("49 euros"), "it knows the price");
    assert!(running.stop(), "it ends well");
}

#[test]
fn jobs_wait_in_redis_where_the_settings_say_so() {
    let folder = Folder::new();
    let database = block_on(TestDatabase::unmigrated());
    let redis = RedisServer::start();
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let settings = folder.0.join("spotlight.toml");
    std::fs::write(&settings, "[jobs]\nadapter = \"redis\"\n").expect("a file");
    let role = |role: &str| {
        let mut command = server(&folder.0);
        command.env("DATABASE_URL", database.url()).args(["--role", role, "--config"]).arg(&settings);
        command
    };
    let said = refused(role("all"));
    assert!(said.contains("REDIS_URL"), "{said}");
    let on_redis = |name: &str| {
        let mut command = role(name);
        command.env("REDIS_URL", redis.url());
        Running::run(command)
    };
    let web = on_redis("web");
    assert!(web.said.contains("jobs in Redis"), "{}", web.said);
    talk(&web);
    awaited(&database, "SELECT count(*) FROM outbox WHERE name = 'analyze_conversation'", 1);
    awaited(&database, "SELECT count(*) FROM job_ready", 0);
    let worker = on_redis("worker");
    awaited(&database, "SELECT count(*) FROM conversations WHERE score IS NOT NULL", 1);
    awaited(&database, "SELECT count(*) FROM outbox WHERE name = 'analyze_conversation'", 0);
    assert!(worker.stop() && web.stop(), "both end well");
    std::fs::write(&settings, "[jobs]\nadapter = \"database\"\n").expect("a file");
    let mut other = role("worker");
    // It is refused by the database, after what is logged of opening that.
    other.env("LOG_LEVEL", "error");
    let said = refused(other);
    assert!(said.contains("docs/jobs.md"), "its jobs would be another's: {said}");
    std::fs::write(&settings, "[jobs]\nadapter = \"database\"\nchange_over = true\n").expect("a file");
    assert!(Running::run(role("worker")).stop(), "they change over");
}

#[test]
fn a_web_server_starts_while_redis_is_away_and_its_jobs_follow() {
    let folder = Folder::new();
    let database = block_on(TestDatabase::unmigrated());
    let mut redis = RedisServer::start();
    let url = redis.url();
    redis.stop();
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let settings = folder.0.join("spotlight.toml");
    std::fs::write(&settings, "[jobs]\nadapter = \"redis\"\n").expect("a file");
    let role = |role: &str| {
        let mut command = server(&folder.0);
        command.env("DATABASE_URL", database.url()).env("REDIS_URL", &url);
        command.args(["--role", role, "--config"]).arg(&settings);
        Running::run(command)
    };
    let (web, worker) = (role("web"), role("worker"));
    assert!(web.request("GET", "/up").starts_with("HTTP/1.1 200"));
    talk(&web);
    awaited(&database, "SELECT count(*) FROM outbox WHERE name = 'analyze_conversation'", 1);
    redis.start_again();
    awaited(&database, "SELECT count(*) FROM conversations WHERE score IS NOT NULL", 1);
    awaited(&database, "SELECT count(*) FROM outbox WHERE name = 'analyze_conversation'", 0);
    assert!(worker.stop() && web.stop(), "both end well");
}

#[test]
fn a_newer_file_is_left_alone() {
    let folder = Folder::new();
    assert!(Running::start(&folder.0).stop());
    let file = folder.0.join("spotlight.db");
    block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
        let mut connection = options.connect().await.expect("the file opens");
        sqlx::raw_sql(FROM_THE_FUTURE).execute(&mut connection).await.expect("it is written");
        connection.close().await.expect("it closes");
    });
    let before = std::fs::read(&file).expect("the file");
    let said = refused(server(&folder.0));
    assert!(said.contains("990001"), "{said}");
    assert_eq!(std::fs::read(&file).expect("the file"), before);
}

/// A server that cannot write where it likes: as root, whom no folder refuses, it runs as `nobody`.
fn unprivileged(data: &Path, programs: &Path) -> Command {
    const NOBODY: u32 = 65_534;
    let mut command = server(data);
    if std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0) {
        // The account can enter the folder for temporary files, and the one of the build perhaps not.
        let program = programs.join("server");
        std::fs::copy(env!("CARGO_BIN_EXE_server"), &program).expect("a copy");
        let mut dropped = Command::new(program);
        dropped.args(command.get_args()).env_clear().current_dir("/").uid(NOBODY).gid(NOBODY);
        dropped.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command = dropped;
    }
    command
}

#[test]
fn a_data_folder_that_cannot_be_written_is_told() {
    let (folder, programs) = (Folder::new(), Folder::new());
    std::fs::create_dir_all(&programs.0).expect("a folder");
    std::fs::create_dir_all(&folder.0).expect("a folder");
    std::fs::set_permissions(&folder.0, std::fs::Permissions::from_mode(0o555)).expect("read-only");
    for data in [folder.0.clone(), folder.0.join("below")] {
        let said = refused(unprivileged(&data, &programs.0));
        assert!(said.contains(data.to_str().expect("text")), "{said}");
    }
    assert_eq!(std::fs::read_dir(&folder.0).expect("the folder").count(), 0);
}

#[test]
fn the_smallest_program_is_small() {
    let lines = include_str!("../minimal.rs").lines().count();
    assert!(lines <= 60, "minimal.rs has {lines} lines, and the README promises at most 60");
}

/// The most memory a process has had resident since it was told to count anew, in KiB.
fn peak(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a figure");
    line.trim().trim_end_matches("kB").trim().parse().expect("KiB")
}

/// A table of at least so many bytes, row by row: each is another lead of `domain` with two kilobytes of free data.
fn table(domain: &'static str, bytes: usize) -> impl Iterator<Item = String> {
    let note = "what was said at the fair ".repeat(80);
    let row = move |number: u32| format!("Person {number},person{number}@{domain},{note}\r\n");
    let mut sum = 0;
    std::iter::once("name,email,metadata.note\r\n".to_owned()).chain((0..).map(row)).take_while(move |row| {
        let goes_on = sum < bytes;
        sum += row.len();
        goes_on
    })
}

/// Sends a table to a server, and waits until all of it is leads. `session` are the headers of whoever sends it.
fn import(running: &Running, session: &str, rows: impl Iterator<Item = String>) {
    let mut stream = TcpStream::connect(&running.address).expect("it listens");
    let head = format!(
        "POST /api/v1/leads/import HTTP/1.1\r\nhost: {}\r\n{session}connection: close\r\ncontent-type: \
         text/csv\r\ntransfer-encoding: chunked\r\n\r\n",
        running.address
    );
    stream.write_all(head.as_bytes()).expect("the head is sent");
    let (mut count, mut part) = (0_u64, String::new());
    let mut send = |part: &mut String| {
        let chunk = format!("{:x}\r\n{part}\r\n", part.len());
        stream.write_all(chunk.as_bytes()).expect("a part is taken");
        part.clear();
    };
    for row in rows {
        count += 1;
        part.push_str(&row);
        if part.len() > 64 * 1024 {
            send(&mut part);
        }
    }
    if !part.is_empty() {
        send(&mut part);
    }
    stream.write_all(b"0\r\n\r\n").expect("the end is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(&format!("\"created\":{},", count - 1)), "{answer}");
}

/// 20 MB, and 200 MB in a full run. The smaller one is more than may be kept, too.
#[test]
#[cfg(target_os = "linux")]
fn an_import_takes_no_more_memory_however_long_it_is() {
    /// What a long import may take beyond a short one, in KiB.
    const MORE: u64 = 12 * 1024;
    /// What the server may take in all, in KiB: the one that is delivered, as one with debug information is larger.
    const MOST: u64 = 64 * 1024;
    let folder = Folder::new();
    let first = Running::start(&folder.0);
    let password = first.said.split("the password ").nth(1).and_then(|rest| rest.split(' ').next());
    let password = password.expect("a password").to_owned();
    // The first start makes the demo organization, whose memory is no import's.
    assert!(first.stop());
    let running = Running::start(&folder.0);
    let body = format!("{{\"user\": {{\"email\": \"owner@demo.example\", \"password\": \"{password}\"}}}}");
    let signed_in = running.send("POST", "/api/v1/users/sign_in", "content-type: application/json\r\n", &body);
    let after = |text: &str| signed_in.split(text).nth(1).expect("it is there").to_owned();
    let cookie = after("set-cookie: ").split(';').next().expect("a cookie").to_owned();
    let csrf = after("\"csrf_token\":\"").split('"').next().expect("a token").to_owned();
    let session = format!("cookie: {cookie}\r\nx-csrf-token: {csrf}\r\n");

    // A short one first: what every import needs, as its code and the caches of the database, is there afterwards.
    import(&running, &session, table("short.example", 2_000_000));
    let id = running.child.id();
    std::fs::write(format!("/proc/{id}/clear_refs"), "5").expect("peaks are counted anew");
    let before = peak(id);
    let megabytes = spotlight_core::conformance::rounds(20, 200) as usize;
    import(&running, &session, table("long.example", megabytes * 1_000_000));
    let most = peak(id);
    #[expect(clippy::print_stdout, reason = "the figure is recorded from here")]
    {
        println!("{megabytes} MB: {} MiB before, {} MiB at most", before / 1024, most / 1024);
    }
    // The mark may sink: it is what is resident now, where that was never more since it was reset.
    assert!(most < before + MORE, "{most} KiB, {before} KiB before");
    assert!(cfg!(debug_assertions) || most < MOST, "{most} KiB, {before} KiB before");
}
