//! Units of work.

use super::{storage::StorageFixture, support::World};

/// `UnitOfWork::rollback` undoes every write.
pub async fn rollback_leaves_nothing(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.samples.lead(world.org());
    let unit = world.storage.begin().await.unwrap();
    unit.leads().insert(&lead).await.unwrap();
    assert_eq!(
        unit.leads().get(world.org(), lead.id).await.unwrap().as_ref(),
        Some(&lead),
        "a unit sees its own writes"
    );
    unit.rollback().await.unwrap();
    assert_eq!(world.read().leads().get(world.org(), lead.id).await.unwrap(), None);
}

/// Dropping a unit undoes every write.
pub async fn a_dropped_unit_leaves_nothing(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.narrow().await).await;
    let lead = world.samples.lead(world.org());
    let unit = world.storage.begin().await.unwrap();
    unit.leads().insert(&lead).await.unwrap();
    drop(unit);
    let unit = world.storage.begin().await.unwrap();
    assert_eq!(unit.leads().get(world.org(), lead.id).await.unwrap(), None);
    unit.leads().insert(&lead).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(world.read().leads().get(world.org(), lead.id).await.unwrap(), Some(lead));
}
