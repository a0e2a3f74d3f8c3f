//! The shapes of an answer, and what stands around it.

use http::Method;
use serde_json::Value;
use testing::{Check, Export, Parts, STOCK_ACCEPT, TestServer};

use crate::scene::{Scene, assert_outer_headers, filter_of};

#[tokio::test]
async fn accept_chooses_the_shape_and_every_shape_carries_the_same_bytes() {
    let scene = Scene::new().await;
    for (accept, shape) in [
        (Some(STOCK_ACCEPT), "multipart/mixed"),
        (Some("multipart/mixed"), "multipart/mixed"),
        (Some("application/expo+json,application/json"), "application/expo+json"),
        (Some("application/expo+json;q=0.5, application/json;q=0.6"), "application/json"),
        (Some("multipart/mixed;q=0, application/expo+json"), "application/expo+json"),
        (Some("application/json"), "application/json"),
        (Some("*/*"), "application/json"),
        (Some("text/html, */*;q=0.1"), "application/json"),
        (Some(""), "application/json"),
        (None, "application/json"),
    ] {
        for platform in ["android", "ios"] {
            let check = Check::stock(platform).without("accept");
            let check = accept.into_iter().fold(check, |check, accept| check.with("accept", accept));
            let answer = check.send(&scene.server).await;
            assert_eq!(answer.status, 200, "{accept:?}");
            let content_type = answer.header("content-type").split(';').next();
            assert_eq!(content_type, Some(shape), "{accept:?}");
            let manifest = if shape == "multipart/mixed" {
                let parts = Parts::read(&answer);
                assert_eq!(parts.names(), ["manifest"], "{accept:?}");
                assert_eq!(parts.part("manifest").header("content-type"), "application/json");
                parts.part("manifest").body.clone()
            } else {
                answer.body.clone()
            };
            assert_eq!(manifest, scene.manifest(platform), "{accept:?}: the prepared bytes are served as they are");
        }
    }
}

#[tokio::test]
async fn every_answer_has_the_outer_headers_once() {
    let scene = Scene::new().await;
    let stock = || Check::stock("ios");
    let etag = stock().send(&scene.server).await.header("etag").to_owned();
    let json = || stock().with("accept", "application/json");
    for (what, check, status) in [
        ("a multipart answer", stock(), 200),
        ("a signed one", stock().expecting("main"), 200),
        ("a bare manifest", json(), 200),
        ("not modified", stock().with("if-none-match", &etag), 304),
        ("no update", stock().with("expo-runtime-version", "2.0.0"), 204),
        ("up to date", stock().running(scene.id("ios")), 204),
        ("no platform", stock().without("expo-platform"), 400),
        ("an unknown key", stock().expecting("other"), 400),
        ("an unknown channel", stock().with("expo-channel-name", "nightly"), 404),
        ("an unknown app", stock().at("/apps/other/update"), 404),
        ("html only", stock().with("accept", "text/html"), 406),
        ("a large header", stock().with("x-large", "x".repeat(20_000)), 431),
    ] {
        let answer = check.send(&scene.server).await;
        assert_eq!(answer.status, status, "{what}");
        assert_outer_headers(&answer, "1", what);
        if matches!(status, 204 | 304) {
            assert!(answer.body.is_empty(), "{what}");
        }
    }
    let door = TestServer::builder()
        .set("UPDRAFT_DEVICES_ACCESS", "api-key")
        .set("UPDRAFT_DEVICES_API_KEYS", "0123456789abcdef")
        .start()
        .await;
    let answer = stock().send(&door).await;
    assert_eq!(answer.status, 401);
    assert_outer_headers(&answer, "1", "no API key");
}

#[tokio::test]
async fn an_update_carries_its_branch_as_filter_and_in_its_metadata() {
    let scene = Scene::new().await;
    let manifest: Value = serde_json::from_str(scene.manifest("ios")).unwrap();
    for accept in [STOCK_ACCEPT, "application/json"] {
        let check = Check::stock("ios").with("accept", accept);
        let answer = check.clone().send(&scene.server).await;
        assert_eq!(answer.header("expo-manifest-filters"), filter_of(&manifest), "{accept}");
        let unchanged = check.with("if-none-match", answer.header("etag")).send(&scene.server).await;
        assert_eq!(unchanged.status, 304);
        assert_eq!(unchanged.header("expo-manifest-filters"), filter_of(&manifest), "{accept}");
        assert!(answer.headers.get("expo-server-defined-headers").is_none(), "nobody asked for one");
    }
}

#[tokio::test]
async fn a_304_answers_who_holds_the_answer_and_nobody_else() {
    let scene = Scene::new().await;
    let check = || Check::stock("android");
    let first = check().send(&scene.server).await;
    let etag = first.header("etag").to_owned();
    assert!(etag.len() > 18 && etag.starts_with('"') && etag.ends_with('"'), "a strong tag: {etag}");
    for (condition, status) in [
        (etag.clone(), 304),
        (format!("W/{etag}"), 304),
        (format!("\"x\", {etag}"), 304),
        ("*".to_owned(), 304),
        ("\"x\"".to_owned(), 200),
        (etag.trim_matches('"').to_owned(), 200),
        (String::new(), 200),
    ] {
        let answer = check().with("if-none-match", &condition).send(&scene.server).await;
        assert_eq!(answer.status, status, "{condition}");
        assert_eq!(answer.header("etag"), etag, "{condition}");
        assert_eq!(answer.body.is_empty(), status == 304, "{condition}");
    }
    let records = scene.server.records.take();
    assert_eq!((records[1].status, records[1].reason), (304, "served_update"), "a 304 is a served update");

    let others = [
        ("the other platform", Check::stock("ios")),
        ("another shape", check().with("accept", "application/json")),
        ("another shape of the same bytes", check().with("accept", "application/expo+json")),
        ("a signature", check().expecting("main")),
    ];
    let mut tags = vec![etag.clone()];
    for (what, other) in others {
        let answer = other.with("if-none-match", &etag).send(&scene.server).await;
        assert_eq!(answer.status, 200, "{what}");
        assert!(!tags.iter().any(|tag| tag == answer.header("etag")), "{what}");
        tags.push(answer.header("etag").to_owned());
    }
    scene.publisher.publish(&Export::small("1.0.0", "second"), "production").await;
    let answer = check().with("if-none-match", &etag).send(&scene.server).await;
    assert_eq!(answer.status, 200, "another update");
    let nothing = check().with("if-none-match", "*").with("expo-runtime-version", "2.0.0").send(&scene.server).await;
    assert_eq!(nothing.status, 204, "a 304 stands for a stored answer, never for nothing");
}

#[tokio::test]
async fn each_app_has_an_address_and_the_first_one_two() {
    let scene = Scene::new().await;
    let short = Check::stock("ios").send(&scene.server).await;
    let long = Check::stock("ios").at("/apps/default/update").send(&scene.server).await;
    assert_eq!((short.status, &short.body), (long.status, &long.body));
    assert_eq!(short.header("etag"), long.header("etag"));

    let head = Check::stock("ios").by(Method::HEAD).send(&scene.server).await;
    assert_eq!(head.status, 200);
    assert!(head.body.is_empty());
    for name in ["etag", "content-type", "content-length"] {
        assert_eq!(head.header(name), short.header(name), "{name}");
    }
    assert_eq!(short.header("content-length"), short.body.len().to_string());

    scene.server.add_app("second").await;
    let second = Check::stock("ios").at("/apps/second/update").send(&scene.server).await;
    assert_eq!(second.status, 204, "the second app has its own channels, and nothing is published there");
    let mut publisher = scene.server.publisher();
    publisher.app = "second".into();
    let published = publisher.publish(&Export::small("1.0.0", "of the second app"), "production").await;
    let answer = Check::stock("ios").at("/apps/second/update").send(&scene.server).await;
    assert_eq!(Parts::read(&answer).part("manifest").json()["id"], crate::scene::id_of(&published, "ios"));
    scene.assert_unharmed("a publish to another app").await;
    let records = scene.server.records.take();
    let apps: Vec<_> = records.iter().map(|record| record.app.as_str()).collect();
    assert_eq!(&apps[..5], ["default", "default", "default", "second", "second"]);
}

#[tokio::test]
async fn asset_urls_are_built_from_the_setting_and_never_from_the_request() {
    let server = TestServer::builder().set("UPDRAFT_PUBLIC_URL", "https://updates.example.com").start().await;
    let scene = Scene::on(server).await;
    let check = Check::stock("ios").with("accept", "application/json");
    let plain = check.clone().send(&scene.server).await;
    let spoofed = check
        .with("host", "evil.example")
        .with("x-forwarded-host", "evil.example")
        .with("x-forwarded-proto", "ftp")
        .with("forwarded", "host=evil.example")
        .send(&scene.server)
        .await;
    assert_eq!(spoofed.status, 200);
    assert_eq!(spoofed.body, plain.body);
    let manifest = plain.json();
    let assets = manifest["assets"].as_array().unwrap();
    assert_eq!(assets.len(), 2);
    for asset in assets.iter().chain([&manifest["launchAsset"]]) {
        let url = asset["url"].as_str().unwrap();
        assert!(url.starts_with("https://updates.example.com/assets/"), "{url}");
    }
}

#[tokio::test]
async fn a_manifest_has_what_the_client_needs_and_what_the_brief_names() {
    let scene = Scene::new().await;
    let export = Export::small("1.0.0", "with a commit");
    let mut request = testing::Publisher::prepare_request(&export, "production");
    request.git = Some(api::Git { commit: "c0ffee".repeat(7)[..40].into(), branch: None, dirty: false });
    scene.publisher.upload_missing(&export).await;
    let prepared: api::Prepared = testing::expect(&scene.publisher.post("/publishes", &request).await);
    testing::expect::<api::Published>(&scene.publisher.commit(&prepared.id).await);
    let answer = Check::stock("android").with("accept", "application/json").send(&scene.server).await;
    let manifest = answer.json();
    let created_at = manifest["createdAt"].as_str().unwrap();
    assert!(created_at.len() == 24 && created_at.ends_with('Z') && created_at.as_bytes()[19] == b'.', "{created_at}");
    assert_eq!(manifest["runtimeVersion"], "1.0.0");
    assert_eq!(manifest["extra"]["channel"], "production");
    assert_eq!(manifest["extra"]["branchName"], "production");
    assert_eq!(manifest["extra"]["commit"], request.git.unwrap().commit);
    assert_eq!(Some(&manifest["extra"]["expoClient"]), export.config.as_ref());
    assert!(manifest["launchAsset"].get("fileExtension").is_none());
    assert_eq!(manifest["assets"][0]["fileExtension"], ".png");
    assert!(!String::from_utf8_lossy(&answer.body).contains("null"), "an optional field is left out, never null");
    assert!(manifest["id"].as_str().unwrap().bytes().all(|byte| !byte.is_ascii_uppercase()));
}
