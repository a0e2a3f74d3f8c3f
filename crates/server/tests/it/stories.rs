//! Whole stories, told by the strict client of both platforms: publish, check, download, verify, launch, go back.

use device::{Launched, Outcome};
use protocol::Platform;
use testing::{Device, Export, TestServer, expect};
use uuid::Uuid;

fn update_of(published: &api::Published, platform: Platform) -> Uuid {
    let update = published.updates.iter().find(|update| update.platform == platform.as_str()).unwrap();
    update.id.parse().unwrap()
}

async fn signed_devices(server: &TestServer, runtime_version: &str) -> Vec<Device> {
    let keys: api::Keys = expect(&server.publisher().get("/keys").await);
    Platform::ALL
        .into_iter()
        .zip(1..)
        .map(|(platform, seed)| {
            let mut binary = Device::binary(&server.url(), runtime_version, "production", seed);
            binary.code_signing = Some(Device::code_signing(&keys.keys[0].certificate, &keys.keys[0].key_id));
            let mut device = Device::with_binary(platform, binary, seed);
            device.set_clock(publishing::ports::Clock::now(&*server.clock).0);
            device
        })
        .collect()
}

#[tokio::test]
async fn a_signed_update_is_installed_and_only_what_changed_is_downloaded_again() {
    let server = TestServer::start().await;
    let publisher = server.publisher();
    let mut devices = signed_devices(&server, "1.0.0").await;
    let first = publisher.publish(&Export::small("1.0.0", "first"), "production").await;
    for device in &mut devices {
        let id = update_of(&first, device.client.platform());
        assert_eq!(device.check().await.unwrap(), Outcome::Downloaded { id });
        assert_eq!(device.restart(), Launched::Update { id });
        assert_eq!(device.asset_requests, 3);
        assert_eq!(device.check().await.unwrap(), Outcome::Nothing);
    }
    let second = publisher.publish(&Export::small("1.0.0", "second"), "production").await;
    for device in &mut devices {
        let id = update_of(&second, device.client.platform());
        assert_eq!(device.check_and_restart().await.unwrap(), Launched::Update { id });
        assert_eq!(device.asset_requests, 4, "only the bundle is new");
    }
}

#[tokio::test]
async fn a_roll_back_reaches_every_device_and_so_does_one_to_embedded() {
    let server = TestServer::start().await;
    let publisher = server.publisher();
    let mut devices = signed_devices(&server, "1.0.0").await;
    publisher.publish(&Export::small("1.0.0", "good"), "production").await;
    for device in &mut devices {
        device.check_and_restart().await.unwrap();
    }
    publisher.publish(&Export::small("1.0.0", "bad"), "production").await;
    for device in &mut devices {
        device.check_and_restart().await.unwrap();
    }
    let back: api::Published = expect(&publisher.roll_back("production", api::RollBackTo::Previous).await);
    for device in &mut devices {
        let before = device.asset_requests;
        let id = update_of(&back, device.client.platform());
        assert_eq!(device.check_and_restart().await.unwrap(), Launched::Update { id });
        assert_eq!(device.asset_requests, before, "nothing is downloaded twice");
    }
    let embedded: api::Published = expect(&publisher.roll_back("production", api::RollBackTo::Embedded).await);
    assert_eq!(embedded.updates[0].kind, api::UpdateKind::RollBackToEmbedded);
    for device in &mut devices {
        assert_eq!(device.check().await.unwrap(), Outcome::RolledBack);
        assert!(matches!(device.restart(), Launched::Embedded { .. }));
        assert_eq!(device.check().await.unwrap(), Outcome::Nothing);
    }
    let again = publisher.publish(&Export::small("1.0.0", "better"), "production").await;
    for device in &mut devices {
        let id = update_of(&again, device.client.platform());
        assert_eq!(device.check_and_restart().await.unwrap(), Launched::Update { id });
    }
}

#[tokio::test]
async fn an_update_that_failed_is_not_served_again_until_a_newer_one_comes() {
    let server = TestServer::start().await;
    let publisher = server.publisher();
    let mut devices = signed_devices(&server, "1.0.0").await;
    publisher.publish(&Export::small("1.0.0", "good"), "production").await;
    for device in &mut devices {
        device.check_and_restart().await.unwrap();
    }
    publisher.publish(&Export::small("1.0.0", "crashes"), "production").await;
    for device in &mut devices {
        device.check().await.unwrap();
        device.client.launch();
        device.client.fail_launch("undefined is not a function");
        device.client.reload();
        device.client.succeed_launch();
        server.records.take();
        assert_eq!(device.check().await.unwrap(), Outcome::Nothing);
        assert_eq!(server.records.take()[0].reason, "failed_before");
    }
    let fixed = publisher.publish(&Export::small("1.0.0", "fixed"), "production").await;
    for device in &mut devices {
        let id = update_of(&fixed, device.client.platform());
        assert_eq!(device.check_and_restart().await.unwrap(), Launched::Update { id });
    }
}

#[tokio::test]
async fn a_real_export_is_published_and_installed() {
    let server = TestServer::start().await;
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hello-expo/dist");
    let export = Export::read(&directory, "1.0.0");
    let published = server.publisher().publish(&export, "production").await;
    for mut device in signed_devices(&server, "1.0.0").await {
        let id = update_of(&published, device.client.platform());
        assert_eq!(device.check_and_restart().await.unwrap(), Launched::Update { id });
        assert_eq!(device.asset_requests, 4);
    }
}
