//! What is shown beside a lead.

use serde_json::Value;
use spotlight_core::{
    domain::{LeadId, lead::Lead, user::Role},
    error::Result,
    services::leads::LeadOwner,
};

use super::dto::{LeadAttributes, lead};
use crate::{
    output::{Attributes, Included, Resource, by, output, refer},
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

/// Leads as they are shown, and the records that the query wants beside them: of each lead the newest `each` of a kind;
/// the rest is where `related` says. Every kind is read at once for all of them.
pub(super) async fn include(
    call: &Call<'_>,
    leads: Vec<Lead>,
    each: u32,
) -> Result<(Vec<Resource<LeadAttributes>>, Vec<Value>)> {
    let (mut included, now) = (Included::default(), call.now());
    let base = call.request.path.rsplit_once("/leads").map_or("", |(base, _)| base);
    let related = |kind: &str, id: LeadId| format!("{base}/{kind}?lead_id={id}");
    let mut shown: Vec<_> = leads.iter().map(|one| (one.id, lead(one.clone(), now))).collect();
    for one in call.query.list::<String>("include") {
        match one.as_str() {
            "conversations" => {
                let found = call.platform.conversations().of_leads(&call.context, &leads, each).await?;
                let of = by(found, |one| one.lead_id, |one| conversation(one, now));
                shown = refer(shown, "conversations", &of, |id| related("conversations", id));
                included.add(of.values().flatten())?;
            }
            "appointments" => {
                let found = call.platform.appointments().of_leads(&call.context, &leads, each).await?;
                let of = by(found, |one| one.lead_id, appointment);
                shown = refer(shown, "appointments", &of, |id| related("appointments", id));
                included.add(of.values().flatten())?;
            }
            _ => {
                let found = call.platform.leads().owners(&call.context, &leads).await?;
                included.add(&found.into_iter().map(owner).collect::<Vec<_>>())?;
            }
        }
    }
    Ok((shown.into_iter().map(|(_, shown)| shown).collect(), included.0))
}
