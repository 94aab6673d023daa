//! Who may do what: every endpoint as every kind of caller, against what `matrix.txt` says by hand.
//!
//! The file is not made from the table that enforces it. An endpoint without a line fails; so does a line without an
//! endpoint. Each cell finds records of its own, so that a deletion by one caller is no 404 for the next.

mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use spotlight_core::services::mutation;
use spotlight_http::{Endpoint, Group, endpoints};
use world::{Caller, World};

/// The columns of the file, in its order.
const CALLERS: [Caller; 14] = [
    Caller::Anonymous,
    Caller::Expired,
    Caller::ExpiredToken,
    Caller::ExpiredVisit,
    Caller::Rep,
    Caller::OwnRep,
    Caller::Manager,
    Caller::Admin,
    Caller::Owner,
    Caller::Other,
    Caller::Visitor,
    Caller::Scoped,
    Caller::Reader,
    Caller::Writer,
];

/// The expected statuses, by endpoint.
fn matrix() -> BTreeMap<&'static str, Vec<u16>> {
    let lines = include_str!("matrix.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let parsed = lines.map(|line| {
        let mut words = line.split_whitespace();
        let name = words.next().expect("a name");
        let statuses: Vec<u16> = words.map(|word| word.parse().expect("a status")).collect();
        assert_eq!(statuses.len(), CALLERS.len(), "{name} needs a status for each caller");
        (name, statuses)
    });
    let mut rows = BTreeMap::new();
    for (name, statuses) in parsed {
        assert!(rows.insert(name, statuses).is_none(), "{name} has two lines");
    }
    rows
}

#[test]
fn every_endpoint_has_a_line_and_every_line_an_endpoint() {
    let rows = matrix();
    // What follows a plus says what else is asked of the same endpoint.
    let missing: Vec<_> = endpoints().iter().map(|one| one.name).filter(|name| !rows.contains_key(name)).collect();
    assert!(missing.is_empty(), "say in tests/access/matrix.txt who may do: {missing:?}");
    let gone: Vec<_> = rows.keys().filter(|name| Endpoint::named(asked(name).0).is_none()).collect();
    assert!(gone.is_empty(), "there are no such endpoints: {gone:?}");
}

/// The endpoint of a line, and what else is asked of it.
fn asked(line: &str) -> (&str, &str) {
    line.split_once('+').unwrap_or((line, ""))
}

/// What is wrong with the answers to an endpoint, a line for each finding, and the checks they asked. One of them may
/// be switched off.
async fn findings(
    world: &mut World,
    line: &str,
    expected: &[u16],
    off: Option<mutation::Place>,
) -> (String, BTreeSet<mutation::Place>) {
    let (mut wrong, mut found, mut places) = (String::new(), Vec::new(), BTreeSet::new());
    let (name, variant) = asked(line);
    let endpoint = Endpoint::named(name).expect("an endpoint");
    // Not in the middle: what one caller switches on is there for the next.
    if world.is_full() {
        *world = World::new().await;
    }
    for caller in CALLERS {
        if world::ends_the_world(endpoint.name) {
            *world = World::new().await;
        }
        let mut ids = world.records().await;
        world.records_of_administrators(endpoint.path, &mut ids).await;
        mutation::watch();
        mutation::switch_off(off);
        let answer = world.ask(endpoint, variant, caller, &ids).await;
        places.append(&mut mutation::seen());
        // Whoever opens a visit has named the assistant.
        let leak = world::leak(caller, &answer, &ids).filter(|_| endpoint.group != Group::Visits);
        if let Some(leak) = leak {
            writeln!(wrong, "{line}: {caller:?} is shown {leak}").expect("a text grows");
        }
        found.push(answer.status);
    }
    if world::ends_the_world(endpoint.name) {
        *world = World::new().await;
    }
    if found != expected {
        let shown = |all: &[u16]| all.iter().map(u16::to_string).collect::<Vec<_>>().join(" ");
        writeln!(wrong, "{line}: expected {}, found {}", shown(expected), shown(&found)).expect("a text grows");
    }
    (wrong, places)
}

/// What the checks of some lines came to: what is wrong, and by which lines each check was asked.
type Asked<'a> = (String, BTreeMap<mutation::Place, Vec<&'a str>>);

/// Does a part of the work on each processor. Checks are switched off for a thread, so each has a runtime of its own.
fn shared<T: Send>(work: impl AsyncFn(usize) -> T + Send + Sync) -> Vec<T> {
    let part = |part: usize| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(work(part))
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..PARTS).map(|number| scope.spawn(move || part(number))).collect();
        parts.into_iter().map(|part| part.join().expect("it ends")).collect()
    })
}

/// Parts of the work.
const PARTS: usize = 2;

/// Everybody is answered as the file says; and with any one check of authorization switched off, somebody is not.
#[test]
fn everybody_is_answered_as_the_matrix_says_and_no_check_can_be_spared() {
    let rows = matrix();
    let parts: Vec<Asked<'_>> = shared(async |part| {
        let (mut world, mut wrong, mut asked_at) = (World::new().await, String::new(), BTreeMap::new());
        for (line, expected) in rows.iter().skip(part).step_by(PARTS) {
            let (found, places) = findings(&mut world, line, expected, None).await;
            wrong += &found;
            for place in places {
                asked_at.entry(place).or_insert_with(Vec::new).push(*line);
            }
        }
        (wrong, asked_at)
    });
    let mut asked_at: BTreeMap<mutation::Place, Vec<&str>> = BTreeMap::new();
    let mut wrong = String::new();
    for (found, of_part) in parts {
        wrong += &found;
        for (place, lines) in of_part {
            asked_at.entry(place).or_default().extend(lines);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    let spared = shared(async |part| {
        let (mut world, mut spared) = (World::new().await, String::new());
        for (place, asking) in asked_at.iter().skip(part).step_by(PARTS) {
            let mut noticed = false;
            for line in asking {
                noticed = !findings(&mut world, line, &rows[line], Some(place)).await.0.is_empty();
                if noticed {
                    break;
                }
            }
            if !noticed {
                writeln!(spared, "{place}, asked by {asking:?}").expect("a text grows");
            }
        }
        spared
    })
    .concat();
    assert!(asked_at.len() > 40, "only {} checks were asked", asked_at.len());
    assert!(spared.is_empty(), "nobody notices when these checks are gone:\n{spared}");
}
