//! Reads variables one by one, and keeps what is wrong for the end.

use secrecy::SecretString;

use super::{Environment, Feature, Need, Origin, Problem, Setting, Sources, Switches, Variable, parse::Parsed};

/// What sections read from.
pub(super) struct Reader<'a> {
    sources: &'a Sources,
    pub(super) strict: bool,
    pub(super) switches: Switches,
    pub(super) problems: Vec<Problem>,
    pub(super) settings: Vec<Setting>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(sources: &'a Sources) -> Self {
        Self {
            sources,
            strict: false,
            switches: Switches::default(),
            problems: sources.problems.clone(),
            settings: Vec::new(),
        }
    }

    /// Everything after it is read for this environment, with these features.
    pub(super) fn in_environment(&mut self, environment: Environment, switches: Switches) {
        self.strict = environment.is_strict();
        self.switches = switches;
    }

    /// Whether a feature is on, whose chief setting is given or not.
    pub(super) fn is_on(&self, feature: Feature, given: bool) -> bool {
        self.switches.named(feature).unwrap_or(self.strict || given)
    }

    /// A setting that may be absent.
    pub(super) fn value<T>(&mut self, variable: &'static Variable, parse: impl Fn(&str) -> Parsed<T>) -> Option<T> {
        let found = self.sources.find(variable, &mut self.problems);
        let given = found.is_some();
        let (text, origin) = found.unwrap_or_else(|| (variable.default.to_owned(), Origin::Default));
        let set = !text.is_empty();
        if !set {
            self.miss(variable);
        }
        let mut value = None;
        if set {
            match parse(&text) {
                Ok(parsed) => value = Some(parsed),
                Err(expected) => self.refuse(variable, &text, &origin, &expected),
            }
            if let Some(weak) = variable.weakness.filter(|_| self.strict && given).and_then(|weakness| weakness(&text))
            {
                self.problems.push(Problem::new(format!("{} ({origin})", variable.name), weak));
            }
        }
        let shown = set.then(|| if variable.secret || is_key(&text) { "[set]".to_owned() } else { text });
        self.settings.push(Setting { variable, shown, origin });
        // So that what was refused does not make others look wrong.
        value.or_else(|| parse(variable.default).ok().filter(|_| !variable.default.is_empty()))
    }

    /// A setting with a default, which a test of the table proves to be readable.
    pub(super) fn usual<T: Default>(&mut self, variable: &'static Variable, parse: impl Fn(&str) -> Parsed<T>) -> T {
        self.value(variable, parse).unwrap_or_default()
    }

    /// A secret.
    pub(super) fn secret(
        &mut self,
        variable: &'static Variable,
        parse: impl Fn(&str) -> Parsed<String>,
    ) -> Option<SecretString> {
        self.value(variable, parse).map(SecretString::from)
    }

    fn miss(&mut self, variable: &'static Variable) {
        let needed = match variable.need {
            Need::Optional => false,
            Need::InProduction => self.strict,
            Need::With(feature) => self.switches.named(feature).unwrap_or(self.strict),
        };
        // A file that cannot be read is told already.
        let told = self.problems.iter().any(|problem| problem.place == format!("{}_FILE", variable.name));
        if needed && !told && !self.sources.sealed {
            self.problems.push(Problem::missing(variable));
        }
    }

    fn refuse(&mut self, variable: &Variable, text: &str, origin: &Origin, expected: &str) {
        let given = if variable.secret || is_key(text) { String::new() } else { format!(", not `{text}`") };
        self.problems.push(Problem::new(
            format!("{} ({origin})", variable.name),
            format!("{expected}{given}; for example {}={}", variable.name, variable.example),
        ));
    }
}

/// What is a key wherever it was put, and is shown to nobody.
fn is_key(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
}
