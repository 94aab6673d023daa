//! One organization sees, changes and points at nothing of another.

use super::{
    outbox::far,
    samples::at,
    storage::StorageFixture,
    support::{WHOLE, World, refused},
};
use crate::{
    domain::{
        appointment::Appointment,
        assistant::{Assistant, Knowledge},
        billing::{Meter, Usage},
        consent::{Consent, ConsentKind, ConsentState},
        conversation::{Channel, Conversation, ConversationStatus, HandOff, Sentiment},
        lead::{Lead, Proposal, ProposalState},
        schedule::Host,
        time::Window,
        webhook::{WebhookEndpoint, WebhookSource},
    },
    error::ErrorKind::NotFound,
    ports::{
        AnalyticsQuery, AppointmentFilter, AssistantFilter, AuditFilter, Between, ConversationFilter,
        IdempotencyRecord, LeadFilter, MovedConsents, Order, Sort, Summary, UnitOfWork, UtteranceAnalysis,
    },
};

type Unit<'a> = &'a dyn UnitOfWork;

/// Asserts that each of these writes is refused as `NotFound`, in a unit of its own.
macro_rules! not_found {
    ($world:expr, $($write:expr),+ $(,)?) => {$({
        let write = $write;
        refused($world.write(async |unit| write(unit).await).await, NotFound);
    })+};
}

/// An organization with a record of every kind.
struct Business {
    world: World,
    lead: Lead,
    talk: Conversation,
    appointment: Appointment,
    hand_off: HandOff,
    proposal: Proposal,
    endpoint: WebhookEndpoint,
    source: WebhookSource,
}

impl Business {
    async fn new(world: World) -> Self {
        let lead = world.lead().await;
        let talk = world
            .conversation_like(&lead, |talk| {
                (talk.status, talk.ended_at) = (ConversationStatus::Completed, Some(at(5)));
            })
            .await;
        let (samples, org) = (&world.samples, world.org());
        let appointment = samples.hold(&lead, world.assistant.id, &world.host, 100, 50);
        let hand_off = samples.hand_off(&talk, at(0));
        let proposal = samples.proposal(&lead);
        let (endpoint, source) = (samples.endpoint(org), samples.source(org));
        world
            .write(async |unit| {
                unit.transcripts().append(&[samples.utterance(&talk, 1)]).await?;
                unit.appointments().insert(&appointment, at(0)).await?;
                unit.hand_offs().insert(&hand_off).await?;
                unit.proposals().insert(&proposal).await?;
                unit.webhook_endpoints().insert(&endpoint).await?;
                unit.webhook_sources().insert(&source).await?;
                unit.webhook_deliveries().insert(&samples.delivery(&endpoint)).await?;
                unit.knowledge().insert(&samples.knowledge(&world.assistant)).await?;
                unit.subscriptions().insert(&samples.subscription(org)).await?;
                unit.usage().record(&samples.usage(org, 5)).await?;
                unit.audit().append(&samples.audit_entry(org)).await?;
                unit.reports().put(&samples.report(&talk)).await?;
                unit.consents().append(&samples.consent(&lead, ConsentState::Given, at(0))).await?;
                unit.api_tokens().insert(&samples.api_token(org, world.user.id)).await
            })
            .await
            .unwrap();
        Self { world, lead, talk, appointment, hand_off, proposal, endpoint, source }
    }

    async fn pair(fixture: &dyn StorageFixture) -> (Self, Self) {
        let world = World::new(fixture.fresh().await).await;
        let other = world.another().await;
        (Self::new(world).await, Self::new(other).await)
    }
}

/// A read of another organization's record finds nothing.
pub async fn reads_find_nothing_of_another_organization(fixture: &dyn StorageFixture) {
    let (mine, theirs) = Business::pair(fixture).await;
    let (read, org) = (mine.world.read(), mine.world.org());
    let (assistant, user) = (theirs.world.assistant.id, theirs.world.user.id);
    assert_eq!(read.assistants().get(org, assistant).await.unwrap(), None);
    assert_eq!(read.assistants().figures(org, assistant).await.unwrap().conversations, 0);
    assert_eq!(read.knowledge().list(org, assistant).await.unwrap(), []);
    let entry = theirs.world.read().knowledge().list(theirs.world.org(), assistant).await.unwrap().remove(0);
    assert_eq!(read.knowledge().get(org, entry.id).await.unwrap(), None);
    assert_eq!(read.users().membership(org, user).await.unwrap(), None);
    assert_eq!(read.hosts().get(org, user).await.unwrap(), None);
    assert_eq!(read.leads().get(org, theirs.lead.id).await.unwrap(), None);
    assert_eq!(read.leads().get_many(org, &[theirs.lead.id]).await.unwrap(), []);
    let (email, phone) = (theirs.lead.email.clone(), theirs.lead.phone.clone());
    assert_eq!(read.leads().find_by_contact(org, email, phone).await.unwrap(), []);
    assert_eq!(read.proposals().list(org, theirs.lead.id).await.unwrap(), []);
    assert_eq!(read.conversations().get(org, theirs.talk.id).await.unwrap(), None);
    assert_eq!(read.conversations().completed(org, theirs.lead.id).await.unwrap(), []);
    assert_eq!(read.transcripts().list(org, theirs.talk.id, 0, 10).await.unwrap(), []);
    assert_eq!(read.transcripts().tail(org, theirs.talk.id, 10).await.unwrap(), []);
    assert_eq!(read.hand_offs().get(org, theirs.hand_off.id).await.unwrap(), None);
    assert_eq!(read.hand_offs().latest(org, theirs.talk.id).await.unwrap(), None);
    assert_eq!(read.appointments().get(org, theirs.appointment.id).await.unwrap(), None);
    let always = Window { start: at(-10_000), end: at(10_000) };
    assert_eq!(read.appointments().occupied(org, user, always, at(0)).await.unwrap(), []);
    assert_eq!(read.appointments().load(org, &[user], at(-10_000)).await.unwrap()[0].open, 0);
    assert_eq!(read.webhook_endpoints().get(org, theirs.endpoint.id).await.unwrap(), None);
    assert_eq!(read.webhook_sources().get(org, theirs.source.id).await.unwrap(), None);
    let call = theirs.talk.external_call_id.clone().expect("a call");
    let called = read.conversations().by_external_call(org, &call).await.unwrap();
    assert_ne!(called.map(|talk| talk.id), Some(theirs.talk.id));
    assert_eq!(read.webhook_deliveries().list(org, theirs.endpoint.id, &WHOLE).await.unwrap().total, Some(0));
    assert_eq!(read.reports().get(org, theirs.talk.id).await.unwrap(), None);
    assert_eq!(read.consents().list(org, theirs.lead.id).await.unwrap(), []);
    let consent = read.consents().current(org, theirs.lead.id, ConsentKind::Recording, Channel::Chat).await;
    assert_eq!(consent.unwrap(), None);
}

/// Lists and figures hold an organization's own records alone.
pub async fn lists_hold_nothing_of_another_organization(fixture: &dyn StorageFixture) {
    let (mine, theirs) = Business::pair(fixture).await;
    let (read, org) = (mine.world.read(), mine.world.org());
    let search = Some("renee".to_owned());
    for filter in [LeadFilter::default(), LeadFilter { search, ..LeadFilter::default() }] {
        let leads = read.leads().list(org, &filter, Sort::default(), &WHOLE).await.unwrap();
        assert_eq!((leads.total, leads.items), (Some(1), vec![mine.lead.clone()]));
    }
    assert_eq!(read.leads().inactive(org, far(), 10).await.unwrap(), [mine.lead.id]);
    let filter = AssistantFilter::default();
    let assistants = read.assistants().list(org, &filter, Sort::default(), &WHOLE).await.unwrap();
    assert_eq!(assistants.items, std::slice::from_ref(&mine.world.assistant));
    assert_eq!(read.assistants().count(org).await.unwrap(), 1);
    let filter = ConversationFilter::default();
    let talks = read.conversations().list(org, &filter, Sort::default(), &WHOLE).await.unwrap();
    assert_eq!(talks.items, std::slice::from_ref(&mine.talk));
    let filter = ConversationFilter { visible_to: Some(theirs.world.user.id), ..filter };
    let talks = read.conversations().list(org, &filter, Sort::default(), &WHOLE).await.unwrap();
    assert_eq!(talks.total, Some(0), "whoever owns another organization's assistant sees nothing here");
    assert_eq!(read.conversations().count_started(org, Between::default()).await.unwrap(), 1);
    let filter = AppointmentFilter { statuses: vec![mine.appointment.status], ..AppointmentFilter::default() };
    let appointments = read.appointments().list(org, &filter, Order::Asc, &WHOLE).await.unwrap();
    assert_eq!(appointments.items, std::slice::from_ref(&mine.appointment));
    assert_eq!(read.hosts().list(org).await.unwrap(), std::slice::from_ref(&mine.world.host));
    assert_eq!(read.users().members(org).await.unwrap().len(), 1);
    assert_eq!(read.api_tokens().list(org).await.unwrap().len(), 1);
    assert_eq!(read.webhook_endpoints().list(org).await.unwrap(), std::slice::from_ref(&mine.endpoint));
    assert_eq!(read.webhook_sources().list(org).await.unwrap(), std::slice::from_ref(&mine.source));
    assert_eq!(read.audit().list(org, &AuditFilter::default(), &WHOLE).await.unwrap().total, Some(1));
    let meter = Meter::ModelTokens;
    assert_eq!(read.usage().total(org, meter, Between::default()).await.unwrap(), 5);
    let span = Window { start: at(-10_000), end: at(10_000) };
    let days = vec![(span.start.date_naive(), span)];
    let query = AnalyticsQuery { days, assistant_id: None, visible_to: None };
    let summary = read.analytics().summary(org, &query).await.unwrap();
    assert_eq!((summary.leads, summary.conversations), (1, 1));
    let query = AnalyticsQuery { assistant_id: Some(theirs.world.assistant.id), ..query };
    assert_eq!(read.analytics().summary(org, &query).await.unwrap(), Summary::default());
}

/// A write under another organization's name changes nothing.
pub async fn writes_change_nothing_of_another_organization(fixture: &dyn StorageFixture) {
    let (mine, theirs) = Business::pair(fixture).await;
    let (world, org) = (&mine.world, mine.world.org());
    let (assistant, user) = (theirs.world.assistant.clone(), theirs.world.user.id);
    let stranger = Lead { organization_id: org, ..theirs.lead.clone() };
    let talk = Conversation { organization_id: org, ..theirs.talk.clone() };
    let appointment = Appointment { organization_id: org, ..theirs.appointment.clone() };
    let hand_off = HandOff { organization_id: org, ..theirs.hand_off.clone() };
    let endpoint = WebhookEndpoint { organization_id: org, ..theirs.endpoint.clone() };
    let source = WebhookSource { organization_id: org, ..theirs.source.clone() };
    let host = Host { organization_id: org, ..theirs.world.host.clone() };
    let robot = Assistant { organization_id: org, ..assistant.clone() };
    let token = theirs.world.read().api_tokens().list(theirs.world.org()).await.unwrap().remove(0);
    let entry = theirs.world.read().knowledge().list(theirs.world.org(), assistant.id).await.unwrap().remove(0);
    let moved = Knowledge { organization_id: org, ..entry.clone() };
    not_found!(
        world,
        async |unit: Unit<'_>| unit.leads().update(&stranger).await,
        async |unit: Unit<'_>| unit.leads().erase(org, theirs.lead.id, at(9)).await.map(drop),
        async |unit: Unit<'_>| unit.leads().merge(org, theirs.lead.id, mine.lead.id, MovedConsents::All, at(9)).await,
        async |unit: Unit<'_>| unit.leads().merge(org, mine.lead.id, theirs.lead.id, MovedConsents::All, at(9)).await,
        async |unit: Unit<'_>| unit.proposals().decide(org, theirs.proposal.id, ProposalState::Accepted).await,
        async |unit: Unit<'_>| unit.assistants().update(&robot).await,
        async |unit: Unit<'_>| unit.assistants().delete(org, assistant.id).await,
        async |unit: Unit<'_>| unit.knowledge().update(&moved, entry.updated_at).await,
        async |unit: Unit<'_>| unit.conversations().update(&talk).await,
        async |unit: Unit<'_>| unit.hand_offs().update(&hand_off).await,
        async |unit: Unit<'_>| unit.hosts().update(&host).await,
        async |unit: Unit<'_>| unit.appointments().update(&appointment, at(0)).await,
        async |unit: Unit<'_>| unit.webhook_endpoints().update(&endpoint).await,
        async |unit: Unit<'_>| unit.webhook_sources().update(&source).await,
        async |unit: Unit<'_>| unit.api_tokens().touch(org, token.id, at(1)).await,
        async |unit: Unit<'_>| unit.api_tokens().revoke(org, token.id, at(1)).await,
    );
    let said = theirs.world.read().transcripts().list(theirs.world.org(), theirs.talk.id, 0, 10).await.unwrap();
    let analysis = UtteranceAnalysis {
        id: said[0].id,
        sentiment: Sentiment::Negative,
        value: -1.0,
        confidence: 1.0,
        keywords: Vec::new(),
    };
    world
        .write(async |unit| {
            assert!(!unit.knowledge().delete(org, entry.id).await?);
            assert!(!unit.appointments().delete_hold(org, theirs.appointment.id).await?);
            assert!(!unit.webhook_endpoints().delete(org, theirs.endpoint.id).await?);
            assert!(!unit.webhook_sources().delete(org, theirs.source.id).await?);
            assert!(!unit.users().remove_membership(org, user).await?);
            unit.transcripts().set_analysis(org, theirs.talk.id, &[analysis]).await?;
            unit.transcripts().rewrite(org, theirs.talk.id, &[(said[0].id, "Other words".to_owned())]).await?;
            assert_eq!(unit.transcripts().purge(org, far(), 10).await?, 1, "its own alone");
            assert_eq!(unit.audit().purge(org, far(), 10).await?, 1, "its own alone");
            Ok(())
        })
        .await
        .unwrap();

    let (read, org) = (theirs.world.read(), theirs.world.org());
    assert_eq!(read.leads().get(org, theirs.lead.id).await.unwrap(), Some(theirs.lead.clone()));
    assert_eq!(read.assistants().get(org, assistant.id).await.unwrap(), Some(assistant.clone()));
    assert_eq!(read.knowledge().list(org, assistant.id).await.unwrap(), [entry]);
    assert_eq!(read.conversations().get(org, theirs.talk.id).await.unwrap(), Some(theirs.talk.clone()));
    assert_eq!(read.transcripts().list(org, theirs.talk.id, 0, 10).await.unwrap(), said);
    assert_eq!(read.hand_offs().get(org, theirs.hand_off.id).await.unwrap(), Some(theirs.hand_off));
    assert_eq!(read.hosts().get(org, user).await.unwrap(), Some(theirs.world.host.clone()));
    assert_eq!(read.appointments().get(org, theirs.appointment.id).await.unwrap(), Some(theirs.appointment));
    assert_eq!(read.webhook_endpoints().get(org, theirs.endpoint.id).await.unwrap(), Some(theirs.endpoint));
    assert_eq!(read.webhook_sources().get(org, theirs.source.id).await.unwrap(), Some(theirs.source));
    assert_eq!(read.api_tokens().list(org).await.unwrap(), [token]);
    assert_eq!(read.proposals().list(org, theirs.lead.id).await.unwrap(), [theirs.proposal]);
    assert!(read.users().membership(org, user).await.unwrap().is_some());
    assert_eq!(read.audit().list(org, &AuditFilter::default(), &WHOLE).await.unwrap().total, Some(1));
}

/// A record cannot point at another organization's, even if the code is wrong.
pub async fn nothing_points_at_another_organization(fixture: &dyn StorageFixture) {
    let (mine, theirs) = Business::pair(fixture).await;
    let (world, samples) = (&mine.world, &mine.world.samples);
    let talk_with = |lead: &Lead, assistant| samples.conversation(lead, assistant);
    let stranger = Lead { organization_id: world.org(), ..theirs.lead.clone() };
    let with_their_lead = talk_with(&stranger, world.assistant.id);
    let with_their_assistant = talk_with(&mine.lead, theirs.world.assistant.id);
    let booked = |change: &dyn Fn(&mut Appointment)| {
        let mut appointment = samples.appointment(&mine.lead, world.assistant.id, &world.host, 900);
        change(&mut appointment);
        appointment
    };
    let appointments = [
        booked(&|it| it.lead_id = theirs.lead.id),
        booked(&|it| it.assistant_id = theirs.world.assistant.id),
        booked(&|it| it.conversation_id = Some(theirs.talk.id)),
        booked(&|it| it.host_id = theirs.world.user.id),
    ];
    let foreign = Conversation { organization_id: world.org(), ..theirs.talk.clone() };
    let proposal = samples.proposal(&stranger);
    let consent = samples.consent(&stranger, ConsentState::Refused, at(9));
    let theirs_said = Some(theirs.talk.id);
    let said_elsewhere = Proposal { conversation_id: theirs_said, ..samples.proposal(&mine.lead) };
    let consent_elsewhere =
        Consent { conversation_id: theirs_said, ..samples.consent(&mine.lead, ConsentState::Refused, at(9)) };
    let used_elsewhere = Usage { conversation_id: theirs_said, ..samples.usage(world.org(), 1) };
    let utterance = samples.utterance(&foreign, 2);
    let hand_off = samples.hand_off(&foreign, at(9));
    let report = samples.report(&foreign);
    let robot = Assistant { organization_id: world.org(), ..theirs.world.assistant.clone() };
    let entry = samples.knowledge(&robot);
    let delivery = samples.delivery(&WebhookEndpoint { organization_id: world.org(), ..theirs.endpoint.clone() });
    let host = samples.host(world.org(), theirs.world.user.id);
    not_found!(
        world,
        async |unit: Unit<'_>| unit.conversations().insert(&with_their_lead).await,
        async |unit: Unit<'_>| unit.conversations().insert(&with_their_assistant).await,
        async |unit: Unit<'_>| unit.proposals().insert(&proposal).await.map(drop),
        async |unit: Unit<'_>| unit.consents().append(&consent).await,
        async |unit: Unit<'_>| unit.proposals().insert(&said_elsewhere).await.map(drop),
        async |unit: Unit<'_>| unit.consents().append(&consent_elsewhere).await,
        async |unit: Unit<'_>| unit.usage().record(&used_elsewhere).await.map(drop),
        async |unit: Unit<'_>| unit.transcripts().append(std::slice::from_ref(&utterance)).await,
        async |unit: Unit<'_>| unit.hand_offs().insert(&hand_off).await,
        async |unit: Unit<'_>| unit.reports().put(&report).await,
        async |unit: Unit<'_>| unit.knowledge().insert(&entry).await,
        async |unit: Unit<'_>| unit.webhook_deliveries().insert(&delivery).await,
        async |unit: Unit<'_>| unit.hosts().insert(&host).await,
    );
    for appointment in &appointments {
        refused(world.write(async |unit| unit.appointments().insert(appointment, at(0)).await).await, NotFound);
    }
    let read = theirs.world.read();
    let said = read.transcripts().list(theirs.world.org(), theirs.talk.id, 0, 10).await.unwrap();
    assert_eq!(said.len(), 1);
    assert_eq!(read.consents().list(theirs.world.org(), theirs.lead.id).await.unwrap().len(), 1);
}

/// What is unique is unique within an organization: another may have the same.
pub async fn organizations_share_nothing_that_is_unique(fixture: &dyn StorageFixture) {
    let (mine, theirs) = Business::pair(fixture).await;
    let twin = Lead {
        email: mine.lead.email.clone(),
        phone: mine.lead.phone.clone(),
        ..theirs.world.samples.lead(theirs.world.org())
    };
    theirs.world.write(async |unit| unit.leads().insert(&twin).await).await.unwrap();
    let record = mine.world.samples.idempotency(mine.world.org());
    let same = IdempotencyRecord { organization_id: theirs.world.org(), ..record.clone() };
    mine.world
        .write(async |unit| {
            unit.idempotency().insert(&record, at(0)).await?;
            unit.idempotency().insert(&same, at(0)).await
        })
        .await
        .unwrap();
    let read = mine.world.read().idempotency();
    assert_eq!(read.find(theirs.world.org(), &record.scope, &record.key, at(0)).await.unwrap(), Some(same));
    assert_eq!(read.find(mine.world.org(), &record.scope, &record.key, at(0)).await.unwrap(), Some(record));
}
