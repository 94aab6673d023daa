//! Records that stand beside many others, read together.

use super::{samples::at, storage::StorageFixture, support::World};
use crate::domain::{
    appointment::{Appointment, AppointmentStatus},
    assistant::Assistant,
    user::Role,
};

/// Several users and assistants come by id, each once.
pub async fn people_and_assistants_come_by_id(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let elsewhere = world.another().await;
    let member = world.member(Role::SalesRep).await;
    let (missing, read) = (world.samples.user().id, world.read());
    let found = read.users().get_many(&[member.id, missing, world.user.id, member.id]).await.unwrap();
    assert_eq!(found, [world.user.clone(), member.clone()]);
    assert_eq!(read.users().get_many(&[]).await.unwrap(), []);
    let other: Assistant = world.samples.assistant(world.org(), world.user.id);
    world.write(async |unit| unit.assistants().insert(&other).await).await.unwrap();
    let wanted = [other.id, elsewhere.assistant.id, world.assistant.id, other.id];
    let found = read.assistants().get_many(world.org(), &wanted).await.unwrap();
    assert_eq!(found, [world.assistant.clone(), other]);
    assert_eq!(read.assistants().get_many(world.org(), &[]).await.unwrap(), []);
}

/// Of each lead its newest conversations, no more than asked for, in one order.
pub async fn newest_conversations_come_by_lead(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let elsewhere = world.another().await;
    let [one, two, silent] = [world.lead().await, world.lead().await, world.lead().await];
    let mut talks = Vec::new();
    for (lead, minutes) in [(&one, 1), (&two, 2), (&one, 3), (&one, 5), (&two, 5)] {
        talks.push(world.conversation_like(lead, |talk| talk.started_at = at(minutes)).await);
    }
    let theirs = elsewhere.conversation().await;
    let read = world.read().conversations();
    let wanted = [two.id, silent.id, one.id, theirs.lead_id, one.id];
    let found = read.of_leads(world.org(), &wanted, 2).await.unwrap();
    let expected = [4, 3, 2, 1].map(|at: usize| talks[at].clone());
    assert_eq!(found, expected, "of the first lead two, and never another organization's");
    assert_eq!(read.of_leads(world.org(), &[two.id], 10).await.unwrap(), [talks[4].clone(), talks[1].clone()]);
    assert_eq!(read.of_leads(world.org(), &[], 10).await.unwrap(), []);
    assert_eq!(read.of_leads(world.org(), &[one.id], 0).await.unwrap(), []);
}

/// Of each lead its last appointments, without holds.
pub async fn last_appointments_come_by_lead(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let [one, two] = [world.lead().await, world.lead().await];
    let (samples, bot) = (&world.samples, world.assistant.id);
    let appointment = |lead, starts| samples.appointment(lead, bot, &world.host, starts);
    let cancelled = Appointment { status: AppointmentStatus::Cancelled, ..appointment(&one, 500) };
    let [first, second, third] = [(&one, 100), (&two, 200), (&one, 300)].map(|(lead, at)| appointment(lead, at));
    let hold = samples.hold(&one, bot, &world.host, 900, 50);
    for one in [&first, &second, &third, &cancelled, &hold] {
        world.write(async |unit| unit.appointments().insert(one, at(0)).await).await.unwrap();
    }
    let read = world.read().appointments();
    let found = read.of_leads(world.org(), &[one.id, two.id, one.id], 2).await.unwrap();
    assert_eq!(found, [cancelled, third, second]);
    assert_eq!(read.of_leads(world.another().await.org(), &[one.id], 2).await.unwrap(), []);
    assert_eq!(read.of_leads(world.org(), &[], 2).await.unwrap(), []);
}

/// Of each conversation its first utterances.
pub async fn first_words_come_by_conversation(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let [one, two, silent] = [world.conversation().await, world.conversation().await, world.conversation().await];
    let mut said = Vec::new();
    for (talk, count) in [(&one, 12), (&two, 2)] {
        let all: Vec<_> = (1..=count).map(|seq| world.samples.utterance(talk, seq)).collect();
        world.write(async |unit| unit.transcripts().append(&all).await).await.unwrap();
        said.push(all);
    }
    let read = world.read().transcripts();
    let found = read.first_of(world.org(), &[two.id, silent.id, one.id, two.id], 10).await.unwrap();
    let mut expected = [&said[0][..10], &said[1][..]].concat();
    expected.sort_by_key(|one| (one.conversation_id, one.seq));
    assert_eq!(found, expected, "numbers are numbers, so 9 comes before 10");
    assert_eq!(read.first_of(world.another().await.org(), &[one.id], 10).await.unwrap(), []);
    assert_eq!(read.first_of(world.org(), &[], 10).await.unwrap(), []);
}
