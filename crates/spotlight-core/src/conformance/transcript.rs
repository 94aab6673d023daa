//! Utterances: gapless, in order, and once each.

use std::sync::Arc;

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, one_won, pause, refused, rivals, together},
};
use crate::{
    domain::conversation::{Conversation, ConversationStatus, Sentiment, Speaker, Transcript},
    error::{ErrorKind, Result},
    ports::{ReadConsistency, Storage, UtteranceAnalysis, Words},
};

async fn said(world: &World, talk: &Conversation, count: i64) -> Vec<Transcript> {
    let utterances: Vec<_> = (1..=count).map(|seq| world.samples.utterance(talk, seq)).collect();
    world.write(async |unit| unit.transcripts().append(&utterances).await).await.unwrap();
    utterances
}

/// What was appended comes back, with everything known and with nothing.
pub async fn utterances_come_back_whole(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let talk = world.conversation().await;
    let full = world.samples.utterance(&talk, 1);
    let empty = Transcript {
        speaker: Speaker::Assistant,
        content: String::new(),
        sentiment: None,
        sentiment_value: None,
        confidence: None,
        offset_s: 0.0,
        duration_s: None,
        keywords: Vec::new(),
        tools: Vec::new(),
        model: None,
        response_ms: None,
        interrupted: false,
        ..world.samples.utterance(&talk, 2)
    };
    world.write(async |unit| unit.transcripts().append(&[full.clone(), empty.clone()]).await).await.unwrap();
    let read = world.read();
    assert_eq!(read.transcripts().list(world.org(), talk.id, 0, 10).await.unwrap(), [full, empty]);
    assert_eq!(
        read.conversations().get(world.org(), talk.id).await.unwrap(),
        Some(talk),
        "the conversation is as it was"
    );
}

/// Numbers begin at one and have no gaps; a refused append adds nothing.
pub async fn numbers_have_no_gaps(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (talk, other) = (world.conversation().await, world.conversation().await);
    let append = async |numbers: &[i64]| {
        let utterances: Vec<_> = numbers.iter().map(|seq| world.samples.utterance(&talk, *seq)).collect();
        world.write(async |unit| unit.transcripts().append(&utterances).await).await
    };
    for numbers in [&[0][..], &[2], &[1, 1], &[1, 3], &[2, 1], &[-1]] {
        refused(append(numbers).await, ErrorKind::Conflict);
    }
    append(&[1]).await.unwrap();
    append(&[2, 3]).await.unwrap();
    append(&[]).await.unwrap();
    for numbers in [&[3][..], &[1], &[5], &[4, 6], &[0]] {
        refused(append(numbers).await, ErrorKind::Conflict);
    }
    said(&world, &other, 1).await;
    let stored = world.read().transcripts().list(world.org(), talk.id, 0, 10).await.unwrap();
    assert_eq!(stored.iter().map(|said| said.seq).collect::<Vec<_>>(), [1, 2, 3]);
    let nowhere = world.samples.conversation(&world.samples.lead(world.org()), world.assistant.id);
    let lost = world.samples.utterance(&nowhere, 1);
    refused(world.write(async |unit| unit.transcripts().append(&[lost]).await).await, ErrorKind::NotFound);
}

/// Lists go on after a number, and tails end at the last.
pub async fn utterances_are_read_in_parts(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let talk = world.conversation().await;
    let said = said(&world, &talk, 12).await;
    let read = world.read().transcripts();
    let list = async |after, limit| read.list(world.org(), talk.id, after, limit).await.unwrap();
    assert_eq!(list(0, 100).await, said);
    assert_eq!(list(0, 5).await, said[..5]);
    assert_eq!(list(8, 3).await, said[8..11], "numbers are numbers, so 9 comes before 10");
    assert_eq!(list(12, 5).await, []);
    let tail = async |limit| read.tail(world.org(), talk.id, limit).await.unwrap();
    let words = |said: &[Transcript]| -> Vec<_> {
        said.iter().map(|one| Words { seq: one.seq, speaker: one.speaker, content: one.content.clone() }).collect()
    };
    assert_eq!(tail(3).await, words(&said[9..]));
    assert_eq!(tail(100).await, words(&said));
    let silent = world.conversation().await;
    assert_eq!(read.tail(world.org(), silent.id, 5).await.unwrap(), []);
}

async fn append(storage: Arc<dyn Storage>, utterance: Transcript) -> Result<()> {
    let unit = storage.begin().await?;
    unit.transcripts().append(std::slice::from_ref(&utterance)).await?;
    unit.commit().await
}

/// Of two appends of one number at once, one is refused.
pub async fn of_two_appends_at_once_one_is_refused(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let talk = world.conversation().await;
    for seq in 1..=5 {
        let one = append(Arc::clone(&world.storage), world.samples.utterance(&talk, seq));
        let other = append(Arc::clone(&world.storage), world.samples.utterance(&talk, seq));
        one_won(rivals(one, other).await, ErrorKind::Conflict);
    }
    let stored = world.read().transcripts().list(world.org(), talk.id, 0, 10).await.unwrap();
    assert_eq!(stored.iter().map(|said| said.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

/// Many speakers who try again with the next number leave no gap and lose nothing.
pub async fn many_speakers_leave_no_gap(fixture: &dyn StorageFixture) {
    const SPEAKERS: usize = 4;
    const WORDS: usize = 3;
    let world = World::new(fixture.fresh().await).await;
    let talk = world.conversation().await;
    let speaker = |_| {
        let (storage, samples, talk) = (Arc::clone(&world.storage), Arc::clone(&world.samples), talk.clone());
        async move {
            let mut said = 0;
            while said < WORDS {
                let read = storage.read(ReadConsistency::Strong).transcripts();
                let last = read.tail(talk.organization_id, talk.id, 1).await.unwrap();
                let next = last.first().map_or(1, |said| said.seq + 1);
                match append(Arc::clone(&storage), samples.utterance(&talk, next)).await {
                    Ok(()) => said += 1,
                    Err(error) => assert!(error.is_conflict(), "{}", error.chain()),
                }
                pause().await;
            }
        }
    };
    together((0..SPEAKERS).map(speaker)).await;
    let stored = world.read().transcripts().list(world.org(), talk.id, 0, 100).await.unwrap();
    let numbers: Vec<_> = stored.iter().map(|said| said.seq as usize).collect();
    assert_eq!(numbers, (1..=SPEAKERS * WORDS).collect::<Vec<_>>());
}

/// Analysis changes what it found out and nothing else, as often as it runs.
pub async fn analysis_changes_what_it_found_out(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let talk = world.conversation().await;
    let said = said(&world, &talk, 2).await;
    let found = UtteranceAnalysis {
        id: said[1].id,
        sentiment: Sentiment::Negative,
        value: -0.625,
        confidence: 0.25,
        keywords: vec!["delay".to_owned(), "price".to_owned()],
    };
    let unknown = UtteranceAnalysis { id: world.samples.utterance(&talk, 9).id, ..found.clone() };
    let analyses = [unknown, found];
    for _ in 0..2 {
        world.write(async |unit| unit.transcripts().set_analysis(world.org(), talk.id, &analyses).await).await.unwrap();
        let expected = Transcript {
            sentiment: Some(Sentiment::Negative),
            sentiment_value: Some(-0.625),
            confidence: Some(0.25),
            keywords: vec!["delay".to_owned(), "price".to_owned()],
            ..said[1].clone()
        };
        let stored = world.read().transcripts().list(world.org(), talk.id, 0, 10).await.unwrap();
        assert_eq!(stored, [said[0].clone(), expected]);
    }
}

/// Words that are replaced stand where the former stood, as often as it is done.
pub async fn words_are_replaced_and_nothing_else(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (talk, other) = (world.conversation().await, world.conversation().await);
    let (mine, theirs) = (said(&world, &talk, 3).await, said(&world, &other, 1).await);
    let unknown = world.samples.utterance(&talk, 9).id;
    let contents: Vec<_> = [mine[2].id, unknown, theirs[0].id, mine[0].id]
        .into_iter()
        .enumerate()
        .map(|(index, id)| (id, format!("[name] says {index}")))
        .collect();
    for _ in 0..2 {
        world.write(async |unit| unit.transcripts().rewrite(world.org(), talk.id, &contents).await).await.unwrap();
        let with = |index: usize, content: &str| Transcript { content: content.to_owned(), ..mine[index].clone() };
        let expected = [with(0, "[name] says 3"), mine[1].clone(), with(2, "[name] says 0")];
        assert_eq!(world.read().transcripts().list(world.org(), talk.id, 0, 10).await.unwrap(), expected);
        assert_eq!(world.read().transcripts().list(world.org(), other.id, 0, 10).await.unwrap(), theirs);
    }
    world.write(async |unit| unit.transcripts().rewrite(world.org(), talk.id, &[]).await).await.unwrap();
}

/// Retention takes the utterances of conversations that ended long ago, a few conversations at a time.
pub async fn utterances_are_purged_by_the_end_of_their_conversation(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let made = async |ended: Option<i64>, count| {
        let talk = world
            .conversation_like(&lead, |talk| {
                if let Some(minutes) = ended {
                    (talk.status, talk.ended_at) = (ConversationStatus::Completed, Some(at(minutes)));
                }
            })
            .await;
        said(&world, &talk, count).await;
        talk
    };
    let second = made(Some(20), 3).await;
    let first = made(Some(10), 2).await;
    made(Some(5), 0).await;
    let third = made(Some(30), 1).await;
    let late = made(Some(40), 4).await;
    let open = made(None, 5).await;
    let purge =
        async || world.write(async |unit| unit.transcripts().purge(world.org(), at(40), 1).await).await.unwrap();
    assert_eq!([purge().await, purge().await, purge().await, purge().await], [2, 3, 1, 0]);
    let left =
        async |talk: &Conversation| world.read().transcripts().list(world.org(), talk.id, 0, 10).await.unwrap().len();
    for talk in [&first, &second, &third] {
        assert_eq!(left(talk).await, 0);
        let stored = world.read().conversations().get(world.org(), talk.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(talk), "the conversation stays");
    }
    assert_eq!((left(&late).await, left(&open).await), (4, 5));
}
