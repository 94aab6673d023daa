//! Names that nobody reads: most often a slip of the pen, which would otherwise be found by a visitor.

use strsim::damerau_levenshtein;

use super::{Problem, SECTIONS, Sources, Variable};

/// What every variable of ours that is no standard name begins with.
const PREFIX: &str = "SPOTLIGHT_";

/// Variables with our prefix that the project's own scripts and tests read.
const SCRIPTS: &[&str] = &[
    "SPOTLIGHT_SOCKET_ON_STDIN",
    "SPOTLIGHT_PG_",
    "SPOTLIGHT_TEST_",
    "SPOTLIGHT_WRITE",
    "SPOTLIGHT_UPDATE",
    "SPOTLIGHT_GARBAGE_SEED",
    "SPOTLIGHT_FAULTS_SEED",
    "SPOTLIGHT_TOKEN",
];

/// Tables of the settings file with a reader of their own.
pub(super) const TABLES: &[&str] = &["jobs", "flags"];

fn variables() -> impl Iterator<Item = &'static Variable> {
    SECTIONS.iter().flat_map(|section| section.variables.iter().copied())
}

/// A problem for each name that nobody reads.
pub(super) fn problems(sources: &Sources) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, value) in &sources.environment {
        let known = |name: &str| variables().any(|variable| variable.names().any(|one| one == name));
        let of_file = name.strip_suffix("_FILE").is_some_and(known);
        let ours = name.starts_with(PREFIX) && !SCRIPTS.iter().any(|script| name.starts_with(script));
        if ours && !known(name) && !of_file && !of_a_service(name, value) {
            let names = variables().map(|variable| variable.name);
            problems.push(Problem::new(name.clone(), unknown("variable", name, names)));
        }
    }
    if let Some(layer) = &sources.credentials {
        let wrong = layer.table.keys().filter_map(|key| misplaced(key).map(|detail| (key, detail)));
        problems.extend(wrong.map(|(key, detail)| Problem::new(format!("{}, {key}", layer.path.display()), detail)));
    }
    for layer in sources.file.iter().chain(&sources.credentials) {
        for key in keys(&layer.table) {
            if !variables().any(|variable| variable.key == key) {
                let place = format!("{}, {key}", layer.path.display());
                problems.push(Problem::new(place, unknown("setting", &key, variables().map(|variable| variable.key))));
            }
        }
    }
    problems
}

/// Why a setting of the file cannot stand in the credentials.
fn misplaced(key: &str) -> Option<&'static str> {
    if TABLES.contains(&key) {
        return Some("nothing there is secret; put it into the settings file");
    }
    let opens = ["config", "credentials", "master_key"].contains(&key);
    opens.then_some("it is needed to open the credentials, so it cannot stand in them; take it away")
}

fn unknown(what: &str, name: &str, names: impl Iterator<Item = &'static str>) -> String {
    let near = names.map(|known| (damerau_levenshtein(known, name), known)).min();
    match near.filter(|(distance, _)| *distance <= 3) {
        Some((_, near)) => format!("there is no such {what}; {near} is one"),
        None => format!("there is no such {what}; take it away, or see `spotlight config reference`"),
    }
}

/// Every key of a table with dots, but those that are read as they stand.
fn keys(table: &toml::Table) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in table {
        match value {
            toml::Value::Table(_) if TABLES.contains(&name.as_str()) => {}
            toml::Value::Table(inner) => found.extend(keys(inner).into_iter().map(|key| format!("{name}.{key}"))),
            _ => found.push(name.clone()),
        }
    }
    found
}

/// Whether Kubernetes put it there for a service that is called `spotlight…`: it tells every container where services are.
fn of_a_service(name: &str, value: &str) -> bool {
    let address = name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT");
    address
        || (name.contains("_PORT") && (value.starts_with("tcp://") || value.starts_with("udp://")))
        || ["_ADDR", "_PORT", "_PROTO"]
            .iter()
            .any(|end| name.strip_suffix(end).is_some_and(|rest| rest.ends_with("_TCP") || rest.ends_with("_UDP")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Vec<String> {
        problems(&Sources::none().with_variables(variables.iter().copied())).iter().map(Problem::to_string).collect()
    }

    #[test]
    fn a_slip_of_the_pen_is_told_with_what_was_meant() {
        assert_eq!(
            of(&[("SPOTLIGHT_LISTN", "x")]),
            ["SPOTLIGHT_LISTN: there is no such variable; SPOTLIGHT_LISTEN is one"]
        );
        assert!(of(&[("SPOTLIGHT_COFFEE_BREAKS", "x")])[0].contains("config reference"));
    }

    #[test]
    fn what_others_set_is_theirs() {
        let theirs = [
            ("PATH", "/bin"),
            ("SPOTLIGHT_LISTEN", "127.0.0.1:1"),
            ("SPOTLIGHT_MASTER_KEY_FILE", "/run/key"),
            ("SPOTLIGHT_SERVICE_HOST", "10.0.0.1"),
            ("SPOTLIGHT_WEB_SERVICE_PORT_HTTP", "80"),
            ("SPOTLIGHT_PORT", "tcp://10.0.0.1:80"),
            ("SPOTLIGHT_PORT_80_TCP", "tcp://10.0.0.1:80"),
            ("SPOTLIGHT_PORT_80_TCP_ADDR", "10.0.0.1"),
            ("SPOTLIGHT_TEST_FULL", "1"),
        ];
        assert_eq!(of(&theirs), [""; 0]);
    }

    #[test]
    fn credentials_hold_neither_what_opens_them_nor_what_is_read_elsewhere() {
        let sources = Sources::none().with_credentials("c.toml", "master_key = 'x'\n[jobs]\nadapter = 'redis'");
        let told: Vec<_> = problems(&sources).iter().map(Problem::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told.iter().any(|line| line.starts_with("c.toml, jobs: ") && line.contains("settings file")),
            "{told:?}"
        );
        assert!(told.iter().any(|line| line.starts_with("c.toml, master_key: it is needed to open")), "{told:?}");
    }

    #[test]
    fn keys_of_a_file_are_known_or_told() {
        let sources = Sources::none().with_file_text("c.toml", "[database]\nurl = 'x'\nurll = 'y'\n[jobs.any]\nz = 1");
        let told: Vec<_> = problems(&sources).iter().map(Problem::to_string).collect();
        assert_eq!(told, ["c.toml, database.urll: there is no such setting; database.url is one"]);
    }
}
