//! What the first start makes: an organization, its owner and an assistant to talk to.

use chrono_tz::Tz;
use secrecy::SecretString;
use spotlight_core::{
    Context, Result, Spotlight,
    domain::{
        AssistantId,
        assistant::{Question, Tone, Topic},
        contact::Email,
        schedule::WeeklyHours,
    },
    ports::{AssistantFilter, AssistantSort, Order, Paging, Sort},
    services::{
        assistants::{AssistantInput, KnowledgeInput},
        organizations::NewOrganization,
    },
};

use crate::wiring::hex;

/// The owner's address.
pub(crate) const OWNER: &str = "owner@demo.example";

/// What a start found or made.
pub(crate) struct Demo {
    /// The assistant to talk to; none when the deployment has none.
    pub(crate) assistant: Option<AssistantId>,
    /// The owner's password, when it was made by this start.
    pub(crate) password: Option<String>,
}

/// Makes the demo organization, unless the deployment has an organization already.
pub(crate) async fn prepare(platform: &Spotlight, time_zone: Option<Tz>) -> Result<Demo> {
    if let Some(organization) = platform.organizations().first().await? {
        let ctx = Context::system(organization);
        let filter = AssistantFilter { active: Some(true), ..AssistantFilter::default() };
        let sort = Sort { by: AssistantSort::CreatedAt, order: Order::Asc };
        let found = platform.assistants().list(&ctx, filter, sort, &Paging::FIRST).await?;
        return Ok(Demo { assistant: found.items.first().map(|assistant| assistant.id), password: None });
    }
    let password = hex(&platform.ids().secret()[..9]);
    let (organization, owner) = platform
        .organizations()
        .create(
            &Context::deployment(),
            NewOrganization {
                name: "Demo Company".to_owned(),
                slug: "demo".to_owned(),
                time_zone: time_zone.unwrap_or_else(machine_zone),
                business_hours: WeeklyHours::weekdays(9, 17),
                owner_email: Email::parse(OWNER)?,
                owner_name: "Demo Owner".to_owned(),
                owner_password: SecretString::from(password.clone()),
            },
        )
        .await?;
    let ctx = Context::user(owner.id, organization.id, spotlight_core::domain::user::Role::Owner);
    let assistant = platform.assistants().create(&ctx, assistant()).await?;
    for (question, answer) in KNOWLEDGE {
        let entry = KnowledgeInput { question: Some((*question).to_owned()), answer: (*answer).to_owned() };
        platform.assistants().add_knowledge(&ctx, assistant.id, entry).await?;
    }
    Ok(Demo { assistant: Some(assistant.id), password: Some(password) })
}

fn machine_zone() -> Tz {
    iana_time_zone::get_timezone().ok().and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
}

fn assistant() -> AssistantInput {
    let question = |key: &str, topic, text: &str| Question { key: key.to_owned(), topic, text: text.to_owned() };
    AssistantInput {
        name: "Ada".to_owned(),
        tone: Tone::Friendly,
        role: "Helps visitors of Demo Company find out whether its scheduling software suits their team.".to_owned(),
        script: "Demo Company makes scheduling software for service teams. Find out what the visitor needs, what they \
                 can spend, by when and who decides. Then offer a video call with a specialist."
            .to_owned(),
        questions: vec![
            question("need", Topic::Need, "What would you like to improve in how your team plans its work?"),
            question("name", Topic::Name, "May I ask your name?"),
            question("company", Topic::Company, "Which company are you with?"),
            question("budget", Topic::Budget, "Do you have a budget in mind?"),
            question("timeline", Topic::Timeline, "When would you like to start?"),
            question("authority", Topic::Authority, "Are you the one who decides on this?"),
            question("email", Topic::Email, "What is the best e-mail to reach you?"),
        ],
        ..AssistantInput::default()
    }
}

const KNOWLEDGE: &[(&str, &str)] = &[
    ("How much does it cost? What is the price?", "Plans start at 49 euros per month for five people, billed monthly."),
    ("Is there a free trial?", "Yes, you can try everything free for 14 days, without a credit card."),
    ("Which calendars and tools does it integrate with?", "It connects to Google Calendar, Outlook and Slack."),
    ("Where is the data stored? Is it secure?", "Data is stored in the European Union and encrypted at rest."),
    ("Can I cancel at any time?", "Yes, you can cancel at the end of any month."),
    ("How long does the setup take?", "Most teams are set up within one day; our specialists help with the import."),
    (
        "What support do you offer?",
        "Support by e-mail and chat on working days from 9 to 17; answers within four hours.",
    ),
];
