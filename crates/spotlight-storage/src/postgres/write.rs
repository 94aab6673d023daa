//! What writes have in common: finding out why one touched nothing.

use spotlight_core::{Error, Result};

use super::{
    db::WriteGuard,
    row::{self, Row},
    tx::Query,
};

/// Why an update at a version touched no row. `version` reads the stored one.
pub(super) async fn stale_or_missing(tx: &mut WriteGuard<'_>, version: Query<'_>, what: &str) -> Result<Error> {
    Ok(match tx.fetch_optional(version).await? {
        Some(_) => Error::stale(what),
        None => Error::not_found(what),
    })
}

/// An update at a version that breaks no constraint.
pub(super) async fn update(tx: &mut WriteGuard<'_>, update: Query<'_>, version: Query<'_>, what: &str) -> Result<()> {
    if tx.execute(update).await? == 0 {
        return Err(stale_or_missing(tx, version, what).await?);
    }
    Ok(())
}

/// An update at a version that can break a constraint.
///
/// `unchanged` applies only where the constrained columns stay as they are, which is nearly always and needs one round
/// trip; `any` applies to every case and runs behind a savepoint. Before that, `references` reads true where everything
/// the record refers to from now on exists.
pub(super) async fn update_unique(
    tx: &mut WriteGuard<'_>,
    expected: i64,
    (unchanged, any): (Query<'_>, Query<'_>),
    version: Query<'_>,
    references: Option<(Query<'_>, &str)>,
    (what, taken): (&str, &str),
) -> Result<()> {
    if tx.execute(unchanged).await? > 0 {
        return Ok(());
    }
    match tx.fetch_optional(version).await? {
        None => return Err(Error::not_found(what)),
        Some(row) if Row::new("a version", &row).take::<i64>()? != expected => return Err(Error::stale(what)),
        Some(_) => {}
    }
    if let Some((references, missing)) = references
        && !row::yes(tx.fetch_optional(references).await?.as_ref())?
    {
        return Err(Error::not_found(missing));
    }
    match tx.attempt(any).await? {
        Some(0) => Err(Error::stale(what)),
        Some(_) => Ok(()),
        None => Err(Error::conflict(taken)),
    }
}

/// Why an insert added no row: what it refers to is missing, or its id or a unique value is taken. `parents` reads true
/// where everything it refers to exists.
pub(super) async fn refused(
    tx: &mut WriteGuard<'_>,
    parents: Query<'_>,
    (missing, taken): (&str, &str),
) -> Result<Error> {
    let row = tx.fetch_optional(parents).await?;
    Ok(if row::yes(row.as_ref())? { Error::conflict(taken) } else { Error::not_found(missing) })
}
