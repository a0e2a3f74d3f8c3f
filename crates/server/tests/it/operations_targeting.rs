//! Targeting: real phones say who they are, and get what is for them.

use device::Launched;
use http::Method;
use protocol::Platform;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testing::{Device, expect};
use uuid::Uuid;

use crate::operations_desk::{Desk, codes};
use crate::scene::id_of;

fn path(id: &str) -> String {
    format!("/updates/{id}/rule")
}

async fn target(desk: &Desk, id: &str, rule: &Value) -> api::Operated {
    expect(&desk.send(Method::PUT, &path(id), &json!({ "rule": rule })).await)
}

fn germans_of_build_41() -> Value {
    json!({ "all": [
        { "prefix": { "fact": "locale", "value": "de" } },
        { "eq": { "fact": "app_build_id", "value": "41" } },
        { "not": { "version": { "fact": "os_version", "range": "<15" } } },
    ] })
}

/// A phone whose binary was built with this header, and whose app sets these parameters.
fn phone(desk: &Desk, seed: u128, headers: &[(&str, &str)], params: &[(&str, &str)]) -> Device {
    let mut binary = Device::binary(&desk.server.url(), "1.0.0", "production", seed);
    binary.request_headers.extend(headers.iter().map(|(name, value)| ((*name).into(), (*value).into())));
    let mut phone = Device::with_binary(Platform::Ios, binary, seed);
    for (key, value) in params {
        assert!(phone.client.set_extra_param(key, Some(value)));
    }
    phone.set_clock(publishing::ports::Clock::now(&*desk.server.clock).0);
    phone
}

async fn runs(phone: &mut Device) -> Option<Uuid> {
    match phone.check_and_restart().await.unwrap() {
        Launched::Update { id } => Some(id),
        _ => None,
    }
}

#[tokio::test]
async fn phones_get_what_is_for_them_by_header_and_by_parameter() {
    let desk = Desk::new().await;
    let all = desk.publish("for all", "production").await;
    let some = desk.publish_with("for some", &json!({ "rule": germans_of_build_41() })).await;
    let (for_all, for_some): (Uuid, Uuid) = (id_of(&all, "ios").parse().unwrap(), id_of(&some, "ios").parse().unwrap());
    let built = [("expo-app-build-id", "41")];
    let set = [("updraft-locale", "de-AT"), ("updraft-os-version", "17.5")];
    for (seed, headers, params, expected) in [
        (1, &built[..], &set[..], for_some),
        (2, &[("expo-app-build-id", "40")], &[set[0], set[1], ("expo-app-build-id", "41")], for_some),
        (3, &built, &[set[0], set[1], ("expo-app-build-id", "42")], for_all),
        (4, &built, &[set[0]], for_all),
        (5, &built, &[set[0], ("updraft-os-version", "seventeen")], for_all),
        (6, &[built[0], ("updraft-locale", "fr")], &[set[1]], for_all),
        (7, &[], &[], for_all),
    ] {
        assert_eq!(runs(&mut phone(&desk, seed, headers, params)).await, Some(expected), "phone {seed}");
    }
}

#[tokio::test]
async fn a_rule_is_set_changed_and_taken_away_and_nobody_loses_what_they_have() {
    let desk = Desk::new().await;
    let first = desk.publish("first", "production").await;
    let second = desk.publish("second", "production").await;
    let [old, new]: [Uuid; 2] = [&first, &second].map(|group| id_of(group, "ios").parse().unwrap());
    let mut had_it = phone(&desk, 1, &[], &[("updraft-locale", "fr")]);
    assert_eq!(runs(&mut had_it).await, Some(new));

    let rule = json!({ "prefix": { "fact": "locale", "value": "de" } });
    let targeted = target(&desk, &second.group, &rule).await;
    assert_eq!((targeted.action.as_str(), targeted.changed), ("target", true));
    assert_eq!(codes(&targeted.warnings), ["devices_stay"; 2]);
    assert!(desk.group(&second.group).await.iter().all(|shown| shown.update.rule.as_ref() == Some(&rule)));
    assert!(!target(&desk, &second.group, &rule).await.changed);
    let mut german = phone(&desk, 2, &[], &[("updraft-locale", "de-DE")]);
    let mut french = phone(&desk, 3, &[], &[("updraft-locale", "fr")]);
    assert_eq!((runs(&mut german).await, runs(&mut french).await), (Some(new), Some(old)));
    assert_eq!(runs(&mut had_it).await, Some(new), "a phone goes back by nothing but something later");

    // The app asks for its user's language anew.
    french.client.set_extra_param("updraft-locale", Some("de-CH"));
    assert_eq!(runs(&mut french).await, Some(new));

    let detail = desk.audit(1).await.remove(0).detail;
    let side =
        |side: &str| detail[side].as_object().unwrap().values().map(|one| one["rule"].clone()).collect::<Vec<_>>();
    assert_eq!((side("before"), side("after")), (vec![Value::Null; 2], vec![rule.clone(); 2]));

    let cleared = desk.delete(&format!("{}?platform=ios", path(&second.group))).await;
    assert_eq!((cleared.action.as_str(), codes(&cleared.warnings)), ("target", vec!["served_to_all"]));
    let rules: Vec<_> = desk.group(&second.group).await.into_iter().map(|shown| shown.update.rule).collect();
    assert_eq!(rules, [Some(rule), None], "Android's stays");
    assert_eq!(runs(&mut phone(&desk, 4, &[], &[])).await, Some(new));
}

#[tokio::test]
async fn lists_and_the_audit_log_sum_a_long_rule_up() {
    let desk = Desk::new().await;
    let published = desk.publish("for testers", "production").await;
    let devices = |count| (0..count).map(uuid::Uuid::from_u128).collect::<Vec<_>>();
    let (short, long) = (json!({ "device_in": devices(20) }), json!({ "not": { "device_in": devices(10_000) } }));
    let text = long.to_string();
    let sha256 = model::BlobHash(Sha256::digest(&text).into()).to_string();
    let summary = json!({ "summary": { "sha256": sha256, "bytes": text.len(), "devices": 10_000 } });
    for (rule, told) in [(&short, &short), (&long, &summary)] {
        target(&desk, &published.group, rule).await;
        assert!(desk.updates("").await.iter().all(|update| update.rule.as_ref() == Some(told)));
        assert!(desk.group(&published.group).await.iter().all(|shown| shown.update.rule.as_ref() == Some(rule)));
        let detail = desk.audit(1).await.remove(0).detail;
        assert!(detail["after"].as_object().unwrap().values().all(|one| one["rule"] == *told), "{detail}");
    }
    desk.publish_with("for others", &json!({ "rule": long })).await;
    assert_eq!(desk.audit(1).await[0].detail["issued"][0]["updates"][0]["rule"], summary);
}

/// Who took a roll back refuses everything older, so what a rule uncovers is issued again.
#[tokio::test]
async fn a_narrowed_roll_back_lets_the_rest_have_what_lies_beneath() {
    let desk = Desk::new().await;
    let first = desk.publish("first", "production").await;
    let mut everyone = phone(&desk, 1, &[], &[]);
    assert_eq!(runs(&mut everyone).await, Some(id_of(&first, "ios").parse().unwrap()));
    desk.server.clock.advance(1000);
    let back: api::Published =
        expect(&desk.send(Method::POST, "/roll-backs", &json!({ "channel": "production", "to": "embedded" })).await);
    assert_eq!(runs(&mut everyone).await, None, "on its embedded update");
    let targeted = target(&desk, &back.group, &json!({ "eq": { "fact": "param:cohort", "value": "a" } })).await;
    let renewed = targeted.groups.iter().find(|group| group.why == api::Why::Renewed).unwrap();
    let again = renewed.updates.iter().find(|update| update.platform == "ios").unwrap();
    assert_eq!(again.origin.as_deref(), Some(id_of(&first, "ios")));
    assert_eq!(runs(&mut everyone).await, Some(again.id.parse().unwrap()));
}

#[tokio::test]
async fn what_is_no_rule_is_refused_with_its_place() {
    let desk = Desk::new().await;
    let covered = desk.publish("first", "production").await;
    let head = desk.publish("second", "production").await;
    let (head, covered) = (path(&head.group), path(&covered.group));
    let rule = json!({ "eq": { "fact": "locale", "value": "de" } });
    let deep = |depth| (0..depth).fold(rule.clone(), |inner, _| json!({ "not": inner }));
    for (path, body, problem) in [
        (&head, json!({ "rule": "everyone" }), (422, "invalid_rule", "rule")),
        (&head, json!({ "rule": { "all": [] } }), (422, "invalid_rule", "rule")),
        (&head, json!({ "rule": deep(16) }), (422, "invalid_rule", "rule")),
        (
            &head,
            json!({ "rule": { "eq": { "fact": "locale", "value": "x".repeat(1 << 20) } } }),
            (422, "invalid_rule", "rule"),
        ),
        (&head, json!({ "rule": rule, "platform": "web" }), (400, "bad_request", "platform")),
        (&head, json!({ "rule": rule, "on": 1 }), (400, "bad_request", "body")),
        (&head, json!({}), (400, "bad_request", "body")),
        (&covered, json!({ "rule": rule }), (409, "not_served", "id")),
        (&path(&Uuid::nil().to_string()), json!({ "rule": rule }), (404, "unknown_update", "id")),
    ] {
        desk.refused(("PUT", path, body), problem).await;
    }
    desk.refused(("DELETE", &covered, Value::Null), (409, "not_served", "id")).await;
    let misspelt = json!({ "rule": { "all": [rule, { "not": { "eq": { "fact": "langauge", "value": "de" } } }] } });
    let answer = desk.send(Method::PUT, &head, &misspelt).await;
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("rule: all[1].not.eq.fact: \"langauge\" is no fact; there are `platform`"), "{detail}");

    // Deeper than any reader of JSON goes: refused before anyone can fall into it.
    for depth in [200, 10_000, 200_000] {
        let text = format!("{{\"rule\":{}1{}}}", "{\"not\":".repeat(depth), "}".repeat(depth));
        let answer = desk.publisher.send(Method::PUT, &head, &[], text.into()).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (400, Some("bad_request")), "{depth}");
    }
}

#[tokio::test]
async fn explain_tells_the_rule_node_by_node() {
    let desk = Desk::new().await;
    desk.publish("for all", "production").await;
    desk.publish_with("for some", &json!({ "rule": germans_of_build_41() })).await;
    let query = "channel=production&platform=ios&runtime_version=1.0.0&header=expo-app-build-id=41\
                 &header=expo-extra-params=updraft-locale=\"de-DE\"";
    let explained: api::Explanation = desk.get(&format!("/explain?{query}")).await;
    assert_eq!(explained.steps.iter().map(|step| step.code.as_str()).collect::<Vec<_>>(), ["outside_rule", "chosen"]);
    assert!(explained.steps[1].rule.is_none());
    let rule = explained.steps[0].rule.as_ref().unwrap();
    let told = |node: &api::JudgedNode| (node.kind.clone(), node.verdict, node.fact.clone(), node.said.clone());
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(told(rule), ("all".into(), api::Truth::Unknown, None, None));
    assert_eq!(
        rule.nodes.iter().map(told).collect::<Vec<_>>(),
        [
            ("prefix".into(), api::Truth::True, text("locale"), text("de-DE")),
            ("eq".into(), api::Truth::True, text("app_build_id"), text("41")),
            ("not".into(), api::Truth::Unknown, None, None),
        ]
    );
    assert_eq!(told(&rule.nodes[2].nodes[0]), ("version".into(), api::Truth::Unknown, text("os_version"), None));
}
