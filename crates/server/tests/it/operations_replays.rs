//! Every operation may arrive twice: under one key it takes effect once and is answered alike.

use http::Method;
use serde_json::{Value, json};

use crate::operations_desk::Desk;
use crate::scene::assert_problem;

#[tokio::test]
async fn every_operation_takes_effect_once_for_each_key() {
    let desk = Desk::new().await;
    let first = desk.publish("first", "production").await.group;
    desk.publish("second", "production").await;
    let third = desk.publish("third", "production").await.group;
    let of = |group: &str, what: &str| format!("/updates/{group}/{what}");
    let embedded = json!({
        "id": uuid::Uuid::from_u128(3), "platform": "ios", "runtime_version": "1.0.0",
        "created_at": "2026-01-01T00:00:00.000Z",
    });
    let rollout = of(&third, "rollout");
    let operations: [(Method, &str, Value, &str); 22] = [
        (Method::POST, "/channels", json!({ "name": "beta" }), "create_channel"),
        (Method::PATCH, "/channels/beta", json!({ "branch": "production" }), "point_channel"),
        (Method::PATCH, "/channels/beta", json!({ "paused": true }), "pause_channel"),
        (
            Method::POST,
            "/channels/beta/rollout",
            json!({ "action": "start", "branch": "beta", "basis_points": 5 }),
            "start_channel_rollout",
        ),
        (Method::POST, "/channels/beta/rollout", json!({ "action": "finish" }), "finish_channel_rollout"),
        (Method::DELETE, "/channels/beta", Value::Null, "delete_channel"),
        (Method::POST, "/branches", json!({ "name": "next" }), "create_branch"),
        (Method::PATCH, "/branches/next", json!({ "name": "later" }), "rename_branch"),
        (Method::DELETE, "/branches/later", Value::Null, "delete_branch"),
        (Method::PATCH, &*format!("/updates/{first}"), json!({ "message": "words" }), "edit_message"),
        (Method::POST, &of(&third, "disable"), json!({ "platform": "ios" }), "disable"),
        (Method::POST, &of(&third, "enable"), Value::Null, "enable"),
        (Method::POST, &rollout, json!({ "action": "start", "basis_points": 5 }), "start_rollout"),
        (Method::POST, &rollout, json!({ "action": "set", "basis_points": 50 }), "set_rollout"),
        (Method::POST, &rollout, json!({ "action": "revert" }), "revert_rollout"),
        (Method::POST, &of(&third, "republish"), Value::Null, "republish"),
        (Method::POST, &of(&third, "promote"), json!({ "branch": "beta" }), "promote"),
        (Method::POST, "/branches/production/pin", json!({ "group": third }), "pin"),
        (Method::POST, "/branches/production/unpin", Value::Null, "unpin"),
        (Method::POST, "/roll-backs", json!({ "channel": "production", "to": "previous" }), "roll_back"),
        (Method::POST, "/embedded", embedded, "register_embedded"),
        (Method::DELETE, &*format!("/updates/{first}?platform=ios"), Value::Null, "delete_updates"),
    ];
    for (number, (method, path, body, action)) in operations.into_iter().enumerate() {
        let key = format!("key {number}");
        let headers = [("idempotency-key", &*key)];
        let lines = desk.audit(1000).await.len();
        desk.server.clock.advance(1000);
        let once = desk.send_with(method.clone(), path, &body, &headers).await;
        let text = String::from_utf8_lossy(&once.body);
        assert!(once.status.is_success(), "{method} {path} {body}: {text}");
        let newest = desk.audit(1).await.remove(0);
        assert_eq!(newest.action, action, "{method} {path}");
        let twice = desk.send_with(method.clone(), path, &body, &headers).await;
        assert_eq!((twice.status, &twice.body), (once.status, &once.body), "{method} {path}");
        assert_eq!(desk.audit(1000).await.len(), lines + 1, "{method} {path} took effect twice");

        let conflict = (422, "idempotency_conflict", "idempotency-key");
        let mut other = if body.is_null() { json!({}) } else { body.clone() };
        if let Some(name) = other.get_mut("name") {
            *name = json!("another");
        } else if body.is_object() {
            // The same members in other bytes are another body.
            let spaced = format!("{body} ");
            let answer = desk.publisher.send(method.clone(), path, &headers, spaced.into()).await;
            assert_problem(&answer, conflict, &format!("{method} {path} with a space more"));
            continue;
        }
        let answer = desk.send_with(method.clone(), path, &other, &headers).await;
        assert_problem(&answer, conflict, &format!("{method} {path} {other}"));
    }
}

#[tokio::test]
async fn another_query_is_another_request() {
    let desk = Desk::new().await;
    let first = desk.publish("first", "production").await.group;
    desk.publish("second", "production").await;
    let headers = [("idempotency-key", "one")];
    let delete = |platform: &str| format!("/updates/{first}?platform={platform}");
    let answer = desk.send_with(Method::DELETE, &delete("ios"), &Value::Null, &headers).await;
    assert_eq!(answer.status, 200);
    let answer = desk.send_with(Method::DELETE, &delete("android"), &Value::Null, &headers).await;
    assert_problem(&answer, (422, "idempotency_conflict", "idempotency-key"), "another platform");
    assert_eq!(desk.group(&first).await.len(), 1, "Android's is left");
}

#[tokio::test]
async fn what_changed_nothing_keeps_its_key_and_what_was_refused_leaves_it_free() {
    let desk = Desk::new().await;
    let headers = [("idempotency-key", "one")];
    let pause = |paused: bool| json!({ "paused": paused });
    let path = "/channels/production";
    let refused = desk.send_with(Method::PATCH, path, &json!({ "branch": "none" }), &headers).await;
    assert_problem(&refused, (404, "unknown_branch", "branch"), "a refusal");
    let unchanged = desk.send_with(Method::PATCH, path, &pause(false), &headers).await;
    assert_eq!(unchanged.json()["changed"], false);
    desk.patch(path, pause(true)).await;
    let again = desk.send_with(Method::PATCH, path, &pause(false), &headers).await;
    assert_eq!(again.body, unchanged.body, "the same request has no late effect");
    assert!(desk.get::<api::Channel>(path).await.paused);
    let other = desk.send_with(Method::PATCH, path, &pause(true), &headers).await;
    assert_problem(&other, (422, "idempotency_conflict", "idempotency-key"), "another body");
}
