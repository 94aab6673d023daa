//! Assistants and what they know.

use http::StatusCode;
use spotlight_core::{
    domain::{AssistantId, KnowledgeId, assistant::Assistant, time::Timestamp},
    error::{Error, Result},
    ports::{AssistantFilter, AssistantSort},
    services::assistants::AssistantInput,
};

use super::dto::{
    AssistantPatchInput, KnowledgePatchInput, NewAssistantInput, NewKnowledgeInput, assistant, figures, knowledge,
};
use crate::{
    output::{many, one, paged},
    resources::call::Call,
    response::Response,
};

pub(super) async fn list(call: Call<'_>) -> Result<Response> {
    let query = &call.query;
    let filter = AssistantFilter {
        active: query.get("active"),
        language: query.get("language"),
        owner_id: query.get("owner_id"),
        search: query.text("search").map(str::to_owned),
    };
    let sort = query.sort(&[
        ("created_at", AssistantSort::CreatedAt),
        ("updated_at", AssistantSort::UpdatedAt),
        ("name", AssistantSort::Name),
    ]);
    let found = call.platform.assistants().list(&call.context, filter, sort, &query.paging()).await?;
    many(found.map(assistant), &call.request.path, query)
}

pub(super) async fn create(call: Call<'_>) -> Result<Response> {
    let input: NewAssistantInput = call.input()?;
    let made = call.platform.assistants().create(&call.context, input.into()).await?;
    one(StatusCode::CREATED, assistant(made))
}

pub(super) async fn get(call: Call<'_>) -> Result<Response> {
    let found = call.platform.assistants().get(&call.context, call.id(0, "assistant")?).await?;
    one(StatusCode::OK, assistant(found))
}

pub(super) async fn update(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "assistant")?;
    let changed = change(&call, id, |input| {
        call.input::<AssistantPatchInput>()?.apply(input);
        Ok(())
    })
    .await?;
    one(StatusCode::OK, assistant(changed))
}

pub(super) async fn toggle(call: Call<'_>) -> Result<Response> {
    let (assistants, id) = (call.platform.assistants(), call.id(0, "assistant")?);
    let changed = call.patiently(|| assistants.toggle_active(&call.context, id, call.expected_version)).await?;
    one(StatusCode::OK, assistant(changed))
}

/// Reads an assistant, changes it and stores it at the version it was read at, so that no other change is lost.
async fn change(
    call: &Call<'_>,
    id: AssistantId,
    change: impl Fn(&mut AssistantInput) -> Result<()> + Sync,
) -> Result<Assistant> {
    let (assistants, change) = (&call.platform.assistants(), &change);
    call.patiently(|| async move {
        let found = assistants.get(&call.context, id).await?;
        if call.expected_version.is_some_and(|version| version != found.version) {
            return Err(Error::stale("assistant"));
        }
        let mut input = AssistantInput::from(&found);
        change(&mut input)?;
        assistants.update(&call.context, id, input, Some(found.version)).await
    })
    .await
}

pub(super) async fn delete(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "assistant")?;
    call.platform.assistants().delete(&call.context, id, call.expected_version).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn analytics(call: Call<'_>) -> Result<Response> {
    let id: AssistantId = call.id(0, "assistant")?;
    let found = call.platform.assistants().figures(&call.context, id).await?;
    one(StatusCode::OK, figures(id, found))
}

pub(super) async fn list_knowledge(call: Call<'_>) -> Result<Response> {
    let found = call.platform.assistants().knowledge(&call.context, call.id(0, "assistant")?).await?;
    paged(found.into_iter().map(knowledge).collect(), &call.request.path, &call.query)
}

pub(super) async fn create_knowledge(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "assistant")?;
    let input: NewKnowledgeInput = call.input()?;
    let made = call.platform.assistants().add_knowledge(&call.context, id, input.into()).await?;
    one(StatusCode::CREATED, knowledge(made))
}

pub(super) async fn get_knowledge(call: Call<'_>) -> Result<Response> {
    let (id, entry): (AssistantId, KnowledgeId) = (call.id(0, "assistant")?, call.id(1, "knowledge")?);
    let known = call.platform.assistants().knowledge(&call.context, id).await?;
    let found = known.into_iter().find(|known| known.id == entry).ok_or_else(|| Error::not_found("knowledge"))?;
    one(StatusCode::OK, knowledge(found))
}

pub(super) async fn update_knowledge(call: Call<'_>) -> Result<Response> {
    let (id, entry) = (call.id(0, "assistant")?, call.id(1, "knowledge")?);
    let (assistants, call) = (&call.platform.assistants(), &call);
    let changed = call
        .patiently(|| async move {
            let patch = call.input::<KnowledgePatchInput>()?.into();
            assistants.update_knowledge(&call.context, id, entry, patch, seen(call)).await
        })
        .await?;
    one(StatusCode::OK, knowledge(changed))
}

pub(super) async fn delete_knowledge(call: Call<'_>) -> Result<Response> {
    let (id, entry) = (call.id(0, "assistant")?, call.id(1, "knowledge")?);
    call.platform.assistants().delete_knowledge(&call.context, id, entry, seen(&call)).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

/// When the caller saw a knowledge entry change last: the version it wants to change.
fn seen(call: &Call<'_>) -> Option<Timestamp> {
    call.expected_version.map(|micros| Timestamp::from_timestamp_micros(micros).unwrap_or(Timestamp::UNIX_EPOCH))
}
