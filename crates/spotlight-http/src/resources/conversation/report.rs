//! Call reports.

use http::StatusCode;
use serde_json::Value;
use spotlight_core::{
    domain::{
        report::{CallReport, EndedReason},
        time::Timestamp,
    },
    error::Result,
};

use crate::{
    output::{Attributes, Relation, Resource, one, output},
    resources::call::Call,
    response::Response,
};

output! {
    /// Milliseconds that each stage of a turn took from the visitor's last word; null where it was not measured.
    LatencyAttributes as "TurnLatency" {
        /// The assistant's utterance.
        seq: i64,
        /// Until the visitor's words were text.
        recognition_ms: Option<u32>,
        /// Until the first words of the answer.
        first_token_ms: Option<u32>,
        /// Until the first sound of the answer.
        first_audio_ms: Option<u32>,
        /// Until the answer was complete, or cut off.
        total_ms: Option<u32>,
    }
}

output! {
    /// What a provider cost.
    CostAttributes as "Cost" {
        /// The provider.
        provider: String,
        /// The amount, in the currency's smallest unit.
        amount_minor: i64,
        /// The currency, as ISO 4217 calls it.
        currency: String,
    }
}

output! {
    /// The report of a conversation that has ended.
    ReportAttributes as "CallReport" {
        /// Why it ended.
        ended_reason: EndedReason,
        /// What was talked about.
        summary: String,
        /// How long each turn took.
        latencies: Vec<LatencyAttributes>,
        /// What it cost, by provider.
        costs: Vec<CostAttributes>,
        /// What the assistant's schema asks for, as far as it was found.
        data: Option<Value>,
        /// Whether it was a success by the assistant's own criteria; null where nobody judged.
        success: Option<bool>,
        /// When the report was made.
        created_at: Timestamp,
    }
}

impl Attributes for ReportAttributes {
    const KIND: &'static str = "call_report";
    const RELATIONS: &'static [Relation] = &[Relation::one("conversation", "conversation")];
}

fn shown(report: CallReport) -> Resource<ReportAttributes> {
    let attributes = ReportAttributes {
        ended_reason: report.ended_reason,
        summary: report.summary,
        latencies: report
            .latencies
            .into_iter()
            .map(|turn| LatencyAttributes {
                seq: turn.seq,
                recognition_ms: turn.recognition_ms,
                first_token_ms: turn.first_token_ms,
                first_audio_ms: turn.first_audio_ms,
                total_ms: turn.total_ms,
            })
            .collect(),
        costs: report
            .costs
            .into_iter()
            .map(|(provider, cost)| CostAttributes {
                provider,
                amount_minor: cost.minor,
                currency: cost.currency.as_str().to_owned(),
            })
            .collect(),
        data: report.data,
        success: report.success,
        created_at: report.created_at,
    };
    Resource::new(report.id, attributes).refers_to("conversation", Some(report.conversation_id))
}

pub(super) async fn get(call: Call<'_>) -> Result<Response> {
    let found = call.platform.reports().get(&call.context, call.id(0, "conversation")?).await?;
    one(StatusCode::OK, shown(found))
}
