//! What is shown beside conversations.

use serde_json::Value;
use spotlight_core::{domain::conversation::Conversation, error::Result};

use super::dto::{ConversationAttributes, conversation, transcript};
use crate::{
    output::{Included, Resource, by, refer},
    resources::{assistant::dto::assistant, call::Call, lead::dto::lead},
};

/// Conversations as they are shown, and the records that the query wants beside them: of each the first `each`
/// utterances; the rest is where the relationship says. What the caller may not see, or is gone, is left out. Every kind
/// is read at once for all of them.
pub(super) async fn include(
    call: &Call<'_>,
    of: Vec<Conversation>,
    each: u32,
) -> Result<(Vec<Resource<ConversationAttributes>>, Vec<Value>)> {
    let (mut included, now) = (Included::default(), call.now());
    let base = call.request.path.rsplit_once("/conversations").map_or("", |(base, _)| base);
    let mut shown: Vec<_> = of.iter().map(|one| (one.id, conversation(one.clone(), now))).collect();
    for one in call.query.list::<String>("include") {
        match one.as_str() {
            "transcripts" => {
                let said = call.platform.conversations().first_said(&call.context, &of, each).await?;
                let said = by(said, |said| said.conversation_id, |said| transcript(said, false));
                shown = refer(shown, "transcripts", &said, |id| format!("{base}/conversations/{id}/transcripts"));
                included.add(said.values().flatten())?;
            }
            "lead" => {
                let ids: Vec<_> = of.iter().map(|one| one.lead_id).collect();
                let found = call.platform.leads().get_many(&call.context, &ids).await?;
                included.add(&found.into_iter().map(|found| lead(found, now)).collect::<Vec<_>>())?;
            }
            _ => {
                let ids: Vec<_> = of.iter().map(|one| one.assistant_id).collect();
                let found = call.platform.assistants().get_many(&call.context, &ids).await?;
                included.add(&found.into_iter().map(assistant).collect::<Vec<_>>())?;
            }
        }
    }
    Ok((shown.into_iter().map(|(_, shown)| shown).collect(), included.0))
}
