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
