//! What a turn reads of a conversation, and words that are stored with it.

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, refused},
};
use crate::{
    domain::{
        conversation::{Conversation, ConversationStatus, Transcript},
        lead::Lead,
    },
    error::{ErrorKind, Retry},
    ports::{Repositories, Scene},
};

/// A scene is the conversation with its assistant, its organization, and whether its lead is still there.
pub async fn a_scene_is_what_a_turn_needs(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let other = world.another().await;
    let (kept, deleted, erased) = (world.lead().await, world.lead().await, world.lead().await);
    let gone = Lead { deleted_at: Some(at(5)), ..deleted.clone() };
    world.write(async |unit| unit.leads().update(&gone).await).await.unwrap();
    let mut talks = Vec::new();
    for lead in [&kept, &erased] {
        talks.push(world.conversation_like(lead, |talk| talk.last_seq = 3).await);
    }
    let of_deleted = world.conversation_like(&deleted, |_| ()).await;
    world.write(async |unit| unit.leads().erase(world.org(), erased.id, at(70)).await).await.unwrap();
    let scene = async |world: &World, id| world.read().conversations().scene(world.org(), id).await.unwrap();
    let organization = world.read().organizations().get(world.org()).await.unwrap().unwrap();
    let expected = Scene {
        conversation: talks[0].clone(),
        lead_is_gone: false,
        assistant: world.assistant.clone(),
        organization: organization.clone(),
    };
    assert_eq!(scene(&world, talks[0].id).await, Some(expected.clone()));
    for id in [talks[1].id, of_deleted.id] {
        let found = scene(&world, id).await.unwrap();
        assert_eq!((found.conversation.id, found.lead_is_gone), (id, true));
    }
    assert_eq!(scene(&other, talks[0].id).await, None, "another organization's");
    let unit = world.storage.begin().await.unwrap();
    let changed = Conversation { status: ConversationStatus::Paused, ..talks[0].clone() };
    unit.conversations().update(&changed).await.unwrap();
    let conversation = Conversation { version: changed.version + 1, ..changed };
    let seen = unit.conversations().scene(world.org(), talks[0].id).await.unwrap();
    assert_eq!(seen, Some(Scene { conversation, ..expected }), "a unit sees its own writes");
    unit.rollback().await.unwrap();
}

async fn said(repos: &dyn Repositories, talk: &Conversation) -> (Conversation, Vec<Transcript>) {
    let (organization, id) = (talk.organization_id, talk.id);
    let stored = repos.conversations().get(organization, id).await.unwrap().unwrap();
    (stored, repos.transcripts().list(organization, id, 0, 10).await.unwrap())
}

/// Words are stored with their conversation as it stands with them, also where that has a call of another name.
pub async fn words_are_stored_with_their_conversation(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let mut talk = world.conversation().await;
    let mut words = Vec::new();
    for seq in 1..=3 {
        let one = Transcript { response_ms: None, ..world.samples.utterance(&talk, seq) };
        talk = Conversation { last_seq: seq, last_activity_at: at(seq), updated_at: at(seq), ..talk };
        if seq == 2 {
            talk.external_call_id = Some("another call".to_owned());
        }
        world.write(async |unit| unit.conversations().say(&talk, &one).await).await.unwrap();
        talk.version += 1;
        words.push(one);
        assert_eq!(said(world.read(), &talk).await, (talk.clone(), words.clone()));
    }
}

/// Where either is refused, nothing is stored and the unit has ended.
pub async fn refused_words_end_the_unit(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.narrow().await).await;
    let lead = world.lead().await;
    let (talk, rival) = (world.conversation_like(&lead, |_| ()).await, world.conversation_like(&lead, |_| ()).await);
    let missing = world.samples.conversation(&lead, world.assistant.id);
    let word = |talk: &Conversation, seq| world.samples.utterance(talk, seq);
    let taken = Conversation { external_call_id: rival.external_call_id.clone(), ..talk.clone() };
    let cases = [
        (Conversation { version: 9, ..talk.clone() }, word(&talk, 1), ErrorKind::StaleVersion),
        (missing.clone(), word(&missing, 1), ErrorKind::NotFound),
        (talk.clone(), word(&talk, 2), ErrorKind::Conflict),
        (taken, word(&talk, 1), ErrorKind::Conflict),
        (talk.clone(), word(&missing, 1), ErrorKind::NotFound),
    ];
    let after = world.samples.lead(world.org());
    for (conversation, one, kind) in cases {
        let unit = world.storage.begin().await.unwrap();
        unit.leads().insert(&after).await.unwrap();
        refused(unit.conversations().say(&conversation, &one).await, kind);
        let next = unit.leads().get(world.org(), lead.id).await.unwrap_err();
        assert_eq!((next.kind(), next.retry()), (ErrorKind::Conflict, Retry::Now), "{}", next.chain());
        let committed = unit.commit().await.unwrap_err();
        assert_eq!((committed.kind(), committed.retry()), (ErrorKind::Conflict, Retry::Now), "{}", committed.chain());
        assert_eq!(said(world.read(), &talk).await, (talk.clone(), Vec::new()));
        assert_eq!(world.read().leads().get(world.org(), after.id).await.unwrap(), None);
    }
}
