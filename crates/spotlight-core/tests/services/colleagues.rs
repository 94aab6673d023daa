//! Colleagues, strangers, listeners, and what the audit log says.

use futures::{FutureExt, StreamExt, stream::BoxStream};
use serde_json::Value;
use spotlight_core::{
    Context, ErrorKind, Result,
    domain::{
        LeadId, OrganizationId, UserId,
        contact::Email,
        conversation::{Channel, Conversation},
        lead::Lead,
        organization::Organization,
        user::{Membership, Role, User},
    },
    ports::{AuditFilter, Clock, Event, Heard, IdGenerator, Paging, Storage, SystemIds},
    services::{conversations::NewConversation, leads::NewLead},
};

use crate::world::World;

/// Everything of a list, in one part.
pub(crate) const ALL: Paging = Paging::After { cursor: None, limit: 100 };

/// Asserts that something was refused for this reason.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind) {
    assert_eq!(result.expect_err("it must be refused").kind(), kind);
}

/// The fields a validation names.
#[track_caller]
pub(crate) fn invalid<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    let error = result.expect_err("it must be refused");
    assert_eq!(error.kind(), ErrorKind::Validation);
    error.violations().iter().map(|violation| violation.field.clone()).collect()
}

impl World {
    /// A member of the organization.
    pub(crate) async fn colleague(&self, role: Role) -> Context {
        let id = UserId::from_uuid(SystemIds.uuid());
        let user = User { id, email: address(id), version: 1, ..self.owner.clone() };
        let organization_id = self.organization.id;
        let unit = self.storage.begin().await.expect("a unit");
        unit.users().insert(&user).await.expect("a user");
        let membership = Membership { organization_id, user_id: id, role, created_at: self.clock.now() };
        unit.users().set_membership(&membership).await.expect("a membership");
        unit.commit().await.expect("a commit");
        Context::user(id, organization_id, role)
    }

    /// The owner of another organization.
    pub(crate) async fn stranger(&self) -> Context {
        let id = OrganizationId::from_uuid(SystemIds.uuid());
        let slug = format!("o{}", id.as_uuid().simple());
        let other = Organization { id, slug, version: 1, ..self.organization.clone() };
        let user = UserId::from_uuid(SystemIds.uuid());
        let owner = User { id: user, email: address(user), version: 1, ..self.owner.clone() };
        let unit = self.storage.begin().await.expect("a unit");
        unit.organizations().insert(&other).await.expect("an organization");
        unit.users().insert(&owner).await.expect("a user");
        let created_at = self.clock.now();
        let membership = Membership { organization_id: id, user_id: user, role: Role::Owner, created_at };
        unit.users().set_membership(&membership).await.expect("a membership");
        unit.commit().await.expect("a commit");
        Context::user(user, id, Role::Owner)
    }

    /// A lead the team knows.
    pub(crate) async fn lead(&self, email: Option<&str>, phone: Option<&str>) -> Lead {
        let new = NewLead { email: email.map(str::to_owned), phone: phone.map(str::to_owned), ..NewLead::default() };
        self.platform.leads().create(&self.owner(), new).await.expect("a lead")
    }

    /// How a conversation by this channel begins.
    pub(crate) fn by(&self, source: Channel, lead_id: Option<LeadId>) -> NewConversation {
        NewConversation {
            assistant_id: self.assistant.id,
            lead_id,
            source,
            language: None,
            time_zone: None,
            recording_consent: None,
            external_call_id: None,
        }
    }

    /// Begins a conversation as the owner.
    pub(crate) async fn start(&self, new: NewConversation) -> Result<Conversation> {
        self.platform.conversations().start(&self.owner(), new).await
    }

    /// What the audit log says was done to a record, oldest first.
    pub(crate) async fn done_to(&self, record: impl ToString) -> Vec<String> {
        let filter = AuditFilter { record_id: Some(record.to_string()), ..AuditFilter::default() };
        let found = self.platform.audit().list(&self.owner(), &filter, &ALL).await.expect("entries");
        let mut actions: Vec<_> = found.items.into_iter().map(|entry| entry.action).collect();
        actions.reverse();
        actions
    }

    /// Listens to a channel from now on.
    pub(crate) async fn listen(&self, channel: &str) -> Ear {
        let heard = self.platform.events().subscribe(self.organization.id, channel, None).await;
        Ear(heard.expect("a subscription"))
    }
}

fn address(id: UserId) -> Email {
    Email::parse(&format!("{}@bikes.example", id.as_uuid().simple())).expect("an address")
}

/// Somebody who listens.
pub(crate) struct Ear(BoxStream<'static, Result<Heard>>);

impl Ear {
    /// What was heard since the last time.
    pub(crate) fn heard(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(Some(heard)) = self.0.next().now_or_never() {
            match heard.expect("the bus is there") {
                Heard::Event(event) => events.push(event),
                Heard::Gap { next } => panic!("events before {next} are lost"),
            }
        }
        events
    }

    /// The facts of the events of one type.
    pub(crate) fn heard_of(&mut self, event_type: &str) -> Vec<Value> {
        self.heard().into_iter().filter(|event| event.event_type == event_type).map(|event| event.data).collect()
    }
}
