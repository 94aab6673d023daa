//! Conversations.

use chrono::Duration;

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, keeps_versions, lists, refused},
};
use crate::{
    domain::{
        assistant::{Assistant, Language},
        conversation::{Channel, Conversation, ConversationStatus, DialogueState, Sentiment},
        lead::Lead,
        scoring::Criteria,
        user::Role,
    },
    error::ErrorKind,
    ports::{Between, CompletedConversation, ConversationFilter, ConversationSort, Order, Sort, UnitOfWork},
};

fn bare(conversation: Conversation) -> Conversation {
    Conversation {
        language: Language::En,
        time_zone: None,
        score: None,
        score_reasons: Vec::new(),
        criteria: Criteria::default(),
        sentiment: None,
        sentiment_value: None,
        summary: None,
        keywords: Vec::new(),
        outcome: None,
        recording_consent: None,
        audio_file: None,
        external_call_id: None,
        state: DialogueState::default(),
        waiting_since: None,
        ..conversation
    }
}

/// What was added comes back, with everything known and with nothing.
pub async fn a_conversation_comes_back_whole(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let full = Conversation {
        taken_over_by: Some(world.user.id),
        last_seq: 7,
        ended_at: Some(at(9)),
        ..world.samples.conversation(&lead, world.assistant.id)
    };
    let empty = bare(world.samples.conversation(&lead, world.assistant.id));
    let another = bare(world.samples.conversation(&lead, world.assistant.id));
    for conversation in [&full, &empty, &another] {
        world.write(async |unit| unit.conversations().insert(conversation).await).await.unwrap();
        let stored = world.read().conversations().get(world.org(), conversation.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(conversation));
    }
    let missing = world.samples.conversation(&lead, world.assistant.id).id;
    assert_eq!(world.read().conversations().get(world.org(), missing).await.unwrap(), None);
}

/// A conversation needs its lead and its assistant, and an id and a call of its own.
pub async fn a_conversation_needs_what_it_names(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let talk = world.conversation_like(&lead, |_| ()).await;
    let add = async |talk: &Conversation| world.write(async |unit| unit.conversations().insert(talk).await).await;
    let made = || world.samples.conversation(&lead, world.assistant.id);
    let nobody = world.samples.conversation(&world.samples.lead(world.org()), world.assistant.id);
    refused(add(&nobody).await, ErrorKind::NotFound);
    let silent = Conversation { assistant_id: world.samples.assistant(world.org(), world.user.id).id, ..made() };
    refused(add(&silent).await, ErrorKind::NotFound);
    refused(add(&Conversation { id: talk.id, ..made() }).await, ErrorKind::Conflict);
    let call = Conversation { external_call_id: talk.external_call_id.clone(), ..made() };
    refused(add(&call).await, ErrorKind::Conflict);
    // A call belongs to one conversation of the organization, not of the deployment.
    let other = world.another().await;
    let theirs = other.lead().await;
    let called = other.conversation_like(&theirs, |it| it.external_call_id.clone_from(&talk.external_call_id)).await;
    let call = talk.external_call_id.clone().unwrap();
    for (world, expected) in [(&world, &talk), (&other, &called)] {
        let found = world.read().conversations().by_external_call(world.org(), &call).await.unwrap();
        assert_eq!(found.map(|talk| talk.id), Some(expected.id));
        assert_eq!(world.read().conversations().by_external_call(world.org(), "unknown").await.unwrap(), None);
    }
}

/// Updates replace everything and keep versions.
pub async fn a_conversation_keeps_versions(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let talk = world.conversation().await;
    let changed = Conversation {
        status: ConversationStatus::Completed,
        source: Channel::Phone,
        taken_over_by: Some(world.user.id),
        last_seq: 12,
        last_activity_at: at(9),
        ended_at: Some(at(9)),
        updated_at: at(9),
        ..bare(talk.clone())
    };
    keeps_versions!(
        world,
        changed,
        world.samples.conversation(&world.lead().await, world.assistant.id),
        async |unit: &dyn UnitOfWork, it: &Conversation| unit.conversations().update(it).await,
        async |world: &World| world.read().conversations().get(world.org(), talk.id).await
    );
}

async fn lists_as(
    world: &World,
    filter: &ConversationFilter,
    sort: Sort<ConversationSort>,
    expected: &[&Conversation],
) {
    let expected: Vec<_> = expected.iter().map(|talk| talk.id.as_uuid()).collect();
    let (read, organization) = (world.read().conversations(), world.org());
    lists(
        &expected,
        |talk: &Conversation| talk.id.as_uuid(),
        async |paging| read.list(organization, filter, sort, &paging).await,
    )
    .await;
}

/// Every sort in both directions, with ties and absent values, in pages and by cursors.
pub async fn conversations_are_sorted(fixture: &dyn StorageFixture) {
    use ConversationSort::{LastActivityAt, Score, StartedAt};
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let made = async |started, active, score| {
        world
            .conversation_like(&lead, |talk| {
                (talk.started_at, talk.last_activity_at, talk.score) = (at(started), at(active), score);
            })
            .await
    };
    let [first, second, third, fourth, fifth] = [
        made(0, 90, Some(9)).await,
        made(0, 20, None).await,
        made(-5, 20, Some(100)).await,
        made(30, 40, None).await,
        made(20, 50, Some(9)).await,
    ];
    let any = ConversationFilter::default();
    for (by, order, expected) in [
        (StartedAt, Order::Asc, [&third, &first, &second, &fifth, &fourth]),
        (StartedAt, Order::Desc, [&fourth, &fifth, &second, &first, &third]),
        (LastActivityAt, Order::Asc, [&second, &third, &fourth, &fifth, &first]),
        (LastActivityAt, Order::Desc, [&first, &fifth, &fourth, &third, &second]),
        (Score, Order::Asc, [&first, &fifth, &third, &second, &fourth]),
        (Score, Order::Desc, [&third, &fifth, &first, &fourth, &second]),
    ] {
        lists_as(&world, &any, Sort { by, order }, &expected).await;
    }
}

/// Every filter, alone and together.
pub async fn conversations_are_filtered(fixture: &dyn StorageFixture) {
    use ConversationStatus::{Abandoned, Active, Completed, Paused};
    let world = World::new(fixture.fresh().await).await;
    let rep = world.member(Role::SalesRep).await;
    let own = Assistant { owner_id: rep.id, ..world.samples.assistant(world.org(), rep.id) };
    world.write(async |unit| unit.assistants().insert(&own).await).await.unwrap();
    let lead = world.lead().await;
    let assigned = world.lead_like(|lead| lead.owner_id = Some(rep.id)).await;
    let made = async |lead: &Lead, change: &dyn Fn(&mut Conversation)| world.conversation_like(lead, change).await;
    let a = made(&lead, &|talk| talk.started_at = at(0)).await;
    let b = made(&lead, &|talk| {
        (talk.started_at, talk.status, talk.source) = (at(10), Paused, Channel::Phone);
        (talk.sentiment, talk.assistant_id) = (Some(Sentiment::Negative), own.id);
        talk.taken_over_by = Some(rep.id);
    })
    .await;
    let c = made(&assigned, &|talk| {
        (talk.started_at, talk.status, talk.source) = (at(20), Completed, Channel::Sms);
        talk.sentiment = None;
        talk.summary = Some("Möchte Sonnenschirme für 3 Hotels".to_owned());
        talk.keywords = vec!["Terrasse".to_owned()];
    })
    .await;
    let d = made(&assigned, &|talk| {
        (talk.started_at, talk.status, talk.assistant_id) = (at(30), Abandoned, own.id);
        (talk.summary, talk.keywords) = (None, Vec::new());
    })
    .await;

    let any = ConversationFilter::default;
    let search = |text: &str| ConversationFilter { search: Some(text.to_owned()), ..any() };
    let between = |from: Option<i64>, to: Option<i64>| Between { from: from.map(at), to: to.map(at) };
    let cases: Vec<(ConversationFilter, Vec<&Conversation>)> = vec![
        (any(), vec![&a, &b, &c, &d]),
        (ConversationFilter { statuses: vec![Active], ..any() }, vec![&a]),
        (ConversationFilter { statuses: vec![Completed, Abandoned], ..any() }, vec![&c, &d]),
        (ConversationFilter { sources: vec![Channel::Phone, Channel::Sms], ..any() }, vec![&b, &c]),
        (ConversationFilter { sources: vec![Channel::Email], ..any() }, vec![]),
        (ConversationFilter { assistant_id: Some(own.id), ..any() }, vec![&b, &d]),
        (ConversationFilter { lead_id: Some(assigned.id), ..any() }, vec![&c, &d]),
        (ConversationFilter { lead_id: Some(assigned.id), assistant_id: Some(own.id), ..any() }, vec![&d]),
        (ConversationFilter { taken_over_by: Some(rep.id), ..any() }, vec![&b]),
        (ConversationFilter { taken_over_by: Some(world.user.id), ..any() }, vec![]),
        (ConversationFilter { sentiment: Some(Sentiment::Neutral), ..any() }, vec![&a, &d]),
        (ConversationFilter { visible_to: Some(rep.id), ..any() }, vec![&b, &c, &d]),
        (ConversationFilter { visible_to: Some(world.user.id), ..any() }, vec![&a, &c]),
        (ConversationFilter { visible_to: Some(world.samples.user().id), ..any() }, vec![]),
        (ConversationFilter { visible_to: Some(rep.id), statuses: vec![Paused], ..any() }, vec![&b]),
        (ConversationFilter { started: between(Some(10), Some(30)), ..any() }, vec![&b, &c]),
        (ConversationFilter { started: between(None, Some(10)), ..any() }, vec![&a]),
        (ConversationFilter { started: between(Some(20), None), ..any() }, vec![&c, &d]),
        (ConversationFilter { started: between(Some(30), Some(10)), ..any() }, vec![]),
        (search("parasol hotel"), vec![&a, &b]),
        (search("sonnenschirm terr"), vec![&c]),
        (search("MOCHTE 3"), vec![&c]),
        (search("chirme"), vec![]),
        (search(" . "), vec![]),
        (ConversationFilter { visible_to: Some(rep.id), ..search("hotel") }, vec![&b, &c]),
    ];
    for (filter, expected) in cases {
        lists_as(&world, &filter, Sort { by: ConversationSort::StartedAt, order: Order::Asc }, &expected).await;
    }
    // What it is found by changes with it.
    let changed = Conversation { summary: Some("Rang again".to_owned()), keywords: Vec::new(), ..a.clone() };
    world.write(async |unit| unit.conversations().update(&changed).await).await.unwrap();
    lists_as(&world, &search("parasol"), Sort::default(), &[&b]).await;
    lists_as(&world, &search("rang"), Sort::default(), &[&a]).await;
}

/// Unhappy, long, or waiting for an answer: as the entity itself says, to the microsecond.
pub async fn conversations_that_need_attention_are_found(fixture: &dyn StorageFixture) {
    use ConversationStatus::{Abandoned, Active, Completed, Paused};
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let (now, step) = (at(0), Duration::microseconds(1));
    let (long, unanswered) = (now - Duration::minutes(30), now - Duration::minutes(5));
    let made = async |change: &dyn Fn(&mut Conversation)| {
        let talk = world
            .conversation_like(&lead, |talk| {
                (talk.started_at, talk.ended_at, talk.waiting_since) = (unanswered, None, None);
                talk.sentiment_value = None;
                change(talk);
            })
            .await;
        (talk.needs_attention(now), talk)
    };
    let made = [
        made(&|_| ()).await,
        made(&|talk| talk.sentiment_value = Some(-0.3)).await,
        made(&|talk| talk.sentiment_value = Some(-0.300_000_1)).await,
        made(&|talk| (talk.sentiment_value, talk.status, talk.ended_at) = (Some(-1.0), Completed, Some(now))).await,
        made(&|talk| talk.started_at = long).await,
        made(&|talk| talk.started_at = long - step).await,
        made(&|talk| (talk.started_at, talk.status, talk.ended_at) = (long - step, Completed, Some(now))).await,
        made(&|talk| (talk.started_at, talk.status, talk.ended_at) = (long - step, Abandoned, Some(now - step))).await,
        made(&|talk| talk.waiting_since = Some(unanswered)).await,
        made(&|talk| (talk.waiting_since, talk.status) = (Some(unanswered), Paused)).await,
        made(&|talk| talk.waiting_since = Some(unanswered + step)).await,
        made(&|talk| (talk.waiting_since, talk.status, talk.ended_at) = (Some(unanswered), Abandoned, Some(now))).await,
    ];
    let found = made.iter().map(|(needs, _)| *needs).collect::<Vec<_>>();
    let expected = [false, false, true, true, false, true, true, false, true, true, false, false];
    assert_eq!(found, expected, "the entity's own word");
    let filter = ConversationFilter { needs_attention_at: Some(now), ..ConversationFilter::default() };
    let sort = Sort { by: ConversationSort::StartedAt, order: Order::Asc };
    let mut expected: Vec<_> = made.iter().filter(|(needs, _)| *needs).map(|(_, talk)| talk).collect();
    expected.sort_by_key(|talk| (talk.started_at, talk.id));
    lists_as(&world, &filter, sort, &expected).await;
    let open = ConversationFilter { statuses: vec![Active], ..filter };
    expected.retain(|talk| talk.status == Active);
    lists_as(&world, &open, sort, &expected).await;
}

/// Conversations that silence has ended, of every organization, longest silent first.
pub async fn idle_conversations_come_longest_silent_first(fixture: &dyn StorageFixture) {
    use ConversationStatus::{Abandoned, Active, Completed, Paused};
    let world = World::new(fixture.fresh().await).await;
    let other = world.another().await;
    let made = async |world: &World, active, status| {
        let lead = world.lead().await;
        let talk =
            world.conversation_like(&lead, |talk| (talk.last_activity_at, talk.status) = (at(active), status)).await;
        (world.org(), talk.id)
    };
    let late = made(&world, 20, Active).await;
    let early = made(&other, 10, Paused).await;
    let tied = made(&world, 20, Paused).await;
    made(&world, 5, Completed).await;
    made(&other, 5, Abandoned).await;
    made(&world, 30, Active).await;
    let read = world.read().conversations();
    assert_eq!(read.idle(at(30), 10).await.unwrap(), [early, late, tied]);
    assert_eq!(read.idle(at(30), 2).await.unwrap(), [early, late]);
    assert_eq!(read.idle(at(20), 10).await.unwrap(), [early]);
}

/// Conversations with a recording that have ended, first ended first, then by id; each organization's own.
pub async fn recorded_conversations_come_by_end(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let made = async |world: &World, lead: &Lead, ended: Option<i64>, file: Option<&str>| {
        let talk = world
            .conversation_like(lead, |talk| {
                let open = (ConversationStatus::Active, None);
                let ended = ended.map(|ended| (ConversationStatus::Abandoned, Some(at(ended))));
                (talk.status, talk.ended_at) = ended.unwrap_or(open);
                talk.audio_file = file.map(str::to_owned);
            })
            .await;
        talk.id
    };
    let late = made(&world, &lead, Some(20), Some("recordings/a.ogg")).await;
    let early = made(&world, &lead, Some(10), Some("recordings/b.ogg")).await;
    let tied = made(&world, &lead, Some(20), Some("recordings/c.ogg")).await;
    made(&world, &lead, Some(5), None).await;
    made(&world, &lead, None, Some("recordings/d.ogg")).await;
    made(&world, &lead, Some(30), Some("recordings/e.ogg")).await;
    let other = world.another().await;
    let theirs = other.lead().await;
    made(&other, &theirs, Some(5), Some("recordings/a.ogg")).await;

    let read = world.read().conversations();
    assert_eq!(read.recorded(world.org(), at(30), 10).await.unwrap(), [early, late, tied]);
    assert_eq!(read.recorded(world.org(), at(30), 2).await.unwrap(), [early, late]);
    assert_eq!(read.recorded(world.org(), at(20), 10).await.unwrap(), [early]);
    let talk = read.get(world.org(), early).await.unwrap().unwrap();
    let without = Conversation { audio_file: None, ..talk };
    world.write(async |unit| unit.conversations().update(&without).await).await.unwrap();
    assert_eq!(read.recorded(world.org(), at(30), 10).await.unwrap(), [late, tied]);
}

/// A lead's completed conversations with a score, by end, then by id.
pub async fn completed_conversations_come_by_end(fixture: &dyn StorageFixture) {
    use ConversationStatus::{Abandoned, Active, Completed};
    let world = World::new(fixture.fresh().await).await;
    let (lead, other) = (world.lead().await, world.lead().await);
    let made = async |lead: &Lead, status, ended: i64, score| {
        let talk = world
            .conversation_like(lead, |talk| {
                (talk.status, talk.ended_at, talk.score) = (status, (status != Active).then_some(at(ended)), score);
            })
            .await;
        CompletedConversation { id: talk.id, ended_at: at(ended), score: score.unwrap_or_default() }
    };
    let late = made(&lead, Completed, 30, Some(70)).await;
    let early = made(&lead, Completed, 10, Some(0)).await;
    let tied = made(&lead, Completed, 30, Some(100)).await;
    made(&lead, Completed, 20, None).await;
    made(&lead, Abandoned, 20, Some(50)).await;
    made(&lead, Active, 20, Some(50)).await;
    made(&other, Completed, 20, Some(50)).await;
    let completed = world.read().conversations().completed(world.org(), lead.id).await.unwrap();
    assert_eq!(completed, [early, late, tied]);
}

/// Conversations count by when they began, first instant in, last one out.
pub async fn conversations_are_counted(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    for minutes in [0, 10, 20] {
        world.conversation_like(&lead, |talk| talk.started_at = at(minutes)).await;
    }
    let count = async |from: Option<i64>, to: Option<i64>| {
        let between = Between { from: from.map(at), to: to.map(at) };
        world.read().conversations().count_started(world.org(), between).await.unwrap()
    };
    assert_eq!(count(None, None).await, 3);
    assert_eq!(count(Some(0), Some(20)).await, 2);
    assert_eq!(count(Some(10), None).await, 2);
    assert_eq!(count(None, Some(10)).await, 1);
    assert_eq!(count(Some(11), Some(19)).await, 0);
}
