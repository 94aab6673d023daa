//! Metrics that are defined and that nothing gives figures of yet: whoever writes alerts can see what they will be called.

use spotlight_core::ports::Metric;

static BACKUP: Metric = Metric::gauge(
    "backup_last_success_timestamp_seconds",
    "When the last good backup ended, in seconds since 1970: its age is `time()` less that. It comes with backups.",
    &[],
);

/// All of them. None is shown at `/metrics`: no value is better than one that was made up.
pub(super) static COMING: &[&Metric] = &[&BACKUP];
