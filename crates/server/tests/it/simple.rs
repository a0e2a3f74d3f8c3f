//! The product brief's own, simpler shape (protocol.md §8): other names for the channel, an API key, plain JSON.

use testing::{Check, Export, Parts, TestServer};

use crate::scene::{Scene, assert_problem, id_of};

const CHANNEL: &str = "expo-channel-name";
const RELEASE: &str = "expo-release-channel";

#[tokio::test]
async fn the_channel_comes_from_the_first_place_that_names_one() {
    let scene = Scene::new().await;
    let staging = scene.publisher.publish(&Export::small("1.0.0", "staging"), "staging").await;
    let (production, staging) = (scene.id("ios"), id_of(&staging, "ios"));
    let check = || Check::stock("ios").without(CHANNEL);
    for (what, check, expected) in [
        ("nothing", check(), production),
        ("the old header", check().with(RELEASE, "staging"), staging),
        ("the query", check().at("/update?channel=staging"), staging),
        ("the query of an app's own address", check().at("/apps/default/update?x=1&channel=staging"), staging),
        ("both headers", check().with(CHANNEL, "production").with(RELEASE, "staging"), production),
        ("a header and the query", check().with(RELEASE, "production").at("/update?channel=staging"), production),
        ("another parameter", check().at("/update?channels=staging"), production),
    ] {
        let answer = check.send(&scene.server).await;
        assert_eq!(answer.status, 200, "{what}");
        assert_eq!(Parts::read(&answer).part("manifest").json()["id"], expected, "{what}");
    }
    for (what, check, problem) in [
        ("a header", check().with(CHANNEL, "nightly"), (404, "unknown_channel", CHANNEL)),
        ("the old header", check().with(RELEASE, "nightly"), (404, "unknown_channel", RELEASE)),
        ("the query", check().at("/update?channel=nightly"), (404, "unknown_channel", "channel")),
        ("an empty header", check().with(CHANNEL, ""), (400, "empty_channel", CHANNEL)),
        ("an empty query", check().at("/update?channel="), (400, "empty_channel", "channel")),
        ("two queries", check().at("/update?channel=a&channel=b"), (400, "ambiguous_header", "channel")),
        (
            "an endless query",
            check().at(&format!("/update?channel={}", "x".repeat(256))),
            (400, "channel_too_long", "channel"),
        ),
    ] {
        assert_problem(&check.send(&scene.server).await, problem, what);
    }
}

#[tokio::test]
async fn the_platform_may_be_written_in_any_case() {
    let scene = Scene::new().await;
    for (sent, platform) in [("iOS", "ios"), ("IOS", "ios"), ("Android", "android"), ("ANDROID", "android")] {
        let answer = Check::stock(sent).with("accept", "application/json").send(&scene.server).await;
        assert_eq!(answer.json()["id"], scene.id(platform), "{sent}");
    }
}

#[tokio::test]
async fn one_of_the_api_keys_opens_the_door_and_nothing_else_does() {
    let server = TestServer::builder()
        .set("UPDRAFT_DEVICES_ACCESS", "api-key")
        .set("UPDRAFT_DEVICES_API_KEYS", "first-key-0123456789,second-key-0123456789")
        .start()
        .await;
    let publisher = server.publisher();
    publisher.publish(&Export::small("1.0.0", "first"), "production").await;
    let check = || Check::stock("ios");
    for key in ["first-key-0123456789", "second-key-0123456789"] {
        assert_eq!(check().with("x-api-key", key).send(&server).await.status, 200, "{key}");
    }
    for (what, check, code) in [
        ("no key", check(), "missing_api_key"),
        ("an empty key", check().with("x-api-key", ""), "wrong_api_key"),
        ("a wrong key", check().with("x-api-key", "third-key-0123456789"), "wrong_api_key"),
        ("half a key", check().with("x-api-key", "first-key"), "wrong_api_key"),
        ("both at once", check().with("x-api-key", "first-key-0123456789,second-key-0123456789"), "wrong_api_key"),
        (
            "two lines",
            check().and("x-api-key", "first-key-0123456789").and("x-api-key", "second-key-0123456789"),
            "wrong_api_key",
        ),
        ("the operator's token", check().with("x-api-key", &server.token), "wrong_api_key"),
        ("in another header", check().with("authorization", "Bearer first-key-0123456789"), "missing_api_key"),
        ("no key for an unknown app", check().at("/apps/other/update"), "missing_api_key"),
        ("no key for an unknown channel", check().with(CHANNEL, "nightly"), "missing_api_key"),
    ] {
        server.records.take();
        let answer = check.send(&server).await;
        assert_problem(&answer, (401, code, "x-api-key"), what);
        assert_eq!(answer.header("www-authenticate"), "ApiKey", "{what}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("0123456789"), "{what}: the answer tells no key");
        let record = server.records.take().remove(0);
        assert_eq!((record.status, record.reason), (401, code), "{what}");
        assert_eq!(record.runtime_version.as_ref().unwrap().as_str(), "1.0.0", "{what}: the log says who it was");
    }
}
