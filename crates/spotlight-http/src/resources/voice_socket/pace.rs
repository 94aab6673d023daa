//! How much sound a client may send.

use tokio::time::Instant;

/// Counts bytes: as many at once as in a minute, and as many again over each minute.
#[derive(Debug)]
pub(super) struct Pace {
    per_minute: f64,
    left: f64,
    at: Instant,
}

impl Pace {
    pub(super) fn new(per_minute: usize) -> Self {
        Self { per_minute: per_minute as f64, left: per_minute as f64, at: Instant::now() }
    }

    /// Counts some bytes. False when they are too many.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let now = Instant::now();
        let back = (now - self.at).as_secs_f64() * self.per_minute / 60.0;
        self.left = (self.left + back).min(self.per_minute);
        self.at = now;
        let enough = self.left >= bytes as f64;
        if enough {
            self.left -= bytes as f64;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_minute_has_so_much_sound() {
        let mut pace = Pace::new(600);
        assert!(pace.take(600) && !pace.take(1));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(pace.take(10) && !pace.take(1));
        tokio::time::advance(Duration::from_mins(5)).await;
        assert!(pace.take(600) && !pace.take(1));
    }
}
