//! The description of the API: sound in itself, and the same as the committed one.

use super::*;
use std::path::Path;

fn walk(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|v| walk(v, found));
        }
        Value::Array(list) => list.iter().for_each(|v| walk(v, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_path_is_described() {
    let api = openapi();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut refs = Vec::new();
    walk(&api, &mut refs);
    assert!(refs.len() > 50, "{} references", refs.len());
    for reference in refs {
        let at = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads outside"));
        assert!(api.pointer(at).is_some(), "{reference} leads nowhere");
    }
    let mut operations = Vec::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            check_operation(path, operation);
            operations.push(operation["operationId"].as_str().unwrap().to_owned());
            assert!(operation["summary"].is_string(), "{method} {path}");
        }
    }
    let count = operations.len();
    operations.sort();
    operations.dedup();
    assert!(count > 10);
    assert_eq!(count, operations.len(), "operation ids are unique: {operations:?}");
}

fn check_operation(path: &str, operation: &Value) {
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    for part in path.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}')) {
        let named =
            parameters.iter().any(|p| p["name"] == part && p["in"] == "path" && p["required"] == true);
        assert!(named, "{path} does not describe {part}");
    }
    for (status, response) in operation["responses"].as_object().unwrap() {
        let content =
            response["content"].as_object().unwrap_or_else(|| panic!("{path} {status} has no body"));
        let problem = status.starts_with(['4', '5']);
        assert_eq!(content.contains_key(PROBLEM), problem, "{path} {status}");
    }
}

/// The page compares its words with these lists, so a list that lost its place must not go unnoticed.
#[test]
fn the_description_lists_the_words_of_its_members() {
    let api = openapi();
    for (member, words) in vocabulary() {
        let listed = api.pointer(&format!("/components/schemas/{member}/enum"));
        assert_eq!(listed, Some(&words), "{member}");
        assert!(words.as_array().is_some_and(|w| w.len() > 3), "{member}");
    }
}

/// `HUYING_WRITE=1 cargo test -p huying-server openapi` writes the file anew.
#[test]
fn the_committed_openapi_is_the_one_that_is_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let mut served = serde_json::to_string_pretty(&openapi()).unwrap();
    served.push('\n');
    if std::env::var_os("HUYING_WRITE").is_some() {
        std::fs::write(&path, &served).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == served,
        "docs/openapi.json differs: run HUYING_WRITE=1 cargo test -p huying-server openapi"
    );
}
