//! The updates inside released binaries: registered, and warned of where they are newer than what is served.

use serde_json::{Value, json};
use testing::{Check, EMBEDDED_AT, Export};
use uuid::Uuid;

use crate::operations_desk::{Desk, codes};

const ID: Uuid = Uuid::from_u128(0xe5);

fn binary(created_at: &str) -> Value {
    json!({ "id": ID, "platform": "ios", "runtime_version": "1.0.0", "created_at": created_at })
}

#[tokio::test]
async fn a_binarys_update_is_registered_once_and_listed_as_it_was_told() {
    let desk = Desk::new().await;
    assert!(desk.get::<api::EmbeddedUpdates>("/embedded").await.embedded.is_empty());
    let told = api::Embedded {
        id: ID.to_string(),
        platform: "ios".into(),
        runtime_version: "1.0.0".into(),
        created_at: "2026-01-30T10:20:30.400Z".into(),
        launch_hash: Some("ab".repeat(32)),
        channel: Some("production".into()),
    };
    let body = serde_json::to_value(&told).unwrap();
    let registered = desk.post("/embedded", body.clone()).await;
    assert_eq!((registered.action.as_str(), registered.changed), ("register_embedded", true));
    assert!(!desk.post("/embedded", body.clone()).await.changed, "the same again");
    assert_eq!(desk.get::<api::EmbeddedUpdates>("/embedded").await.embedded, [told]);
    for (member, value) in [
        ("platform", json!("android")),
        ("runtime_version", json!("2.0.0")),
        ("created_at", json!("2026-01-30T10:20:30.401Z")),
        ("launch_hash", json!("cd".repeat(32))),
        ("channel", json!("beta")),
    ] {
        let mut other = body.clone();
        other[member] = value;
        desk.refused(("POST", "/embedded", other), (409, "embedded_conflict", "id")).await;
    }
    let mut less = body;
    less["channel"] = Value::Null;
    assert!(!desk.post("/embedded", less).await.changed, "what is not told contradicts nothing");
}

#[tokio::test]
async fn what_describes_no_binary_is_refused_by_its_field() {
    let desk = Desk::new().await;
    let good = binary("2026-01-30T10:20:30.400Z");
    for (member, value, problem) in [
        ("id", json!("one"), (400, "bad_request", "id")),
        ("platform", json!("web"), (400, "bad_request", "platform")),
        ("runtime_version", json!(""), (400, "invalid_name", "runtime_version")),
        ("created_at", json!("yesterday"), (400, "bad_request", "created_at")),
        ("created_at", json!("2026-01-30T10:20:30Z"), (400, "bad_request", "created_at")),
        ("created_at", json!(EMBEDDED_AT), (400, "bad_request", "body")),
        ("launch_hash", json!("abc"), (400, "bad_request", "launch_hash")),
        ("channel", json!(""), (400, "invalid_name", "channel")),
        ("name", json!("my app"), (400, "bad_request", "body")),
    ] {
        let mut body = good.clone();
        body[member] = value;
        desk.refused(("POST", "/embedded", body), problem).await;
    }
    desk.refused(("POST", "/embedded", Value::Null), (400, "bad_request", "body")).await;
}

#[tokio::test]
async fn a_binary_that_would_never_run_what_it_is_served_is_warned_of() {
    let desk = Desk::new().await;
    let published = desk.publish("before the binary", "production").await;
    // Built a minute after what is served was published.
    desk.server.clock.advance(60_000);
    let built = "2026-01-31T09:01:00.000Z";
    let registered = desk.post("/embedded", binary(built)).await;
    assert_eq!(codes(&registered.warnings), ["embedded_newer"], "at once");
    let shown = desk.group(&published.group).await;
    assert_eq!(codes(&shown[1].update.warnings), ["embedded_newer"], "in listings");
    assert!(shown[0].update.warnings.is_empty(), "Android has no such binary");

    let check = Check::stock("ios").embedding(ID).running(ID);
    assert_eq!(check.clone().send(&desk.server).await.status, 204);
    assert_eq!(desk.server.records.take().last().unwrap().reason, "embedded_newer");
    let to_beta = desk.post(&format!("/updates/{}/republish", published.group), Value::Null).await;
    assert!(to_beta.warnings.is_empty(), "{:?}", to_beta.warnings);
    assert_eq!(check.send(&desk.server).await.status, 200, "issued again, it is newer than the binary");

    desk.server.clock.advance(-120_000);
    let export = Export::small("2.0.0", "by a clock that is late").only("ios");
    let mut late = binary("2026-01-31T09:59:00.000Z");
    late["id"] = json!(Uuid::from_u128(0xe6));
    late["runtime_version"] = json!("2.0.0");
    desk.post("/embedded", late).await;
    let published = desk.publisher.publish(&export, "production").await;
    assert_eq!(codes(&published.warnings), ["embedded_newer"], "when it is published");
}
