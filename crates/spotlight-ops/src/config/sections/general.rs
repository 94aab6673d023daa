//! What kind of deployment it is, and what is on.

use std::path::PathBuf;

use spotlight_core::{Result, services::flags::FlagOverrides};
use spotlight_derive::RedactedDebug;

use crate::config::{Environment, Section, Sources, Switches, Variable, parse, reader::Reader};

pub(crate) static ENVIRONMENT: Variable = Variable::new(
    "SPOTLIGHT_ENV",
    "environment",
    "what kind of deployment this is: development, test, staging or production",
    "production",
)
.once(&["RAILS_ENV"])
.or("development");

static FEATURES: Variable = Variable::new(
    "SPOTLIGHT_FEATURES",
    "features",
    "features that are switched by name: redis, models, voice, billing, mail, files",
    "-billing,-voice",
);

pub(crate) static CONFIG: Variable =
    Variable::new("SPOTLIGHT_CONFIG", "config", "the settings file, in TOML", "/etc/spotlight/spotlight.toml");

pub(crate) static DATA_DIR: Variable = Variable::new(
    "SPOTLIGHT_DATA_DIR",
    "data_dir",
    "folder of the embedded database, of files and mail that stay here",
    "/var/lib/spotlight",
)
.or("data");

static MAINTENANCE: Variable = Variable::new(
    "MAINTENANCE_MODE",
    "maintenance",
    "refuse everything but probes and administration, with 503",
    "true",
)
.or("false");

pub(crate) static TIME_ZONE: Variable = Variable::new(
    "SPOTLIGHT_TIME_ZONE",
    "time_zone",
    "zone of the demo organization at the first start; the machine's own unless given",
    "Europe/Berlin",
);

pub(super) const SECTION: Section =
    Section { title: "General", variables: &[&ENVIRONMENT, &FEATURES, &CONFIG, &DATA_DIR, &MAINTENANCE, &TIME_ZONE] };

/// What kind of deployment it is, and what is on.
#[derive(RedactedDebug, Clone)]
pub struct General {
    /// What kind of deployment this is.
    pub environment: Environment,
    /// Features that are switched by name.
    pub switches: Switches,
    /// Folder of the embedded database, of files and mail.
    pub data_dir: PathBuf,
    /// The environment says that the deployment is in maintenance.
    pub maintenance: bool,
    /// Zone of the demo organization.
    pub time_zone: Option<chrono_tz::Tz>,
}

impl General {
    /// Reads these first: others depend on them.
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        let environment = reader.usual(&ENVIRONMENT, str::parse);
        let switches: Switches = reader.usual(&FEATURES, str::parse);
        reader.in_environment(environment, switches.clone());
        reader.value(&CONFIG, parse::text);
        Self {
            environment,
            switches,
            data_dir: reader.usual(&DATA_DIR, parse::of("give a path")),
            maintenance: reader.usual(&MAINTENANCE, parse::boolean),
            time_zone: reader.value(&TIME_ZONE, parse::of("give a zone of the IANA database")),
        }
    }
}

/// What the environment and the settings file say about feature flags, as `ENABLE_NEW_CONSOLE=true`.
pub(in crate::config) fn flags(sources: &Sources) -> Result<FlagOverrides> {
    let of_file = sources.file.as_ref().and_then(|layer| layer.table.get("flags")).and_then(toml::Value::as_table);
    let of_file = of_file.into_iter().flatten().map(|(name, value)| {
        // What is neither is refused with the flag's name.
        let said = value.as_bool().map_or_else(|| value.as_str().unwrap_or_default().to_owned(), |on| on.to_string());
        (format!("ENABLE_{}", name.to_uppercase()), said)
    });
    let of_environment = sources.environment.iter().map(|(name, value)| (name.clone(), value.clone()));
    FlagOverrides::from_variables(of_file.chain(of_environment))
}
