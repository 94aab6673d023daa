//! A check that many ask and few reach.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::FutureExt;
use spotlight_derive::RedactedDebug;
use tokio::{
    runtime::Handle,
    sync::watch,
    time::{Instant, timeout},
};

use crate::{
    domain::time::Timestamp,
    error::{Error, ErrorKind, Result},
    ports::{Clock, Finding, HealthCheck, HealthComponent, HealthStatus, HealthSubject},
};

/// A check is begun at most once in this time.
const FRESH: Duration = Duration::from_secs(1);

/// What a check found, and when.
#[derive(RedactedDebug, Clone)]
pub struct Checked {
    /// The check.
    #[debug(shown = "the program names its checks")]
    pub name: String,
    /// What kind of thing it asks.
    pub component: HealthComponent,
    /// When it had its answer.
    pub at: Timestamp,
    /// What it found.
    pub finding: Finding,
}

/// A check, and what it found last.
pub(super) struct Watched {
    subject: HealthSubject,
    check: Arc<dyn HealthCheck>,
    last: Mutex<Option<Asked>>,
    /// What the log says.
    logged: Mutex<HealthStatus>,
}

/// A question that was asked, and its answer once it is there.
struct Asked {
    at: Instant,
    answer: watch::Receiver<Option<Arc<Checked>>>,
}

impl Asked {
    /// Whether somebody who asks now is told this answer.
    fn serves(&self) -> bool {
        // In this order: who answers is gone right after. A runtime that ends takes its questions along.
        let open = self.answer.has_changed().is_ok();
        match &*self.answer.borrow() {
            Some(_) => self.at.elapsed() < FRESH,
            None => open,
        }
    }
}

impl Watched {
    pub(super) fn new(check: Arc<dyn HealthCheck>) -> Self {
        Self { subject: check.subject(), check, last: Mutex::default(), logged: Mutex::new(HealthStatus::Ok) }
    }

    pub(super) fn subject(&self) -> &HealthSubject {
        &self.subject
    }

    /// What it finds, or has just found.
    pub(super) async fn ask(self: &Arc<Self>, on: &Handle, clock: &Arc<dyn Clock>) -> Arc<Checked> {
        let mut answer = self.answer(on, clock);
        if let Ok(checked) = answer.wait_for(Option::is_some).await
            && let Some(checked) = &*checked
        {
            return Arc::clone(checked);
        }
        Arc::new(self.checked(&**clock, Finding::new(HealthStatus::Error).because(text(ErrorKind::Internal))))
    }

    /// The answer that is there or on its way; a new one where there is none.
    fn answer(self: &Arc<Self>, on: &Handle, clock: &Arc<dyn Clock>) -> watch::Receiver<Option<Arc<Checked>>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asked) = last.as_ref().filter(|asked| asked.serves()) {
            return asked.answer.clone();
        }
        let (tell, answer) = watch::channel(None);
        *last = Some(Asked { at: Instant::now(), answer: answer.clone() });
        let (watched, clock) = (Arc::clone(self), Arc::clone(clock));
        // Not the task of whoever asks first: they may go away while others wait.
        on.spawn(async move {
            let answered = watched.run().await;
            tell.send_replace(Some(Arc::new(watched.note(answered, &*clock))));
        });
        answer
    }

    async fn run(&self) -> Result<Finding> {
        let asked = AssertUnwindSafe(async { self.check.check().await }).catch_unwind();
        match timeout(self.subject.timeout, asked).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(_)) => Err(Error::internal("a health check panicked")),
            Err(_) => Err(Error::new(ErrorKind::Timeout, "it did not answer in time")),
        }
    }

    /// Makes a finding of the answer, and logs it when it is not the same as before.
    fn note(&self, answered: Result<Finding>, clock: &dyn Clock) -> Checked {
        let (finding, cause) = match answered {
            Ok(finding) => {
                let cause = finding.message.clone().unwrap_or_else(|| format!("{:?}", finding.details));
                (finding, cause)
            }
            Err(error) => (Finding::new(HealthStatus::Error).because(text(error.kind())), error.chain()),
        };
        let status = finding.status;
        let before = std::mem::replace(&mut *self.logged.lock().unwrap_or_else(PoisonError::into_inner), status);
        let check = self.subject.name.as_str();
        match (before.max(HealthStatus::Ok), status.max(HealthStatus::Ok)) {
            (before, now) if before == now => {}
            (_, HealthStatus::Ok) => tracing::info!(check, "a health check finds nothing wrong any more"),
            (_, now) => tracing::warn!(check, status = now.as_str(), found = cause, "a health check found something"),
        }
        self.checked(clock, finding)
    }

    fn checked(&self, clock: &dyn Clock, finding: Finding) -> Checked {
        Checked { name: self.subject.name.clone(), component: self.subject.component, at: clock.now(), finding }
    }
}

/// What is said of an error to whoever asks: no word of it is the error's own.
const fn text(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unavailable => "it cannot be reached",
        ErrorKind::Timeout => "it did not answer in time",
        ErrorKind::Misconfigured | ErrorKind::Unauthenticated | ErrorKind::Forbidden => {
            "it refuses the settings of this process"
        }
        ErrorKind::RateLimited | ErrorKind::PlanLimit => "it takes no more requests at the moment",
        _ => "it could not be checked",
    }
}
