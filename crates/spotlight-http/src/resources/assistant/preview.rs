//! Trying an assistant out.

use chrono_tz::Tz;
use http::StatusCode;
use spotlight_core::{
    domain::{AssistantId, assistant::Language},
    error::Result,
    services::assistants::PreviewInput,
};

use crate::{
    input::{Text, input},
    output::{Attributes, Relation, Resource, one, output},
    resources::call::Call,
    response::Response,
};

input! {
    /// What a visitor could say first.
    PreviewRequest {
        /// The words. Left out, the assistant speaks first.
        optional text: Text<1, 4000>,
        /// What is spoken; the assistant's language unless given.
        optional language: Language,
        /// The visitor's time zone; the organization's unless given.
        optional time_zone: Tz,
    }
}

output! {
    /// What an assistant would say. Nothing of it is stored.
    PreviewAttributes as "Preview" {
        /// The words.
        text: String,
        /// Tools it would use; none was run.
        tools: Vec<String>,
        /// What said it: a model's name, or `scripted`.
        model: String,
        /// Milliseconds to its first word; null when it said nothing.
        response_ms: Option<u32>,
    }
}

impl Attributes for PreviewAttributes {
    const KIND: &'static str = "preview";
    const RELATIONS: &'static [Relation] = &[Relation::one("assistant", "assistant")];
}

pub(super) async fn preview(call: Call<'_>) -> Result<Response> {
    let id: AssistantId = call.id(0, "assistant")?;
    let input: PreviewRequest = call.input()?;
    let input =
        PreviewInput { text: input.text.map(|text| text.0), language: input.language, time_zone: input.time_zone };
    let said = call.platform.assistants().preview(&call.context, id, input).await?;
    let attributes =
        PreviewAttributes { text: said.text, tools: said.tools, model: said.model, response_ms: said.response_ms };
    let shown = Resource::new(call.platform.ids().uuid(), attributes).refers_to("assistant", Some(id));
    one(StatusCode::OK, shown)
}
