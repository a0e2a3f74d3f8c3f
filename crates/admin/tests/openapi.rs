#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
//! The committed description is the one that the code gives, and it describes every address that answers.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json")
}

fn document() -> Value {
    serde_json::from_str(admin::openapi()).unwrap()
}

/// Every operation with its method and path.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
    });
    operations.collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whether to renew a committed file is said by who runs the test")]
fn the_committed_document_is_the_codes() {
    let renew = std::env::var("UPDATE_OPENAPI").is_ok_and(|value| value == "1");
    if renew {
        fs::write(committed(), admin::openapi()).unwrap();
    }
    let committed = fs::read_to_string(committed()).unwrap_or_default();
    let differs = committed.lines().zip(admin::openapi().lines()).position(|(one, other)| one != other);
    assert!(
        committed == admin::openapi(),
        "docs/openapi.json is not what the code says, from line {} on; look at what changed and renew it with \
         `UPDATE_OPENAPI=1 cargo test -p admin --test openapi`",
        differs.unwrap_or_else(|| committed.lines().count().min(admin::openapi().lines().count())) + 1
    );
}

#[test]
fn every_operation_is_described_in_full() {
    let document = document();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(operation["summary"].as_str().is_some_and(|summary| summary.ends_with('.')), "{name}: no summary");
        let id = operation["operationId"].as_str().unwrap_or_default();
        assert!(!id.is_empty() && ids.insert(id), "{name}: its id {id:?} is none or another's");
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let in_path: BTreeSet<&str> = parameters
            .inspect(|parameter| {
                assert!(parameter["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}: {parameter}");
            })
            .filter(|parameter| parameter["in"] == "path")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let named: BTreeSet<&str> =
            name.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(in_path, named, "{name}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name}: no success");
        let open = operation["security"] == serde_json::json!([{}]);
        assert_eq!(open, name == "GET /api/v1/openapi.json", "{name}: whether it is open to everybody");
        assert_eq!(responses.contains_key("401"), !open, "{name}");
        for (status, response) in responses.iter().filter(|(status, _)| !status.starts_with('2')) {
            let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Problem", "{name} {status}");
            let examples = response["content"]["application/problem+json"]["examples"].as_object().unwrap();
            for (code, example) in examples {
                assert_eq!(
                    (&example["value"]["code"], example["value"]["status"].to_string()),
                    (&code.as_str().into(), status.clone())
                );
            }
            assert!(!examples.is_empty(), "{name} {status}");
        }
    }
}

#[test]
fn every_body_has_an_example() {
    let document = document();
    let mut found = 0;
    for (name, operation) in operations(&document) {
        let answers = operation["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'));
        let bodies = answers.map(|(_, answer)| answer).chain(operation.get("requestBody"));
        for media in bodies.filter_map(|body| body["content"].as_object()).flat_map(|content| content.values()) {
            assert!(media["example"].is_object() || media["example"].is_string(), "{name}: {media}");
            found += 1;
        }
    }
    assert!(found > 50, "{found} examples");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = 0;
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(values) => open.extend(values),
            Value::Object(members) => {
                if let Some(target) = members.get("$ref").and_then(Value::as_str) {
                    found += 1;
                    let pointer = target.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{target}");
                }
                open.extend(members.values());
            }
            _ => {}
        }
    }
    assert!(found > 100, "{found} references");
}
