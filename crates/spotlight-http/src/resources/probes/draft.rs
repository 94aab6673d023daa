//! The same health in the form of `application/health+json` (draft-inadarei-api-health-check-06), for those who ask for it.

use http::header;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};
use spotlight_core::{
    ports::{HealthComponent, HealthStatus, HealthValue},
    services::health::{Checked, HealthReport},
};
use utoipa::openapi::schema::{AdditionalProperties, Type};

use super::dto::milliseconds;
use crate::{
    request::Request,
    schema::{Book, Described, Node, any, explained, formatted, list_of, one_of, plain},
};

/// The draft's media type.
pub(super) const MEDIA_TYPE: &str = "application/health+json";

/// Whether it was asked for by name, and nothing else of ours by a higher quality.
pub(super) fn is_wanted(request: &Request) -> bool {
    let quality = |kind: &str| {
        request
            .list(&header::ACCEPT)
            .filter_map(|range| {
                let mut parts = range.split(';').map(str::trim);
                let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(kind));
                let quality =
                    parts.find_map(|part| part.strip_prefix("q=")).and_then(|quality| quality.parse::<f32>().ok());
                named.then(|| quality.unwrap_or(1.0))
            })
            .fold(0.0, f32::max)
    };
    let wanted = quality(MEDIA_TYPE);
    wanted > 0.0 && wanted >= quality("application/json")
}

/// A report in the draft's form. What the deployment does not use is left out: the draft has no word for it.
pub(super) struct DraftHealth<'a>(pub(super) &'a HealthReport);

impl Serialize for DraftHealth<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("status", word(self.0.status()))?;
        map.serialize_entry("checks", &Measured(self.0))?;
        map.end()
    }
}

struct Measured<'a>(&'a HealthReport);

impl Serialize for Measured<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let used = self.0.checks.iter().filter(|checked| checked.finding.status != HealthStatus::Disabled);
        serializer.collect_map(used.flat_map(|checked| measurements(checked)))
    }
}

/// Each figure of a check as `name:figure`; the name alone where it has none.
fn measurements(checked: &Checked) -> Vec<(String, [Value; 1])> {
    let finding = &checked.finding;
    let measured = |figure: Option<(&str, Value, &str)>| {
        let mut one = json!({
            "componentType": checked.component.as_str(),
            "status": word(finding.status),
            "time": checked.at,
        });
        let mut key = checked.name.clone();
        if let Some((name, value, unit)) = figure {
            key.push(':');
            key.push_str(&camel_case(name));
            one["observedValue"] = value;
            one["observedUnit"] = unit.into();
        }
        if let Some(message) = &finding.message {
            one["output"] = message.as_str().into();
        }
        (key, [one])
    };
    let took = finding.response_time.map(|took| ("response_time", Value::from(milliseconds(took)), "ms"));
    let details = finding.details.iter().map(|detail| match &detail.value {
        HealthValue::Number(number) => (detail.name, Value::from(*number), detail.unit),
        HealthValue::Percent(share) => (detail.name, Value::from(*share), detail.unit),
        HealthValue::Text(text) => (detail.name, Value::from(text.as_str()), detail.unit),
    });
    let all: Vec<_> = took.into_iter().chain(details).map(|figure| measured(Some(figure))).collect();
    if all.is_empty() { vec![measured(None)] } else { all }
}

const fn word(status: HealthStatus) -> &'static str {
    match status {
        HealthStatus::Disabled | HealthStatus::Ok => "pass",
        HealthStatus::Warning => "warn",
        HealthStatus::Error => "fail",
    }
}

/// `response_time` as the draft writes it: `responseTime`.
fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        text.push_str(letters.as_str());
    }
    text
}

impl Described for DraftHealth<'_> {
    fn describe(book: &mut Book) -> Node {
        book.named("HealthAsDraft", |_| {
            let words = || one_of(["pass", "warn", "fail"]);
            let kinds = one_of(HealthComponent::ALL.iter().map(|word| word.as_str()));
            let one = plain(Type::Object)
                .property("componentType", explained(kinds, "What kind of thing was asked."))
                .required("componentType")
                .property("status", words())
                .required("status")
                .property("time", explained(formatted("date-time"), "When it answered."))
                .required("time")
                .property("observedValue", any())
                .property("observedUnit", explained(plain(Type::String).into(), "What the value counts, as `ms`."))
                .property("output", explained(plain(Type::String).into(), "What is wrong, where something is."));
            let checks =
                plain(Type::Object).additional_properties(Some(AdditionalProperties::RefOr(list_of(one.into(), None))));
            plain(Type::Object)
                .description(Some("The same by draft-inadarei-api-health-check-06."))
                .property("status", explained(words(), "`fail` when a check fails, `warn` when one warns."))
                .required("status")
                .property("checks", explained(checks.into(), "By check and figure, as `database:responseTime`."))
                .required("checks")
                .into()
        })
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};

    use super::*;

    fn wanted(accept: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_str(accept).expect("a header"));
        let peer = [127, 0, 0, 1].into();
        let path = "/health".to_owned();
        is_wanted(&Request { method: Method::GET, path, prefix: 0, query: None, headers, peer, encrypted: false })
    }

    #[test]
    fn the_draft_is_for_those_who_name_it() {
        for accept in [
            MEDIA_TYPE,
            "Application/Health+JSON",
            "text/html, application/health+json;q=0.5",
            "application/json;q=0.1, application/health+json",
        ] {
            assert!(wanted(accept), "{accept}");
        }
        for accept in [
            "*/*",
            "application/*",
            "application/json",
            "application/health+json;q=0",
            "application/json, application/health+json;q=0.9",
            "",
        ] {
            assert!(!wanted(accept), "{accept}");
        }
    }

    #[test]
    fn figures_are_named_as_the_draft_does() {
        let named = ["usage", "response_time", "a_b_c", ""].map(camel_case);
        assert_eq!(named, ["usage", "responseTime", "aBC", ""]);
    }
}
