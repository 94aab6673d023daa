//! `spotlight flags`.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use spotlight_core::{
    Context, Error, ErrorKind, Result, Spotlight,
    domain::{OrganizationId, flag::FeatureFlag},
    ports::ReadConsistency,
    services::flags::{FlagOverview, FlagState},
};

use super::{
    Options,
    operate::{as_operator, organization, spelt_out},
    print,
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List every flag: for the deployment, or as one organization meets it.
    List {
        /// Slug or id of the organization.
        #[arg(long)]
        organization: Option<String>,
    },
    /// Switch a flag on or off: for the deployment, a share of it, or one organization.
    Set {
        /// Lower-case letters, digits and underscores.
        flag: String,
        /// On or off.
        #[arg(value_enum, default_value_t = Switch::On)]
        switch: Switch,
        /// For how many of a hundred organizations it is on; those that are in stay in when the share grows.
        #[arg(long, conflicts_with = "organization", value_parser = clap::value_parser!(u8).range(0..=100))]
        percentage: Option<u8>,
        /// Slug or id of the organization that differs from the deployment.
        #[arg(long)]
        organization: Option<String>,
    },
    /// Remove a flag from the deployment, or have an organization follow the deployment again.
    Clear {
        /// The flag.
        flag: String,
        /// Slug or id of the organization.
        #[arg(long)]
        organization: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
}

impl Switch {
    fn is_on(self) -> bool {
        self == Self::On
    }
}

/// What a command has to say.
struct Said {
    text: String,
    json: Value,
}

pub(super) fn run(command: Command, options: &Options) -> Result<()> {
    let said = as_operator(options, async |platform, operator| match command {
        Command::List { organization: None } => list(platform, operator).await,
        Command::List { organization: Some(named) } => list_of(platform, &named).await,
        Command::Set { flag, switch, percentage, organization: None } => {
            if !switch.is_on() && percentage.is_some() {
                let text = "a flag that is off is off for everybody; leave --percentage out, or say on";
                return Err(Error::new(ErrorKind::Validation, text));
            }
            let set = platform.flags().set(operator, &flag, switch.is_on(), percentage.unwrap_or(100)).await;
            Ok(of_flag(&set.map_err(spelt_out)?))
        }
        Command::Set { flag, switch, organization: Some(named), .. } => {
            own(platform, &named, &flag, Some(switch.is_on())).await
        }
        Command::Clear { flag, organization: None } => {
            platform.flags().clear(operator, &flag).await.map_err(|error| unknown(error, &flag))?;
            let text = format!("{flag} is off for every organization that has not set it itself.");
            Ok(Said { text, json: json!({ "flag": { "key": flag, "cleared": true } }) })
        }
        Command::Clear { flag, organization: Some(named) } => own(platform, &named, &flag, None).await,
    })?;
    print(&if options.json { format!("{:#}", said.json) } else { said.text })
}

fn unknown(error: Error, flag: &str) -> Error {
    if !error.is_not_found() {
        return error;
    }
    let text = format!("the deployment has no flag {flag}; spotlight flags list shows those it has");
    Error::new(ErrorKind::NotFound, text).with_source(error)
}

/// Sets or clears a flag of one organization.
async fn own(platform: &Spotlight, named: &str, flag: &str, on: Option<bool>) -> Result<Said> {
    let organization = organization(platform, named).await?;
    let context = Context::system(organization.id);
    let set = platform.flags().set_for_organization(&context, flag, on).await;
    let state = set.map_err(|error| unknown(error, flag))?;
    let (word, slug) = (word(state.on), &organization.slug);
    let text = match (state.environment, on) {
        (Some(_), _) => format!("{flag} is {word} for {slug}: the environment here says so, whatever is stored."),
        (None, Some(_)) => format!("{flag} is {word} for {slug}, whatever the deployment says."),
        (None, None) => format!("{flag} follows the deployment for {slug}, where it is {word}."),
    };
    Ok(Said { text, json: json!({ "flag": json_of_state(&state), "organization": slug }) })
}

fn of_flag(flag: &FeatureFlag) -> Said {
    let text = match (flag.enabled, flag.percentage) {
        (true, 100) => format!("{} is on.", flag.key),
        (true, share) => format!("{} is on for {share} of a hundred organizations.", flag.key),
        (false, _) => format!("{} is off.", flag.key),
    };
    Said {
        text: format!("{text} Every process knows within two seconds."),
        json: json!({ "flag": { "key": flag.key, "enabled": flag.enabled, "percentage": flag.percentage } }),
    }
}

async fn list(platform: &Spotlight, operator: &Context) -> Result<Said> {
    let flags = platform.flags().overview(operator).await?;
    let organizations = platform.storage().read(ReadConsistency::Strong).organizations();
    let (mut rows, mut shown) = (Vec::new(), Vec::new());
    for flag in &flags {
        let mut own = Vec::new();
        for (id, on) in &flag.organizations {
            let slug = organizations.get(*id).await?.map(|organization| organization.slug);
            own.push((*id, slug.unwrap_or_default(), *on));
        }
        rows.push(row(flag, &own));
        shown.push(json!({
            "key": flag.key,
            "enabled": flag.flag.as_ref().map(|flag| flag.enabled),
            "percentage": flag.flag.as_ref().map(|flag| flag.percentage),
            "environment": flag.environment,
            "organizations": own.iter().map(json_of_own).collect::<Vec<_>>(),
        }));
    }
    Ok(Said {
        text: table(["flag", "deployment", "environment", "organizations"], &rows),
        json: json!({ "flags": shown }),
    })
}

fn json_of_own((id, slug, on): &(OrganizationId, String, bool)) -> Value {
    json!({ "id": id.to_string(), "slug": slug, "on": on })
}

fn row(flag: &FlagOverview, own: &[(OrganizationId, String, bool)]) -> [String; 4] {
    let own: Vec<_> = own.iter().map(|(_, slug, on)| format!("{slug} {}", word(*on))).collect();
    [flag.key.clone(), deployment(flag.flag.as_ref()), flag.environment.map_or("-", word).to_owned(), own.join(", ")]
}

async fn list_of(platform: &Spotlight, named: &str) -> Result<Said> {
    let organization = organization(platform, named).await?;
    let states = platform.flags().list(&Context::system(organization.id)).await?;
    let row = |state: &FlagState| {
        let said = |on: Option<bool>| on.map_or("-", word).to_owned();
        let here = [state.key.clone(), word(state.on).to_owned(), said(state.organization)];
        let [key, on, own] = here;
        [key, on, own, deployment(state.flag.as_ref()), said(state.environment)]
    };
    let rows: Vec<_> = states.iter().map(row).collect();
    let text = table(["flag", "here", "own", "deployment", "environment"], &rows);
    let shown: Vec<_> = states.iter().map(json_of_state).collect();
    Ok(Said { text, json: json!({ "organization": organization.slug, "flags": shown }) })
}

fn json_of_state(state: &FlagState) -> Value {
    json!({
        "key": state.key,
        "on": state.on,
        "organization": state.organization,
        "environment": state.environment,
        "enabled": state.flag.as_ref().map(|flag| flag.enabled),
        "percentage": state.flag.as_ref().map(|flag| flag.percentage),
    })
}

const fn word(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn deployment(flag: Option<&FeatureFlag>) -> String {
    match flag {
        None => "-".to_owned(),
        Some(flag) if !flag.enabled => "off".to_owned(),
        Some(flag) if flag.percentage == 100 => "on".to_owned(),
        Some(flag) => format!("{} %", flag.percentage),
    }
}

/// Columns as wide as their widest value.
fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    if rows.is_empty() {
        return "There are no flags.".to_owned();
    }
    let heads = heads.map(str::to_owned);
    let wide: Vec<_> = (0..N)
        .map(|at| std::iter::once(&heads).chain(rows).map(|row| row[at].chars().count()).max().unwrap_or_default())
        .collect();
    let lines = std::iter::once(&heads).chain(rows).map(|row| {
        let cells: Vec<_> = row.iter().zip(&wide).map(|(cell, wide)| format!("{cell:<wide$}")).collect();
        cells.join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_one_another() {
        let rows = [["new_console".to_owned(), "25 %".to_owned()], ["x".to_owned(), String::new()]];
        assert_eq!(table(["flag", "deployment"], &rows), "flag         deployment\nnew_console  25 %\nx");
        assert_eq!(table(["flag"], &[]), "There are no flags.");
    }
}
