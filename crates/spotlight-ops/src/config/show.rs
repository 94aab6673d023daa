//! A configuration as people and programs may see it: without secrets, with where each value came from.

use serde_json::{Value, json};

use super::{Config, Setting};

impl Config {
    /// A line for each setting: its name, what it became, where that came from.
    pub fn table(&self) -> String {
        let shown = |setting: &Setting| setting.shown.clone().unwrap_or_else(|| "-".to_owned());
        let name = self.settings().iter().map(|setting| setting.variable.name.len()).max().unwrap_or_default();
        // A long value stands out instead of pushing every other line apart.
        let value = self.settings().iter().map(|setting| shown(setting).chars().count()).filter(|length| *length <= 40);
        let value = value.max().unwrap_or_default();
        let lines = self
            .settings()
            .iter()
            .map(|setting| format!("{:name$}  {:value$}  {}\n", setting.variable.name, shown(setting), setting.origin));
        lines.collect()
    }

    /// The same for programs: a list of `name`, `key`, `value` (null when there is none), `secret`, `origin`.
    pub fn json(&self) -> Value {
        let entry = |setting: &Setting| {
            json!({
                "name": setting.variable.name,
                "key": setting.variable.key,
                "value": setting.shown,
                "secret": setting.variable.secret,
                "origin": setting.origin.to_string(),
            })
        };
        json!({ "settings": self.settings().iter().map(entry).collect::<Vec<_>>() })
    }
}
