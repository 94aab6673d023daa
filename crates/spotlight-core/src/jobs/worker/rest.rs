//! When a worker rests.

use tokio::sync::watch;

/// Tells when a worker rests. Cheap to clone.
#[derive(Debug, Clone)]
pub(in crate::jobs) struct Rest(watch::Receiver<bool>);

impl Rest {
    /// By somebody who says so. Once they are gone, nobody rests.
    pub(in crate::jobs) const fn by(resting: watch::Receiver<bool>) -> Self {
        Self(resting)
    }

    /// Never.
    pub(in crate::jobs) fn never() -> Self {
        Self(watch::channel(false).1)
    }

    /// True while it rests.
    pub(in crate::jobs) fn is_on(&self) -> bool {
        *self.0.borrow() && self.0.has_changed().is_ok()
    }

    /// Waits until it rests.
    pub(in crate::jobs) async fn begins(&self) {
        let begun = self.0.clone().wait_for(|resting| *resting).await.is_ok();
        if !begun {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until it works.
    pub(in crate::jobs) async fn is_over(&self) {
        // Without anybody who says so, it is over.
        let _ = self.0.clone().wait_for(|resting| !*resting).await;
    }
}
