//! The SDK inside a program of your own: `cargo run -p spotlight-examples --example minimal`.

use std::sync::Arc;

use futures::StreamExt;
use spotlight_core::{
    Context, Result, Spotlight,
    domain::{contact::Email, schedule::WeeklyHours},
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryStorage},
    ports::{Clock, SystemClock},
    scripted::ScriptedChatModel,
    services::{
        assistants::AssistantInput,
        conversations::{TurnEvent, TurnInput},
        organizations::NewOrganization,
        public::NewVisit,
    },
};

#[tokio::main]
async fn main() -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let platform = Spotlight::builder()
        .memory(Arc::new(MemoryStorage::new(Arc::clone(&clock))))
        .chat(Arc::new(ScriptedChatModel::new()))
        .events(Arc::new(MemoryEventBus::new(Arc::clone(&clock))))
        .mailer(Arc::new(MemoryMailer::new()))
        .files(Arc::new(MemoryFileStore::new()))
        .limiter(Arc::new(MemoryRateLimiter::new(clock)))
        .build()?;
    let business = NewOrganization {
        name: "Bike Shop".to_owned(),
        slug: "bikes".to_owned(),
        time_zone: chrono_tz::Europe::Lisbon,
        business_hours: WeeklyHours::weekdays(10, 18),
        owner_email: Email::parse("owner@bikes.example")?,
        owner_name: "Olga Owner".to_owned(),
        owner_password: "a long password".to_owned().into(),
    };
    let ctx = Context::system(platform.organizations().create(&Context::deployment(), business).await?.0.id);
    let assistant = AssistantInput {
        name: "Bea".to_owned(),
        role: "Helps visitors choose a bike.".to_owned(),
        script: "We sell city bikes and cargo bikes. Find out what for, and offer a test ride.".to_owned(),
        ..AssistantInput::default()
    };
    let assistant_id = platform.assistants().create(&ctx, assistant).await?.id;
    let conversation = platform.public().open(assistant_id, None, NewVisit::default(), ctx.clone()).await?.conversation;
    let mut turn = platform.conversations().turn(&ctx, conversation.id, TurnInput::text("Hi, I'm Ana Reis!")).await?;
    while let Some(event) = turn.next().await {
        if let TurnEvent::Done { utterance, .. } = event? {
            tracing_subscriber::fmt().compact().init();
            tracing::info!(answer = utterance.map(|said| said.content), "Bea");
        }
    }
    let lead = platform.leads().get(&ctx, conversation.lead_id).await?;
    tracing::info!(name = lead.name, "the lead");
    Ok(())
}
