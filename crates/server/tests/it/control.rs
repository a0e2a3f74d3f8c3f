//! Operating, as phones meet it: every operation through the API, every effect on strict clients of both platforms.

use device::{Launched, Outcome};
use protocol::Platform;
use serde_json::json;
use testing::{Device, Export, Publisher, TestServer};
use uuid::Uuid;

/// A server to operate, and phones to look at it with.
struct Stage {
    server: TestServer,
    publisher: Publisher,
}

impl Stage {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let publisher = server.publisher();
        Self { server, publisher }
    }

    async fn publish(&self, text: &str, channel: &str) -> api::Published {
        self.server.clock.advance(1000);
        self.publisher.publish(&Export::small("1.0.0", text), channel).await
    }

    async fn rollout(&self, text: &str, share: u16) -> api::Published {
        self.server.clock.advance(1000);
        self.publisher.publish_to(&Export::small("1.0.0", text), "production", share).await
    }

    async fn operate(&self, path: &str, body: serde_json::Value) -> api::Operated {
        self.publisher.operate(path, &body).await
    }

    async fn change_rollout(&self, published: &api::Published, body: serde_json::Value) -> api::Operated {
        self.operate(&format!("/updates/{}/rollout", published.group), body).await
    }

    /// One phone of each platform.
    fn phones(&self) -> [Device; 2] {
        [(Platform::Android, 11), (Platform::Ios, 12)].map(|(platform, seed)| self.phone(platform, seed))
    }

    /// So many phones, of both platforms.
    fn fleet(&self, size: u128) -> Vec<Device> {
        (100..100 + size)
            .map(|seed| self.phone(if seed % 2 == 0 { Platform::Android } else { Platform::Ios }, seed))
            .collect()
    }

    fn phone(&self, platform: Platform, seed: u128) -> Device {
        Device::new(platform, &self.server.url(), "1.0.0", seed)
    }

    fn last_reason(&self) -> &'static str {
        self.server.records.take().last().unwrap().reason
    }
}

fn update_of(updates: &[api::PublishedUpdate], phone: &Device) -> Uuid {
    let platform = phone.client.platform().as_str();
    updates.iter().find(|update| update.platform == platform).unwrap().id.parse().unwrap()
}

/// What a phone runs after a check, a download and a start.
async fn launched(phone: &mut Device) -> Uuid {
    phone.check_and_restart().await.unwrap().id().unwrap()
}

async fn goes_to_embedded(phone: &mut Device) -> bool {
    matches!(phone.check_and_restart().await.unwrap(), Launched::Embedded { .. })
}

#[tokio::test]
async fn a_paused_channel_sends_nothing_until_it_is_resumed() {
    let stage = Stage::new().await;
    let published = stage.publish("first", "production").await;
    let pause = |paused: bool| {
        let body = json!({ "paused": paused }).to_string().into_bytes();
        let publisher = &stage.publisher;
        async move { publisher.send(http::Method::PATCH, "/channels/production", &[], body.into()).await }
    };
    assert_eq!(pause(true).await.status, 200);
    for mut phone in stage.phones() {
        assert_eq!(phone.check().await.unwrap(), Outcome::Nothing);
        assert_eq!(stage.last_reason(), "channel_paused");
    }
    assert_eq!(pause(false).await.status, 200);
    for mut phone in stage.phones() {
        assert_eq!(launched(&mut phone).await, update_of(&published.updates, &phone));
    }
}

#[tokio::test]
async fn phones_cross_over_between_two_branches_in_both_directions() {
    let stage = Stage::new().await;
    let older = stage.publish("the older one", "beta").await;
    let newer = stage.publish("the newer one", "production").await;
    let mut phones = stage.phones();
    stage
        .operate("/channels/production/rollout", json!({ "action": "start", "branch": "beta", "basis_points": 0 }))
        .await;
    for (share, published) in [(0, &newer), (10_000, &older), (0, &newer), (10_000, &older)] {
        stage.operate("/channels/production/rollout", json!({ "action": "set", "basis_points": share })).await;
        for phone in &mut phones {
            assert_eq!(launched(phone).await, update_of(&published.updates, phone), "at {share}");
            assert_eq!(phone.check().await.unwrap(), Outcome::Nothing);
            assert_eq!(stage.last_reason(), "already_current");
        }
    }
    stage.operate("/channels/production/rollout", json!({ "action": "revert" })).await;
    for phone in &mut phones {
        assert_eq!(launched(phone).await, update_of(&newer.updates, phone), "reverted");
    }
}

#[tokio::test]
async fn a_branch_that_becomes_visible_is_taken_also_by_phones_that_went_back_to_embedded() {
    let stage = Stage::new().await;
    stage.publish("of beta", "beta").await;
    stage.publish("of production", "production").await;
    let mut phones = stage.phones();
    for phone in &mut phones {
        launched(phone).await;
    }
    let back = stage.publisher.roll_back("production", api::RollBackTo::Embedded).await;
    assert_eq!(back.status, 201);
    for phone in &mut phones {
        assert!(goes_to_embedded(phone).await);
    }
    let body = json!({ "branch": "beta" }).to_string().into_bytes();
    let moved = stage.publisher.send(http::Method::PATCH, "/channels/production", &[], body.into()).await;
    let moved: api::Operated = testing::expect(&moved);
    assert_eq!(moved.groups[0].why, api::Why::Renewed);
    for phone in &mut phones {
        assert_eq!(launched(phone).await, update_of(&moved.groups[0].updates, phone));
    }
}

#[tokio::test]
async fn a_disabled_head_is_served_to_nobody_and_phones_on_it_stay() {
    let stage = Stage::new().await;
    let first = stage.publish("first", "production").await;
    let second = stage.publish("second", "production").await;
    let mut on_head = stage.phones();
    for phone in &mut on_head {
        launched(phone).await;
    }
    let disabled = stage.operate(&format!("/updates/{}/disable", second.group), json!({})).await;
    assert_eq!(disabled.warnings.len(), 2, "one for each platform: {:?}", disabled.warnings);
    for phone in &mut on_head {
        assert_eq!(phone.check().await.unwrap(), Outcome::Nothing);
        assert_eq!(stage.last_reason(), "running_newer");
        assert_eq!(phone.restart(), Launched::Update { id: update_of(&second.updates, phone) });
    }
    for mut phone in stage.phones() {
        assert_eq!(launched(&mut phone).await, update_of(&first.updates, &phone));
    }
}

#[tokio::test]
async fn a_rollout_reaches_its_share_and_raising_it_only_adds() {
    let stage = Stage::new().await;
    let first = stage.publish("first", "production").await;
    let second = stage.rollout("second", 0).await;
    let mut phones = stage.fleet(40);
    let mut reached: Vec<usize> = Vec::new();
    for share in [0, 2_500, 5_000, 10_000] {
        stage.change_rollout(&second, json!({ "action": "set", "basis_points": share })).await;
        let mut now_reached = Vec::new();
        for (number, phone) in phones.iter_mut().enumerate() {
            let runs = launched(phone).await;
            if runs == update_of(&second.updates, phone) {
                now_reached.push(number);
            } else {
                assert_eq!(runs, update_of(&first.updates, phone), "the rest get the one beneath");
            }
        }
        assert!(reached.iter().all(|number| now_reached.contains(number)), "raising took it from a phone");
        reached = now_reached;
        assert!(share == 0 || !reached.is_empty(), "nobody at {share}");
    }
    assert_eq!(reached.len(), phones.len(), "everyone at 100 %");
    stage.change_rollout(&second, json!({ "action": "finish" })).await;
    let shown: api::ShownUpdates = testing::expect(&stage.publisher.get(&format!("/updates/{}", second.group)).await);
    assert!(shown.updates.iter().all(|shown| shown.update.state == api::UpdateState::Served));
}

#[tokio::test]
async fn a_reverted_rollout_leaves_no_phone_on_the_bad_update() {
    let stage = Stage::new().await;
    let first = stage.publish("first", "production").await;
    let bad = stage.rollout("bad", 5_000).await;
    let mut phones = stage.fleet(20);
    let mut on_bad = 0;
    for phone in &mut phones {
        on_bad += usize::from(launched(phone).await == update_of(&bad.updates, phone));
    }
    assert!((1..20).contains(&on_bad), "{on_bad} of 20");
    let reverted = stage.change_rollout(&bad, json!({ "action": "revert" })).await;
    assert_eq!(
        reverted.groups.iter().map(|group| group.why).collect::<Vec<_>>(),
        [api::Why::Reverted; 2][..reverted.groups.len()]
    );
    let copies: Vec<_> = reverted.groups.iter().flat_map(|group| group.updates.clone()).collect();
    for phone in &mut phones {
        let before = phone.asset_requests;
        assert_eq!(launched(phone).await, update_of(&copies, phone));
        let origin = copies.iter().find(|copy| copy.platform == phone.client.platform().as_str()).unwrap();
        assert_eq!(origin.origin.as_deref(), Some(update_of(&first.updates, phone).to_string().as_str()));
        assert!(phone.asset_requests - before <= 3, "only what it does not have");
    }
}

#[tokio::test]
async fn the_first_update_of_a_runtime_version_can_roll_out_and_be_reverted() {
    let stage = Stage::new().await;
    let bad = stage.rollout("the very first", 5_000).await;
    let mut phones = stage.fleet(20);
    let mut on_bad = Vec::new();
    for (number, phone) in phones.iter_mut().enumerate() {
        if launched(phone).await == update_of(&bad.updates, phone) {
            on_bad.push(number);
        } else {
            assert_eq!(stage.last_reason(), "not_targeted");
        }
    }
    assert!((1..20).contains(&on_bad.len()));
    stage.change_rollout(&bad, json!({ "action": "revert" })).await;
    for phone in &mut phones {
        assert!(goes_to_embedded(phone).await);
    }
}

#[tokio::test]
async fn a_pinned_branch_holds_what_is_published_until_it_is_unpinned() {
    let stage = Stage::new().await;
    let good = stage.publish("good", "production").await;
    stage.publish("worse", "production").await;
    let mut phones = stage.phones();
    for phone in &mut phones {
        launched(phone).await;
    }
    let pinned = stage.operate("/branches/production/pin", json!({ "group": good.group })).await;
    let held = stage.publish("while pinned", "production").await;
    assert!(held.updates.iter().all(|update| update.held));
    for phone in &mut phones {
        assert_eq!(launched(phone).await, update_of(&pinned.groups[0].updates, phone));
        assert_eq!(phone.check().await.unwrap(), Outcome::Nothing);
    }
    stage.operate("/branches/production/unpin", json!({})).await;
    for phone in &mut phones {
        assert_eq!(launched(phone).await, update_of(&held.updates, phone));
    }
}

#[tokio::test]
async fn testers_get_what_its_rule_names_them_for() {
    let stage = Stage::new().await;
    let first = stage.publish("first", "production").await;
    let [mut tester, mut other] = [stage.phone(Platform::Ios, 31), stage.phone(Platform::Ios, 32)];
    let export = Export::small("1.0.0", "for testers");
    stage.server.clock.advance(1000);
    stage.publisher.upload_missing(&export).await;
    let rule = json!({ "device_in": [Uuid::from_u128(31 << 1)] });
    let request = api::PreparePublish { rule: Some(rule), ..Publisher::prepare_request(&export, "production") };
    let prepared: api::Prepared = testing::expect(&stage.publisher.post("/publishes", &request).await);
    let testers: api::Published = testing::expect(&stage.publisher.commit(&prepared.id).await);
    assert_eq!(launched(&mut tester).await, update_of(&testers.updates, &tester));
    assert_eq!(launched(&mut other).await, update_of(&first.updates, &other));
}

#[tokio::test]
async fn what_an_operation_uncovers_is_signed_by_keys_that_came_later() {
    let stage = Stage::new().await;
    let first = stage.publish("first", "production").await;
    let second = stage.publish("second", "production").await;
    let key = json!({ "key_id": "later" });
    let key: api::Key = testing::expect(&stage.publisher.post("/keys/generate", &key).await);
    stage.operate(&format!("/updates/{}/disable", second.group), json!({})).await;
    for platform in [Platform::Android, Platform::Ios] {
        let mut binary = Device::binary(&stage.server.url(), "1.0.0", "production", 9);
        binary.code_signing = Some(Device::code_signing(&key.certificate, "later"));
        let mut phone = Device::with_binary(platform, binary, 9);
        phone.set_clock(1_800_000_000_000);
        assert_eq!(launched(&mut phone).await, update_of(&first.updates, &phone));
    }
}

#[tokio::test]
async fn promoting_shows_one_branch_what_was_good_on_another() {
    let stage = Stage::new().await;
    stage.publish("old", "production").await;
    let tried = stage.publish("tried on beta", "beta").await;
    let promoted =
        stage.operate(&format!("/updates/{}/promote", tried.group), json!({ "channel": "production" })).await;
    assert_eq!(promoted.groups[0].branch, "production");
    for mut phone in stage.phones() {
        assert_eq!(launched(&mut phone).await, update_of(&promoted.groups[0].updates, &phone));
    }
}

#[tokio::test]
async fn every_record_names_who_asked_and_what_was_served() {
    let stage = Stage::new().await;
    let published = stage.publish("first", "production").await;
    for mut phone in stage.phones() {
        phone.check().await.unwrap();
        let records = stage.server.records.take();
        let record = records.last().unwrap();
        assert_eq!(record.ip, std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
        assert_eq!(record.platform.map(model::Platform::as_str), Some(phone.client.platform().as_str()));
        assert_eq!(record.served.map(|update| update.0), Some(update_of(&published.updates, &phone)));
        assert_eq!((record.reason, record.status), ("served_update", 200));
    }
}
