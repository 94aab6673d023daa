//! What services keep in the cache: it is answered from there, it is never old for long, and nothing of it is a visitor's.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::StreamExt;
use rstest::rstest;
use spotlight_core::{
    Context, ErrorKind, Result, Spotlight,
    conformance::watched_bus::WatchedBus,
    decorators::{FleetCache, TwoLevelCache, TwoLevelSettings},
    domain::{
        KnowledgeId,
        assistant::{Assistant, Knowledge},
        conversation::Conversation,
        organization::Organization,
    },
    memory::{MemoryCache, MemoryEventBus},
    ports::{Cache, EventBus, SystemIds},
    services::{
        assistants::{AssistantInput, KnowledgeInput, KnowledgePatch},
        conversations::TurnInput,
        public::NewVisit,
    },
};

use crate::{
    hooked::Commit,
    ledger::Ledger,
    world::{TestClock, World, told},
};

const ROOM: usize = 10_000_000;
const PAGE: &str = "https://bikes.example";
const MINUTE: chrono::Duration = chrono::Duration::minutes(1);

/// What two processes share.
#[derive(Debug, Clone, Copy)]
enum Sharing {
    /// One cache.
    Cache,
    /// A cache, with memory before it, and an event bus.
    TwoLevels,
    /// An event bus.
    Bus,
}

/// Two processes on one storage.
struct Pair {
    world: World,
    there: Spotlight,
    /// The caches'.
    clock: Arc<TestClock>,
    buses: [Arc<WatchedBus>; 2],
}

impl Pair {
    async fn new(sharing: Sharing) -> Self {
        let clock = Arc::new(TestClock::new());
        let shared = Arc::new(MemoryCache::new(clock.clone(), ROOM));
        let bus: Arc<dyn EventBus> = Arc::new(MemoryEventBus::new(clock.clone()));
        let buses = [(); 2].map(|()| Arc::new(WatchedBus::new(bus.clone())));
        let mut caches: Vec<Arc<dyn Cache>> = Vec::new();
        for bus in &buses {
            let (bus, clock, ids) = (bus.clone(), clock.clone(), Arc::new(SystemIds));
            caches.push(match sharing {
                Sharing::Cache => shared.clone(),
                Sharing::TwoLevels => {
                    let cache = TwoLevelCache::new(shared.clone(), bus, clock, ids, TwoLevelSettings::default());
                    cache.listening().await;
                    Arc::new(cache)
                }
                Sharing::Bus => {
                    let cache = FleetCache::new(bus, clock, ids, ROOM);
                    cache.listening().await;
                    Arc::new(cache)
                }
            });
        }
        let world = World::with_cache(caches.remove(0)).await;
        let there = world.another(|builder| builder.cache(caches.remove(0)));
        Self { world, there, clock, buses }
    }

    /// Waits until the other process has heard what this one has told.
    async fn heard(&self) {
        self.buses[1].heard(self.buses[0].published()).await;
    }
}

fn input(question: &str, answer: &str) -> KnowledgeInput {
    KnowledgeInput { question: Some(question.to_owned()), answer: answer.to_owned() }
}

impl World {
    async fn knows(&self, answer: &str) -> Knowledge {
        let input = input("How long is the guarantee?", answer);
        self.platform.assistants().add_knowledge(&self.owner(), self.assistant.id, input).await.expect("an entry")
    }

    async fn learns(&self, id: KnowledgeId, answer: &str) -> Result<Knowledge> {
        let patch = KnowledgePatch { answer: Some(answer.to_owned()), ..KnowledgePatch::default() };
        self.platform.assistants().update_knowledge(&self.owner(), self.assistant.id, id, patch, None).await
    }

    /// Has a visitor ask in one process, and gives what the model is told to answer by.
    async fn told_by(&self, platform: &Spotlight, (talk, ctx): &(Conversation, Context)) -> Vec<String> {
        self.model.says("Well.");
        let words = TurnInput::text("How long is the guarantee?");
        let turn = platform.conversations().turn(ctx, talk.id, words).await.expect("a turn");
        turn.for_each(|event| async { drop(event.expect("an event")) }).await;
        let asked = self.model.asked.lock().expect("nobody panicked");
        asked.last().expect("it was asked").brief.knowledge.iter().map(|known| known.answer.clone()).collect()
    }

    async fn changes(&self, change: impl FnOnce(&mut AssistantInput)) -> Assistant {
        let (assistants, owner) = (self.platform.assistants(), self.owner());
        let mut input = AssistantInput::from(&assistants.get(&owner, self.assistant.id).await.expect("it is there"));
        change(&mut input);
        assistants.update(&owner, self.assistant.id, input, None).await.expect("a change")
    }
}

#[rstest]
#[case(Sharing::Cache)]
#[case(Sharing::TwoLevels)]
#[case(Sharing::Bus)]
#[tokio::test]
async fn what_an_assistant_learns_in_one_process_it_answers_in_the_other(#[case] sharing: Sharing) {
    let pair = Pair::new(sharing).await;
    let (world, talk) = (&pair.world, pair.world.visitor().await);
    let entry = world.knows("Five years.").await;
    assert_eq!(world.told_by(&pair.there, &talk).await, ["Five years."]);
    world.hooks.asked();
    assert_eq!(world.told_by(&pair.there, &talk).await, ["Five years."]);
    assert!(!world.hooks.asked().contains_key("knowledge"), "it was kept");

    world.learns(entry.id, "Ten years.").await.expect("a change");
    pair.heard().await;
    assert_eq!(world.told_by(&pair.there, &talk).await, ["Ten years."]);
    world.knows("Two years on the battery.").await;
    pair.heard().await;
    assert_eq!(world.told_by(&pair.there, &talk).await.len(), 2);
    let (assistants, owner) = (world.platform.assistants(), world.owner());
    assistants.delete_knowledge(&owner, world.assistant.id, entry.id, None).await.expect("it goes");
    pair.heard().await;
    assert_eq!(world.told_by(&pair.there, &talk).await, ["Two years on the battery."]);
    assert_eq!(world.told_by(&world.platform, &talk).await, ["Two years on the battery."], "and here");
}

#[tokio::test]
async fn a_process_alone_answers_by_its_own_changes() {
    let world = World::new().await;
    let talk = world.visitor().await;
    let entry = world.knows("Five years.").await;
    for answer in ["Ten years.", "Twenty years."] {
        world.told_by(&world.platform, &talk).await;
        world.learns(entry.id, answer).await.expect("a change");
        assert_eq!(world.told_by(&world.platform, &talk).await, [answer]);
    }
}

#[rstest]
#[case(Sharing::Cache)]
#[case(Sharing::TwoLevels)]
#[case(Sharing::Bus)]
#[tokio::test]
async fn an_assistant_that_is_switched_off_answers_nowhere_from_that_moment(#[case] sharing: Sharing) {
    let pair = Pair::new(sharing).await;
    let (world, talk) = (&pair.world, pair.world.visitor().await);
    let public = pair.there.public();
    let open = |origin| public.open(world.assistant.id, origin, NewVisit::default(), Context::anonymous());
    world.changes(|input| input.allowed_origins = vec![PAGE.to_owned()]).await;
    // Everything that is kept is kept by now. Nobody waits for anything to be heard.
    world.told_by(&pair.there, &talk).await;
    open(Some(PAGE)).await.expect("the page may");

    world.changes(|input| input.allowed_origins.clear()).await;
    assert_eq!(open(Some(PAGE)).await.expect_err("it may no longer").kind(), ErrorKind::Forbidden);
    world.changes(|input| input.active = false).await;
    assert_eq!(open(None).await.expect_err("it is off").kind(), ErrorKind::NotFound);
    let turn = pair.there.conversations().turn(&talk.1, talk.0.id, TurnInput::text("Hello?")).await;
    assert_eq!(turn.err().expect("it is off").kind(), ErrorKind::Conflict);
    let (fresh, ctx) = {
        world.changes(|input| input.active = true).await;
        world.visitor().await
    };
    world.changes(|input| input.active = false).await;
    let greeting = pair.there.conversations().greet(&ctx, fresh.id).await;
    assert_eq!(greeting.err().expect("it is off").kind(), ErrorKind::Conflict);
    world.changes(|input| input.active = true).await;
    world.told_by(&pair.there, &talk).await;
}

#[tokio::test]
async fn a_turn_speaks_as_the_business_is_at_that_moment() {
    let pair = Pair::new(Sharing::Bus).await;
    let (world, talk) = (&pair.world, pair.world.visitor().await);
    world.told_by(&pair.there, &talk).await;
    world.changes(|input| input.script.push_str(" Offer the winter check.")).await;
    let organization = world.platform.organizations().get(&world.owner()).await.expect("it is there");
    let renamed = Organization { name: "Winter Bikes".to_owned(), ..organization };
    world.platform.organizations().update(&world.owner(), renamed).await.expect("a change");
    world.told_by(&pair.there, &talk).await;
    let asked = world.model.asked.lock().expect("nobody panicked");
    let system = &asked.last().expect("it was asked").system;
    assert!(system.contains("Offer the winter check.") && system.contains("Winter Bikes"), "{system}");
}

#[tokio::test]
async fn a_turn_reads_the_business_once_and_what_it_knows_never() {
    let pair = Pair::new(Sharing::Cache).await;
    let (world, talk) = (&pair.world, pair.world.visitor().await);
    world.knows("Five years.").await;
    world.told_by(&world.platform, &talk).await;
    world.hooks.asked();
    world.told_by(&world.platform, &talk).await;
    let asked = world.hooks.asked();
    let times = |name| asked.get(name).copied().unwrap_or_default();
    // Both units read it with the conversation, and store words with the conversation too.
    let business = times("assistants") + times("organizations") + times("leads");
    assert_eq!((times("conversations"), business, times("knowledge")), (4, 0, 0), "{asked:?}");

    let public = pair.there.public();
    let open = || public.open(world.assistant.id, None, NewVisit::default(), Context::anonymous());
    open().await.expect("a visit");
    world.hooks.asked();
    open().await.expect("a visit");
    assert_eq!(world.hooks.asked().get("assistants"), Some(&2), "the check, and the unit; whose it is was kept");
}

#[tokio::test]
async fn a_change_of_which_nobody_was_told_shows_within_a_minute() {
    let pair = Pair::new(Sharing::Cache).await;
    let (world, talk) = (&pair.world, pair.world.visitor().await);
    let entry = world.knows("Five years.").await;
    world.told_by(&pair.there, &talk).await;
    // The process ends between commit and delete.
    world.hooks.commit(Commit::LandsAndHangs);
    let mut change = Box::pin(world.learns(entry.id, "Ten years."));
    let landed = async {
        loop {
            assert!(futures::poll!(&mut change).is_pending(), "it hangs");
            let stored = world.repositories().knowledge().get(world.organization.id, entry.id).await;
            if stored.expect("memory").expect("it is there").answer == "Ten years." {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), landed).await.expect("it lands");
    assert_eq!(world.told_by(&pair.there, &talk).await, ["Five years."]);
    pair.clock.forward(MINUTE);
    assert_eq!(world.told_by(&pair.there, &talk).await, ["Ten years."]);
}

#[tokio::test]
async fn a_change_is_told_when_its_caller_goes_away() {
    let pair = Pair::new(Sharing::Cache).await;
    let (world, talk) = (&pair.world, pair.world.visitor().await);
    let entry = world.knows("Five years.").await;
    world.told_by(&pair.there, &talk).await;
    let mut change = Box::pin(world.learns(entry.id, "Ten years."));
    assert!(futures::poll!(&mut change).is_pending(), "the commit is a task of its own");
    drop(change);
    world.platform.drain().await;
    assert_eq!(world.told_by(&pair.there, &talk).await, ["Ten years."]);
}

#[tokio::test]
async fn nothing_of_a_visitor_is_kept() {
    let ledger = Ledger::new(false);
    let world = World::with_cache(ledger.clone()).await;
    world.knows("Five years.").await;
    let visit = world
        .platform
        .public()
        .open(world.assistant.id, None, NewVisit::default(), Context::anonymous())
        .await
        .expect("a visit");
    let (talk, ctx) = (visit.conversation.clone(), Context::visitor(visit.conversation.id, world.organization.id));
    let given = [("name", "Quentin Xavier"), ("email", "quentin@visitor.example"), ("phone", "+49 30 901820")];
    world.model.uses("capture_lead", told(&given), "Noted, Quentin.");
    world.turn(&ctx, &talk, "I am Quentin Xavier, quentin@visitor.example. How long is the guarantee?").await;
    world.model.uses("hand_off", told(&[("reason", "Quentin wants a person")]), "A colleague comes.");
    world.turn(&ctx, &talk, "Please call me at +49 30 901820.").await;
    world.work().await;

    let written = ledger.written();
    assert!(written.iter().any(|line| line.contains("Five years.")), "the cache was used");
    let (conversation, lead) = (talk.id.to_string(), talk.lead_id.to_string());
    let own = ["quentin", "xavier", "901820", "visitor.example", "colleague", &conversation, &lead];
    for line in &written {
        let lower = line.to_lowercase();
        assert!(own.iter().all(|word| !lower.contains(word)), "{line}");
        let (_, key) = line.split_once(' ').expect("an organization and a key");
        let known = ["knowledge:1:", "organization_of:1:", "assistant:"];
        assert!(known.iter().any(|kind| key.starts_with(kind)), "docs/cache.md does not name {key}");
    }
}

#[tokio::test]
async fn without_its_cache_a_platform_goes_on() {
    let world = World::with_cache(Ledger::new(true)).await;
    let talk = world.visitor().await;
    let entry = world.knows("Five years.").await;
    assert_eq!(world.told_by(&world.platform, &talk).await, ["Five years."]);
    world.learns(entry.id, "Ten years.").await.expect("a change");
    assert_eq!(world.told_by(&world.platform, &talk).await, ["Ten years."]);
}

#[tokio::test]
async fn what_another_version_has_kept_is_read_anew() {
    let pair = Pair::new(Sharing::Cache).await;
    let (world, talk) = (&pair.world, pair.world.visitor().await);
    world.knows("Five years.").await;
    let key = format!("knowledge:1:{}", world.assistant.id);
    let others = [&b"1{\"entries\":[{\"words\":\"Five years.\"}]}"[..], b"1[]", b"0", b"\xFF"];
    for other in others {
        let cache = world.platform.cache();
        let (value, hour) = (Bytes::from_static(other), Duration::from_hours(1));
        cache.set(world.organization.id, &key, value, hour, &[]).await.expect("memory");
        assert_eq!(world.told_by(&world.platform, &talk).await, ["Five years."]);
        let kept = cache.get(world.organization.id, &key).await.expect("memory").expect("it is kept");
        assert!(kept.value != other || other == b"0", "{other:?}");
    }
}
