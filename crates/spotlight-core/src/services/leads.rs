//! Leads.

mod erase;
mod export;
mod import;
mod merge;

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use spotlight_derive::RedactedDebug;

pub(crate) use self::erase::open_conversations;
pub use self::{
    export::{EXPORTED, Table},
    import::{Delimiter, ImportOptions, ImportReport, MOST_PROBLEMS, OnDuplicate, RowProblem, RowReason},
};
use super::{
    Context,
    appointments::invite_again,
    deps::{Deps, answered_id, id_answer},
    live::access_changed,
};
use crate::{
    domain::{
        LeadId, ProposalId, UserId,
        contact::{Email, Phone},
        event::EventType,
        lead::{Lead, LeadSource, LeadStatus, Proposal, ProposalField, ProposalState},
        time::Timestamp,
        user::{Role, Scope, User},
    },
    error::{Error, Result, Violations},
    jobs::{leave, rescore::ScoreLead},
    ports::{
        AppointmentFilter, AuditFilter, ConversationFilter, LeadFilter, LeadSort, Listing, Order, Paging, Sort,
        UnitOfWork,
    },
};

/// A new lead, as typed by the team.
#[derive(RedactedDebug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewLead {
    /// 2 to 100 characters.
    pub name: Option<String>,
    /// An address.
    pub email: Option<String>,
    /// A number, best in international form.
    pub phone: Option<String>,
    /// At most 100 characters.
    pub company: Option<String>,
    /// Where it came from; `website` unless given.
    pub source: Option<LeadSource>,
    /// The salesperson; a sales representative's own leads are assigned to them.
    pub owner_id: Option<UserId>,
    /// Free data.
    pub metadata: Map<String, Value>,
}

/// A change of a lead: absent fields stay, `null` empties.
#[derive(RedactedDebug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeadPatch {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub name: Option<Option<String>>,
    /// The e-mail.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub email: Option<Option<String>>,
    /// The phone.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub phone: Option<Option<String>>,
    /// The company.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub company: Option<Option<String>>,
    /// Where it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<LeadSource>,
    /// The salesperson.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub owner_id: Option<Option<UserId>>,
    /// Replaces the free data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// A person has looked: clears the flag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs_review: Option<bool>,
}

/// Tells an explicit `null` from an absent field.
#[expect(clippy::option_option, reason = "three cases: absent, null, a value")]
fn present<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

/// Something that happened to a lead.
#[derive(RedactedDebug, Clone, PartialEq, Serialize)]
pub struct TimelineEntry {
    /// When.
    pub at: Timestamp,
    /// `conversation`, `appointment`, or the action of an audit entry as `lead.update`.
    pub kind: String,
    /// The id of the record it is about.
    pub record_id: String,
    /// Facts without personal data.
    pub data: Value,
}

/// Somebody a lead is assigned to.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct LeadOwner {
    /// The user.
    pub id: UserId,
    /// The name.
    pub name: String,
    /// The address.
    pub email: Email,
    /// What they may do.
    pub role: Role,
}

/// Leads. A sales representative sees those assigned to them; everyone else all of the organization's.
#[derive(Clone)]
pub struct LeadService {
    deps: Deps,
}

impl LeadService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// The lead with this id; a merged lead answers with the one it became part of.
    ///
    /// # Errors
    /// `NotFound`, also for another organization's, a deleted one, or one the actor may not see.
    pub async fn get(&self, ctx: &Context, id: LeadId) -> Result<Lead> {
        ctx.require(Scope::LeadsRead, Role::SalesRep)?;
        let leads = self.deps.read(ctx);
        let mut found = leads.leads().get(ctx.organization, id).await?;
        // A chain is as long as merges were made; each step goes to another lead, so it ends.
        while let Some(into) = found.as_ref().and_then(|lead| lead.merged_into) {
            found = leads.leads().get(ctx.organization, into).await?;
        }
        visible(ctx, found)
    }

    /// Of the leads with these ids those that the actor may see, by id: not deleted, merged or another organization's.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn get_many(&self, ctx: &Context, ids: &[LeadId]) -> Result<Vec<Lead>> {
        ctx.require(Scope::LeadsRead, Role::SalesRep)?;
        let found = self.deps.read(ctx).leads().get_many(ctx.organization, ids).await?;
        Ok(found.into_iter().filter_map(|lead| visible(ctx, Some(lead)).ok()).collect())
    }

    /// Whom these leads are assigned to, each once, by id; who has left is left out. Who sees a lead sees this.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn owners(&self, ctx: &Context, leads: &[Lead]) -> Result<Vec<LeadOwner>> {
        ctx.require(Scope::LeadsRead, Role::SalesRep)?;
        let ids: BTreeSet<_> = leads.iter().filter_map(|lead| lead.owner_id).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let users = self.deps.read(ctx).users();
        let roles: BTreeMap<_, _> =
            users.members(ctx.organization).await?.into_iter().map(|member| (member.user_id, member.role)).collect();
        let ids: Vec<_> = ids.into_iter().filter(|id| roles.contains_key(id)).collect();
        let owner = |user: User| {
            let role = *roles.get(&user.id)?;
            Some(LeadOwner { id: user.id, name: user.name, email: user.email, role })
        };
        Ok(users.get_many(&ids).await?.into_iter().filter_map(owner).collect())
    }

    /// Leads that pass the filter.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn list(
        &self,
        ctx: &Context,
        mut filter: LeadFilter,
        sort: Sort<LeadSort>,
        paging: &Paging,
    ) -> Result<Listing<Lead>> {
        ctx.require(Scope::LeadsRead, Role::SalesRep)?;
        narrow(ctx, &mut filter);
        self.deps.read(ctx).leads().list(ctx.organization, &filter, sort, paging).await
    }

    /// Adds a lead.
    ///
    /// # Errors
    /// `Validation` with every broken rule; `Conflict` when a lead of the organization holds the e-mail or phone.
    pub async fn create(&self, ctx: &Context, new: NewLead) -> Result<Lead> {
        ctx.require(Scope::LeadsWrite, Role::SalesRep)?;
        let refused = match self.add_new(ctx, &new).await {
            Ok(lead) => return Ok(lead),
            Err(refused) => refused,
        };
        match self.deps.replay(ctx, "lead.create", &new).await? {
            Some(answer) => self.get(ctx, answered_id(&answer)?).await,
            None => Err(refused),
        }
    }

    async fn add_new(&self, ctx: &Context, new: &NewLead) -> Result<Lead> {
        let now = self.deps.now();
        let mut lead = Lead::anonymous(
            LeadId::from_uuid(self.deps.ids.uuid()),
            ctx.organization,
            new.source.unwrap_or(LeadSource::Website),
            now,
        );
        let patch = LeadPatch {
            name: Some(new.name.clone()),
            email: Some(new.email.clone()),
            phone: Some(new.phone.clone()),
            company: Some(new.company.clone()),
            owner_id: Some(assigned(ctx, new.owner_id)),
            metadata: Some(new.metadata.clone()),
            ..LeadPatch::default()
        };
        apply(patch, &mut lead)?;
        let unit = self.deps.storage.begin().await?;
        self.check_owner(&*unit, ctx, &lead).await?;
        add(&self.deps, &*unit, ctx, &lead, json!({})).await?;
        self.deps.remember(&*unit, ctx, "lead.create", new, id_answer(lead.id)).await?;
        unit.commit().await?;
        Ok(lead)
    }

    async fn check_owner(&self, unit: &dyn UnitOfWork, ctx: &Context, lead: &Lead) -> Result<()> {
        if let Some(owner) = lead.owner_id
            && unit.users().membership(ctx.organization, owner).await?.is_none()
        {
            return Err(Error::invalid("owner_id", "unknown", "The owner must be a member of the organization"));
        }
        Ok(())
    }

    /// Changes a lead. With `expected_version`, only when it is still at that version.
    ///
    /// # Errors
    /// `NotFound`, `Validation` with every broken rule, `StaleVersion`, `Conflict` when e-mail or phone is taken,
    /// `Forbidden` when a sales representative gives a lead away.
    pub async fn update(
        &self,
        ctx: &Context,
        id: LeadId,
        patch: LeadPatch,
        expected_version: Option<i64>,
    ) -> Result<Lead> {
        ctx.require(Scope::LeadsWrite, Role::SalesRep)?;
        if ctx.visible_to().is_some() && patch.owner_id.is_some() {
            return Err(Error::forbidden("a manager assigns leads"));
        }
        let fields = changed_fields(&patch)?;
        let unit = self.deps.storage.begin().await?;
        let mut lead = self.for_update(&*unit, ctx, id, expected_version).await?;
        let before = lead.clone();
        apply(patch, &mut lead)?;
        self.check_owner(&*unit, ctx, &lead).await?;
        store_change(&self.deps, &*unit, ctx, &mut lead, &before, fields).await?;
        unit.commit().await?;
        Ok(lead)
    }

    /// Moves a lead to another status.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`, `Conflict` for a move that is not allowed, `Validation` where a contact is missing.
    ///
    /// # Idempotency
    /// The status it has changes nothing.
    pub async fn set_status(
        &self,
        ctx: &Context,
        id: LeadId,
        status: LeadStatus,
        expected_version: Option<i64>,
    ) -> Result<Lead> {
        ctx.require(Scope::LeadsWrite, Role::SalesRep)?;
        let unit = self.deps.storage.begin().await?;
        let mut lead = self.for_update(&*unit, ctx, id, expected_version).await?;
        let before = lead.status;
        lead.move_to(status)?;
        if lead.status == before {
            return Ok(lead);
        }
        lead.updated_at = self.deps.now();
        unit.leads().update(&lead).await?;
        lead.version += 1;
        let facts = json!({ "from": before, "to": status });
        self.deps.audit(&*unit, ctx, "lead.status", ("lead", id.to_string()), facts.clone()).await?;
        let data = json!({ "lead_id": id, "from": before, "to": status });
        self.deps.publish(&*unit, ctx, "leads", EventType::LeadStatusChanged, None, data).await?;
        unit.commit().await?;
        Ok(lead)
    }

    async fn for_update(
        &self,
        unit: &dyn UnitOfWork,
        ctx: &Context,
        id: LeadId,
        expected_version: Option<i64>,
    ) -> Result<Lead> {
        let lead = visible(ctx, unit.leads().get(ctx.organization, id).await?)?;
        if expected_version.is_some_and(|version| version != lead.version) {
            return Err(Error::stale("lead"));
        }
        Ok(lead)
    }

    /// What happened to a lead: conversations, appointments and changes, newest first, at most 100 of each.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn timeline(&self, ctx: &Context, id: LeadId) -> Result<Vec<TimelineEntry>> {
        let lead = self.get(ctx, id).await?;
        let repos = self.deps.read(ctx);
        let page = Paging::After { cursor: None, limit: 100 };
        let conversations = ConversationFilter { lead_id: Some(lead.id), ..ConversationFilter::default() };
        let conversations =
            repos.conversations().list(ctx.organization, &conversations, Sort::default(), &page).await?;
        let appointments = AppointmentFilter { lead_id: Some(lead.id), ..AppointmentFilter::default() };
        let appointments = repos.appointments().list(ctx.organization, &appointments, Order::Desc, &page).await?;
        let audit = AuditFilter {
            record_type: Some("lead".to_owned()),
            record_id: Some(lead.id.to_string()),
            ..AuditFilter::default()
        };
        let audit = repos.audit().list(ctx.organization, &audit, &page).await?;
        let mut entries: Vec<_> = conversations
            .items
            .into_iter()
            .map(|c| TimelineEntry {
                at: c.started_at,
                kind: "conversation".to_owned(),
                record_id: c.id.to_string(),
                data: json!({ "status": c.status, "source": c.source, "score": c.score }),
            })
            .chain(appointments.items.into_iter().map(|a| TimelineEntry {
                at: a.created_at,
                kind: "appointment".to_owned(),
                record_id: a.id.to_string(),
                data: json!({ "status": a.status, "starts_at": a.starts_at }),
            }))
            .chain(audit.items.into_iter().map(|e| TimelineEntry {
                at: e.created_at,
                kind: e.action,
                record_id: e.record_id,
                data: e.details,
            }))
            .collect();
        entries.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| b.record_id.cmp(&a.record_id)));
        Ok(entries)
    }

    /// Deletes a lead softly: lists no longer show it, and its e-mail and phone are free again.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`.
    pub async fn delete(&self, ctx: &Context, id: LeadId, expected_version: Option<i64>) -> Result<()> {
        ctx.require(Scope::LeadsWrite, Role::SalesRep)?;
        let unit = self.deps.storage.begin().await?;
        let mut lead = self.for_update(&*unit, ctx, id, expected_version).await?;
        let now = self.deps.now();
        lead.deleted_at = Some(now);
        lead.updated_at = now;
        unit.leads().update(&lead).await?;
        self.deps.audit(&*unit, ctx, "lead.delete", ("lead", id.to_string()), json!({})).await?;
        self.deps.publish(&*unit, ctx, "leads", EventType::LeadDeleted, None, json!({ "lead_id": id })).await?;
        unit.commit().await
    }

    /// What visitors typed that differs from what the lead holds, oldest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn proposals(&self, ctx: &Context, id: LeadId) -> Result<Vec<Proposal>> {
        let lead = self.get(ctx, id).await?;
        self.deps.read(ctx).proposals().list(ctx.organization, lead.id).await
    }

    /// Takes a proposal over into the lead, or turns it down.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it is decided already or its e-mail or phone is another lead's; `StaleVersion` when the
    /// lead is not at `expected_version`.
    pub async fn decide_proposal(
        &self,
        ctx: &Context,
        lead: LeadId,
        id: ProposalId,
        accept: bool,
        expected_version: Option<i64>,
    ) -> Result<Lead> {
        ctx.require(Scope::LeadsWrite, Role::SalesRep)?;
        let unit = self.deps.storage.begin().await?;
        let mut found = self.for_update(&*unit, ctx, lead, expected_version).await?;
        let proposals = unit.proposals().list(ctx.organization, lead).await?;
        let proposal =
            proposals.into_iter().find(|proposal| proposal.id == id).ok_or_else(|| Error::not_found("proposal"))?;
        let state = if accept { ProposalState::Accepted } else { ProposalState::Rejected };
        unit.proposals().decide(ctx.organization, id, state).await?;
        if accept {
            let value = Some(Some(proposal.value));
            let mut patch = LeadPatch::default();
            match proposal.field {
                ProposalField::Name => patch.name = value,
                ProposalField::Email => patch.email = value,
                ProposalField::Phone => patch.phone = value,
                ProposalField::Company => patch.company = value,
            }
            apply(patch, &mut found)?;
            found.updated_at = self.deps.now();
            unit.leads().update(&found).await?;
            found.version += 1;
            match proposal.field {
                ProposalField::Company => leave(&*unit, &ScoreLead::new(&found)).await?,
                ProposalField::Email => invite_again(&self.deps, &*unit, ctx, lead).await?,
                ProposalField::Name | ProposalField::Phone => {}
            }
            self.deps.publish(&*unit, ctx, "leads", EventType::LeadUpdated, None, json!({ "lead_id": lead })).await?;
        }
        let facts = json!({ "proposal_id": id, "field": proposal.field, "state": state });
        self.deps.audit(&*unit, ctx, "lead.proposal", ("lead", lead.to_string()), facts).await?;
        unit.commit().await?;
        Ok(found)
    }

    /// Leads that nobody has talked to for three days and that are open, longest first: those nobody has ever talked to
    /// before all others, by when they were made, then the others by their last conversation.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn follow_ups(&self, ctx: &Context, paging: &Paging) -> Result<Listing<Lead>> {
        let since = self.deps.now() - Duration::days(crate::domain::lead::FOLLOW_UP_AFTER_DAYS);
        let filter = LeadFilter { idle_since: Some(since), ..LeadFilter::default() };
        self.list(ctx, filter, Sort { by: LeadSort::Waiting, order: Order::Asc }, paging).await
    }
}

/// Has a filter find only what the actor may see.
fn narrow(ctx: &Context, filter: &mut LeadFilter) {
    if let Some(own) = ctx.visible_to() {
        filter.owner_id = Some(own);
    }
}

/// Whom a new lead is assigned to: a sales representative's own leads are theirs.
fn assigned(ctx: &Context, wanted: Option<UserId>) -> Option<UserId> {
    ctx.visible_to().or(wanted)
}

/// Stores a new lead, in a unit.
async fn add(deps: &Deps, unit: &dyn UnitOfWork, ctx: &Context, lead: &Lead, facts: Value) -> Result<()> {
    unit.leads().insert(lead).await?;
    deps.audit(unit, ctx, "lead.create", ("lead", lead.id.to_string()), facts).await?;
    deps.publish(unit, ctx, "leads", EventType::LeadCreated, None, json!({ "lead_id": lead.id })).await
}

/// Stores a lead that says something else than `before`, with what follows from that, in a unit.
async fn store_change(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    lead: &mut Lead,
    before: &Lead,
    fields: Vec<String>,
) -> Result<()> {
    let id = lead.id;
    lead.updated_at = deps.now();
    unit.leads().update(lead).await?;
    lead.version += 1;
    if fields.iter().any(|field| matches!(field.as_str(), "company" | "source")) {
        leave(unit, &ScoreLead::new(lead)).await?;
    }
    if lead.owner_id != before.owner_id {
        let both: Vec<_> = before.owner_id.into_iter().chain(lead.owner_id).collect();
        access_changed(unit, ctx.organization, &both).await?;
    }
    if lead.email != before.email {
        invite_again(deps, unit, ctx, id).await?;
    }
    deps.audit(unit, ctx, "lead.update", ("lead", id.to_string()), json!({ "fields": fields })).await?;
    deps.publish(unit, ctx, "leads", EventType::LeadUpdated, None, json!({ "lead_id": id })).await
}

/// The ids of those of these leads that the actor may see, with all that belongs to them.
pub(crate) fn seen(ctx: &Context, leads: &[Lead]) -> Vec<LeadId> {
    let own = ctx.visible_to();
    leads.iter().filter(|lead| own.is_none_or(|user| lead.owner_id == Some(user))).map(|lead| lead.id).collect()
}

pub(crate) fn visible(ctx: &Context, found: Option<Lead>) -> Result<Lead> {
    found
        .filter(|lead| lead.deleted_at.is_none() && lead.merged_into.is_none())
        .filter(|lead| ctx.visible_to().is_none_or(|user| lead.owner_id == Some(user)))
        .ok_or_else(|| Error::not_found("lead"))
}

/// The names of the fields a patch touches, for the audit log.
fn changed_fields(patch: &LeadPatch) -> Result<Vec<String>> {
    let value = serde_json::to_value(patch)
        .map_err(|error| Error::internal("a change could not be described").with_source(error))?;
    Ok(value.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default())
}

/// Applies a patch, reporting everything that is wrong with it at once.
pub(crate) fn apply(patch: LeadPatch, lead: &mut Lead) -> Result<()> {
    let mut broken = Violations::new();
    if let Some(name) = patch.name {
        lead.name = tidy(name);
    }
    if let Some(company) = patch.company {
        lead.company = tidy(company);
    }
    if let Some(email) = patch.email {
        lead.email = match tidy(email) {
            Some(text) => broken.take("", Email::parse(&text))?,
            None => None,
        };
    }
    if let Some(phone) = patch.phone {
        lead.phone = match tidy(phone) {
            Some(text) => broken.take("", Phone::parse(&text, None))?,
            None => None,
        };
    }
    if let Some(source) = patch.source {
        lead.source = source;
    }
    if let Some(owner) = patch.owner_id {
        lead.owner_id = owner;
    }
    if let Some(metadata) = patch.metadata {
        if serde_json::to_string(&metadata).map_or(0, |text| text.len()) > 16 * 1024 {
            broken.add("metadata", "length", "Metadata must be at most 16 KiB");
        }
        lead.metadata = metadata;
    }
    if let Some(needs_review) = patch.needs_review {
        lead.needs_review = needs_review;
    }
    broken.take("", lead.validate())?;
    broken.into_result()
}

/// Trimmed text; an empty one is absent.
pub(crate) fn tidy(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
