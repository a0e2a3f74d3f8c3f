//! What is no rule, where it is wrong, and where the limits lie.

use model::rule::{MAX_DEPTH, MAX_NODES, MAX_VALUE_BYTES, MAX_VALUES};
use model::{DeviceIds, Rule};
use serde_json::{Value, json};
use uuid::Uuid;

fn refused(json: &Value) -> String {
    match Rule::read(json) {
        Ok(rule) => panic!("{rule:?}"),
        Err(bad) => bad.to_string(),
    }
}

fn eq() -> Value {
    json!({"eq": {"fact": "locale", "value": "de"}})
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    const KINDS: &str = "`all`, `any`, `not`, `eq`, `in`, `prefix`, `version`, `device_in`";
    const FACTS: &str = "`platform`, `runtime_version`, `channel`, `environment`, `app_build_id`, `app_version`, \
                         `os_version`, `device_model`, `locale`";
    let no_node = format!("a node is an object with one key, which is one of {KINDS}");
    let no_fact =
        |name: &str| format!("{name:?} is no fact; there are {FACTS}, and `param:<key>` for what the app sets itself");
    let long = "x".repeat(1_000_000);
    for (json, expected) in [
        (json!("everyone"), no_node.clone()),
        (json!({}), no_node.clone()),
        (json!([eq()]), no_node.clone()),
        (json!({"all": [eq()], "any": [eq()]}), no_node.clone()),
        (json!({"all": [eq(), 7]}), format!("all[1]: {no_node}")),
        (json!({"none": []}), format!("\"none\" is no kind of node; there are {KINDS}")),
        (json!({ "x".repeat(100): 1 }), format!("\"{}…\" is no kind of node; there are {KINDS}", "x".repeat(64))),
        (json!({"all": []}), "all: this is empty: it needs a node at least".into()),
        (json!({"all": eq()}), "all: this is not a list of nodes".into()),
        (
            json!({"all": [eq(), {"not": {"eq": {"fact": "langauge", "value": "de"}}}]}),
            format!("all[1].not.eq.fact: {}", no_fact("langauge")),
        ),
        (json!({"eq": {"fact": "param:", "value": "de"}}), format!("eq.fact: {}", no_fact("param:"))),
        (json!({"eq": {"fact": "param:Cohort", "value": "de"}}), format!("eq.fact: {}", no_fact("param:Cohort"))),
        (json!({"eq": {"fact": 1, "value": "de"}}), "eq.fact: this is not the name of a fact".into()),
        (json!({"eq": {"fact": "locale"}}), "eq: \"value\" is missing".into()),
        (json!({"eq": {"value": "de"}}), "eq: \"fact\" is missing".into()),
        (
            json!({"eq": {"fact": "locale", "values": ["de"]}}),
            "eq: \"values\" does not belong here; there are `fact`, `value`".into(),
        ),
        (json!({"eq": "de"}), "eq: this is not an object with a fact and what it is compared with".into()),
        (
            json!({"eq": {"fact": "locale", "value": 41}}),
            "eq.value: this is not a text; write numbers in quotes".into(),
        ),
        (json!({"eq": {"fact": "locale", "value": ""}}), "eq.value: this is empty: no device ever says it".into()),
        (
            json!({"prefix": {"fact": "locale", "value": "a\u{0}"}}),
            "prefix.value: this has the control character '\\0', which no device sends".into(),
        ),
        (
            json!({"eq": {"fact": "locale", "value": long}}),
            "eq.value: this has 1000000 bytes; at most 255 are compared".into(),
        ),
        (json!({"in": {"fact": "locale", "values": []}}), "in.values: this is empty: it needs a value at least".into()),
        (
            json!({"in": {"fact": "locale", "values": ["de", null]}}),
            "in.values[1]: this is not a text; write numbers in quotes".into(),
        ),
        (
            json!({"version": {"fact": "app_version", "range": "newest"}}),
            "version.range: this is no range of versions such as \">=1.4.0, <2.0.0\": unexpected character 'n' while \
             parsing major version number"
                .into(),
        ),
        (json!({"device_in": []}), "device_in: this is empty: it needs a device at least".into()),
        (
            json!({"device_in": ["phone"]}),
            "device_in[0]: \"phone\" is no device id: a UUID, as the client sends it in `eas-client-id`".into(),
        ),
    ] {
        let shown = json.to_string();
        assert_eq!(refused(&json), expected, "{}", &shown[..shown.len().min(200)]);
    }
}

/// `depth` nodes in each other.
fn deep(depth: usize) -> Value {
    (1..depth).fold(eq(), |inner, _| json!({ "not": inner }))
}

#[test]
fn every_limit_lies_where_it_is_said_to() {
    let nodes = |count: usize| json!({ "all": vec![eq(); count - 1] });
    let values = |count: usize| {
        let half = |from: usize, to: usize| (from..to).map(|number| number.to_string()).collect::<Vec<_>>();
        let list = |values: Vec<String>| json!({"in": {"fact": "locale", "values": values}});
        json!({ "any": [list(half(0, 10)), list(half(10, count))] })
    };
    let devices = |count: usize| {
        let ids = |from, to| (from..to).map(|number| Uuid::from_u128(number as u128)).collect::<Vec<_>>();
        json!({ "any": [{ "device_in": ids(0, 10) }, { "device_in": ids(10, count) }] })
    };
    let long = |bytes| json!({"eq": {"fact": "locale", "value": "x".repeat(bytes)}});
    let key = |bytes| json!({"eq": {"fact": format!("param:{}", "k".repeat(bytes)), "value": "x"}});
    for (fits, too_much, why) in [
        (deep(MAX_DEPTH), deep(MAX_DEPTH + 1), "nodes lie in each other at most 16 deep"),
        (nodes(MAX_NODES), nodes(MAX_NODES + 1), "a rule has at most 256 nodes"),
        (values(MAX_VALUES), values(MAX_VALUES + 1), "at most 1000 values together"),
        (devices(DeviceIds::MAX), devices(DeviceIds::MAX + 1), "at most 10000 devices in all"),
        (long(MAX_VALUE_BYTES), long(MAX_VALUE_BYTES + 1), "at most 255 are compared"),
        (key(64), key(65), "is no fact"),
    ] {
        assert!(Rule::read(&fits).is_ok(), "{why}");
        let refused = refused(&too_much);
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn a_bottomless_text_is_refused_by_its_reader() {
    for depth in [200, 10_000, 1_000_000] {
        let text = format!("{}{}", "{\"not\":".repeat(depth), "1");
        let error = serde_json::from_str::<Rule>(&text).expect_err("too deep").to_string();
        assert!(error.contains("recursion limit"), "{error}");
    }
}
