//! Messages to people of the team: links, and news of their account.

use serde::{Deserialize, Serialize};

use super::{Job, JobContext};
use crate::{
    domain::{
        LinkId, OrganizationId, UserId,
        user::{LinkPurpose, OneTimeLink},
    },
    error::Result,
    ports::{Message, ReadConsistency, Repositories, UnitOfWork},
    services::deps::{Deps, hash, hex},
};

/// Sends a message. One about something that has gone meanwhile is passed over.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "template", rename_all = "snake_case")]
pub(crate) enum SendEmail {
    /// A link, whatever it is for. It gets its secret when the job runs, and the job holds its id alone.
    Link {
        link_id: LinkId,
        #[serde(skip)]
        of: Option<OrganizationId>,
    },
    /// The password was changed.
    PasswordChanged { user_id: UserId },
    /// The second factor was switched on or off.
    SecondFactorChanged { user_id: UserId, on: bool },
    /// Somebody signed up with an address that has an account.
    AddressInUse { user_id: UserId },
}

impl SendEmail {
    /// Sends a link to its user.
    pub(crate) const fn link(link: &OneTimeLink) -> Self {
        Self::Link { link_id: link.id, of: link.organization_id }
    }
}

impl Job for SendEmail {
    type State = Deps;
    type Output = ();
    const NAME: &'static str = "send_email";
    const QUEUE: &'static str = "critical";

    fn organization(&self) -> Option<OrganizationId> {
        match self {
            Self::Link { of, .. } => *of,
            Self::PasswordChanged { .. } | Self::SecondFactorChanged { .. } | Self::AddressInUse { .. } => None,
        }
    }

    async fn run(self, ctx: JobContext<Deps>) -> Result<()> {
        match self {
            Self::Link { link_id, .. } => send_link(&ctx, link_id).await,
            Self::PasswordChanged { user_id } => send_news(&ctx, user_id, PASSWORD_CHANGED).await,
            Self::SecondFactorChanged { user_id, on: true } => send_news(&ctx, user_id, SECOND_FACTOR_ON).await,
            Self::SecondFactorChanged { user_id, on: false } => send_news(&ctx, user_id, SECOND_FACTOR_OFF).await,
            Self::AddressInUse { user_id } => send_news(&ctx, user_id, ADDRESS_IN_USE).await,
        }
    }
}

/// A subject, and what is said.
type News = (&'static str, &'static str);

const PASSWORD_CHANGED: News = (
    "Your password was changed",
    "Your password was changed, and other browsers were signed out.\n\nIf this was not you, reset the password at once.",
);
const SECOND_FACTOR_ON: News = (
    "Signing in needs a code now",
    "From now on, signing in to your account needs a code of your device, or one of your recovery codes.\n\nIf this was \
     not you, reset the password at once, and ask an administrator for help.",
);
const SECOND_FACTOR_OFF: News = (
    "Signing in needs no code any more",
    "Signing in to your account needs the password alone now.\n\nIf this was not you, reset the password at once.",
);
const ADDRESS_IN_USE: News = (
    "You have an account already",
    "Somebody, probably you, has signed up with this address, which has an account already. Sign in, or reset the \
     password.\n\nIf this was not you, do nothing; your account stays as it is.",
);

async fn send_news(ctx: &JobContext<Deps>, user: UserId, (subject, text): News) -> Result<()> {
    let deps = &ctx.state;
    let users = deps.storage.read(ReadConsistency::Strong).users();
    let Some(user) = users.get(user).await? else { return Ok(()) };
    deps.mailer
        .send(&Message {
            id: ctx.id.to_string(),
            to: user.email,
            subject: subject.to_owned(),
            text: text.to_owned(),
            attachments: Vec::new(),
        })
        .await
}

async fn send_link(ctx: &JobContext<Deps>, id: LinkId) -> Result<()> {
    let deps = &ctx.state;
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
    let id = format!("{id}:{}:{}", ctx.attempt, ctx.claim);
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
