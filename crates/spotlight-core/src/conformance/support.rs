//! What cases have in common.

use std::{future::Future, sync::Arc, time::Duration};

use super::samples::Samples;
use crate::{
    domain::{
        OrganizationId,
        assistant::Assistant,
        conversation::Conversation,
        lead::Lead,
        organization::Organization,
        schedule::Host,
        user::{Role, User},
    },
    error::{Error, ErrorKind, Result},
    ports::{ReadConsistency, Repositories, Storage, UnitOfWork},
};

/// Longest that a case waits for something that must happen.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// An organization with an owner who is a host, and an assistant, in a storage.
pub(super) struct World {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) samples: Arc<Samples>,
    pub(super) organization: Organization,
    pub(super) user: User,
    pub(super) host: Host,
    pub(super) assistant: Assistant,
}

impl World {
    /// The first world of a storage.
    pub(super) async fn new(storage: Arc<dyn Storage>) -> Self {
        Self::with(storage, Arc::new(Samples::new())).await
    }

    /// Another organization in the same storage.
    pub(super) async fn another(&self) -> Self {
        Self::with(Arc::clone(&self.storage), Arc::clone(&self.samples)).await
    }

    async fn with(storage: Arc<dyn Storage>, samples: Arc<Samples>) -> Self {
        let organization = samples.organization();
        let user = samples.user();
        let membership = samples.membership(organization.id, user.id, Role::Owner);
        let host = samples.host(organization.id, user.id);
        let assistant = samples.assistant(organization.id, user.id);
        let unit = storage.begin().await.unwrap();
        unit.organizations().insert(&organization).await.unwrap();
        unit.users().insert(&user).await.unwrap();
        unit.users().set_membership(&membership).await.unwrap();
        unit.hosts().insert(&host).await.unwrap();
        unit.assistants().insert(&assistant).await.unwrap();
        unit.commit().await.unwrap();
        Self { storage, samples, organization, user, host, assistant }
    }

    /// The organization's id.
    pub(super) fn org(&self) -> OrganizationId {
        self.organization.id
    }

    /// What is committed.
    pub(super) fn read(&self) -> &dyn Repositories {
        self.storage.read(ReadConsistency::Strong)
    }

    /// Does some work in a unit, and commits it unless it fails.
    pub(super) async fn write<T>(&self, work: impl AsyncFnOnce(&dyn UnitOfWork) -> Result<T>) -> Result<T> {
        write(&*self.storage, work).await
    }

    /// A stored lead.
    pub(super) async fn lead(&self) -> Lead {
        let lead = self.samples.lead(self.org());
        self.write(async |unit| unit.leads().insert(&lead).await).await.unwrap();
        lead
    }

    /// A stored conversation of a new lead.
    pub(super) async fn conversation(&self) -> Conversation {
        let lead = self.lead().await;
        self.conversation_with(&lead).await
    }

    /// A stored conversation of a lead.
    pub(super) async fn conversation_with(&self, lead: &Lead) -> Conversation {
        let conversation = self.samples.conversation(lead, self.assistant.id);
        self.write(async |unit| unit.conversations().insert(&conversation).await).await.unwrap();
        conversation
    }
}

/// Does some work in a unit, and commits it unless it fails.
pub(super) async fn write<T>(storage: &dyn Storage, work: impl AsyncFnOnce(&dyn UnitOfWork) -> Result<T>) -> Result<T> {
    let unit = storage.begin().await?;
    let done = work(&*unit).await?;
    unit.commit().await?;
    Ok(done)
}

/// Runs two rivals at once, each in a task of its own, and gives what became of both.
pub(super) async fn rivals<T: Send + 'static>(
    one: impl Future<Output = T> + Send + 'static,
    other: impl Future<Output = T> + Send + 'static,
) -> (T, T) {
    let (one, other) = (tokio::spawn(one), tokio::spawn(other));
    (soon(one).await.unwrap(), soon(other).await.unwrap())
}

/// Waits for what must happen.
pub(super) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it should have happened by now")
}

/// Asserts that a call was refused in this way.
#[track_caller]
pub(super) fn refused<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind) {
    match result {
        Ok(value) => panic!("should be refused as {kind:?} but gave {value:?}"),
        Err(error) => assert_eq!(error.kind(), kind, "{}", error.chain()),
    }
}

/// Asserts that of two rivals one won and the other was refused in this way.
#[track_caller]
pub(super) fn one_won<T: std::fmt::Debug>(outcomes: (Result<T>, Result<T>), kind: ErrorKind) {
    match outcomes {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => assert_eq!(error.kind(), kind, "{}", error.chain()),
        both => panic!("one should win and the other be refused as {kind:?}: {both:?}"),
    }
}

/// An error for a unit that is to be given up.
pub(super) fn enough() -> Error {
    Error::internal("enough")
}
