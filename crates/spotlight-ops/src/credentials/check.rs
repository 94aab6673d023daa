//! What is wrong with credentials before they are stored.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use crate::config::{Config, Problem, Sources};

/// What is wrong with credentials by themselves: they are not TOML, a key is unknown, a value unreadable. Whether they are
/// enough for production is told at the start.
pub fn check(path: &Path, text: &SecretString) -> Vec<Problem> {
    let (_, problems) = Config::examine(&Sources::none().with_credentials(path, text.expose_secret()));
    let here = path.display().to_string();
    // What the settings lack besides may stand elsewhere.
    problems.into_iter().filter(|problem| problem.place.contains(&here)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_by_its_place_and_what_lacks_is_not() {
        let told = |text: &str| -> Vec<String> {
            check(Path::new("c.age"), &SecretString::from(text)).iter().map(ToString::to_string).collect()
        };
        assert_eq!(told("environment = 'production'\nfeatures = '+redis'\n[database]\npool = 3\n"), [""; 0]);
        for (wrong, expected) in [
            ("[database\n", "c.age, line 1: not TOML"),
            ("[database]\nurll = 'postgres://db/x'\n", "c.age, database.urll: there is no such setting; database.url"),
            (
                "[database]\nurl = 'mysql://app:Planted-Secret-1@db/x'\n",
                "DATABASE_URL (credentials in c.age): give a URL",
            ),
            ("[database]\nurl = { host = 'Planted-Secret-1' }\n", "c.age, database.url"),
            ("secret_key_base = 'Planted-Secret-1'\n", "at least 32"),
            ("[flags]\nnew_console = true\n", "c.age, flags: nothing there is secret"),
        ] {
            let told = told(wrong);
            assert!(!told.is_empty() && told[0].contains(expected), "{wrong}: {told:?}");
            assert!(!told.concat().contains("Planted"), "{told:?}");
        }
    }
}
