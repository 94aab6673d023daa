//! What a visitor tells about themselves, and which lead it belongs to.
//!
//! What a visitor types is unverified. On a lead that was made for this very conversation it is written, and written
//! over when the visitor corrects it. On a lead that was there before, nothing is revealed or overwritten: new values
//! are kept as proposals for a person.

use serde_json::json;
use spotlight_derive::RedactedDebug;

use super::{Context, appointments::invite_again, consents, conversations::stored_content, deps::Deps};
use crate::{
    domain::{
        ConversationId, LeadId, ProposalId,
        consent::{Consent, ConsentState},
        contact::{Email, Phone},
        conversation::Conversation,
        event::EventType,
        lead::{Lead, LeadStatus, Proposal, ProposalField, ProposalState},
        organization::{Organization, StorageMode},
    },
    error::{Error, ErrorKind, Result, Retry},
    jobs::{leave, rescore::ScoreLead},
    ports::{MovedConsents, UnitOfWork},
};

/// Utterances that are read at once.
const PAGE: u32 = 500;

/// What a visitor told, already normalised.
#[derive(RedactedDebug, Clone, Default)]
pub(crate) struct Told {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<Email>,
    pub(crate) phone: Option<Phone>,
    pub(crate) company: Option<String>,
}

impl Told {
    /// The fields that were told.
    fn fields(&self) -> Vec<&'static str> {
        let told = [
            (ProposalField::Name, self.name.is_some()),
            (ProposalField::Email, self.email.is_some()),
            (ProposalField::Phone, self.phone.is_some()),
            (ProposalField::Company, self.company.is_some()),
        ];
        told.into_iter().filter(|(_, told)| *told).map(|(field, _)| field.as_str()).collect()
    }
}

/// Writes what a visitor told, and gives the fields that were noted. The answer is the same wherever they go, onto the
/// lead or beside it for a person: a visitor must not learn from it what a lead holds, nor that there is one.
///
/// The conversation is changed but not stored, save that a merge stores its new lead; the caller stores it in the same
/// unit.
///
/// # Errors
/// `Conflict` with `Retry::Now` when somebody else took the e-mail or phone, or merged a lead, at the same moment: a new
/// unit sees it.
pub(crate) async fn capture(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    organization: &Organization,
    conversation: &mut Conversation,
    told: Told,
) -> Result<Vec<&'static str>> {
    let own = unit.leads().get(ctx.organization, conversation.lead_id).await?;
    let own = own.filter(|lead| lead.deleted_at.is_none()).ok_or_else(|| Error::not_found("lead"))?;
    remember_given(conversation, &told);
    let lead = own.id;
    let other_address = told.email.is_some() && told.email != own.email;
    let others = others(unit, &own, &told).await?;
    match others.as_slice() {
        [] if conversation.state.owns_lead => write(deps, unit, ctx, own, &told).await?,
        [] => propose(deps, unit, Some(conversation.id), &own, &told).await?,
        [other] if conversation.state.owns_lead && joins(&own, other, &told) => {
            join(deps, unit, ctx, conversation, &own, other, &told).await?;
        }
        _ => flag(deps, unit, conversation, own, others, &told).await?,
    }
    if other_address || conversation.lead_id != lead {
        invite_again(deps, unit, ctx, conversation.lead_id).await?;
    }
    if told.name.is_some() || told.company.is_some() {
        redact_said(unit, organization, conversation).await?;
    }
    Ok(told.fields())
}

/// What somebody else did in this very moment shows in a new unit.
pub(crate) fn raced(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Conflict | ErrorKind::NotFound => {
            Error::conflict("this could not be noted just now; note it again").with_retry(Retry::Now).with_source(error)
        }
        _ => error,
    }
}

/// Takes a name out of what was said before it was noted, where the organization keeps none.
async fn redact_said(
    unit: &dyn UnitOfWork,
    organization: &Organization,
    conversation: &mut Conversation,
) -> Result<()> {
    if organization.storage_mode != StorageMode::EverythingExceptPii {
        return Ok(());
    }
    let bare = |text: &String| stored_content(organization, conversation, text, &[]);
    let mut criteria = conversation.criteria.clone();
    for criterion in [&mut criteria.budget, &mut criteria.authority, &mut criteria.need, &mut criteria.timeline] {
        criterion.quote = criterion.quote.as_ref().map(bare);
    }
    let mut questions = conversation.state.questions.clone();
    for question in &mut questions {
        question.answer = question.answer.as_ref().map(bare);
    }
    conversation.criteria = criteria;
    conversation.state.questions = questions;
    let mut after = 0;
    loop {
        let page = unit.transcripts().list(organization.id, conversation.id, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.seq;
        let changed: Vec<_> = page
            .iter()
            .filter_map(|said| {
                let content = stored_content(organization, conversation, &said.content, &[]);
                (content != said.content).then_some((said.id, content))
            })
            .collect();
        if !changed.is_empty() {
            unit.transcripts().rewrite(organization.id, conversation.id, &changed).await?;
        }
    }
}

fn remember_given(conversation: &mut Conversation, told: &Told) {
    let given = &mut conversation.state.given;
    given.name = told.name.clone().or(given.name.take());
    given.email = told.email.clone().or(given.email.take());
    given.phone = told.phone.clone().or(given.phone.take());
    given.company = told.company.clone().or(given.company.take());
}

/// Other leads that hold what was told.
async fn others(unit: &dyn UnitOfWork, own: &Lead, told: &Told) -> Result<Vec<Lead>> {
    if told.email.is_none() && told.phone.is_none() {
        return Ok(Vec::new());
    }
    let found = unit.leads().find_by_contact(own.organization_id, told.email.clone(), told.phone.clone()).await?;
    Ok(found.into_iter().filter(|lead| lead.id != own.id).collect())
}

/// Whether the visitor's new lead is the other one: nothing that identifies it speaks against that. An e-mail of one
/// lead and a phone of another is no merge.
fn joins(own: &Lead, other: &Lead, told: &Told) -> bool {
    let email = told.email.as_ref().or(own.email.as_ref());
    let phone = told.phone.as_ref().or(own.phone.as_ref());
    // What is being corrected in this moment identifies nothing any more.
    let own_email_stays = told.email.is_none() && own.email.is_some();
    let own_phone_stays = told.phone.is_none() && own.phone.is_some();
    let same_email = email == other.email.as_ref();
    let same_phone = phone == other.phone.as_ref();
    (!own_email_stays || same_email || other.email.is_none())
        && (!own_phone_stays || same_phone || other.phone.is_none())
}

/// Writes onto the lead that was made for this conversation.
async fn write(deps: &Deps, unit: &dyn UnitOfWork, ctx: &Context, mut own: Lead, told: &Told) -> Result<()> {
    let before = own.status;
    let changed = [
        ("name", replace(&mut own.name, told.name.as_ref())),
        ("email", replace(&mut own.email, told.email.as_ref())),
        ("phone", replace(&mut own.phone, told.phone.as_ref())),
        ("company", replace(&mut own.company, told.company.as_ref())),
    ];
    let fields: Vec<_> = changed.into_iter().filter(|(_, changed)| *changed).map(|(field, _)| field).collect();
    if fields.is_empty() {
        return Ok(());
    }
    if own.has_contact() && own.status == LeadStatus::Fresh {
        own.move_to(LeadStatus::Contacted)?;
    }
    own.validate()?;
    own.updated_at = deps.now();
    unit.leads().update(&own).await.map_err(raced)?;
    if fields.contains(&"company") {
        leave(unit, &ScoreLead::new(&own)).await?;
    }
    let id = own.id;
    deps.audit(unit, ctx, "lead.capture", ("lead", id.to_string()), json!({ "fields": fields })).await?;
    deps.publish(unit, ctx, "leads", EventType::LeadUpdated, None, json!({ "lead_id": id })).await?;
    if own.status != before {
        let data = json!({ "lead_id": id, "from": before, "to": own.status });
        deps.publish(unit, ctx, "leads", EventType::LeadStatusChanged, None, data).await?;
    }
    Ok(())
}

/// Puts a value in its place. True when that changed something.
fn replace<T: Clone + PartialEq>(place: &mut Option<T>, value: Option<&T>) -> bool {
    match value {
        Some(value) if place.as_ref() != Some(value) => {
            *place = Some(value.clone());
            true
        }
        _ => false,
    }
}

/// Keeps what differs from a lead that was there before.
pub(crate) async fn propose(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    conversation: Option<ConversationId>,
    lead: &Lead,
    told: &Told,
) -> Result<()> {
    let values = [
        (ProposalField::Name, &told.name, &lead.name),
        (ProposalField::Company, &told.company, &lead.company),
        (
            ProposalField::Email,
            &told.email.as_ref().map(ToString::to_string),
            &lead.email.as_ref().map(ToString::to_string),
        ),
        (
            ProposalField::Phone,
            &told.phone.as_ref().map(ToString::to_string),
            &lead.phone.as_ref().map(ToString::to_string),
        ),
    ];
    for (field, told, held) in values {
        let Some(value) = told else { continue };
        if held.as_ref() == Some(value) {
            continue;
        }
        unit.proposals()
            .insert(&Proposal {
                id: ProposalId::from_uuid(deps.ids.uuid()),
                organization_id: lead.organization_id,
                lead_id: lead.id,
                conversation_id: conversation,
                field,
                value: value.clone(),
                state: ProposalState::Open,
                created_at: deps.now(),
            })
            .await?;
    }
    Ok(())
}

/// The visitor is somebody we know: their new lead becomes part of the one there was.
async fn join(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    conversation: &mut Conversation,
    own: &Lead,
    other: &Lead,
    told: &Told,
) -> Result<()> {
    let refused = unit.consents().list(ctx.organization, own.id).await?;
    // Whoever typed this need not be the lead: what they allow counts for themselves alone, what they refuse counts.
    let moved = MovedConsents::Refusals;
    unit.leads().merge(ctx.organization, own.id, other.id, moved, deps.now()).await.map_err(raced)?;
    for change in refused.into_iter().filter(|change| change.state == ConsentState::Refused) {
        consents::honour(deps, unit, ctx, &Consent { lead_id: other.id, ..change }).await?;
    }
    let stored = unit.conversations().get(ctx.organization, conversation.id).await?;
    conversation.version = stored.ok_or_else(|| Error::not_found("conversation"))?.version;
    conversation.lead_id = other.id;
    conversation.state.owns_lead = false;
    // What this visitor said before they were recognised counts as told too.
    let told = Told {
        name: told.name.clone().or_else(|| own.name.clone()),
        email: told.email.clone().or_else(|| own.email.clone()),
        phone: told.phone.clone().or_else(|| own.phone.clone()),
        company: told.company.clone().or_else(|| own.company.clone()),
    };
    propose(deps, unit, Some(conversation.id), other, &told).await?;
    audit_merge(deps, unit, ctx, own.id, other.id).await
}

async fn audit_merge(deps: &Deps, unit: &dyn UnitOfWork, ctx: &Context, from: LeadId, into: LeadId) -> Result<()> {
    let facts = json!({ "from": from, "into": into });
    deps.audit(unit, ctx, "lead.merge", ("lead", into.to_string()), facts.clone()).await?;
    deps.publish(unit, ctx, "leads", EventType::LeadMerged, None, facts).await
}

/// Two leads claim what was told: a person must look. Names are no claim and are kept as usual.
async fn flag(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    conversation: &Conversation,
    own: Lead,
    others: Vec<Lead>,
    told: &Told,
) -> Result<()> {
    propose(deps, unit, Some(conversation.id), &own, told).await?;
    for mut lead in others.into_iter().chain([own]) {
        if !lead.needs_review {
            lead.needs_review = true;
            lead.updated_at = deps.now();
            unit.leads().update(&lead).await.map_err(raced)?;
        }
    }
    Ok(())
}
