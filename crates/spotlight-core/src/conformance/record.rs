//! The audit log, feature flags, call reports, consent and repeated requests.

use std::{collections::BTreeMap, sync::Arc};

use chrono::Duration;
use serde_json::{Value, json};

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, lists, one_won, refused, rivals},
};
use crate::{
    domain::{
        audit::AuditEntry,
        consent::{Consent, ConsentKind, ConsentState},
        conversation::Channel,
        deployment::DeploymentSetting,
        flag::FeatureFlag,
        report::{CallReport, EndedReason},
    },
    error::{ErrorKind, Result},
    ports::{AuditFilter, Between, IdempotencyRecord, Storage},
};

/// Entries come back newest first, by every filter.
pub async fn audit_entries_come_newest_first(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let made = |minutes| AuditEntry { created_at: at(minutes), ..world.samples.audit_entry(world.org()) };
    let [a, b, c, d] = [made(0), made(5), made(5), made(9)];
    let b = AuditEntry { action: "lead.merge".to_owned(), ..b };
    let c = AuditEntry { record_type: "assistant".to_owned(), details: Value::Null, ..c };
    let d = AuditEntry {
        actor_kind: "system".to_owned(),
        actor_id: None,
        record_id: a.record_id.clone(),
        request_id: None,
        source_address: None,
        ..d
    };
    for entry in [&b, &a, &d, &c] {
        world.write(async |unit| unit.audit().append(entry).await).await.unwrap();
    }
    refused(world.write(async |unit| unit.audit().append(&a).await).await, ErrorKind::Conflict);
    let read = world.read().audit();
    let whole = read.list(world.org(), &AuditFilter::default(), &super::support::WHOLE).await.unwrap();
    assert_eq!(whole.items, [d.clone(), c.clone(), b.clone(), a.clone()]);
    let any = AuditFilter::default;
    let cases = [
        (any(), vec![&d, &c, &b, &a]),
        (AuditFilter { record_type: Some("lead".to_owned()), ..any() }, vec![&d, &b, &a]),
        (AuditFilter { record_id: Some(a.record_id.clone()), ..any() }, vec![&d, &a]),
        (AuditFilter { actor_id: b.actor_id.clone(), ..any() }, vec![&b]),
        (AuditFilter { action: Some("lead.merge".to_owned()), ..any() }, vec![&b]),
        (AuditFilter { action: Some("lead".to_owned()), ..any() }, vec![]),
        (AuditFilter { created: Between { from: Some(at(5)), to: Some(at(9)) }, ..any() }, vec![&c, &b]),
        (AuditFilter { record_id: Some(a.record_id.clone()), actor_id: a.actor_id.clone(), ..any() }, vec![&a]),
    ];
    for (filter, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|entry| entry.id.as_uuid()).collect();
        let (organization, filter) = (world.org(), &filter);
        lists(
            &expected,
            |entry: &AuditEntry| entry.id.as_uuid(),
            async |paging| read.list(organization, filter, &paging).await,
        )
        .await;
    }
}

/// Retention takes old entries of one organization, a few at a time.
pub async fn audit_entries_are_purged(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let other = world.another().await;
    for (world, minutes) in [(&world, 0), (&world, 5), (&world, 10), (&other, 0)] {
        let entry = AuditEntry { created_at: at(minutes), ..world.samples.audit_entry(world.org()) };
        world.write(async |unit| unit.audit().append(&entry).await).await.unwrap();
    }
    let purge = async || world.write(async |unit| unit.audit().purge(world.org(), at(10), 1).await).await.unwrap();
    assert_eq!([purge().await, purge().await, purge().await], [1, 1, 0]);
    let left = async |world: &World| {
        let entries = world.read().audit();
        entries.list(world.org(), &AuditFilter::default(), &super::support::WHOLE).await.unwrap().items.len()
    };
    assert_eq!((left(&world).await, left(&other).await), (1, 1));
}

/// A flag is added, replaced and removed; flags come by key.
pub async fn flags_come_by_key(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let [voice, beta, under] = ["voice", "beta", "_x"].map(|key| world.samples.flag(key));
    let set = async |flag: &FeatureFlag| world.write(async |unit| unit.flags().set(flag).await).await.unwrap();
    for flag in [&voice, &beta, &under] {
        set(flag).await;
    }
    let read = world.read().flags();
    assert_eq!(read.list().await.unwrap(), [under.clone(), beta.clone(), voice.clone()]);
    let off = FeatureFlag { enabled: false, percentage: 100, updated_at: at(5), ..voice };
    set(&off).await;
    assert_eq!(read.list().await.unwrap(), [under, beta.clone(), off.clone()]);
    let delete = async |key: &str| world.write(async |unit| unit.flags().delete(key).await).await.unwrap();
    assert!(delete("_x").await);
    assert!(!delete("_x").await);
    assert_eq!(read.list().await.unwrap(), [beta, off]);
}

/// A setting of the deployment is added, replaced and removed; settings come by key, whatever they are.
pub async fn settings_of_the_deployment_come_by_key(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let [level, first, under] = ["log_level", "first", "_x"].map(|key| world.samples.setting(key));
    let set = async |one: &DeploymentSetting| world.write(async |unit| unit.deployment().set(one).await).await.unwrap();
    let read = world.read().deployment();
    assert_eq!(read.list().await.unwrap(), []);
    for setting in [&level, &first, &under] {
        set(setting).await;
    }
    assert_eq!(read.list().await.unwrap(), [under.clone(), first.clone(), level.clone()]);
    for value in [json!("sqlx=debug, Größe"), json!(null), json!([1.5, true, {}])] {
        let changed = DeploymentSetting { value, updated_at: at(5), ..level.clone() };
        for _ in 0..2 {
            set(&changed).await;
            assert_eq!(read.list().await.unwrap(), [under.clone(), first.clone(), changed.clone()]);
        }
    }
    let delete = async |key: &str| world.write(async |unit| unit.deployment().delete(key).await).await.unwrap();
    assert!(delete("log_level").await);
    assert!(!delete("log_level").await);
    assert_eq!(read.list().await.unwrap(), [under, first]);
}

/// A conversation has one report; a later one replaces all but id and creation.
pub async fn a_report_is_replaced(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let talk = world.conversation().await;
    let put = async |report: &CallReport| world.write(async |unit| unit.reports().put(report).await).await;
    let get = async || world.read().reports().get(world.org(), talk.id).await.unwrap();
    assert_eq!(get().await, None);
    let first = world.samples.report(&talk);
    for _ in 0..2 {
        put(&first).await.unwrap();
        assert_eq!(get().await.as_ref(), Some(&first));
    }
    let second = CallReport {
        ended_reason: EndedReason::Silence,
        summary: String::new(),
        latencies: Vec::new(),
        costs: BTreeMap::new(),
        data: None,
        success: None,
        created_at: at(9),
        ..world.samples.report(&talk)
    };
    put(&second).await.unwrap();
    assert_eq!(get().await, Some(CallReport { id: first.id, created_at: first.created_at, ..second }));
    let nowhere = world.samples.conversation(&world.samples.lead(world.org()), world.assistant.id);
    refused(put(&world.samples.report(&nowhere)).await, ErrorKind::NotFound);
}

/// The newest change counts, for each lead, kind and channel.
pub async fn the_newest_consent_counts(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (lead, other) = (world.lead().await, world.lead().await);
    let made = |state, minutes| world.samples.consent(&lead, state, at(minutes));
    let refusal = made(ConsentState::Refused, 5);
    let given = Consent { conversation_id: Some(world.conversation().await.id), ..made(ConsentState::Given, 5) };
    let asked = made(ConsentState::Asked, 0);
    let contact = Consent { kind: ConsentKind::AiContact, ..made(ConsentState::Refused, 9) };
    let phone = Consent { channel: Channel::Phone, ..made(ConsentState::Asked, 9) };
    let theirs = world.samples.consent(&other, ConsentState::Refused, at(20));
    let append = async |consent: &Consent| world.write(async |unit| unit.consents().append(consent).await).await;
    for consent in [&given, &refusal, &asked, &contact, &phone, &theirs] {
        append(consent).await.unwrap();
    }
    refused(append(&asked).await, ErrorKind::Conflict);
    let orphan = world.samples.consent(&world.samples.lead(world.org()), ConsentState::Given, at(0));
    refused(append(&orphan).await, ErrorKind::NotFound);
    let read = world.read().consents();
    let current = async |kind, channel| read.current(world.org(), lead.id, kind, channel).await.unwrap();
    assert_eq!(current(ConsentKind::Recording, Channel::Chat).await.as_ref(), Some(&given), "of two at once, by id");
    assert_eq!(current(ConsentKind::AiContact, Channel::Chat).await.as_ref(), Some(&contact));
    assert_eq!(current(ConsentKind::Recording, Channel::Phone).await.as_ref(), Some(&phone));
    assert_eq!(current(ConsentKind::AiContact, Channel::Phone).await, None);
    assert_eq!(read.list(world.org(), lead.id).await.unwrap(), [asked, refusal, given, contact, phone]);
}

/// A record is found until it expires, and its key is free then.
pub async fn a_repeated_request_is_answered_until_it_expires(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let record = world.samples.idempotency(world.org());
    let insert = async |record: &IdempotencyRecord, minutes| {
        world.write(async |unit| unit.idempotency().insert(record, at(minutes)).await).await
    };
    let find =
        async |scope: &str, now| world.read().idempotency().find(world.org(), scope, &record.key, now).await.unwrap();
    insert(&record, 0).await.unwrap();
    let almost = at(60) - Duration::microseconds(1);
    assert_eq!(find(&record.scope, almost).await.as_ref(), Some(&record));
    assert_eq!(find(&record.scope, at(60)).await, None, "it has expired at its end");
    assert_eq!(find("user:2:leads.create", at(0)).await, None, "keys are unique within a scope");
    refused(insert(&record, 59).await, ErrorKind::Conflict);
    let elsewhere = IdempotencyRecord { scope: "user:2:leads.create".to_owned(), ..record.clone() };
    insert(&elsewhere, 0).await.unwrap();
    let later = IdempotencyRecord {
        fingerprint: world.samples.hash(),
        answer: json!([1, null, "two"]),
        expires_at: at(120),
        ..record.clone()
    };
    insert(&later, 60).await.unwrap();
    assert_eq!(find(&record.scope, at(60)).await, Some(later));
}

/// What a request answers can be brought up to date, by the same request alone.
pub async fn an_answer_is_brought_up_to_date(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let other = world.another().await;
    let record = world.samples.idempotency(world.org());
    let replace =
        async |record: &IdempotencyRecord| world.write(async |unit| unit.idempotency().replace(record).await).await;
    let find = async |now| world.read().idempotency().find(world.org(), &record.scope, &record.key, now).await.unwrap();
    refused(replace(&record).await, ErrorKind::NotFound);
    world.write(async |unit| unit.idempotency().insert(&record, at(0)).await).await.unwrap();
    let newer = IdempotencyRecord { answer: json!({"rows": [1, "two"]}), expires_at: at(120), ..record.clone() };
    let elsewhere = IdempotencyRecord { organization_id: other.org(), ..newer.clone() };
    refused(replace(&elsewhere).await, ErrorKind::NotFound);
    refused(
        replace(&IdempotencyRecord { fingerprint: world.samples.hash(), ..newer.clone() }).await,
        ErrorKind::NotFound,
    );
    refused(
        replace(&IdempotencyRecord { scope: "user:2:leads.create".to_owned(), ..newer.clone() }).await,
        ErrorKind::NotFound,
    );
    refused(replace(&IdempotencyRecord { key: "another".to_owned(), ..newer.clone() }).await, ErrorKind::NotFound);
    assert_eq!(find(at(59)).await.as_ref(), Some(&record));
    replace(&newer).await.unwrap();
    assert_eq!(find(at(60)).await.as_ref(), Some(&newer), "it lasts longer");
    assert_eq!(find(at(120)).await, None);
    world.write(async |unit| unit.idempotency().delete_expired(at(61), 10).await).await.unwrap();
    assert_eq!(find(at(61)).await, Some(newer), "the time at which it was to go before counts no more");
}

async fn remember(storage: Arc<dyn Storage>, record: IdempotencyRecord) -> Result<()> {
    let unit = storage.begin().await?;
    unit.idempotency().insert(&record, at(30)).await?;
    unit.commit().await
}

/// Of two requests with one key at once, one is refused; an expired record of that key changes nothing about it.
pub async fn of_two_requests_with_one_key_at_once_one_is_refused(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for round in 0..6 {
        let record = world.samples.idempotency(world.org());
        if round % 2 == 1 {
            let expired = IdempotencyRecord { expires_at: at(10), ..record.clone() };
            world.write(async |unit| unit.idempotency().insert(&expired, at(0)).await).await.unwrap();
        }
        let one = remember(Arc::clone(&world.storage), record.clone());
        let other = remember(Arc::clone(&world.storage), IdempotencyRecord { answer: json!("other"), ..record });
        one_won(rivals(one, other).await, ErrorKind::Conflict);
    }
}

/// Expired records go, a few at a time.
pub async fn expired_requests_are_forgotten(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let other = world.another().await;
    let record = |world: &World, minutes| IdempotencyRecord {
        expires_at: at(minutes),
        ..world.samples.idempotency(world.org())
    };
    let kept = record(&world, 90);
    for record in [&record(&world, 10), &record(&other, 20), &kept] {
        world.write(async |unit| unit.idempotency().insert(record, at(0)).await).await.unwrap();
    }
    let forget = async || world.write(async |unit| unit.idempotency().delete_expired(at(30), 1).await).await.unwrap();
    assert_eq!([forget().await, forget().await, forget().await], [1, 1, 0]);
    let found = world.read().idempotency().find(world.org(), &kept.scope, &kept.key, at(30)).await.unwrap();
    assert_eq!(found, Some(kept));
}
