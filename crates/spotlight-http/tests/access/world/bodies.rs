//! Paths and bodies that name records.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spotlight_http::{Endpoint, openapi};

use super::PASSWORD;

/// The example of an endpoint's body; null when it carries none.
pub(super) fn example(name: &str) -> Value {
    let endpoint = Endpoint::named(name).expect("an endpoint");
    let method = endpoint.verb.method().as_str().to_lowercase();
    let operation = &openapi()["paths"][endpoint.path][method];
    let mut body = operation["requestBody"]["content"]["application/json"]["example"].clone();
    match name {
        "sign_in" => body["user"] = json!({"email": "owner@acme.example", "password": PASSWORD}),
        "update_user" => body["user"] = json!({"name": "Grace Hopper"}),
        "enrol_second_factor" => body["second_factor"] = json!({"current_password": PASSWORD}),
        "disable_second_factor" => {
            body["second_factor"] = json!({"current_password": PASSWORD, "otp_code": "000000"});
        }
        // Above an administrator's own role.
        "create_invitation" => {
            body["invitation"] = json!({"email": "ina@acme.example", "name": "Ina Invited", "role": "owner"});
        }
        "update_member" => body["member"] = json!({"role": "owner"}),
        "create_api_token" => body["api_token"] = json!({"name": "Importer", "scopes": ["leads:read"]}),
        "update_organization" => body["organization"] = json!({"name": "Other Name"}),
        // As it is: free times stay free.
        "update_host" => body["host"] = json!({"buffer_before_min": 0}),
        "create_assistant" | "update_assistant" => {
            body["assistant"] = json!({
                "name": "Ada",
                "role": "Qualifies visitors of the website for the sales team.",
                "script": "Greet the visitor, find out what they need and by when, and offer a call with the team.",
            });
        }
        "update_lead" | "create_lead" => body["lead"] = json!({"name": "Grace Hopper"}),
        "set_lead_status" => body["lead"]["status"] = "contacted".into(),
        "update_conversation" => body["conversation"] = json!({"status": "completed"}),
        "record_consent" => {
            body["consent"] = json!({"kind": "recording", "channel": "phone", "state": "given", "how": "by phone"});
        }
        "take_turn" => body["turn"] = json!({"text": "We need it by June."}),
        "create_conversation" => body["conversation"] = json!({"assistant_id": ""}),
        "update_appointment" => body["appointment"] = json!({"notes": "Bring the offer."}),
        "create_appointment" => {
            body["appointment"] = json!({"assistant_id": "", "lead_id": "", "starts_at": "2026-05-04T09:00:00Z",
                "time_zone": "Europe/Berlin"});
        }
        "reschedule_appointment" => body["appointment"] = json!({"starts_at": "2026-05-05T09:00:00Z"}),
        _ => {}
    }
    body
}

/// Puts the ids of records where a body refers to some.
pub(super) fn name_records(body: &mut Value, ids: &BTreeMap<String, String>) {
    match body {
        Value::Object(members) => {
            for (name, value) in members {
                let noun = match name.as_str() {
                    "owner_id" => Some("user"),
                    "starts_at" => Some("starts_at"),
                    name => name.strip_suffix("_id"),
                };
                match noun.and_then(|noun| ids.get(noun)) {
                    Some(id) => *value = id.as_str().into(),
                    None => name_records(value, ids),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| name_records(item, ids)),
        _ => {}
    }
}

/// A path with the ids of records.
pub(super) fn fill(template: &str, ids: &BTreeMap<String, String>) -> String {
    let mut before = "";
    let mut filled = Vec::new();
    for part in template.split('/') {
        let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
            before = part;
            filled.push(part);
            continue;
        };
        let noun = if name == "id" { before.strip_suffix('s').unwrap_or(before) } else { name.trim_end_matches("_id") };
        let id = ids.get(noun).unwrap_or_else(|| panic!("{template}: world.rs makes no {noun}"));
        filled.push(id);
    }
    filled.join("/")
}

pub(super) fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len() && template.iter().zip(&path).all(|(a, b)| a.starts_with('{') || a == b)
}
