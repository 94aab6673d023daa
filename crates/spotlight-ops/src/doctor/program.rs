//! The program and its settings.

use serde_json::json;

use super::{Finding, Severity};
use crate::config::{Config, Problem};

/// Versions, and what is wrong with the settings.
pub(super) fn examine(config: &Config, problems: &[Problem]) -> Vec<Finding> {
    let environment = config.general.environment;
    let version = env!("CARGO_PKG_VERSION");
    let mut found = vec![
        Finding::fine("program", format!("spotlight {version}, settings for {environment}"))
            .with(json!({ "version": version, "environment": environment.name() })),
    ];
    for problem in problems {
        found.push(
            Finding::new(Severity::Critical, "settings", problem.to_string())
                .because("a server with these settings does not start")
                .then("mend it; `spotlight config check` says all at once, docs/configuration.md what each is for"),
        );
    }
    found
}
