//! A small app to decide on: the channel `production` points at [`MAIN`], the device is an Android one of runtime `1.0.0`
//! on its unregistered embedded update.

use std::collections::HashMap;

use model::{
    AppId, AppSlug, AppSnapshot, BasisPoints, Branch, BranchId, BranchName, Channel, ChannelId, ChannelName, Decision,
    Device, EmbeddedUpdate, Entry, EntryKind, KnownUpdate, Lane, Millis, Platform, Rollout, RuntimeVersion, Salt,
    Target, UpdateGroupId, UpdateId, decide,
};
use uuid::Uuid;

pub const MAIN: BranchId = BranchId(Uuid::from_u128(0xb1));
pub const OTHER: BranchId = BranchId(Uuid::from_u128(0xb2));
pub const EMBEDDED: UpdateId = UpdateId(Uuid::from_u128(0xe0));
pub const SALT: Salt = Salt(Uuid::from_u128(0x5a17));

pub fn update(number: u128) -> UpdateId {
    UpdateId(Uuid::from_u128(number))
}

pub fn share(basis_points: u16) -> BasisPoints {
    basis_points.try_into().expect("at most 10,000")
}

/// An entry that stands for everyone. Its time is its number.
pub fn entry(number: u32) -> Entry {
    Entry {
        id: update(number.into()),
        group: UpdateGroupId(Uuid::from_u128(number.into())),
        created_at: Millis(number.into()),
        kind: EntryKind::Update,
        disabled: false,
        held: false,
        rollout: None,
        rule: None,
    }
}

pub fn roll_back(number: u32) -> Entry {
    Entry { kind: EntryKind::RollBackToEmbedded, ..entry(number) }
}

pub fn rolling(number: u32, basis_points: u16) -> Entry {
    Entry { rollout: Some(Rollout { share: share(basis_points), salt: SALT }), ..entry(number) }
}

pub fn disabled(number: u32) -> Entry {
    Entry { disabled: true, ..entry(number) }
}

pub fn held(number: u32) -> Entry {
    Entry { held: true, ..entry(number) }
}

pub fn empty_app() -> AppSnapshot {
    AppSnapshot {
        app: AppId(Uuid::from_u128(1)),
        slug: AppSlug::parse("default").expect("legal"),
        version: 1,
        channels: HashMap::new(),
        branches: HashMap::new(),
        known: HashMap::new(),
        embedded: HashMap::new(),
    }
}

pub fn channel(target: Target) -> Channel {
    Channel { id: ChannelId(Uuid::from_u128(0xc4)), target, paused: false }
}

pub fn branch(id: BranchId) -> Branch {
    Branch::new(id, BranchName::parse("a branch").expect("legal"))
}

pub fn runtime(text: &str) -> RuntimeVersion {
    RuntimeVersion::parse(text).expect("legal")
}

/// An app whose branch [`MAIN`] has these entries, newest first, for Android and runtime `1.0.0`; every update in it is
/// known. The branch [`OTHER`] is there and empty.
pub fn app(newest_first: Vec<Entry>) -> AppSnapshot {
    let mut app = empty_app();
    app.channels.insert(ChannelName::parse("production").expect("legal"), channel(Target::Branch(MAIN)));
    for entry in newest_first.iter().filter(|entry| entry.kind == EntryKind::Update) {
        app.known.insert(entry.id, KnownUpdate { created_at: entry.created_at, branch: MAIN });
    }
    let mut main = branch(MAIN);
    main.lanes_mut(Platform::Android).insert(runtime("1.0.0"), Lane { entries: newest_first });
    app.branches.insert(MAIN, main);
    app.branches.insert(OTHER, branch(OTHER));
    app
}

/// The app also issued this update, on that branch.
pub fn knows(mut app: AppSnapshot, number: u32, branch: BranchId) -> AppSnapshot {
    app.known.insert(update(number.into()), KnownUpdate { created_at: Millis(number.into()), branch });
    app
}

/// The embedded update is registered as built at that time.
pub fn registered(mut app: AppSnapshot, built: i64) -> AppSnapshot {
    app.embedded.insert(EMBEDDED, EmbeddedUpdate { created_at: Millis(built) });
    app
}

pub fn device() -> Device<'static> {
    Device {
        platform: Platform::Android,
        runtime_version: "1.0.0",
        channel: "production",
        id: Some(Uuid::from_u128(0xd0)),
        current: Some(EMBEDDED),
        embedded: Some(EMBEDDED),
        recent_failed: arrayvec::ArrayVec::new(),
        takes_directives: true,
        facts: None,
    }
}

pub fn running(number: u32) -> Device<'static> {
    Device { current: Some(update(number.into())), ..device() }
}

pub fn failed(mut device: Device<'static>, updates: &[UpdateId]) -> Device<'static> {
    device.recent_failed.extend(updates.iter().copied());
    device
}

/// What a table compares: the reason's code, the entry served, the filter.
pub type Answer = (&'static str, Option<UpdateId>, Option<BranchId>);

pub fn answer(app: &AppSnapshot, device: &Device<'_>) -> Answer {
    summary(&decide(app, device))
}

pub fn summary(decision: &Decision) -> Answer {
    (decision.reason().code(), decision.outcome.served(), decision.filter)
}

/// A rule of twenty nodes, each of which is looked at for a device that says `locale` `de-DE`, an `app_version` of 1.4 and
/// `param:cohort` `a`.
pub fn twenty_nodes() -> serde_json::Value {
    use serde_json::json;
    let eq = |fact: &str, value: &str| json!({"eq": {"fact": fact, "value": value}});
    json!({ "all": [
        { "any": [eq("locale", "en-US"), eq("locale", "fr"), { "prefix": { "fact": "locale", "value": "de" } }] },
        { "version": { "fact": "app_version", "range": ">=1.4.0-a, <2.0.0" } },
        { "not": { "in": { "fact": "param:cohort", "values": ["b", "c", "d", "e"] } } },
        { "any": [eq("platform", "ios"), eq("channel", "beta"), eq("runtime_version", "1.0.0")] },
        { "not": { "device_in": (1..100).map(Uuid::from_u128).collect::<Vec<_>>() } },
        { "any": [eq("locale", "it"), eq("locale", "es"), { "not": eq("param:cohort", "z") }] },
        { "prefix": { "fact": "locale", "value": "de-" } },
    ] })
}
