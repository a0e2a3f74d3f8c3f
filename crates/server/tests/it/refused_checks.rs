//! Checks that cannot be answered are refused by name; what is only optional never refuses one.

use testing::Check;

use crate::scene::{Scene, assert_outer_headers, assert_problem};

fn stock() -> Check {
    Check::stock("ios")
}

#[tokio::test]
async fn each_fault_names_its_header() {
    let scene = Scene::new().await;
    let (platform, runtime, version) = ("expo-platform", "expo-runtime-version", "expo-protocol-version");
    let too_many = (0..80).fold(stock(), |check, number| check.and(&format!("x-{number}"), "y".repeat(500)));
    for (what, check, (status, code, field)) in [
        ("no platform", stock().without(platform), (400, "missing_platform", platform)),
        ("an empty platform", stock().with(platform, ""), (400, "missing_platform", platform)),
        ("web", stock().with(platform, "web"), (400, "unknown_platform", platform)),
        ("two platforms", stock().with(platform, "ios, android"), (400, "unknown_platform", platform)),
        ("another platform beside", stock().and(platform, "android"), (400, "ambiguous_header", platform)),
        ("a platform in no encoding", stock().with(platform, b"\xff\xfe"), (400, "unknown_platform", platform)),
        ("no runtime version", stock().without(runtime), (400, "missing_runtime_version", runtime)),
        ("an empty runtime version", stock().with(runtime, "  "), (400, "missing_runtime_version", runtime)),
        ("256 bytes", stock().with(runtime, "x".repeat(256)), (400, "runtime_version_too_long", runtime)),
        ("5 kB", stock().with(runtime, "x".repeat(5000)), (400, "runtime_version_too_long", runtime)),
        ("latin-1 that grows", stock().with(runtime, [0xe4; 200]), (400, "runtime_version_too_long", runtime)),
        ("two runtime versions", stock().and(runtime, "2.0.0"), (400, "ambiguous_header", runtime)),
        ("protocol 2", stock().with(version, "2"), (400, "unsupported_protocol_version", version)),
        ("protocol one", stock().with(version, "one"), (400, "unsupported_protocol_version", version)),
        ("no protocol", stock().with(version, ""), (400, "unsupported_protocol_version", version)),
        ("two channels", stock().and("expo-channel-name", "beta"), (400, "ambiguous_header", "expo-channel-name")),
        ("no channel", stock().with("expo-channel-name", ""), (400, "empty_channel", "expo-channel-name")),
        ("html", stock().with("accept", "text/html"), (406, "not_acceptable", "accept")),
        (
            "a browser",
            stock().with("accept", "text/html,application/xhtml+xml,image/webp;q=0.8"),
            (406, "not_acceptable", "accept"),
        ),
        ("none of ours", stock().with("accept", "multipart/mixed;q=0, text/*"), (406, "not_acceptable", "accept")),
        ("a 64 kB header", stock().with("x-large", "x".repeat(65_536)), (431, "header_too_large", "x-large")),
        (
            "64 kB of one that is read",
            stock().with("expo-extra-params", "x".repeat(65_536)),
            (431, "header_too_large", "expo-extra-params"),
        ),
        ("40 kB in pieces", too_many, (431, "headers_too_large", "x-10")),
    ] {
        scene.server.records.take();
        let answer = check.send(&scene.server).await;
        assert_problem(&answer, (status, code, field), what);
        assert_outer_headers(&answer, "1", what);
        assert!(answer.json()["detail"].as_str().unwrap().contains(field), "{what}: {}", answer.json()["detail"]);
        assert!(answer.body.len() < 1000, "{what}: the answer does not repeat what was sent");
        let record = scene.server.records.take().remove(0);
        assert_eq!((record.status, record.reason), (status, code), "{what}");
    }
    scene.assert_unharmed("every refusal").await;
}

#[tokio::test]
async fn an_unknown_app_and_an_unknown_channel_are_no_such_thing() {
    let scene = Scene::new().await;
    for app in ["other", "Default", "default%20", "a/b", "..", "", &"x".repeat(4000), "%ff"] {
        let answer = stock().at(&format!("/apps/{app}/update")).send(&scene.server).await;
        assert_problem(&answer, (404, "unknown_app", "app"), app);
        assert!(answer.body.len() < 1000, "{app}");
        assert_eq!(scene.server.records.take()[0].reason, "unknown_app");
    }
    for channel in ["nightly", "Production", "production ", "\"production\"", "*", "%70roduction", "ünbekannt"] {
        let answer = stock().with("expo-channel-name", channel).send(&scene.server).await;
        if channel == "production " {
            assert_eq!(answer.status, 200, "white space around a header's value is no part of it");
            continue;
        }
        assert_problem(&answer, (404, "unknown_channel", "expo-channel-name"), channel);
    }
}

#[tokio::test]
async fn optional_headers_that_cannot_be_read_are_as_good_as_absent() {
    let scene = Scene::new().await;
    let plain = stock().send(&scene.server).await;
    for (name, value) in [
        ("expo-recent-failed-update-ids", &b"(("[..]),
        ("expo-recent-failed-update-ids", b"\"none\", 5, \xff"),
        ("expo-extra-params", b"a=, =b"),
        ("expo-extra-params", b"\xff\xfe"),
        ("expo-fatal-error", b"\xff not text \x80"),
        ("eas-client-id", b"not-a-uuid"),
        ("eas-client-id", b""),
        ("expo-current-update-id", b"00000000"),
        ("expo-current-update-id", b"\xe4"),
        ("expo-embedded-update-id", b"{}"),
        ("if-none-match", b"\xff, \"x"),
        ("expo-api-version", b"seven"),
        ("expo-json-error", b"perhaps"),
        ("accept-language", b"\xff"),
    ] {
        let answer = stock().with(name, value).send(&scene.server).await;
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.body, plain.body, "{name}");
    }
    let quoted = format!("((, \"{}\"", scene.id("ios"));
    let answer = stock().with("expo-recent-failed-update-ids", quoted).send(&scene.server).await;
    assert_eq!(answer.status, 200, "a list that does not parse counts for nothing, also where an id stands in it");
}

#[tokio::test]
async fn other_methods_and_other_addresses_are_refused_in_json() {
    let scene = Scene::new().await;
    for method in [http::Method::POST, http::Method::PUT, http::Method::DELETE, http::Method::OPTIONS] {
        for path in ["/update", "/apps/default/update", "/healthz", "/readyz"] {
            let answer = stock().by(method.clone()).at(path).send(&scene.server).await;
            assert_problem(&answer, (405, "method_not_allowed", ""), &format!("{method} {path}"));
            assert_eq!(answer.header("allow"), "GET, HEAD", "{method} {path}");
        }
    }
    for path in
        ["/", "/updates", "/update/", "/apps/default", "/apps/default/updates", "/api", "/api/v2/apps", "//update"]
    {
        let answer = stock().at(path).send(&scene.server).await;
        assert_problem(&answer, (404, "not_found", ""), path);
    }
    assert!(scene.server.records.take().iter().all(|record| record.status == 200), "none of them was a check");
}
