//! What happens to a text in clear when somebody does not wait for the editor to end.

use crate::world::{DRAFT, FILE, World, gone, signal};

const TEXT: &str = "[database]\npool = 8\n";
/// Types something, and waits for `go`, without keeping the program's output open.
const TYPES: &str = "exec > /dev/null 2>&1; printf '%s' \"$1\" > seen; echo 'url = \"postgres://Planted-Secret-1@db/x\"' >> \"$1\"; : > ready\n\
                     while [ ! -e go ]; do sleep 0.01; done";

#[test]
fn who_is_told_to_stop_takes_the_text_away_and_keeps_it_encrypted() {
    for name in ["TERM", "HUP"] {
        let world = World::with(TEXT);
        let sealed = world.read(FILE);
        let child = world.start(TYPES);
        signal(&child, name);
        let ran = World::ended(child);
        world.write("go", "");
        assert!(ran.code == Some(1) && ran.err.contains(DRAFT), "{name}: {}", ran.err);
        assert!(gone(&world.read("seen")), "{name}");
        world.holds_nowhere("Planted");
        assert_eq!(world.read(FILE), sealed);
        assert!(world.run(&["credentials", "edit"], &[("EDITOR", "true")]).err.contains("goes on with"));
        assert!(world.shown().contains("Planted-Secret-1"));
    }
}

#[test]
fn an_interrupt_is_the_editors_own() {
    let world = World::with(TEXT);
    let child = world.start(TYPES);
    signal(&child, "INT");
    let busy = world.run(&["credentials", "edit"], &[("EDITOR", "true")]).refused();
    assert!(busy.starts_with("config: another `spotlight credentials` is at work"), "{busy}");
    world.write("go", "");
    let told = World::ended(child).well();
    assert!(told.contains("Stored"), "{told}");
    assert!(gone(&world.read("seen")));
    assert!(world.shown().contains("Planted-Secret-1"));
}

#[test]
fn what_a_killed_one_left_goes_with_the_next() {
    let world = World::with(TEXT);
    let child = world.start(TYPES);
    signal(&child, "KILL");
    // The shell around the editor keeps the output open.
    world.write("go", "");
    assert_eq!(World::ended(child).code, None);
    // Another test's edit may have done it already.
    world.run(&["credentials", "edit"], &[("EDITOR", "true")]).well();
    assert!(gone(&world.read("seen")));
    assert_eq!(world.shown(), TEXT);
}
