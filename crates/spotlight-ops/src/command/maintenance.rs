//! `spotlight maintenance`.

use std::{str::FromStr, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Subcommand;
use serde_json::{Value, json};
use spotlight_core::{
    Result, Spotlight,
    domain::{deployment::Maintenance, time::Timestamp},
    services::deployment::NewMaintenance,
};

use super::{
    Options,
    operate::{as_operator, spelt_out},
    print,
};
use crate::config::span;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Refuse requests with 503 and have workers wait, on every process within two seconds.
    On {
        /// What people are told; one line.
        #[arg(long)]
        message: Option<String>,
        /// When it is expected to be over: an instant, as 2026-03-25T18:00:00Z, or how long it takes, as 30m or 2h. It does
        /// not end by itself.
        #[arg(long)]
        until: Option<When>,
    },
    /// Take requests and work on jobs again.
    Off,
    /// Say whether the deployment is in maintenance.
    Status,
}

/// An instant, or a time from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    At(Timestamp),
    In(Duration),
}

impl FromStr for When {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(at.with_timezone(&Utc)));
        }
        let wrong = "give an instant, as 2026-03-25T18:00:00Z, or how long it takes, as 30m, 2h or 1d";
        span(text).map(Self::In).map_err(|_| wrong)
    }
}

impl When {
    fn instant(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::In(time) => now.checked_add_signed(chrono::Duration::from_std(time).ok()?),
        }
    }
}

/// What holds after a command.
struct Now {
    maintenance: Option<Maintenance>,
    forced: bool,
    at: Timestamp,
}

impl Now {
    async fn of(platform: &Spotlight) -> Result<Self> {
        let deployment = platform.deployment();
        let maintenance = deployment.settings().await?.maintenance.clone();
        Ok(Self { maintenance, forced: deployment.is_forced(), at: platform.clock().now() })
    }

    fn json(&self) -> Value {
        let exact = |at: Timestamp| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let known = self.maintenance.as_ref();
        json!({ "maintenance": {
            "on": known.is_some(),
            "message": known.and_then(|known| known.message.as_deref()),
            "since": known.map(|known| exact(known.since)),
            "until": known.and_then(|known| known.until).map(exact),
            "environment": self.forced,
        }})
    }

    fn text(&self) -> String {
        let read = |at: Timestamp| at.format("%Y-%m-%d %H:%M:%S UTC").to_string();
        let Some(known) = &self.maintenance else {
            return "The deployment is not in maintenance: requests are taken, jobs are worked on.".to_owned();
        };
        let mut lines = vec!["The deployment is in maintenance: requests are refused with 503, jobs wait.".to_owned()];
        if let Some(message) = &known.message {
            lines.push(format!("  message  {message}"));
        }
        lines.push(format!("  since    {}", read(known.since)));
        match known.until {
            Some(until) if until <= self.at => lines.push(format!("  until    {}, which has passed", read(until))),
            Some(until) => lines.push(format!("  until    {}; it does not end by itself", read(until))),
            None => {}
        }
        lines.push(if self.forced {
            "MAINTENANCE_MODE is set here: processes with it stay in maintenance until they start without it."
                .to_owned()
        } else {
            "End it with: spotlight maintenance off".to_owned()
        });
        lines.join("\n")
    }
}

pub(super) fn run(command: Command, options: &Options) -> Result<()> {
    let now = as_operator(options, async |platform, operator| {
        let deployment = platform.deployment();
        match command {
            Command::On { message, until } => {
                let until = until.and_then(|until| until.instant(platform.clock().now()));
                let new = NewMaintenance { message, until };
                deployment.begin_maintenance(operator, new).await.map_err(spelt_out)?;
            }
            Command::Off => {
                deployment.end_maintenance(operator).await?;
            }
            Command::Status => {}
        }
        Now::of(platform).await
    })?;
    print(&if options.json { format!("{:#}", now.json()) } else { now.text() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_an_instant_or_a_time_from_now() {
        let now: Timestamp = "2026-03-25T10:00:00Z".parse().expect("an instant");
        let read = |text: &str| text.parse::<When>().ok().and_then(|when| when.instant(now)).map(|at| at.to_string());
        assert_eq!(read("2026-03-25T18:00:00+02:00").as_deref(), Some("2026-03-25 16:00:00 UTC"));
        assert_eq!(read("90s").as_deref(), Some("2026-03-25 10:01:30 UTC"));
        assert_eq!(read("1.5h").as_deref(), Some("2026-03-25 11:30:00 UTC"));
        for wrong in ["", "soon", "0s", "18:00", "2026-03-25", "-5m"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
