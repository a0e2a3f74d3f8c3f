//! Channels: what binaries name, and where it points.

use http::Method;
use serde_json::{Value, json};
use testing::{Check, expect};

use crate::operations_desk::Desk;
use crate::scene::{assert_problem, id_of};

async fn channel(desk: &Desk, name: &str) -> api::Channel {
    desk.get(&format!("/channels/{name}")).await
}

fn rollout(branch: &str, basis_points: u16) -> api::ChannelRollout {
    api::ChannelRollout { branch: branch.into(), basis_points }
}

#[tokio::test]
async fn a_channel_is_created_pointed_paused_resumed_and_deleted_whatever_its_name() {
    let desk = Desk::new().await;
    let beta = desk.publish("of beta", "beta").await;
    let (name, in_path) = ("feature/new login ü", "feature%2Fnew%20login%20%C3%BC");
    let created = desk.send(Method::POST, "/channels", &json!({ "name": name })).await;
    assert_eq!(created.status, 201);
    let created: api::Operated = expect(&created);
    assert_eq!((created.action.as_str(), created.changed), ("create_channel", true));
    let own = api::Channel { name: name.into(), branch: name.into(), rollout: None, paused: false };
    assert_eq!(channel(&desk, in_path).await, own, "it points at the branch of its own name");

    let path = format!("/channels/{in_path}");
    desk.patch(&path, json!({ "branch": "beta" })).await;
    assert_eq!(channel(&desk, in_path).await.branch, "beta");
    let check = Check::stock("ios").with("expo-channel-name", name).with("accept", "application/json");
    assert_eq!(check.clone().send(&desk.server).await.json()["id"], id_of(&beta, "ios"));

    for (paused, status) in [(true, 204), (false, 200)] {
        desk.patch(&path, json!({ "paused": paused })).await;
        assert_eq!(channel(&desk, in_path).await.paused, paused);
        assert_eq!(check.clone().send(&desk.server).await.status, status);
        let again = desk.patch(&path, json!({ "paused": paused })).await;
        assert!(!again.changed, "it is as asked for already");
    }
    let deleted = desk.delete(&path).await;
    assert_eq!(deleted.action, "delete_channel");
    let unknown = (404, "unknown_channel", "channel");
    desk.refused(("GET", &path, Value::Null), unknown).await;
    assert_problem(&check.send(&desk.server).await, (404, "unknown_channel", "expo-channel-name"), "deleted");
    let names: Vec<String> =
        desk.get::<api::Channels>("/channels").await.channels.into_iter().map(|channel| channel.name).collect();
    assert_eq!(names, ["beta", "production"]);
}

#[tokio::test]
async fn a_channel_can_be_created_at_a_branch_that_is_there() {
    let desk = Desk::new().await;
    desk.post("/channels", json!({ "name": "canary", "branch": "production" })).await;
    assert_eq!(channel(&desk, "canary").await.branch, "production");
    let branches = desk.get::<api::Branches>("/branches").await.branches;
    assert_eq!(branches.len(), 1, "no branch of its own: {branches:?}");
    assert_eq!(branches[0].channels, ["canary", "production"]);
}

#[tokio::test]
async fn a_channel_rollout_starts_changes_in_both_directions_and_ends_either_way() {
    let desk = Desk::new().await;
    desk.post("/branches", json!({ "name": "next" })).await;
    let path = "/channels/production/rollout";
    for (end, at_last) in [("revert", "production"), ("finish", "next")] {
        desk.post(path, json!({ "action": "start", "branch": "next", "basis_points": 100 })).await;
        assert_eq!(channel(&desk, "production").await.rollout, Some(rollout("next", 100)));
        for share in [10_000, 5, 0] {
            desk.post(path, json!({ "action": "set", "basis_points": share })).await;
            assert_eq!(channel(&desk, "production").await.rollout, Some(rollout("next", share)));
        }
        desk.post(path, json!({ "action": end })).await;
        let ended = channel(&desk, "production").await;
        assert_eq!((ended.branch.as_str(), ended.rollout), (at_last, None));
    }
    let app: api::App = desk.get("").await;
    assert_eq!(app.channels[0].branches, ["next"]);
}

#[tokio::test]
async fn what_cannot_be_done_to_a_channel_is_refused_with_its_code() {
    let desk = Desk::new().await;
    desk.post("/branches", json!({ "name": "next" })).await;
    let [one, rollout] = ["/channels/production", "/channels/production/rollout"];
    let start = |branch: &str, share: u32| json!({ "action": "start", "branch": branch, "basis_points": share });
    for (request, problem) in [
        (("POST", "/channels", json!({ "name": "production" })), (409, "channel_exists", "name")),
        (("POST", "/channels", json!({ "name": "a", "branch": "nothing" })), (404, "unknown_branch", "branch")),
        (("POST", "/channels", json!({ "name": ".." })), (400, "invalid_name", "name")),
        (("POST", "/channels", json!(["a", null])), (400, "bad_request", "body")),
        (("POST", "/channels", json!({ "name": "" })), (400, "invalid_name", "name")),
        (("POST", "/channels", json!({ "name": "a\u{7}" })), (400, "invalid_name", "name")),
        (("POST", "/channels", json!({ "name": "a".repeat(256) })), (400, "invalid_name", "name")),
        (("POST", "/channels", json!({ "name": "a", "colour": "red" })), (400, "bad_request", "body")),
        (("PATCH", one, json!({ "branch": "nothing" })), (404, "unknown_branch", "branch")),
        (("PATCH", one, json!({})), (400, "bad_request", "body")),
        (("PATCH", one, json!({ "branch": "next", "paused": true })), (400, "bad_request", "body")),
        (("PATCH", "/channels/none", json!({ "paused": true })), (404, "unknown_channel", "channel")),
        (("PATCH", "/channels/%07", json!({ "paused": true })), (404, "unknown_channel", "channel")),
        (("DELETE", "/channels/none", Value::Null), (404, "unknown_channel", "channel")),
        (("DELETE", one, json!({ "sure": true })), (400, "bad_request", "body")),
        (("POST", "/channels/none/rollout", json!({ "action": "finish" })), (404, "unknown_channel", "channel")),
        (("POST", rollout, start("next", 10_001)), (400, "rollout_over_100", "basis_points")),
        (("POST", rollout, start("next", 70_000)), (400, "rollout_over_100", "basis_points")),
        (("POST", rollout, start("production", 100)), (409, "same_branch", "branch")),
        (("POST", rollout, start("nothing", 100)), (404, "unknown_branch", "branch")),
        (("POST", rollout, json!({ "action": "set", "basis_points": 100 })), (409, "no_channel_rollout", "channel")),
        (("POST", rollout, json!({ "action": "finish" })), (409, "no_channel_rollout", "channel")),
        (("POST", rollout, json!({ "action": "revert" })), (409, "no_channel_rollout", "channel")),
        (("POST", rollout, json!({ "action": "stop" })), (400, "bad_request", "body")),
        (("POST", rollout, Value::Null), (400, "bad_request", "body")),
    ] {
        desk.refused(request, problem).await;
    }
    desk.post(rollout, start("next", 100)).await;
    for (request, problem) in [
        (("POST", rollout, start("next", 200)), (409, "split_channel", "channel")),
        (("PATCH", one, json!({ "branch": "next" })), (409, "split_channel", "channel")),
        (
            ("POST", rollout, json!({ "action": "set", "basis_points": 10_001 })),
            (400, "rollout_over_100", "basis_points"),
        ),
        (("DELETE", "/branches/next", Value::Null), (409, "branch_in_use", "branch")),
        (("DELETE", "/branches/production", Value::Null), (409, "branch_in_use", "branch")),
        (
            ("POST", "/roll-backs", json!({ "channel": "production", "to": "embedded" })),
            (409, "split_channel", "channel"),
        ),
    ] {
        desk.refused(request, problem).await;
    }
}
