//! Whose time can be booked, and when.

use super::FreeTime;
use crate::{
    domain::{
        OrganizationId, UserId,
        assistant::{Assistant, HostChoice},
        schedule::Host,
        slots::{self, Candidate},
        time::{Timestamp, Window},
    },
    error::{Error, Result},
    ports::Repositories,
    services::deps::Deps,
};

pub(super) fn check_hours(host: &Host, starts_at: Timestamp, duration_min: u32, now: Timestamp) -> Result<()> {
    slots::is_free(host, &[], now, starts_at, duration_min)
        .map_err(|why| Error::conflict(format!("{why}; choose a free time")))
}

/// A host who can be booked: somebody who left the team cannot, though what was booked with them stays.
pub(super) async fn bookable(
    repos: &dyn Repositories,
    organization: OrganizationId,
    user: UserId,
) -> Result<Option<Host>> {
    if repos.users().membership(organization, user).await?.is_none() {
        return Ok(None);
    }
    repos.hosts().get(organization, user).await
}

/// The hosts of an assistant; its owner when it names none.
async fn hosts_of(repos: &dyn Repositories, assistant: &Assistant) -> Result<Vec<Host>> {
    let named = &assistant.booking.hosts;
    let mut hosts = Vec::new();
    for user in if named.is_empty() { std::slice::from_ref(&assistant.owner_id) } else { named } {
        hosts.extend(bookable(repos, assistant.organization_id, *user).await?);
    }
    Ok(hosts)
}

/// Free times of an assistant's hosts. Where several hosts are free at one time, the assistant's rule chooses.
pub(crate) async fn free_times(
    deps: &Deps,
    repos: &dyn Repositories,
    assistant: &Assistant,
    lead_owner: Option<UserId>,
    range: Window,
    limit: usize,
) -> Result<Vec<FreeTime>> {
    let now = deps.now();
    let mut by_start: std::collections::BTreeMap<Timestamp, Vec<FreeTime>> = std::collections::BTreeMap::new();
    let hosts = hosts_of(repos, assistant).await?;
    for host in &hosts {
        let reach = slots::reach(host, assistant.booking.duration_min, range);
        let occupied = repos.appointments().occupied(assistant.organization_id, host.user_id, reach, now).await?;
        for slot in slots::free_slots(host, &occupied, &assistant.booking, now, range, limit) {
            let free = FreeTime { starts_at: slot.start, ends_at: slot.end, host_id: host.user_id };
            by_start.entry(slot.start).or_default().push(free);
        }
    }
    let candidates = candidates(repos, assistant, &hosts, now).await?;
    let mut times = Vec::new();
    for (_, free) in by_start.into_iter().take(limit) {
        let able: Vec<_> = candidates
            .iter()
            .filter(|candidate| free.iter().any(|time| time.host_id == candidate.host_id))
            .copied()
            .collect();
        let chosen = slots::choose_host(assistant.booking.choice, &able, lead_owner);
        times.extend(free.into_iter().find(|time| Some(time.host_id) == chosen));
    }
    Ok(times)
}

async fn candidates(
    repos: &dyn Repositories,
    assistant: &Assistant,
    hosts: &[Host],
    now: Timestamp,
) -> Result<Vec<Candidate>> {
    let ids: Vec<_> = hosts.iter().map(|host| host.user_id).collect();
    // One host needs no choice, and most assistants have one.
    if let [only] = ids.as_slice() {
        return Ok(vec![Candidate { host_id: *only, last_booked_at: None, open: 0 }]);
    }
    let loads = repos.appointments().load(assistant.organization_id, &ids, now).await?;
    Ok(loads
        .into_iter()
        .map(|load| Candidate { host_id: load.host_id, last_booked_at: load.last_booked_at, open: load.open })
        .collect())
}

pub(super) async fn pick_host(
    deps: &Deps,
    repos: &dyn Repositories,
    assistant: &Assistant,
    lead_owner: Option<UserId>,
    starts_at: Timestamp,
    duration_min: Option<u32>,
) -> Result<UserId> {
    let now = deps.now();
    let duration_min = duration_min.unwrap_or(assistant.booking.duration_min);
    let hosts = hosts_of(repos, assistant).await?;
    let mut able = Vec::new();
    let mut why = None;
    for host in hosts {
        let window = slots::blocked_window(&host, starts_at, duration_min);
        let occupied = repos.appointments().occupied(assistant.organization_id, host.user_id, window, now).await?;
        match slots::is_free(&host, &occupied, now, starts_at, duration_min) {
            Ok(()) => able.push(host),
            Err(reason) => why = Some(reason),
        }
    }
    let candidates = candidates(repos, assistant, &able, now).await?;
    let choice: HostChoice = assistant.booking.choice;
    slots::choose_host(choice, &candidates, lead_owner).ok_or_else(|| match why {
        Some(why) => Error::conflict(format!("{why}; choose a free time")),
        None => Error::conflict("the assistant has no host with a calendar"),
    })
}
