//! Going back to a named group, with an open rollout in the way, on one platform.

use api::UpdateKind::RollBackToEmbedded;
use device::Launched;
use protocol::Platform;
use serde_json::{Value, json};
use testing::{Device, expect};
use uuid::Uuid;

use crate::operations_desk::Desk;
use crate::scene::id_of;

async fn back(desk: &Desk, body: &Value) -> api::Published {
    expect(&desk.publisher.post("/roll-backs", body).await)
}

#[tokio::test]
async fn to_a_named_group_is_what_phones_run_next() {
    let desk = Desk::new().await;
    let good = desk.publish("good", "production").await;
    desk.publish("worse", "production").await;
    desk.publish("worst", "production").await;
    let phone = |(platform, seed)| Device::new(platform, &desk.server.url(), "1.0.0", seed);
    let mut phones = [(Platform::Android, 1), (Platform::Ios, 2)].map(phone);
    for phone in &mut phones {
        phone.check_and_restart().await.unwrap();
    }
    let to_group = json!({ "channel": "production", "to": "group", "group": good.group, "message": "it crashes" });
    let issued = back(&desk, &to_group).await;
    assert!(issued.also.is_empty());
    for phone in &mut phones {
        let platform = phone.client.platform().as_str();
        let update = issued.updates.iter().find(|update| update.platform == platform).unwrap();
        assert_eq!(update.origin.as_deref(), Some(id_of(&good, platform)));
        let id: Uuid = update.id.parse().unwrap();
        assert_eq!(phone.check_and_restart().await.unwrap(), Launched::Update { id });
    }
    assert_eq!(desk.group(&issued.group).await[0].update.message.as_deref(), Some("it crashes"));

    let one = json!({ "branch": "production", "to": "group", "group": id_of(&good, "ios") });
    assert_eq!(back(&desk, &one).await.updates.len(), 1, "an update's id names that platform alone");
}

#[tokio::test]
async fn an_open_rollout_is_finished_or_reverted_by_the_same_operation() {
    for on_rollout in ["finish", "revert"] {
        let desk = Desk::new().await;
        let first = desk.publish("first", "production").await;
        desk.publish_with("rolling", &json!({ "rollout": 100 })).await;
        let body = json!({ "channel": "production", "to": "embedded", "on_rollout": on_rollout });
        let issued = back(&desk, &body).await;
        assert!(issued.updates.iter().all(|update| update.kind == RollBackToEmbedded), "{on_rollout}");
        assert!(desk.updates("&state=rolling").await.is_empty(), "{on_rollout}");
        assert_eq!(desk.audit(1).await[0].action, "roll_back", "one line for all of it");
        assert_eq!(desk.states(&first.group).await, [api::UpdateState::Covered; 2]);
    }
}

#[tokio::test]
async fn a_roll_back_that_leads_nowhere_is_refused_with_its_code() {
    let desk = Desk::new().await;
    let elsewhere = desk.publish("elsewhere", "beta").await;
    let here = desk.publish("here", "production").await;
    desk.post("/branches", json!({ "name": "empty" })).await;
    let to = |members: Value| {
        let mut body = json!({ "channel": "production", "to": "previous" });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        body
    };
    let nothing = (409, "nothing_to_roll_back_to", "");
    for (body, problem) in [
        (to(json!({})), nothing),
        (json!({ "branch": "empty", "to": "previous" }), nothing),
        (json!({ "branch": "empty", "to": "embedded" }), nothing),
        (to(json!({ "runtime_version": "9.9.9" })), nothing),
        (to(json!({ "to": "group" })), (400, "bad_request", "group")),
        (to(json!({ "group": here.group })), (400, "bad_request", "group")),
        (to(json!({ "to": "embedded", "group": here.group })), (400, "bad_request", "group")),
        (to(json!({ "to": "group", "group": elsewhere.group })), (409, "other_branch", "group")),
        (to(json!({ "to": "group", "group": Uuid::nil() })), (404, "unknown_update", "group")),
        (to(json!({ "to": "group", "group": "the last one" })), (404, "unknown_update", "group")),
        (
            to(json!({ "to": "group", "group": id_of(&here, "ios"), "platform": "android" })),
            (404, "unknown_update", "group"),
        ),
        (to(json!({ "to": "tomorrow" })), (400, "bad_request", "body")),
        (to(json!({ "branch": "production" })), (400, "bad_request", "channel")),
        (json!({ "to": "previous" }), (400, "bad_request", "channel")),
        (json!({ "channel": "none", "to": "previous" }), (404, "unknown_channel", "channel")),
        (json!({ "branch": "none", "to": "previous" }), (404, "unknown_branch", "branch")),
        (to(json!({ "platform": "web" })), (400, "bad_request", "platform")),
        (to(json!({ "message": "x".repeat(10_001) })), (400, "bad_request", "message")),
    ] {
        desk.refused(("POST", "/roll-backs", body), problem).await;
    }
}
