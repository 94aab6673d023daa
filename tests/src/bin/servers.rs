//! Runs a command beside a throwaway Postgres: `servers run -- cargo test`.
//!
//! The command finds the server by `SPOTLIGHT_TEST_POSTGRES_URL`. The server ends with the command, also when that
//! fails or this program is killed.

use std::process::{Command, ExitCode};

use spotlight_tests::postgres::{PgServer, URL_VARIABLE};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let command = match arguments.split_first() {
        Some((run, rest)) if run == "run" => rest.strip_prefix(&["--".into()]).unwrap_or(rest),
        _ => &[],
    };
    let Some((program, rest)) = command.split_first() else {
        complain("usage: servers run -- COMMAND [ARGUMENT]...");
        return ExitCode::from(2);
    };
    let server = PgServer::start();
    let status = Command::new(program).args(rest).env(URL_VARIABLE, server.url("postgres")).status();
    drop(server);
    match status {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            complain(&format!("{} cannot be run: {error}", program.display()));
            ExitCode::from(127)
        }
    }
}

#[expect(clippy::print_stderr, reason = "a command talks to the person who runs it")]
fn complain(text: &str) {
    eprintln!("{text}");
}
