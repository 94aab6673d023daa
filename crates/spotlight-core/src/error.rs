//! The one error type of the SDK: kind and retryability are data.

use std::{error::Error as StdError, fmt, time::Duration};

use spotlight_derive::RedactedDebug;

/// What went wrong, as a caller needs to know it.
///
/// The HTTP status of each kind is decided in `spotlight-http` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input is well-formed but breaks a rule; see [`Error::violations`].
    Validation,
    /// The input cannot be read at all.
    Malformed,
    /// Nobody is signed in, or the credentials are wrong or expired.
    Unauthenticated,
    /// The actor is known but may not do this.
    Forbidden,
    /// The record does not exist in the actor's organization.
    NotFound,
    /// A unique value is taken, a transition is not allowed, a slot is gone,
    /// or another turn is running.
    Conflict,
    /// The record changed since the version the caller names.
    StaleVersion,
    /// The plan's limit is reached.
    PlanLimit,
    /// Too many requests; see [`Error::retry`].
    RateLimited,
    /// A dependency cannot be reached or is overloaded.
    Unavailable,
    /// A deadline passed.
    Timeout,
    /// The stored data cannot be understood by this version.
    Corrupt,
    /// The program is used or configured wrongly.
    Misconfigured,
    /// A fault of the SDK itself.
    Internal,
}

/// Whether and when the same call can be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same call will fail again.
    Never,
    /// The same call can succeed at once, in a new unit of work.
    Now,
    /// The same call can succeed after a pause with backoff.
    Backoff,
    /// The same call can succeed after this long.
    After(Duration),
}

/// One broken rule of an input.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field's name in snake case, with dots for nested fields.
    #[debug(shown = "what is wrong with which field, never what it holds")]
    pub field: String,
    /// A stable machine word: `required`, `length`, `format`, `range`, `taken`, `unknown`, …
    pub code: &'static str,
    /// A sentence for a person, which says what would be accepted.
    #[debug(shown = "what is wrong with which field, never what it holds")]
    pub detail: String,
}

impl Violation {
    /// One broken rule.
    pub fn new(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code, detail: detail.into() }
    }
}

/// Shorthand for results of the SDK.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of every port and service.
///
/// `Display` prints the message alone; the cause is at [`StdError::source`],
/// so a chain is printed once. Messages hold no secrets and no personal data.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    retry: Retry,
    message: String,
    violations: Vec<Violation>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind` with the retryability usual for it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let retry = match kind {
            ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::RateLimited => Retry::Backoff,
            _ => Retry::Never,
        };
        Self(Box::new(Inner { kind, retry, message: message.into(), violations: Vec::new(), source: None }))
    }

    /// The record `what` does not exist.
    pub fn not_found(what: &str) -> Self {
        Self::new(ErrorKind::NotFound, format!("{what} not found"))
    }

    /// A conflict with what is stored.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// The actor may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Forbidden, message)
    }

    /// A fault of the SDK itself.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// The record is no longer at the version the caller read.
    pub fn stale(what: &str) -> Self {
        Self::new(ErrorKind::StaleVersion, format!("{what} was changed by someone else; read it again and repeat"))
    }

    /// An input that breaks the given rules. `violations` is not empty.
    pub fn validation(violations: Vec<Violation>) -> Self {
        let message = match violations.as_slice() {
            [one] => one.detail.clone(),
            many => format!("{} fields are not acceptable", many.len()),
        };
        let mut error = Self::new(ErrorKind::Validation, message);
        error.0.violations = violations;
        error
    }

    /// An input that breaks one rule.
    pub fn invalid(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self::validation(vec![Violation::new(field, code, detail)])
    }

    /// The same error with its cause.
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error with another retryability.
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// The same error, naming the fields it is about.
    pub fn with_violation(mut self, violation: Violation) -> Self {
        self.0.violations.push(violation);
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call can be tried again.
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// The broken rules of an [`ErrorKind::Validation`], and the fields that another refusal is about; mostly empty.
    pub fn violations(&self) -> &[Violation] {
        &self.0.violations
    }

    /// True for [`ErrorKind::NotFound`].
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// True for [`ErrorKind::Conflict`].
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// The message and every cause below it, joined by `: `, for a log.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = StdError::source(self);
        while let Some(cause) = next {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            next = cause.source();
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("retry", &self.0.retry)
            .field("message", &self.0.message)
            .field("violations", &self.0.violations)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Gathers every broken rule of an input before it is refused.
#[derive(Debug, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Nothing broken yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records a broken rule.
    pub fn add(&mut self, field: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        self.0.push(Violation::new(field, code, detail));
    }

    /// Records the violations of another validation error below `prefix`, and
    /// gives back the value where there was none.
    ///
    /// # Errors
    /// Any error that is not a validation, unchanged.
    pub fn take<T>(&mut self, prefix: &str, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == ErrorKind::Validation => {
                for violation in error.violations() {
                    let field = if prefix.is_empty() {
                        violation.field.clone()
                    } else {
                        format!("{prefix}.{}", violation.field)
                    };
                    self.0.push(Violation { field, ..violation.clone() });
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// `Ok` when no rule was broken.
    ///
    /// # Errors
    /// [`ErrorKind::Validation`] with every rule recorded.
    pub fn into_result(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::validation(self.0)) }
    }

    /// Checks a text's length in characters, after trimming.
    pub fn length(&mut self, field: &str, label: &str, value: &str, min: usize, max: usize) {
        let count = value.trim().chars().count();
        if count < min || count > max {
            self.add(field, "length", format!("{label} must have {min} to {max} characters"));
        }
    }
}
