//! What is shown beside a lead.

use serde_json::Value;
use spotlight_core::{
    domain::{lead::Lead, user::Role},
    error::Result,
    ports::{AppointmentFilter, ConversationFilter, Order, Paging, Sort, page::MAX_PER_PAGE},
    services::leads::LeadOwner,
};

use super::dto::LeadAttributes;
use crate::{
    output::{Attributes, Included, Resource, output},
    resources::{appointment::dto::appointment, call::Call, conversation::dto::conversation},
};

output! {
    /// A person of the team.
    OwnerAttributes as "LeadOwner" {
        /// The name.
        name: String,
        /// The e-mail address.
        email: String,
        /// What they may do.
        role: Role,
    }
}

impl Attributes for OwnerAttributes {
    const KIND: &'static str = "user";
}

fn owner(owner: LeadOwner) -> Resource<OwnerAttributes> {
    let attributes = OwnerAttributes { name: owner.name, email: owner.email.to_string(), role: owner.role };
    Resource::new(owner.id, attributes)
}

/// The records that the query wants beside a lead: the newest hundred of each kind; the rest is where `related` says.
pub(super) async fn include(
    call: &Call<'_>,
    lead: &Lead,
    mut shown: Resource<LeadAttributes>,
) -> Result<(Resource<LeadAttributes>, Vec<Value>)> {
    let wanted: Vec<String> = call.query.list("include");
    let mut included = Included::default();
    let newest = Paging::After { cursor: None, limit: MAX_PER_PAGE };
    let base = call.request.path.rsplit_once("/leads/").map_or("", |(base, _)| base);
    let related = |kind: &str| format!("{base}/{kind}?lead_id={}", lead.id);
    for one in wanted {
        match one.as_str() {
            "conversations" => {
                let filter = ConversationFilter { lead_id: Some(lead.id), ..ConversationFilter::default() };
                let found = call.platform.conversations().list(&call.context, filter, Sort::default(), &newest).await?;
                let found: Vec<_> = found.items.into_iter().map(|one| conversation(one, call.now())).collect();
                shown = shown.refers_to_many("conversations", &found, related("conversations"));
                included.add(&found)?;
            }
            "appointments" => {
                let filter = AppointmentFilter { lead_id: Some(lead.id), ..AppointmentFilter::default() };
                let found = call.platform.appointments().list(&call.context, filter, Order::Desc, &newest).await?;
                let found: Vec<_> = found.items.into_iter().map(appointment).collect();
                shown = shown.refers_to_many("appointments", &found, related("appointments"));
                included.add(&found)?;
            }
            _ => {
                let found = call.platform.leads().owner(&call.context, lead).await?;
                included.add(&found.map(owner).into_iter().collect::<Vec<_>>())?;
            }
        }
    }
    Ok((shown, included.0))
}
