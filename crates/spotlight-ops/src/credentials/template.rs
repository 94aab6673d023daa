//! What credentials hold at first.

use std::fmt::Write;

use secrecy::SecretString;
use spotlight_core::ports::{IdGenerator, SystemIds};

use crate::{
    config::{SECTIONS, Variable, arguments},
    hex::hex,
};

const HEAD: &str =
    "# Secret settings of this deployment, in TOML, under the keys of the settings file (docs/configuration.md).
# This file is stored encrypted and may be committed; the master key that opens it may not.
";

/// Every secret setting as a comment. A key for the deployment is made where it `lacks` one.
pub(super) fn template(lacks: bool) -> SecretString {
    let mut text = HEAD.to_owned();
    let opener = arguments::MASTER_KEY.key;
    let secrets = SECTIONS.iter().flat_map(|section| section.variables.iter().copied());
    let mut last = "";
    for variable in secrets.filter(|variable| variable.secret && variable.key != opener) {
        let (table, name) = variable.key.rsplit_once('.').unwrap_or(("", variable.key));
        if table != last {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n# [{table}]\n");
            last = table;
        }
        line(&mut text, variable, name, lacks);
    }
    SecretString::from(text)
}

fn line(text: &mut String, variable: &Variable, name: &str, lacks: bool) {
    if variable.key == arguments::SECRET_KEY_BASE.key && lacks {
        let key = hex(&SystemIds.secret());
        let _ = write!(text, "\n# {}\n{name} = \"{key}\"\n", variable.what);
    } else {
        let _ = writeln!(text, "# {name} = \"{}\"", variable.example);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use secrecy::ExposeSecret;

    use super::*;
    use crate::credentials::check;

    #[test]
    fn it_can_be_stored_as_it_is_and_every_line_of_it_is_known() {
        for lacks in [true, false] {
            let text = template(lacks);
            assert_eq!(check(Path::new("c.age"), &text), []);
            let set = text.expose_secret().lines().filter(|line| line.starts_with("secret_key_base = ")).count();
            assert_eq!(set, usize::from(lacks));
        }
        let plain = template(false);
        let settings = plain.expose_secret().lines().skip(2).map(|line| line.trim_start_matches("# "));
        let settings = SecretString::from(settings.collect::<Vec<_>>().join("\n"));
        let unknown = check(Path::new("c.age"), &settings);
        assert!(!unknown.iter().any(|problem| problem.detail.contains("no such setting")), "{unknown:?}");
        assert!(!unknown.iter().any(|problem| problem.detail.contains("not TOML")), "{unknown:?}");
    }
}
