//! `chat`: a visitor's conversation in the terminal, with what the team sees beside it.

use std::io::{self, IsTerminal, Write};

use futures::StreamExt;
use spotlight_core::{
    Context, Error, ErrorKind, Result, Spotlight,
    domain::{
        conversation::Conversation,
        scoring::{Criterion, Met},
    },
    services::{
        conversations::{TurnEvent, TurnInput, TurnStream},
        public::NewVisit,
    },
};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::{
    cli::Options,
    demo, print,
    wiring::{Deployment, deploy},
};

pub(crate) async fn run(options: &Options) -> Result<()> {
    let Deployment { platform, .. } = deploy(options).await?;
    let demo = demo::prepare(&platform, options.time_zone).await?;
    if let Some(password) = &demo.password {
        print(&format!("First start: the owner is {} with the password {password} (shown this once)\n", demo::OWNER))?;
    }
    let assistant = demo.assistant.ok_or_else(|| {
        Error::new(ErrorKind::Misconfigured, "this deployment has no active assistant; make one over the API")
    })?;
    let caller = Context::new(spotlight_core::domain::audit::Actor::Anonymous, first(&platform).await?, None);
    let visit = NewVisit { time_zone: options.time_zone, ..NewVisit::default() };
    let visit = platform.public().open(assistant, None, visit, caller).await?;
    let conversation = visit.conversation;
    let ctx = Context::visitor(conversation.id, conversation.organization_id);
    print("You are a visitor. Type what they would say; an empty line or Ctrl-D ends.\n")?;
    hear(platform.conversations().greet(&ctx, conversation.id).await?).await?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        prompt()?;
        let line = lines
            .next_line()
            .await
            .map_err(|error| Error::new(ErrorKind::Unavailable, "standard input cannot be read").with_source(error))?;
        let Some(line) = line.filter(|line| !line.trim().is_empty()) else { break };
        match platform.conversations().turn(&ctx, conversation.id, TurnInput::text(line)).await {
            Ok(stream) => hear(stream).await?,
            Err(error) => print(&format!("  ({error})"))?,
        }
        platform.runner().run_until_idle().await?;
        let seen = platform.conversations().get(&ctx, conversation.id).await?;
        print(&status(&seen))?;
        if seen.status.is_final() {
            break;
        }
    }
    platform.drain().await;
    platform.runner().run_until_idle().await?;
    platform.storage().close().await;
    Ok(())
}

async fn first(platform: &Spotlight) -> Result<spotlight_core::domain::OrganizationId> {
    platform.organizations().first().await?.ok_or_else(|| Error::not_found("organization"))
}

fn prompt() -> Result<()> {
    say("\nyou: ")
}

/// Prints the answer as it comes.
async fn hear(mut stream: TurnStream) -> Result<()> {
    say("\nAda: ")?;
    while let Some(event) = stream.next().await {
        match event? {
            TurnEvent::Token(token) => say(&token)?,
            TurnEvent::Done { .. } => say("\n")?,
            _ => {}
        }
    }
    Ok(())
}

/// What the team sees: score, sentiment and criteria.
fn status(conversation: &Conversation) -> String {
    let score = conversation.score.map_or_else(|| "–".to_owned(), |score| score.to_string());
    let sentiment = match (conversation.sentiment, conversation.sentiment_value) {
        (Some(sentiment), Some(value)) => format!("{sentiment} {value:+.2}"),
        _ => "–".to_owned(),
    };
    let criteria = &conversation.criteria;
    let line = format!(
        "     score {score} · sentiment {sentiment} · budget {} · authority {} · need {} · timeline {}",
        mark(&criteria.budget),
        mark(&criteria.authority),
        mark(&criteria.need),
        mark(&criteria.timeline),
    );
    if io::stdout().is_terminal() { format!("\x1b[2m{line}\x1b[0m") } else { line }
}

fn mark(criterion: &Criterion) -> &'static str {
    match criterion.met {
        Met::Unknown => "?",
        Met::No => "no",
        Met::Partial => "partly",
        Met::Yes => "yes",
    }
}

fn say(text: &str) -> Result<()> {
    write!(io::stdout(), "{text}")
        .and_then(|()| io::stdout().flush())
        .map_err(|error| Error::new(ErrorKind::Unavailable, "standard output cannot be written").with_source(error))
}
