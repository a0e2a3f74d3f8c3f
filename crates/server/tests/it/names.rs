//! Names that people choose survive the whole way: publish, snapshot, header, answer, record.

use http::Method;
use testing::{Check, Export, Parts, Publisher, TestServer};

use crate::scene::{assert_problem, id_of};

/// Everything that a URL, a header or a path could trip over.
const NAMES: [&str; 9] = [
    "1.2.3+ios.4",
    "exposdk:57.0.0",
    "feature/new login",
    "100%",
    "%2F%zz+",
    "grün-日本語-🚀",
    "a\"b\\c;d=e,f",
    "...",
    "?channel=other&x#y",
];

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| format!("{encoded}%{byte:02X}"))
}

#[tokio::test]
async fn runtime_versions_and_channels_arrive_as_they_were_written() {
    let server = TestServer::start().await;
    let publisher = server.publisher();
    for (runtime_version, channel) in NAMES.iter().zip(NAMES.iter().rev().cycle().skip(1)) {
        let what = format!("{runtime_version:?} on {channel:?}");
        let export = Export::small(runtime_version, &what);
        let published = publisher.publish(&export, channel).await;
        assert_eq!(published.branch, *channel, "{what}: the branch has the channel's name");
        assert_eq!(published.updates[0].runtime_version, *runtime_version, "{what}");

        let by_header = Check::stock("android").with("expo-channel-name", channel);
        let query = format!("/update?channel={}", percent_encoded(channel));
        let by_query = Check::stock("android").without("expo-channel-name").at(&query);
        for check in [by_header, by_query] {
            server.records.take();
            let answer = check.with("expo-runtime-version", runtime_version).send(&server).await;
            assert_eq!(answer.status, 200, "{what}");
            let manifest = Parts::read(&answer).part("manifest").json();
            assert_eq!(manifest["id"], id_of(&published, "android"), "{what}");
            assert_eq!(manifest["runtimeVersion"], *runtime_version, "{what}");
            assert_eq!(manifest["extra"]["channel"], *channel, "{what}");
            assert_eq!(manifest["extra"]["branchName"], *channel, "{what}");
            let record = server.records.take().remove(0);
            assert_eq!(record.runtime_version.unwrap().as_str(), *runtime_version, "{what}");
            assert_eq!(record.channel.unwrap().as_str(), *channel, "{what}");
        }
        let back = publisher.roll_back(channel, api::RollBackTo::Embedded).await;
        assert_eq!(back.status, 201, "{what}");
    }
    let app: api::App = testing::expect(&publisher.get("").await);
    for name in NAMES {
        assert!(app.channels.iter().any(|channel| channel.name == name), "{name:?} in {:?}", app.channels);
    }
}

#[tokio::test]
async fn a_name_is_compared_byte_by_byte() {
    let server = TestServer::start().await;
    let publisher = server.publisher();
    publisher.publish(&Export::small("1.0.0", "plain"), "grün").await;
    for (what, channel, runtime_version, status) in [
        ("as written", "grün", "1.0.0", 200),
        ("in another case", "GRÜN", "1.0.0", 404),
        ("decomposed", "gru\u{308}n", "1.0.0", 404),
        ("one digit more", "grün", "1.0.00", 204),
        ("a prefix", "grün", "1.0", 204),
    ] {
        let check = Check::stock("ios").with("expo-channel-name", channel);
        let answer = check.with("expo-runtime-version", runtime_version).send(&server).await;
        assert_eq!(answer.status, status, "{what}");
    }
    let latin_1 = Check::stock("ios").with("expo-channel-name", b"gr\xfcn").send(&server).await;
    assert_eq!(latin_1.status, 200, "a client that sends ISO-8859-1 means the same letters");
}

#[tokio::test]
async fn a_name_that_no_header_can_carry_is_refused_when_it_is_made() {
    let server = TestServer::start().await;
    let publisher = server.publisher();
    let export = Export::small("1.0.0", "first");
    publisher.upload_missing(&export).await;
    let before: api::App = testing::expect(&publisher.get("").await);
    for (what, name) in [
        ("empty", String::new()),
        ("256 bytes", "x".repeat(256)),
        ("128 letters of two bytes", "ä".repeat(128)),
        ("a line end", "a\nb".into()),
        ("a tab", "a\tb".into()),
        ("NUL", "a\0b".into()),
        ("a C1 control", "a\u{85}b".into()),
        ("white space at its end, which a header loses", "beta ".into()),
        ("white space at its beginning", " beta".into()),
    ] {
        let request = Publisher::prepare_request(&export, &name);
        assert_problem(&publisher.post("/publishes", &request).await, (400, "invalid_name", "channel"), what);
        let mut request = Publisher::prepare_request(&export, "production");
        request.platforms[1].runtime_version.clone_from(&name);
        let field = "platforms[1].runtime_version";
        assert_problem(&publisher.post("/publishes", &request).await, (400, "invalid_name", field), what);
        let generate = serde_json::json!({ "key_id": name });
        assert_problem(&publisher.post("/keys/generate", &generate).await, (400, "invalid_name", "key_id"), what);
        let back = serde_json::json!({ "branch": name, "to": "previous" });
        assert_problem(&publisher.post("/roll-backs", &back).await, (400, "invalid_name", "branch"), what);
    }
    let longest = publisher.publish(&export, &"ä".repeat(127)).await;
    assert_eq!(longest.updates.len(), 2, "254 bytes are fine");
    let after: api::App = testing::expect(&publisher.get("").await);
    assert_eq!(after.channels.len(), before.channels.len() + 1);
}

#[tokio::test]
async fn an_app_in_a_path_is_only_ever_one_of_the_apps() {
    let server = TestServer::start().await;
    let mut publisher = server.publisher();
    for app in ["other", "Default", "default%00", "..%2fdefault", "%C3%A4", &"x".repeat(3000)] {
        app.clone_into(&mut publisher.app);
        let answer = publisher.get("/keys").await;
        assert_problem(&answer, (404, "unknown_app", "app"), app);
    }
    "%FF".clone_into(&mut publisher.app);
    let answer = publisher.send(Method::GET, "/keys", &[], bytes::Bytes::new()).await;
    assert_problem(&answer, (404, "not_found", ""), "a path that is not UTF-8");
}
