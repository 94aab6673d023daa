//! Makes scheduled jobs ready and takes over from dead processes.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Shared;

pub(super) async fn run<S>(shared: Arc<Shared<S>>, stop: CancellationToken) {
    let options = &shared.options;
    loop {
        if shared.rest.is_on() {
            tokio::select! {
                () = shared.rest.is_over() => {}
                () = stop.cancelled() => return,
            }
        }
        let more = match shared.queue.upkeep(options.batch_size).await {
            Ok(done) => {
                shared.health.answered(true);
                if done.recovered > 0 {
                    tracing::warn!(jobs = done.recovered, "jobs of a process that ended were taken over");
                }
                // A whole batch means that there is more: it is fetched without a pause.
                done.promoted >= options.batch_size
            }
            Err(error) => {
                shared.health.answered(false);
                tracing::warn!(error = error.chain(), "scheduled jobs could not be looked for; trying again");
                false
            }
        };
        if more && !stop.is_cancelled() {
            tokio::task::yield_now().await;
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(options.polling_interval) => {}
            () = stop.cancelled() => return,
        }
    }
}
