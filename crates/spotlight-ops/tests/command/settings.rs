//! Settings over the command line: what is refused, and how that is said.

use serde_json::Value;

use crate::process::{Folder, ended, spotlight};

#[test]
fn what_production_lacks_is_told_at_once_and_nothing_is_begun() {
    let folder = Folder::new();
    for arguments in [&["config", "check"][..], &["serve"]] {
        let mut command = spotlight(&folder.0);
        command.args(arguments).env("SPOTLIGHT_ENV", "production").env("SPOTLIGHT_FEATURES", "-models");
        let output = ended(command);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        for name in ["DATABASE_URL", "SECRET_KEY_BASE", "REDIS_URL", "STRIPE_SECRET_KEY", "SMTP_HOST", "AWS_BUCKET"] {
            assert!(said.contains(&format!("{name}: missing")), "{name} in {said}");
        }
        assert!(!said.contains("OPENAI_API_KEY"), "a feature that is off needs nothing: {said}");
    }
    assert_eq!(std::fs::read_dir(&folder.0).expect("a folder").count(), 0, "nothing was made");
}

#[test]
fn programs_read_what_is_wrong_too() {
    let folder = Folder::new();
    let mut command = spotlight(&folder.0);
    command.args(["config", "check", "--json"]).env("SPOTLIGHT_LISTN", "127.0.0.1:1");
    let output = ended(command);
    assert_eq!(output.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["problems"][0]["place"], "SPOTLIGHT_LISTN");
    assert_eq!(told["environment"], "development");
}

#[test]
fn settings_are_shown_with_their_origin_and_without_secrets() {
    let folder = Folder::new();
    std::fs::write(folder.0.join("spotlight.toml"), "[redis]\nnamespace = 'mine'\n").expect("a file");
    let shown = |json: bool| {
        let mut command = spotlight(&folder.0);
        command.args(["config", "show"]).env("DATABASE_URL", "postgres://app:Planted-Secret@db/x");
        if json {
            command.arg("--json");
        }
        let output = ended(command);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).expect("text");
        assert!(!said.contains("Planted-Secret"), "{said}");
        said
    };
    let table = shown(false);
    let line = |name: &str| table.lines().find(|line| line.starts_with(name)).expect("a line").to_owned();
    assert!(line("DATABASE_URL").contains("[set]") && line("DATABASE_URL").ends_with("environment, DATABASE_URL"));
    assert!(line("REDIS_NAMESPACE").contains("mine") && line("REDIS_NAMESPACE").ends_with("spotlight.toml"));
    let json: Value = serde_json::from_str(&shown(true)).expect("JSON");
    let settings = json["settings"].as_array().expect("a list");
    let found = settings.iter().find(|setting| setting["name"] == "REDIS_NAMESPACE").expect("it is there");
    assert_eq!((found["value"].as_str(), found["origin"].as_str()), (Some("mine"), Some("spotlight.toml")));
}

#[test]
fn help_has_examples_and_a_wrong_call_its_own_code() {
    let folder = Folder::new();
    let run = |arguments: &[&str]| {
        let mut command = spotlight(&folder.0);
        command.args(arguments);
        ended(command)
    };
    let help = run(&["--help"]);
    let said = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(help.status.success() && said.contains("Examples:") && said.contains("Exit codes:"), "{said}");
    assert_eq!(run(&["sing"]).status.code(), Some(2));
    let completions = run(&["completions", "bash"]);
    assert!(completions.status.success() && String::from_utf8_lossy(&completions.stdout).contains("_spotlight"));
}
