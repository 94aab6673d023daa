//! What the first start makes: an organization, its owner and an assistant to talk to.

use chrono_tz::Tz;
use secrecy::SecretString;
use spotlight_core::{
    Context, Result, Spotlight,
    domain::{
        AssistantId,
        assistant::{Assistant, Question, Tone, Topic},
        contact::Email,
        schedule::WeeklyHours,
    },
    ports::{AssistantFilter, AssistantSort, Order, Paging, ReadConsistency, Sort},
    services::{
        assistants::{AssistantInput, KnowledgeInput},
        organizations::NewOrganization,
    },
};

/// The owner's address.
pub(crate) const OWNER: &str = "owner@demo.example";
/// The organization's short name.
const SLUG: &str = "demo";

/// Makes the demo organization, unless the deployment has an organization already, and gives the assistant to talk to.
///
/// `tell` hears the owner's password as soon as the organization is there. A start that was cut off after that is
/// completed by the next, until somebody has signed in: what is missing then was taken away on purpose.
pub(crate) async fn prepare(
    platform: &Spotlight,
    time_zone: Option<Tz>,
    tell: impl FnOnce(&str) -> Result<()>,
) -> Result<Option<AssistantId>> {
    if let Some(organization) = platform.organizations().first().await? {
        let ctx = Context::system(organization);
        if untouched(platform, &ctx).await? {
            return complete(platform, &ctx).await.map(Some);
        }
        return Ok(assistants(platform, &ctx, Some(true)).await?.first().map(|found| found.id));
    }
    let secret = platform.ids().secret();
    let digits = secret[..9].iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let password: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
    let (organization, _) = platform
        .organizations()
        .create(
            &Context::deployment(),
            NewOrganization {
                name: "Demo Company".to_owned(),
                slug: SLUG.to_owned(),
                time_zone: time_zone.unwrap_or_else(machine_zone),
                business_hours: WeeklyHours::weekdays(9, 17),
                owner_email: Email::parse(OWNER)?,
                owner_name: "Demo Owner".to_owned(),
                owner_password: SecretString::from(password.clone()),
            },
        )
        .await?;
    tell(&password)?;
    complete(platform, &Context::system(organization.id)).await.map(Some)
}

/// True for the demo organization while its owner has never signed in.
async fn untouched(platform: &Spotlight, ctx: &Context) -> Result<bool> {
    if platform.organizations().get(ctx).await?.slug != SLUG {
        return Ok(false);
    }
    let users = platform.storage().read(ReadConsistency::Strong).users();
    let owner = users.find_by_email(&Email::parse(OWNER)?).await?;
    Ok(owner.is_some_and(|owner| owner.last_sign_in_at.is_none()))
}

async fn assistants(platform: &Spotlight, ctx: &Context, active: Option<bool>) -> Result<Vec<Assistant>> {
    let filter = AssistantFilter { active, ..AssistantFilter::default() };
    let sort = Sort { by: AssistantSort::CreatedAt, order: Order::Asc };
    Ok(platform.assistants().list(ctx, filter, sort, &Paging::FIRST).await?.items)
}

/// Adds what the demo organization lacks: its assistant, and what that knows.
async fn complete(platform: &Spotlight, ctx: &Context) -> Result<AssistantId> {
    let id = match assistants(platform, ctx, None).await?.first() {
        Some(found) => found.id,
        None => platform.assistants().create(ctx, assistant()).await?.id,
    };
    let known = platform.assistants().knowledge(ctx, id).await?;
    for (question, answer) in KNOWLEDGE {
        if known.iter().all(|entry| entry.question.as_deref() != Some(question)) {
            let entry = KnowledgeInput { question: Some((*question).to_owned()), answer: (*answer).to_owned() };
            platform.assistants().add_knowledge(ctx, id, entry).await?;
        }
    }
    Ok(id)
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

#[cfg(test)]
mod tests {
    use spotlight_core::{Error, domain::user::Role};
    use spotlight_http::conformance::in_memory;

    use super::{Context, KNOWLEDGE, OWNER, Result, SecretString, Spotlight, prepare};

    async fn start(platform: &Spotlight) -> Result<(Option<String>, super::AssistantId)> {
        let mut told = None;
        let assistant = prepare(platform, None, |password| {
            told = Some(password.to_owned());
            Ok(())
        });
        let assistant = assistant.await?.ok_or_else(|| Error::not_found("assistant"))?;
        Ok((told, assistant))
    }

    async fn context(platform: &Spotlight) -> Context {
        Context::system(platform.organizations().first().await.expect("storage").expect("an organization"))
    }

    async fn known(platform: &Spotlight, assistant: super::AssistantId) -> usize {
        platform.assistants().knowledge(&context(platform).await, assistant).await.expect("entries").len()
    }

    #[tokio::test]
    async fn the_password_is_told_before_anything_else_can_fail_and_the_rest_is_completed() {
        let platform = in_memory();
        let mut told = String::new();
        // Stands for the process that is killed right after it has said the password.
        let killed = prepare(&platform, None, |password| {
            password.clone_into(&mut told);
            Err(Error::internal("killed"))
        });
        killed.await.expect_err("it ends here");
        assert_eq!(told.len(), 18);
        let (again, assistant) = start(&platform).await.expect("the next start");
        assert_eq!(again, None, "a password is told once");
        assert_eq!(known(&platform, assistant).await, KNOWLEDGE.len());

        // Killed in the middle of the entries.
        let ctx = context(&platform).await;
        let entries = platform.assistants().knowledge(&ctx, assistant).await.expect("entries");
        for entry in &entries[2..] {
            platform.assistants().delete_knowledge(&ctx, assistant, entry.id, None).await.expect("deleted");
        }
        assert_eq!(start(&platform).await.expect("the next start").1, assistant);
        assert_eq!(known(&platform, assistant).await, KNOWLEDGE.len());
    }

    #[tokio::test]
    async fn what_somebody_removed_after_signing_in_stays_removed() {
        let platform = in_memory();
        let (password, assistant) = start(&platform).await.expect("the first start");
        let request =
            spotlight_core::services::accounts::SignIn::new(OWNER, SecretString::from(password.expect("told")));
        let owner =
            platform.accounts().sign_in(&Context::anonymous(), request).await.expect("the password works").membership;
        let ctx = Context::user(owner.user_id, owner.organization_id, Role::Owner);
        platform.assistants().delete(&ctx, assistant, None).await.expect("deleted");
        let found = prepare(&platform, None, |_| Err(Error::internal("no second password"))).await;
        assert_eq!(found.expect("the next start"), None);
    }
}
