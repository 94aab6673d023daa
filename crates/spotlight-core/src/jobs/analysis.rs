//! Scores, sentiment, criteria and summaries: pure functions of what is stored, so that running twice changes nothing.

use std::collections::BTreeSet;

use serde_json::json;

use super::runner::facts;
use crate::{
    domain::{
        CallReportId, ConversationId, LeadId, OrganizationId,
        assistant::Assistant,
        conversation::{Conversation, Sentiment, Speaker, Transcript},
        lead::Lead,
        organization::Organization,
        report::{CallReport, EndedReason, TurnLatency},
        score::{self, Signals},
        scoring::{Criteria, Criterion, Met},
    },
    error::{ErrorKind, Result, Retry},
    ports::{
        ConversationFilter, ConversationSort, NewEvent, Order, OutboxRow, Paging, ReadConsistency, Repositories, Sort,
        UnitOfWork, UtteranceAnalysis,
    },
    scripted::{
        understand::understand,
        understanding::{Asked, Hearing, Intent},
    },
    sentiment,
    services::deps::Deps,
    text::{fold, keywords, tokens},
};

/// Words that are kept of a conversation.
const KEYWORDS: usize = 10;
/// Words that are kept of an utterance.
const UTTERANCE_KEYWORDS: usize = 5;
/// Utterances read at once.
const PAGE: u32 = 500;
/// Most utterances of a conversation that count.
const MOST: usize = 10_000;

/// Analyses a conversation as it stands, and rescores its lead.
pub(super) async fn conversation(deps: &Deps, row: &OutboxRow) -> Result<()> {
    let (organization, id): (_, ConversationId) = facts(row, "conversation_id")?;
    let reason: Option<EndedReason> = serde_json::from_value(row.payload["ended_reason"].clone()).unwrap_or_default();
    match analyze(deps, organization, id, reason).await {
        // Somebody spoke meanwhile: look again.
        Err(error) if error.kind() == ErrorKind::StaleVersion => Err(error.with_retry(Retry::Now)),
        other => other,
    }
}

/// Writes a lead's score anew.
pub(super) async fn lead(deps: &Deps, row: &OutboxRow) -> Result<()> {
    let (organization, id): (_, LeadId) = facts(row, "lead_id")?;
    let unit = deps.storage.begin().await?;
    let Some(settings) = unit.organizations().get(organization).await? else { return Ok(()) };
    match rescore(deps, &*unit, &settings, id).await {
        Err(error) if error.kind() == ErrorKind::StaleVersion => Err(error.with_retry(Retry::Now)),
        other => {
            other?;
            unit.commit().await
        }
    }
}

async fn analyze(
    deps: &Deps,
    organization: OrganizationId,
    id: ConversationId,
    reason: Option<EndedReason>,
) -> Result<()> {
    let repos = deps.storage.read(ReadConsistency::Strong);
    // Erased or removed meanwhile: nothing is left to do.
    let Some(settings) = repos.organizations().get(organization).await? else { return Ok(()) };
    let Some(conversation) = repos.conversations().get(organization, id).await? else { return Ok(()) };
    let Some(assistant) = repos.assistants().get(organization, conversation.assistant_id).await? else { return Ok(()) };
    let lead = repos.leads().get(organization, conversation.lead_id).await?;
    if lead.is_none_or(|lead| lead.erased_at.is_some()) {
        return Ok(());
    }
    let utterances = utterances(repos, organization, id).await?;
    let analyses = score_utterances(&conversation, &utterances);
    let changed = analyzed(&settings, &assistant, &conversation, &utterances, &analyses);

    let unit = deps.storage.begin().await?;
    let fresh: Vec<_> = analyses.into_iter().filter(|analysis| is_news(analysis, &utterances)).collect();
    if !fresh.is_empty() {
        unit.transcripts().set_analysis(organization, id, &fresh).await?;
    }
    if changed != conversation {
        let mut changed = changed.clone();
        changed.updated_at = deps.now();
        unit.conversations().update(&changed).await?;
        let data = json!({ "conversation_id": id, "score": changed.score, "sentiment": changed.sentiment, "criteria": changed.criteria });
        publish(&*unit, organization, format!("conversation:{id}"), "conversation.analyzed", Some(id), data).await?;
    }
    if let Some(reason) = reason {
        unit.reports().put(&report(deps, &changed, &utterances, reason)).await?;
    }
    rescore(deps, &*unit, &settings, conversation.lead_id).await?;
    unit.commit().await
}

async fn utterances(
    repos: &dyn Repositories,
    organization: OrganizationId,
    id: ConversationId,
) -> Result<Vec<Transcript>> {
    let mut all: Vec<Transcript> = Vec::new();
    loop {
        let after = all.last().map_or(0, |last| last.seq);
        let page = repos.transcripts().list(organization, id, after, PAGE).await?;
        let full = page.len() == PAGE as usize;
        all.extend(page);
        if !full || all.len() >= MOST {
            return Ok(all);
        }
    }
}

/// Sentiment and keywords of what the visitor said.
fn score_utterances(conversation: &Conversation, utterances: &[Transcript]) -> Vec<UtteranceAnalysis> {
    let of_visitor = utterances.iter().filter(|said| said.speaker == Speaker::User && !said.content.is_empty());
    of_visitor
        .map(|said| {
            let scored = sentiment::score(&said.content, conversation.language);
            UtteranceAnalysis {
                id: said.id,
                sentiment: scored.sentiment,
                value: scored.value,
                confidence: scored.confidence,
                keywords: keywords([said.content.as_str()], conversation.language, UTTERANCE_KEYWORDS),
            }
        })
        .collect()
}

fn is_news(analysis: &UtteranceAnalysis, utterances: &[Transcript]) -> bool {
    utterances.iter().find(|said| said.id == analysis.id).is_some_and(|said| {
        said.sentiment != Some(analysis.sentiment)
            || said.sentiment_value != Some(analysis.value)
            || said.keywords != analysis.keywords
    })
}

/// The conversation with everything that analysis finds out.
fn analyzed(
    settings: &Organization,
    assistant: &Assistant,
    conversation: &Conversation,
    utterances: &[Transcript],
    analyses: &[UtteranceAnalysis],
) -> Conversation {
    let mut changed = conversation.clone();
    let mean = sentiment::mean(analyses.iter().map(|analysis| analysis.value));
    let intents = intents(assistant, conversation, utterances);
    let mut signals = Signals::from_intents(intents.iter().map(|(asked, intents)| (*asked, intents)));
    let state = &conversation.state;
    signals.answered = state.questions.iter().filter(|q| q.answer.is_some()).map(|q| q.key.clone()).collect();
    signals.contact_given = state.given.email.is_some() || state.given.phone.is_some();
    signals.appointment_booked = state.booked;
    signals.sentiment = mean;
    let timeline = &conversation.criteria.timeline;
    if matches!(timeline.met, Met::Yes | Met::Partial) {
        signals.buying.insert(score::BuyingSignal::Timeline);
    }
    let scored = score::conversation_score(&settings.scoring, &signals);
    // Where no words are kept, what was noted of them still counts.
    if utterances.iter().any(|said| said.speaker == Speaker::User) {
        changed.score = Some(scored.score);
        changed.score_reasons = scored.reasons;
    }
    changed.sentiment_value = mean;
    changed.sentiment = mean.map(Sentiment::of);
    let said = utterances.iter().filter(|said| said.speaker == Speaker::User).map(|said| said.content.as_str());
    let own = own_words(conversation);
    changed.keywords = keywords(said, conversation.language, KEYWORDS + own.len())
        .into_iter()
        .filter(|word| !own.contains(&fold(word)))
        .take(KEYWORDS)
        .collect();
    if conversation.status.is_final() {
        changed.summary = Some(summary(&changed, &signals, utterances));
    }
    changed
}

/// The words of what the visitor said about themselves: who somebody is, is no topic.
fn own_words(conversation: &Conversation) -> BTreeSet<String> {
    let given = &conversation.state.given;
    let email = given.email.as_ref().map(|email| email.as_str());
    [given.name.as_deref(), given.company.as_deref(), email].into_iter().flatten().flat_map(tokens).collect()
}

/// What each of the visitor's utterances wants, and what was asked before it.
fn intents(
    assistant: &Assistant,
    conversation: &Conversation,
    utterances: &[Transcript],
) -> Vec<(Asked, BTreeSet<Intent>)> {
    let zone = conversation.time_zone.unwrap_or(chrono_tz::UTC);
    let mut asked = Asked::Open;
    let mut found = Vec::new();
    for said in utterances {
        match said.speaker {
            Speaker::User if !said.content.is_empty() => {
                let hearing = Hearing {
                    language: conversation.language,
                    asked,
                    now: said.created_at,
                    time_zone: zone,
                    region: None,
                };
                found.push((asked, understand(&said.content, &hearing).intents));
            }
            Speaker::Assistant => {
                let question = assistant.questions.iter().find(|question| said.content.contains(&question.text));
                asked = question.map_or(Asked::Open, |question| Asked::Topic(question.topic));
            }
            _ => {}
        }
    }
    found
}

/// A few plain sentences of what happened, without personal data.
fn summary(conversation: &Conversation, signals: &Signals, utterances: &[Transcript]) -> String {
    let count = utterances.iter().filter(|said| said.speaker == Speaker::User).count();
    let mut text = format!("The visitor spoke {count} times.");
    let mut add = |sentence: String| {
        text.push(' ');
        text.push_str(&sentence);
    };
    if !signals.answered.is_empty() {
        let keys: Vec<_> = signals.answered.iter().map(String::as_str).collect();
        add(format!("Answered: {}.", keys.join(", ")));
    }
    let criteria = &conversation.criteria;
    let met: Vec<_> = [
        ("budget", &criteria.budget),
        ("authority", &criteria.authority),
        ("need", &criteria.need),
        ("timeline", &criteria.timeline),
    ]
    .into_iter()
    .filter(|(_, criterion)| criterion.met != Met::Unknown)
    .map(|(name, criterion)| format!("{name} {}", criterion.met))
    .collect();
    if !met.is_empty() {
        add(format!("Criteria: {}.", met.join(", ")));
    }
    let asked: Vec<_> = signals.buying.iter().map(|signal| signal.as_str()).collect();
    if !asked.is_empty() {
        add(format!("Buying signals: {}.", asked.join(", ")));
    }
    let objections: Vec<_> = signals.objections.iter().map(|objection| objection.as_str()).collect();
    if !objections.is_empty() {
        add(format!("Objections: {}.", objections.join(", ")));
    }
    if signals.refusal {
        add("Not interested.".to_owned());
    }
    if signals.contact_given {
        add("Contact details were given.".to_owned());
    }
    if signals.appointment_booked {
        add("An appointment was booked.".to_owned());
    }
    if !conversation.keywords.is_empty() {
        add(format!("Topics: {}.", conversation.keywords.join(", ")));
    }
    text
}

fn report(deps: &Deps, conversation: &Conversation, utterances: &[Transcript], reason: EndedReason) -> CallReport {
    let latencies = utterances
        .iter()
        .filter_map(|said| {
            let first = said.response_ms?;
            Some(TurnLatency {
                seq: said.seq,
                recognition_ms: None,
                first_token_ms: Some(first),
                first_audio_ms: None,
                total_ms: first,
            })
        })
        .collect();
    CallReport {
        id: CallReportId::from_uuid(deps.ids.uuid()),
        organization_id: conversation.organization_id,
        conversation_id: conversation.id,
        ended_reason: reason,
        summary: conversation.summary.clone().unwrap_or_default(),
        latencies,
        costs: std::collections::BTreeMap::new(),
        data: None,
        success: None,
        created_at: conversation.ended_at.unwrap_or(conversation.updated_at),
    }
}

/// The one writer of a lead's score. What it writes depends on stored conversations alone, not on the order in which
/// they were analysed.
async fn rescore(deps: &Deps, unit: &dyn UnitOfWork, settings: &Organization, id: LeadId) -> Result<()> {
    let organization = settings.id;
    let Some(lead) = unit.leads().get(organization, id).await? else { return Ok(()) };
    if lead.merged_into.is_some() || lead.deleted_at.is_some() {
        return Ok(());
    }
    let completed = unit.conversations().completed(organization, id).await?;
    let completed: Vec<_> = completed.iter().map(|one| (one.ended_at, one.id, one.score)).collect();
    let mut changed = lead.clone();
    if let Some(scored) = score::lead_score(&settings.scoring, &completed, lead.source, lead.company.is_some()) {
        changed.score = Some(scored.score);
        changed.score_reasons = scored.reasons;
        changed.qualified = scored.score >= settings.scoring.threshold;
    } else {
        changed.score = None;
        changed.score_reasons = Vec::new();
        changed.qualified = false;
    }
    follow_conversations(unit, &mut changed).await?;
    if changed == lead {
        return Ok(());
    }
    changed.updated_at = deps.now();
    unit.leads().update(&changed).await?;
    let facts = json!({ "lead_id": id, "score": changed.score, "qualified": changed.qualified });
    if changed.score != lead.score {
        publish(unit, organization, "leads".to_owned(), "lead.score_changed", None, facts.clone()).await?;
    }
    if changed.qualified && !lead.qualified {
        publish(unit, organization, "leads".to_owned(), "lead.qualified", None, facts).await?;
    }
    Ok(())
}

/// Criteria and last contact from the lead's conversations, the newest word on each criterion counting.
async fn follow_conversations(unit: &dyn UnitOfWork, lead: &mut Lead) -> Result<()> {
    let filter = ConversationFilter { lead_id: Some(lead.id), ..ConversationFilter::default() };
    let sort = Sort { by: ConversationSort::StartedAt, order: Order::Desc };
    let newest = Paging::After { cursor: None, limit: 100 };
    let found = unit.conversations().list(lead.organization_id, &filter, sort, &newest).await?;
    let mut criteria = Criteria::default();
    for conversation in &found.items {
        let said = &conversation.criteria;
        fill(&mut criteria.budget, &said.budget);
        fill(&mut criteria.authority, &said.authority);
        fill(&mut criteria.need, &said.need);
        fill(&mut criteria.timeline, &said.timeline);
    }
    lead.criteria = criteria;
    lead.last_conversation_at = found.items.iter().map(|conversation| conversation.last_activity_at).max();
    Ok(())
}

fn fill(place: &mut Criterion, said: &Criterion) {
    if place.met == Met::Unknown {
        place.clone_from(said);
    }
}

async fn publish(
    unit: &dyn UnitOfWork,
    organization: OrganizationId,
    channel: String,
    event_type: &str,
    conversation_id: Option<ConversationId>,
    data: serde_json::Value,
) -> Result<()> {
    let event =
        NewEvent { organization_id: organization, channel, event_type: event_type.to_owned(), conversation_id, data };
    unit.publish(event).await.map(drop)
}
