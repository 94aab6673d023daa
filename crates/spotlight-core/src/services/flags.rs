//! Feature flags: what is switched on, for whom, and who says so.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::json;
use spotlight_derive::RedactedDebug;

use super::{Context, deps::Deps};
use crate::{
    domain::{
        OrganizationId,
        audit::Actor,
        flag::FeatureFlag,
        organization::Organization,
        time::Timestamp,
        user::{Role, Scope},
    },
    error::{Error, ErrorKind, Result, Violations},
    ports::{Repositories, UnitOfWork},
};

/// Begins the name of a variable that overrides a flag.
const PREFIX: &str = "ENABLE_";

/// What the deployment's environment says about flags. It is read by whoever builds the platform, never by the platform
/// itself, and wins over everything that is stored.
#[derive(RedactedDebug, Clone, Default, PartialEq, Eq)]
pub struct FlagOverrides(BTreeMap<String, bool>);

impl FlagOverrides {
    /// Takes `ENABLE_<FLAG>` from the variables of a process, as `ENABLE_NEW_CONSOLE=true` for the flag `new_console`.
    /// Values are `true`, `1`, `yes` or `on`, and `false`, `0`, `no` or `off`, in any case. Other variables are passed
    /// over.
    ///
    /// # Errors
    /// `Misconfigured` for another value, naming the variable.
    pub fn from_variables<K: AsRef<str>, V: AsRef<str>>(variables: impl IntoIterator<Item = (K, V)>) -> Result<Self> {
        let mut overrides = BTreeMap::new();
        for (name, value) in variables {
            let Some(flag) = name.as_ref().strip_prefix(PREFIX) else { continue };
            let on = match value.as_ref().trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => true,
                "false" | "0" | "no" | "off" => false,
                _ => {
                    let message = format!("{PREFIX}{flag} must be true or false");
                    return Err(Error::new(ErrorKind::Misconfigured, message));
                }
            };
            overrides.insert(flag.to_ascii_lowercase(), on);
        }
        Ok(Self(overrides))
    }

    fn get(&self, key: &str) -> Option<bool> {
        self.0.get(key).copied()
    }
}

/// A flag as one organization meets it.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct FlagState {
    /// The flag.
    #[debug(shown = "the name that operators gave a flag")]
    pub key: String,
    /// Whether it is on for this organization, all things considered.
    pub on: bool,
    /// What is stored for the whole deployment.
    pub flag: Option<FeatureFlag>,
    /// What is set for this organization alone; wins over `flag`.
    pub organization: Option<bool>,
    /// What the environment says; wins over both.
    pub environment: Option<bool>,
}

/// A flag as the operator sees it.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct FlagOverview {
    /// The flag.
    #[debug(shown = "the name that operators gave a flag")]
    pub key: String,
    /// What is stored for the whole deployment.
    pub flag: Option<FeatureFlag>,
    /// What the environment of this process says; wins over everything.
    pub environment: Option<bool>,
    /// The organizations that have set it for themselves, ascending.
    pub organizations: Vec<(OrganizationId, bool)>,
}

/// Feature flags. The operator of the deployment sets them for everybody, an administrator for the own organization.
#[derive(Clone)]
pub struct FlagService {
    deps: Deps,
    overrides: Arc<FlagOverrides>,
}

impl FlagService {
    pub(crate) fn new(deps: Deps, overrides: Arc<FlagOverrides>) -> Self {
        Self { deps, overrides }
    }

    /// Every flag anybody has set, by key.
    ///
    /// # Errors
    /// `Forbidden` below `admin`.
    pub async fn list(&self, ctx: &Context) -> Result<Vec<FlagState>> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let repos = self.deps.read(ctx);
        let organization = organization(repos, ctx).await?;
        let stored = repos.flags().list().await?;
        let mut states: BTreeMap<String, FlagState> = stored
            .into_iter()
            .map(|flag| (flag.key.clone(), self.state(&organization, &flag.key, Some(&flag))))
            .collect();
        for key in organization.feature_overrides.keys().chain(self.overrides.0.keys()) {
            states.entry(key.clone()).or_insert_with(|| self.state(&organization, key, None));
        }
        Ok(states.into_values().collect())
    }

    /// Whether a flag is on for the actor's organization; one that nobody has set is off. Anybody may ask.
    ///
    /// The environment counts most, then what is set for the organization, then the share of organizations, which is
    /// sticky: an organization that is in at 20 % is in at 30 %.
    ///
    /// It costs no I/O while somebody [watches](super::Spotlight::watch), as every server does. A change shows at once in
    /// the process that made it, and in the others within two seconds.
    ///
    /// # Errors
    /// Those of storage, when nothing has ever been read; later a storage that is away changes nothing of what is known.
    pub async fn is_enabled(&self, ctx: &Context, key: &str) -> Result<bool> {
        if let Some(on) = self.overrides.get(key) {
            return Ok(on);
        }
        Ok(self.deps.watched.known().await?.is_on(ctx.organization, key))
    }

    /// Every flag of the deployment with the organizations that differ, by key. For the operator's tools.
    ///
    /// # Errors
    /// `Forbidden` for everybody but the platform itself.
    pub async fn overview(&self, ctx: &Context) -> Result<Vec<FlagOverview>> {
        ctx.require_platform()?;
        let repos = self.deps.read(ctx);
        let mut flags: BTreeMap<String, FlagOverview> = BTreeMap::new();
        let mut of = |key: &str, add: &dyn Fn(&mut FlagOverview)| {
            let blank = || FlagOverview {
                key: key.to_owned(),
                flag: None,
                environment: self.overrides.get(key),
                organizations: Vec::new(),
            };
            add(flags.entry(key.to_owned()).or_insert_with(blank));
        };
        for flag in repos.flags().list().await? {
            of(&flag.key, &|overview| overview.flag = Some(flag.clone()));
        }
        for (organization, own) in repos.organizations().feature_overrides().await? {
            for (key, on) in own {
                of(&key, &|overview| overview.organizations.push((organization, on)));
            }
        }
        self.overrides.0.keys().for_each(|key| of(key, &|_| {}));
        Ok(flags.into_values().collect())
    }

    fn state(&self, organization: &Organization, key: &str, flag: Option<&FeatureFlag>) -> FlagState {
        let environment = self.overrides.get(key);
        let own = organization.feature_overrides.get(key).copied();
        let on = environment.or(own).unwrap_or_else(|| flag.is_some_and(|flag| flag.is_on(organization.id)));
        FlagState { key: key.to_owned(), on, flag: flag.cloned(), organization: own, environment }
    }

    /// Sets a flag for the whole deployment: on for `percentage` (0 to 100) of its organizations when `enabled`.
    ///
    /// # Errors
    /// `Validation` with every broken rule; `Forbidden` for everybody but the platform itself, since it changes other
    /// organizations too.
    ///
    /// # Idempotency
    /// The same again changes nothing but the time.
    pub async fn set(&self, ctx: &Context, key: &str, enabled: bool, percentage: u8) -> Result<FeatureFlag> {
        operator(ctx)?;
        let mut broken = Violations::new();
        if percentage > 100 {
            broken.add("percentage", "range", "Percentage must be 0 to 100");
        }
        broken.take("", check_key(key))?;
        broken.into_result()?;
        let flag = FeatureFlag { key: key.to_owned(), enabled, percentage, updated_at: self.deps.now() };
        let unit = self.deps.storage.begin().await?;
        unit.flags().set(&flag).await?;
        let facts = json!({ "enabled": enabled, "percentage": percentage });
        self.deps.audit(&*unit, ctx, "flag.set", ("flag", key.to_owned()), facts).await?;
        unit.commit().await?;
        self.deps.watched.changed().await;
        Ok(flag)
    }

    /// Removes a flag from the whole deployment. What organizations have set for themselves stays.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for everybody but the platform itself.
    pub async fn clear(&self, ctx: &Context, key: &str) -> Result<()> {
        operator(ctx)?;
        let unit = self.deps.storage.begin().await?;
        if !unit.flags().delete(key).await? {
            return Err(Error::not_found("flag"));
        }
        self.deps.audit(&*unit, ctx, "flag.clear", ("flag", key.to_owned()), json!({})).await?;
        unit.commit().await?;
        self.deps.watched.changed().await;
        Ok(())
    }

    /// Sets a flag for the actor's organization alone, or with none follows the deployment again.
    ///
    /// # Errors
    /// `NotFound` for a flag that neither the deployment nor, to be cleared, the organization has; `StaleVersion` when the organization changed meanwhile,
    /// `Forbidden` below `admin`.
    ///
    /// # Idempotency
    /// What is set already changes nothing.
    pub async fn set_for_organization(&self, ctx: &Context, key: &str, on: Option<bool>) -> Result<FlagState> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let unit = self.deps.storage.begin().await?;
        let mut organization = organization(&*unit, ctx).await?;
        let flag = unit.flags().list().await?.into_iter().find(|flag| flag.key == key);
        let known = flag.is_some() || self.overrides.get(key).is_some();
        if !known && (on.is_some() || !organization.feature_overrides.contains_key(key)) {
            return Err(Error::not_found("flag"));
        }
        let before = match on {
            Some(on) => organization.feature_overrides.insert(key.to_owned(), on),
            None => organization.feature_overrides.remove(key),
        };
        let state = self.state(&organization, key, flag.as_ref());
        if before != on {
            self.store(&*unit, ctx, &organization, (key, on), self.deps.now()).await?;
            unit.commit().await?;
            self.deps.watched.changed().await;
        }
        Ok(state)
    }

    async fn store(
        &self,
        unit: &dyn UnitOfWork,
        ctx: &Context,
        organization: &Organization,
        (key, on): (&str, Option<bool>),
        now: Timestamp,
    ) -> Result<()> {
        let changed = Organization { updated_at: now, ..organization.clone() };
        unit.organizations().update(&changed).await?;
        self.deps.audit(unit, ctx, "flag.override", ("flag", key.to_owned()), json!({ "on": on })).await
    }
}

async fn organization(repos: &dyn Repositories, ctx: &Context) -> Result<Organization> {
    let found = repos.organizations().get(ctx.organization).await?;
    found.ok_or_else(|| Error::not_found("organization"))
}

/// Flags of the whole deployment reach every tenant, so no tenant changes them.
fn operator(ctx: &Context) -> Result<()> {
    ctx.require(Scope::Admin, Role::Admin)?;
    match ctx.actor {
        Actor::System => Ok(()),
        _ => Err(Error::forbidden("flags of the whole deployment are its operator's; set it for your organization")),
    }
}

fn check_key(key: &str) -> Result<()> {
    let fine =
        (1..=60).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if fine {
        return Ok(());
    }
    Err(Error::invalid("key", "format", "Key must be 1 to 60 lower-case letters, digits and underscores"))
}
