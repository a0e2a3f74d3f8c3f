//! Every answer has its reason, and the branch's filter goes exactly with those that leave the device something that
//! passes it (architecture.md §4 *Filters*).

use serde_json::{Value, json};
use testing::{Check, Export, Parts, TestServer};
use uuid::Uuid;

use crate::scene::{Scene, filter_of, id_of};

/// What a check must come to: status, reason, and whether it carries the branch's filter.
type Expected = (u16, &'static str, bool);

async fn assert_answers(scene: &Scene, checks: Vec<(&str, Check, Expected)>) {
    let manifest: Value = serde_json::from_str(scene.manifest("ios")).unwrap();
    for (what, check, (status, reason, filtered)) in checks {
        scene.server.records.take();
        let answer = check.send(&scene.server).await;
        let record = scene.server.records.take().remove(0);
        assert_eq!((answer.status.as_u16(), record.reason), (status, reason), "{what}");
        let filter = if filtered { filter_of(&manifest) } else { String::new() };
        assert_eq!(answer.header("expo-manifest-filters"), filter, "{what}");
        assert_eq!(record.served.is_some(), matches!(status, 200 | 304), "{what}");
    }
}

fn stock() -> Check {
    Check::stock("ios")
}

fn failed(ids: &[&str]) -> String {
    ids.iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(", ")
}

const FAILED: &str = "expo-recent-failed-update-ids";
const EMBEDDED: &str = "11111111-2222-4333-8444-555555555555";

#[tokio::test]
async fn a_device_that_needs_nothing_is_told_so_and_the_log_says_why() {
    let scene = Scene::new().await;
    let first = scene.id("ios").to_owned();
    let other = Uuid::from_u128(7).to_string();
    assert_answers(
        &scene,
        vec![
            ("a fresh install", stock(), (200, "served_update", true)),
            ("an embedded update", stock().running(EMBEDDED).embedding(EMBEDDED), (200, "served_update", true)),
            ("an update nobody knows", stock().running(&other), (200, "served_update", true)),
            ("an id that is none", stock().running("none"), (200, "served_update", true)),
            ("another runtime", stock().with("expo-runtime-version", "2.0.0"), (204, "no_update_for_runtime", false)),
            ("up to date", stock().running(&first), (204, "already_current", true)),
            ("up to date, upper case", stock().running(first.to_uppercase()), (204, "already_current", true)),
            (
                "up to date, and it failed to launch once",
                stock().running(&first).with(FAILED, failed(&[&first])),
                (204, "already_current", false),
            ),
            ("it failed", stock().with(FAILED, failed(&[&other, &first])), (204, "failed_before", false)),
            ("another failed", stock().with(FAILED, failed(&[&other])), (200, "served_update", true)),
            ("an unknown channel", stock().with("expo-channel-name", "nightly"), (404, "unknown_channel", false)),
        ],
    )
    .await;

    let second = scene.publisher.publish(&Export::small("1.0.0", "second"), "production").await;
    let second = id_of(&second, "ios").to_owned();
    assert_answers(
        &scene,
        vec![
            ("one behind", stock().running(&first), (200, "served_update", true)),
            ("the one before failed", stock().with(FAILED, failed(&[&first])), (200, "served_update", true)),
        ],
    )
    .await;
    scene.operate(&format!("/updates/{second}/disable"), &json!({})).await;
    let embedded = json!({
        "id": EMBEDDED, "platform": "ios", "runtime_version": "1.0.0", "created_at": "2033-05-18T03:33:20.000Z"
    });
    scene.operate("/embedded", &embedded).await;
    assert_answers(
        &scene,
        vec![
            ("it runs what was disabled", stock().running(&second), (204, "running_newer", true)),
            (
                "it runs what was disabled, and that failed",
                stock().running(&second).with(FAILED, failed(&[&second])),
                (204, "running_newer", false),
            ),
            ("a binary of tomorrow", stock().running(EMBEDDED).embedding(EMBEDDED), (204, "embedded_newer", false)),
            ("a fresh install", stock(), (200, "served_update", true)),
        ],
    )
    .await;
    let nobody = json!({ "action": "start", "basis_points": 0, "platform": "ios" });
    scene.operate(&format!("/updates/{first}/rollout"), &nobody).await;
    assert_answers(&scene, vec![("a rollout to nobody, and nothing beneath", stock(), (204, "not_targeted", false))])
        .await;
    scene.pause("production").await;
    assert_answers(&scene, vec![("a paused channel", stock(), (204, "channel_paused", false))]).await;
}

#[tokio::test]
async fn a_roll_back_to_embedded_goes_only_where_it_can_be_carried() {
    let scene = Scene::new().await;
    let running = || stock().running(scene.id("ios"));
    let back = scene.publisher.roll_back("production", api::RollBackTo::Embedded).await;
    assert_eq!(back.status, 201);
    let version = "expo-protocol-version";
    assert_answers(
        &scene,
        vec![
            ("with something inside", running().embedding(EMBEDDED), (200, "served_roll_back", true)),
            ("nothing inside that is named", running(), (200, "served_roll_back", false)),
            (
                "what is inside failed to launch",
                running().embedding(EMBEDDED).with(FAILED, failed(&[EMBEDDED])),
                (200, "served_roll_back", false),
            ),
            ("on embedded already", stock().running(EMBEDDED).embedding(EMBEDDED), (204, "already_current", true)),
            ("protocol 0", running().with(version, "0"), (204, "directive_not_deliverable", false)),
            ("no protocol version", running().without(version), (204, "directive_not_deliverable", false)),
            ("bare JSON", running().with("accept", "application/json"), (204, "directive_not_deliverable", false)),
            (
                "bare expo+json",
                running().with("accept", "application/expo+json,application/json"),
                (204, "directive_not_deliverable", false),
            ),
        ],
    )
    .await;
    let (with, without) = (running().embedding(EMBEDDED), running());
    let filtered = with.send(&scene.server).await;
    let plain = without.clone().with("if-none-match", filtered.header("etag")).send(&scene.server).await;
    assert_eq!(plain.status, 200, "a stored answer with a filter does not stand for one without");
    assert_eq!(plain.body, filtered.body, "only the filter differs");
    let unchanged = without.with("if-none-match", plain.header("etag")).send(&scene.server).await;
    assert_eq!(unchanged.status, 304);
    assert_eq!(unchanged.header("expo-manifest-filters"), "");
}

#[tokio::test]
async fn protocol_0_gets_what_it_understands_under_its_own_version() {
    let scene = Scene::new().await;
    for (version, answered) in [(Some("0"), "0"), (None, "0"), (Some("1"), "1")] {
        let asked = |check: Check| {
            let check = check.without("expo-protocol-version");
            version.into_iter().fold(check, |check, version| check.with("expo-protocol-version", version))
        };
        let answer = asked(stock()).send(&scene.server).await;
        crate::scene::assert_outer_headers(&answer, answered, "an update");
        assert_eq!(Parts::read(&answer).part("manifest").body, scene.manifest("ios"));
        let bare = asked(stock()).with("accept", "application/expo+json,application/json");
        assert_eq!(bare.send(&scene.server).await.header("expo-protocol-version"), answered);
        let nothing = asked(stock()).running(scene.id("ios")).send(&scene.server).await;
        assert_eq!(nothing.status, 204);
        crate::scene::assert_outer_headers(&nothing, "1", "a 204 is unknown to version 0");
    }
}

#[tokio::test]
async fn the_record_of_a_check_says_who_asked_for_what() {
    let scene = Scene::new().await;
    scene.server.records.take();
    let id = "5DEE6A1C-0F2B-4F5C-9D5F-0A1B2C3D4E5F";
    stock().with("eas-client-id", id).running(EMBEDDED).send(&scene.server).await;
    stock().with("expo-platform", "web").send(&scene.server).await;
    stock().with("expo-runtime-version", "9").with("expo-channel-name", "x".repeat(255)).send(&scene.server).await;
    let records = scene.server.records.take();
    let served = &records[0];
    assert_eq!(served.platform.map(model::Platform::as_str), Some("ios"));
    assert_eq!(served.runtime_version.as_ref().unwrap().as_str(), "1.0.0");
    assert_eq!(served.channel.as_ref().unwrap().as_str(), "production");
    assert_eq!(served.device, Some(id.parse().unwrap()), "iOS writes it in upper case");
    assert_eq!(served.current.map(|id| id.to_string()).as_deref(), Some(EMBEDDED));
    assert_eq!(served.served.map(|id| id.to_string()).as_deref(), Some(scene.id("ios")));
    assert!(served.ip.is_loopback());
    assert_eq!(served.status, 200);
    assert_eq!((records[1].status, records[1].reason), (400, "unknown_platform"));
    assert!(records[1].platform.is_none() && records[1].channel.is_none());
    assert_eq!(records[2].reason, "unknown_channel");
    assert_eq!(records[2].channel.as_ref().unwrap().as_str(), "x".repeat(255));
    assert_eq!(records[2].runtime_version.as_ref().unwrap().as_str(), "9");
}

#[tokio::test]
async fn a_restart_serves_the_same_bytes() {
    let scene = Scene::new().await;
    let before = stock().expecting("main").send(&scene.server).await;
    let server: TestServer = scene.server.restart().await;
    let after = stock().expecting("main").send(&server).await;
    assert_eq!(after.status, 200);
    assert_eq!((before.body, before.headers.get("etag")), (after.body, after.headers.get("etag")));
}
