//! What the rows of a chunk do, in one unit.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use spotlight_derive::RedactedDebug;

use super::{
    columns::{Owner, Said},
    progress::ImportReport,
};
use crate::{
    domain::{
        LeadId, UserId,
        conversation::Channel,
        lead::{Lead, LeadSource},
        macros::words,
    },
    error::{Error, ErrorKind, Result, Violation},
    ports::UnitOfWork,
    services::{
        Context, consents,
        deps::Deps,
        leads::{LeadPatch, add, apply, assigned, store_change, visible},
    },
};

words! {
    /// What becomes of a row about a lead that is there.
    OnDuplicate, "on_duplicate" {
        /// The lead stays as it is.
        Skip = "skip",
        /// The lead says afterwards what the row says; what the row leaves empty stays.
        Update = "update",
    }
}

/// A row and the line in which it begins.
pub(super) type Row = (u64, Result<Said, Vec<Violation>>);

/// Members of the organization, by id and address.
#[derive(RedactedDebug, Default)]
pub(super) struct Team {
    ids: HashSet<UserId>,
    addresses: HashMap<String, UserId>,
}

impl Team {
    pub(super) async fn load(deps: &Deps, ctx: &Context) -> Result<Self> {
        let (repos, mut team) = (deps.read(ctx), Self::default());
        team.ids.extend(repos.users().members(ctx.organization).await?.iter().map(|member| member.user_id));
        let ids: Vec<_> = team.ids.iter().copied().collect();
        let users = repos.users().get_many(&ids).await?;
        team.addresses.extend(users.into_iter().map(|user| (user.email.to_string(), user.id)));
        Ok(team)
    }

    fn find(&self, owner: &Owner) -> Option<UserId> {
        match owner {
            Owner::Id(id) => self.ids.contains(id).then_some(*id),
            Owner::Address(address) => self.addresses.get(address).copied(),
        }
    }
}

/// Does what the rows say, and notes it in the report.
///
/// # Errors
/// Those of storage. What is wrong with a row is no error, and stands in the report.
pub(super) async fn take(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    (on_duplicate, team): (OnDuplicate, &Team),
    rows: &[Row],
    report: &mut ImportReport,
) -> Result<()> {
    for (line, row) in rows {
        report.rows += 1;
        let refused = match row {
            Ok(said) => one(deps, unit, ctx, (on_duplicate, team), said, report).await?,
            Err(reasons) => Some(reasons.clone()),
        };
        if let Some(reasons) = refused {
            report.refuse(*line, reasons);
        }
    }
    Ok(())
}

/// Does what a row says; or gives why it cannot be done, and has done nothing then.
async fn one(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    (on_duplicate, team): (OnDuplicate, &Team),
    said: &Said,
    report: &mut ImportReport,
) -> Result<Option<Vec<Violation>>> {
    let now = deps.now();
    let owner = match owner(ctx, team, said) {
        Ok(owner) => owner,
        Err(reason) => return Ok(Some(vec![reason])),
    };
    let id = LeadId::from_uuid(deps.ids.uuid());
    let mut lead = Lead::anonymous(id, ctx.organization, said.source.unwrap_or(LeadSource::Website), now);
    let new = LeadPatch { metadata: Some(said.metadata.clone()), ..patch(said) };
    if let Some(reasons) = broken(apply(LeadPatch { owner_id: Some(assigned(ctx, owner)), ..new }, &mut lead))? {
        return Ok(Some(reasons));
    }
    let found = match (&lead.email, &lead.phone) {
        (None, None) => Vec::new(),
        (email, phone) => unit.leads().find_by_contact(ctx.organization, email.clone(), phone.clone()).await?,
    };
    if found.iter().any(|found| visible(ctx, Some(found.clone())).is_err()) {
        let detail = "Another lead of the organization has this e-mail or phone";
        return Ok(Some(vec![Violation::new("", "taken", detail)]));
    }
    match found.as_slice() {
        [] => {
            let facts = json!({ "import_id": report.id });
            add(deps, unit, ctx, &lead, facts).await?;
            if said.opt_out {
                opt_out(deps, unit, ctx, lead.id).await?;
            }
            report.created += 1;
        }
        [known] => {
            let changed = on_duplicate == OnDuplicate::Update;
            let changed = changed
                && match update(deps, unit, ctx, known, said, owner).await? {
                    Ok(changed) => changed,
                    Err(reasons) => return Ok(Some(reasons)),
                };
            // An opt-out counts whatever else is to stay.
            if said.opt_out {
                opt_out(deps, unit, ctx, known.id).await?;
            }
            if changed {
                report.updated += 1;
            } else {
                report.skipped += 1;
            }
        }
        several => {
            flag(deps, unit, several).await?;
            let detail = "The e-mail is one lead's and the phone another's: a person must look at both";
            return Ok(Some(vec![Violation::new("", "ambiguous", detail)]));
        }
    }
    Ok(None)
}

/// What a row says, as a change; free data aside.
fn patch(said: &Said) -> LeadPatch {
    let given = |text: &Option<String>| text.clone().map(Some);
    LeadPatch {
        name: given(&said.name),
        email: given(&said.email),
        phone: given(&said.phone),
        company: given(&said.company),
        source: said.source,
        ..LeadPatch::default()
    }
}

/// The reasons of a validation error.
fn broken(applied: Result<()>) -> Result<Option<Vec<Violation>>> {
    match applied {
        Ok(()) => Ok(None),
        Err(error) if error.kind() == ErrorKind::Validation => Ok(Some(error.violations().to_vec())),
        Err(error) => Err(error),
    }
}

fn owner(ctx: &Context, team: &Team, said: &Said) -> Result<Option<UserId>, Violation> {
    let Some(named) = &said.owner else { return Ok(None) };
    let Some(owner) = team.find(named) else {
        return Err(Violation::new("owner", "unknown", "The owner must be a member of the organization"));
    };
    if assigned(ctx, Some(owner)) != Some(owner) {
        return Err(Violation::new("owner", "forbidden", "A manager assigns leads to others"));
    }
    Ok(Some(owner))
}

/// Has a lead say what the row says. True when that changed anything.
async fn update(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    known: &Lead,
    said: &Said,
    owner: Option<UserId>,
) -> Result<Result<bool, Vec<Violation>>> {
    let mut metadata = known.metadata.clone();
    metadata.extend(said.metadata.clone());
    let mut lead = known.clone();
    let patch = LeadPatch { owner_id: owner.map(Some), metadata: Some(metadata), ..patch(said) };
    if let Some(reasons) = broken(apply(patch, &mut lead))? {
        return Ok(Err(reasons));
    }
    let fields: Vec<_> = [
        ("name", lead.name != known.name),
        ("email", lead.email != known.email),
        ("phone", lead.phone != known.phone),
        ("company", lead.company != known.company),
        ("source", lead.source != known.source),
        ("owner_id", lead.owner_id != known.owner_id),
        ("metadata", lead.metadata != known.metadata),
    ]
    .into_iter()
    .filter(|(_, changed)| *changed)
    .map(|(field, _)| field.to_owned())
    .collect();
    if fields.is_empty() {
        return Ok(Ok(false));
    }
    store_change(deps, unit, ctx, &mut lead, known, fields).await?;
    Ok(Ok(true))
}

/// Two leads claim what a row says: a person must look.
async fn flag(deps: &Deps, unit: &dyn UnitOfWork, several: &[Lead]) -> Result<()> {
    for lead in several.iter().filter(|lead| !lead.needs_review) {
        let mut lead = lead.clone();
        lead.needs_review = true;
        lead.updated_at = deps.now();
        unit.leads().update(&lead).await?;
    }
    Ok(())
}

async fn opt_out(deps: &Deps, unit: &dyn UnitOfWork, ctx: &Context, lead: LeadId) -> Result<()> {
    if consents::has_opted_out(unit, ctx, lead).await? {
        return Ok(());
    }
    consents::refuse_all(deps, unit, ctx, lead, Channel::Email, "import of a list").await
}

/// What somebody else did in this very moment shows in a new unit.
pub(super) fn raced(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::StaleVersion => {
            error.with_retry(crate::error::Retry::Now)
        }
        _ => error,
    }
}

/// The facts of a chunk, for the audit log.
pub(super) fn facts(before: &ImportReport, after: &ImportReport) -> Value {
    json!({
        "rows": after.rows - before.rows,
        "created": after.created - before.created,
        "updated": after.updated - before.updated,
        "skipped": after.skipped - before.skipped,
        "failed": after.failed - before.failed,
    })
}
