//! The end of a claim.

use std::collections::HashSet;

use futures::future::try_join_all;
use spotlight_core::{
    Result,
    domain::ProcessId,
    ports::{MAX_ERROR, Outcome, Settlement},
};

use super::{
    RedisQueue,
    room::{Room, claim_text},
    wire::micros,
};

impl RedisQueue {
    pub(super) async fn end(&self, process: ProcessId, settlements: &[Settlement]) -> Result<Vec<bool>> {
        let mut accepted = vec![false; settlements.len()];
        // Of several ends of one claim the first counts.
        let mut seen = HashSet::with_capacity(settlements.len());
        let mut left: Vec<_> =
            (0..settlements.len()).filter(|at| seen.insert((settlements[*at].id, settlements[*at].claim))).collect();
        let mut asked_fleet = false;
        let mut rooms = self.used_rooms();
        // Queues whose names look alike to a claim are asked alike; the others refuse it.
        while !left.is_empty() {
            let mut parts = Vec::new();
            for room in rooms {
                let part: Vec<_> = left.iter().copied().filter(|at| room.is_of(settlements[*at].claim)).collect();
                if !part.is_empty() {
                    parts.push((room, part));
                }
            }
            let ends = parts.iter().map(|(room, part)| self.end_in(process, room, settlements, part));
            for at in try_join_all(ends).await?.into_iter().flatten() {
                accepted[at] = true;
            }
            left.retain(|at| !accepted[*at] && !parts.iter().any(|(room, _)| room.is_of(settlements[*at].claim)));
            if left.is_empty() || asked_fleet {
                break;
            }
            // A claim of a queue that this process has not used: made by another one, or before it lost its memory.
            asked_fleet = true;
            rooms = self.known_rooms().await?;
        }
        Ok(accepted)
    }

    /// Ends claims in one queue. Gives those that were accepted.
    pub(super) async fn end_in(
        &self,
        process: ProcessId,
        room: &Room,
        settlements: &[Settlement],
        part: &[usize],
    ) -> Result<Vec<usize>> {
        let (done, others): (Vec<_>, Vec<_>) =
            part.iter().copied().partition(|at| matches!(settlements[*at].outcome, Outcome::Done(None)));
        let mut call = self.call(&self.scripts().settle, room);
        call.arg(process.as_uuid().as_bytes().as_slice()).arg(done.len());
        for at in &done {
            let end = &settlements[*at];
            call.arg(end.id.as_uuid().as_bytes().as_slice()).arg(claim_text(end.claim));
        }
        for at in &others {
            let end = &settlements[*at];
            call.arg(end.id.as_uuid().as_bytes().as_slice()).arg(claim_text(end.claim));
            match &end.outcome {
                Outcome::Done(result) => call.arg("d").arg(0).arg(result.as_deref().unwrap_or_default()),
                Outcome::Retry { after, error } => call.arg("r").arg(micros(*after)).arg(cut(error)),
                Outcome::Dead { error } => call.arg("x").arg(0).arg(cut(error)),
                Outcome::Cancelled => call.arg("k").arg(0).arg(""),
                Outcome::HandedBack => call.arg("b").arg(0).arg(""),
            };
        }
        let mut reply = self.run(&call).await?;
        let (sent, filled) = (reply.flag()?, reply.flag()?);
        let mut accepted = Vec::with_capacity(part.len());
        for at in done.iter().chain(&others) {
            if reply.flag()? {
                accepted.push(*at);
            }
        }
        if filled {
            self.tell(room);
        }
        if sent {
            self.pass_on(room).await;
        }
        Ok(accepted)
    }

    /// Takes messages to other queues. The claims are ended whatever becomes of that: upkeep tries again.
    pub(super) async fn pass_on(&self, room: &Room) {
        if let Err(error) = self.deliver(room).await {
            tracing::warn!(error = error.chain(), "messages to other queues wait for the next round of upkeep");
        }
    }
}

/// What is kept of an error.
fn cut(error: &str) -> &str {
    let mut end = error.len().min(MAX_ERROR);
    while !error.is_char_boundary(end) {
        end -= 1;
    }
    &error[..end]
}
