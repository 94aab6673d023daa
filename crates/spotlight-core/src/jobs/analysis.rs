//! Scores, sentiment, criteria and summaries: pure functions of what is stored, so that running twice changes nothing.

mod lead;
mod listen;
mod report;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Job, JobContext, platform::tenant};
use crate::{
    domain::{
        ConversationId, LeadId, OrganizationId,
        assistant::Assistant,
        conversation::{Conversation, Sentiment, Speaker, Transcript},
        event::EventType,
        organization::Organization,
        report::EndedReason,
        score::{self, Signals},
    },
    error::{ErrorKind, Result, Retry},
    ports::{NewEvent, ReadConsistency, Repositories, Unique, UniqueScope, UnitOfWork, UtteranceAnalysis, WhenTaken},
    sentiment,
    services::deps::Deps,
    text::{fold, keywords, tokens},
    trace::Trace,
};

/// Words that are kept of a conversation.
const KEYWORDS: usize = 10;
/// Words that are kept of an utterance.
const UTTERANCE_KEYWORDS: usize = 5;
/// Utterances read at once.
const PAGE: u32 = 500;
/// Most utterances of a conversation that count.
const MOST: usize = 10_000;

/// Analyses a conversation as it stands, and rescores its lead. With a reason it has just ended, and a report is made
/// too.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AnalyzeConversation {
    conversation_id: ConversationId,
    #[serde(default)]
    ended_reason: Option<EndedReason>,
    #[serde(skip)]
    of: Option<OrganizationId>,
    #[serde(skip)]
    last_seq: i64,
}

impl AnalyzeConversation {
    /// The job for a conversation as it stands.
    pub(crate) const fn new(conversation: &Conversation, ended_reason: Option<EndedReason>) -> Self {
        Self {
            conversation_id: conversation.id,
            ended_reason,
            of: Some(conversation.organization_id),
            last_seq: conversation.last_seq,
        }
    }
}

impl Job for AnalyzeConversation {
    type State = Deps;
    type Output = ();
    const NAME: &'static str = "analyze_conversation";

    fn organization(&self) -> Option<OrganizationId> {
        self.of
    }

    fn unique(&self) -> Option<Unique> {
        // The number of the last utterance is part of the key: a job that has read its facts does not stand for one
        // that must read newer ones.
        let key = format!("analyze:{}:{}", self.conversation_id, self.last_seq);
        let unique = Unique { key, scope: UniqueScope::Waiting, taken: WhenTaken::Discard };
        self.ended_reason.is_none().then_some(unique)
    }

    async fn run(self, ctx: JobContext<Deps>) -> Result<()> {
        match analyze(&ctx.state, tenant(&ctx)?, self.conversation_id, self.ended_reason).await {
            // Somebody spoke meanwhile: look again.
            Err(error) if error.kind() == ErrorKind::StaleVersion => Err(error.with_retry(Retry::Now)),
            other => other,
        }
    }
}

/// Writes a lead's score anew.
pub(super) async fn lead(deps: &Deps, organization: OrganizationId, id: LeadId) -> Result<()> {
    let unit = deps.storage.begin().await?;
    let Some(settings) = unit.organizations().get(organization).await? else { return Ok(()) };
    match lead::rescore(deps, &*unit, &settings, id).await {
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
    if utterances.is_empty() && conversation.last_seq > 0 {
        // Retention took the words; what they once showed stays.
        return Ok(());
    }
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
        publish(&*unit, organization, format!("conversation:{id}"), EventType::ConversationAnalyzed, Some(id), data)
            .await?;
    }
    if let Some(reason) = reason {
        unit.reports().put(&report::report(deps, &settings, &assistant, &changed, &utterances, reason)).await?;
    }
    lead::rescore(deps, &*unit, &settings, conversation.lead_id).await?;
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
    let mut signals = Signals::of_utterances(&listen::said(assistant, conversation, utterances));
    let state = &conversation.state;
    signals.answered = state.questions.iter().filter(|q| q.answer.is_some()).map(|q| q.key.clone()).collect();
    signals.contact_given = state.given.email.is_some() || state.given.phone.is_some();
    signals.appointment_booked = state.booked;
    signals.sentiment = mean;
    let scored = score::conversation_score(&settings.scoring, &signals);
    // Where no words are kept, what the conversation came to still counts.
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
        changed.summary = Some(report::summary(&changed, &signals, utterances));
    }
    changed
}

/// The words of what the visitor said about themselves: who somebody is, is no topic.
fn own_words(conversation: &Conversation) -> BTreeSet<String> {
    let given = &conversation.state.given;
    let email = given.email.as_ref().map(|email| email.as_str());
    [given.name.as_deref(), given.company.as_deref(), email].into_iter().flatten().flat_map(tokens).collect()
}

async fn publish(
    unit: &dyn UnitOfWork,
    organization: OrganizationId,
    channel: String,
    event_type: EventType,
    conversation_id: Option<ConversationId>,
    data: serde_json::Value,
) -> Result<()> {
    let event = NewEvent {
        organization_id: organization,
        channel,
        event_type: event_type.as_str().to_owned(),
        conversation_id,
        data,
        trace: Trace::current(),
    };
    unit.publish(event).await.map(drop)
}
