//! One live connection: what it listens to, and what it is told next.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{sync::Notify, time::Instant};

use super::{
    channel::LiveChannel,
    feed::{Item, Name, Next, Subscription},
    hub::{Hub, Place},
    view,
};
use crate::{
    domain::{
        audit::Actor,
        time::Timestamp,
        user::{Role, Scope, Session},
    },
    error::{Error, ErrorKind, Result},
    ports::Event,
    services::{Context, accounts::AccountService, conversations::ConversationService, deps::Deps},
};

/// Most channels of one connection.
pub const MAX_CHANNELS: usize = 50;
/// The channel on which the platform tells itself whose rights have changed.
pub(crate) const ACCESS: &str = "access";
/// How long rights that nobody said had changed are believed.
const BELIEVED: Duration = Duration::from_mins(1);
/// The pause after rights that could not be looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What a connection is told.
#[derive(Debug)]
pub enum Told {
    /// A message.
    Message(LiveMessage),
    /// Messages of a channel between the last number and this one are lost.
    Gap {
        /// The channel.
        channel: LiveChannel,
        /// The number of the next message that is kept.
        next: u64,
    },
    /// A channel may no longer be listened to.
    Ended {
        /// The channel.
        channel: LiveChannel,
        /// Why.
        error: Error,
    },
    /// The caller is no longer who they were: the connection is to be closed.
    Over(Error),
    /// Messages came faster than they were taken: the connection is to be closed.
    TooSlow,
}

/// A message of a channel, shared by everybody who is told it.
#[derive(Debug, Clone)]
pub struct LiveMessage {
    /// The channel.
    pub channel: LiveChannel,
    item: Arc<Item>,
    to_visitor: bool,
}

impl LiveMessage {
    /// Its number in the channel.
    pub fn id(&self) -> u64 {
        self.item.event.id
    }

    /// What happened, as `transcript_update`.
    pub fn kind(&self) -> &str {
        &self.item.event.event_type
    }

    /// Its form on the wire: made once for everybody who may see as much, and the same bytes from then on.
    pub fn encoded(&self, encode: impl FnOnce(&Event) -> Bytes) -> Bytes {
        let form = &self.item.encoded[usize::from(self.to_visitor)];
        let shown = || match view::for_visitor(&self.item.event) {
            Some(event) if self.to_visitor => encode(&event),
            _ => encode(&self.item.event),
        };
        form.get_or_init(shown).clone()
    }
}

/// Where a subscription begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscribed {
    /// The number after which messages come.
    pub position: u64,
    /// Where the next kept message is, when some after the number asked for are lost.
    pub gap: Option<u64>,
}

/// A connection of somebody who may listen. Dropping it ends it.
pub struct LiveConnection {
    deps: Deps,
    hub: Arc<Hub>,
    accounts: AccountService,
    ctx: Context,
    session: Option<Session>,
    /// When a visitor's token ends.
    until: Option<Timestamp>,
    wake: Arc<Notify>,
    channels: Vec<(LiveChannel, Subscription)>,
    /// Whose turn it is to be looked at first.
    turn: usize,
    access: Option<Subscription>,
    check_at: Instant,
    waiting: VecDeque<Told>,
    _place: Place,
}

impl std::fmt::Debug for LiveConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let channels: Vec<_> = self.channels.iter().map(|(channel, _)| channel).collect();
        f.debug_struct("LiveConnection").field("channels", &channels).finish_non_exhaustive()
    }
}

impl LiveConnection {
    pub(super) async fn open(
        deps: Deps,
        hub: Arc<Hub>,
        accounts: AccountService,
        ctx: Context,
        session: Option<Session>,
        until: Option<Timestamp>,
        place: Place,
    ) -> Result<Self> {
        let ctx = Context { deadline: None, idempotency_key: None, ..ctx };
        let check_at = Instant::now() + BELIEVED;
        let mut connection = Self {
            deps,
            hub,
            accounts,
            ctx,
            session,
            until,
            wake: Arc::default(),
            channels: Vec::new(),
            turn: 0,
            access: None,
            check_at,
            waiting: VecDeque::new(),
            _place: place,
        };
        if connection.ctx.actor.user_id().is_some() {
            connection.access = Some(connection.listen(ACCESS, None).await?.0);
        }
        connection.check_at = connection.next_check();
        Ok(connection)
    }

    /// The caller, as of the last look at their rights.
    pub fn context(&self) -> &Context {
        &self.ctx
    }

    /// The channels, with the number up to which each was told.
    pub fn positions(&self) -> impl Iterator<Item = (LiveChannel, u64)> {
        self.channels.iter().map(|(channel, subscription)| (*channel, subscription.position()))
    }

    /// Listens to a channel: messages after number `after` as far as they are kept, then new ones. None begins with new
    /// ones. 0 begins with the oldest that is kept.
    ///
    /// # Errors
    /// `NotFound` for a conversation that the caller may not see; `Forbidden`; `Validation` beyond [`MAX_CHANNELS`];
    /// those of the bus.
    ///
    /// # Idempotency
    /// A channel that is listened to already begins anew.
    pub async fn subscribe(&mut self, channel: LiveChannel, after: Option<u64>) -> Result<Subscribed> {
        authorize(&self.deps, &self.ctx, channel).await?;
        self.unsubscribe(channel);
        if self.channels.len() >= MAX_CHANNELS {
            let text = format!("A connection listens to at most {MAX_CHANNELS} channels");
            return Err(Error::invalid("/channel", "range", text));
        }
        let (subscription, gap) = self.listen(&channel.to_string(), after).await?;
        let position = subscription.position();
        self.channels.push((channel, subscription));
        Ok(Subscribed { position, gap })
    }

    /// Listens to a channel no more. False when it was not listened to.
    pub fn unsubscribe(&mut self, channel: LiveChannel) -> bool {
        let before = self.channels.len();
        self.channels.retain(|(own, _)| *own != channel);
        before != self.channels.len()
    }

    async fn listen(&self, channel: &str, after: Option<u64>) -> Result<(Subscription, Option<u64>)> {
        let name = Name { organization: self.ctx.organization, channel: channel.to_owned() };
        let feed = self.hub.feed(name);
        feed.start(&self.deps.events).await?;
        Ok(Subscription::new(feed, &self.wake, after))
    }

    /// Waits for what comes next.
    ///
    /// # Ordering
    /// Messages of a channel ascend by number, each once. Numbers that are left out were not for the caller, unless a
    /// gap is told.
    ///
    /// # Cancel safety
    /// Nothing is lost with a dropped future.
    pub async fn next(&mut self) -> Told {
        loop {
            if let Some(told) = self.waiting.pop_front() {
                return told;
            }
            self.hear_of_access();
            if Instant::now() >= self.check_at {
                // Rare, and large.
                Box::pin(self.check()).await;
                continue;
            }
            if let Some(told) = self.look().await {
                return told;
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep_until(self.check_at) => {}
            }
        }
    }

    /// The next of what is there.
    async fn look(&mut self) -> Option<Told> {
        for step in 0..self.channels.len() {
            let at = (self.turn + step) % self.channels.len();
            let (channel, subscription) = &mut self.channels[at];
            let channel = *channel;
            loop {
                let item = match subscription.peek() {
                    Next::Nothing => break,
                    Next::Slow => return Some(Told::TooSlow),
                    Next::Gap(next) => {
                        subscription.advance(next - 1);
                        return Some(Told::Gap { channel, next });
                    }
                    Next::Item(item) => item,
                };
                let to_visitor = matches!(self.ctx.actor, Actor::Visitor(_));
                let may = match channel {
                    LiveChannel::Conversation(_) => Ok(!to_visitor || view::for_visitor(&item.event).is_some()),
                    _ => view::may_hear(&self.deps, &self.ctx, &item).await,
                };
                let id = item.event.id;
                subscription.advance(id);
                match may {
                    Ok(false) => {}
                    Ok(true) => {
                        self.turn = at + 1;
                        return Some(Told::Message(LiveMessage { channel, item, to_visitor }));
                    }
                    Err(error) => {
                        tracing::warn!(error = error.chain(), "who may hear of an event could not be looked up");
                        return Some(Told::Gap { channel, next: id + 1 });
                    }
                }
            }
        }
        None
    }

    /// Sees whether the caller's rights are said to have changed.
    fn hear_of_access(&mut self) {
        let Some(access) = &mut self.access else { return };
        let own = self.ctx.actor.user_id().map(|user| user.to_string());
        loop {
            match access.peek() {
                Next::Nothing => return,
                Next::Item(item) => {
                    access.advance(item.event.id);
                    let users = item.event.data["users"].as_array();
                    if users.is_none_or(|users| users.iter().any(|user| user.as_str() == own.as_deref())) {
                        self.check_at = Instant::now();
                    }
                }
                // Whoever missed some can have missed their own.
                Next::Gap(next) => {
                    access.advance(next - 1);
                    self.check_at = Instant::now();
                }
                Next::Slow => {
                    self.check_at = Instant::now();
                    access.skip();
                }
            }
        }
    }

    fn next_check(&self) -> Instant {
        let now = self.deps.now();
        let session = self.session.as_ref().map(|session| session.expires_at);
        let ends = self.until.into_iter().chain(session).min();
        let left = ends.and_then(|at| (at - now).to_std().ok()).unwrap_or(BELIEVED);
        Instant::now() + left.min(BELIEVED)
    }

    /// Looks at the caller's rights anew, and ends what they no longer allow.
    async fn check(&mut self) {
        if self.until.is_some_and(|until| self.deps.now() >= until) {
            let text = "the conversation token has expired; open a new conversation";
            self.waiting.push_back(Told::Over(Error::new(ErrorKind::Unauthenticated, text)));
            return;
        }
        let mut ended = Vec::new();
        let looked = async {
            let ctx = self.accounts.again(&self.ctx, self.session.as_ref()).await?;
            for (channel, _) in &self.channels {
                match authorize(&self.deps, &ctx, *channel).await {
                    Ok(()) => {}
                    Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Forbidden) => {
                        ended.push((*channel, error));
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(ctx)
        };
        match looked.await {
            Ok(ctx) => {
                self.ctx = ctx;
                for (channel, error) in ended {
                    self.unsubscribe(channel);
                    self.waiting.push_back(Told::Ended { channel, error });
                }
                self.check_at = self.next_check();
            }
            Err(error) if error.kind() == ErrorKind::Unauthenticated => self.waiting.push_back(Told::Over(error)),
            Err(error) => {
                tracing::warn!(error = error.chain(), "rights of a live connection could not be looked at");
                self.check_at = Instant::now() + LOOK_AGAIN;
            }
        }
    }
}

/// Refuses a channel that the caller may not listen to.
async fn authorize(deps: &Deps, ctx: &Context, channel: LiveChannel) -> Result<()> {
    match channel {
        LiveChannel::Conversation(id) => {
            let conversations = ConversationService::new(deps.clone());
            conversations.get(ctx, id).await.map(drop)
        }
        LiveChannel::Leads => ctx.require(Scope::LeadsRead, Role::SalesRep),
        LiveChannel::Notifications => ctx.require_member(),
    }
}
