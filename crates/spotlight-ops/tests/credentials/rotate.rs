//! Another master key.

use serde_json::Value;

use crate::world::{DRAFT, FILE, KEY, PREVIOUS, World};

const TEXT: &str = "[database]\npool = 8\n";

/// Whether a key opens them.
fn opens(world: &World, key: &str) -> bool {
    let ran = world.run(&["credentials", "show"], &[("SPOTLIGHT_MASTER_KEY", key)]);
    ran.code == Some(0) && ran.out == TEXT
}

#[test]
fn a_new_key_takes_the_place_of_the_old_one() {
    let world = World::with(TEXT);
    let old = world.key();
    let told = world.run(&["credentials", "rotate"], &[]).well();
    assert!(told.contains(KEY) && told.contains("every machine"), "{told}");
    let new = world.key();
    assert!(new != old && opens(&world, &new) && !opens(&world, &old));
    assert_eq!((world.mode(KEY), world.has(PREVIOUS)), (0o600, false));
    let sealed = world.read(FILE);
    let told: Value = serde_json::from_str(&world.run(&["credentials", "rotate", "--json"], &[]).well()).expect("JSON");
    assert_eq!(
        (&told["path"], &told["key"], &told["staged"]),
        (&Value::from(FILE), &Value::from(KEY), &Value::Bool(false))
    );
    assert!(sealed != world.read(FILE) && world.key() != new);
    assert_eq!(world.shown(), TEXT);
}

#[test]
fn a_staged_change_lets_both_in_until_it_is_finished() {
    let world = World::with(TEXT);
    let old = world.key();
    let told = world.run(&["credentials", "rotate", "--staged"], &[]).well();
    assert!(told.contains("spotlight credentials rotate --finish"), "{told}");
    let new = world.key();
    assert!(new != old && opens(&world, &new) && opens(&world, &old));
    assert_eq!((world.mode(PREVIOUS), world.mode(KEY)), (0o600, 0o600));
    let line = world.run(&["credentials", "rotate"], &[]).refused();
    assert!(line.starts_with(PREVIOUS) && line.contains("--finish"), "{line}");
    world.run(&["credentials", "rotate", "--finish"], &[]).well();
    assert!(opens(&world, &new) && !opens(&world, &old) && !world.has(PREVIOUS));
}

#[test]
fn a_key_of_a_variable_stays_good_until_the_variable_holds_the_new_one() {
    let world = World::with(TEXT);
    let old = world.key();
    std::fs::remove_file(world.path(KEY)).expect("taken away");
    let of_variable = [("SPOTLIGHT_MASTER_KEY", old.as_str())];
    let told = world.run(&["credentials", "rotate"], &of_variable).well();
    assert!(told.contains("set SPOTLIGHT_MASTER_KEY everywhere") && told.contains(KEY), "{told}");
    let new = world.key();
    assert!(new != old && opens(&world, &new) && opens(&world, &old));
    let line = world.run(&["credentials", "rotate", "--finish"], &of_variable).refused();
    assert!(line.starts_with(KEY) && line.contains("another key than SPOTLIGHT_MASTER_KEY"), "{line}");
    assert!(opens(&world, &new) && opens(&world, &old), "nobody is shut out");
    world.run(&["credentials", "rotate", "--finish"], &[("SPOTLIGHT_MASTER_KEY", &new)]).well();
    assert!(opens(&world, &new) && !opens(&world, &old));
}

#[test]
fn nothing_that_opens_to_the_old_key_is_left_behind() {
    let world = World::with(TEXT);
    let old = world.key();
    assert_eq!(world.typed("[database]\npol = 9\n").code, Some(1));
    let line = world.run(&["credentials", "rotate"], &[]).refused();
    assert!(line.starts_with(DRAFT), "{line}");
    assert_eq!(world.key(), old);
    std::fs::remove_file(world.path(DRAFT)).expect("taken away");
    world.set_mode("config", 0o555);
    let ran = world.run(&["credentials", "rotate"], &[]);
    world.set_mode("config", 0o755);
    // An administrator may write everywhere.
    if ran.code == Some(0) {
        assert!(!opens(&world, &old));
    } else {
        assert!(ran.refused().contains("cannot be written") && opens(&world, &old));
    }
    assert_eq!(world.shown(), TEXT);
}
