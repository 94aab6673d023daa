//! Which of several hosts gets an appointment.

use crate::domain::{assistant::HostChoice, id::UserId, time::Timestamp};

/// A host who is free, and how busy they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub host_id: UserId,
    /// When their newest booking was made.
    pub last_booked_at: Option<Timestamp>,
    /// Appointments ahead of them.
    pub open: u64,
}

/// Chooses one of the candidates; none only where there is none. Ties go to the lower id, so the order of the
/// candidates does not matter.
pub fn choose_host(choice: HostChoice, candidates: &[Candidate], lead_owner: Option<UserId>) -> Option<UserId> {
    // Who was never booked comes first: nothing is before every instant.
    let in_turn = || candidates.iter().min_by_key(|candidate| (candidate.last_booked_at, candidate.host_id));
    let chosen = match choice {
        HostChoice::RoundRobin => in_turn(),
        HostChoice::LeastBusy => candidates.iter().min_by_key(|candidate| (candidate.open, candidate.host_id)),
        HostChoice::LeadOwner => {
            let owner = candidates.iter().find(|candidate| Some(candidate.host_id) == lead_owner);
            owner.or_else(in_turn)
        }
    };
    chosen.map(|candidate| candidate.host_id)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn user(id: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(id))
    }

    fn candidate(id: u128, booked: Option<i64>, open: u64) -> Candidate {
        let last_booked_at = booked.and_then(|at| DateTime::from_timestamp(at, 0));
        Candidate { host_id: user(id), last_booked_at, open }
    }

    #[test]
    fn each_rule_chooses_as_it_says() {
        let all = [candidate(1, Some(300), 2), candidate(2, Some(100), 5), candidate(3, Some(200), 2)];
        assert_eq!(choose_host(HostChoice::RoundRobin, &all, None), Some(user(2)));
        assert_eq!(choose_host(HostChoice::LeastBusy, &all, None), Some(user(1)));
        assert_eq!(choose_host(HostChoice::LeadOwner, &all, Some(user(3))), Some(user(3)));
        assert_eq!(choose_host(HostChoice::LeadOwner, &all, Some(user(9))), Some(user(2)));
        assert_eq!(choose_host(HostChoice::RoundRobin, &[], Some(user(9))), None);
    }

    #[test]
    fn who_was_never_booked_is_first_in_turn() {
        let all = [candidate(1, Some(1), 0), candidate(2, None, 9)];
        assert_eq!(choose_host(HostChoice::RoundRobin, &all, None), Some(user(2)));
    }

    #[test]
    fn in_turn_means_everyone_gets_as_many() {
        let mut all = [candidate(1, None, 0), candidate(2, None, 0), candidate(3, None, 0)];
        let mut booked = std::collections::BTreeMap::new();
        for at in 0..30 {
            let chosen = choose_host(HostChoice::RoundRobin, &all, None).expect("a candidate");
            *booked.entry(chosen).or_insert(0) += 1;
            for candidate in &mut all {
                if candidate.host_id == chosen {
                    candidate.last_booked_at = DateTime::from_timestamp(at, 0);
                }
            }
        }
        assert!(booked.values().all(|times| *times == 10), "{booked:?}");
    }

    proptest! {
        #[test]
        fn the_order_of_candidates_does_not_matter(
            facts in prop::collection::vec((prop::option::of(0..5_i64), 0..3_u64), 1..6),
            owner in 0..8_u128,
            which in 0..HostChoice::ALL.len(),
        ) {
            let mut all: Vec<_> =
                (0_u128..).zip(facts).map(|(id, (booked, open))| candidate(id, booked, open)).collect();
            let chosen = choose_host(HostChoice::ALL[which], &all, Some(user(owner)));
            prop_assert!(all.iter().any(|one| Some(one.host_id) == chosen));
            all.reverse();
            prop_assert_eq!(choose_host(HostChoice::ALL[which], &all, Some(user(owner))), chosen);
        }
    }
}
