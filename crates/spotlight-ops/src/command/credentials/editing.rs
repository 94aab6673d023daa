//! `spotlight credentials edit`: an editor, what it leaves, and whether that can be stored.

use std::io::{self, IsTerminal, Write};

use secrecy::SecretString;
use serde_json::json;
use spotlight_core::{Error, ErrorKind, Result};

use super::{path_of, say, stored};
use crate::{
    command::Options,
    config::Problem,
    credentials::{Ended, PrivateFile, Session, Stop, check, edit},
};

pub(super) fn run(session: &Session, command: &str, options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| misconfigured("the runtime could not start").with_source(error))?;
    let done = runtime.block_on(work(session, command, options));
    // Somebody who was asked has not answered, perhaps: nobody waits for that.
    runtime.shutdown_background();
    done
}

async fn work(session: &Session, command: &str, options: &Options) -> Result<()> {
    let mut stop = Stop::listen()?;
    let file = PrivateFile::new("credentials.toml", session.text())
        .map_err(|error| misconfigured("no folder for a temporary file can be made").with_source(error))?;
    if session.is_drafted() {
        let draft = session.place().draft_path();
        tell(&format!("This goes on with what was typed and not stored; delete {} to begin anew.", draft.display()));
    }
    loop {
        let ended = edit(command, &file, &mut stop).await?;
        let typed =
            file.read().map_err(|error| misconfigured("what the editor left cannot be read").with_source(error))?;
        let why = match ended {
            Ended::Saved if session.is_stored(&typed) => {
                let json = json!({ "path": path_of(session), "stored": false, "new_key": null });
                return say(options, "Nothing was changed.", json);
            }
            Ended::Saved => match refusals(session, &typed) {
                problems if problems.is_empty() => return stored(session, options),
                problems => {
                    let lines: Vec<_> = problems.iter().map(Problem::to_string).collect();
                    if io::stdin().is_terminal() {
                        tell(&lines.join("\n"));
                        if again(&mut stop).await {
                            continue;
                        }
                    }
                    lines.join("; ")
                }
            },
            Ended::Failed(status) => format!("the editor `{command}` ended with {status}; EDITOR names another"),
            Ended::Stopped => "told to stop".to_owned(),
        };
        return Err(given_up(session, &typed, &why));
    }
}

/// Stores what was typed, or says why not.
fn refusals(session: &Session, typed: &SecretString) -> Vec<Problem> {
    let mut problems = check(session.place().path(), typed);
    if problems.is_empty() {
        problems.extend(session.store(typed).err());
    }
    problems
}

/// What was typed is kept, so that nobody types it again.
fn given_up(session: &Session, typed: &SecretString, why: &str) -> Error {
    if session.is_as_begun(typed) {
        return misconfigured(format!("nothing was stored: {why}"));
    }
    match session.keep(typed) {
        Ok(draft) => misconfigured(format!(
            "nothing was stored: {why}\nWhat was typed is kept, encrypted, in {}; `spotlight credentials edit` goes on with it.",
            draft.display()
        )),
        Err(problem) => misconfigured(format!("nothing was stored: {why}\nWhat was typed is lost: {problem}")),
    }
}

/// Asks whether to edit again. Who is told to stop does not.
async fn again(stop: &mut Stop) -> bool {
    let _ = write!(io::stderr(), "Edit again? [Y/n] ");
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        // At the end of input nobody edits again.
        io::stdin().read_line(&mut line).is_ok_and(|length| length > 0).then_some(line)
    });
    tokio::select! {
        answer = answer => answer.ok().flatten().is_some_and(|line| !line.trim().to_lowercase().starts_with('n')),
        () = stop.told() => false,
        _ = tokio::signal::ctrl_c() => false,
    }
}

fn tell(text: &str) {
    // Nothing can be done when even this cannot be said.
    let _ = writeln!(io::stderr(), "{text}");
}

fn misconfigured(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Misconfigured, text)
}
