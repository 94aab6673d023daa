//! A throwaway transaction pooler before the Postgres server.

use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

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
        let prepared = no_prepared_statements(version(&program));
        for _ in 0..5 {
            let (folder, port) = (folder("pgbouncer", account), free_port());
            let user = server.get_username().to_owned();
            let settings = format!(
                "[databases]\n* = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
                 unix_socket_dir =\nauth_type = trust\nauth_file = {folder}/users\npool_mode = transaction\n\
                 max_client_conn = 1000\ndefault_pool_size = 20\n{prepared}",
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

/// The pooler's version, as `(1, 18)`.
fn version(program: &Path) -> (u32, u32) {
    let output = Command::new(program).arg("--version").output().expect("PgBouncer says its version");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    parse_version(&text).unwrap_or_else(|| panic!("PgBouncer's version is not understood: {text}"))
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let (_, version) = text.lines().next()?.split_once("PgBouncer ")?;
    let mut numbers = version.trim().split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// From 1.21 on a pooler can keep prepared statements for its clients. The suite is for those that do not: the setting
/// is turned off where it is known, and the others refuse to start with it.
fn no_prepared_statements(version: (u32, u32)) -> &'static str {
    if version >= (1, 21) { "max_prepared_statements = 0\n" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_poolers_are_told_to_keep_no_prepared_statements() {
        for (text, version, setting) in [
            ("PgBouncer 1.18.0\nlibevent 2.1.12-stable\n", (1, 18), ""),
            ("PgBouncer 1.21.0", (1, 21), "max_prepared_statements = 0\n"),
            ("PgBouncer 2.0", (2, 0), "max_prepared_statements = 0\n"),
        ] {
            assert_eq!(parse_version(text), Some(version));
            assert_eq!(no_prepared_statements(version), setting);
        }
        assert_eq!(parse_version("pooler"), None);
    }
}
