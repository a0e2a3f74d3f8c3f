//! Explaining: the decision of a check, told.

use api::ExplainedAnswer::{NotFound, Nothing, RollBackToEmbedded, Update};
use serde_json::{Value, json};
use testing::Check;
use uuid::Uuid;

use crate::operations_desk::Desk;
use crate::scene::id_of;

const DEVICE: &str = "0b7b5c0e-8c52-4c0e-9b0b-6f1f0e4a9d11";

/// What is explained, and what the log of a real check of the same device says.
async fn explain(desk: &Desk, more: &str) -> api::Explanation {
    let query = format!("channel=production&platform=ios&runtime_version=1.0.0&device={DEVICE}{more}");
    let explained: api::Explanation = desk.get(&format!("/explain?{query}")).await;
    let mut check = Check::stock("ios");
    for pair in more.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap();
        check = match (name, value.split_once('=')) {
            ("current", _) => check.running(value),
            ("embedded", _) => check.embedding(value),
            ("header", Some((name, value))) => check.with(name, value),
            _ => panic!("{pair}"),
        };
    }
    check.send(&desk.server).await;
    let record = desk.server.records.take().pop().unwrap();
    assert_eq!(explained.code, record.reason, "{more}");
    assert_eq!(explained.update, record.served.map(|update| update.to_string()), "{more}");
    assert!(!explained.explanation.is_empty() && !explained.device.explanation.is_empty());
    explained
}

#[tokio::test]
async fn every_answer_is_explained_as_the_check_decides_it() {
    let desk = Desk::new().await;
    let nothing = explain(&desk, "").await;
    assert_eq!((nothing.answer, &*nothing.code), (Nothing, "no_update_for_runtime"));
    assert_eq!(nothing.device.code, "keeps");

    let first = desk.publish("first", "production").await;
    let ios = id_of(&first, "ios");
    let served = explain(&desk, "").await;
    assert_eq!((served.answer, served.update.as_deref()), (Update, Some(ios)));
    assert_eq!((served.branch.as_deref(), served.filter.as_deref()), (Some("production"), Some("production")));
    assert_eq!((served.steps.len(), &*served.steps[0].code, &*served.device.code), (1, "chosen", "accepts"));
    let elsewhere = explain(&desk, &format!("&current={}", Uuid::from_u128(5))).await;
    assert_eq!(elsewhere.device.code, "depends", "on an update that the server does not know");

    let current = explain(&desk, &format!("&current={ios}")).await;
    assert_eq!((current.answer, &*current.code, &*current.device.code), (Nothing, "already_current", "keeps"));
    let failed = explain(&desk, &format!("&header=expo-recent-failed-update-ids=\"{ios}\"")).await;
    assert_eq!((failed.answer, &*failed.code), (Nothing, "failed_before"));

    let second = desk.publish("second", "production").await;
    desk.post(&format!("/updates/{}/disable", second.group), json!({})).await;
    let newer = explain(&desk, &format!("&current={}", id_of(&second, "ios"))).await;
    assert_eq!((newer.answer, &*newer.code), (Nothing, "running_newer"));

    desk.server.clock.advance(1000);
    let rolling = desk.publish_with("third", &json!({ "rollout": 0 })).await;
    let passed = explain(&desk, "").await;
    let steps: Vec<_> = passed.steps.iter().map(|step| (step.update.as_str(), step.code.as_str())).collect();
    let disabled = id_of(&second, "ios");
    assert_eq!(steps, [(id_of(&rolling, "ios"), "outside_rollout"), (disabled, "disabled"), (ios, "chosen")]);
    let draw = passed.steps[0].rollout.as_ref().unwrap();
    assert_eq!((draw.basis_points, draw.inside), (0, false));
    assert!(passed.steps[0].explanation.contains(&draw.bucket.to_string()));
    desk.post(&format!("/updates/{}/rollout", rolling.group), json!({ "action": "set", "basis_points": 10_000 })).await;
    let reached = explain(&desk, "").await;
    assert!(reached.steps[0].code == "chosen" && reached.steps[0].rollout.as_ref().unwrap().inside);
    desk.post(&format!("/updates/{}/rollout", rolling.group), json!({ "action": "finish" })).await;

    assert_eq!(desk.publisher.roll_back("production", api::RollBackTo::Embedded).await.status, 201);
    let embedded = format!("&embedded={}", Uuid::from_u128(7));
    let back = explain(&desk, &format!("{embedded}&current={ios}")).await;
    assert_eq!((back.answer, &*back.code, &*back.device.code), (RollBackToEmbedded, "served_roll_back", "accepts"));
    assert_eq!(back.steps[0].kind, api::UpdateKind::RollBackToEmbedded);
    let bare = format!("{embedded}&current={ios}&header=accept=application/json&header=expo-protocol-version=0");
    let bare = explain(&desk, &bare).await;
    assert_eq!((bare.answer, &*bare.code), (Nothing, "directive_not_deliverable"));
    let none_inside = explain(&desk, "").await;
    assert_eq!(none_inside.device.code, "refuses", "a client without an update inside ignores the directive");

    desk.patch("/channels/production", json!({ "paused": true })).await;
    assert_eq!(explain(&desk, "").await.code, "channel_paused");
    let unknown = explain(&desk, "&header=expo-channel-name=none").await;
    assert_eq!((unknown.answer, &*unknown.code, unknown.branch), (NotFound, "unknown_channel", None));
}

#[tokio::test]
async fn who_is_targeted_and_where_a_channel_sends_a_device_is_told() {
    let desk = Desk::new().await;
    desk.publish("of beta", "beta").await;
    let rule = json!({ "device_in": [Uuid::from_u128(1)] });
    desk.publish_with("for one", &json!({ "rule": rule })).await;
    let outside = explain(&desk, "").await;
    assert_eq!((&*outside.code, &*outside.steps[0].code), ("not_targeted", "outside_rule"));
    let inside = explain(&desk, &format!("&header=eas-client-id={}", Uuid::from_u128(1))).await;
    assert_eq!(inside.code, "served_update");
    for (share, branch) in [(0, "production"), (10_000, "beta")] {
        let action = if share == 0 { "start" } else { "set" };
        let mut body = json!({ "action": action, "basis_points": share });
        if share == 0 {
            body["branch"] = json!("beta");
        }
        desk.post("/channels/production/rollout", body).await;
        let explained = explain(&desk, "").await;
        let draw = explained.channel_rollout.unwrap();
        assert_eq!((explained.branch.as_deref(), draw.basis_points), (Some(branch), share));
        assert_eq!(draw.inside, branch == "beta");
    }
}

#[tokio::test]
async fn what_no_device_could_send_is_refused_by_its_field() {
    let desk = Desk::new().await;
    let good = "channel=production&platform=ios&runtime_version=1.0.0";
    for (query, problem) in [
        ("channel=production&platform=ios", (400, "bad_request", "query")),
        ("", (400, "bad_request", "query")),
        ("channel=production&platform=web&runtime_version=1.0.0", (400, "bad_request", "expo-platform")),
        (&*format!("{good}&device=mine"), (400, "bad_request", "device")),
        (&*format!("{good}&current=newest"), (400, "bad_request", "current")),
        (&*format!("{good}&embedded=mine"), (400, "bad_request", "embedded")),
        (&*format!("{good}&colour=red"), (400, "bad_request", "query")),
        (&*format!("{good}&platform=android"), (400, "bad_request", "query")),
        (&*format!("{good}&header=accept"), (400, "bad_request", "header")),
        (&*format!("{good}&header=a%20b=c"), (400, "bad_request", "header")),
        (&*format!("{good}&header=accept=a%0Ab"), (400, "bad_request", "header")),
        (&*format!("{good}&header=accept=image/png"), (400, "bad_request", "accept")),
        (&*format!("{good}&header=expo-protocol-version=2"), (400, "bad_request", "expo-protocol-version")),
    ] {
        desk.refused(("GET", &format!("/explain?{query}"), Value::Null), problem).await;
    }
    assert!(desk.server.records.take().is_empty(), "no check is counted");
}
