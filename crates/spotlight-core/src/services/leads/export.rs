//! Leads as a table that streams out, in memory that does not grow.

use std::{borrow::Cow, collections::HashMap};

use bytes::Bytes;
use futures::{StreamExt, stream, stream::BoxStream};
use serde_json::json;

use super::{LeadService, import::Delimiter, narrow};
use crate::{
    domain::{
        UserId,
        lead::Lead,
        user::{Role, Scope},
    },
    error::Result,
    ports::{LeadFilter, LeadSort, Listing, Paging, Sort, page::MAX_PER_PAGE},
    services::{Context, deps::Deps},
    text::csv,
};

/// The columns of an export, in order.
pub const EXPORTED: [&str; 15] = [
    "id",
    "name",
    "email",
    "phone",
    "company",
    "source",
    "status",
    "score",
    "qualified",
    "owner",
    "needs_review",
    "last_conversation_at",
    "created_at",
    "updated_at",
    "metadata",
];

/// A table as it is written. An error is its last item: what came before is not the whole then.
pub type Table = BoxStream<'static, Result<Bytes>>;

impl LeadService {
    /// The leads that pass the filter as a table (CSV), which [`import`](Self::import) reads. Cells that a spreadsheet
    /// would take for formulas begin with an apostrophe. The audit log says who took it.
    ///
    /// # Errors
    /// Those of storage, for the first part; later ones are the stream's last item.
    ///
    /// # Ordering
    /// As `sort` says. Leads that are there all the while are there once; those that are added, changed or removed
    /// meanwhile may be there or not.
    ///
    /// # Cancel safety
    /// Dropping the stream ends the reading.
    pub async fn export(
        &self,
        ctx: &Context,
        mut filter: LeadFilter,
        sort: Sort<LeadSort>,
        delimiter: Delimiter,
    ) -> Result<Table> {
        ctx.require(Scope::LeadsRead, Role::SalesRep)?;
        narrow(ctx, &mut filter);
        let export = Export {
            deps: self.deps.clone(),
            ctx: ctx.clone(),
            filter,
            sort,
            delimiter: delimiter.character(),
            owners: HashMap::new(),
        };
        let first = export.part(Paging::After { cursor: None, limit: MAX_PER_PAGE }).await?;
        let unit = self.deps.storage.begin().await?;
        let record = ("lead_export", self.deps.ids.uuid().to_string());
        self.deps.audit(&*unit, ctx, "lead.export", record, json!({})).await?;
        unit.commit().await?;
        let mut head = String::new();
        csv::write(&mut head, delimiter.character(), EXPORTED.map(Cow::Borrowed));
        let parts = stream::unfold(Some((export, Next::Ready(first))), |going| async {
            let (mut export, next) = going?;
            let listed = match next {
                Next::Ready(listed) => Ok(listed),
                Next::After(paging) => export.part(paging).await,
            };
            let written = match listed {
                Ok(listed) => export.write(listed).await,
                Err(error) => Err(error),
            };
            Some(match written {
                Ok((text, next)) => (Ok(Bytes::from(text)), next.map(|next| (export, next))),
                Err(error) => (Err(error), None),
            })
        });
        Ok(stream::iter([Ok(Bytes::from(head))]).chain(parts).boxed())
    }
}

/// What is written next.
enum Next {
    Ready(Listing<Lead>),
    After(Paging),
}

struct Export {
    deps: Deps,
    ctx: Context,
    filter: LeadFilter,
    sort: Sort<LeadSort>,
    delimiter: char,
    /// The addresses of owners met so far: no more than the organization has members.
    owners: HashMap<UserId, Option<String>>,
}

impl Export {
    async fn part(&self, paging: Paging) -> Result<Listing<Lead>> {
        self.deps.read(&self.ctx).leads().list(self.ctx.organization, &self.filter, self.sort, &paging).await
    }

    async fn write(&mut self, listed: Listing<Lead>) -> Result<(String, Option<Next>)> {
        let next = listed.next.map(|cursor| Next::After(Paging::After { cursor: Some(cursor), limit: MAX_PER_PAGE }));
        let mut text = String::new();
        for lead in listed.items {
            let owner = match lead.owner_id {
                Some(id) => self.owner(id).await?,
                None => None,
            };
            csv::write(&mut text, self.delimiter, cells(lead, owner).map(Cow::Owned));
        }
        Ok((text, next))
    }

    async fn owner(&mut self, id: UserId) -> Result<Option<String>> {
        if let Some(known) = self.owners.get(&id) {
            return Ok(known.clone());
        }
        let repos = self.deps.read(&self.ctx);
        let member = repos.users().membership(self.ctx.organization, id).await?;
        let user = if member.is_some() { repos.users().get(id).await? } else { None };
        let address = user.map(|user| user.email.to_string());
        self.owners.insert(id, address.clone());
        Ok(address)
    }
}

fn cells(lead: Lead, owner: Option<String>) -> [String; EXPORTED.len()] {
    let text = |text: Option<String>| text.unwrap_or_default();
    let at = |at: crate::domain::time::Timestamp| at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let metadata = if lead.metadata.is_empty() { String::new() } else { json!(lead.metadata).to_string() };
    [
        lead.id.to_string(),
        text(lead.name),
        text(lead.email.map(String::from)),
        text(lead.phone.map(String::from)),
        text(lead.company),
        lead.source.to_string(),
        lead.status.to_string(),
        text(lead.score.map(|score| score.to_string())),
        lead.qualified.to_string(),
        text(owner),
        lead.needs_review.to_string(),
        text(lead.last_conversation_at.map(at)),
        at(lead.created_at),
        at(lead.updated_at),
        metadata,
    ]
}
