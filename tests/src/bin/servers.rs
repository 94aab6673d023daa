//! Throwaway servers for a command.
//!
//! - `servers source [--packages]` says where Postgres will come from: `programs`, `container`, `packages` where they may
//!   be installed, or `nothing`.
//! - `servers run -- cargo test` runs a command beside a Postgres, which it finds by `SPOTLIGHT_TEST_POSTGRES_URL`. The
//!   server ends with the command, also when that fails or this program is killed (a container: only when it is not).

use std::{
    ffi::OsString,
    process::{Command, ExitCode},
};

use spotlight_tests::{
    postgres::{PgServer, URL_VARIABLE, programs},
    source::{Found, Source, answers, sockets},
};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    match arguments.split_first() {
        Some((source, rest)) if source == "source" => {
            say(look(rest.iter().any(|argument| argument == "--packages")).word());
            ExitCode::SUCCESS
        }
        Some((run, rest)) if run == "run" => beside(rest.strip_prefix(&["--".into()]).unwrap_or(rest)),
        _ => {
            complain("usage: servers source [--packages] | servers run -- COMMAND [ARGUMENT]...");
            ExitCode::from(2)
        }
    }
}

fn look(packages: bool) -> Source {
    let programs = programs().is_some();
    let engine = !programs && sockets().iter().any(|socket| answers(socket));
    Source::choose(Found { programs, engine, packages })
}

fn beside(command: &[OsString]) -> ExitCode {
    let Some((program, rest)) = command.split_first() else {
        complain("servers run: which command?");
        return ExitCode::from(2);
    };
    let server = match look(false) {
        Source::Container => match PgServer::start_in_container() {
            Ok(server) => server,
            Err(error) => {
                complain(&format!("Postgres could not be started in a container: {error}"));
                return ExitCode::FAILURE;
            }
        },
        _ => PgServer::start(),
    };
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

#[expect(clippy::print_stdout, reason = "a command answers the script that runs it")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "a command talks to the person who runs it")]
fn complain(text: &str) {
    eprintln!("{text}");
}
