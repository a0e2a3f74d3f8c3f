//! Rollouts of updates: whom they reach is drawn; here is what an operator may ask for, and what not.

use api::UpdateState::{Covered, Disabled, Rolling, Served};
use serde_json::{Value, json};
use testing::{Check, expect};

use crate::operations_desk::Desk;
use crate::scene::id_of;

fn path(group: &str) -> String {
    format!("/updates/{group}/rollout")
}

fn start(share: u16) -> Value {
    json!({ "action": "start", "basis_points": share })
}

fn set(share: u16) -> Value {
    json!({ "action": "set", "basis_points": share })
}

#[tokio::test]
async fn a_rollout_starts_on_what_is_served_rises_and_finishes_per_platform_or_on_all() {
    let desk = Desk::new().await;
    desk.publish("first", "production").await;
    let second = desk.publish("second", "production").await;
    let path = path(&second.group);
    desk.post(&path, json!({ "action": "start", "basis_points": 100, "platform": "ios" })).await;
    assert_eq!(desk.states(&second.group).await, [Served, Rolling]);
    let request = ("POST", &*path, start(100));
    desk.refused(request, (409, "rollout_active", "")).await;
    desk.post(&path, json!({ "action": "start", "basis_points": 100, "platform": "android" })).await;
    for share in [100, 101, 10_000] {
        let changed = desk.post(&path, set(share)).await;
        assert_eq!((changed.action.as_str(), changed.changed), ("set_rollout", share != 100));
        assert!(desk.group(&second.group).await.iter().all(|shown| shown.update.rollout == Some(share)));
    }
    desk.post(&path, json!({ "action": "finish", "platform": "android" })).await;
    assert_eq!(desk.states(&second.group).await, [Served, Rolling]);
    desk.post(&path, json!({ "action": "finish" })).await;
    assert_eq!(desk.states(&second.group).await, [Served, Served]);
    assert!(desk.group(&second.group).await.iter().all(|shown| shown.update.rollout.is_none()));
}

#[tokio::test]
async fn a_revert_issues_what_was_beneath_and_ends_the_rollout() {
    let desk = Desk::new().await;
    let first = desk.publish("first", "production").await;
    let bad = desk.publish_with("bad", &json!({ "rollout": 2500 })).await;
    assert_eq!(desk.states(&bad.group).await, [Rolling; 2]);
    assert_eq!(desk.states(&first.group).await, [Served; 2]);
    let reverted = desk.post(&path(&bad.group), json!({ "action": "revert" })).await;
    assert_eq!(reverted.action, "revert_rollout");
    for update in reverted.groups.iter().flat_map(|group| &group.updates) {
        assert_eq!(update.origin.as_deref(), Some(id_of(&first, &update.platform)));
        let served = Check::stock(&update.platform).with("accept", "application/json").send(&desk.server).await;
        assert_eq!(served.json()["id"], update.id);
    }
    assert!(reverted.groups.iter().all(|group| group.why == api::Why::Reverted));
    assert_eq!(desk.states(&bad.group).await, [Disabled; 2]);
    assert_eq!(desk.states(&first.group).await, [Covered; 2]);
    for action in ["revert", "finish"] {
        desk.refused(("POST", &path(&bad.group), json!({ "action": action })), (409, "no_rollout", "id")).await;
    }
}

#[tokio::test]
async fn what_cannot_be_done_to_a_rollout_is_refused_with_its_code() {
    let desk = Desk::new().await;
    let first = desk.publish("first", "production").await;
    let second = desk.publish("second", "production").await;
    let (older, head) = (path(&first.group), path(&second.group));
    let nothing = path("00000000-0000-0000-0000-000000000000");
    for (request, problem) in [
        (("POST", &older, start(100)), (409, "not_the_head", "id")),
        (("POST", &head, start(10_001)), (400, "rollout_over_100", "basis_points")),
        (("POST", &head, start(u16::MAX)), (400, "rollout_over_100", "basis_points")),
        (
            ("POST", &head, json!({ "action": "start", "basis_points": u64::MAX })),
            (400, "rollout_over_100", "basis_points"),
        ),
        (("POST", &head, json!({ "action": "start", "basis_points": -1 })), (400, "bad_request", "body")),
        (("POST", &head, json!({ "action": "start" })), (400, "bad_request", "body")),
        (("POST", &head, json!({ "basis_points": 100 })), (400, "bad_request", "body")),
        (("POST", &head, set(100)), (409, "no_rollout", "id")),
        (("POST", &head, json!({ "action": "finish" })), (409, "no_rollout", "id")),
        (("POST", &head, json!({ "action": "finish", "platform": "web" })), (400, "bad_request", "platform")),
        (("POST", &nothing, start(100)), (404, "unknown_update", "id")),
        (("POST", &nothing, json!({ "action": "revert" })), (404, "unknown_update", "id")),
    ] {
        desk.refused((request.0, request.1, request.2), problem).await;
    }
    desk.post(&head, start(5000)).await;
    for (request, problem) in [
        (("POST", &head, set(4999)), (409, "rollout_cannot_lower", "basis_points")),
        (("POST", &head, set(0)), (409, "rollout_cannot_lower", "basis_points")),
        (("POST", &head, set(10_001)), (400, "rollout_over_100", "basis_points")),
    ] {
        desk.refused((request.0, request.1, request.2), problem).await;
    }
    assert!(desk.group(&second.group).await.iter().all(|shown| shown.update.rollout == Some(5000)));
}

#[tokio::test]
async fn whatever_issues_meets_an_open_rollout_and_says_what_becomes_of_it() {
    for (on_rollout, old_states) in [("finish", [Covered; 2]), ("revert", [Disabled; 2])] {
        let desk = Desk::new().await;
        let first = desk.publish("first", "production").await;
        let rolling = desk.publish_with("rolling", &json!({ "rollout": 100 })).await;
        let refused = (409, "rollout_active", "");
        let republish = format!("/updates/{}/republish", first.group);
        desk.refused(("POST", &republish, Value::Null), refused).await;
        let back = json!({ "channel": "production", "to": "embedded" });
        desk.refused(("POST", "/roll-backs", back), refused).await;
        let prepared = desk.prepare_with("third", &json!({})).await;
        crate::scene::assert_problem(&prepared, refused, "a publish");

        let published = desk.publish_with("third", &json!({ "on_rollout": on_rollout })).await;
        assert_eq!(desk.states(&rolling.group).await, old_states, "{on_rollout}");
        assert_eq!(desk.states(&published.group).await, [Served; 2], "{on_rollout}");
        let besides: Vec<api::Why> = published.also.iter().map(|group| group.why).collect();
        assert!(besides.iter().all(|why| *why == api::Why::Reverted), "{besides:?}");
        assert_eq!(besides.is_empty(), on_rollout == "finish", "{on_rollout}: {besides:?}");
        for update in &published.updates {
            let served = Check::stock(&update.platform).with("accept", "application/json").send(&desk.server).await;
            assert_eq!(served.json()["id"], update.id, "the publish stands above all");
        }
    }
}

#[tokio::test]
async fn a_publish_takes_a_share_and_a_rule_or_says_what_is_wrong_with_them() {
    let desk = Desk::new().await;
    let rule = json!({ "device_in": [uuid::Uuid::from_u128(1)] });
    let published = desk.publish_with("for some", &json!({ "rollout": 1, "rule": rule })).await;
    for shown in desk.group(&published.group).await {
        assert_eq!((shown.update.rollout, shown.update.rule.as_ref()), (Some(1), Some(&rule)));
    }
    let lines = desk.audit(1000).await.len();
    for (members, problem) in [
        (json!({ "rollout": 10_001 }), (400, "rollout_over_100", "rollout")),
        (json!({ "rollout": 100_000 }), (400, "rollout_over_100", "rollout")),
        (json!({ "rollout": "half" }), (400, "bad_request", "body")),
        (json!({ "rule": { "device_in": "everyone" } }), (422, "invalid_rule", "rule")),
        (json!({ "rule": "everyone" }), (422, "invalid_rule", "rule")),
        (json!({ "on_rollout": "wait" }), (400, "bad_request", "body")),
        (json!({ "message": "x".repeat(10_001) }), (400, "bad_request", "message")),
        (json!({}), (409, "rollout_active", "")),
    ] {
        crate::scene::assert_problem(&desk.prepare_with("next", &members).await, problem, &members.to_string());
    }
    assert_eq!(desk.audit(1000).await.len(), lines);
}

#[tokio::test]
async fn a_rollout_that_opened_after_a_publish_was_prepared_is_not_trampled_on() {
    let desk = Desk::new().await;
    let first = desk.publish("first", "production").await;
    let prepared: api::Prepared = expect(&desk.prepare_with("second", &json!({})).await);
    desk.post(&path(&first.group), start(100)).await;
    let answer = desk.publisher.commit(&prepared.id).await;
    crate::scene::assert_problem(&answer, (409, "rollout_active", ""), "the commit");
    assert_eq!(desk.states(&first.group).await, [Rolling; 2]);
}

#[tokio::test]
async fn the_thirty_third_conditional_entry_is_refused() {
    let desk = Desk::new().await;
    let source = desk.publish("for testers", "production").await;
    desk.post("/branches", json!({ "name": "testers" })).await;
    let promote = format!("/updates/{}/promote", source.group);
    let body = |number: u128| {
        let rule = json!({ "device_in": [uuid::Uuid::from_u128(number)] });
        json!({ "branch": "testers", "platform": "ios", "rule": rule })
    };
    for number in 1..=32 {
        desk.post(&promote, body(number)).await;
    }
    desk.refused(("POST", &promote, body(33)), (409, "too_many_conditional_entries", "")).await;
    let oldest = desk.updates("&branch=testers").await.pop().unwrap();
    desk.post(&format!("/updates/{}/disable", oldest.id), Value::Null).await;
    desk.post(&promote, body(33)).await;
    let enable = format!("/updates/{}/enable", oldest.id);
    desk.refused(("POST", &enable, Value::Null), (409, "too_many_conditional_entries", "")).await;
}
