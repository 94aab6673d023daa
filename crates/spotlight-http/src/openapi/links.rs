//! Links from a request that makes a record to what can be done with it.

use serde_json::{Map, Value, json};

/// Puts links beside every answer that shows a new record: to each operation below its path, by its id.
pub(super) fn complete(document: &mut Value) {
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    for (path, operations) in &paths {
        if operations["post"]["responses"]["201"].is_object() {
            let links = below(path, &paths);
            if !links.is_empty() {
                document["paths"][path]["post"]["responses"]["201"]["links"] = Value::Object(links);
            }
        }
    }
}

/// The operations whose path goes on from `path` with the id of the new record, and knows no other id.
fn below(path: &str, paths: &Map<String, Value>) -> Map<String, Value> {
    let mut links = Map::new();
    for (other, operations) in paths {
        let Some(rest) = other.strip_prefix(path).and_then(|rest| rest.strip_prefix("/{")) else { continue };
        let Some((id, rest)) = rest.split_once('}') else { continue };
        if rest.contains('{') {
            continue;
        }
        let mut parameters = Map::from_iter([(id.to_owned(), json!("$response.body#/data/id"))]);
        for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            parameters.insert(name.to_owned(), json!(format!("$request.path.{name}")));
        }
        for operation in operations.as_object().into_iter().flat_map(Map::values) {
            if let Some(name) = operation["operationId"].as_str() {
                links.insert(name.to_owned(), json!({"operationId": name, "parameters": parameters}));
            }
        }
    }
    links
}
