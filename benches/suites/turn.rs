//! What one turn of a conversation costs beside the model: a model that answers without delay, storage in memory.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono_tz::Europe::Berlin;
use criterion::Criterion;
use futures::StreamExt;
use secrecy::SecretString;
use spotlight_benches::{Instantly, Sheet, median, new_conversation};
use spotlight_core::{
    Context, Result, Spotlight,
    domain::{
        assistant::{Assistant, Question, Topic},
        contact::Email,
        conversation::Conversation,
        organization::Organization,
        schedule::WeeklyHours,
        user::{Role, User},
    },
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryStorage},
    ports::SystemClock,
    services::{
        assistants::{AssistantInput, KnowledgeInput},
        conversations::{TurnEvent, TurnInput},
        organizations::NewOrganization,
    },
};
use tokio::runtime::Runtime;

/// The median a turn may take.
const AIM: Duration = Duration::from_micros(200);
/// Entries of an assistant that knows much.
const KNOWLEDGE: usize = 200;
/// Conversations per platform: a new one now and then keeps the storage at a size a visitor's server has.
const CONVERSATIONS: u64 = 500;
const SAID: &str = "Hello, I am looking for a cargo bike for two children, around 4,000 euros, by next month.";

/// A platform with one organization, its owner and an assistant.
struct World {
    platform: Spotlight,
    organization: Organization,
    owner: User,
    assistant: Assistant,
}

impl World {
    async fn new(knowledge: usize) -> Self {
        let clock = Arc::new(SystemClock);
        let platform = Spotlight::builder()
            .memory(Arc::new(MemoryStorage::new(clock.clone())))
            .chat(Arc::new(Instantly))
            .events(Arc::new(MemoryEventBus::new(clock.clone())))
            .mailer(Arc::new(MemoryMailer::new()))
            .files(Arc::new(MemoryFileStore::new()))
            .limiter(Arc::new(MemoryRateLimiter::new(clock.clone())))
            .clock(clock)
            .build()
            .expect("nothing is missing");
        let new = NewOrganization {
            name: "Bike Shop".to_owned(),
            slug: "bikes".to_owned(),
            time_zone: Berlin,
            business_hours: WeeklyHours::weekdays(9, 17),
            owner_email: Email::parse("owner@bikes.example").expect("an address"),
            owner_name: "Olga Owner".to_owned(),
            owner_password: SecretString::from("a long password".to_owned()),
        };
        let (organization, owner) =
            platform.organizations().create(&Context::deployment(), new).await.expect("an organization");
        let question = |key: &str, topic, text: &str| Question { key: key.to_owned(), topic, text: text.to_owned() };
        let input = AssistantInput {
            name: "Bea".to_owned(),
            role: "Helps visitors choose a bike.".to_owned(),
            script: "We sell city bikes and cargo bikes. Find out what for, and offer a test ride.".to_owned(),
            questions: vec![
                question("need", Topic::Need, "What would you use the bike for?"),
                question("budget", Topic::Budget, "What may it cost?"),
            ],
            ..AssistantInput::default()
        };
        let ctx = Context::user(owner.id, organization.id, Role::Owner);
        let assistant = platform.assistants().create(&ctx, input).await.expect("an assistant");
        for number in 0..knowledge {
            let entry = KnowledgeInput {
                question: Some(format!("How long is the guarantee of the model {number} and its motor?")),
                answer: format!(
                    "The model {number} has a guarantee of {} years on frame and fork, and of two on its motor \
                                 and battery, when it is serviced by a dealer once a year.",
                    number % 7
                ),
            };
            platform.assistants().add_knowledge(&ctx, assistant.id, entry).await.expect("an entry");
        }
        Self { platform, organization, owner, assistant }
    }

    async fn visitor(&self) -> (Conversation, Context) {
        let new = new_conversation(self.assistant.id);
        let owner = Context::user(self.owner.id, self.organization.id, Role::Owner);
        let conversation = self.platform.conversations().start(&owner, new).await.expect("a conversation");
        let ctx = Context::visitor(conversation.id, self.organization.id);
        (conversation, ctx)
    }

    /// One turn to its end. Gives the number of its events.
    async fn turn(&self, ctx: &Context, conversation: &Conversation) -> usize {
        let turn = self.platform.conversations().turn(ctx, conversation.id, TurnInput::text(SAID)).await;
        let events: Vec<Result<TurnEvent>> = turn.expect("a turn").collect().await;
        assert!(events.iter().all(Result::is_ok), "a turn failed");
        events.len()
    }
}

/// As a request to the server is: a task among the runtime's others, and not the thread that waits for it.
async fn turns(count: u64, before: u32, knowledge: usize) -> Vec<Duration> {
    tokio::spawn(timed(count, before, knowledge)).await.expect("turns")
}

/// Times one turn each of so many conversations, after so many turns before it.
async fn timed(count: u64, before: u32, knowledge: usize) -> Vec<Duration> {
    let mut times = Vec::new();
    let mut world = World::new(knowledge).await;
    for at in 0..count {
        if at > 0 && at % CONVERSATIONS == 0 {
            world = World::new(knowledge).await;
        }
        let (conversation, ctx) = world.visitor().await;
        for _ in 0..before {
            world.turn(&ctx, &conversation).await;
        }
        let begun = Instant::now();
        let events = world.turn(&ctx, &conversation).await;
        times.push(begun.elapsed());
        assert!(events > 2, "a turn tells at least of its words and its end");
    }
    times
}

fn main() {
    // The way the server runs it: tasks on several threads.
    let runtime = Runtime::new().expect("a runtime");
    let mut criterion = Criterion::default().configure_from_args().sample_size(50);
    let mut sheet = Sheet::absolute("turn");
    for (name, before, knowledge) in [("first", 0, 0), ("fifth", 4, 0), ("fifth, much known", 4, KNOWLEDGE)] {
        criterion.bench_function(&format!("turn/{name}"), |bencher| {
            bencher
                .to_async(&runtime)
                .iter_custom(|count| async move { turns(count, before, knowledge).await.iter().sum() });
        });
        let mut times = runtime.block_on(turns(2_000, before, knowledge));
        sheet.single(name, median(&mut times), AIM);
    }
    criterion.final_summary();
    sheet.print();
}
