//! Writes outside a unit: every one fails with `Misconfigured` and changes nothing.

use super::{
    outbox::far,
    samples::at,
    storage::StorageFixture,
    support::{WHOLE, World, refused},
};
use crate::{
    domain::{
        JobId, OutboxId,
        consent::ConsentState,
        conversation::Sentiment,
        lead::ProposalState,
        user::{LinkPurpose, Role},
    },
    error::ErrorKind::Misconfigured,
    ports::{AuditFilter, Lease, MovedConsents, OutboxKind, Sent, UtteranceAnalysis},
};

/// Organizations, users, sessions, tokens and links.
pub async fn accounts_are_not_written_outside_a_unit(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (read, samples) = (world.read(), &world.samples);
    let (organization, user) = (samples.organization(), samples.user());
    let session = samples.session(world.org(), world.user.id);
    let token = samples.api_token(world.org(), world.user.id);
    let link = samples.link(world.user.id, LinkPurpose::Invitation);
    world
        .write(async |unit| {
            unit.sessions().insert(&session).await?;
            unit.api_tokens().insert(&token).await?;
            unit.links().insert(&link).await
        })
        .await
        .unwrap();

    refused(read.organizations().insert(&organization).await, Misconfigured);
    refused(read.organizations().update(&world.organization).await, Misconfigured);
    refused(read.users().insert(&user).await, Misconfigured);
    refused(read.users().update(&world.user).await, Misconfigured);
    let membership = samples.membership(world.org(), world.user.id, Role::SalesRep);
    refused(read.users().set_membership(&membership).await, Misconfigured);
    refused(read.users().remove_membership(world.org(), world.user.id).await, Misconfigured);
    refused(read.sessions().insert(&samples.session(world.org(), world.user.id)).await, Misconfigured);
    refused(read.sessions().touch(session.id, at(5)).await, Misconfigured);
    refused(read.sessions().delete(world.user.id, session.id).await, Misconfigured);
    refused(read.sessions().delete_all(world.user.id, None).await, Misconfigured);
    refused(read.sessions().delete_expired(far(), 10).await, Misconfigured);
    refused(read.api_tokens().insert(&samples.api_token(world.org(), world.user.id)).await, Misconfigured);
    refused(read.api_tokens().touch(world.org(), token.id, at(5)).await, Misconfigured);
    refused(read.api_tokens().revoke(world.org(), token.id, at(5)).await, Misconfigured);
    refused(read.links().insert(&samples.link(world.user.id, LinkPurpose::Invitation)).await, Misconfigured);
    refused(read.links().rekey(link.id, &samples.hash(), at(5)).await, Misconfigured);
    refused(read.links().revoke(world.user.id, link.purpose, None).await, Misconfigured);
    refused(read.links().consume(&link.token_hash, link.purpose, at(5)).await, Misconfigured);
    refused(read.links().delete_expired(far(), 10).await, Misconfigured);

    assert_eq!(read.organizations().get(organization.id).await.unwrap(), None);
    assert_eq!(read.organizations().get(world.org()).await.unwrap().as_ref(), Some(&world.organization));
    assert_eq!(read.users().get(user.id).await.unwrap(), None);
    assert_eq!(read.users().get(world.user.id).await.unwrap().as_ref(), Some(&world.user));
    let role = read.users().membership(world.org(), world.user.id).await.unwrap().map(|member| member.role);
    assert_eq!(role, Some(Role::Owner));
    assert_eq!(read.sessions().list(world.user.id, at(0)).await.unwrap(), [session]);
    assert_eq!(read.api_tokens().list(world.org()).await.unwrap(), [token]);
    let used =
        world.write(async |unit| unit.links().consume(&link.token_hash, link.purpose, at(5)).await).await.unwrap();
    assert!(used.is_some(), "the link was still unused");
}

/// Assistants, knowledge, hosts, leads, proposals and consent.
pub async fn assistants_and_leads_are_not_written_outside_a_unit(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (read, samples) = (world.read(), &world.samples);
    let (lead, other) = (world.lead().await, world.lead().await);
    let (entry, proposal) = (samples.knowledge(&world.assistant), samples.proposal(&lead));
    let member = world.member(Role::SalesRep).await;
    world
        .write(async |unit| {
            unit.knowledge().insert(&entry).await?;
            unit.proposals().insert(&proposal).await
        })
        .await
        .unwrap();

    refused(read.assistants().insert(&samples.assistant(world.org(), world.user.id)).await, Misconfigured);
    refused(read.assistants().update(&world.assistant).await, Misconfigured);
    refused(read.assistants().delete(world.org(), world.assistant.id).await, Misconfigured);
    refused(read.knowledge().insert(&samples.knowledge(&world.assistant)).await, Misconfigured);
    refused(read.knowledge().update(&entry, entry.updated_at).await, Misconfigured);
    refused(read.knowledge().delete(world.org(), entry.id).await, Misconfigured);
    refused(read.hosts().insert(&samples.host(world.org(), member.id)).await, Misconfigured);
    refused(read.hosts().update(&world.host).await, Misconfigured);
    refused(read.leads().insert(&samples.lead(world.org())).await, Misconfigured);
    refused(read.leads().update(&lead).await, Misconfigured);
    refused(read.leads().merge(world.org(), lead.id, other.id, MovedConsents::All, at(9)).await, Misconfigured);
    refused(read.leads().erase(world.org(), lead.id, at(9)).await, Misconfigured);
    refused(read.proposals().insert(&samples.proposal(&lead)).await, Misconfigured);
    refused(read.proposals().decide(world.org(), proposal.id, ProposalState::Accepted).await, Misconfigured);
    refused(read.consents().append(&samples.consent(&lead, ConsentState::Given, at(1))).await, Misconfigured);

    let assistant = read.assistants().get(world.org(), world.assistant.id).await.unwrap();
    assert_eq!(assistant.as_ref(), Some(&world.assistant));
    assert_eq!(read.assistants().count(world.org()).await.unwrap(), 1);
    assert_eq!(read.knowledge().list(world.org(), world.assistant.id).await.unwrap(), [entry]);
    assert_eq!(read.hosts().list(world.org()).await.unwrap(), std::slice::from_ref(&world.host));
    let leads = read.leads().get_many(world.org(), &[lead.id, other.id]).await.unwrap();
    assert_eq!(leads, [lead.clone(), other]);
    assert_eq!(read.proposals().list(world.org(), lead.id).await.unwrap(), [proposal]);
    assert_eq!(read.consents().list(world.org(), lead.id).await.unwrap(), []);
}

/// Conversations, utterances, hand-offs, reports and appointments.
pub async fn conversations_are_not_written_outside_a_unit(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (read, samples) = (world.read(), &world.samples);
    let lead = world.lead().await;
    let conversation = world.conversation_like(&lead, |talk| talk.ended_at = Some(at(3))).await;
    let utterance = samples.utterance(&conversation, 1);
    let hand_off = samples.hand_off(&conversation, at(1));
    let hold = samples.hold(&lead, world.assistant.id, &world.host, 100, 50);
    world
        .write(async |unit| {
            unit.transcripts().append(std::slice::from_ref(&utterance)).await?;
            unit.hand_offs().insert(&hand_off).await?;
            unit.appointments().insert(&hold, at(0)).await
        })
        .await
        .unwrap();

    refused(read.conversations().insert(&samples.conversation(&lead, world.assistant.id)).await, Misconfigured);
    refused(read.conversations().update(&conversation).await, Misconfigured);
    refused(read.conversations().say(&conversation, &samples.utterance(&conversation, 2)).await, Misconfigured);
    refused(read.transcripts().append(&[samples.utterance(&conversation, 2)]).await, Misconfigured);
    let analysis = UtteranceAnalysis {
        id: utterance.id,
        sentiment: Sentiment::Negative,
        value: -0.5,
        confidence: 0.5,
        keywords: Vec::new(),
    };
    refused(read.transcripts().set_analysis(world.org(), conversation.id, &[analysis]).await, Misconfigured);
    let contents = [(utterance.id, "Other words".to_owned())];
    refused(read.transcripts().rewrite(world.org(), conversation.id, &contents).await, Misconfigured);
    refused(read.transcripts().purge(world.org(), far(), 10).await, Misconfigured);
    refused(read.hand_offs().insert(&samples.hand_off(&conversation, at(2))).await, Misconfigured);
    refused(read.hand_offs().update(&hand_off).await, Misconfigured);
    refused(read.reports().put(&samples.report(&conversation)).await, Misconfigured);
    let later = samples.appointment(&lead, world.assistant.id, &world.host, 500);
    refused(read.appointments().insert(&later, at(0)).await, Misconfigured);
    refused(read.appointments().update(&hold, at(0)).await, Misconfigured);
    refused(read.appointments().delete_hold(world.org(), hold.id).await, Misconfigured);

    assert_eq!(read.conversations().get(world.org(), conversation.id).await.unwrap().as_ref(), Some(&conversation));
    assert_eq!(read.transcripts().list(world.org(), conversation.id, 0, 10).await.unwrap(), [utterance]);
    assert_eq!(read.hand_offs().latest(world.org(), conversation.id).await.unwrap(), Some(hand_off));
    assert_eq!(read.reports().get(world.org(), conversation.id).await.unwrap(), None);
    assert_eq!(read.appointments().get(world.org(), hold.id).await.unwrap(), Some(hold));
    assert_eq!(read.appointments().get(world.org(), later.id).await.unwrap(), None);
}

/// Billing, webhooks, the audit log, flags, idempotency, the outbox and leases.
pub async fn records_are_not_written_outside_a_unit(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.with_outbox().await).await;
    let (read, samples) = (world.read(), &world.samples);
    let (subscription, usage) = (samples.subscription(world.org()), samples.usage(world.org(), 10));
    let (endpoint, source) = (samples.endpoint(world.org()), samples.source(world.org()));
    let (delivery, entry) = (samples.delivery(&endpoint), samples.audit_entry(world.org()));
    let (flag, record) = (samples.flag("voice"), samples.idempotency(world.org()));
    let setting = samples.setting("log_level");
    let lease = world
        .write(async |unit| {
            unit.subscriptions().insert(&subscription).await?;
            unit.usage().record(&usage).await?;
            unit.webhook_endpoints().insert(&endpoint).await?;
            unit.webhook_deliveries().insert(&delivery).await?;
            unit.webhook_sources().insert(&source).await?;
            unit.processed_events().accept("stripe", "event", at(0)).await?;
            unit.audit().append(&entry).await?;
            unit.flags().set(&flag).await?;
            unit.deployment().set(&setting).await?;
            unit.idempotency().insert(&record, at(0)).await?;
            unit.enqueue(samples.job(world.org(), "send_email")).await?;
            unit.leases().acquire("taken", 600_000).await
        })
        .await
        .unwrap()
        .expect("nobody held it");

    refused(read.subscriptions().insert(&samples.subscription(world.org())).await, Misconfigured);
    refused(read.subscriptions().update(&subscription).await, Misconfigured);
    refused(read.usage().record(&samples.usage(world.org(), 10)).await, Misconfigured);
    refused(read.usage().mark_reported(world.org(), &[usage.id], at(5)).await, Misconfigured);
    refused(read.webhook_endpoints().insert(&samples.endpoint(world.org())).await, Misconfigured);
    refused(read.webhook_endpoints().update(&endpoint).await, Misconfigured);
    refused(read.webhook_endpoints().delete(world.org(), endpoint.id).await, Misconfigured);
    refused(read.webhook_sources().insert(&samples.source(world.org())).await, Misconfigured);
    refused(read.webhook_sources().update(&source).await, Misconfigured);
    refused(read.webhook_sources().delete(world.org(), source.id).await, Misconfigured);
    refused(read.webhook_deliveries().insert(&samples.delivery(&endpoint)).await, Misconfigured);
    refused(read.webhook_deliveries().update(&delivery).await, Misconfigured);
    refused(read.processed_events().accept("stripe", "other", at(0)).await, Misconfigured);
    refused(read.processed_events().delete_before(far(), 10).await, Misconfigured);
    refused(read.audit().append(&samples.audit_entry(world.org())).await, Misconfigured);
    refused(read.audit().purge(world.org(), far(), 10).await, Misconfigured);
    refused(read.flags().set(&samples.flag("other")).await, Misconfigured);
    refused(read.flags().delete("voice").await, Misconfigured);
    refused(read.deployment().set(&samples.setting("other")).await, Misconfigured);
    refused(read.deployment().delete("log_level").await, Misconfigured);
    refused(read.idempotency().insert(&samples.idempotency(world.org()), at(0)).await, Misconfigured);
    refused(read.idempotency().replace(&record).await, Misconfigured);
    refused(read.idempotency().delete_expired(far(), 10).await, Misconfigured);
    refused(read.outbox().claim(OutboxKind::Job, far(), 30, 10).await, Misconfigured);
    let nobody = OutboxId::from_uuid(samples.uuid());
    refused(read.outbox().extend(&[(nobody, 1)], far(), 30).await, Misconfigured);
    refused(read.outbox().complete(nobody, 1).await, Misconfigured);
    refused(read.outbox().retry(nobody, 1, far(), "failed").await, Misconfigured);
    refused(read.outbox().bury(nobody, 1, "failed").await, Misconfigured);
    let job = JobId::from_uuid(nobody.as_uuid());
    refused(read.outbox().sent(&[Sent { id: nobody, claim: 1, job, look_at: far() }]).await, Misconfigured);
    refused(read.outbox().finish(&[job]).await, Misconfigured);
    refused(read.leases().acquire("free", 600_000).await, Misconfigured);
    refused(read.leases().renew(&lease, 600_000).await, Misconfigured);
    refused(read.leases().release(&lease).await, Misconfigured);

    assert_eq!(read.subscriptions().get(world.org()).await.unwrap(), Some(subscription));
    assert_eq!(read.usage().unreported(10).await.unwrap(), [usage]);
    assert_eq!(read.webhook_endpoints().list(world.org()).await.unwrap(), [endpoint]);
    assert_eq!(read.webhook_sources().list(world.org()).await.unwrap(), [source]);
    assert_eq!(read.webhook_deliveries().get(world.org(), delivery.id).await.unwrap(), Some(delivery));
    assert_eq!(read.audit().list(world.org(), &AuditFilter::default(), &WHOLE).await.unwrap().items, [entry]);
    assert_eq!(read.flags().list().await.unwrap(), [flag]);
    assert_eq!(read.deployment().list().await.unwrap(), [setting]);
    let kept = read.idempotency().find(world.org(), &record.scope, &record.key, at(0)).await.unwrap();
    assert_eq!(kept, Some(record));
    assert_eq!(read.outbox().stats(OutboxKind::Job, far()).await.unwrap().ready, 1);
    assert!(read.leases().check(&lease).await.unwrap(), "the lease is still held");
    let free = Lease { key: "free".to_owned(), fence: 1 };
    assert!(!read.leases().check(&free).await.unwrap(), "nobody was given the other");
}
