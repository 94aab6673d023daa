//! `chat`: a visitor's conversation in the terminal, with what the team sees beside it.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use chrono_tz::Tz;
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

use spotlight_ops::{command::print, config::Config, wiring::Deployment};

use crate::demo;

/// Longest wait for another process that works on the same database.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) async fn run(config: &Config) -> Result<()> {
    let deployment = Deployment::open(config).await?;
    let platform = deployment.platform();
    let ended = talk(platform, config.general.time_zone).await;
    // However it ended: what it left is finished before the database closes.
    platform.drain().await;
    let worked = work(platform).await;
    deployment.close().await;
    ended.and(worked)
}

async fn talk(platform: &Spotlight, time_zone: Option<Tz>) -> Result<()> {
    let assistant = demo::prepare(platform, time_zone, |password| {
        print(&format!("First start: the owner is {} with the password {password} (shown this once)\n", demo::OWNER))
    })
    .await?;
    let assistant = assistant.ok_or_else(|| {
        Error::new(ErrorKind::Misconfigured, "this deployment has no active assistant; make one over the API")
    })?;
    let organization = first(platform).await?;
    let name = platform.assistants().get(&Context::system(organization), assistant).await?.name;
    let caller = Context::new(spotlight_core::domain::audit::Actor::Anonymous, organization, None);
    let visit = NewVisit { time_zone, ..NewVisit::default() };
    let visit = platform.public().open(assistant, None, visit, caller).await?;
    let conversation = visit.conversation;
    let ctx = Context::visitor(conversation.id, conversation.organization_id);
    print("You are a visitor. Type what they would say; an empty line or Ctrl-D ends.\n")?;
    hear(&name, platform.conversations().greet(&ctx, conversation.id).await?).await?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        say("\nyou: ")?;
        let line = lines
            .next_line()
            .await
            .map_err(|error| Error::new(ErrorKind::Unavailable, "standard input cannot be read").with_source(error))?;
        let Some(line) = line.filter(|line| !line.trim().is_empty()) else { return Ok(()) };
        match platform.conversations().turn(&ctx, conversation.id, TurnInput::text(line)).await {
            Ok(stream) => hear(&name, stream).await?,
            Err(error) => print(&format!("  ({error})"))?,
        }
        work(platform).await?;
        let seen = platform.conversations().get(&ctx, conversation.id).await?;
        print(&status(&seen))?;
        if seen.status.is_final() {
            return Ok(());
        }
    }
}

/// Runs what the turn left behind. On a database that a server uses too, that server may be running it already: then
/// its end is awaited, or the score beside the conversation would be the one before.
async fn work(platform: &Spotlight) -> Result<()> {
    let patience = tokio::time::Instant::now() + PATIENCE;
    loop {
        platform.run_until_idle().await?;
        let busy: u64 = platform.queue().snapshot().await?.queues.iter().map(|queue| queue.ready + queue.running).sum();
        if busy == 0 || tokio::time::Instant::now() > patience {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn first(platform: &Spotlight) -> Result<spotlight_core::domain::OrganizationId> {
    platform.organizations().first().await?.ok_or_else(|| Error::not_found("organization"))
}

/// Prints the answer as it comes. An answer that breaks off is said, and is no reason to end the conversation.
async fn hear(name: &str, mut stream: TurnStream) -> Result<()> {
    say(&format!("\n{name}: "))?;
    while let Some(event) = stream.next().await {
        match event {
            Ok(TurnEvent::Token(token)) => say(&token)?,
            Ok(TurnEvent::Done { .. }) => say("\n")?,
            Ok(_) => {}
            Err(error) => return print(&format!("\n  ({error})")),
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

#[cfg(test)]
mod tests {
    use futures::{StreamExt, stream};

    use super::{Error, ErrorKind, TurnEvent, hear};

    #[tokio::test]
    async fn an_answer_that_breaks_off_does_not_end_the_conversation() {
        let away = Error::new(ErrorKind::Unavailable, "the model is away");
        let answer = stream::iter([Ok(TurnEvent::Token("Hel".to_owned())), Err(away)]);
        hear("Ada", answer.boxed()).await.expect("the next turn can be taken");
    }
}
