//! Leads that other systems tell of.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use spotlight_derive::RedactedDebug;

use super::{Receipt, audit, check_event_id, duplicate, is_first};
use crate::{
    domain::{
        LeadId, WebhookSourceId,
        contact::{Email, Phone},
        event::EventType,
        lead::{Lead, LeadSource},
    },
    error::{Result, Violations},
    ports::UnitOfWork,
    services::{
        Context,
        capture::{Told, propose, raced},
        deps::{Deps, repeated},
        leads::{LeadPatch, apply, tidy},
    },
};

/// Who a message is about, as told.
#[derive(RedactedDebug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToldLead {
    /// 2 to 100 characters.
    pub name: Option<String>,
    /// An address.
    pub email: Option<String>,
    /// A number, best in international form.
    pub phone: Option<String>,
    /// At most 100 characters.
    pub company: Option<String>,
}

/// A lead's event.
#[derive(RedactedDebug, Clone, Default)]
pub struct LeadEvent {
    /// Names the event: 1 to 200 visible ASCII characters, the source's own choice.
    pub id: String,
    /// Who it is about.
    pub lead: ToldLead,
    /// Where it came from; `website` unless given. Counts for a lead that is new.
    pub source: Option<LeadSource>,
    /// Free data. Of a lead that was there before, what it has is kept, and what is new is added.
    pub metadata: Map<String, Value>,
}

impl ToldLead {
    /// What is told, normalised, for a lead that would hold it.
    pub(super) fn normalised(&self, prefix: &str, broken: &mut Violations) -> Result<Told> {
        let (name, company) = (tidy(self.name.clone()), tidy(self.company.clone()));
        let mut own = Violations::new();
        if let Some(name) = &name {
            own.length("name", "Name", name, 2, 100);
        }
        if let Some(company) = &company {
            own.length("company", "Company", company, 1, 100);
        }
        let email = match tidy(self.email.clone()) {
            Some(text) => own.take("", Email::parse(&text))?,
            None => None,
        };
        let phone = match tidy(self.phone.clone()) {
            Some(text) => own.take("", Phone::parse(&text, None))?,
            None => None,
        };
        broken.take(prefix, own.into_result())?;
        Ok(Told { name, email, phone, company })
    }
}

pub(super) async fn take(deps: &Deps, ctx: &Context, source: WebhookSourceId, event: &LeadEvent) -> Result<Receipt> {
    let mut broken = Violations::new();
    check_event_id(&event.id, &mut broken);
    let told = event.lead.normalised("lead", &mut broken)?;
    broken.into_result()?;
    repeated(|| note(deps, ctx, source, event, &told)).await
}

async fn note(deps: &Deps, ctx: &Context, source: WebhookSourceId, event: &LeadEvent, told: &Told) -> Result<Receipt> {
    let unit = deps.storage.begin().await?;
    if !is_first(deps, &*unit, source, &event.id).await? {
        return Ok(duplicate(&event.id));
    }
    let found = if told.email.is_some() || told.phone.is_some() {
        unit.leads().find_by_contact(ctx.organization, told.email.clone(), told.phone.clone()).await?
    } else {
        Vec::new()
    };
    let lead = match found.as_slice() {
        [] => add(deps, &*unit, ctx, event, told.clone(), false).await?,
        [known] => amend(deps, &*unit, ctx, known.clone(), event, told).await?,
        _ => {
            // Two leads claim what was told: a person must look. Neither is touched but for the flag.
            let bare = Told { email: None, phone: None, ..told.clone() };
            let new = add(deps, &*unit, ctx, event, bare, true).await?;
            propose(deps, &*unit, None, &new, told).await?;
            for mut known in found.into_iter().filter(|lead| !lead.needs_review) {
                (known.needs_review, known.updated_at) = (true, deps.now());
                unit.leads().update(&known).await.map_err(raced)?;
            }
            new
        }
    };
    audit(deps, &*unit, ctx, ("lead", lead.id.to_string()), None).await?;
    unit.commit().await?;
    Ok(Receipt { event_id: event.id.clone(), duplicate: false, lead_id: Some(lead.id), conversation_id: None })
}

async fn add(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    event: &LeadEvent,
    told: Told,
    needs_review: bool,
) -> Result<Lead> {
    let id = LeadId::from_uuid(deps.ids.uuid());
    let source = event.source.unwrap_or(LeadSource::Website);
    let mut lead = Lead::anonymous(id, ctx.organization, source, deps.now());
    apply(LeadPatch { metadata: Some(event.metadata.clone()), ..LeadPatch::default() }, &mut lead)?;
    (lead.name, lead.company, lead.needs_review) = (told.name, told.company, needs_review);
    (lead.email, lead.phone) = (told.email, told.phone);
    lead.validate()?;
    unit.leads().insert(&lead).await.map_err(raced)?;
    deps.publish(unit, ctx, "leads", EventType::LeadCreated, None, json!({ "lead_id": id })).await?;
    Ok(lead)
}

async fn amend(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    mut known: Lead,
    event: &LeadEvent,
    told: &Told,
) -> Result<Lead> {
    propose(deps, unit, None, &known, told).await?;
    let mut metadata = known.metadata.clone();
    for (key, value) in &event.metadata {
        metadata.entry(key).or_insert_with(|| value.clone());
    }
    if metadata != known.metadata {
        apply(LeadPatch { metadata: Some(metadata), ..LeadPatch::default() }, &mut known)?;
        known.updated_at = deps.now();
        unit.leads().update(&known).await.map_err(raced)?;
    }
    deps.publish(unit, ctx, "leads", EventType::LeadUpdated, None, json!({ "lead_id": known.id })).await?;
    Ok(known)
}
