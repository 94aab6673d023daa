//! What visitors said of themselves that differs from what a lead holds.

use http::StatusCode;
use spotlight_core::{
    domain::{
        ProposalId,
        lead::{Proposal, ProposalField, ProposalState},
        time::Timestamp,
    },
    error::Result,
};

use super::dto::lead;
use crate::{
    input::input,
    output::{Attributes, Relation, Resource, one, output, paged},
    resources::call::Call,
    response::Response,
    schema::{Book, Described, Node, one_of},
};

/// What a person decides about a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Accepted,
    Rejected,
}

impl Decision {
    const WORDS: [&'static str; 2] = ["accepted", "rejected"];
}

impl std::str::FromStr for Decision {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "accepted" => Ok(Self::Accepted),
            "rejected" => Ok(Self::Rejected),
            _ => Err(()),
        }
    }
}

impl Described for Decision {
    fn describe(_: &mut Book) -> Node {
        one_of(Self::WORDS)
    }
}

impl crate::input::Field for Decision {
    fn read(value: serde_json::Value, at: &str, broken: &mut spotlight_core::error::Violations) -> Option<Self> {
        crate::input::word(value, at, broken, Self::WORDS.into_iter())
    }
}

input! {
    /// A decision about a proposal.
    DecisionInput {
        /// `accepted` takes the value over into the lead.
        required state: Decision,
    }
}

output! {
    /// A value that a visitor gave and nobody has verified.
    ProposalAttributes as "Proposal" {
        /// What it is a value of.
        field: ProposalField,
        /// The value.
        value: String,
        /// What became of it.
        state: ProposalState,
        /// When it was given.
        created_at: Timestamp,
    }
}

impl Attributes for ProposalAttributes {
    const KIND: &'static str = "proposal";
    const RELATIONS: &'static [Relation] =
        &[Relation::one("lead", "lead"), Relation::one("conversation", "conversation")];
}

fn proposal(proposal: Proposal) -> Resource<ProposalAttributes> {
    let attributes = ProposalAttributes {
        field: proposal.field,
        value: proposal.value,
        state: proposal.state,
        created_at: proposal.created_at,
    };
    Resource::new(proposal.id, attributes)
        .refers_to("lead", Some(proposal.lead_id))
        .refers_to("conversation", proposal.conversation_id)
}

pub(super) async fn list(call: Call<'_>) -> Result<Response> {
    let found = call.platform.leads().proposals(&call.context, call.id(0, "lead")?).await?;
    paged(found.into_iter().map(proposal).collect(), &call.request.path, &call.query)
}

pub(super) async fn decide(call: Call<'_>) -> Result<Response> {
    let (id, which): (_, ProposalId) = (call.id(0, "lead")?, call.id(1, "proposal")?);
    let accept = call.input::<DecisionInput>()?.state.0 == Decision::Accepted;
    let leads = call.platform.leads();
    let changed = leads.decide_proposal(&call.context, id, which, accept, call.expected_version).await?;
    one(StatusCode::OK, lead(changed, call.now()))
}
