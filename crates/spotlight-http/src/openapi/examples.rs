//! Examples for every body of the document, made from its schemas: they cannot say less than the schemas do, and a
//! test sends those of requests through the reading that real bodies go through.

use serde_json::{Map, Value, json};

/// Puts an example beside every JSON schema of a request or of a good answer.
pub(super) fn complete(document: &mut Value) {
    let book = document["components"]["schemas"].clone();
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    let operations = paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for operation in operations {
        fill(operation.pointer_mut("/requestBody/content/application~1json"), &book);
        let answers = operation["responses"].as_object_mut().into_iter().flatten();
        for (_, answer) in answers.filter(|(status, _)| status.starts_with('2')) {
            // Asked with `get_mut`: an index would put a null where an answer has no body.
            let forms = answer.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten();
            forms.filter(|(kind, _)| kind.ends_with("json")).for_each(|(_, content)| fill(Some(content), &book));
        }
    }
}

/// How a file of a media type begins.
pub(super) fn of_file(kind: &str) -> &'static str {
    match kind {
        "text/csv" => "id,name,email\r\n0199d1f4-7c00-7000-8000-000000000001,Grace Hopper,grace@example.com\r\n",
        "audio/mpeg" => "ID3\u{4}",
        "audio/wav" => "RIFF$\u{0}\u{0}\u{0}WAVEfmt ",
        "audio/ogg" => "OggS",
        "audio/flac" => "fLaC",
        _ => "Hello",
    }
}

fn fill(content: Option<&mut Value>, book: &Value) {
    if let Some(content) = content {
        content["example"] = example(&content["schema"], "", book);
    }
}

/// A value that the schema accepts, as somebody who fills in the member of this name would choose it.
fn example(schema: &Value, name: &str, book: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let named = reference.rsplit('/').next().unwrap_or_default();
        return example(&book[named], name, book);
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.first().cloned().unwrap_or_default();
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let something = choices.iter().find(|choice| choice["type"] != "null");
        return something.map_or(Value::Null, |choice| example(choice, name, book));
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") => {
            let members = schema["properties"].as_object().into_iter().flatten();
            Value::Object(members.map(|(name, schema)| (name.clone(), example(schema, name, book))).collect())
        }
        Some("array") => {
            let count = schema["minItems"].as_u64().unwrap_or(1).max(1) as usize;
            vec![example(&schema["items"], name, book); count].into()
        }
        Some("string") => text(schema, name).into(),
        Some("integer") => (number(schema, name) as i64).into(),
        Some("number") => number(schema, name).into(),
        Some("boolean") => true.into(),
        _ => json!({}),
    }
}

fn text(schema: &Value, name: &str) -> String {
    match schema["format"].as_str() {
        Some("uuid") => return "0199d1f4-7c00-7000-8000-000000000001".to_owned(),
        Some("date-time") => return "2026-03-30T14:00:00Z".to_owned(),
        Some("date") => return "2026-03-30".to_owned(),
        Some("local-time") => return "09:00:00".to_owned(),
        Some("iana-time-zone") => return "Europe/Berlin".to_owned(),
        Some("email") => return "grace@example.com".to_owned(),
        Some("uri") => return "https://example.com/hooks".to_owned(),
        _ => {}
    }
    let said = match name {
        "id" => "0199d1f4-7c00-7000-8000-000000000001",
        "name" => "Grace Hopper",
        "phone" => "+4930901820",
        "company" => "Example GmbH",
        "role" => "Qualifies visitors of the website for the sales team.",
        "script" => "Greet the visitor, find out what they need and by when, and offer a call with the team.",
        "greeting" => "Hello! What can I do for you?",
        "password" | "current_password" | "new_password" => "correct-horse-battery",
        "content" | "text" => "We need it by June.",
        "title" => "Prices",
        "url" => "https://example.com/hooks",
        "currency" => "EUR",
        "slug" => "example-gmbh",
        "region" => "DE",
        "origin" | "allowed_origins" => "https://www.example.com",
        "color" => "#1f6feb",
        "next_cursor" | "cursor" => "",
        _ => "text",
    };
    let least = schema["minLength"].as_u64().unwrap_or(0) as usize;
    if said.len() >= least { said.to_owned() } else { said.chars().cycle().take(least).collect() }
}

fn number(schema: &Value, name: &str) -> f64 {
    let wanted: f64 = match name {
        "page" | "current_page" | "total_pages" => 1.0,
        "per_page" => 25.0,
        "score" => 72.0,
        _ => 10.0,
    };
    let bound = |key: &str, none: f64| schema[key].as_f64().unwrap_or(none);
    wanted.clamp(bound("minimum", f64::MIN), bound("maximum", f64::MAX))
}

#[cfg(test)]
mod tests {
    use crate::{openapi::openapi, resources::endpoints};

    #[test]
    fn every_example_of_a_request_is_one_that_is_read() {
        for endpoint in endpoints().iter().filter(|endpoint| endpoint.carries.is_some()) {
            let method = endpoint.verb.method().as_str().to_lowercase();
            let body = &openapi()["paths"][endpoint.path][method]["requestBody"]["content"]["application/json"];
            assert!(body["example"].is_object(), "{endpoint:?} has no example");
            let read = endpoint.check_body(body["example"].to_string().as_bytes());
            assert!(read.is_ok(), "{endpoint:?} {} {read:?}", body["example"]);
        }
    }
}
