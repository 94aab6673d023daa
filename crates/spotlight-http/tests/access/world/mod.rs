//! Two organizations, their people, and records to ask for.

mod asking;
mod bodies;
mod people;
mod records;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use secrecy::SecretString;
use spotlight_core::{
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryRecognizer, MemoryStorage},
    ports::{Clock, Quota},
    scripted::ScriptedChatModel,
    services::{Context, Spotlight},
};
use spotlight_http::{Api, HttpPolicy};

use self::people::{Empty, Shifted};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Without credentials.
    Anonymous,
    /// With a session that has ended by itself.
    Expired,
    /// With an API token that was good until yesterday.
    ExpiredToken,
    /// With the token of a visit that ended yesterday.
    ExpiredVisit,
    /// A sales representative whose the records are not.
    Rep,
    /// The sales representative whose the records are.
    OwnRep,
    /// A manager.
    Manager,
    /// An administrator.
    Admin,
    /// The owner of the organization.
    Owner,
    /// The owner of another organization.
    Other,
    /// The visitor of the conversation.
    Visitor,
    /// A token that may read leads and nothing else.
    Scoped,
    /// A token that may read everything and change nothing.
    Reader,
    /// A token that may change everything and read nothing.
    Writer,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

/// Credentials of everybody, and where they are used.
pub(crate) struct World {
    api: Api,
    /// The same inside an application that knows by itself who calls.
    hosted: Api,
    platform: Spotlight,
    mailer: Arc<MemoryMailer>,
    callers: BTreeMap<&'static str, Vec<(&'static str, String)>>,
    rep_id: String,
    owner: Context,
    made: AtomicUsize,
}

/// Records after which another world is made: free times are looked for among all that are taken.
const FULL: usize = 200;

/// True for what leaves nothing to ask others for.
pub(crate) fn ends_the_world(name: &str) -> bool {
    matches!(
        name,
        "delete_organization"
            | "enrol_second_factor"
            | "sign_in"
            | "sign_out"
            | "remove_member"
            | "update_member"
            | "revoke_sessions"
    )
}

const PASSWORD: &str = "acme-correct-horse";

impl World {
    pub(crate) async fn new() -> Self {
        // A Wednesday, in office hours.
        let clock = Arc::new(Shifted::at("2026-03-25T10:00:00Z"));
        let storage = MemoryStorage::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let (queue, mailer) = (Arc::new(storage.queue()), Arc::new(MemoryMailer::new()));
        let platform = Spotlight::builder()
            .storage(Arc::new(storage))
            .queue(queue)
            .chat(Arc::new(ScriptedChatModel::new()))
            .recognizer(Arc::new(MemoryRecognizer))
            .events(Arc::new(MemoryEventBus::new(Arc::clone(&clock) as Arc<dyn Clock>)))
            .mailer(Arc::clone(&mailer) as Arc<_>)
            .files(Arc::new(MemoryFileStore::new()))
            .limiter(Arc::new(MemoryRateLimiter::new(Arc::clone(&clock) as Arc<dyn Clock>)))
            .clock(Arc::clone(&clock) as Arc<dyn Clock>)
            .secret_key(SecretString::from("a key of the matrix, of thirty-two bytes or more"))
            .build()
            .expect("every port is there");
        let vast = Quota { burst: 1_000_000, period: Duration::from_secs(1) };
        let mut policy = HttpPolicy::development();
        (policy.api, policy.open, policy.visitor, policy.signed) = (vast, vast, vast, vast);
        policy.plans = Vec::new();
        let api = Api::new(platform.clone(), policy);
        let hosted = api.clone().authenticated_by(Arc::new(Empty));
        let mut world = Self {
            api,
            hosted,
            platform,
            mailer,
            callers: BTreeMap::new(),
            rep_id: String::new(),
            owner: Context::anonymous(),
            made: AtomicUsize::new(0),
        };
        world.people(&clock).await;
        world
    }

    /// A number that was not given before.
    fn count(&self) -> usize {
        self.made.fetch_add(1, Ordering::Relaxed)
    }

    /// True when another world is better.
    pub(crate) fn is_full(&self) -> bool {
        self.made.load(Ordering::Relaxed) >= FULL
    }
}

/// What a caller was shown of records that are not theirs.
pub(crate) fn leak(caller: Caller, answer: &Answer, ids: &BTreeMap<String, String>) -> Option<String> {
    if !matches!(
        caller,
        Caller::Anonymous | Caller::Expired | Caller::ExpiredToken | Caller::ExpiredVisit | Caller::Rep | Caller::Other
    ) || answer.status >= 400
    {
        return None;
    }
    let records = ["lead", "assistant", "knowledge", "conversation", "appointment"];
    // A sales representative's new lead is their own, whomever they name.
    let assigned = (caller == Caller::Rep && answer.text.contains("\"type\":\"lead\"")).then_some("user");
    let shown = records.into_iter().chain(assigned).find(|noun| answer.text.contains(&ids[*noun]));
    shown.map(|noun| format!("the {noun}: {}", answer.text))
}
