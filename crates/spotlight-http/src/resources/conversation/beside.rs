//! What is shown beside a conversation.

use serde_json::Value;
use spotlight_core::{domain::conversation::Conversation, error::Result};

use super::dto::{ConversationAttributes, transcript};
use crate::{
    output::{Included, Resource},
    resources::{assistant::dto::assistant, call::Call, lead::dto::lead},
};

/// Most utterances included in one document; the rest is where the relationship says.
const MOST_INCLUDED: u32 = 1000;

/// The records that the query wants beside a conversation. What the caller may not see, or is gone, is left out.
pub(super) async fn include(
    call: &Call<'_>,
    of: &Conversation,
    mut shown: Resource<ConversationAttributes>,
) -> Result<(Resource<ConversationAttributes>, Vec<Value>)> {
    let wanted: Vec<String> = call.query.list("include");
    let mut included = Included::default();
    for one in wanted {
        match one.as_str() {
            "transcripts" => {
                let said = call.platform.conversations().transcripts(&call.context, of.id, 0, MOST_INCLUDED).await?;
                let said: Vec<_> = said.into_iter().map(|said| transcript(said, false)).collect();
                shown = shown.refers_to_many("transcripts", &said, call.path_of("transcripts"));
                included.add(&said)?;
            }
            "lead" => {
                let found = seen(call.platform.leads().get(&call.context, of.lead_id).await)?;
                included.add(&found.map(|found| lead(found, call.now())).into_iter().collect::<Vec<_>>())?;
            }
            _ => {
                let found = seen(call.platform.assistants().get(&call.context, of.assistant_id).await)?;
                included.add(&found.map(assistant).into_iter().collect::<Vec<_>>())?;
            }
        }
    }
    Ok((shown, included.0))
}

fn seen<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
