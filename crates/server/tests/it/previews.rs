//! `dry_run`: what an operation would come to is told, and nothing happens; then it happens as it was told.

use api::{Consequence, Operated, Published, Standing, StandingKind};
use http::Method;
use protocol::Platform;
use serde_json::{Value, json};
use testing::{Device, expect};
use uuid::Uuid;

use crate::operations_desk::Desk;
use crate::scene::{assert_problem, id_of};

/// Without the ids and times of what is issued, which a preview cannot know.
fn lasting(consequences: &[Consequence]) -> Vec<Consequence> {
    let lasting = |to: &Standing| {
        let mut to = to.clone();
        if to.issued {
            (to.update, to.created_at) = (None, None);
        }
        to
    };
    consequences.iter().map(|one| Consequence { to: lasting(&one.to), ..one.clone() }).collect()
}

async fn launched(phone: &mut Device) -> Option<Uuid> {
    phone.check_and_restart().await.unwrap().id()
}

#[tokio::test]
async fn a_roll_back_is_told_before_it_happens() {
    let desk = Desk::new().await;
    let [first, second] = [desk.publish("first", "production").await, desk.publish("second", "production").await];
    let mut phone = Device::new(Platform::Ios, &desk.server.url(), "1.0.0", 12);
    let bad = launched(&mut phone).await;
    assert_eq!(bad.map(|id| id.to_string()), Some(id_of(&second, "ios").to_owned()));
    let lines = desk.audit(1000).await.len();

    let body = json!({ "channel": "production", "to": "previous" });
    let key = [("idempotency-key", "one")];
    let preview: Published = expect(&desk.send_with(Method::POST, "/roll-backs?dry_run=true", &body, &key).await);
    assert!(preview.dry_run);
    let ios = preview.consequences.iter().find(|one| one.platform == "ios").unwrap();
    assert_eq!((ios.channel.as_str(), ios.branch.as_deref(), ios.reissued), ("production", Some("production"), 1));
    assert_eq!(ios.from.update.as_deref(), Some(id_of(&second, "ios")));
    assert_eq!((ios.to.kind, ios.to.issued), (StandingKind::Update, true));
    assert_eq!(ios.to.origin.as_deref(), Some(id_of(&first, "ios")));
    assert_eq!(desk.audit(1000).await.len(), lines);
    assert_eq!(launched(&mut phone).await, bad);
    assert_problem(
        &desk.publisher.get(&format!("/updates/{}", preview.group)).await,
        (404, "unknown_update", "id"),
        "",
    );

    // The key of the preview is not spent.
    let real: Published = expect(&desk.send_with(Method::POST, "/roll-backs", &body, &key).await);
    assert!(!real.dry_run);
    assert_eq!(lasting(&real.consequences), lasting(&preview.consequences));
    assert_eq!(desk.audit(1000).await.len(), lines + 1);
    let back = launched(&mut phone).await.unwrap().to_string();
    assert_eq!(real.consequences.iter().find(|one| one.platform == "ios").unwrap().to.update, Some(back));
    let again: Published = expect(&desk.send_with(Method::POST, "/roll-backs", &body, &key).await);
    assert_eq!(again, real, "the stored answer has them too");
}

#[tokio::test]
async fn every_operation_can_be_looked_at_first() {
    let desk = Desk::new().await;
    let first = desk.publish("first", "production").await;
    let covered = desk.publish("second", "production").await.group;
    let head = desk.publish_with("third", &json!({ "rollout": 2500 })).await.group;
    desk.post("/branches", json!({ "name": "next" })).await;
    let (lines, updates) = (desk.audit(1000).await.len(), desk.updates("").await);
    let rollout = format!("/updates/{head}/rollout");
    for (method, path, body, consequences) in [
        // A quarter goes back from the head, the rest is sent the same again, on both platforms.
        (Method::POST, rollout.as_str(), json!({ "action": "revert" }), 4),
        (Method::POST, &format!("/updates/{head}/disable"), json!({}), 2),
        (Method::DELETE, &format!("/updates/{}?platform=ios", first.group), Value::Null, 0),
        (Method::PATCH, "/channels/production", json!({ "branch": "next" }), 4),
        (Method::PATCH, "/channels/production", json!({ "paused": true }), 4),
        (Method::DELETE, "/channels/production", Value::Null, 4),
        (Method::DELETE, "/branches/next", Value::Null, 0),
        (Method::POST, "/branches", json!({ "name": "more" }), 0),
        (Method::POST, "/branches/production/pin", json!({ "group": covered, "on_rollout": "revert" }), 4),
    ] {
        let query = if path.contains('?') { "&dry_run=true" } else { "?dry_run=true" };
        let told: Operated = expect(&desk.send(method.clone(), &format!("{path}{query}"), &body).await);
        assert!(told.dry_run && told.changed, "{method} {path} {body}");
        assert_eq!(told.consequences.len(), consequences, "{method} {path} {body}: {:#?}", told.consequences);
    }
    assert_eq!((desk.audit(1000).await.len(), desk.updates("").await), (lines, updates));

    let told: Operated =
        expect(&desk.send(Method::POST, &format!("{rollout}?dry_run=true"), &json!({ "action": "revert" })).await);
    let shares: Vec<_> = told.consequences.iter().map(|one| one.share).collect();
    assert_eq!(shares, [Some(2500), Some(7500), Some(2500), Some(7500)]);
    let done = desk.post(&format!("{rollout}?dry_run=false"), json!({ "action": "revert" })).await;
    assert_eq!(lasting(&done.consequences), lasting(&told.consequences));
}

#[tokio::test]
async fn a_preview_is_refused_as_the_operation_would_be() {
    let desk = Desk::new().await;
    desk.publish("first", "production").await;
    let back = json!({ "channel": "production", "to": "previous" });
    desk.refused(("POST", "/roll-backs?dry_run=true", back.clone()), (409, "nothing_to_roll_back_to", "")).await;
    desk.refused(("DELETE", "/branches/production?dry_run=true", Value::Null), (409, "branch_in_use", "branch")).await;
    let pause = json!({ "paused": true });
    for query in ["dry_run=yes", "dry_run=", "dry_run=TRUE", "dry_run=true&dry_run=true"] {
        let path = format!("/channels/production?{query}");
        desk.refused(("PATCH", &path, pause.clone()), (400, "bad_request", "dry_run")).await;
    }
    let stale = [("if-match", "\"stale\"")];
    let answer = desk.send_with(Method::PATCH, "/channels/production?dry_run=true", &pause, &stale).await;
    assert_problem(&answer, (412, "precondition_failed", "if-match"), "a stale preview");
    let answer = desk.send(Method::PATCH, "/channels/production?dry_run=true", &pause).await;
    assert!(answer.status.is_success() && !answer.headers.contains_key("etag"), "a state that nobody is in has no tag");
}

#[tokio::test]
async fn what_has_no_preview_refuses_one() {
    let desk = Desk::new().await;
    let lines = desk.audit(1000).await.len();
    for path in
        ["/publishes", "/publishes/0198c5d2-0000-7000-8000-000000000000/commit", "/keys/generate", "/keys/import"]
    {
        let body = match path {
            "/publishes" => json!({ "channel": "production", "platforms": [] }),
            "/keys/generate" => json!({ "key_id": "second" }),
            "/keys/import" => json!({ "key_id": "second", "private_key": "", "certificate": "" }),
            _ => json!({}),
        };
        let answer = desk.send_with(Method::POST, &format!("{path}?dry_run=true"), &body, &[]).await;
        assert_problem(&answer, (400, "bad_request", "dry_run"), path);
    }
    assert_eq!(desk.audit(1000).await.len(), lines);
}

#[tokio::test]
async fn what_nothing_reads_is_refused() {
    let desk = Desk::new().await;
    let group = desk.publish("first", "production").await.group;
    let (disable, rule) = (format!("/updates/{group}/disable"), format!("/updates/{group}/rule"));
    let targeted = json!({ "rule": { "eq": { "fact": "locale", "value": "de" } } });
    for (method, path, body, headers, field) in [
        (Method::POST, format!("{disable}?platform=android"), json!({}), &[][..], "query"),
        (Method::PUT, format!("{rule}?platform=ios"), targeted.clone(), &[], "query"),
        (Method::PUT, rule.clone(), targeted.clone(), &[("if-match", "\"x\"")], "if-match"),
    ] {
        let answer = desk.send_with(method, &path, &body, headers).await;
        assert_problem(&answer, (400, "bad_request", field), &path);
    }
    let twice = r#"{"rule":{"not":{"eq":{"fact":"locale","value":"de"}},"not":{"eq":{"fact":"locale","value":"fr"}}}}"#;
    let answer = desk.server.publisher().send(Method::PUT, &rule, &[], twice.into()).await;
    assert_problem(&answer, (400, "bad_request", "body"), "a node twice");
    assert_eq!(desk.server.publisher().get(&format!("/updates/{group}")).await.json()["updates"][0].get("rule"), None);
}

#[tokio::test]
async fn a_config_that_no_app_has_is_refused() {
    let desk = Desk::new().await;
    let mut export = testing::Export::small("1.0.0", "large");
    export.config = Some(json!({ "name": "x".repeat(1 << 20) }));
    let publisher = desk.server.publisher();
    publisher.upload_missing(&export).await;
    let answer = publisher.post("/publishes", &testing::Publisher::prepare_request(&export, "production")).await;
    assert_problem(&answer, (400, "bad_request", "platforms[0].expo_config"), "a large config");
}
