//! `spotlight credentials`.

mod editing;

use std::{path::Path, process::ExitCode};

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use spotlight_core::{Error, ErrorKind, Result};

use super::{Options, print};
use crate::{
    config::{Sources, arguments},
    credentials::{Place, Session, finish, rotate},
};

const EXAMPLES: &str = "Examples:
  EDITOR=nano spotlight credentials edit      make or change them
  spotlight credentials show --json           what they say, for a program
  spotlight credentials rotate                another master key, at once
  spotlight credentials rotate --staged       another one, and the present one until rotate --finish

The file is SPOTLIGHT_CREDENTIALS, else config/credentials.toml.age; commit it. The key is SPOTLIGHT_MASTER_KEY, else
the file master.key beside it; never commit that. The file is one of age: `age -d -i config/master.key` opens it, too.";

#[derive(Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum Command {
    /// Edit them in $VISUAL or $EDITOR; the first time makes them, and their key.
    Edit,
    /// Make them, and their key, without an editor.
    Init,
    /// Print what they say, secrets and all.
    Show,
    /// Encrypt them to a new master key.
    Rotate(Rotate),
}

#[derive(Args)]
pub(super) struct Rotate {
    /// The present key opens them too, until --finish.
    #[arg(long)]
    staged: bool,
    /// From now on, the present key alone opens them.
    #[arg(long, conflicts_with = "staged")]
    finish: bool,
}

pub(super) fn run(command: &Command, options: &Options) -> Result<ExitCode> {
    let sources = options.open_sources();
    let place = Place::of(&sources)?;
    match command {
        Command::Edit => {
            // Before anything is made.
            let editor = editor()?;
            editing::run(&begin(place, &sources)?, &editor, options)?;
        }
        Command::Init => init(&begin(place, &sources)?, options)?,
        Command::Show => show(&place, options)?,
        Command::Rotate(Rotate { finish: true, .. }) => {
            finish(&place)?;
            let text = format!("The present key alone opens {}.", place.path().display());
            say(options, &text, json!({ "path": place.path(), "staged": false }))?;
        }
        Command::Rotate(Rotate { staged, .. }) => rotated(place, *staged, options)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A key of the deployment is made with the credentials only where there is none: another one in its place would undo second
/// factors.
fn begin(place: Place, sources: &Sources) -> Result<Session> {
    let find = |variable| sources.find(variable, &mut Vec::new()).map(|(value, _)| value);
    let data = find(&arguments::DATA_DIR).unwrap_or_else(|| arguments::DATA_DIR.default.to_owned());
    let lacks = find(&arguments::SECRET_KEY_BASE).is_none() && !Path::new(&data).join("secret.key").exists();
    Ok(Session::begin(place, lacks)?)
}

fn init(session: &Session, options: &Options) -> Result<()> {
    if !session.is_first() || session.is_drafted() {
        let text = format!("{}: it is there already; change it with `spotlight credentials edit`", path_of(session));
        return Err(Error::new(ErrorKind::Conflict, text));
    }
    session.store(session.text())?;
    stored(session, options)
}

fn show(place: &Place, options: &Options) -> Result<()> {
    let Some(text) = place.open()? else {
        let path = place.path().display();
        let text = format!("{path}: there is no such file; make it with `spotlight credentials edit`");
        return Err(Error::new(ErrorKind::NotFound, text));
    };
    if !options.json {
        return print(text.expose_secret().trim_end());
    }
    let unreadable =
        |detail: &str| Error::new(ErrorKind::Misconfigured, format!("{}: {detail}", place.path().display()));
    let table: toml::Table = text.expose_secret().parse().map_err(|_| unreadable("it does not hold TOML"))?;
    let credentials = serde_json::to_value(table).map_err(|_| unreadable("what it holds is no JSON"))?;
    print(&format!("{:#}", json!({ "path": place.path(), "credentials": credentials })))
}

fn rotated(place: Place, staged: bool, options: &Options) -> Result<()> {
    let (path, said) = (place.path().display().to_string(), place.key_is_said());
    let rotated = rotate(place, staged)?;
    let key = rotated.key.display();
    let next = match (rotated.staged, said) {
        (false, _) => {
            format!("A new key opens {path}: it lies in {key}. Commit {path}, and give the key to every machine.")
        }
        (true, false) => format!(
            "A new key opens {path}, and the one before does still. Commit {path}, give {key} to every machine, then\n  \
             spotlight credentials rotate --finish"
        ),
        (true, true) => format!(
            "A new key opens {path}, and the one before does still. Commit {path}, set SPOTLIGHT_MASTER_KEY everywhere to \
             what {key} holds, then\n  spotlight credentials rotate --finish"
        ),
    };
    say(options, &next, json!({ "path": path, "key": rotated.key, "staged": rotated.staged }))
}

/// Tells that credentials are stored.
fn stored(session: &Session, options: &Options) -> Result<()> {
    let (path, key) = (path_of(session), session.place().key_path());
    let mut text = format!("Stored, encrypted, in {path}. Commit it.");
    // Also when the key was made by an edit before, from which nothing came.
    if session.is_first() && !session.place().key_is_said() {
        let key = key.display();
        text.push_str(&format!(
            "\nThe key that opens it lies in {key}. Never commit that: add it to .gitignore, and keep a copy where it cannot \
             get lost."
        ));
    }
    let key = session.made_key().then_some(key);
    say(options, &text, json!({ "path": path, "stored": true, "new_key": key }))
}

fn path_of(session: &Session) -> String {
    session.place().path().display().to_string()
}

fn say(options: &Options, text: &str, json: Value) -> Result<()> {
    if options.json { print(&format!("{json:#}")) } else { print(text) }
}

/// Something that is asked of a shell, as `$EDITOR`.
fn editor() -> Result<String> {
    let set = |name| std::env::var(name).ok().filter(|command| !command.trim().is_empty());
    set("VISUAL").or_else(|| set("EDITOR")).ok_or_else(|| {
        let text = "EDITOR: it is not set, so there is nothing to edit with; set it, as EDITOR=nano";
        Error::new(ErrorKind::Misconfigured, text)
    })
}
