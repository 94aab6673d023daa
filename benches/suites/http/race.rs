//! Rounds in turns, and whether both sides do the same.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::{
    client::{Round, ask, load},
    report::Pairs,
    server::Server,
    setting,
    world::{Ask, World},
};

/// Until connections, statements and caches are warm.
const WARM: Duration = Duration::from_millis(500);

/// Compares one kind of request: whether both sides do the same, and then how quickly.
pub(crate) fn race(filling: &Runtime, client: &Runtime, world: &World, sides: [&Server; 2], what: Ask) -> Pairs {
    let done = sides.map(|side| {
        let conversation = begin(filling, world, what, 1).pop();
        let before = filling.block_on(world.rows());
        let mut request = Vec::new();
        // Both are asked for the same.
        world.begin_again();
        world.write(what, conversation, &mut request);
        let (status, body) = client.block_on(ask(&side.address, &request));
        assert_eq!(status, what.status(), "{body}");
        let after = filling.block_on(world.rows());
        let added: Vec<_> = after.iter().zip(before).map(|(after, before)| (after.0, after.1 - before.1)).collect();
        (seen(what, &body), added)
    });
    let [ours, bare] = done;
    assert_eq!(ours, bare, "{}: ours and by hand, what was answered and rows that were added", what.name());
    let long = Duration::from_secs(setting("BENCH_SECONDS", 2).into());
    let round = |side: &Server, long| -> Round {
        let connections = setting("BENCH_CONNECTIONS", 16) as usize;
        let conversations = begin(filling, world, what, connections);
        let write = |number: usize, into: &mut Vec<u8>| world.write(what, conversations.get(number).copied(), into);
        client.block_on(load(&side.address, connections, long, what.status(), write))
    };
    for side in sides {
        round(side, WARM);
    }
    let [ours, bare] = sides;
    (0..setting("BENCH_ROUNDS", 5))
        .map(|number| {
            // Who goes first changes: the second finds more rows and warmer caches.
            if number % 2 == 0 {
                let first = round(ours, long);
                [first, round(bare, long)]
            } else {
                let first = round(bare, long);
                [round(ours, long), first]
            }
        })
        .collect()
}

/// A conversation for each connection, where they are asked for.
fn begin(filling: &Runtime, world: &World, what: Ask, count: usize) -> Vec<Uuid> {
    if what.is_turn() { filling.block_on(world.conversations(count)) } else { Vec::new() }
}

/// What an answer says, without what differs from one to the next.
fn seen(what: Ask, body: &str) -> Vec<Value> {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| panic!("no JSON: {text}"));
    if !what.is_turn() {
        let mut document = read(body);
        if what == Ask::Create {
            plain(&mut document);
        }
        return vec![document];
    }
    let events = body.split_terminator("\n\n").map(|event| {
        let (name, data) = event.split_once('\n').unwrap_or_else(|| panic!("no event: {event}"));
        let mut data = read(data.strip_prefix("data: ").unwrap_or_else(|| panic!("no data: {event}")));
        plain(&mut data);
        json!({ "event": name, "data": data })
    });
    events.collect()
}

/// Leaves the ids and times of a new record out.
fn plain(value: &mut Value) {
    const OWN: [&str; 6] = ["id", "email", "created_at", "updated_at", "offset_s", "response_ms"];
    match value {
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Object(fields) => {
            for (name, value) in fields {
                if OWN.contains(&name.as_str()) {
                    *value = Value::from(value.is_null());
                } else {
                    plain(value);
                }
            }
        }
        _ => {}
    }
}
