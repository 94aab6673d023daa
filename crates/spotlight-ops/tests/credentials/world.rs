//! A folder with a deployment's files, and the program run in it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use serde_json::Value;

pub(crate) const FILE: &str = "config/credentials.toml.age";
pub(crate) const KEY: &str = "config/master.key";
pub(crate) const PREVIOUS: &str = "config/master.key.previous";
pub(crate) const DRAFT: &str = "config/credentials.toml.age.draft";

/// A folder that goes with its test.
pub(crate) struct World(PathBuf);

/// What a run of the program came to.
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Self { out: text(&output.stdout), err: text(&output.stderr), code: output.status.code() }
    }

    /// It succeeded.
    pub(crate) fn well(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// It was refused, by one line.
    pub(crate) fn refused(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(1), ""), "{}", self.err);
        let line = self.err.strip_prefix("error: ").and_then(|text| text.strip_suffix('\n')).unwrap_or_default();
        assert!(!line.is_empty() && !line.contains('\n'), "one line: {}", self.err);
        line.to_owned()
    }
}

impl World {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("spotlight-of-a-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    /// One with credentials that say this.
    pub(crate) fn with(text: &str) -> Self {
        let world = Self::new();
        world.typed(text).well();
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    pub(crate) fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.path(name)).expect("it is there").permissions().mode() & 0o777
    }

    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).expect("its mode");
    }

    /// The secret line of the key file.
    pub(crate) fn key(&self) -> String {
        let file = self.read(KEY);
        file.lines().find(|line| !line.starts_with('#')).expect("a key").to_owned()
    }

    /// The program with nothing in its environment.
    pub(crate) fn program(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spotlight"));
        command.args(arguments).current_dir(&self.0).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").expect("a PATH")).envs(variables.iter().copied());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        Ran::of(&self.program(arguments, variables).output().expect("it runs"))
    }

    /// Edits with a script, which knows the file as `$1`.
    pub(crate) fn editor(&self, script: &str) -> String {
        self.write("editor", &format!("#!/bin/sh\n{script}\n"));
        self.set_mode("editor", 0o700);
        self.path("editor").display().to_string()
    }

    /// An edit in which a person types this in the place of everything.
    pub(crate) fn typed(&self, text: &str) -> Ran {
        self.write("typed", text);
        // A command with an argument, as people set it.
        let editor = format!("cp '{}'", self.path("typed").display());
        self.run(&["credentials", "edit"], &[("EDITOR", &editor)])
    }

    /// What is stored.
    pub(crate) fn shown(&self) -> String {
        self.run(&["credentials", "show"], &[]).well()
    }

    /// A setting as `config show` has it: value and origin.
    pub(crate) fn setting(&self, name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> (String, String) {
        let arguments = [&["config", "show", "--json"][..], arguments].concat();
        let shown: Value = serde_json::from_str(&self.run(&arguments, variables).well()).expect("JSON");
        let mut settings = shown["settings"].as_array().expect("a list").iter();
        let found = settings.find(|setting| setting["name"] == name).expect("the setting");
        let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
        (text("value"), text("origin"))
    }

    /// Starts an edit that writes `ready` once its script is at work.
    pub(crate) fn start(&self, script: &str) -> Child {
        let editor = self.editor(script);
        let mut program = self.program(&["credentials", "edit"], &[("EDITOR", &editor)]);
        let child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let began = Instant::now();
        while !self.has("ready") {
            assert!(began.elapsed() < Duration::from_mins(1), "the editor did not begin");
            std::thread::sleep(Duration::from_millis(5));
        }
        child
    }

    pub(crate) fn ended(child: Child) -> Ran {
        Ran::of(&child.wait_with_output().expect("it ended"))
    }

    /// Nothing in the folder but what the test itself wrote holds this text.
    pub(crate) fn holds_nowhere(&self, secret: &str) {
        for folder in [self.0.clone(), self.path("config")] {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let (name, path) = (entry.file_name(), entry.path());
                if path.is_file() && name != "typed" && name != "editor" {
                    let text = String::from_utf8_lossy(&fs::read(&path).expect("a read")).into_owned();
                    assert!(!text.contains(secret), "{}", path.display());
                }
            }
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // What is left of it harms no other test.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The process is told something.
pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
}

/// A folder that is gone.
pub(crate) fn gone(file: &str) -> bool {
    let path = Path::new(file.trim());
    path.is_absolute() && !path.exists() && !path.parent().expect("a folder").exists()
}
