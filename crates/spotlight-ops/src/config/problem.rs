//! What is wrong with a configuration: all of it at once.

use std::fmt;

use spotlight_core::{Error, ErrorKind};
use spotlight_derive::RedactedDebug;

use super::{Need, Variable};

/// One thing that is wrong: where, what, and what to do. It holds no value of a secret.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable, file or key.
    #[debug(shown = "the name of a variable, or of a file and a line")]
    pub place: String,
    /// What is wrong there, and what to do.
    pub detail: String,
}

impl Problem {
    pub(crate) fn new(place: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { place: place.into(), detail: detail.into() }
    }

    pub(super) fn missing(variable: &Variable) -> Self {
        let Variable { name, what, example, .. } = variable;
        let off = match variable.need {
            Need::With(feature) => format!(", or switch the feature off: SPOTLIGHT_FEATURES=-{feature}"),
            Need::InProduction | Need::Optional => String::new(),
        };
        Self::new(*name, format!("missing ({what}); set it, as {name}={example}{off}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.detail)
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        error(&[problem])
    }
}

/// The problems as one error: a line for each.
pub(crate) fn error(problems: &[Problem]) -> Error {
    let text = match problems {
        [one] => one.to_string(),
        many => {
            let lines: Vec<_> = many.iter().map(|problem| format!("  {problem}")).collect();
            format!("{} settings cannot be used:\n{}", many.len(), lines.join("\n"))
        }
    };
    Error::new(ErrorKind::Misconfigured, text)
}
