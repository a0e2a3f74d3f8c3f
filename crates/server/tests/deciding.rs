//! Deciding, end to end, on snapshots that no operation makes yet: channels at two branches, pauses, rollouts, held and
//! disabled entries. A real server is published to; a second front serves its state after the test has edited it, and the
//! strict client says what phones make of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, OnceLock};

use async_trait::async_trait;
use blob::BlobStore;
use delivery::Delivery;
use delivery::door::Open;
use device::{Launched, Outcome};
use model::{AppId, BasisPoints, Rollout, Salt, Target};
use protocol::Platform;
use store::{AppState, AssetRecord, ReadSnapshots, Store, StoreError};
use testing::{Device, Export, Records, TestServer};
use uuid::Uuid;

type Edit = Box<dyn Fn(&mut AppState) + Send>;

/// The server's state, edited.
struct Edited {
    store: Arc<dyn Store>,
    edit: Mutex<(u64, Edit)>,
}

#[async_trait]
impl ReadSnapshots for Edited {
    async fn versions(&self) -> Result<Vec<(AppId, u64)>, StoreError> {
        let edits = self.edit.lock().unwrap().0;
        Ok(self.store.versions().await?.into_iter().map(|(app, version)| (app, version + edits)).collect())
    }

    async fn load(&self, app: AppId) -> Result<Option<AppState>, StoreError> {
        let Some(mut state) = self.store.load(app).await? else { return Ok(None) };
        let edit = self.edit.lock().unwrap();
        state.snapshot.version += edit.0;
        (edit.1)(&mut state);
        Ok(Some(state))
    }

    async fn assets(&self, app: AppId, _after: u64) -> Result<Vec<AssetRecord>, StoreError> {
        self.store.assets(app, 0).await
    }
}

/// A second way to the server's state, at an address of its own.
struct Front {
    server: TestServer,
    edited: Arc<Edited>,
    delivery: Arc<Delivery>,
    records: Arc<Records>,
    url: String,
}

impl Front {
    async fn start() -> Self {
        let store: Arc<OnceLock<Arc<dyn Store>>> = Arc::default();
        let seen = store.clone();
        let builder = TestServer::builder().wrap_store(move |store| {
            assert!(seen.set(store.clone()).is_ok());
            store
        });
        let server = builder.start().await;
        let edited = Arc::new(Edited {
            store: store.get().unwrap().clone(),
            edit: Mutex::new((0, Box::new(|_: &mut AppState| {}))),
        });
        let blobs = BlobStore::local(server.data_dir().join("blobs")).unwrap();
        let records = Arc::new(Records::default());
        let delivery = Arc::new(Delivery::new(edited.clone(), Arc::new(blobs), Box::new(Open), vec![records.clone()]));
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Arc::new(server::routes::Routes {
            delivery: delivery.clone(),
            admin: axum::Router::new(),
            clock: server.clock.clone(),
        });
        let limits = server::config::read(None, []).unwrap().limits;
        tokio::spawn(server::connections::serve(listener, routes, limits, std::future::pending()));
        Self { server, edited, delivery, records, url }
    }

    /// Serves the state as it is now, after `edit`.
    async fn edit(&self, edit: impl Fn(&mut AppState) + Send + 'static) {
        {
            let mut current = self.edited.edit.lock().unwrap();
            *current = (current.0 + 1, Box::new(edit));
        }
        self.delivery.reload_all().await.unwrap();
    }

    async fn publish(&self, text: &str, channel: &str) -> api::Published {
        self.server.clock.advance(1000);
        self.server.publisher().publish(&Export::small("1.0.0", text), channel).await
    }

    /// One phone of each platform.
    fn devices(&self) -> [Device; 2] {
        [(Platform::Android, 11), (Platform::Ios, 12)].map(|(platform, seed)| self.device(platform, seed))
    }

    fn device(&self, platform: Platform, seed: u128) -> Device {
        Device::new(platform, &self.url, "1.0.0", seed)
    }

    fn last_reason(&self) -> &'static str {
        self.records.take().last().unwrap().reason
    }
}

fn update_of(published: &api::Published, device: &Device) -> Uuid {
    let platform = device.client.platform().as_str();
    published.updates.iter().find(|update| update.platform == platform).unwrap().id.parse().unwrap()
}

fn head_of_every_lane(state: &mut AppState, change: impl Fn(&mut model::Entry)) {
    for branch in state.snapshot.branches.values_mut() {
        for platform in model::Platform::ALL {
            branch.lanes_mut(platform).values_mut().for_each(|lane| change(&mut lane.entries[0]));
        }
    }
}

/// The lanes as they would be with more entries reachable: two publishes, both kept.
fn keep_all(state: &mut AppState, older: &AppState) {
    for (id, branch) in &mut state.snapshot.branches {
        for platform in model::Platform::ALL {
            for (version, lane) in branch.lanes_mut(platform) {
                if let Some(beneath) = older.snapshot.branches[id].lanes(platform).get(version) {
                    lane.entries.extend(beneath.entries.iter().cloned());
                }
            }
        }
    }
    state.entries.extend(older.entries.iter().cloned());
}

#[tokio::test]
async fn a_paused_channel_sends_nothing_to_anyone() {
    let front = Front::start().await;
    let published = front.publish("first", "production").await;
    front.edit(|state| state.snapshot.channels.values_mut().for_each(|channel| channel.paused = true)).await;
    for mut device in front.devices() {
        assert_eq!(device.check().await.unwrap(), Outcome::Nothing);
        assert_eq!(front.last_reason(), "channel_paused");
    }
    front.edit(|_| {}).await;
    for mut device in front.devices() {
        let id = update_of(&published, &device);
        assert_eq!(device.check_and_restart().await.unwrap(), Launched::Update { id });
    }
}

#[tokio::test]
async fn devices_cross_over_between_two_branches_in_both_directions() {
    let front = Front::start().await;
    let older = front.publish("the older one", "beta").await;
    let newer = front.publish("the newer one", "production").await;
    let split = |share: u16| {
        move |state: &mut AppState| {
            let branch = |name: &str| {
                let found = state.snapshot.branches.values().find(|branch| branch.name.as_str() == name);
                found.unwrap().id
            };
            let (old, new) = (branch("production"), branch("beta"));
            let share = BasisPoints::try_from(share).unwrap();
            let salt = Salt(Uuid::from_u128(7));
            let production = state.snapshot.channels.get_mut("production").unwrap();
            production.target = Target::Split { old, new, share, salt };
        }
    };
    let mut devices = front.devices();
    for (share, published) in [(0, &newer), (10_000, &older), (0, &newer), (10_000, &older)] {
        front.edit(split(share)).await;
        for device in &mut devices {
            let id = update_of(published, device);
            assert_eq!(device.check_and_restart().await.unwrap(), Launched::Update { id }, "at {share}");
            assert_eq!(device.check().await.unwrap(), Outcome::Nothing);
            assert_eq!(front.last_reason(), "already_current");
        }
    }
}

#[tokio::test]
async fn a_disabled_head_is_served_to_nobody_and_devices_on_it_stay() {
    let front = Front::start().await;
    let first = front.publish("first", "production").await;
    let older = front.edited.load(app(&front).await).await.unwrap().unwrap();
    let second = front.publish("second", "production").await;
    front.edit(|_| {}).await;
    let mut on_head = front.devices();
    for device in &mut on_head {
        device.check_and_restart().await.unwrap();
    }
    front
        .edit(move |state| {
            head_of_every_lane(state, |entry| entry.disabled = true);
            keep_all(state, &older);
        })
        .await;
    for device in &mut on_head {
        assert_eq!(device.check().await.unwrap(), Outcome::Nothing);
        assert_eq!(front.last_reason(), "running_newer");
        assert_eq!(device.restart(), Launched::Update { id: update_of(&second, device) });
    }
    for mut device in front.devices() {
        let id = update_of(&first, &device);
        assert_eq!(device.check_and_restart().await.unwrap(), Launched::Update { id });
    }
}

#[tokio::test]
async fn a_held_head_waits_and_the_one_beneath_is_served() {
    let front = Front::start().await;
    let first = front.publish("first", "production").await;
    let older = front.edited.load(app(&front).await).await.unwrap().unwrap();
    front.publish("second", "production").await;
    front
        .edit(move |state| {
            head_of_every_lane(state, |entry| entry.held = true);
            keep_all(state, &older);
        })
        .await;
    for mut device in front.devices() {
        let id = update_of(&first, &device);
        assert_eq!(device.check_and_restart().await.unwrap(), Launched::Update { id });
    }
}

#[tokio::test]
async fn a_rollout_reaches_its_share_and_raising_it_only_adds() {
    let front = Front::start().await;
    let first = front.publish("first", "production").await;
    let older = Arc::new(front.edited.load(app(&front).await).await.unwrap().unwrap());
    let second = front.publish("second", "production").await;
    let mut devices: Vec<Device> = (100..140)
        .map(|seed| front.device(if seed % 2 == 0 { Platform::Android } else { Platform::Ios }, seed))
        .collect();
    let mut reached = Vec::new();
    for share in [0, 2_500, 5_000, 10_000] {
        let older = older.clone();
        front
            .edit(move |state| {
                let rollout = Rollout { share: BasisPoints::try_from(share).unwrap(), salt: Salt(Uuid::from_u128(99)) };
                head_of_every_lane(state, |entry| entry.rollout = Some(rollout));
                keep_all(state, &older);
            })
            .await;
        let mut now_reached = Vec::new();
        for (number, device) in devices.iter_mut().enumerate() {
            let launched = device.check_and_restart().await.unwrap().id().unwrap();
            if launched == update_of(&second, device) {
                now_reached.push(number);
            } else {
                assert_eq!(launched, update_of(&first, device), "the rest get the one beneath");
            }
        }
        assert!(reached.iter().all(|number| now_reached.contains(number)), "raising took it from a device");
        reached = now_reached;
        let expected = devices.len() * usize::from(share) / 10_000;
        assert!(reached.len().abs_diff(expected) <= 8, "{} of {} at {share}", reached.len(), devices.len());
    }
    assert_eq!(reached.len(), devices.len(), "everyone at 100 %");
}

async fn app(front: &Front) -> AppId {
    front.edited.versions().await.unwrap()[0].0
}

#[tokio::test]
async fn every_record_names_who_asked_and_what_was_served() {
    let front = Front::start().await;
    let published = front.publish("first", "production").await;
    front.edit(|_| {}).await;
    for mut device in front.devices() {
        device.check().await.unwrap();
        let records = front.records.take();
        let record = records.last().unwrap();
        assert_eq!(record.ip, IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert_eq!(record.platform.map(model::Platform::as_str), Some(device.client.platform().as_str()));
        assert_eq!(record.served.map(|update| update.0), Some(update_of(&published, &device)));
        assert_eq!((record.reason, record.status), ("served_update", 200));
    }
}
