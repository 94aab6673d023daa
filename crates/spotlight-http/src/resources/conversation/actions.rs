//! Conversations: the team's and the visitors'.

use http::StatusCode;
use spotlight_core::{
    domain::{ConversationId, audit::Actor},
    error::Result,
    ports::{ConversationFilter, ConversationSort, Listing, page::DEFAULT_PER_PAGE},
};

use super::{
    beside::include,
    dto::{ConversationPatchInput, NewConversationInput, SayInput, TurnRequest, conversation, transcript},
};
use crate::{
    output::{Meta, list_document, many_beside, one, one_of},
    resources::call::Call,
    response::Response,
    sse,
};

/// Utterances that stand beside a conversation at most.
const SAID: u32 = 1000;
/// The same beside each conversation of a list.
const SAID_EACH: u32 = 50;

pub(super) async fn list(call: Call<'_>) -> Result<Response> {
    let (query, now) = (&call.query, call.now());
    let filter = ConversationFilter {
        statuses: query.list("status"),
        sources: query.list("source"),
        assistant_id: query.get("assistant_id"),
        lead_id: query.get("lead_id"),
        taken_over_by: query.get("taken_over_by"),
        sentiment: query.get("sentiment"),
        visible_to: None,
        needs_attention_at: query.get::<bool>("needs_attention").filter(|wanted| *wanted).map(|_| now),
        started: call.between("created_after", "created_before").await?,
        search: query.text("search").map(str::to_owned),
    };
    let sort = query.sort(&[
        ("started_at", ConversationSort::StartedAt),
        ("last_activity_at", ConversationSort::LastActivityAt),
        ("score", ConversationSort::Score),
    ]);
    let found = call.platform.conversations().list(&call.context, filter, sort, &query.paging()).await?;
    let (items, included) = include(&call, found.items, SAID_EACH).await?;
    let shown = Listing { items, total: found.total, next: found.next };
    many_beside(shown, &included, &call.request.path, query)
}

pub(super) async fn create(call: Call<'_>) -> Result<Response> {
    let input: NewConversationInput = call.input()?;
    let made = call.platform.conversations().start(&call.context, input.into()).await?;
    one(StatusCode::CREATED, conversation(made, call.now()))
}

pub(super) async fn get(call: Call<'_>) -> Result<Response> {
    let id: ConversationId = call.id(0, "conversation")?;
    let found = call.platform.conversations().get(&call.context, id).await?;
    let (shown, included) = include(&call, vec![found], SAID).await?;
    one_of(shown, &included)
}

pub(super) async fn update(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "conversation")?;
    let input: ConversationPatchInput = call.input()?;
    let conversations = call.platform.conversations();
    let changed = conversations.update(&call.context, id, input.into(), call.expected_version).await?;
    one(StatusCode::OK, conversation(changed, call.now()))
}

pub(super) async fn turn(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "conversation")?;
    let input: TurnRequest = call.input()?;
    let conversations = call.platform.conversations();
    // The stream lives longer than the answer's beginning, which is what the deadline is for.
    let mut context = call.context.clone();
    context.deadline = None;
    let turn = match input.into_input() {
        Some(input) => conversations.turn(&context, id, input).await?,
        None => conversations.greet(&context, id).await?,
    };
    let to_visitor = is_visitor(&call);
    Ok(sse::respond(turn, to_visitor, call.policy.keep_alive, call.request_id.to_owned(), call.place))
}

fn is_visitor(call: &Call<'_>) -> bool {
    matches!(call.context.actor, Actor::Visitor(_))
}

pub(super) async fn transcripts(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "conversation")?;
    let limit: u32 = call.query.get("per_page").unwrap_or(DEFAULT_PER_PAGE);
    let after: i64 = call.query.get("cursor").unwrap_or(0);
    // One more than is shown tells whether there is more.
    let mut found = call.platform.conversations().transcripts(&call.context, id, after, limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(|last| last.seq.to_string());
    let path = &call.request.path;
    let link = |rel: &str, cursor: &str| {
        format!("<{path}?{}>; rel=\"{rel}\"", call.query.with(&[("cursor", cursor.to_owned())]))
    };
    let links = [Some(link("first", "0")), next.as_deref().map(|next| link("next", next))];
    let links: Vec<_> = links.into_iter().flatten().collect();
    let pagination = Meta::from_iter([("per_page".to_owned(), limit.into()), ("next_cursor".to_owned(), next.into())]);
    let to_visitor = is_visitor(&call);
    let shown: Vec<_> = found.into_iter().map(|said| transcript(said, to_visitor)).collect();
    list_document(&shown, pagination, &links.join(", "))
}

pub(super) async fn say(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "conversation")?;
    let content = call.input::<SayInput>()?.content.0.0;
    let said = call.platform.conversations().say(&call.context, id, &content).await?;
    one(StatusCode::CREATED, transcript(said, false))
}

pub(super) async fn accept_hand_off(call: Call<'_>) -> Result<Response> {
    let id: ConversationId = call.id(0, "conversation")?;
    let conversations = call.platform.conversations();
    conversations.accept_hand_off(&call.context, id).await?;
    let found = conversations.get(&call.context, id).await?;
    one(StatusCode::OK, conversation(found, call.now()))
}

pub(super) async fn take_over(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "conversation")?;
    let changed = call.platform.conversations().take_over(&call.context, id, call.expected_version).await?;
    one(StatusCode::OK, conversation(changed, call.now()))
}

pub(super) async fn give_back(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "conversation")?;
    let changed = call.platform.conversations().give_back(&call.context, id, call.expected_version).await?;
    one(StatusCode::OK, conversation(changed, call.now()))
}
