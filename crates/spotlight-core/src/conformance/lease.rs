//! Leases.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use super::{
    storage::StorageFixture,
    support::{World, pause, rivals, soon},
};
use crate::{
    error::Result,
    ports::{Lease, Storage},
};

/// Long enough that it cannot end during a test.
const LONG: u32 = 600_000;
/// Short enough to wait for.
const SHORT: u32 = 30;
/// Short enough to wait for, and long enough to do something with as a rule.
const BRIEF: u32 = 300;
/// How often that is tried on a slow machine.
const TRIES: usize = 10;

async fn acquire(storage: Arc<dyn Storage>, key: &'static str, ttl_ms: u32) -> Result<Option<Lease>> {
    let unit = storage.begin().await?;
    let lease = unit.leases().acquire(key, ttl_ms).await?;
    unit.commit().await?;
    Ok(lease)
}

async fn take(world: &World, key: &'static str, ttl_ms: u32) -> Option<Lease> {
    acquire(Arc::clone(&world.storage), key, ttl_ms).await.unwrap()
}

/// Waits until the database's clock has ended a lease.
async fn ended(world: &World, lease: &Lease) {
    soon(async {
        while world.read().leases().check(lease).await.unwrap() {
            pause().await;
        }
    })
    .await;
}

/// One holds a lease until it is given back; each holder's fence is greater than the last.
pub async fn a_lease_has_one_holder(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let first = take(&world, "turn:1", LONG).await.unwrap();
    assert_eq!(first.key, "turn:1");
    assert_eq!(take(&world, "turn:1", LONG).await, None);
    assert!(take(&world, "turn:2", LONG).await.is_some(), "another key is free");
    assert!(world.read().leases().check(&first).await.unwrap());
    assert!(world.write(async |unit| unit.leases().renew(&first, LONG).await).await.unwrap());
    assert!(world.write(async |unit| unit.leases().check(&first).await).await.unwrap());
    assert!(world.write(async |unit| unit.leases().release(&first).await).await.unwrap());
    assert!(!world.read().leases().check(&first).await.unwrap());
    assert!(!world.write(async |unit| unit.leases().release(&first).await).await.unwrap());
    let second = take(&world, "turn:1", LONG).await.unwrap();
    assert!(second.fence > first.fence, "{second:?} after {first:?}");
    assert!(!world.write(async |unit| unit.leases().renew(&first, LONG).await).await.unwrap());
    assert!(!world.write(async |unit| unit.leases().release(&first).await).await.unwrap());
    assert!(world.read().leases().check(&second).await.unwrap(), "a lost lease takes nothing from its successor");
    let never = Lease { key: "turn:3".to_owned(), fence: 1 };
    assert!(!world.read().leases().check(&never).await.unwrap());
}

/// A lease ends by itself, and whoever held it has lost it.
pub async fn a_lease_ends_by_itself(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let first = take(&world, "relay", SHORT).await.unwrap();
    ended(&world, &first).await;
    assert!(!world.write(async |unit| unit.leases().check(&first).await).await.unwrap());
    assert!(
        !world.write(async |unit| unit.leases().renew(&first, LONG).await).await.unwrap(),
        "it is lost, not asleep"
    );
    let second = take(&world, "relay", LONG).await.unwrap();
    assert!(second.fence > first.fence);
    assert!(!world.write(async |unit| unit.leases().release(&first).await).await.unwrap());
    assert_eq!(take(&world, "relay", LONG).await, None);
}

/// A lease that is renewed lasts from then on.
pub async fn a_renewed_lease_lasts(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for _ in 0..TRIES {
        let lease = take(&world, "relay", BRIEF).await.unwrap();
        if !world.write(async |unit| unit.leases().renew(&lease, LONG).await).await.unwrap() {
            // This machine was too slow to renew it in time.
            continue;
        }
        // Begun later than the lease: when this has ended, the lease would have ended too.
        let witness = take(&world, "witness", BRIEF).await.unwrap();
        ended(&world, &witness).await;
        assert!(world.read().leases().check(&lease).await.unwrap());
        assert_eq!(take(&world, "relay", LONG).await, None);
        // Renewing can also make it shorter.
        assert!(world.write(async |unit| unit.leases().renew(&lease, 1).await).await.unwrap());
        ended(&world, &lease).await;
        return;
    }
    panic!("a lease of {BRIEF} ms could not be renewed in time");
}

/// Of calls at once, one is given the lease.
pub async fn of_two_at_once_one_is_given_the_lease(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for key in ["a", "b", "c", "d", "e"] {
        let (one, other) =
            rivals(acquire(Arc::clone(&world.storage), key, LONG), acquire(Arc::clone(&world.storage), key, LONG))
                .await;
        let given: Vec<_> = [one.unwrap(), other.unwrap()].into_iter().flatten().collect();
        assert_eq!(given.len(), 1, "{given:?}");
        // The same when it was held before.
        assert!(world.write(async |unit| unit.leases().release(&given[0]).await).await.unwrap());
        let (one, other) =
            rivals(acquire(Arc::clone(&world.storage), key, LONG), acquire(Arc::clone(&world.storage), key, LONG))
                .await;
        let again: Vec<_> = [one.unwrap(), other.unwrap()].into_iter().flatten().collect();
        assert_eq!(again.len(), 1, "{again:?}");
        assert!(again[0].fence > given[0].fence);
    }
}

/// A lease that was taken in a unit which is rolled back is free.
pub async fn a_rolled_back_lease_is_free(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let unit = world.storage.begin().await.unwrap();
    let lease = unit.leases().acquire("relay", LONG).await.unwrap().unwrap();
    assert!(unit.leases().check(&lease).await.unwrap(), "the unit itself holds it");
    unit.rollback().await.unwrap();
    assert!(!world.read().leases().check(&lease).await.unwrap());
    assert!(take(&world, "relay", LONG).await.is_some());
}

/// While a unit that checked a lease is open, nobody else is given it, even after its time.
pub async fn a_checked_lease_stays_until_the_unit_ends(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for _ in 0..TRIES {
        let lease = take(&world, "turn:1", BRIEF).await.unwrap();
        let unit = world.storage.begin().await.unwrap();
        if !unit.leases().check(&lease).await.unwrap() {
            // This machine was too slow to check it in time.
            continue;
        }
        let (over, tries) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let rival = tokio::spawn({
            let (storage, over, tries) = (Arc::clone(&world.storage), Arc::clone(&over), Arc::clone(&tries));
            async move {
                loop {
                    tries.fetch_add(1, Ordering::SeqCst);
                    if let Some(lease) = acquire(Arc::clone(&storage), "turn:1", LONG).await.unwrap() {
                        return (lease, over.load(Ordering::SeqCst));
                    }
                    pause().await;
                }
            }
        });
        // The rival is at it, and the lease's own time is over.
        soon(async {
            while tries.load(Ordering::SeqCst) == 0 {
                pause().await;
            }
        })
        .await;
        ended(&world, &lease).await;
        over.store(true, Ordering::SeqCst);
        unit.commit().await.unwrap();
        let (next, after) = soon(rival).await.unwrap();
        assert!(after, "the rival was given the lease while the unit was open");
        assert!(next.fence > lease.fence);
        return;
    }
    panic!("a lease of {BRIEF} ms could not be checked in time");
}
