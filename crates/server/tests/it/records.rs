//! Updates whose files lie on a CDN, published by the product brief's request.

use device::{Launched, Outcome};
use protocol::Platform;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testing::{Answered, Check, Device, Export, Parts, Publisher, ServerBuilder, TestServer, expect};
use uuid::Uuid;

use crate::cdn::{Cdn, with_hashes};

pub fn server() -> ServerBuilder {
    TestServer::builder().set("UPDRAFT_ADMIN_PUBLISH_ALLOW_PRIVATE_ADDRESSES", "true")
}

async fn signed_phone(server: &TestServer, platform: Platform, runtime_version: &str, seed: u128) -> Device {
    let keys: api::Keys = expect(&server.publisher().get("/keys").await);
    let mut binary = Device::binary(&server.url(), runtime_version, "production", seed);
    binary.code_signing = Some(Device::code_signing(&keys.keys[0].certificate, &keys.keys[0].key_id));
    binary.request_headers.push(("x-api-key".into(), "a key that travels".into()));
    let mut device = Device::with_binary(platform, binary, seed);
    device.set_clock(publishing::ports::Clock::now(&*server.clock).0);
    device
}

async fn publish(publisher: &Publisher, record: &Value) -> api::Published {
    let answer = publisher.post_record(record, &[]).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    expect(&answer)
}

fn only_id(published: &api::Published) -> Uuid {
    assert_eq!(published.updates.len(), 1);
    published.updates[0].id.parse().unwrap()
}

fn codes(warnings: &[api::Warning]) -> Vec<&str> {
    warnings.iter().map(|warning| warning.code.as_str()).collect()
}

async fn manifest(server: &TestServer, platform: &str) -> Value {
    let answer = Check::stock(platform).send(server).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    Parts::read(&answer).part("manifest").json()
}

/// A real export, its files on a CDN, published by two requests without a single hash.
#[tokio::test]
async fn a_real_export_on_a_cdn_is_verified_signed_and_launched_on_both_platforms() {
    let server = server().start().await;
    let (publisher, cdn) = (server.publisher(), Cdn::start().await);
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hello-expo/dist");
    let export = Export::read(&directory, "1.0.0");
    for (seed, files) in (1..).zip(&export.platforms) {
        let platform = Platform::ALL.into_iter().find(|platform| platform.as_str() == files.platform).unwrap();
        let mut phone = signed_phone(&server, platform, "1.0.0", seed).await;
        let mut record = cdn.record("/v1", files);
        record["verify"] = true.into();
        record["commit"] = "cafe123".into();
        record["metadata"] = json!({ "build": "7" });
        record["expo_config"] = export.config.clone().unwrap();
        let id = only_id(&publish(&publisher, &record).await);
        let of_server = cdn.take_asked();
        assert_eq!(of_server.len(), 1 + files.assets.len(), "each file is fetched once");
        assert!(of_server.iter().all(|(_, headers)| headers["accept-encoding"] == "br, gzip"));

        assert_eq!(phone.check().await.unwrap(), Outcome::Downloaded { id });
        assert_eq!(phone.restart(), Launched::Update { id });
        assert_eq!(phone.check().await.unwrap(), Outcome::Nothing);

        let of_phone = cdn.take_asked();
        assert_eq!(of_phone.len(), 1 + files.assets.len(), "every file comes from the CDN");
        assert!(of_phone.iter().all(|(_, headers)| headers["x-api-key"] == "a key that travels"));
        let manifest = manifest(&server, &files.platform).await;
        assert_eq!(manifest["launchAsset"]["url"], record["launch_asset_url"]);
        assert_eq!(manifest["launchAsset"]["key"], files.bundle.hash(), "the bytes are known, so they are the key");
        assert_eq!(manifest["assets"][0]["key"], files.assets[0].key);
        assert_eq!(manifest["assets"][0]["fileExtension"], format!(".{}", files.assets[0].ext));
        assert_eq!(manifest["metadata"]["build"], "7");
        assert_eq!(manifest["extra"]["commit"], "cafe123");
        assert_eq!(manifest["extra"]["channel"], "production");
        assert_eq!(manifest["extra"]["expoClient"]["slug"], export.config.as_ref().unwrap()["slug"]);
    }
    assert!(server.blob_files().is_empty(), "nothing of it lies here");
}

/// Everything that issues it again leaves its files where they are.
#[tokio::test]
async fn it_is_republished_promoted_rolled_back_to_and_shown() {
    let server = server().start().await;
    let (publisher, cdn) = (server.publisher(), Cdn::start().await);
    let small = Export::small("1.0.0", "on a CDN").only("ios");
    let record = with_hashes(cdn.record("/v1", &small.platforms[0]), &small.platforms[0]);
    let mut phone = Device::new(Platform::Ios, &server.url(), "1.0.0", 1);
    let first = publish(&publisher, &record).await;
    let id = only_id(&first);
    assert_eq!(phone.check_and_restart().await.unwrap(), Launched::Update { id });
    assert!(cdn.take_asked().iter().all(|(_, headers)| headers.contains_key("expo-platform")), "only the phone asked");

    let shown: api::ShownUpdates = expect(&publisher.get(&format!("/updates/{id}")).await);
    let shown = &shown.updates[0];
    let urls: Vec<&str> = shown.assets.iter().map(|asset| asset.url.as_str()).collect();
    let expected: Vec<&str> = std::iter::once(record["launch_asset_url"].as_str().unwrap())
        .chain(record["assets"].as_array().unwrap().iter().map(|asset| asset["url"].as_str().unwrap()))
        .collect();
    assert_eq!(urls, expected);
    assert!(shown.assets[0].launch && shown.assets.iter().all(|asset| asset.size.is_none()));
    assert_eq!(shown.assets[0].hash, small.platforms[0].bundle.hash());

    // Its own files above it, then back to what lies on the CDN.
    publisher.publish(&Export::small("1.0.0", "uploaded").only("ios"), "production").await;
    phone.check_and_restart().await.unwrap();
    let before = phone.asset_requests;
    let back: api::Published = expect(
        &publisher.post("/roll-backs", &json!({ "channel": "production", "to": "group", "group": first.group })).await,
    );
    let id = only_id(&back);
    assert_eq!(phone.check_and_restart().await.unwrap(), Launched::Update { id });
    assert_eq!(phone.asset_requests, before, "nothing is downloaded twice");
    let served = manifest(&server, "ios").await;
    assert_eq!(served["launchAsset"]["url"], record["launch_asset_url"]);
    assert_eq!(served["assets"][1]["url"], record["assets"][1]["url"]);

    expect::<api::Operated>(&publisher.post("/channels", &json!({ "name": "beta" })).await);
    let promoted = publisher.post(&format!("/updates/{}/promote", first.group), &json!({ "channel": "beta" })).await;
    expect::<api::Operated>(&promoted);
    let beta = Check::stock("ios").with("expo-channel-name", "beta").send(&server).await;
    assert_eq!(Parts::read(&beta).part("manifest").json()["launchAsset"]["url"], record["launch_asset_url"]);

    let restarted = server.restart().await;
    assert_eq!(manifest(&restarted, "ios").await["id"], served["id"], "and it is served after a restart");
}

#[tokio::test]
async fn it_is_deleted_when_nothing_needs_it() {
    let server = server().start().await;
    let (publisher, cdn) = (server.publisher(), Cdn::start().await);
    let small = Export::small("1.0.0", "on a CDN").only("ios");
    let record = with_hashes(cdn.record("/v1", &small.platforms[0]), &small.platforms[0]);
    let first = publish(&publisher, &record).await;
    publisher.publish(&Export::small("1.0.0", "uploaded").only("ios"), "production").await;
    let path = format!("/updates/{}", first.group);
    expect::<api::Operated>(&publisher.send(http::Method::DELETE, &path, &[], "".into()).await);
    assert_eq!(publisher.get(&path).await.status, 404);
    let record = with(record, "id", first.updates[0].id.clone().into());
    let again = publisher.post_record(&record, &[]).await;
    assert_eq!((again.status.as_u16(), again.code()), (409, "update_exists".into()), "phones may run it");
}

fn with(mut record: Value, member: &str, value: Value) -> Value {
    record[member] = value;
    record
}

#[tokio::test]
async fn the_caller_may_choose_the_id_and_send_again_under_a_key() {
    let server = server().start().await;
    let (publisher, cdn) = (server.publisher(), Cdn::start().await);
    let small = Export::small("1.0.0", "first").only("android");
    let mut record = with_hashes(cdn.record("/v1", &small.platforms[0]), &small.platforms[0]);
    record["id"] = "2B1F9C0A-0A4E-4BDA-A2BC-3BD5D7A6F0B8".into();
    record["launch_asset_hash"] = sha256_base64url(&small.platforms[0].bundle.bytes).into();
    let send = async || publisher.post_record(&record, &[("idempotency-key", "once")]).await;
    let first: api::Published = expect(&send().await);
    assert_eq!(first.updates[0].id, "2b1f9c0a-0a4e-4bda-a2bc-3bd5d7a6f0b8");
    assert_eq!(expect::<api::Published>(&send().await), first, "the same request has one effect");
    assert_eq!(manifest(&server, "android").await["id"], first.updates[0].id);
    let again = publisher.post_record(&record, &[]).await;
    assert_eq!((again.status.as_u16(), again.code(), again.field()), (409, "update_exists".into(), "id".into()));
    record.as_object_mut().unwrap().remove("id");
    let again = publisher.post_record(&record, &[]).await;
    assert_eq!((again.status.as_u16(), again.code()), (409, "nothing_changed".into()));
    record["force"] = true.into();
    assert_ne!(publish(&publisher, &record).await.updates[0].id, first.updates[0].id);
    let audit: Value = publisher.get("/audit").await.json();
    let lines = audit["lines"].as_array().unwrap();
    assert_eq!(lines.iter().filter(|line| line["action"] == "publish").count(), 2, "{audit}");
}

#[tokio::test]
async fn a_share_of_the_devices_or_none() {
    let server = server().start().await;
    let (publisher, cdn) = (server.publisher(), Cdn::start().await);
    let floor = Export::small("1.0.0", "floor").only("ios");
    let mut record = with_hashes(cdn.record("/v1", &floor.platforms[0]), &floor.platforms[0]);
    record["rollout"] = 100.into();
    let below = only_id(&publish(&publisher, &record).await);

    let next = Export::small("1.0.0", "next").only("ios");
    let mut record = with_hashes(cdn.record("/v2", &next.platforms[0]), &next.platforms[0]);
    record["is_disabled"] = true.into();
    let disabled = only_id(&publish(&publisher, &record).await);
    assert_eq!(manifest(&server, "ios").await["id"], below.to_string(), "disabled is served to nobody");
    expect::<api::Operated>(&publisher.post(&format!("/updates/{disabled}/enable"), &json!({})).await);
    assert_eq!(manifest(&server, "ios").await["id"], disabled.to_string());

    let last = Export::small("1.0.0", "last").only("ios");
    let mut record = with_hashes(cdn.record("/v3", &last.platforms[0]), &last.platforms[0]);
    record["rollout"] = 0.into();
    let rolling = only_id(&publish(&publisher, &record).await);
    assert_eq!(manifest(&server, "ios").await["id"], disabled.to_string(), "nobody is in yet");
    let other = Export::small("1.0.0", "other").only("ios");
    let other = with_hashes(cdn.record("/v4", &other.platforms[0]), &other.platforms[0]);
    let refused = publisher.post_record(&other, &[]).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "rollout_active".into()));
    let finish = json!({ "action": "finish" });
    let finished = publisher.post(&format!("/updates/{rolling}/rollout"), &finish).await;
    expect::<api::Operated>(&finished);
    assert_eq!(manifest(&server, "ios").await["id"], rolling.to_string());
}

#[tokio::test]
async fn what_is_worth_a_look_is_told() {
    let server = server()
        .set("UPDRAFT_DEVICES_ACCESS", "api-key")
        .set("UPDRAFT_DEVICES_API_KEYS", "a-key-of-24-characters-x")
        .start()
        .await;
    let (publisher, cdn) = (server.publisher(), Cdn::start().await);
    let small = Export::small("1.0.0", "first").only("ios");
    let first = publish(&publisher, &with_hashes(cdn.record("/v1", &small.platforms[0]), &small.platforms[0])).await;
    assert_eq!(codes(&first.warnings), ["key_sent_to_host"]);
    assert!(first.warnings[0].message.contains("x-api-key") && first.warnings[0].message.contains("127.0.0.1"));
    let mut changed = Export::small("1.0.0", "second").only("ios");
    changed.platforms[0].assets[0].bytes.push(0);
    let record = with_hashes(cdn.record("/v2", &changed.platforms[0]), &changed.platforms[0]);
    expect::<api::Operated>(&publisher.post("/branches/production/pin", &json!({ "group": first.group })).await);
    let second = publish(&publisher, &record).await;
    assert_eq!(codes(&second.warnings), ["held", "key_sent_to_host", "asset_key_reused"]);
    assert!(second.updates[0].held);
}

#[tokio::test]
async fn another_app_is_named_in_the_query() {
    let server = server().start().await;
    let (publisher, cdn) = (server.publisher(), Cdn::start().await);
    server.add_app("shop").await;
    let small = Export::small("1.0.0", "first").only("ios");
    let record = with_hashes(cdn.record("/v1", &small.platforms[0]), &small.platforms[0]);
    let body = || serde_json::to_vec(&record).unwrap().into();
    assert_eq!(publisher.post_raw_record("?app=shop", body(), &[]).await.status, 201);
    assert_eq!(Check::stock("ios").send(&server).await.status, 204, "the default app has nothing");
    let unknown: Answered = publisher.post_raw_record("?app=nobody", body(), &[]).await;
    assert_eq!((unknown.status.as_u16(), unknown.code()), (404, "unknown_app".into()));
}

fn sha256_base64url(bytes: &[u8]) -> String {
    protocol::asset_hash::asset_hash(&Sha256::digest(bytes).into())
}
