//! Making two leads one, as a person decides it.

use serde_json::json;

use super::{LeadService, open_conversations};
use crate::{
    domain::{
        LeadId, ProposalId,
        event::EventType,
        lead::{Lead, Proposal, ProposalField, ProposalState},
        time::Timestamp,
        user::{Role, Scope},
    },
    error::Result,
    jobs::{leave, rescore::ScoreLead},
    ports::{MovedConsents, UnitOfWork},
    services::{
        Context,
        appointments::invite_again,
        deps::{answered_id, id_answer},
    },
};

impl LeadService {
    /// Makes `from` part of `into`, as a person decides it who has looked at both. What `into` lacks it takes over; what
    /// differs is kept as proposals beside it. Neither needs to be flagged, and `into` is flagged no longer. What visitors
    /// say of themselves from now on in open conversations of either is proposed: the lead holds what others told too.
    ///
    /// # Errors
    /// `NotFound` when either is missing, merged already, or one the actor may not see; `Conflict` when they are the
    /// same; `StaleVersion` when one changed meanwhile, or `into` is not at `expected_version`.
    ///
    /// # Idempotency
    /// With an idempotency key, the same merge again gives the lead.
    pub async fn merge(
        &self,
        ctx: &Context,
        from: LeadId,
        into: LeadId,
        expected_version: Option<i64>,
    ) -> Result<Lead> {
        ctx.require(Scope::LeadsWrite, Role::SalesRep)?;
        let request = (from, into);
        if let Some(answer) = self.deps.replay(ctx, "lead.merge", &request).await? {
            return self.get(ctx, answered_id(&answer)?).await;
        }
        let now = self.deps.now();
        let unit = self.deps.storage.begin().await?;
        let gone = self.for_update(&*unit, ctx, from, None).await?;
        let mut kept = self.for_update(&*unit, ctx, into, expected_version).await?;
        unit.leads().merge(ctx.organization, from, into, MovedConsents::All, now).await?;
        let other_address = kept.email != gone.email;
        let differing = absorb(&mut kept, gone);
        kept.updated_at = now;
        unit.leads().update(&kept).await?;
        kept.version += 1;
        disown(&*unit, ctx, into, now).await?;
        if other_address {
            invite_again(&self.deps, &*unit, ctx, into).await?;
        }
        for (field, value) in differing {
            unit.proposals()
                .insert(&Proposal {
                    id: ProposalId::from_uuid(self.deps.ids.uuid()),
                    organization_id: ctx.organization,
                    lead_id: into,
                    conversation_id: None,
                    field,
                    value,
                    state: ProposalState::Open,
                    created_at: now,
                })
                .await?;
        }
        leave(&*unit, &ScoreLead::new(&kept)).await?;
        let facts = json!({ "from": from, "into": into });
        self.deps.audit(&*unit, ctx, "lead.merge", ("lead", into.to_string()), facts.clone()).await?;
        self.deps.publish(&*unit, ctx, "leads", EventType::LeadMerged, None, facts).await?;
        self.deps.remember(&*unit, ctx, "lead.merge", &request, id_answer(into)).await?;
        unit.commit().await?;
        Ok(kept)
    }
}

/// What a merged lead holds came from more than one source, so no conversation may write over it any more. Those that
/// moved are taken care of by the merge itself; these were the lead's before.
async fn disown(unit: &dyn UnitOfWork, ctx: &Context, lead: LeadId, now: Timestamp) -> Result<()> {
    for mut conversation in open_conversations(unit, ctx.organization, lead).await? {
        if conversation.state.owns_lead {
            conversation.state.owns_lead = false;
            conversation.updated_at = now;
            unit.conversations().update(&conversation).await?;
        }
    }
    Ok(())
}

/// Puts what only the other lead knew in its place. Gives what both know differently.
fn absorb(kept: &mut Lead, gone: Lead) -> Vec<(ProposalField, String)> {
    let mut differing = Vec::new();
    let mut differ = |field, value: Option<String>| differing.extend(value.map(|value| (field, value)));
    differ(ProposalField::Name, take(&mut kept.name, gone.name));
    differ(ProposalField::Email, take(&mut kept.email, gone.email).map(|email| email.to_string()));
    differ(ProposalField::Phone, take(&mut kept.phone, gone.phone).map(|phone| phone.to_string()));
    differ(ProposalField::Company, take(&mut kept.company, gone.company));
    kept.owner_id = kept.owner_id.or(gone.owner_id);
    for (key, value) in gone.metadata {
        kept.metadata.entry(key).or_insert(value);
    }
    kept.needs_review = false;
    differing
}

/// Fills an empty place. Gives back a value that differs from what is there.
fn take<T: PartialEq>(place: &mut Option<T>, value: Option<T>) -> Option<T> {
    if let Some(held) = place {
        return value.filter(|value| value != held);
    }
    *place = value;
    None
}
