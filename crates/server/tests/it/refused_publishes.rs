//! Publishes that cannot be: each refused by name, and nothing of them is left.

use serde_json::{Value, json};
use testing::{Check, Export, ExportedFile, Publisher, expect};

use crate::scene::{Scene, assert_problem};

/// A publish of something new to a new channel, as JSON to spoil; its files are uploaded.
async fn good_request(scene: &Scene) -> Value {
    let export = Export::small("1.0.0", "never to be served");
    scene.publisher.upload_missing(&export).await;
    serde_json::to_value(Publisher::prepare_request(&export, "beta")).unwrap()
}

fn with(mut request: Value, pointer: &str, value: Value) -> Value {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    let parent = request.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(items) => items[member.parse::<usize>().unwrap()] = value,
        other => other[member] = value,
    }
    request
}

fn without(mut request: Value, parent: &str, member: &str) -> Value {
    request.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member).unwrap();
    request
}

/// Asserts that the refused publish left no trace: no channel, no file, and what was served is served.
async fn assert_nothing_left(scene: &Scene, files: usize, what: &str) {
    assert_eq!(scene.server.blob_files().len(), files, "{what}");
    let app: api::App = expect(&scene.publisher.get("").await);
    let names: Vec<_> = app.channels.iter().map(|channel| channel.name.as_str()).collect();
    assert_eq!(names, ["production"], "{what}");
    let beta = Check::stock("ios").with("expo-channel-name", "beta").send(&scene.server).await;
    assert_eq!(beta.status, 404, "{what}");
    scene.assert_unharmed(what).await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table")]
async fn each_fault_names_its_field() {
    let scene = Scene::new().await;
    let good = good_request(&scene).await;
    let files = scene.server.blob_files().len();
    let absent = "0".repeat(64);
    let asset = |member: &str| format!("/platforms/0/assets/0/{member}");
    let mut one_in_lower_case = good.clone();
    let other = one_in_lower_case["platforms"][0]["assets"][1].clone();
    for member in ["key", "ext"] {
        one_in_lower_case["platforms"][0]["assets"][0][member] = json!(other[member].as_str().unwrap().to_uppercase());
    }
    for (what, request, (status, code, field)) in [
        ("no platform", with(good.clone(), "/platforms", json!([])), (400, "bad_request", "platforms")),
        (
            "a platform twice",
            with(good.clone(), "/platforms/1/platform", json!("android")),
            (400, "bad_request", "platforms[1].platform"),
        ),
        (
            "web",
            with(good.clone(), "/platforms/1/platform", json!("web")),
            (400, "bad_request", "platforms[1].platform"),
        ),
        (
            "a platform in upper case",
            with(good.clone(), "/platforms/0/platform", json!("Android")),
            (400, "bad_request", "platforms[0].platform"),
        ),
        (
            "no runtime version",
            with(good.clone(), "/platforms/0/runtime_version", json!("")),
            (400, "invalid_name", "platforms[0].runtime_version"),
        ),
        (
            "5 kB of runtime version",
            with(good.clone(), "/platforms/0/runtime_version", json!("x".repeat(5000))),
            (400, "invalid_name", "platforms[0].runtime_version"),
        ),
        (
            "a bundle by its path",
            with(good.clone(), "/platforms/0/bundle", json!("_expo/static/js/index.hbc")),
            (400, "bad_request", "platforms[0].bundle"),
        ),
        (
            "a missing bundle",
            with(good.clone(), "/platforms/0/bundle", json!(absent)),
            (409, "missing_blobs", "platforms.assets.hash"),
        ),
        (
            "an asset that is no hash",
            with(good.clone(), &asset("hash"), json!("../logo.png")),
            (400, "bad_request", "platforms[0].assets[0].hash"),
        ),
        (
            "a missing asset",
            with(good.clone(), &asset("hash"), json!(absent)),
            (409, "missing_blobs", "platforms.assets.hash"),
        ),
        (
            "a key that leaves its directory",
            with(good.clone(), &asset("key"), json!("../../x")),
            (400, "refused_by_client", ""),
        ),
        ("an absolute key", with(good.clone(), &asset("key"), json!("/etc/passwd")), (400, "refused_by_client", "")),
        (
            "an extension with a path",
            with(good.clone(), &asset("ext"), json!("png/../../x")),
            (400, "refused_by_client", ""),
        ),
        ("a key with NUL", with(good.clone(), &asset("key"), json!("a\0b")), (400, "refused_by_client", "")),
        (
            "an asset under the bundle's key",
            with(good.clone(), &asset("key"), good["platforms"][0]["bundle"].clone()),
            (400, "refused_by_client", ""),
        ),
        (
            "two files under one key",
            with(good.clone(), &asset("key"), good["platforms"][0]["assets"][1]["key"].clone()),
            (400, "asset_key_conflict", "platforms.assets.key"),
        ),
        (
            "two files under keys that differ in case only",
            one_in_lower_case,
            (400, "asset_key_conflict", "platforms.assets.key"),
        ),
        (
            "an Expo config that is a text",
            with(good.clone(), "/platforms/0/expo_config", json!("app.json")),
            (400, "refused_by_client", ""),
        ),
        (
            "an Expo config that is a list",
            with(good.clone(), "/platforms/1/expo_config", json!([])),
            (400, "refused_by_client", ""),
        ),
        ("an empty key", with(good.clone(), &asset("key"), json!("")), (400, "bad_request", "platforms.assets.key")),
        (
            "a key that with its bare dot is two",
            with(with(good.clone(), &asset("key"), json!(".")), &asset("ext"), json!("")),
            (400, "refused_by_client", ""),
        ),
        (
            "a key too long for a file name",
            with(good.clone(), &asset("key"), json!("x".repeat(300))),
            (400, "bad_request", "platforms.assets.key"),
        ),
        ("channel and branch", with(good.clone(), "/branch", json!("main")), (400, "bad_request", "channel")),
        ("neither", without(good.clone(), "", "channel"), (400, "bad_request", "channel")),
        (
            "an unknown branch",
            with(without(good.clone(), "", "channel"), "/branch", json!("main")),
            (404, "unknown_branch", "branch"),
        ),
        (
            "an unknown channel",
            with(good.clone(), "/create_channel", json!(false)),
            (404, "unknown_channel", "channel"),
        ),
    ] {
        let answer = scene.publisher.post("/publishes", &request).await;
        assert_problem(&answer, (status, code, field), what);
        assert_nothing_left(&scene, files, what).await;
    }
    let prepared: api::Prepared = expect(&scene.publisher.post("/publishes", &good).await);
    expect::<api::Published>(&scene.publisher.commit(&prepared.id).await);
    let beta = Check::stock("ios").with("expo-channel-name", "beta").send(&scene.server).await;
    assert_eq!(beta.status, 200, "unspoilt, the same request goes through");
}

#[tokio::test]
async fn a_body_that_is_not_the_one_of_the_api_is_refused_and_says_why() {
    let scene = Scene::new().await;
    let good = good_request(&scene).await;
    let files = scene.server.blob_files().len();
    let text = good.to_string();
    for (what, body, says) in [
        ("nothing", String::new(), "platforms"),
        ("no JSON", "channel=beta".into(), "expected value"),
        ("half of it", text[..text.len() / 2].into(), "EOF"),
        ("another document behind it", format!("{text}{{}}"), "trailing"),
        ("a list", "[]".into(), "expected an object"),
        ("null", "null".into(), "missing field"),
        ("an unknown field", with(good.clone(), "/chanel", json!("beta")).to_string(), "chanel"),
        ("an unknown field deep inside", with(good.clone(), "/platforms/0/bundel", json!("")).to_string(), "bundel"),
        ("no bundle", without(good.clone(), "/platforms/0", "bundle").to_string(), "bundle"),
        ("no platforms", without(good.clone(), "", "platforms").to_string(), "platforms"),
        ("a number for a name", with(good.clone(), "/channel", json!(5)).to_string(), "integer"),
        ("a field twice", text.replacen('{', "{\"channel\":\"beta\",", 1), "twice"),
        (
            "endless nesting",
            text.replacen("\"expo_config\":", &format!("\"expo_config\":{}", "[".repeat(100_000)), 1),
            "recursion",
        ),
        ("half a surrogate", text.replacen("beta", "\\ud800", 1), "hex escape"),
    ] {
        let answer = scene.publisher.send(http::Method::POST, "/publishes", &[], body.into()).await;
        assert_problem(&answer, (400, "bad_request", "body"), what);
        assert!(answer.json()["detail"].as_str().unwrap().contains(says), "{what}: {}", answer.json()["detail"]);
    }
    let not_utf8 = scene.publisher.send(http::Method::POST, "/publishes", &[], vec![b'"', 0xff, b'"'].into()).await;
    assert_problem(&not_utf8, (400, "bad_request", "body"), "not UTF-8");
    let endless = vec![b' '; (16 << 20) + 1];
    let answer = scene.publisher.send(http::Method::POST, "/publishes", &[], endless.into()).await;
    assert_problem(&answer, (413, "body_too_large", ""), "more than 16 MiB");
    assert_nothing_left(&scene, files, "all of these").await;
}

#[tokio::test]
async fn a_publish_that_does_not_exist_cannot_be_committed() {
    let scene = Scene::new().await;
    for id in ["x", "00000000-0000-0000-0000-000000000000", "..%2f..", &"f".repeat(4000), "%00"] {
        assert_problem(&scene.publisher.commit(id).await, (404, "unknown_publish", "id"), id);
    }
    scene.server.add_app("second").await;
    let prepared = scene.publisher.prepare(&Export::small("1.0.0", "second"), "production").await;
    let mut other = scene.server.publisher();
    other.app = "second".into();
    assert_problem(&other.commit(&prepared.id).await, (404, "unknown_publish", "id"), "of another app");
    scene.server.clock.advance(60 * 60 * 1000 + 1);
    assert_problem(&scene.publisher.commit(&prepared.id).await, (404, "unknown_publish", "id"), "after an hour");
    scene.assert_unharmed("commits of nothing").await;
}

#[tokio::test]
async fn an_update_without_assets_is_one() {
    let scene = Scene::new().await;
    let mut export = Export::small("1.0.0", "without assets");
    export.platforms.iter_mut().for_each(|files| files.assets.clear());
    let published = scene.publisher.publish(&export, "production").await;
    let answer = Check::stock("ios").with("accept", "application/json").send(&scene.server).await;
    assert_eq!(answer.json()["id"], crate::scene::id_of(&published, "ios"));
    assert_eq!(answer.json()["assets"], json!([]));
}

#[tokio::test]
async fn the_same_file_listed_twice_is_one_asset() {
    let scene = Scene::new().await;
    let mut export = Export::small("1.0.0", "twice").only("ios");
    let again = export.platforms[0].assets[0].clone();
    export.platforms[0].assets.push(again.clone());
    export.platforms[0].assets.push(ExportedFile { key: "another-key".into(), ..again });
    scene.publisher.publish(&export, "production").await;
    let answer = Check::stock("ios").with("accept", "application/json").send(&scene.server).await;
    let keys: Vec<_> = answer.json()["assets"].as_array().unwrap().iter().map(|asset| asset["key"].clone()).collect();
    assert_eq!(keys.len(), 3, "{keys:?}");
    assert_eq!(keys[2], "another-key", "the same bytes under another key are another asset");
}

#[tokio::test]
async fn of_two_publishes_prepared_at_once_one_must_prepare_again() {
    let scene = Scene::new().await;
    let first = scene.publisher.prepare(&Export::small("1.0.0", "second"), "production").await;
    let second = scene.publisher.prepare(&Export::small("1.0.0", "third"), "production").await;
    let won: api::Published = expect(&scene.publisher.commit(&second.id).await);
    assert_problem(&scene.publisher.commit(&first.id).await, (409, "head_moved", ""), "the other");
    let answer = Check::stock("ios").with("accept", "application/json").send(&scene.server).await;
    assert_eq!(answer.json()["id"], crate::scene::id_of(&won, "ios"));
    let again = scene.publisher.publish(&Export::small("1.0.0", "second"), "production").await;
    assert_eq!(again.updates.len(), 2);
}
