//! Where the time of a request went: `Server-Timing` of the W3C, for those who run the business.

use std::{sync::Arc, time::Duration};

use spotlight_core::{domain::user::Role, services::Context, trace::Spent};

/// What is measured of a request whose caller may see it.
pub(super) struct Timing {
    /// Until it was known who calls.
    caller: Duration,
    spent: Arc<Spent>,
}

impl Timing {
    /// For owners and admins, and tokens with such a role. How long work takes can tell others what it found.
    pub(super) fn of(context: &Context, caller: Duration) -> Option<Self> {
        let may_see = matches!(context.role, Some(Role::Owner | Role::Admin));
        may_see.then(|| Self { caller, spent: Arc::default() })
    }

    /// Measures what the work asks of the storage.
    pub(super) async fn watch<F: Future>(&self, work: F) -> F::Output {
        self.spent.scope(work).await
    }

    /// The header's value, in milliseconds: recognising the caller, the storage, everything else, and all together. What
    /// the storage does at once for one request is added up.
    pub(super) fn tell(&self, total: Duration) -> String {
        let (db, statements) = (self.spent.in_statements(), self.spent.statements());
        let app = total.saturating_sub(self.caller).saturating_sub(db);
        let [caller, db, app, total] = [self.caller, db, app, total].map(|took| took.as_secs_f64() * 1000.0);
        format!(
            "auth;dur={caller:.2}, db;dur={db:.2};desc=\"{statements} statements\", app;dur={app:.2}, \
             total;dur={total:.2}"
        )
    }
}
