//! Making, changing and showing them.

use serde_json::Value;

use crate::world::{DRAFT, FILE, KEY, World, gone};

const TEXT: &str = "[database]\nurl = \"postgres://app:Planted-Secret-1@db/spotlight\"\n";

#[test]
fn the_first_edit_makes_key_and_file_and_leaves_nothing_else() {
    let world = World::new();
    let editor = world.editor(
        "printf '%s' \"$1\" > seen; stat -c %a \"$1\" > mode; stat -c %a \"$(dirname \"$1\")\" > folder; cp \"$1\" first\n\
         cp typed \"$1\"; echo left > \"$1~\"",
    );
    world.write("typed", TEXT);
    // $VISUAL comes first.
    let told = world.run(&["credentials", "edit"], &[("VISUAL", &editor), ("EDITOR", "false")]).well();
    assert!(told.contains(FILE) && told.contains(KEY) && told.contains("Never commit"), "{told}");
    assert_eq!((world.read("mode").trim(), world.read("folder").trim()), ("600", "700"));
    assert!(gone(&world.read("seen")), "{}", world.read("seen"));
    let first = world.read("first");
    assert!(first.contains("\nsecret_key_base = \"") && first.contains("# [database]"), "{first}");
    assert_eq!(world.mode(KEY), 0o600);
    assert!(world.read(FILE).starts_with("-----BEGIN AGE ENCRYPTED FILE-----"));
    world.holds_nowhere("Planted");
    assert_eq!(world.shown(), TEXT);
    let shown: Value = serde_json::from_str(&world.run(&["credentials", "show", "--json"], &[]).well()).expect("JSON");
    assert_eq!(shown["credentials"]["database"]["url"], "postgres://app:Planted-Secret-1@db/spotlight");
    assert_eq!(shown["path"], FILE);
    assert!(!world.has("config/.gitignore") && !world.has(".gitignore"), "git is left alone");
}

#[test]
fn a_later_edit_begins_with_what_is_stored_and_keeps_the_key() {
    let world = World::with(TEXT);
    let (key, sealed) = (world.key(), world.read(FILE));
    let editor = world.editor("cp \"$1\" seen; echo 'pool = 7' >> \"$1\"");
    let told = world.run(&["credentials", "edit", "--json"], &[("EDITOR", &editor)]).well();
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((&told["stored"], &told["new_key"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(world.read("seen"), TEXT);
    assert_eq!((world.shown(), world.key()), (format!("{TEXT}pool = 7\n"), key));
    assert_ne!(world.read(FILE), sealed);
    let sealed = world.read(FILE);
    let told = world.run(&["credentials", "edit"], &[("EDITOR", "true")]).well();
    assert_eq!((told.as_str(), world.read(FILE)), ("Nothing was changed.\n", sealed), "not even encrypted anew");
}

#[test]
fn what_cannot_be_stored_is_kept_encrypted_and_the_next_edit_goes_on_with_it() {
    let world = World::with(TEXT);
    for (typed, expected) in [
        ("[database\nurl = \"Planted-Secret-2\"", "config/credentials.toml.age, line 1: not TOML"),
        ("[database]\nurll = \"Planted-Secret-2\"", "database.urll: there is no such setting; database.url is one"),
        (
            "[database]\nurl = \"mysql://Planted-Secret-2@db/x\"",
            "DATABASE_URL (credentials in config/credentials.toml.age)",
        ),
    ] {
        let ran = world.typed(typed);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}", ran.err);
        assert!(ran.err.contains(expected) && ran.err.contains(DRAFT), "{}", ran.err);
        assert!(!ran.err.contains("Planted"), "{}", ran.err);
        assert_eq!(world.shown(), TEXT, "what was stored stands");
        assert_eq!(world.mode(DRAFT), 0o600);
        world.holds_nowhere("Planted");
    }
    let editor = world.editor("cp \"$1\" seen; sed -i s/mysql/postgres/ \"$1\"");
    let ran = world.run(&["credentials", "edit"], &[("EDITOR", &editor)]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("goes on with what was typed"), "{}", ran.err);
    assert_eq!(world.read("seen"), "[database]\nurl = \"mysql://Planted-Secret-2@db/x\"");
    assert!(!world.has(DRAFT));
    assert_eq!(world.shown(), "[database]\nurl = \"postgres://Planted-Secret-2@db/x\"\n");
}

#[test]
fn an_editor_that_fails_changes_nothing() {
    let world = World::with(TEXT);
    let sealed = world.read(FILE);
    let editor = world.editor("printf '%s' \"$1\" > seen; exit 3");
    let line = world.run(&["credentials", "edit"], &[("EDITOR", &editor)]).refused();
    assert!(line.contains("nothing was stored") && line.contains("EDITOR"), "{line}");
    assert!(gone(&world.read("seen")) && !world.has(DRAFT));
    let editor = world.editor("echo 'pool = 9' >> \"$1\"; exit 3");
    let ran = world.run(&["credentials", "edit"], &[("EDITOR", &editor)]);
    assert!(ran.code == Some(1) && ran.err.contains(DRAFT), "{}", ran.err);
    assert!(world.has(DRAFT), "what was typed is kept");
    assert_eq!(world.read(FILE), sealed);
    let line = world.run(&["credentials", "edit"], &[]).refused();
    assert!(line.starts_with("EDITOR: it is not set") && line.contains("EDITOR=nano"), "{line}");
}

#[test]
fn they_are_made_without_an_editor_once() {
    let world = World::new();
    let line = world.run(&["credentials", "show"], &[]).refused();
    assert!(line.starts_with(FILE) && line.contains("spotlight credentials edit"), "{line}");
    let told: Value = serde_json::from_str(&world.run(&["credentials", "init", "--json"], &[]).well()).expect("JSON");
    assert_eq!((&told["path"], &told["new_key"]), (&Value::from(FILE), &Value::from(KEY)));
    assert_eq!(world.setting("SECRET_KEY_BASE", &[], &[]).0, "[set]");
    let line = world.run(&["credentials", "init"], &[]).refused();
    assert!(line.contains("it is there already"), "{line}");

    // A deployment that has a key keeps it: another one would undo second factors.
    let older = World::new();
    std::fs::create_dir(older.path("data")).expect("a folder");
    older.write("data/secret.key", "3d9f4b1c0a7e2856d1c4fe90ab73562801e9cd4f7ba3856092dcfe1a");
    older.run(&["credentials", "init"], &[]).well();
    assert!(older.shown().contains("\n# secret_key_base = "), "{}", older.shown());
    assert_eq!(older.setting("SECRET_KEY_BASE", &[], &[]).0, "");
}
