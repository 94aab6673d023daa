//! What a deployment takes from them, and what it refuses to start with.

use crate::world::{FILE, KEY, World};

const TEXT: &str = "[database]\npool = 8\nurl = \"postgres://app:Planted-Secret-1@db/spotlight\"\n[redis]\nnamespace = \"credentials\"\n";

#[test]
fn they_stand_between_the_file_and_the_environment() {
    let world = World::with(TEXT);
    world.write("spotlight.toml", "[database]\npool = 7\ncheckout_timeout = \"7s\"\n[redis]\nnamespace = \"file\"\n");
    let of_credentials = format!("credentials in {FILE}");
    assert_eq!(world.setting("REDIS_NAMESPACE", &[], &[]), ("credentials".to_owned(), of_credentials.clone()));
    assert_eq!(world.setting("DATABASE_POOL", &[], &[]), ("8".to_owned(), of_credentials.clone()));
    assert_eq!(world.setting("DATABASE_URL", &[], &[]), ("[set]".to_owned(), of_credentials));
    assert_eq!(world.setting("DATABASE_POOL", &[], &[("DATABASE_POOL", "9")]).1, "environment, DATABASE_POOL");
    let said = world.setting("DATABASE_URL", &["--database-url", "postgres://other/db"], &[]);
    assert_eq!(said.1, "command line");
    assert_eq!(world.setting("SPOTLIGHT_CREDENTIALS", &[], &[]).0, FILE);
    let elsewhere = World::new();
    let none = elsewhere.setting("REDIS_NAMESPACE", &[], &[]);
    assert_eq!(none, ("spotlight".to_owned(), "default".to_owned()), "no file, no matter");
}

#[test]
fn the_key_comes_from_a_variable_too_under_either_name_or_from_a_mounted_file() {
    let world = World::with(TEXT);
    let key = world.key();
    std::fs::rename(world.path(KEY), world.path("mounted")).expect("moved");
    let mounted = world.path("mounted").display().to_string();
    for variable in [
        ("SPOTLIGHT_MASTER_KEY", key.as_str()),
        ("RAILS_MASTER_KEY", key.as_str()),
        ("SPOTLIGHT_MASTER_KEY_FILE", mounted.as_str()),
    ] {
        assert_eq!(world.setting("DATABASE_POOL", &[], &[variable]).0, "8", "{}", variable.0);
    }
    let another = format!("../{}/{FILE}", world.path("").file_name().expect("a name").to_string_lossy());
    let other = World::new();
    let variables = [("SPOTLIGHT_CREDENTIALS", another.as_str()), ("SPOTLIGHT_MASTER_KEY", key.as_str())];
    assert_eq!(other.setting("DATABASE_POOL", &[], &variables).0, "8");
}

/// The server, and the check of settings, refuse to start by this line.
fn refused(world: &World, variables: &[(&str, &str)]) -> String {
    let line = world.run(&["serve", "--listen", "127.0.0.1:0"], variables).refused();
    assert!(!world.has("data"), "nothing is half-started");
    let ran = world.run(&["config", "check"], variables);
    assert!(ran.code == Some(1) && ran.out.contains(&line), "{}", ran.out);
    // Also where much is needed that may stand in the credentials.
    let production = [variables, &[("SPOTLIGHT_ENV", "production")][..]].concat();
    assert_eq!(world.run(&["serve"], &production).refused(), line);
    line
}

#[test]
fn a_file_that_no_key_opens_is_refused_in_development_too() {
    let (world, other) = (World::with(TEXT), World::with(TEXT));
    let (key, wrong) = (world.key(), other.key());
    let line = refused(&world, &[("SPOTLIGHT_MASTER_KEY", &wrong)]);
    assert!(
        line.starts_with("config/credentials.toml.age: the key of SPOTLIGHT_MASTER_KEY does not open it"),
        "{line}"
    );
    let line = refused(&world, &[("RAILS_MASTER_KEY", "0123456789abcdef0123456789abcdef")]);
    assert!(line.starts_with("RAILS_MASTER_KEY: it holds no master key"), "{line}");
    assert!(!line.contains("0123456789"), "{line}");

    world.set_mode(KEY, 0o640);
    let line = refused(&world, &[]);
    assert!(line.starts_with("config/master.key: others may read this key (its mode is 0640)"), "{line}");
    assert!(line.ends_with("chmod 600 config/master.key"), "{line}");
    for command in ["edit", "show", "rotate"] {
        let line = world.run(&["credentials", command], &[("EDITOR", "true")]).refused();
        assert!(line.contains("chmod 600"), "{command}: {line}");
    }

    world.set_mode(KEY, 0o600);
    world.write(KEY, &other.read(KEY));
    let line = refused(&world, &[]);
    assert!(line.starts_with("config/credentials.toml.age: the key of config/master.key does not open it"), "{line}");

    std::fs::remove_file(world.path(KEY)).expect("taken away");
    let line = refused(&world, &[]);
    assert!(line.starts_with("config/credentials.toml.age: no key opens it: set SPOTLIGHT_MASTER_KEY"), "{line}");
    assert!(line.contains("config/master.key with mode 0600"), "{line}");
    let line = world.run(&["credentials", "edit"], &[("EDITOR", "true")]).refused();
    assert!(line.contains("no key opens it") && !world.has(KEY), "no other key is made: {line}");
    assert_eq!(world.setting("DATABASE_POOL", &[], &[("SPOTLIGHT_MASTER_KEY", &key)]).0, "8", "nothing was harmed");
}

#[test]
fn a_damaged_or_missing_file_is_refused() {
    let world = World::with(TEXT);
    let sealed = world.read(FILE);
    for damaged in ["", "[database]\npool = 8\n", &sealed[..sealed.len() / 2]] {
        world.write(FILE, damaged);
        let line = refused(&world, &[]);
        assert!(line.starts_with("config/credentials.toml.age: the file is damaged or no age file; restore"), "{line}");
    }
    std::fs::remove_file(world.path(FILE)).expect("taken away");
    let line = refused(&world, &[("SPOTLIGHT_CREDENTIALS", "config/production.age")]);
    assert!(line.starts_with("config/production.age: there is no such file; make it with"), "{line}");
    assert_eq!(world.setting("DATABASE_POOL", &[], &[]).0, "", "what nobody named is not missed");
}

#[test]
fn what_they_say_is_checked_like_a_settings_file() {
    let world = World::new();
    let ran = world.typed("[jobs]\nadapter = \"redis\"\nmaster_key = \"x\"\n");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("jobs: nothing there is secret; put it into the settings file"), "{}", ran.err);
}
