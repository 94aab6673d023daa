//! The committed OpenAPI document is the one the code writes, and it is whole.

use std::collections::BTreeSet;

use serde_json::Value;
use spotlight_http::{endpoints, openapi, openapi_json};

#[test]
fn the_committed_document_is_the_written_one() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    if std::env::var_os("SPOTLIGHT_WRITE").is_some() {
        std::fs::write(file, openapi_json()).expect("the file is written");
    }
    assert!(
        std::fs::read_to_string(file).expect("the file is read") == openapi_json(),
        "openapi.json is not what the code writes; run `SPOTLIGHT_WRITE=1 cargo test -p spotlight-http --test openapi`"
    );
}

#[test]
fn every_endpoint_is_documented_with_its_answers() {
    let document = openapi();
    assert_eq!(document["openapi"], "3.1.0");
    let mut documented = 0;
    for endpoint in endpoints().iter().filter(|endpoint| endpoint.is_documented()) {
        let method = endpoint.verb.method().as_str().to_lowercase();
        let operation = &document["paths"][endpoint.path][&method];
        assert_eq!(operation["operationId"], endpoint.name, "{endpoint:?}");
        let statuses: Vec<_> = operation["responses"].as_object().expect("answers").keys().collect();
        assert!(statuses.iter().any(|status| status.starts_with('2') || *status == "101"), "{endpoint:?}");
        assert!(statuses.iter().any(|status| *status == "500") && statuses.len() >= 3, "{endpoint:?}: {statuses:?}");
        let named: Vec<_> = operation["parameters"].as_array().into_iter().flatten().collect();
        for part in endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            assert!(named.iter().any(|named| named["name"] == part && named["in"] == "path"), "{endpoint:?}");
        }
        documented += 1;
    }
    let paths = document["paths"].as_object().expect("paths");
    assert_eq!(paths.values().map(|path| path.as_object().map_or(0, serde_json::Map::len)).sum::<usize>(), documented);
}

/// The operations of the document, by name.
fn operations() -> impl Iterator<Item = (&'static str, &'static Value)> {
    let paths = openapi()["paths"].as_object().expect("paths").values();
    paths
        .filter_map(Value::as_object)
        .flat_map(serde_json::Map::values)
        .map(|operation| (operation["operationId"].as_str().expect("a name"), operation))
}

/// What an operation answers with when all is well.
fn good(operation: &Value) -> &Value {
    let answers = operation["responses"].as_object().expect("answers");
    answers.iter().find(|(status, _)| status.starts_with('2') || *status == "101").expect("a good answer").1
}

#[test]
fn an_answer_without_a_body_says_nothing_of_one() {
    for (name, operation) in operations() {
        for (status, answer) in operation["responses"].as_object().expect("answers") {
            let answer = answer.as_object().expect("an answer");
            assert!(answer.values().all(|member| !member.is_null()), "{name} {status}: {answer:?}");
        }
    }
}

#[test]
fn every_good_answer_has_an_example_in_each_of_its_forms() {
    for (name, operation) in operations() {
        for (kind, content) in good(operation)["content"].as_object().into_iter().flatten() {
            let example = &content["example"];
            assert!(example.is_object() || example.as_str().is_some_and(|text| !text.is_empty()), "{name} as {kind}");
        }
    }
}

#[test]
fn another_method_is_refused_with_those_there_are() {
    for (name, operation) in operations() {
        assert_eq!(operation["responses"]["405"]["$ref"], "#/components/responses/Error405", "{name}");
    }
    let refused = &openapi()["components"]["responses"]["Error405"];
    assert!(refused["headers"]["Allow"]["description"].is_string(), "{refused}");
    assert_eq!(refused["content"]["application/json"]["example"]["errors"][0]["meta"]["code"], "method_not_allowed");
}

#[test]
fn sessions_and_files_are_handed_over_in_headers_that_are_described() {
    let with = |header: &str| -> BTreeSet<_> {
        operations()
            .filter(|(_, operation)| good(operation)["headers"][header].is_object())
            .map(|(name, _)| name)
            .collect()
    };
    assert_eq!(with("Set-Cookie"), BTreeSet::from(["sign_in", "sign_out", "update_user", "revoke_session"]));
    assert_eq!(with("Content-Disposition"), BTreeSet::from(["export_leads", "sample_voice"]));
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_used() {
    let document = openapi();
    let mut found = BTreeSet::new();
    references(document, &mut found);
    for reference in &found {
        let pointer = reference.strip_prefix('#').expect("a local reference");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for name in document["components"]["schemas"].as_object().expect("schemas").keys() {
        assert!(found.contains(&format!("#/components/schemas/{name}")), "{name} is not used");
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}
