//! Throwaway Postgres servers, and a fresh database for each test.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use spotlight_storage::postgres::{PgOptions, PgStorage};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::sync::OnceCell;

use crate::{
    container::Container,
    server::{Account, Running, folder, free_port},
};

/// Names a server that is there already, as `postgres://postgres@127.0.0.1:5432/postgres`. Its user makes and drops
/// databases and needs no password. `scripts/test` sets it, so that the whole run shares one server.
pub const URL_VARIABLE: &str = "SPOTLIGHT_TEST_POSTGRES_URL";

/// Names the folder of `initdb` and `postgres`.
pub const BIN_VARIABLE: &str = "SPOTLIGHT_PG_BIN";

/// A Postgres server that ends with this value, or with this process.
#[derive(Debug)]
pub struct PgServer {
    from: From,
    port: u16,
}

/// What the server ends with.
#[derive(Debug)]
enum From {
    Programs { bin: PathBuf, running: Running },
    Container { _container: Container },
}

impl PgServer {
    /// Starts a server from the programs that are installed.
    ///
    /// # Panics
    /// When Postgres is not installed, or the server does not start.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server whose commits outlive its crash, as those of a real one do.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn durable() -> Self {
        Self::start_with(&["fsync=on", "synchronous_commit=on", "full_page_writes=on"])
    }

    /// Starts a server with further settings, as `wal_level=replica`.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_with(settings: &[&str]) -> Self {
        Self::start_from(settings, init)
    }

    /// Starts a server that others can follow, and one that follows it.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_pair() -> [Self; 2] {
        let settings = ["wal_level=replica", "max_wal_senders=4", "hot_standby=on"];
        let primary = Self::start_with(&settings);
        let port = primary.port.to_string();
        let copy = |bin: &Path, folder: &Path, account: Option<Account>| {
            let mut copy = Command::new(bin.join("pg_basebackup"));
            copy.args([
                "-h",
                "127.0.0.1",
                "-U",
                "postgres",
                "-p",
                &port,
                "-R",
                "-X",
                "stream",
                "-c",
                "fast",
                "--no-sync",
            ]);
            prepare(copy.arg("-D"), folder, account);
        };
        let replica = Self::start_from(&settings, copy);
        [primary, replica]
    }

    fn start_from(settings: &[&str], fill: impl Fn(&Path, &Path, Option<Account>)) -> Self {
        let bin = programs().unwrap_or_else(|| {
            panic!(
                "Postgres is not installed, and this test needs it: apt-get install postgresql postgresql-contrib, or \
                 set {BIN_VARIABLE} to the folder of initdb, or {URL_VARIABLE} to a server that is there already, or \
                 run scripts/test, which can also use a container"
            )
        });
        let account = Account::unprivileged();
        let mut complaints = String::new();
        // Somebody else can take the port that was just free.
        for _ in 0..5 {
            let (folder, port) = (folder("postgres", account), free_port());
            fill(&bin, &folder, account);
            let (program, data) = (bin.join("postgres"), folder.join("data"));
            let port_setting = format!("port={port}");
            let mut command = vec![text(&program), "-D", text(&data), "-c", &port_setting];
            // Of a setting that is named twice, the last counts.
            for setting in SETTINGS.iter().chain(settings) {
                command.extend(["-c", setting]);
            }
            match Running::start(&folder, account, &command, || answers(&bin, port)) {
                Ok(running) => return Self { from: From::Programs { bin, running }, port },
                Err(complaint) => complaints = complaint,
            }
        }
        panic!("Postgres in {} did not start: {complaints}", bin.display());
    }

    /// Starts a server in a container.
    ///
    /// # Errors
    /// What the container engine said.
    pub fn start_in_container() -> Result<Self, String> {
        // Those of the container's own network stay as its image sets them.
        let inside = ["listen_addresses", "unix_socket_directories"];
        let settings: Vec<_> =
            SETTINGS.iter().copied().filter(|one| !inside.iter().any(|name| one.starts_with(name))).collect();
        let container = Container::start(&settings)?;
        let port = container.port;
        Ok(Self { from: From::Container { _container: container }, port })
    }

    /// Ends the server at once, as a crash does: nothing is written that was not.
    ///
    /// # Panics
    /// When it runs in a container.
    pub fn crash(&mut self) {
        match &mut self.from {
            From::Programs { running, .. } => running.end("QUIT"),
            From::Container { .. } => panic!("only a server from programs is crashed"),
        }
    }

    /// Starts it again on its port, with what it held, after a [`crash`](Self::crash).
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&mut self) {
        let port = self.port;
        match &mut self.from {
            From::Programs { bin, running } => {
                let started = running.start_again(|| answers(bin, port));
                started.unwrap_or_else(|complaint| panic!("Postgres did not start again: {complaint}"));
            }
            From::Container { .. } => panic!("only a server from programs is started again"),
        }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where a database of the server is.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

/// Whether the server takes connections.
fn answers(bin: &Path, port: u16) -> bool {
    let mut ready = Command::new(bin.join("pg_isready"));
    let ready = ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
    ready.status().is_ok_and(|status| status.success())
}

/// Nothing has to outlive the machine, and everything has to be quick.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=300",
    "shared_buffers=256MB",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=2GB",
];

fn init(bin: &Path, folder: &Path, account: Option<Account>) {
    let mut init = Command::new(bin.join("initdb"));
    init.args(["-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"]);
    prepare(&mut init, folder, account);
}

/// Runs what fills a server's folder with data.
fn prepare(command: &mut Command, folder: &Path, account: Option<Account>) {
    command.arg(folder.join("data")).current_dir("/");
    if let Some(account) = account {
        account.takes(command);
    }
    let output = command.output().expect("the program can be run");
    assert!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
}

/// Where the newest Postgres has its programs.
pub fn programs() -> Option<PathBuf> {
    let named = std::env::var_os(BIN_VARIABLE).map(PathBuf::from);
    // Debian's wrappers in PATH link into the folder that has all of the programs.
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&paths).filter_map(|folder| folder.join("postgres").canonicalize().ok());
    let in_path = in_path.filter_map(|program| program.parent().map(Path::to_owned));
    let mut packaged: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    packaged.sort();
    named
        .into_iter()
        .chain(in_path)
        .chain(packaged.into_iter().rev().map(|(_, bin)| bin))
        .find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// The server of this process: the one that is named by the environment, else one of its own.
pub fn server_url() -> String {
    static OWN: OnceLock<PgServer> = OnceLock::new();
    std::env::var(URL_VARIABLE).unwrap_or_else(|_| OWN.get_or_init(PgServer::start).url("postgres"))
}

/// The server's options for one of its databases.
fn options(database: &str) -> PgConnectOptions {
    let url = server_url();
    url.parse::<PgConnectOptions>().expect("the server's URL").database(database).disable_statement_logging()
}

async fn administer() -> PgConnection {
    options("postgres").connect().await.expect("the server takes connections")
}

/// A database of one test, made from a migrated template. It is dropped with this value, whoever still uses it.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
}

impl TestDatabase {
    /// A fresh, empty, migrated database.
    ///
    /// # Panics
    /// When there is no server, or it refuses.
    pub async fn fresh() -> Self {
        let template = template().await;
        Self::create(&format!("TEMPLATE {template}")).await
    }

    /// A database without any schema.
    ///
    /// # Panics
    /// As [`fresh`](Self::fresh).
    pub async fn unmigrated() -> Self {
        Self::create("").await
    }

    async fn create(from: &str) -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{count}", std::process::id());
        let mut connection = administer().await;
        for statement in
            [format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), format!("CREATE DATABASE {name} {from}")]
        {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.expect("a database for the test");
        }
        connection.close().await.expect("the connection ends");
        Self { name }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub fn url(&self) -> String {
        let options = options(&self.name);
        format!("postgres://{}@{}:{}/{}", options.get_username(), options.get_host(), options.get_port(), self.name)
    }

    /// A connection to look at it behind the storage's back.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn connect(&self) -> PgConnection {
        options(&self.name).connect().await.expect("the test's database takes connections")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        // The test's own runtime may be on its way out.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let statement = AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
                let _ = sqlx::raw_sql(statement).execute(&mut administer().await).await;
            });
        });
        let _ = dropping.join();
    }
}

/// The name of the migrated database that tests copy. Made once per server and state of the migrations.
async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE.get_or_init(make_template).await
}

async fn make_template() -> String {
    let mut connection = administer().await;
    let lock = "SELECT pg_advisory_lock(5907)";
    sqlx::raw_sql(lock).execute(&mut connection).await.expect("one process makes the template");
    let name = format!("template_{:016x}", spotlight_storage::postgres::schema_fingerprint());
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)")
        .bind(&name)
        .fetch_one(&mut connection)
        .await
        .expect("the list of databases");
    if !exists {
        let draft = TestDatabase::create("").await;
        // Every pooled connection must be closed before the database is copied.
        let storage = PgStorage::connect(PgOptions::new(draft.url())).await.expect("the migrations run");
        spotlight_core::ports::Storage::close(&storage).await;
        // Whoever comes first to a copy says where its jobs go.
        let mut open = draft.connect().await;
        sqlx::raw_sql("TRUNCATE job_placement").execute(&mut open).await.expect("nothing is recorded");
        open.close().await.expect("the draft is left alone");
        let rename = AssertSqlSafe(format!("ALTER DATABASE {} RENAME TO {name}", draft.name()));
        sqlx::raw_sql(rename).execute(&mut connection).await.expect("the template is ready");
    }
    connection.close().await.expect("the lock is given back");
    name
}
