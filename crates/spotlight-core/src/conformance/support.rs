//! What cases have in common.

use std::{
    fmt::Debug,
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use futures::FutureExt;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::samples::Samples;
use crate::{
    domain::{
        LeadId, OrganizationId,
        assistant::Assistant,
        conversation::Conversation,
        lead::Lead,
        organization::Organization,
        schedule::Host,
        user::{Role, User},
    },
    error::{ErrorKind, Result},
    ports::{Listing, Paging, ReadConsistency, Repositories, Storage, UnitOfWork},
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
        let unit = self.storage.begin().await?;
        let done = work(&*unit).await?;
        unit.commit().await?;
        Ok(done)
    }

    /// A stored lead.
    pub(super) async fn lead(&self) -> Lead {
        self.lead_like(|_| ()).await
    }

    /// A stored lead that differs from the sample.
    pub(super) async fn lead_like(&self, change: impl FnOnce(&mut Lead)) -> Lead {
        let mut lead = self.samples.lead(self.org());
        change(&mut lead);
        self.write(async |unit| unit.leads().insert(&lead).await).await.unwrap();
        lead
    }

    /// The lead as it is stored.
    pub(super) async fn stored_lead(&self, id: LeadId) -> Lead {
        self.read().leads().get(self.org(), id).await.unwrap().expect("the lead is stored")
    }

    /// A stored conversation of a new lead.
    pub(super) async fn conversation(&self) -> Conversation {
        let lead = self.lead().await;
        self.conversation_like(&lead, |_| ()).await
    }

    /// A stored conversation of a lead, which differs from the sample.
    pub(super) async fn conversation_like(&self, lead: &Lead, change: impl FnOnce(&mut Conversation)) -> Conversation {
        let mut conversation = self.samples.conversation(lead, self.assistant.id);
        change(&mut conversation);
        self.write(async |unit| unit.conversations().insert(&conversation).await).await.unwrap();
        conversation
    }

    /// Another stored user, a member of the organization.
    pub(super) async fn member(&self, role: Role) -> User {
        let user = self.samples.user();
        let membership = self.samples.membership(self.org(), user.id, role);
        self.write(async |unit| {
            unit.users().insert(&user).await?;
            unit.users().set_membership(&membership).await
        })
        .await
        .unwrap();
        user
    }
}

/// Runs two rivals at once, each in a task of its own, and gives what became of both.
///
/// A storage may have one writer, who waits for the other's end: a rival begins, writes and commits by itself.
pub(super) async fn rivals<T: Send + 'static>(
    one: impl Future<Output = T> + Send + 'static,
    other: impl Future<Output = T> + Send + 'static,
) -> (T, T) {
    let mut outcomes = together([one.boxed(), other.boxed()]).await;
    let second = outcomes.pop().unwrap();
    (outcomes.pop().unwrap(), second)
}

/// Runs two units at once. The second begins when the first has done its work and has not committed yet: a storage with
/// one writer makes it wait, any other runs it beside what is still open.
pub(super) async fn overlapping<A, B>(
    world: &World,
    first: impl AsyncFnOnce(&dyn UnitOfWork) -> Result<A>,
    second: impl AsyncFnOnce(&dyn UnitOfWork) -> Result<B>,
) -> (Result<A>, Result<B>) {
    let (worked, begun) = tokio::sync::oneshot::channel();
    let first = world.write(async |unit| {
        let done = first(unit).await;
        // The second may be gone when it failed; its own outcome tells.
        let _ = worked.send(());
        for _ in 0..5 {
            pause().await;
        }
        done
    });
    let second = async {
        begun.await.expect("the first lets the second begin");
        world.write(second).await
    };
    soon(futures::future::join(first, second)).await
}

/// Runs everybody at once, each in a task of its own, and gives what became of them in their order. Who is still at it
/// when one fails is stopped.
pub(super) async fn together<T: Send + 'static>(
    everybody: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut tasks = JoinSet::new();
    for (index, one) in everybody.into_iter().enumerate() {
        tasks.spawn(async move { (index, one.await) });
    }
    let mut outcomes = Vec::new();
    while let Some(outcome) = soon(tasks.join_next()).await {
        outcomes.push(outcome.unwrap());
    }
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Waits for what must happen.
pub(super) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it should have happened by now")
}

/// Lets a little time pass between two looks at a condition.
pub(super) async fn pause() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}

/// Polls a future so many times and drops it then. `None` when it was not done.
pub(super) async fn cut_off<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(move |context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Asserts that a call was refused in this way.
#[track_caller]
pub(super) fn refused<T: Debug>(result: Result<T>, kind: ErrorKind) {
    match result {
        Ok(value) => panic!("should be refused as {kind:?} but gave {value:?}"),
        Err(error) => assert_eq!(error.kind(), kind, "{}", error.chain()),
    }
}

/// Asserts that of two rivals one won and the other was refused in this way.
#[track_caller]
pub(super) fn one_won<T: Debug>(outcomes: (Result<T>, Result<T>), kind: ErrorKind) {
    match outcomes {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => assert_eq!(error.kind(), kind, "{}", error.chain()),
        both => panic!("one should win and the other be refused as {kind:?}: {both:?}"),
    }
}

/// Asserts what a list holds, in which order, whole and in parts of several sizes, by pages and by cursors.
pub(super) async fn lists<T>(
    expected: &[Uuid],
    id: impl Fn(&T) -> Uuid,
    read: impl AsyncFn(Paging) -> Result<Listing<T>>,
) {
    for size in [1, 2, 3, 100] {
        let mut paged = Vec::new();
        for page in 1.. {
            let part = read(Paging::Page { page, per_page: size }).await.unwrap();
            assert_eq!(part.total, Some(expected.len() as u64), "the total of page {page} of {size}");
            assert_eq!(part.next, None, "pages have no cursor");
            if part.items.is_empty() {
                break;
            }
            assert!(part.items.len() <= size as usize, "{} items on a page of {size}", part.items.len());
            paged.extend(part.items.iter().map(&id));
        }
        assert_eq!(paged, expected, "by pages of {size}");

        let (mut followed, mut cursor) = (Vec::new(), None);
        loop {
            let part = read(Paging::After { cursor, limit: size }).await.unwrap();
            assert_eq!(part.total, None, "cursors have no total");
            followed.extend(part.items.iter().map(&id));
            assert!(followed.len() <= expected.len(), "by cursors of {size}: {followed:?} instead of {expected:?}");
            let more = followed.len() < expected.len();
            assert_eq!(part.next.is_some(), more, "a cursor when there is more, after {} of {size}", followed.len());
            // What a client sends back is the cursor's text.
            cursor = part.next.map(|next| next.to_string().parse().unwrap());
            if !more {
                break;
            }
        }
        assert_eq!(followed, expected, "by cursors of {size}");
    }
}

/// Everything in one part.
pub(super) const WHOLE: Paging = Paging::Page { page: 1, per_page: 100 };

/// Asserts what every update of a versioned record promises: the version grows, older and newer ones are refused, and
/// so is what is not stored.
macro_rules! keeps_versions {
    ($world:expr, $changed:expr, $missing:expr, $update:expr, $get:expr) => {{
        let (world, mut changed, missing) = (&$world, $changed, $missing);
        let update = $update;
        let get = $get;
        world.write(async |unit| update(unit, &changed).await).await.unwrap();
        let older = changed.clone();
        changed.version += 1;
        assert_eq!(get(world).await.unwrap().as_ref(), Some(&changed), "all of it is replaced");
        let newer = {
            let mut newer = changed.clone();
            newer.version += 1;
            newer
        };
        for stale in [&older, &newer] {
            $crate::conformance::support::refused(
                world.write(async |unit| update(unit, stale).await).await,
                $crate::error::ErrorKind::StaleVersion,
            );
        }
        $crate::conformance::support::refused(
            world.write(async |unit| update(unit, &missing).await).await,
            $crate::error::ErrorKind::NotFound,
        );
        assert_eq!(get(world).await.unwrap().as_ref(), Some(&changed), "refused updates change nothing");
    }};
}
pub(super) use keeps_versions;
