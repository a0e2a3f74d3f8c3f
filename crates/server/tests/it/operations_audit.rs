//! The audit log: who, what, before and after, one line for each thing that was done.

use serde_json::{Value, json};
use testing::Publisher;

use crate::operations_desk::Desk;

/// The one value of an object of subjects.
fn only(facts: &Value) -> (&str, &Value) {
    let facts = facts.as_object().unwrap();
    assert_eq!(facts.len(), 1, "{facts:?}");
    facts.iter().next().map(|(subject, state)| (subject.as_str(), state)).unwrap()
}

#[tokio::test]
async fn a_line_tells_who_did_what_and_how_it_was_before_and_after() {
    let mut desk = Desk::new().await;
    desk.patch("/channels/production", json!({ "paused": true })).await;
    desk.server.clock.advance(5000);
    let first = desk.server.running().created.as_ref().unwrap().token.to_string();
    desk.publisher = Publisher::new(&desk.server.url(), &first);
    desk.patch("/channels/production", json!({ "paused": false })).await;
    let lines = desk.audit(2).await;
    let facts: Vec<_> =
        lines.iter().map(|line| (line.actor.as_str(), line.action.as_str(), line.at.as_str())).collect();
    assert_eq!(
        facts,
        [
            ("token:first start", "resume_channel", "2026-01-31T09:00:05.000Z"),
            ("token:this process", "pause_channel", "2026-01-31T09:00:00.000Z"),
        ]
    );
    for (line, before) in lines.iter().zip([true, false]) {
        let (subject, was) = only(&line.detail["before"]);
        assert!(subject.starts_with("channel "), "{subject}");
        assert_eq!((&was["name"], &was["paused"]), (&json!("production"), &json!(before)));
        let (same, is) = only(&line.detail["after"]);
        assert_eq!((same, &is["paused"]), (subject, &json!(!before)));
    }
}

#[tokio::test]
async fn each_kind_of_thing_is_told_with_what_was_changed_about_it() {
    let desk = Desk::new().await;
    let first = desk.publish("first", "production").await;
    let line = desk.audit(1).await.remove(0);
    assert_eq!((line.action.as_str(), &line.detail["issued"][0]["group"]), ("publish", &json!(first.group)));
    assert_eq!(line.detail["issued"][0]["updates"].as_array().unwrap().len(), 2);

    desk.post("/branches", json!({ "name": "next" })).await;
    let line = desk.audit(1).await.remove(0);
    assert_eq!(only(&line.detail["before"]).1, &Value::Null, "there was none");
    assert_eq!(only(&line.detail["after"]).1["name"], "next");
    desk.patch("/branches/next", json!({ "name": "later" })).await;
    let line = desk.audit(1).await.remove(0);
    assert_eq!(
        (only(&line.detail["before"]).1, only(&line.detail["after"]).1),
        (&json!({ "name": "next", "pinned": false }), &json!({ "name": "later", "pinned": false }),)
    );
    desk.delete("/branches/later").await;
    assert_eq!(only(&desk.audit(1).await[0].detail["after"]).1, &Value::Null, "there is none any more");

    let rollout = format!("/updates/{}/rollout", first.group);
    desk.post(&rollout, json!({ "action": "start", "basis_points": 500, "platform": "ios" })).await;
    desk.post(&rollout, json!({ "action": "set", "basis_points": 700 })).await;
    let line = desk.audit(1).await.remove(0);
    assert_eq!(line.action, "set_rollout");
    assert_eq!(only(&line.detail["before"]).1["rollout"], 500);
    assert_eq!(only(&line.detail["after"]).1["rollout"], 700);
    desk.patch(&format!("/updates/{}", first.group), json!({ "message": "words" })).await;
    let line = desk.audit(1).await.remove(0);
    assert_eq!(only(&line.detail["before"]), (format!("group {}", first.group).as_str(), &Value::Null));
    assert_eq!(only(&line.detail["after"]).1, "words");
    desk.patch(&format!("/updates/{}", first.group), json!({ "message": "others" })).await;
    assert_eq!(only(&desk.audit(1).await[0].detail["before"]).1, "words", "the old words are kept");
}

#[tokio::test]
async fn what_changes_nothing_leaves_no_line_and_the_log_is_bounded() {
    let desk = Desk::new().await;
    let lines = desk.audit(1000).await.len();
    desk.patch("/channels/production", json!({ "paused": false })).await;
    assert_eq!(desk.audit(1000).await.len(), lines);
    desk.patch("/channels/production", json!({ "paused": true })).await;
    assert_eq!(desk.get::<api::Audit>("/audit").await.lines.len(), lines + 1);
    assert_eq!(desk.audit(1).await.len(), 1);
    let all = desk.audit(1000).await;
    let older = desk.get::<api::Audit>(&format!("/audit?limit=2&before={}", all[0].id)).await.lines;
    assert_eq!(older, all[1..3.min(all.len())]);
    desk.refused(("GET", "/audit?before=yesterday", Value::Null), (400, "bad_request", "query")).await;
    for limit in ["0", "1001", "all", "-1"] {
        let field = if matches!(limit, "0" | "1001") { "limit" } else { "query" };
        desk.refused(("GET", &format!("/audit?limit={limit}"), Value::Null), (400, "bad_request", field)).await;
    }
}
