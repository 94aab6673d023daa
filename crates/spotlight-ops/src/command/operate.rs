//! What the operator's commands have in common: they open the storage, change or read something, and close it.

use spotlight_core::{
    Context, Error, ErrorKind, Result, Spotlight,
    domain::{OrganizationId, organization::Organization},
    ports::ReadConsistency,
};

use super::{Options, on_runtime};
use crate::{config::Config, wiring::Operator};

/// Does something with the deployment's platform, as its operator.
pub(super) fn as_operator<T>(
    options: &Options,
    work: impl AsyncFnOnce(&Spotlight, &Context) -> Result<T>,
) -> Result<T> {
    let config = Config::read(&options.sources())?;
    on_runtime(&config, async {
        let operator = Operator::open(&config).await?;
        let done = match operator.context().await {
            Ok(context) => work(operator.platform(), &context).await,
            Err(error) => Err(error),
        };
        operator.close().await;
        done
    })
}

/// The organization with this slug or id.
///
/// # Errors
/// `NotFound`, naming what was asked for.
pub(super) async fn organization(platform: &Spotlight, named: &str) -> Result<Organization> {
    let organizations = platform.storage().read(ReadConsistency::Strong).organizations();
    let found = match named.parse::<OrganizationId>() {
        Ok(id) => organizations.get(id).await?,
        Err(_) => organizations.find_by_slug(named).await?,
    };
    found.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("there is no organization {named}; give its slug or its id"))
    })
}

/// What a refusal says, with the rules that were broken.
pub(super) fn spelt_out(error: Error) -> Error {
    let broken: Vec<_> = error.violations().iter().map(|one| one.detail.as_str()).collect();
    if broken.is_empty() { error } else { Error::new(error.kind(), broken.join("; ")).with_source(error) }
}
