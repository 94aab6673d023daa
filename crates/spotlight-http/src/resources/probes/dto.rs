//! Signs of life, in the form of the deployment guide.

use std::sync::Arc;

use serde::{Serialize, Serializer, ser::SerializeMap};
use spotlight_core::{
    ports::{HealthStatus, HealthValue},
    services::health::{Checked, HealthReport},
};
use utoipa::openapi::schema::{AdditionalProperties, Type};

use crate::{
    output::output,
    schema::{Book, Described, Node, explained, list_of, one_of, plain},
};

output! {
    /// The process answers.
    Alive as "Alive" {
        /// Always `ok`.
        status: &'static str,
    }
}

/// How the dependencies are.
pub(super) struct Health<'a>(pub(super) &'a HealthReport);

impl Serialize for Health<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("status", word(self.0.is_ok()))?;
        map.serialize_entry("checks", &Checks(&self.0.checks))?;
        map.end()
    }
}

/// Whether the process may be given traffic.
pub(super) struct Ready<'a> {
    pub(super) checks: &'a [Arc<Checked>],
    pub(super) reasons: &'a [String],
}

impl Serialize for Ready<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("status", word(self.reasons.is_empty()))?;
        map.serialize_entry("checks", &Checks(self.checks))?;
        map.serialize_entry("reasons", self.reasons)?;
        map.end()
    }
}

const fn word(is_ok: bool) -> &'static str {
    if is_ok { "ok" } else { "service_unavailable" }
}

/// By name, in their order.
struct Checks<'a>(&'a [Arc<Checked>]);

impl Serialize for Checks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|checked| (&checked.name, Check(checked))))
    }
}

struct Check<'a>(&'a Checked);

impl Serialize for Check<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let finding = &self.0.finding;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("status", finding.status.as_str())?;
        if let Some(took) = finding.response_time {
            map.serialize_entry("response_time", &milliseconds(took))?;
        }
        for detail in &finding.details {
            match &detail.value {
                HealthValue::Number(number) => map.serialize_entry(detail.name, number)?,
                HealthValue::Percent(share) => map.serialize_entry(detail.name, &format!("{share}%"))?,
                HealthValue::Text(text) => map.serialize_entry(detail.name, text)?,
            }
        }
        if let Some(message) = &finding.message {
            let name = if finding.status == HealthStatus::Error { "error" } else { "warning" };
            map.serialize_entry(name, message)?;
        }
        map.end()
    }
}

/// With two decimals.
pub(super) fn milliseconds(time: std::time::Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

fn check(book: &mut Book) -> Node {
    book.named("HealthCheck", |_| {
        let text = |about: &str| explained(plain(Type::String).into(), about);
        let about = "`error` fails the whole; `disabled` is what the deployment does not use.";
        let number = |kind, about: &str| explained(plain(kind).minimum(Some(0)).into(), about);
        plain(Type::Object)
            .description(Some("How one thing is. Checks of the deployment's own can say more than this."))
            .property("status", explained(one_of(HealthStatus::ALL.iter().map(|word| word.as_str())), about))
            .required("status")
            .property("response_time", number(Type::Number, "Milliseconds it took to answer, with two decimals."))
            .property("queue_size", number(Type::Integer, "Jobs that could run now, counted up to 100,000."))
            .property("usage", text("How full the disk of the data folder is, as `45%`."))
            .property("error", text("What is wrong, when it fails."))
            .property("warning", text("What somebody should look at, when it works."))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .into()
    })
}

/// An object of checks, of which these are always there.
fn checks(book: &mut Book, always: &[&str], about: &str) -> Node {
    let check = check(book);
    let object = always
        .iter()
        .fold(plain(Type::Object), |object, name| object.property(*name, check.clone()).required(*name))
        .additional_properties(Some(AdditionalProperties::RefOr(check)));
    explained(object.into(), about)
}

fn status() -> Node {
    one_of(["ok", "service_unavailable"])
}

impl Described for Health<'_> {
    fn describe(book: &mut Book) -> Node {
        book.named("Health", |book| {
            let about = "Each dependency, and what the deployment has registered.";
            plain(Type::Object)
                .description(Some("How the process and its dependencies are."))
                .property("status", explained(status(), "`service_unavailable` when a check fails."))
                .required("status")
                .property("checks", checks(book, &["database", "redis", "queue", "disk_space"], about))
                .required("checks")
                .into()
        })
    }
}

impl Described for Ready<'_> {
    fn describe(book: &mut Book) -> Node {
        book.named("Ready", |book| {
            let about = "What is needed to answer requests, and whether the schema is what this program was built for.";
            let reasons = list_of(plain(Type::String).into(), None);
            plain(Type::Object)
                .description(Some("Whether the process may be given traffic."))
                .property("status", explained(status(), "`service_unavailable` when it may not."))
                .required("status")
                .property("checks", checks(book, &["database", "migrations"], about))
                .required("checks")
                .property("reasons", explained(reasons, "Why it may not; none when it may."))
                .required("reasons")
                .into()
        })
    }
}
