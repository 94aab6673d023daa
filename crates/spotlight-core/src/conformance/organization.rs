//! Organizations.

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, keeps_versions, refused},
};
use crate::{
    domain::{
        billing::PlanId,
        organization::{Organization, Retention, StorageMode},
        schedule::WeeklyHours,
        scoring::ScoringRules,
    },
    error::ErrorKind,
    ports::UnitOfWork,
};

/// What was added comes back, by id and by slug.
pub async fn an_organization_comes_back_whole(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let read = world.read().organizations();
    assert_eq!(read.get(world.org()).await.unwrap().as_ref(), Some(&world.organization));
    assert_eq!(read.find_by_slug(&world.organization.slug).await.unwrap().as_ref(), Some(&world.organization));
    assert_eq!(read.find_by_slug("nobody").await.unwrap(), None);
    assert_eq!(read.get(world.samples.organization().id).await.unwrap(), None);
}

/// One organization has a slug, and one has an id.
pub async fn a_slug_belongs_to_one_organization(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let other = world.another().await;
    let twin = Organization { slug: world.organization.slug.clone(), ..world.samples.organization() };
    refused(world.write(async |unit| unit.organizations().insert(&twin).await).await, ErrorKind::Conflict);
    let same = Organization { id: world.org(), ..world.samples.organization() };
    refused(world.write(async |unit| unit.organizations().insert(&same).await).await, ErrorKind::Conflict);
    let renamed = Organization { slug: world.organization.slug.clone(), ..other.organization.clone() };
    refused(world.write(async |unit| unit.organizations().update(&renamed).await).await, ErrorKind::Conflict);
    let read = world.read().organizations();
    assert_eq!(read.get(twin.id).await.unwrap(), None);
    assert_eq!(read.get(world.org()).await.unwrap().as_ref(), Some(&world.organization));
    assert_eq!(read.get(other.org()).await.unwrap().as_ref(), Some(&other.organization));
}

/// Updates replace everything and keep versions.
pub async fn an_organization_keeps_versions(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let changed = Organization {
        name: "Ünïcode & Söhne".to_owned(),
        slug: "changed".to_owned(),
        time_zone: chrono_tz::Asia::Kolkata,
        business_hours: WeeklyHours::default(),
        plan: PlanId::Free,
        scoring: ScoringRules::default(),
        retention: Retention::default(),
        storage_mode: StorageMode::BasicAttributesOnly,
        feature_overrides: [("voice".to_owned(), false), ("sms".to_owned(), true)].into(),
        updated_at: at(7),
        ..world.organization.clone()
    };
    keeps_versions!(
        world,
        changed,
        world.samples.organization(),
        async |unit: &dyn UnitOfWork, it: &Organization| unit.organizations().update(it).await,
        async |world: &World| world.read().organizations().get(world.org()).await
    );
    assert_eq!(world.read().organizations().find_by_slug(&world.organization.slug).await.unwrap(), None);
}

/// What organizations have set of flags for themselves comes by organization, and nothing of the others.
pub async fn overrides_of_flags_come_by_organization(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let change = async |organization: &Organization, flags: &[(&str, bool)]| {
        let stored = world.read().organizations().get(organization.id).await.unwrap().expect("it was added");
        let feature_overrides = flags.iter().map(|(key, on)| ((*key).to_owned(), *on)).collect();
        let changed = Organization { feature_overrides, ..stored };
        world.write(async |unit| unit.organizations().update(&changed).await).await.unwrap();
    };
    let (first, second, third) = (world.organization.clone(), world.another().await, world.another().await);
    change(&first, &[("voice", true), ("sms", false)]).await;
    change(&second.organization, &[]).await;
    change(&third.organization, &[("voice", false)]).await;
    let shown = async || {
        let found = world.read().organizations().feature_overrides().await.unwrap();
        let flat =
            |(id, flags): (_, std::collections::BTreeMap<String, bool>)| (id, flags.into_iter().collect::<Vec<_>>());
        found.into_iter().map(flat).collect::<Vec<_>>()
    };
    let of = |key: &str, on| (key.to_owned(), on);
    let (a, b) = ((first.id, vec![of("sms", false), of("voice", true)]), (third.org(), vec![of("voice", false)]));
    assert_eq!(shown().await, [a, b.clone()]);
    change(&first, &[]).await;
    assert_eq!(shown().await, [b]);
}

/// Ids come in ascending order, from any id on.
pub async fn organization_ids_ascend(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let mut made = vec![world.org()];
    for _ in 0..4 {
        made.push(world.another().await.org());
    }
    let read = world.read().organizations();
    assert_eq!(read.ids(None, 10).await.unwrap(), made);
    assert_eq!(read.ids(None, 2).await.unwrap(), made[..2]);
    assert_eq!(read.ids(Some(made[1]), 2).await.unwrap(), made[2..4]);
    assert_eq!(read.ids(Some(made[4]), 2).await.unwrap(), []);
}
