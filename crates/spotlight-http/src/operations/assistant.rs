//! Assistants and what they know.

use http::StatusCode;
use spotlight_core::{
    domain::{AssistantId, KnowledgeId, assistant::Assistant},
    error::{Error, ErrorKind, Result},
    ports::{AssistantFilter, AssistantSort},
    services::assistants::AssistantInput,
};

use super::Call;
use crate::{
    dto::assistant::{
        AssistantPatchInput, KnowledgePatchInput, NewAssistantInput, NewKnowledgeInput, assistant, figures, knowledge,
    },
    output::{all, many, one},
    response::Response,
};

/// How often a change without `If-Match` is tried against a record that others change at the same time.
const TRIES: usize = 3;

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
    let id = call.id(0, "assistant")?;
    let changed = if call.expected_version.is_some() {
        change(&call, id, |input| {
            input.active = !input.active;
            Ok(())
        })
        .await?
    } else {
        call.platform.assistants().toggle_active(&call.context, id).await?
    };
    one(StatusCode::OK, assistant(changed))
}

/// Reads an assistant, changes it and stores it at the version it was read at, so that no other change is lost.
async fn change(
    call: &Call<'_>,
    id: AssistantId,
    change: impl Fn(&mut AssistantInput) -> Result<()>,
) -> Result<Assistant> {
    let assistants = call.platform.assistants();
    let mut tries = TRIES;
    loop {
        let found = assistants.get(&call.context, id).await?;
        if call.expected_version.is_some_and(|version| version != found.version) {
            return Err(Error::stale("assistant"));
        }
        let mut input = AssistantInput::from(&found);
        change(&mut input)?;
        tries -= 1;
        match assistants.update(&call.context, id, input, Some(found.version)).await {
            Err(error) if error.kind() == ErrorKind::StaleVersion && tries > 0 && call.expected_version.is_none() => {}
            answered => return answered,
        }
    }
}

pub(super) async fn delete(call: Call<'_>) -> Result<Response> {
    let (assistants, id) = (call.platform.assistants(), call.id(0, "assistant")?);
    if let Some(version) = call.expected_version
        && assistants.get(&call.context, id).await?.version != version
    {
        return Err(Error::stale("assistant"));
    }
    assistants.delete(&call.context, id).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn analytics(call: Call<'_>) -> Result<Response> {
    let id: AssistantId = call.id(0, "assistant")?;
    let found = call.platform.assistants().figures(&call.context, id).await?;
    one(StatusCode::OK, figures(id, found))
}

pub(super) async fn list_knowledge(call: Call<'_>) -> Result<Response> {
    let found = call.platform.assistants().knowledge(&call.context, call.id(0, "assistant")?).await?;
    let shown: Vec<_> = found.into_iter().map(knowledge).collect();
    all(&shown)
}

pub(super) async fn create_knowledge(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "assistant")?;
    let input: NewKnowledgeInput = call.input()?;
    let made = call.platform.assistants().add_knowledge(&call.context, id, input.into()).await?;
    one(StatusCode::CREATED, knowledge(made))
}

pub(super) async fn update_knowledge(call: Call<'_>) -> Result<Response> {
    let (id, entry): (AssistantId, KnowledgeId) = (call.id(0, "assistant")?, call.id(1, "knowledge")?);
    let input: KnowledgePatchInput = call.input()?;
    let assistants = call.platform.assistants();
    let known = assistants.knowledge(&call.context, id).await?;
    let found = known.into_iter().find(|known| known.id == entry).ok_or_else(|| Error::not_found("knowledge"))?;
    let changed = assistants.update_knowledge(&call.context, id, entry, input.over(found)).await?;
    one(StatusCode::OK, knowledge(changed))
}

pub(super) async fn delete_knowledge(call: Call<'_>) -> Result<Response> {
    let (id, entry) = (call.id(0, "assistant")?, call.id(1, "knowledge")?);
    call.platform.assistants().delete_knowledge(&call.context, id, entry).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
