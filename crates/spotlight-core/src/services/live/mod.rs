//! Live messages: who may listen to what, from where on, and for how long.
//!
//! The bus is listened to once per channel and process, however many connections there are; they share what is told.
//! Rights are looked at when a channel is subscribed to, again within a minute, and at once when the platform says that
//! they have changed.

mod channel;
mod connection;
mod feed;
mod hub;
mod view;

use std::sync::Arc;

use serde_json::json;

use self::hub::Holder;
pub(crate) use self::hub::Hub;
pub use self::{
    channel::LiveChannel,
    connection::{LiveConnection, LiveMessage, MAX_CHANNELS, Subscribed, Told},
};
use super::{Context, accounts::AccountService, deps::Deps};
use crate::{
    domain::{OrganizationId, UserId, audit::Actor, event::EventType, time::Timestamp, user::Session},
    error::{Error, ErrorKind, Result},
    ports::{NewEvent, UnitOfWork},
    trace::Trace,
};

/// Live connections of this process.
#[derive(Clone)]
pub struct LiveService {
    deps: Deps,
    hub: Arc<Hub>,
    accounts: AccountService,
}

impl LiveService {
    pub(crate) fn new(deps: Deps, hub: Arc<Hub>, accounts: AccountService) -> Self {
        Self { deps, hub, accounts }
    }

    /// Opens a connection. `session` is the caller's, when they came with a cookie; `until` when a visitor's token ends;
    /// `most` how many connections a person, or a conversation's visitors, have at once in this process.
    ///
    /// # Errors
    /// `Unauthenticated` for nobody; `RateLimited` beyond `most`; those of the bus.
    pub async fn connect(
        &self,
        ctx: &Context,
        session: Option<Session>,
        until: Option<Timestamp>,
        most: u32,
    ) -> Result<LiveConnection> {
        ctx.check_deadline()?;
        let holder = match ctx.actor {
            Actor::User(id) | Actor::Token(_, id) => Holder::User(id),
            Actor::Visitor(id) => Holder::Visitor(id),
            Actor::System => Holder::Platform(ctx.organization),
            Actor::Source(_) => return Err(Error::forbidden("a webhook source tells, and hears nothing")),
            Actor::Anonymous => return Err(Error::new(ErrorKind::Unauthenticated, "sign in, or send an API token")),
        };
        let place = self.hub.enter(holder, most)?;
        let (deps, hub, accounts) = (self.deps.clone(), Arc::clone(&self.hub), self.accounts.clone());
        LiveConnection::open(deps, hub, accounts, ctx.clone(), session, until, place).await
    }

    /// How many channels this process listens to, and how many connections it has open.
    pub fn figures(&self) -> (usize, usize) {
        self.hub.figures()
    }
}

/// Tells every process that rights of these people have changed in an organization, once the unit is committed. Their
/// live connections look at them again.
pub(crate) async fn access_changed(
    unit: &dyn UnitOfWork,
    organization: OrganizationId,
    users: &[UserId],
) -> Result<()> {
    let event = NewEvent {
        organization_id: organization,
        channel: connection::ACCESS.to_owned(),
        event_type: EventType::AccessChanged.as_str().to_owned(),
        conversation_id: None,
        data: json!({ "users": users }),
        trace: Trace::current(),
    };
    unit.publish(event).await.map(drop)
}

/// The same, in every organization that a person belongs to.
pub(crate) async fn access_of_changed(unit: &dyn UnitOfWork, user: UserId) -> Result<()> {
    for membership in unit.users().memberships(user).await? {
        access_changed(unit, membership.organization_id, &[user]).await?;
    }
    Ok(())
}
