//! Hand-offs to a person.

use std::sync::Arc;

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, keeps_versions, one_won, refused, rivals},
};
use crate::{
    domain::conversation::{HandOff, HandOffStatus},
    error::{ErrorKind, Result},
    ports::{Storage, UnitOfWork},
};

/// What was added comes back, and is the newest of its conversation.
pub async fn a_hand_off_comes_back_whole(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let talk = world.conversation().await;
    let read = world.read().hand_offs();
    assert_eq!(read.latest(world.org(), talk.id).await.unwrap(), None);
    let made = |minutes| HandOff {
        status: HandOffStatus::Expired,
        accepted_by: Some(world.user.id),
        ..world.samples.hand_off(&talk, at(minutes))
    };
    let [new, tied, old] = [made(5), made(5), made(0)];
    for hand_off in [&new, &tied, &old] {
        world.write(async |unit| unit.hand_offs().insert(hand_off).await).await.unwrap();
        assert_eq!(read.get(world.org(), hand_off.id).await.unwrap().as_ref(), Some(hand_off));
    }
    assert_eq!(read.latest(world.org(), talk.id).await.unwrap(), Some(tied));
    assert_eq!(read.get(world.org(), made(0).id).await.unwrap(), None);
    let nowhere = world.samples.conversation(&world.samples.lead(world.org()), world.assistant.id);
    let lost = world.samples.hand_off(&nowhere, at(0));
    refused(world.write(async |unit| unit.hand_offs().insert(&lost).await).await, ErrorKind::NotFound);
}

/// A conversation has one open hand-off.
pub async fn a_conversation_has_one_open_hand_off(fixture: &dyn StorageFixture) {
    use HandOffStatus::{Accepted, Assistant, Expired, Human, Requested};
    let world = World::new(fixture.fresh().await).await;
    for status in [Requested, Accepted, Human, Expired, Assistant] {
        let talk = world.conversation().await;
        let first = HandOff { status, ..world.samples.hand_off(&talk, at(0)) };
        let second = world.samples.hand_off(&talk, at(1));
        world.write(async |unit| unit.hand_offs().insert(&first).await).await.unwrap();
        let added = world.write(async |unit| unit.hand_offs().insert(&second).await).await;
        if matches!(status, Expired | Assistant) {
            added.unwrap();
        } else {
            refused(added, ErrorKind::Conflict);
        }
    }
}

async fn request(storage: Arc<dyn Storage>, hand_off: HandOff) -> Result<()> {
    let unit = storage.begin().await?;
    unit.hand_offs().insert(&hand_off).await?;
    unit.commit().await
}

/// Of two requests for a person at once, one is refused.
pub async fn of_two_hand_offs_at_once_one_is_refused(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for _ in 0..5 {
        let talk = world.conversation().await;
        let one = request(Arc::clone(&world.storage), world.samples.hand_off(&talk, at(0)));
        let other = request(Arc::clone(&world.storage), world.samples.hand_off(&talk, at(0)));
        one_won(rivals(one, other).await, ErrorKind::Conflict);
    }
}

/// Updates replace everything and keep versions.
pub async fn a_hand_off_keeps_versions(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let talk = world.conversation().await;
    let hand_off = world.samples.hand_off(&talk, at(0));
    world.write(async |unit| unit.hand_offs().insert(&hand_off).await).await.unwrap();
    let changed = HandOff {
        status: HandOffStatus::Accepted,
        accepted_by: Some(world.user.id),
        reason: "three questions without an answer".to_owned(),
        expires_at: at(30),
        updated_at: at(9),
        ..hand_off.clone()
    };
    keeps_versions!(
        world,
        changed,
        world.samples.hand_off(&talk, at(0)),
        async |unit: &dyn UnitOfWork, it: &HandOff| unit.hand_offs().update(it).await,
        async |world: &World| world.read().hand_offs().get(world.org(), hand_off.id).await
    );
}

/// Hand-offs that nobody came to, of every organization, first expired first.
pub async fn expired_hand_offs_come_first_expired_first(fixture: &dyn StorageFixture) {
    use HandOffStatus::{Accepted, Expired, Human, Requested};
    let world = World::new(fixture.fresh().await).await;
    let other = world.another().await;
    let made = async |world: &World, requested, expires, status| {
        let talk = world.conversation().await;
        let hand_off = HandOff { expires_at: at(expires), status, ..world.samples.hand_off(&talk, at(requested)) };
        world.write(async |unit| unit.hand_offs().insert(&hand_off).await).await.unwrap();
        hand_off
    };
    let late = made(&world, 0, 20, Requested).await;
    let early = made(&other, 5, 10, Requested).await;
    let tied = made(&world, -5, 20, Requested).await;
    let accepted = made(&world, 6, 11, Accepted).await;
    made(&world, 0, 10, Human).await;
    made(&world, 0, 10, Expired).await;
    made(&world, 0, 21, Requested).await;
    let read = world.read().hand_offs();
    assert_eq!(read.expired(at(20), 10).await.unwrap(), [early.clone(), accepted.clone(), late.clone(), tied]);
    assert_eq!(read.expired(at(20), 3).await.unwrap(), [early.clone(), accepted, late]);
    assert_eq!(read.expired(at(10), 10).await.unwrap(), [early]);
}
