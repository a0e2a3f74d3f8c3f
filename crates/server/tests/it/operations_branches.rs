//! Branches: made, renamed, pinned, deleted.

use http::Method;
use serde_json::{Value, json};
use testing::{Check, expect};

use crate::operations_desk::Desk;
use crate::scene::id_of;

async fn branch(desk: &Desk, name: &str) -> api::Branch {
    let branches = desk.get::<api::Branches>("/branches").await.branches;
    branches.into_iter().find(|branch| branch.name == name).unwrap_or_else(|| panic!("there is no {name}"))
}

#[tokio::test]
async fn a_branch_lists_what_it_has_newest_and_who_points_at_it() {
    let desk = Desk::new().await;
    let created = desk.send(Method::POST, "/branches", &json!({ "name": "next" })).await;
    assert_eq!(created.status, 201);
    let next = branch(&desk, "next").await;
    assert!(next.heads.is_empty() && next.channels.is_empty() && !next.pinned);
    desk.publish("first", "production").await;
    let second = desk.publish("second", "production").await;
    let production = branch(&desk, "production").await;
    assert_eq!(production.channels, ["production"]);
    let heads: Vec<_> = production.heads.iter().map(|head| (head.platform.as_str(), head.update.as_str())).collect();
    assert_eq!(heads, [("android", id_of(&second, "android")), ("ios", id_of(&second, "ios"))]);
    assert_eq!(production.heads[0].created_at, second.updates[0].created_at);
}

#[tokio::test]
async fn devices_notice_nothing_of_another_name() {
    let desk = Desk::new().await;
    desk.publish("first", "production").await;
    let check = Check::stock("ios");
    let filter = |answer: &testing::Answered| answer.header("expo-manifest-filters").to_owned();
    let before = check.clone().send(&desk.server).await;
    let id = branch(&desk, "production").await.id;
    desk.patch("/branches/production", json!({ "name": "main/röd" })).await;
    assert_eq!(branch(&desk, "main/röd").await.id, id);
    assert_eq!(desk.get::<api::Channel>("/channels/production").await.branch, "main/röd");
    let after = check.send(&desk.server).await;
    assert_eq!(filter(&before), filter(&after));
    assert_eq!(before.body, after.body);
    let same = desk.patch("/branches/main%2Fr%C3%B6d", json!({ "name": "main/röd" })).await;
    assert!(!same.changed);
    desk.refused(("PATCH", "/branches/production", json!({ "name": "x" })), (404, "unknown_branch", "branch")).await;
}

#[tokio::test]
async fn a_deleted_branch_frees_its_name_and_keeps_its_history() {
    let desk = Desk::new().await;
    let published = desk.publish("of beta", "beta").await;
    desk.refused(("DELETE", "/branches/beta", Value::Null), (409, "branch_in_use", "branch")).await;
    desk.delete("/channels/beta").await;
    let id = branch(&desk, "beta").await.id;
    desk.delete("/branches/beta").await;
    desk.post("/branches", json!({ "name": "beta" })).await;
    assert_ne!(branch(&desk, "beta").await.id, id);
    assert!(branch(&desk, "beta").await.heads.is_empty());
    let shown = desk.group(&published.group).await;
    assert!(shown.iter().all(|shown| shown.update.branch == id), "known by the branch's id");
    assert_eq!(desk.states(&published.group).await, [api::UpdateState::Covered; 2]);
}

#[tokio::test]
async fn a_pin_issues_the_good_group_and_holds_what_follows() {
    let desk = Desk::new().await;
    let good = desk.publish("good", "production").await;
    desk.publish("worse", "production").await;
    let pinned = desk.post("/branches/production/pin", json!({ "group": good.group })).await;
    assert_eq!((pinned.groups.len(), pinned.groups[0].why), (1, api::Why::Asked));
    for update in &pinned.groups[0].updates {
        assert_eq!(update.origin.as_deref(), Some(id_of(&good, &update.platform)));
        assert!(!update.held);
    }
    assert!(branch(&desk, "production").await.pinned);
    let prepared: api::Prepared = expect(&desk.prepare_with("while pinned", &json!({})).await);
    assert_eq!(prepared.warnings.iter().filter(|warning| warning.code == "held").count(), 1);
    let held: api::Published = expect(&desk.publisher.commit(&prepared.id).await);
    assert!(held.updates.iter().all(|update| update.held));
    assert_eq!(desk.states(&held.group).await, [api::UpdateState::Held; 2]);
    assert_eq!(desk.updates("&state=held").await.len(), 2);
    let request = ("DELETE", &*format!("/updates/{}", held.group), Value::Null);
    desk.refused(request, (409, "update_needed", "id")).await;

    let unpinned = expect::<api::Operated>(&desk.send(Method::POST, "/branches/production/unpin", &Value::Null).await);
    assert_eq!(unpinned.action, "unpin");
    assert_eq!(desk.states(&held.group).await, [api::UpdateState::Served; 2]);
    assert!(!branch(&desk, "production").await.pinned);
}

#[tokio::test]
async fn what_cannot_be_done_to_a_branch_is_refused_with_its_code() {
    let desk = Desk::new().await;
    let other = desk.publish("elsewhere", "beta").await;
    let here = desk.publish("here", "production").await;
    let pin = "/branches/production/pin";
    for (request, problem) in [
        (("POST", "/branches", json!({ "name": "beta" })), (409, "branch_exists", "name")),
        (("POST", "/branches", json!({ "name": " beta" })), (400, "invalid_name", "name")),
        (("POST", "/branches", json!({})), (400, "bad_request", "body")),
        (("PATCH", "/branches/beta", json!({ "name": "production" })), (409, "branch_exists", "name")),
        (("PATCH", "/branches/beta", json!({ "name": "" })), (400, "invalid_name", "name")),
        (("DELETE", "/branches/nothing", Value::Null), (404, "unknown_branch", "branch")),
        (("POST", "/branches/nothing/pin", json!({ "group": here.group })), (404, "unknown_branch", "branch")),
        (("POST", "/branches/nothing/unpin", Value::Null), (404, "unknown_branch", "branch")),
        (("POST", "/branches/production/unpin", Value::Null), (409, "not_pinned", "branch")),
        (("POST", pin, json!({ "group": other.group })), (409, "other_branch", "group")),
        (("POST", pin, json!({ "group": uuid::Uuid::nil() })), (404, "unknown_update", "group")),
        (("POST", pin, json!({ "group": "the last one" })), (404, "unknown_update", "group")),
        (("POST", pin, json!({ "group": here.group, "platform": "web" })), (400, "bad_request", "platform")),
        (("POST", pin, json!({})), (400, "bad_request", "body")),
    ] {
        desk.refused(request, problem).await;
    }
    desk.publish_with("rolling", &json!({ "rollout": 100 })).await;
    desk.refused(("POST", pin, json!({ "group": here.group })), (409, "rollout_active", "")).await;
    let pinned = desk.post(pin, json!({ "group": here.group, "on_rollout": "revert" })).await;
    assert!(pinned.groups.iter().any(|group| group.why == api::Why::Asked), "{:?}", pinned.groups);
    assert!(desk.updates("&state=rolling").await.is_empty());
}
