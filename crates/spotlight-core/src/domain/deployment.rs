//! What an operator sets for the whole deployment while it runs.

use std::time::Duration;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use spotlight_derive::RedactedDebug;

use super::time::Timestamp;
use crate::error::{Error, ErrorKind, Result, Violations};

/// How long clients wait where nobody has said how long it takes.
const USUAL_PAUSE: Duration = Duration::from_mins(1);

/// A setting of the whole deployment, as it is kept.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct DeploymentSetting {
    /// Which one it is: [`Setting::KEY`].
    #[debug(shown = "the program names its settings")]
    pub key: String,
    /// What it is set to.
    pub value: Value,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A kind of setting. Fields that are added later need a default: processes of two versions read one value.
pub trait Setting: Serialize + DeserializeOwned {
    /// Tells it apart from the others: lower-case letters and underscores, 1 to 60.
    const KEY: &'static str;

    /// As it is kept.
    ///
    /// # Errors
    /// [`Internal`](ErrorKind::Internal) for a value that is no JSON, which none is.
    fn kept(&self, updated_at: Timestamp) -> Result<DeploymentSetting> {
        let value = serde_json::to_value(self)
            .map_err(|error| Error::new(ErrorKind::Internal, "a setting cannot be written").with_source(error))?;
        Ok(DeploymentSetting { key: Self::KEY.to_owned(), value, updated_at })
    }
}

/// Requests are refused and jobs wait, while somebody works on the deployment.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// What people are told: 1 to 500 characters.
    pub message: Option<String>,
    /// When it is expected to be over. It does not end by itself then: only whoever works on the deployment knows.
    pub until: Option<Timestamp>,
    /// When it began.
    pub since: Timestamp,
}

impl Setting for Maintenance {
    const KEY: &'static str = "maintenance";
}

impl Maintenance {
    /// Checks every rule, at the instant when somebody sets it.
    ///
    /// # Errors
    /// [`Validation`](ErrorKind::Validation) with every broken rule.
    pub fn validate(&self, now: Timestamp) -> Result<()> {
        let mut broken = Violations::new();
        if let Some(message) = &self.message {
            broken.length("message", "Message", message, 1, 500);
            if message.contains(char::is_control) {
                broken.add("message", "format", "Message must be one line of text");
            }
        }
        if self.until.is_some_and(|until| until <= now) {
            broken.add("until", "range", "Until must be in the future");
        }
        broken.into_result()
    }

    /// How long whoever is refused at `now` waits before they try again: until it is expected to be over, and a minute
    /// where that is not known or has passed.
    pub fn retry_after(&self, now: Timestamp) -> Duration {
        let left = self.until.and_then(|until| (until - now).to_std().ok());
        left.filter(|left| !left.is_zero()).unwrap_or(USUAL_PAUSE)
    }
}

/// What the processes log: a filter, as the program that reads it understands it.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogLevel(#[debug(shown = "levels, and names of parts of the program")] pub String);

impl Setting for LogLevel {
    const KEY: &'static str = "log_level";
}

impl LogLevel {
    /// Checks its length: whether it can be understood, the program says that reads it.
    ///
    /// # Errors
    /// [`Validation`](ErrorKind::Validation).
    pub fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        broken.length("log_level", "Log level", &self.0, 1, 1000);
        if self.0.contains(char::is_control) {
            broken.add("log_level", "format", "Log level must be one line of text");
        }
        broken.into_result()
    }
}

/// Since when connections to the database are to be made anew: older ones are closed when nobody uses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PoolsRenewed(pub Timestamp);

impl Setting for PoolsRenewed {
    const KEY: &'static str = "pools_renewed";
}

/// Every setting, as a process meets it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeploymentSettings {
    /// The deployment is in maintenance.
    pub maintenance: Option<Maintenance>,
    /// What the processes log, where that differs from what they were started with.
    pub log_level: Option<LogLevel>,
    /// When an operator last had the pools of connections renewed.
    pub pools_renewed: Option<PoolsRenewed>,
}

impl DeploymentSettings {
    /// Reads what is kept, and names what of it cannot be understood, which counts as not set. Keys that are not known
    /// are a newer version's.
    pub fn read(kept: &[DeploymentSetting]) -> (Self, Vec<&'static str>) {
        let mut unreadable = Vec::new();
        let settings = Self {
            maintenance: find(kept, &mut unreadable),
            log_level: find(kept, &mut unreadable),
            pools_renewed: find(kept, &mut unreadable),
        };
        (settings, unreadable)
    }
}

fn find<S: Setting>(kept: &[DeploymentSetting], unreadable: &mut Vec<&'static str>) -> Option<S> {
    let value = &kept.iter().find(|setting| setting.key == S::KEY)?.value;
    let read = S::deserialize(value);
    if read.is_err() {
        unreadable.push(S::KEY);
    }
    read.ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn maintenance(until: Option<&str>) -> Maintenance {
        Maintenance { message: None, until: until.map(at), since: at("2026-03-25T10:00:00Z") }
    }

    #[test]
    fn clients_wait_until_it_is_over_and_a_minute_where_nobody_knows() {
        let now = at("2026-03-25T10:00:30Z");
        let pause = |until| maintenance(until).retry_after(now).as_secs();
        assert_eq!(pause(Some("2026-03-25T10:30:30Z")), 1800);
        assert_eq!(pause(Some("2026-03-25T10:00:30Z")), 60, "that moment has come");
        assert_eq!(pause(Some("2026-03-25T09:00:00Z")), 60, "it takes longer than expected");
        assert_eq!(pause(None), 60);
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let wrong = Maintenance {
            message: Some(format!("{}\n", "x".repeat(501))),
            ..maintenance(Some("2026-03-25T09:00:00Z"))
        };
        let error = wrong.validate(at("2026-03-25T10:00:00Z")).expect_err("three rules are broken");
        let fields: Vec<_> = error.violations().iter().map(|one| (one.field.as_str(), one.code)).collect();
        assert_eq!(fields, [("message", "length"), ("message", "format"), ("until", "range")]);
        assert!(
            LogLevel(" ".to_owned()).validate().is_err() && LogLevel("info,sqlx=debug".to_owned()).validate().is_ok()
        );
    }

    #[test]
    fn what_is_kept_is_read_and_what_is_not_known_is_passed_over() {
        let now = at("2026-03-25T10:00:00Z");
        let whole = Maintenance { message: Some("Back soon".to_owned()), ..maintenance(Some("2026-03-25T11:00:00Z")) };
        let of = |key: &str, value| DeploymentSetting { key: key.to_owned(), value, updated_at: now };
        let kept = [whole.kept(now).expect("JSON"), of("log_level", json!("debug")), of("newer", json!([1]))];
        let (settings, unreadable) = DeploymentSettings::read(&kept);
        assert_eq!(settings.maintenance, Some(whole));
        assert_eq!((settings.log_level, unreadable), (Some(LogLevel("debug".to_owned())), vec![]));
        // A newer version's field does no harm, and one that is lost does.
        let newer = json!({"message": null, "until": null, "since": "2026-03-25T10:00:00Z", "by": "someone"});
        let (settings, unreadable) = DeploymentSettings::read(&[of("maintenance", newer), of("log_level", json!(7))]);
        assert_eq!(settings.maintenance, Some(maintenance(None)));
        assert_eq!((settings.log_level, unreadable), (None, vec!["log_level"]));
    }
}
