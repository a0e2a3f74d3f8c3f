//! What a change outside of a publish leads to: a moved server, a stricter key, a change that nobody announced.

use device::Launched;
use model::control::Edit;
use model::{AppSlug, ChannelId, ChannelName, Millis};
use protocol::Platform;
use rcgen::CustomExtension;
use serde_json::json;
use store::{Actor, AuditAction, Operation, Seal};
use testing::{Check, Device, Export, ExportedFile, Publisher, expect};
use uuid::Uuid;

use crate::pki;
use crate::scene::{Scene, assert_problem, id_of};

/// Expo's extension that binds a certificate to a project (protocol.md §5).
const PROJECT: [u64; 16] = [1, 2, 840, 113_556, 1, 8000, 2554, 43437, 254, 128, 102, 157, 7_894_389, 20439, 2, 1];

#[tokio::test]
async fn a_roll_back_on_a_moved_server_writes_the_address_of_today() {
    let scene = Scene::new().await;
    scene.publisher.publish(&Export::small("1.0.0", "second"), "production").await;
    // Another port: whoever followed an address of before would meet nobody.
    let server = scene.server.restart().await;
    let back: api::Published = expect(&server.publisher().roll_back("production", api::RollBackTo::Previous).await);
    for (platform, seed) in [(Platform::Android, 1), (Platform::Ios, 2)] {
        let mut device = Device::new(platform, &server.url(), "1.0.0", seed);
        let id: Uuid = id_of(&back, platform.as_str()).parse().unwrap();
        assert_eq!(device.check_and_restart().await.unwrap(), Launched::Update { id });
    }
}

#[tokio::test]
async fn a_key_that_is_bound_to_a_project_refuses_an_update_that_does_not_name_it() {
    let scene = Scene::new().await;
    let mut params = pki::leaf();
    params.custom_extensions.push(CustomExtension::from_oid_content(&PROJECT, b"project-1,@owner/app".to_vec()));
    let made = pki::self_signed(params, pki::key(0));
    let import = json!({ "key_id": "bound", "private_key": made.key_pem(), "certificate": made.pem });
    assert_eq!(scene.publisher.post("/keys/import", &import).await.status, 201);

    let mut export = Export::small("1.0.0", "second");
    let prepared = scene.publisher.prepare(&export, "production").await;
    let answer = scene.publisher.commit(&prepared.id).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "refused_by_client"));
    scene.assert_unharmed("a publish that devices would refuse").await;

    export.config = Some(json!({ "scopeKey": "@owner/app", "extra": { "eas": { "projectId": "project-1" } } }));
    scene.publisher.publish(&export, "production").await;
    let embedded = scene.publisher.roll_back("production", api::RollBackTo::Embedded).await;
    assert_eq!(embedded.status, 201, "a directive names the project too");
}

#[tokio::test]
async fn a_change_that_nobody_announced_is_seen_all_the_same() {
    let scene = Scene::new().await;
    let check = Check::stock("ios").with("expo-channel-name", "beta");
    assert_problem(&check.send(&scene.server).await, (404, "unknown_channel", "expo-channel-name"), "before");
    let store = scene.server.other_store().await;
    let app = store.app(&AppSlug::parse("default").unwrap()).await.unwrap().unwrap();
    let control = store.control(app.id, Millis(1)).await.unwrap().unwrap().control;
    let create = Edit::CreateChannel {
        id: ChannelId(Uuid::from_u128(1)),
        name: ChannelName::parse("beta").unwrap(),
        branch: control.branches[0].id,
    };
    let operation = Operation {
        app: app.id,
        action: AuditAction::CreateChannel,
        detail: json!({}),
        at_version: Some(control.version),
        edits: vec![create],
        groups: Vec::new(),
        entries: Vec::new(),
    };
    let seal = Seal {
        signatures: Vec::new(),
        outcome: json!({}),
        idempotency: None,
        actor: Actor("test".into()),
        now: Millis(1),
    };
    store.apply(operation, seal).await.unwrap();
    while check.send(&scene.server).await.status == 404 {
        tokio::task::yield_now().await;
    }
    assert_eq!(check.send(&scene.server).await.status, 200);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_before_it_is_sent() {
    let scene = Scene::new().await;
    let blobs = vec![api::BlobRef { hash: "0".repeat(64), size: 104_857_601 }];
    let answer = scene.publisher.post("/blobs/missing", &api::WhichBlobs { blobs }).await;
    assert_problem(&answer, (413, "body_too_large", "blobs.size"), "one byte too many");
    let fits = vec![api::BlobRef { hash: "0".repeat(64), size: 104_857_600 }];
    let missing: api::MissingBlobs =
        expect(&scene.publisher.post("/blobs/missing", &api::WhichBlobs { blobs: fits }).await);
    assert_eq!(missing.missing.len(), 1);
}

#[tokio::test]
async fn two_assets_that_would_be_one_file_on_the_phone_are_refused() {
    let scene = Scene::new().await;
    let mut export = Export::small("1.0.0", "second");
    for files in &mut export.platforms {
        files.assets = vec![ExportedFile::new("a.b", "c", "some bytes"), ExportedFile::new("a", "b.c", "other bytes")];
    }
    scene.publisher.upload_missing(&export).await;
    let answer = scene.publisher.post("/publishes", &Publisher::prepare_request(&export, "production")).await;
    assert_problem(&answer, (400, "asset_key_conflict", "platforms.assets.key"), "a.b.c twice");
    export.platforms[0].bundle = ExportedFile::new("", "hbc", "");
    export.platforms.iter_mut().for_each(|files| files.assets.clear());
    scene.publisher.upload_missing(&export).await;
    let answer = scene.publisher.post("/publishes", &Publisher::prepare_request(&export, "production")).await;
    assert_problem(&answer, (400, "bad_request", "platforms.bundle"), "an empty bundle");
    scene.assert_unharmed("updates that no phone could install").await;
}

#[tokio::test]
async fn a_file_that_the_disk_lost_is_asked_for_again() {
    let scene = Scene::new().await;
    let export = Export::small("1.0.0", "first");
    assert_eq!(scene.publisher.upload_missing(&export).await, 0);
    let lost = export.platforms[0].bundle.hash();
    let path = scene.server.blob_files().into_iter().find(|path| path.ends_with(&lost[2..])).unwrap();
    std::fs::remove_file(path).unwrap();
    assert_eq!(scene.publisher.upload_missing(&export).await, 1);
    scene.assert_unharmed("a lost file").await;
}

#[tokio::test]
async fn a_roll_back_passes_over_a_copy_of_what_it_leaves() {
    let scene = Scene::new().await;
    let bad = Export::small("1.0.0", "bad");
    scene.publisher.publish(&bad, "production").await;
    let mut again = Publisher::prepare_request(&bad, "production");
    again.force = true;
    let prepared: api::Prepared = expect(&scene.publisher.post("/publishes", &again).await);
    assert_eq!(scene.publisher.commit(&prepared.id).await.status, 201);
    let back: api::Published = expect(&scene.publisher.roll_back("production", api::RollBackTo::Previous).await);
    for update in &back.updates {
        assert_eq!(update.origin.as_deref(), Some(scene.id(&update.platform)), "not the bad one a second time");
    }
}

#[tokio::test]
async fn on_a_moved_server_the_same_content_is_worth_publishing_again() {
    let scene = Scene::new().await;
    let same = Publisher::prepare_request(&Export::small("1.0.0", "first"), "production");
    assert_eq!(scene.publisher.post("/publishes", &same).await.code(), "nothing_changed");
    let server = scene.server.restart().await;
    assert_eq!(server.publisher().post("/publishes", &same).await.status, 201);
}

#[tokio::test]
async fn a_roll_back_of_an_unknown_channel_names_the_known_ones() {
    let scene = Scene::new().await;
    let answer = scene.publisher.roll_back("prodution", api::RollBackTo::Previous).await;
    assert_problem(&answer, (404, "unknown_channel", "channel"), "a typo");
    assert!(answer.json()["detail"].as_str().unwrap().contains("production"), "{:?}", answer.json());
}
