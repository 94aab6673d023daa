//! The reference of every setting, as a page.

use std::fmt::Write;

use super::{Need, SECTIONS, Variable};

const HEAD: &str = "# Configuration

Rendered by `spotlight config reference`; a test fails when this page is not what that prints.

Settings come from defaults, then a file in TOML (`SPOTLIGHT_CONFIG`, else `spotlight.toml` in the working folder), then
[encrypted credentials](credentials.md), then the environment, then the command line; the later one wins. A variable with
`_FILE` after its name, as `DATABASE_URL_FILE=/run/secrets/database_url`, reads a mounted secret. An empty variable is none.

Production (`SPOTLIGHT_ENV=production`) and staging refuse to start when something needed is missing or weak, and name all
of it at once. A feature (`redis`, `models`, `voice`, `billing`, `mail`, `files`) is on there unless
`SPOTLIGHT_FEATURES=-name` switches it off; in development it is on when its settings are there, or it is named.
A variable that begins with `SPOTLIGHT_` and is not on this page is refused, since it is most often a slip of the pen.

`spotlight config check` says what is wrong, `spotlight config show` what each setting is and where that came from; secrets
are shown by neither.
";

const TAIL: &str = "
## Feature flags

`ENABLE_<FLAG>=true|false` overrides a feature flag for this deployment, as `ENABLE_NEW_CONSOLE=true` the flag
`new_console`; in the file it is `new_console = true` below `[flags]`.

## Jobs

The table `[jobs]` of the file says how jobs are worked off: see [jobs.md](jobs.md).
";

/// The page `docs/configuration.md`, in Markdown.
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    for section in SECTIONS {
        let _ = write!(page, "\n## {}\n\n", section.title);
        page.push_str(
            "| variable | in the file | needed | usually | what it is for | example |\n|---|---|---|---|---|---|\n",
        );
        for variable in section.variables {
            row(&mut page, variable);
        }
    }
    page.push_str(TAIL);
    page
}

fn row(page: &mut String, variable: &Variable) {
    let names: Vec<_> = variable.names().map(|name| format!("`{name}`")).collect();
    let names = names.join(", once ");
    let needed = match variable.need {
        Need::Optional => "no".to_owned(),
        Need::InProduction => "in production".to_owned(),
        Need::With(feature) => format!("with `{feature}`"),
    };
    let default = if variable.default.is_empty() { String::new() } else { format!("`{}`", variable.default) };
    let secret = if variable.secret { " (secret)" } else { "" };
    let Variable { key, what, example, .. } = variable;
    let _ = writeln!(page, "| {names} | `{key}` | {needed} | {default} | {what}{secret} | `{example}` |");
}
