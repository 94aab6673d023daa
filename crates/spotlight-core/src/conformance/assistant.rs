//! Assistants and their knowledge.

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, keeps_versions, lists, refused},
};
use crate::{
    domain::{
        UserId,
        assistant::{Assistant, BookingSettings, HandOffRule, Knowledge, Language, ModelSettings, Tone, VoiceSettings},
        conversation::ConversationStatus,
        user::Role,
    },
    error::ErrorKind,
    ports::{AssistantFigures, AssistantFilter, AssistantSort, Order, Sort, UnitOfWork},
};

fn bare(assistant: Assistant) -> Assistant {
    Assistant {
        tone: Tone::Professional,
        language: Language::En,
        active: false,
        greeting: None,
        voice: VoiceSettings::default(),
        model: ModelSettings::default(),
        questions: Vec::new(),
        tools: Vec::new(),
        hand_off: HandOffRule::default(),
        booking: BookingSettings::default(),
        allowed_origins: Vec::new(),
        voice_sample: None,
        report_schema: None,
        success_criteria: None,
        ..assistant
    }
}

/// What was added comes back, and its organization is found by its id alone.
pub async fn an_assistant_comes_back_whole(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let bare = bare(world.samples.assistant(world.org(), world.user.id));
    world.write(async |unit| unit.assistants().insert(&bare).await).await.unwrap();
    let read = world.read().assistants();
    for assistant in [&world.assistant, &bare] {
        assert_eq!(read.get(world.org(), assistant.id).await.unwrap().as_ref(), Some(assistant));
        assert_eq!(read.organization_of(assistant.id).await.unwrap(), Some(world.org()));
    }
    let missing = world.samples.assistant(world.org(), world.user.id).id;
    assert_eq!(read.get(world.org(), missing).await.unwrap(), None);
    assert_eq!(read.organization_of(missing).await.unwrap(), None);
}

/// An assistant needs its organization and its owner, and an id of its own.
pub async fn an_assistant_needs_what_it_names(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let nowhere = world.samples.assistant(world.samples.organization().id, world.user.id);
    refused(world.write(async |unit| unit.assistants().insert(&nowhere).await).await, ErrorKind::NotFound);
    let nobodys = world.samples.assistant(world.org(), world.samples.user().id);
    refused(world.write(async |unit| unit.assistants().insert(&nobodys).await).await, ErrorKind::NotFound);
    let same = Assistant { id: world.assistant.id, ..world.samples.assistant(world.org(), world.user.id) };
    refused(world.write(async |unit| unit.assistants().insert(&same).await).await, ErrorKind::Conflict);
}

/// Updates replace everything and keep versions.
pub async fn an_assistant_keeps_versions(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let changed = Assistant {
        name: "Changed".to_owned(),
        role: "Answers questions of guests".to_owned(),
        script: "Say hello, answer questions, and never promise what nobody has decided.".to_owned(),
        updated_at: at(9),
        ..bare(world.assistant.clone())
    };
    keeps_versions!(
        world,
        changed,
        world.samples.assistant(world.org(), world.user.id),
        async |unit: &dyn UnitOfWork, it: &Assistant| unit.assistants().update(it).await,
        async |world: &World| world.read().assistants().get(world.org(), world.assistant.id).await
    );
    // What it is found by has changed too.
    let found = async |search: &str| {
        let filter = AssistantFilter { search: Some(search.to_owned()), ..AssistantFilter::default() };
        let found = world.read().assistants();
        found.list(world.org(), &filter, Sort::default(), &super::support::WHOLE).await.unwrap().items.len()
    };
    assert_eq!((found("avila").await, found("guests").await), (0, 1));
}

async fn lists_as(world: &World, filter: AssistantFilter, sort: Sort<AssistantSort>, expected: &[&Assistant]) {
    let expected: Vec<_> = expected.iter().map(|assistant| assistant.id.as_uuid()).collect();
    let read = world.read().assistants();
    let (organization, filter) = (world.org(), &filter);
    lists(
        &expected,
        |assistant: &Assistant| assistant.id.as_uuid(),
        async |paging| read.list(organization, filter, sort, &paging).await,
    )
    .await;
}

/// Every sort in both directions, ties by id, text by code point, in pages and by cursors.
pub async fn assistants_are_sorted(fixture: &dyn StorageFixture) {
    use AssistantSort::{CreatedAt, Name, UpdatedAt};
    let world = World::new(fixture.fresh().await).await;
    let made = |name: &str, created, updated| Assistant {
        name: name.to_owned(),
        created_at: at(created),
        updated_at: at(updated),
        ..world.samples.assistant(world.org(), world.user.id)
    };
    // The world's own is "Ávila", made at 0 and changed at 1.
    let a = &world.assistant;
    let [b, c, d] = [made("Zora", 5, 9), made("alma", 5, 7), made("Zora", -3, 8)];
    for assistant in [&b, &c, &d] {
        world.write(async |unit| unit.assistants().insert(assistant).await).await.unwrap();
    }
    let orders: [(AssistantSort, [&Assistant; 4]); 3] =
        [(CreatedAt, [&d, a, &b, &c]), (UpdatedAt, [a, &c, &d, &b]), (Name, [&b, &d, &c, a])];
    for (by, mut expected) in orders {
        lists_as(&world, AssistantFilter::default(), Sort { by, order: Order::Asc }, &expected).await;
        expected.reverse();
        lists_as(&world, AssistantFilter::default(), Sort { by, order: Order::Desc }, &expected).await;
    }
}

/// Every filter, alone and together.
pub async fn assistants_are_filtered(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let owner: UserId = world.member(Role::SalesRep).await.id;
    let other = Assistant {
        name: "Straße Bot".to_owned(),
        role: "Books viewings of flats".to_owned(),
        created_at: at(5),
        ..bare(world.samples.assistant(world.org(), owner))
    };
    world.write(async |unit| unit.assistants().insert(&other).await).await.unwrap();
    let (first, second): (&[&Assistant], &[&Assistant]) = (&[&world.assistant], &[&other]);
    let any = AssistantFilter::default;
    let search = |text: &str| AssistantFilter { search: Some(text.to_owned()), ..any() };
    let ascending = Sort { by: AssistantSort::CreatedAt, order: Order::Asc };
    for (filter, expected) in [
        (any(), [first, second].concat()),
        (AssistantFilter { active: Some(true), ..any() }, first.to_vec()),
        (AssistantFilter { active: Some(false), ..any() }, second.to_vec()),
        (AssistantFilter { language: Some(Language::Es), ..any() }, first.to_vec()),
        (AssistantFilter { language: Some(Language::Fr), ..any() }, vec![]),
        (AssistantFilter { owner_id: Some(owner), ..any() }, second.to_vec()),
        (AssistantFilter { owner_id: Some(owner), active: Some(true), ..any() }, vec![]),
        (search("avil"), first.to_vec()),
        (search("STRASSE flat"), second.to_vec()),
        (search("strasse furniture"), vec![]),
        (search("ooks"), vec![]),
        (search(" –! "), vec![]),
        (search(""), vec![]),
    ] {
        lists_as(&world, filter, ascending, &expected).await;
    }
}

/// An assistant goes with its knowledge, unless something refers to it.
pub async fn an_assistant_in_use_is_not_removed(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let [free, talking, booked] = std::array::from_fn(|_| world.samples.assistant(world.org(), world.user.id));
    for assistant in [&free, &talking, &booked] {
        world.write(async |unit| unit.assistants().insert(assistant).await).await.unwrap();
    }
    let entry = world.samples.knowledge(&free);
    world.write(async |unit| unit.knowledge().insert(&entry).await).await.unwrap();
    assert_eq!(world.read().assistants().count(world.org()).await.unwrap(), 4);
    let lead = world.lead().await;
    world.conversation_like(&lead, |conversation| conversation.assistant_id = talking.id).await;
    let appointment = world.samples.appointment(&lead, booked.id, &world.host, 100);
    world.write(async |unit| unit.appointments().insert(&appointment, at(0)).await).await.unwrap();

    let delete = async |id| world.write(async |unit| unit.assistants().delete(world.org(), id).await).await;
    refused(delete(talking.id).await, ErrorKind::Conflict);
    refused(delete(booked.id).await, ErrorKind::Conflict);
    delete(free.id).await.unwrap();
    refused(delete(free.id).await, ErrorKind::NotFound);
    let read = world.read();
    assert_eq!(read.assistants().get(world.org(), free.id).await.unwrap(), None);
    assert_eq!(read.knowledge().get(world.org(), entry.id).await.unwrap(), None);
    assert_eq!(read.assistants().get(world.org(), talking.id).await.unwrap(), Some(talking));
    assert_eq!(read.assistants().count(world.org()).await.unwrap(), 3);
}

/// Figures count conversations, and the leads that had them once each.
pub async fn an_assistant_has_figures(fixture: &dyn StorageFixture) {
    use ConversationStatus::{Abandoned, Active, Completed, Paused};
    let world = World::new(fixture.fresh().await).await;
    let figures = async |id| world.read().assistants().figures(world.org(), id).await.unwrap();
    let none =
        AssistantFigures { average_lead_score: None, conversations: 0, active_conversations: 0, completion_rate: None };
    assert_eq!(figures(world.assistant.id).await, none);
    assert_eq!(figures(world.samples.assistant(world.org(), world.user.id).id).await, none, "zeros when there is none");
    let scored = async |score| world.lead_like(|lead| lead.score = score).await;
    let (eager, cool, unknown) = (scored(Some(90)).await, scored(Some(41)).await, scored(None).await);
    scored(Some(10)).await;
    for (lead, status) in [
        (&eager, Completed),
        (&eager, Completed),
        (&eager, Active),
        (&cool, Abandoned),
        (&unknown, Completed),
        (&unknown, Paused),
    ] {
        world.conversation_like(lead, |conversation| conversation.status = status).await;
    }
    let expected = AssistantFigures {
        average_lead_score: Some(65.5),
        conversations: 6,
        active_conversations: 2,
        completion_rate: Some(0.75),
    };
    assert_eq!(figures(world.assistant.id).await, expected);
}

/// Knowledge comes back, oldest first, and is replaced and removed.
pub async fn knowledge_is_kept(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let made = |minutes| Knowledge { created_at: at(minutes), ..world.samples.knowledge(&world.assistant) };
    let [tied, tied_later, old] = [made(5), made(5), made(0)];
    let old = Knowledge { question: None, ..old };
    for entry in [&tied_later, &tied, &old] {
        world.write(async |unit| unit.knowledge().insert(entry).await).await.unwrap();
    }
    let list = async || world.read().knowledge().list(world.org(), world.assistant.id).await.unwrap();
    assert_eq!(list().await, [old.clone(), tied.clone(), tied_later.clone()]);

    refused(world.write(async |unit| unit.knowledge().insert(&tied).await).await, ErrorKind::Conflict);
    let elsewhere = world.samples.assistant(world.org(), world.user.id);
    let orphan = world.samples.knowledge(&elsewhere);
    refused(world.write(async |unit| unit.knowledge().insert(&orphan).await).await, ErrorKind::NotFound);
    let replace =
        async |entry: &Knowledge, seen| world.write(async |unit| unit.knowledge().update(entry, seen).await).await;
    refused(replace(&orphan, orphan.updated_at).await, ErrorKind::NotFound);

    let changed = Knowledge { question: None, answer: "No.".to_owned(), updated_at: at(9), ..tied.clone() };
    replace(&changed, tied.updated_at).await.unwrap();
    let late = Knowledge { answer: "Lost.".to_owned(), updated_at: at(10), ..tied.clone() };
    refused(replace(&late, tied.updated_at).await, ErrorKind::StaleVersion);
    assert_eq!(world.read().knowledge().get(world.org(), changed.id).await.unwrap().as_ref(), Some(&changed));
    assert!(world.write(async |unit| unit.knowledge().delete(world.org(), changed.id).await).await.unwrap());
    assert!(!world.write(async |unit| unit.knowledge().delete(world.org(), changed.id).await).await.unwrap());
    assert_eq!(list().await, [old, tied_later]);
}
