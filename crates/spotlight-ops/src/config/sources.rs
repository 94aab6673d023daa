//! Where settings come from: a file, encrypted credentials, the environment, the command line.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{Origin, Problem, Variable};

/// Everything that says something about settings. A later source wins: defaults, settings file, credentials, environment,
/// command line.
#[derive(Default)]
pub struct Sources {
    pub(super) file: Option<Layer>,
    pub(super) credentials: Option<Layer>,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) command_line: BTreeMap<&'static str, String>,
    pub(crate) problems: Vec<Problem>,
    /// There are credentials, and they say nothing, since they cannot be read.
    pub(super) sealed: bool,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Names alone: any value may be a secret.
        f.debug_struct("Sources")
            .field("file", &self.file)
            .field("credentials", &self.credentials)
            .field("environment", &self.environment.keys())
            .field("command_line", &self.command_line.keys())
            .finish_non_exhaustive()
    }
}

/// A source in TOML.
pub(super) struct Layer {
    pub(super) path: PathBuf,
    pub(super) table: toml::Table,
}

impl std::fmt::Debug for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Layer({})", self.path.display())
    }
}

/// The file that is read when none is named, if it is there.
pub const USUAL_FILE: &str = "spotlight.toml";

impl Sources {
    /// Nothing but defaults.
    pub fn none() -> Self {
        Self::default()
    }

    /// The variables of this process, and the settings file that they name: `SPOTLIGHT_CONFIG`, else `spotlight.toml` in
    /// the working folder when there is one.
    pub fn of_process() -> Self {
        let sources = Self::of_environment();
        match sources.environment.get("SPOTLIGHT_CONFIG").filter(|path| !path.is_empty()).cloned() {
            Some(path) => sources.with_file(&path),
            None if Path::new(USUAL_FILE).exists() => sources.with_file(USUAL_FILE),
            None => sources,
        }
    }

    /// The variables of this process alone.
    pub fn of_environment() -> Self {
        let unreadable = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("SPOTLIGHT_");
        let mut sources = Self::default();
        for (name, value) in std::env::vars_os() {
            match (name.clone().into_string(), value.into_string()) {
                (Ok(name), Ok(value)) => drop(sources.environment.insert(name, value)),
                (_, Err(_)) if unreadable(&name) => {
                    let name = name.to_string_lossy().into_owned();
                    sources.problems.push(Problem::new(name, "the value is not text in UTF-8; write it anew"));
                }
                _ => {}
            }
        }
        sources
    }

    /// The same with variables, as of an environment.
    #[must_use]
    pub fn with_variables<'a>(mut self, variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.environment.extend(owned);
        self
    }

    /// The same with a settings file. What is wrong with it is told when the configuration is read.
    #[must_use]
    pub fn with_file(mut self, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        match fs::read_to_string(path) {
            Ok(text) => return self.with_file_text(path, &text),
            Err(error) => {
                let detail = format!("{}; mend it, or name another with SPOTLIGHT_CONFIG", why(&error));
                self.problems.push(Problem::new(path.display().to_string(), detail));
            }
        }
        self
    }

    /// The same with what stands in a settings file.
    #[must_use]
    pub fn with_file_text(mut self, path: impl AsRef<Path>, text: &str) -> Self {
        self.file = self.layer(path.as_ref(), text);
        self
    }

    /// The same with decrypted credentials, in the form of a settings file.
    #[must_use]
    pub fn with_credentials(mut self, path: impl AsRef<Path>, text: &str) -> Self {
        self.credentials = self.layer(path.as_ref(), text);
        self.sealed = self.credentials.is_none();
        self
    }

    /// The same with credentials that cannot be opened, and why. What is missing may stand there, and is not told.
    #[must_use]
    pub(crate) fn with_sealed_credentials(mut self, problem: Option<Problem>) -> Self {
        self.problems.extend(problem);
        self.sealed = true;
        self
    }

    /// The same with a value from the command line.
    #[must_use]
    pub fn with_argument(mut self, variable: &'static Variable, value: Option<String>) -> Self {
        if let Some(value) = value {
            self.command_line.insert(variable.key, value);
        }
        self
    }

    fn layer(&mut self, path: &Path, text: &str) -> Option<Layer> {
        match text.parse::<toml::Table>() {
            Ok(table) => return Some(Layer { path: path.to_owned(), table }),
            Err(error) => {
                // The driver's own message shows the line, in which a secret may stand.
                let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
                let detail = format!("not TOML: {}", error.message());
                self.problems.push(Problem::new(format!("{}, line {line}", path.display()), detail));
            }
        }
        None
    }

    /// What is said of a variable, and by whom; the strongest source.
    pub(crate) fn find(&self, variable: &Variable, problems: &mut Vec<Problem>) -> Option<(String, Origin)> {
        if let Some(value) = self.command_line.get(variable.key) {
            return Some((value.clone(), Origin::CommandLine));
        }
        if let Some(found) = self.in_environment(variable, problems) {
            return Some(found);
        }
        let credentials = self.credentials.as_ref().map(|layer| (layer, true));
        let layers = credentials.into_iter().chain(self.file.as_ref().map(|layer| (layer, false)));
        for (layer, encrypted) in layers {
            match layer.get(variable.key) {
                Some(Ok(value)) => {
                    let path = layer.path.clone();
                    return Some((value, if encrypted { Origin::Credentials(path) } else { Origin::File(path) }));
                }
                Some(Err(detail)) => {
                    problems.push(Problem::new(format!("{}, {}", layer.path.display(), variable.key), detail));
                    return None;
                }
                None => {}
            }
        }
        None
    }

    fn in_environment(&self, variable: &Variable, problems: &mut Vec<Problem>) -> Option<(String, Origin)> {
        let mut found: Vec<(String, Origin)> = Vec::new();
        for name in variable.names() {
            // An empty variable is none: that is how files of variables leave one out.
            if let Some(value) = self.environment.get(name).filter(|value| !value.is_empty()) {
                found.push((value.clone(), Origin::Environment(name.to_owned())));
            }
            let by_file = format!("{name}_FILE");
            if let Some(path) = self.environment.get(&by_file).filter(|path| !path.is_empty()) {
                match fs::read_to_string(path) {
                    Ok(value) => {
                        let value = value.trim_end_matches(['\r', '\n']).to_owned();
                        found.push((value, Origin::SecretFile(by_file, PathBuf::from(path))));
                    }
                    Err(error) => {
                        problems.push(Problem::new(by_file, format!("{path} cannot be read: {}", why(&error))));
                    }
                }
            }
        }
        if let [(first, one), .., (_, other)] = found.as_slice()
            && found.iter().any(|(value, _)| value != first)
        {
            problems
                .push(Problem::new(variable.name, format!("said twice and not alike: {one}, and {other}; keep one")));
        }
        found.into_iter().next()
    }
}

impl Layer {
    /// The value at a key with dots, as text.
    fn get(&self, key: &str) -> Option<Result<String, &'static str>> {
        let mut table = &self.table;
        let mut parts = key.split('.').peekable();
        while let Some(part) = parts.next() {
            let value = table.get(part)?;
            if parts.peek().is_none() {
                return Some(as_text(value).ok_or("give text, a number, true or false, or a list of them"));
            }
            table = value.as_table()?;
        }
        None
    }
}

fn as_text(value: &toml::Value) -> Option<String> {
    Some(match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(on) => on.to_string(),
        toml::Value::Array(parts) => parts.iter().map(as_text).collect::<Option<Vec<_>>>()?.join(","),
        toml::Value::Datetime(_) | toml::Value::Table(_) => return None,
    })
}

/// Why a file cannot be read, in a few words.
pub(crate) fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        io::ErrorKind::InvalidData => "it is not text in UTF-8".to_owned(),
        _ => error.to_string(),
    }
}
