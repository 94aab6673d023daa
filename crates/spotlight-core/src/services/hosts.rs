//! Hosts: when the people of the team can be booked.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Context, deps::Deps};
use crate::{
    domain::{
        UserId,
        event::EventType,
        schedule::{Exception, Host, WeeklyHours},
        user::{Role, Scope},
    },
    error::{Error, ErrorKind, Result, Violations},
    ports::UnitOfWork,
};

/// Most dates with other hours.
const MAX_EXCEPTIONS: usize = 400;
/// Most spans of one day.
const MAX_SPANS: usize = 24;

/// When a host can be booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostInput {
    /// Where the host works: hours are local here.
    pub time_zone: Tz,
    /// Weekly hours, at most 24 spans a day.
    pub hours: WeeklyHours,
    /// Dates with other hours, one entry each, at most 400.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
    /// Minutes kept free before an appointment, at most 240.
    #[serde(default)]
    pub buffer_before_min: u32,
    /// Minutes kept free after an appointment, at most 240.
    #[serde(default)]
    pub buffer_after_min: u32,
}

/// A change of when a host can be booked; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostPatch {
    /// Where the host works; the organization's zone for a new calendar.
    pub time_zone: Option<Tz>,
    /// Weekly hours, at most 24 spans a day; none for a new calendar.
    pub hours: Option<WeeklyHours>,
    /// Dates with other hours, one entry each, at most 400; replaces all of them.
    pub exceptions: Option<Vec<Exception>>,
    /// Minutes kept free before an appointment, at most 240.
    pub buffer_before_min: Option<u32>,
    /// Minutes kept free after an appointment, at most 240.
    pub buffer_after_min: Option<u32>,
}

impl HostPatch {
    /// Of a stored host, or of a new one in `zone`.
    fn over(self, found: Option<&Host>, zone: Tz) -> HostInput {
        HostInput {
            time_zone: self.time_zone.unwrap_or(found.map_or(zone, |host| host.time_zone)),
            hours: self.hours.unwrap_or_else(|| found.map(|host| host.hours.clone()).unwrap_or_default()),
            exceptions: self
                .exceptions
                .unwrap_or_else(|| found.map(|host| host.exceptions.clone()).unwrap_or_default()),
            buffer_before_min: self.buffer_before_min.unwrap_or(found.map_or(0, |host| host.buffer_before_min)),
            buffer_after_min: self.buffer_after_min.unwrap_or(found.map_or(0, |host| host.buffer_after_min)),
        }
    }
}

impl From<HostInput> for HostPatch {
    fn from(input: HostInput) -> Self {
        Self {
            time_zone: Some(input.time_zone),
            hours: Some(input.hours),
            exceptions: Some(input.exceptions),
            buffer_before_min: Some(input.buffer_before_min),
            buffer_after_min: Some(input.buffer_after_min),
        }
    }
}

/// Hosts. Every member sees them; a host changes their own, a manager everyone's.
#[derive(Clone)]
pub struct HostService {
    deps: Deps,
}

impl HostService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// The organization's hosts, by user.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn list(&self, ctx: &Context) -> Result<Vec<Host>> {
        ctx.require(Scope::AppointmentsRead, Role::SalesRep)?;
        self.deps.read(ctx).hosts().list(ctx.organization).await
    }

    /// The host that is this user.
    ///
    /// # Errors
    /// `NotFound`, also for a member who has no calendar yet.
    pub async fn get(&self, ctx: &Context, user: UserId) -> Result<Host> {
        ctx.require(Scope::AppointmentsRead, Role::SalesRep)?;
        let found = self.deps.read(ctx).hosts().get(ctx.organization, user).await?;
        found.ok_or_else(|| Error::not_found("host"))
    }

    /// Says when a member can be booked; a member without a calendar gets one. With `expected_version`, only when it is
    /// still at that version. Appointments that were booked before stay where they are. Without any hours a member is no
    /// longer booked; hosts are not deleted, since appointments name them.
    ///
    /// # Errors
    /// `NotFound` for somebody who is no member, `Validation` with every broken rule, `StaleVersion`, `Forbidden` for a
    /// colleague's hours below `manager`.
    ///
    /// # Idempotency
    /// The same hours again change nothing but the version.
    pub async fn set(
        &self,
        ctx: &Context,
        user: UserId,
        input: HostInput,
        expected_version: Option<i64>,
    ) -> Result<Host> {
        self.update(ctx, user, input.into(), expected_version).await
    }

    /// Changes when a member can be booked, as [`set`](Self::set) does; what is left out stays.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub async fn update(
        &self,
        ctx: &Context,
        user: UserId,
        patch: HostPatch,
        expected_version: Option<i64>,
    ) -> Result<Host> {
        ctx.require(Scope::AppointmentsWrite, Role::SalesRep)?;
        if ctx.visible_to().is_some_and(|own| own != user) {
            return Err(Error::forbidden("only the host or a manager changes these hours"));
        }
        let unit = self.deps.storage.begin().await?;
        if unit.users().membership(ctx.organization, user).await?.is_none() {
            return Err(Error::not_found("user"));
        }
        let found = unit.hosts().get(ctx.organization, user).await?;
        if expected_version.is_some_and(|version| found.as_ref().map(|host| host.version) != Some(version)) {
            return Err(Error::stale("host"));
        }
        let organization = unit.organizations().get(ctx.organization).await?;
        let zone = organization.ok_or_else(|| Error::not_found("organization"))?.time_zone;
        let input = patch.over(found.as_ref(), zone);
        let host = self.store(&*unit, found, input, (ctx, user)).await?;
        self.deps.audit(&*unit, ctx, "host.update", ("host", user.to_string()), json!({})).await?;
        self.deps
            .publish(&*unit, ctx, "notifications", EventType::HostUpdated, None, json!({ "host_id": user }))
            .await?;
        unit.commit().await?;
        Ok(host)
    }

    async fn store(
        &self,
        unit: &dyn UnitOfWork,
        found: Option<Host>,
        input: HostInput,
        (ctx, user): (&Context, UserId),
    ) -> Result<Host> {
        let now = self.deps.now();
        let (created_at, version) = found.as_ref().map_or((now, 1), |host| (host.created_at, host.version));
        let mut host = Host {
            organization_id: ctx.organization,
            user_id: user,
            time_zone: input.time_zone,
            hours: input.hours,
            exceptions: input.exceptions,
            buffer_before_min: input.buffer_before_min,
            buffer_after_min: input.buffer_after_min,
            created_at,
            updated_at: now,
            version,
        };
        check(&host)?;
        host.exceptions.sort_by_key(|exception| exception.date);
        if found.is_some() {
            unit.hosts().update(&host).await?;
            host.version += 1;
        } else {
            // Whoever came first has made the calendar that this change was not made for.
            unit.hosts().insert(&host).await.map_err(|error| match error.kind() {
                ErrorKind::Conflict => Error::stale("host"),
                _ => error,
            })?;
        }
        Ok(host)
    }
}

fn check(host: &Host) -> Result<()> {
    let mut broken = Violations::new();
    if host.exceptions.len() > MAX_EXCEPTIONS {
        broken.add("exceptions", "length", format!("At most {MAX_EXCEPTIONS} dates can have other hours"));
    }
    let days = host.hours.0.iter().chain(host.exceptions.iter().map(|exception| &exception.spans));
    if days.into_iter().any(|spans| spans.len() > MAX_SPANS) {
        broken.add("hours", "length", format!("A day has at most {MAX_SPANS} spans"));
    }
    // Long lists are refused before each of their entries is named.
    broken.into_result()?;
    host.validate()
}
