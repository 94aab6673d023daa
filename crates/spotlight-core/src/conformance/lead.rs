//! Leads.

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, refused},
};
use crate::{domain::lead::Lead, error::ErrorKind};

/// Of leads that are neither deleted nor merged, one has an e-mail.
pub async fn an_email_belongs_to_one_lead(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let twin = Lead { email: lead.email.clone(), ..world.samples.lead(world.org()) };
    refused(world.write(async |unit| unit.leads().insert(&twin).await).await, ErrorKind::Conflict);
    assert_eq!(world.read().leads().get(world.org(), twin.id).await.unwrap(), None);
}

/// Of leads that are neither deleted nor merged, one has a phone.
pub async fn a_phone_belongs_to_one_lead(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let twin = Lead { phone: lead.phone.clone(), ..world.samples.lead(world.org()) };
    refused(world.write(async |unit| unit.leads().insert(&twin).await).await, ErrorKind::Conflict);
    assert_eq!(world.read().leads().get(world.org(), twin.id).await.unwrap(), None);
}

/// Who read an older version cannot overwrite what was written since.
pub async fn an_update_of_an_older_version_is_refused(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let first = Lead { company: Some("First".to_owned()), updated_at: at(5), ..lead.clone() };
    let second = Lead { company: Some("Second".to_owned()), updated_at: at(6), ..lead.clone() };
    world.write(async |unit| unit.leads().update(&first).await).await.unwrap();
    refused(world.write(async |unit| unit.leads().update(&second).await).await, ErrorKind::StaleVersion);
    let stored = world.read().leads().get(world.org(), lead.id).await.unwrap();
    assert_eq!(stored, Some(Lead { version: lead.version + 1, ..first }));
}
