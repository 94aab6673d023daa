//! What a refused write leaves of its unit.

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, refused},
};
use crate::{
    domain::{
        appointment::{Appointment, AppointmentStatus},
        assistant::Assistant,
        billing::Subscription,
        conversation::{Conversation, HandOff, HandOffStatus},
        lead::Lead,
    },
    error::{Error, ErrorKind, Result, Retry},
    ports::UnitOfWork,
};

/// A conflict with what is stored, which another try meets again.
#[track_caller]
fn conflicts<T: std::fmt::Debug>(result: Result<T>) {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Conflict, Retry::Never), "{}", error.chain());
}

/// An update that refers to what is not there is `NotFound`, and its unit goes on.
pub async fn an_update_needs_what_it_names(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (lead, samples) = (world.lead().await, &world.samples);
    let talk = world.conversation_like(&lead, |_| ()).await;
    let hand_off = HandOff { status: HandOffStatus::Expired, ..samples.hand_off(&talk, at(0)) };
    let appointment = samples.appointment(&lead, world.assistant.id, &world.host, 0);
    world
        .write(async |unit| {
            unit.hand_offs().insert(&hand_off).await?;
            unit.appointments().insert(&appointment, at(0)).await
        })
        .await
        .unwrap();
    let nobody = samples.lead(world.org());
    let robot = samples.assistant(world.org(), world.user.id).id;
    let unsaid = samples.conversation(&lead, world.assistant.id).id;
    let stranger = samples.user().id;

    let unit = world.storage.begin().await.unwrap();
    let talks = [
        Conversation { lead_id: nobody.id, ..talk.clone() },
        Conversation { assistant_id: robot, ..talk.clone() },
        Conversation { assistant_id: robot, external_call_id: None, ..talk.clone() },
    ];
    for changed in &talks {
        refused(unit.conversations().update(changed).await, ErrorKind::NotFound);
    }
    let lost = HandOff { conversation_id: unsaid, ..hand_off };
    refused(unit.hand_offs().update(&lost).await, ErrorKind::NotFound);
    let appointments = [
        Appointment { lead_id: nobody.id, ..appointment.clone() },
        Appointment { assistant_id: robot, ..appointment.clone() },
        Appointment { conversation_id: Some(unsaid), ..appointment.clone() },
        Appointment { host_id: stranger, ..appointment.clone() },
        Appointment { conversation_id: Some(unsaid), status: AppointmentStatus::Cancelled, ..appointment.clone() },
    ];
    for changed in &appointments {
        refused(unit.appointments().update(changed, at(0)).await, ErrorKind::NotFound);
    }
    let owned = Assistant { owner_id: stranger, ..world.assistant.clone() };
    refused(unit.assistants().update(&owned).await, ErrorKind::NotFound);
    let astray = Lead { merged_into: Some(nobody.id), ..lead.clone() };
    refused(unit.leads().update(&astray).await, ErrorKind::NotFound);
    let added = Lead { merged_into: Some(nobody.id), ..samples.lead(world.org()) };
    refused(unit.leads().insert(&added).await, ErrorKind::NotFound);
    let changed = Lead { company: None, ..lead.clone() };
    unit.leads().update(&changed).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(world.stored_lead(lead.id).await, Lead { version: 2, ..changed });
    assert_eq!(world.read().conversations().get(world.org(), talk.id).await.unwrap(), Some(talk));
    assert_eq!(world.read().appointments().get(world.org(), appointment.id).await.unwrap(), Some(appointment));
}

/// An update that takes what another holds is a `Conflict`, and its unit goes on.
pub async fn an_update_takes_nothing_from_another(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let other = world.another().await;
    let lead = world.lead().await;
    let (talk, rival) = (world.conversation_like(&lead, |_| ()).await, world.conversation_like(&lead, |_| ()).await);
    let closed = HandOff { status: HandOffStatus::Assistant, ..world.samples.hand_off(&talk, at(0)) };
    let open = world.samples.hand_off(&talk, at(1));
    let [mine, theirs] = [&world, &other].map(|world| world.samples.subscription(world.org()));
    world
        .write(async |unit| {
            unit.hand_offs().insert(&closed).await?;
            unit.hand_offs().insert(&open).await?;
            unit.subscriptions().insert(&mine).await?;
            unit.subscriptions().insert(&theirs).await
        })
        .await
        .unwrap();
    let unit = world.storage.begin().await.unwrap();
    let call = Conversation { external_call_id: rival.external_call_id.clone(), ..talk.clone() };
    conflicts(unit.conversations().update(&call).await);
    conflicts(unit.hand_offs().update(&HandOff { status: HandOffStatus::Requested, ..closed.clone() }).await);
    conflicts(unit.subscriptions().update(&Subscription { external_id: theirs.external_id, ..mine.clone() }).await);
    unit.conversations().update(&Conversation { external_call_id: None, ..talk.clone() }).await.unwrap();
    unit.commit().await.unwrap();
    let read = world.read();
    assert_eq!(read.hand_offs().get(world.org(), closed.id).await.unwrap(), Some(closed));
    assert_eq!(read.subscriptions().get(world.org()).await.unwrap(), Some(mine));
    let stored = read.conversations().get(world.org(), talk.id).await.unwrap().unwrap();
    assert_eq!((stored.external_call_id, stored.version), (None, 2));
}

#[track_caller]
fn is_over<T>(result: Result<T>) {
    let error: Error = result.err().expect("the unit can only be rolled back");
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Conflict, Retry::Now), "{}", error.chain());
}

/// A value that cannot be stored ends its unit: nothing more can be done with it, and nothing of it is left.
pub async fn a_value_that_cannot_be_stored_ends_the_unit(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.narrow().await).await;
    let (lead, after) = (world.lead().await, world.samples.lead(world.org()));
    let (talk, other) = (world.conversation_like(&lead, |_| ()).await, world.conversation_like(&lead, |_| ()).await);
    let hold = world.samples.hold(&lead, world.assistant.id, &world.host, 0, 60);
    let booked = world.samples.hold(&lead, world.assistant.id, &world.host, 500, 60);
    world.write(async |unit| unit.appointments().insert(&booked, at(0)).await).await.unwrap();
    let endless = [&hold, &booked].map(|hold| Appointment { hold_expires_at: None, ..hold.clone() });
    let mixed = [world.samples.utterance(&talk, 1), world.samples.utterance(&other, 2)];
    for write in 0..3 {
        let unit = world.storage.begin().await.unwrap();
        unit.leads().insert(&after).await.unwrap();
        let unit_of_work: &dyn UnitOfWork = &*unit;
        let written = match write {
            0 => unit_of_work.appointments().insert(&endless[0], at(0)).await,
            1 => unit_of_work.appointments().update(&endless[1], at(0)).await,
            _ => unit_of_work.transcripts().append(&mixed).await,
        };
        refused(written, ErrorKind::Validation);
        is_over(unit.leads().get(world.org(), lead.id).await);
        is_over(unit.leads().update(&lead).await);
        is_over(unit.commit().await);
    }
    assert_eq!(world.read().leads().get(world.org(), after.id).await.unwrap(), None);
    assert_eq!(world.read().appointments().get(world.org(), booked.id).await.unwrap(), Some(booked));
    assert_eq!(world.read().transcripts().list(world.org(), talk.id, 0, 10).await.unwrap(), []);
}
