//! What a supervisor such as systemd is told, where there is one (`NOTIFY_SOCKET`).

use sd_notify::NotifyState;

/// The process works.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The process is on its way out.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(states: &[NotifyState<'_>]) {
    // Without a supervisor this does nothing.
    if let Err(error) = sd_notify::notify(false, states) {
        tracing::warn!(%error, "the supervisor could not be told");
    }
}
