//! Records that cannot be published: each refused by name, and nothing of them is left.

use serde_json::{Value, json};
use store::{Actor, AddKey, NewKey};
use testing::{Export, PlatformFiles, TestServer, expect};

use crate::cdn::{Cdn, with_hashes};
use crate::pki;
use crate::records::server;
use crate::scene::{Scene, assert_problem};

fn small() -> PlatformFiles {
    Export::small("1.0.0", "never to be served").only("ios").platforms.remove(0)
}

fn with(mut record: Value, pointer: &str, value: Value) -> Value {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    record.pointer_mut(parent).unwrap()[member] = value;
    record
}

fn without(mut record: Value, parent: &str, member: &str) -> Value {
    record.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member).unwrap();
    record
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table")]
async fn each_fault_names_its_field() {
    let (scene, cdn) = (Scene::on(server().start().await).await, Cdn::start().await);
    let good = with_hashes(cdn.record("/v1", &small()), &small());
    let asset = |member: &str| format!("/assets/1/{member}");
    let long = "a".repeat(300);
    let same_stem = with(good.clone(), &asset("fileName"), json!("0cc175b9c0f1b6a831c399e269772661.jpg"));
    let same_in_lower_case = good["assets"][0]["fileName"].as_str().unwrap().to_uppercase();
    for (what, record, (status, code, field)) in [
        ("unknown platform", with(good.clone(), "/platform", json!("web")), (400, "bad_request", "platform")),
        (
            "a runtime version that no header carries",
            with(good.clone(), "/runtime_version", json!("1\n")),
            (400, "invalid_name", "runtime_version"),
        ),
        ("unknown channel", with(good.clone(), "/channel", json!("beta")), (404, "unknown_channel", "channel")),
        ("no channel", without(good.clone(), "", "channel"), (400, "bad_request", "body")),
        ("an unknown member", with(good.clone(), "/roll_out", json!(5)), (400, "bad_request", "body")),
        ("an id that is none", with(good.clone(), "/id", json!("7")), (400, "bad_request", "id")),
        (
            "the id of nothing",
            with(good.clone(), "/id", json!("00000000-0000-0000-0000-000000000000")),
            (400, "bad_request", "id"),
        ),
        ("the id of another update", with(good.clone(), "/id", json!(scene.id("ios"))), (409, "update_exists", "id")),
        ("the id of a group", with(good.clone(), "/id", json!(scene.published.group)), (409, "update_exists", "id")),
        ("over 100 percent", with(good.clone(), "/rollout", json!(101)), (400, "rollout_over_100", "rollout")),
        ("far over", with(good.clone(), "/rollout", json!(70_000)), (400, "rollout_over_100", "rollout")),
        ("less than nothing", with(good.clone(), "/rollout", json!(-1)), (400, "bad_request", "body")),
        (
            "a rollout to nobody",
            with(with(good.clone(), "/rollout", json!(5)), "/is_disabled", json!(true)),
            (400, "bad_request", "rollout"),
        ),
        (
            "a file of the server",
            with(good.clone(), "/launch_asset_url", json!("file:///etc/passwd")),
            (400, "bad_request", "launch_asset_url"),
        ),
        (
            "a file of the server as an asset",
            with(good.clone(), &asset("url"), json!("file:///etc/passwd")),
            (400, "bad_request", "assets[1].url"),
        ),
        (
            "a user name",
            with(good.clone(), &asset("url"), json!("https://u:p@cdn.example.com/a")),
            (400, "bad_request", "assets[1].url"),
        ),
        (
            "a relative address",
            with(good.clone(), &asset("url"), json!("/a.png")),
            (400, "bad_request", "assets[1].url"),
        ),
        (
            "a folder",
            with(good.clone(), &asset("fileName"), json!("a/b.ttf")),
            (400, "bad_request", "assets[1].fileName"),
        ),
        ("up", with(good.clone(), &asset("fileName"), json!("..")), (400, "bad_request", "assets[1].fileName")),
        (
            "up and away",
            with(good.clone(), &asset("fileName"), json!("..\\a")),
            (400, "bad_request", "assets[1].fileName"),
        ),
        ("no name", with(good.clone(), &asset("fileName"), json!("")), (400, "bad_request", "assets[1].fileName")),
        ("too long", with(good.clone(), &asset("fileName"), json!(long)), (400, "bad_request", "assets[1].fileName")),
        (
            "one file on a volume that does not tell cases apart",
            with(good.clone(), &asset("fileName"), json!(same_in_lower_case)),
            (400, "asset_key_conflict", "assets[1].fileName"),
        ),
        (
            "a path that readers resolve differently",
            with(good.clone(), &asset("url"), json!("https://cdn.example.com/a/%2e%2E/b.ttf")),
            (400, "bad_request", "assets[1].url"),
        ),
        ("one stem twice", same_stem, (400, "asset_key_conflict", "assets[1].fileName")),
        (
            "the bundle's key",
            with(good.clone(), &asset("fileName"), json!(format!("{}.ttf", small().bundle.hash()))),
            (400, "refused_by_client", ""),
        ),
        (
            "a media type that is none",
            with(good.clone(), &asset("contentType"), json!("text\nhtml")),
            (400, "bad_request", "assets[1].contentType"),
        ),
        (
            "a hash that is none",
            with(good.clone(), &asset("hash"), json!("md5")),
            (400, "bad_request", "assets[1].hash"),
        ),
        (
            "a hash of the bundle that is none",
            with(good.clone(), "/launch_asset_hash", json!("")),
            (400, "bad_request", "launch_asset_hash"),
        ),
        (
            "metadata that is no text",
            with(good.clone(), "/metadata", json!({ "build": 7 })),
            (400, "bad_request", "metadata.build"),
        ),
        (
            "the server's metadata",
            with(good.clone(), "/metadata", json!({ "branchID": "x" })),
            (400, "bad_request", "metadata.branchID"),
        ),
        ("an empty commit", with(good.clone(), "/commit", json!("")), (400, "bad_request", "commit")),
        ("a message with a bell", with(good.clone(), "/message", json!("\u{7}")), (400, "bad_request", "message")),
        (
            "no hash of the bundle",
            without(good.clone(), "", "launch_asset_hash"),
            (422, "hash_needed", "launch_asset_hash"),
        ),
        ("no hash of an asset", without(good.clone(), "/assets/1", "hash"), (422, "hash_needed", "assets[1].hash")),
    ] {
        assert_problem(&scene.publisher.post_record(&record, &[]).await, (status, code, field), what);
    }
    assert!(cdn.take_asked().is_empty(), "nobody was asked to verify anything");
    for (what, body) in [("no JSON", "<html>"), ("a list", "[]"), ("nothing", ""), ("cut", "{\"platform\":")] {
        let answer = scene.publisher.post_raw_record("", body.into(), &[]).await;
        assert_problem(&answer, (400, "bad_request", "body"), what);
    }
    let answer = scene.publisher.post_raw_record("?slug=x", "{}".into(), &[]).await;
    assert_problem(&answer, (400, "bad_request", "query"), "another parameter");
    let stranger = scene.server.anonymous().send(http::Method::POST, "/admin/publish", &[], "{}".into()).await;
    assert_problem(&stranger, (401, "unauthorized", "authorization"), "a stranger");
    let got = scene.publisher.get("/updates").await;
    assert_eq!(expect::<api::Updates>(&got).updates.len(), 2, "only what the scene published");
    scene.assert_unharmed("all of this").await;
}

#[tokio::test]
async fn more_assets_than_allowed_are_refused() {
    let server = server().set("UPDRAFT_LIMITS_MAX_ASSETS", "1").start().await;
    let cdn = Cdn::start().await;
    let record = with_hashes(cdn.record("/v1", &small()), &small());
    let answer = server.publisher().post_record(&record, &[]).await;
    assert_problem(&answer, (400, "too_many_assets", "assets"), "two assets");
}

#[tokio::test]
async fn what_cannot_be_verified_is_not_published() {
    let builder =
        server().set("UPDRAFT_ADMIN_PUBLISH_FETCH_SECONDS", "1").set("UPDRAFT_LIMITS_MAX_UPLOAD_BYTES", "50000");
    let (scene, cdn) = (Scene::on(builder.start().await).await, Cdn::start().await);
    let good = with(cdn.record("/v1", &small()), "/verify", json!(true));
    let at = |url: String| with(good.clone(), "/assets/1/url", json!(url));
    let other = "1".repeat(64);
    let gone = format!("{}/gone", cdn.url);
    let inside = cdn.redirect("/inside", "http://169.254.169.254/latest/meta-data");
    let nobody = "http://127.0.0.1:1/a".to_owned();
    for (what, record, problem) in [
        ("another hash", with(good.clone(), "/assets/1/hash", json!(other)), (422, "hash_mismatch", "assets[1].hash")),
        (
            "another hash of the bundle",
            with(good.clone(), "/launch_asset_hash", json!(other)),
            (422, "hash_mismatch", "launch_asset_hash"),
        ),
        ("a file that is not there", at(gone), (422, "file_not_fetched", "assets[1].url")),
        ("a redirect", at(inside), (422, "file_not_fetched", "assets[1].url")),
        ("nobody there", at(nobody), (422, "file_not_fetched", "assets[1].url")),
        ("too large", at(cdn.put("/large", vec![7; 50_001])), (422, "file_not_fetched", "assets[1].url")),
        ("a host that hangs", at(cdn.hang("/hangs")), (422, "file_not_fetched", "assets[1].url")),
    ] {
        let answer = scene.publisher.post_record(&record, &[]).await;
        assert_problem(&answer, problem, what);
        if what == "a redirect" {
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains("http://169.254.169.254/latest/meta-data"), "{detail}");
        }
    }
    scene.assert_unharmed("all of this").await;
    assert_eq!(scene.publisher.post_record(&good, &[]).await.status, 201, "the rest of it was right");
}

/// Unless the operator allows it, nothing lies in a network that is not everybody's.
#[tokio::test]
async fn a_private_address_is_refused_and_never_asked() {
    let (server, cdn) = (TestServer::start().await, Cdn::start().await);
    let (publisher, good) = (server.publisher(), with_hashes(cdn.record("/v1", &small()), &small()));
    for verify in [true, false] {
        let record = with(good.clone(), "/verify", json!(verify));
        let answer = publisher.post_record(&record, &[]).await;
        assert_problem(&answer, (422, "private_address", "launch_asset_url"), "loopback");
        for url in
            ["http://10.0.0.7/a", "http://[::ffff:169.254.169.254]/a", "http://localhost/a", "https://[fd00::1]/"]
        {
            let record = with(record.clone(), "/launch_asset_url", json!("https://cdn.example.com/b"));
            let record = with(record, "/assets/0/url", json!(url));
            let answer = publisher.post_record(&record, &[]).await;
            assert_problem(&answer, (422, "private_address", "assets[0].url"), url);
        }
    }
    assert!(cdn.take_asked().is_empty());
}

/// The server can sign nothing that no one has rendered yet with a key that it does not hold.
#[tokio::test]
async fn an_app_whose_keys_are_elsewhere_publishes_in_two_steps() {
    let (server, cdn) = (server().start().await, Cdn::start().await);
    let app = server.store.app(&model::AppSlug::parse("default").unwrap()).await.unwrap().unwrap();
    let key = NewKey {
        key_id: model::KeyId::parse("ci").unwrap(),
        certificate_pem: pki::self_signed(pki::leaf(), pki::key(0)).pem,
        chain_pem: None,
        sealed: None,
    };
    let add = AddKey {
        app: app.id,
        key,
        signatures: Vec::new(),
        at_version: app.version,
        actor: Actor("test".into()),
        now: publishing::ports::Clock::now(&*server.clock),
    };
    server.store.add_key(add).await.unwrap();
    let record = with_hashes(cdn.record("/v1", &small()), &small());
    let answer = server.publisher().post_record(&record, &[]).await;
    assert_problem(&answer, (422, "invalid_signature", "signatures"), "a key elsewhere");
}
