//! Ending claims.

use std::collections::{BTreeMap, BTreeSet};

use spotlight_core::{
    Result,
    domain::ProcessId,
    ports::{Outcome, Settlement},
};
use uuid::Uuid;

use super::{
    super::{
        codec::{all, json, number},
        db::query,
        sql::statements,
    },
    SqliteQueue,
    finish::{End, Held, KEPT, finish, held},
    micros,
    row::Hex,
};

/// The jobs of a list of ids and claims that a process holds.
macro_rules! claims {
    () => {
        "FROM json_each(?1) AS claims CROSS JOIN jobs ON jobs.id = unhex(claims.value ->> 0) \
         WHERE jobs.claim = claims.value ->> 1 AND +jobs.process = ?2 AND +jobs.state = 'running'"
    };
}

statements! {
    @global {
        /// Jobs are global.
        HELD_PLAIN = ["SELECT count(*) ", claims!(), " AND jobs.trailing = 0"];
        /// Jobs are global. Those that were found to be held and plain.
        FINISH_PLAIN = [
            "UPDATE jobs SET state = 'done', finished_at = ?2, expires_at = ?3, process = NULL, percent = NULL, \
             note = NULL WHERE id IN (SELECT unhex(value ->> 0) FROM json_each(?1))"
        ];
        /// Jobs are global.
        HELD = ["SELECT ", held!(), " ", claims!()];
    }
}

pub(super) async fn settle(queue: &SqliteQueue, process: ProcessId, settlements: &[Settlement]) -> Result<Vec<bool>> {
    if settlements.is_empty() {
        return Ok(Vec::new());
    }
    let claims: Vec<_> = settlements.iter().map(|end| (Hex(end.id.as_uuid()), end.claim)).collect();
    let claims = json(&claims)?;
    let distinct: BTreeSet<_> = settlements.iter().map(|end| end.id).collect();
    let all_done = settlements.iter().all(|end| matches!(end.outcome, Outcome::Done(_)));
    let mut call = queue.call().await?;
    if all_done && distinct.len() == settlements.len() {
        // What nearly every call is: jobs that are done, and leave nothing to do but to say so.
        let plain = query(HELD_PLAIN).bind(claims.as_str()).bind(process.as_uuid());
        if usize::try_from(number(call.row(plain).await?)?) == Ok(settlements.len()) {
            let now = call.now;
            let end = query(FINISH_PLAIN).bind(claims.as_str()).bind(now).bind(now.saturating_add(KEPT));
            call.execute(end).await?;
            call.commit().await?;
            return Ok(vec![true; settlements.len()]);
        }
    }
    let held = call.rows(query(HELD).bind(claims.as_str()).bind(process.as_uuid())).await?;
    let mut held: BTreeMap<Uuid, Held> = all(&held, Held::read)?.into_iter().map(|held| (held.id, held)).collect();
    let (mut accepted, mut ends) = (Vec::with_capacity(settlements.len()), Vec::new());
    for settlement in settlements {
        let id = settlement.id.as_uuid();
        let holds = held.get(&id).is_some_and(|held| held.claim == settlement.claim);
        // Of several ends of one claim the first counts.
        let taken = if holds { held.remove(&id) } else { None };
        accepted.push(taken.is_some());
        ends.extend(taken.map(|held| (held, end(&settlement.outcome))));
    }
    finish(&mut call, ends).await?;
    call.commit_and_wake().await?;
    Ok(accepted)
}

fn end(outcome: &Outcome) -> End {
    match outcome {
        Outcome::Done(result) => End::Done(result.clone()),
        Outcome::Retry { after, error } => End::Again(micros(*after), error.clone()),
        Outcome::Dead { error } => End::Dead(error.clone()),
        Outcome::Cancelled => End::Cancelled,
        Outcome::HandedBack => End::HandedBack,
    }
}
