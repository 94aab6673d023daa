//! A throwaway transaction pooler before the Postgres server.

use std::{fs, net::TcpStream, path::PathBuf, sync::OnceLock};

use sqlx::postgres::PgConnectOptions;

use crate::{
    postgres::{TestDatabase, server_url},
    server::{Account, Running, folder, free_port},
};

/// A PgBouncer in transaction mode that ends with this value, or with this process.
#[derive(Debug)]
pub struct PgBouncer {
    _running: Running,
    port: u16,
    user: String,
}

impl PgBouncer {
    /// Starts a pooler before the server of this process.
    ///
    /// # Panics
    /// When PgBouncer is not installed, or does not start.
    pub fn start() -> Self {
        let program = program();
        let server: PgConnectOptions = server_url().parse().expect("the server's URL");
        let account = Account::unprivileged();
        let mut complaints = String::new();
        for _ in 0..5 {
            let (folder, port) = (folder("pgbouncer", account), free_port());
            let user = server.get_username().to_owned();
            let settings = format!(
                "[databases]\n* = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
                 unix_socket_dir =\nauth_type = trust\nauth_file = {folder}/users\npool_mode = transaction\n\
                 max_client_conn = 1000\ndefault_pool_size = 20\n",
                server.get_host(),
                server.get_port(),
                folder = folder.display(),
            );
            fs::write(folder.join("users"), format!("\"{user}\" \"\"\n")).expect("the pooler's users");
            fs::write(folder.join("settings.ini"), settings).expect("the pooler's settings");
            let (program, settings) = (program.display().to_string(), folder.join("settings.ini"));
            let settings = settings.to_str().expect("a path in UTF-8");
            let answers = || TcpStream::connect(("127.0.0.1", port)).is_ok();
            match Running::start(&folder, account, &[&program, settings], answers) {
                Ok(running) => return Self { _running: running, port, user },
                Err(complaint) => complaints = complaint,
            }
        }
        panic!("PgBouncer did not start: {complaints}");
    }

    /// Where a test's database is through the pooler.
    pub fn url(&self, database: &TestDatabase) -> String {
        format!("postgres://{}@127.0.0.1:{}/{}", self.user, self.port, database.name())
    }

    /// The pooler of this process.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PgBouncer> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }
}

fn program() -> PathBuf {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join("pgbouncer"))
        .find(|program| program.is_file())
        .expect("PgBouncer is not installed, and this test needs it: apt-get install pgbouncer")
}
