//! Messages to people of the team: links, and news of their account.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::names;
use crate::{
    domain::{
        LinkId, OrganizationId, UserId,
        user::{LinkPurpose, OneTimeLink},
    },
    error::{Error, ErrorKind, Result},
    ports::{Message, NewJob, OutboxRow, ReadConsistency, Repositories, UnitOfWork},
    services::deps::{Deps, hash, hex},
};

/// What a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Template {
    /// A link, whatever it is for.
    Link,
    /// The password was changed.
    PasswordChanged,
}

fn job(organization_id: Option<OrganizationId>, facts: Value) -> NewJob {
    NewJob { organization_id, name: names::SEND_EMAIL.to_owned(), payload: facts, run_at: None, unique_key: None }
}

/// Sends a link to its user. The link gets its secret when the job runs, and the job holds its id alone.
pub(crate) fn link(link: &OneTimeLink) -> NewJob {
    job(link.organization_id, json!({ "template": Template::Link, "link_id": link.id }))
}

/// Tells a user that their password was changed.
pub(crate) fn password_changed(user: UserId) -> NewJob {
    job(None, json!({ "template": Template::PasswordChanged, "user_id": user }))
}

/// Sends a message. One about something that has gone meanwhile is passed over.
pub(super) async fn send(deps: &Deps, row: &OutboxRow) -> Result<()> {
    match fact(row, "template")? {
        Template::Link => send_link(deps, row).await,
        Template::PasswordChanged => {
            let users = deps.storage.read(ReadConsistency::Strong).users();
            let Some(user) = users.get(fact(row, "user_id")?).await? else { return Ok(()) };
            let text = "Your password was changed, and other browsers were signed out.\n\nIf this was not you, reset \
                        the password at once.";
            deps.mailer
                .send(&Message {
                    id: row.id.to_string(),
                    to: user.email,
                    subject: "Your password was changed".to_owned(),
                    text: text.to_owned(),
                    attachments: Vec::new(),
                })
                .await
        }
    }
}

async fn send_link(deps: &Deps, row: &OutboxRow) -> Result<()> {
    let id: LinkId = fact(row, "link_id")?;
    let secret = hex(&deps.ids.secret());
    let unit = deps.storage.begin().await?;
    let Some(link) = unit.links().rekey(id, &hash(secret.as_bytes()), deps.now()).await? else { return Ok(()) };
    let Some(user) = unit.users().get(link.user_id).await? else { return Ok(()) };
    if hash(user.email.as_str().as_bytes()) != link.sent_to {
        return Ok(());
    }
    let (subject, text) = words_of(deps, &*unit, &link, &secret).await?;
    // Committed before it is sent: what arrives must open. Each try has a secret of its own, so it is a message of its
    // own too; of two that arrive, the later opens.
    unit.commit().await?;
    let id = format!("{id}:{}:{}", row.attempts, row.claim);
    deps.mailer.send(&Message { id, to: user.email, subject, text, attachments: Vec::new() }).await
}

async fn words_of(deps: &Deps, unit: &dyn UnitOfWork, link: &OneTimeLink, secret: &str) -> Result<(String, String)> {
    let (subject, path, ask, ignore) = match link.purpose {
        LinkPurpose::Confirmation => (
            "Confirm your e-mail address".to_owned(),
            "confirmation",
            "Confirm that this address is yours",
            "If you did not sign up, do nothing.",
        ),
        LinkPurpose::PasswordReset => (
            "Choose a new password".to_owned(),
            "password",
            "Choose a new password",
            "If you did not ask for this, do nothing; your password stays as it is.",
        ),
        LinkPurpose::Invitation => (
            invitation_subject(unit, link).await?,
            "invitation",
            "Accept the invitation",
            "If you do not know who invites you, do nothing.",
        ),
    };
    let how = match &deps.public_url {
        Some(url) => format!("{ask}:\n{url}/{path}?token={secret}"),
        None => format!("{ask} with this code:\n{secret}"),
    };
    let until = link.expires_at.format("%F %H:%M UTC");
    Ok((subject, format!("{how}\n\nIt works once, until {until}.\n{ignore}")))
}

async fn invitation_subject(repos: &dyn Repositories, link: &OneTimeLink) -> Result<String> {
    let organization = match link.organization_id {
        Some(id) => repos.organizations().get(id).await?,
        None => None,
    };
    let name = organization.map(|organization| organization.name).unwrap_or_default();
    // A subject is one line, and a name may hold anything.
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Ok(format!("You are invited to {name}"))
}

fn fact<T: DeserializeOwned>(row: &OutboxRow, field: &str) -> Result<T> {
    serde_json::from_value(row.payload[field].clone()).map_err(|error| {
        Error::new(ErrorKind::Corrupt, format!("the payload of a {} job lacks {field}", row.name)).with_source(error)
    })
}
