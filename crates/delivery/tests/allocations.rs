//! What a check costs in allocations, and that it asks nobody.
//!
//! The numbers are exact: whoever changes one, for better or worse, changes the constant and says why. Reading the
//! request, deciding and noting the record take none; all that is left belongs to the answer:
//!
//! - A message (200, or the 304 that stands for it) gets a copy of its prepared headers: the map's table and its list,
//!   two allocations, and shares every value and the body with everybody else who gets it.
//! - "Nothing" (204) builds its few headers: the same two allocations.
//! - A sink adds none: the names in a record are shared with the snapshot. Only what a stranger made up is copied.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use allocation_counter::{AllocationInfo, measure};
use async_trait::async_trait;
use blob::BlobStore;
use bytes::Bytes;
use delivery::body::Body;
use delivery::door::Open;
use delivery::record::{CheckRecord, CheckSink};
use delivery::{Asked, Delivery};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use model::{
    AppId, AppSlug, AppSnapshot, Branch, BranchId, BranchName, Channel, ChannelId, ChannelName, Entry, EntryKind,
    KeyId, KnownUpdate, Lane, Millis, Platform, Rule, RuntimeVersion, Target, UpdateGroupId, UpdateId,
};
use serde_json::json;
use store::{AppState, AssetRecord, PublicKey, ReadSnapshots, StoreError, StoredEntry};
use uuid::Uuid;

/// Allocations and bytes of one check.
#[derive(Debug, PartialEq, Eq)]
struct Cost {
    allocations: u64,
    bytes: u64,
}

const SIGNED_MULTIPART: Cost = Cost { allocations: 2, bytes: 792 };
const BARE_JSON: Cost = Cost { allocations: 2, bytes: 1000 };
const NOT_MODIFIED: Cost = Cost { allocations: 2, bytes: 792 };
const NOTHING: Cost = Cost { allocations: 2, bytes: 552 };
/// `NOTHING` without the branch's filter: the device would have nothing that passes it.
const NOTHING_UNFILTERED: Cost = Cost { allocations: 2, bytes: 448 };
/// `NOTHING`, and the five bytes of a runtime version that only the record has.
const NOTHING_FOR_A_STRANGER: Cost = Cost { allocations: 3, bytes: 453 };

const APP: AppId = AppId(Uuid::from_u128(1));
const BRANCH: BranchId = BranchId(Uuid::from_u128(2));
const UPDATE: UpdateId = UpdateId(Uuid::from_u128(0x3a30_9fd4_7d5e_4b52_9c5b_7a4a_0cf6_53aa));
const CREATED: Millis = Millis(1_769_850_000_000);
const MULTIPART: &str = "multipart/mixed,application/expo+json,application/json";
const SIGNED: (&str, &str) = ("expo-expect-signature", "sig, keyid=\"main\", alg=\"rsa-v1_5-sha256\"");

#[tokio::test]
async fn every_answer_costs_what_stands_here() {
    for sinks in [0, 1] {
        let (delivery, _) = delivery(sinks).await;
        let etag = answer(&delivery, &check(&[SIGNED])).headers()["etag"].to_str().unwrap().to_owned();
        let current = ("expo-current-update-id", "3a309fd4-7d5e-4b52-9c5b-7a4a0cf653aa");
        let cases = [
            ("signed multipart", 200, check(&[SIGNED]), SIGNED_MULTIPART),
            ("bare JSON", 200, check(&[("accept", "application/json")]), BARE_JSON),
            ("304", 304, check(&[SIGNED, ("if-none-match", &etag)]), NOT_MODIFIED),
            ("204", 204, check(&[SIGNED, current]), NOTHING),
        ];
        for (what, status, headers, _) in &cases {
            assert_eq!(answer(&delivery, headers).status(), *status, "{what}");
        }
        let counted: Vec<_> = cases.iter().map(|(what, _, headers, _)| (*what, cost_of(&delivery, headers))).collect();
        assert_eq!(counted, cases.map(|(what, _, _, cost)| (what, cost)), "with {sinks} sinks");
    }
}

#[tokio::test]
async fn a_rule_of_twenty_nodes_costs_no_allocation() {
    let store = Arc::new(OneApp { calls: AtomicUsize::new(0), rule: Some(Arc::new(twenty_nodes())) });
    let delivery = Delivery::new(store, Arc::new(BlobStore::in_memory()), Box::new(Open), Vec::new());
    assert_eq!(delivery.reload_all().await.unwrap(), 1);
    let facts = |locale: &str| {
        format!("updraft-locale=\"{locale}\", updraft-app-version=\"1.4.0-rc.of.some.length\", cohort=\"a\"")
    };
    let (inside, outside) = (facts("de-DE"), facts("fr-FR"));
    for (said, status, cost) in [(&inside, 200, SIGNED_MULTIPART), (&outside, 204, NOTHING_UNFILTERED)] {
        let headers = check(&[SIGNED, ("expo-extra-params", said), ("expo-app-build-id", "41")]);
        assert_eq!(answer(&delivery, &headers).status(), status, "{said}");
        assert_eq!(cost_of(&delivery, &headers), cost, "{said}");
    }
}

fn twenty_nodes() -> Rule {
    let eq = |fact: &str, value: &str| json!({"eq": {"fact": fact, "value": value}});
    let rule = json!({ "all": [
        { "any": [eq("locale", "en-US"), eq("locale", "it"), { "prefix": { "fact": "locale", "value": "de" } }] },
        { "version": { "fact": "app_version", "range": ">=1.4.0-a, <2.0.0" } },
        { "not": { "in": { "fact": "param:cohort", "values": ["b", "c", "d", "e"] } } },
        { "any": [eq("platform", "ios"), eq("channel", "beta"), eq("app_build_id", "41")] },
        { "not": { "device_in": (1..100).map(Uuid::from_u128).collect::<Vec<_>>() } },
        { "any": [eq("os_version", "17"), eq("device_model", "X"), { "not": eq("param:cohort", "z") }] },
        { "prefix": { "fact": "environment", "value": "B" } },
    ] });
    Rule::read(&rule).unwrap()
}

#[tokio::test]
async fn only_names_that_nobody_knows_are_copied_for_the_record() {
    let headers = check(&[("expo-runtime-version", "9.9.9"), ("expo-channel-name", "production")]);
    let (silent, _) = delivery(0).await;
    assert_eq!(answer(&silent, &headers).status(), 204);
    let (noting, _) = delivery(1).await;
    assert_eq!(cost_of(&noting, &headers), NOTHING_FOR_A_STRANGER);
}

#[tokio::test]
async fn a_check_reads_no_store() {
    let (delivery, store) = delivery(1).await;
    let before = store.calls.load(Ordering::SeqCst);
    assert!(before > 0, "the snapshot came from somewhere");
    for platform in ["android", "ios", "web"] {
        for accept in [MULTIPART, "application/expo+json", "application/json", "text/html"] {
            for channel in ["production", "unknown"] {
                let headers = [("expo-platform", platform), ("accept", accept), ("expo-channel-name", channel), SIGNED];
                answer(&delivery, &check(&headers));
            }
        }
    }
    assert_eq!(store.calls.load(Ordering::SeqCst), before);
}

#[test]
fn the_counter_counts() {
    let counted = measure(|| drop(std::hint::black_box(vec![0_u8; 100])));
    assert_eq!((counted.count_total, counted.bytes_total), (1, 100));
}

fn answer(delivery: &Delivery, headers: &HeaderMap) -> Response<Body> {
    delivery.check(&Asked {
        app: None,
        headers,
        query: None,
        ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        now: Millis(CREATED.0 + 1000),
    })
}

/// Of a check like many before it.
fn cost_of(delivery: &Delivery, headers: &HeaderMap) -> Cost {
    for _ in 0..3 {
        answer(delivery, headers);
    }
    let AllocationInfo { count_total, bytes_total, .. } = measure(|| drop(answer(delivery, headers)));
    Cost { allocations: count_total, bytes: bytes_total }
}

/// What an Android phone sends, with some headers instead of its own.
fn check(changed: &[(&str, &str)]) -> HeaderMap {
    let stock = [
        ("host", "updates.example.com"),
        ("accept", MULTIPART),
        ("expo-platform", "android"),
        ("expo-protocol-version", "1"),
        ("expo-api-version", "1"),
        ("expo-updates-environment", "BARE"),
        ("expo-json-error", "true"),
        ("eas-client-id", "0b7b5c0e-8c52-4c0e-9b0b-6f1f0e4a9d11"),
        ("expo-runtime-version", "1.0.0"),
        ("expo-channel-name", "production"),
        ("expo-current-update-id", "6f3a1c52-0d53-4f5b-8f5e-1f3a9b6f7c11"),
        ("expo-embedded-update-id", "6f3a1c52-0d53-4f5b-8f5e-1f3a9b6f7c11"),
        ("accept-encoding", "zstd, br, gzip"),
        ("user-agent", "okhttp/4.12.0"),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in stock.iter().chain(changed) {
        headers.insert(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    headers
}

async fn delivery(sinks: usize) -> (Delivery, Arc<OneApp>) {
    let store = Arc::new(OneApp { calls: AtomicUsize::new(0), rule: None });
    let sinks = (0..sinks).map(|_| Arc::new(Forgets) as Arc<dyn CheckSink>).collect();
    let delivery = Delivery::new(store.clone(), Arc::new(BlobStore::in_memory()), Box::new(Open), sinks);
    assert_eq!(delivery.reload_all().await.unwrap(), 1);
    (delivery, store)
}

/// A sink that costs nothing by itself.
struct Forgets;

impl CheckSink for Forgets {
    fn take(&self, record: CheckRecord) {
        assert!(std::hint::black_box(record).status > 0);
    }
}

/// A store with one app that has one update, which counts how often it is asked.
#[derive(Debug)]
struct OneApp {
    calls: AtomicUsize,
    rule: Option<Arc<Rule>>,
}

#[async_trait]
impl ReadSnapshots for OneApp {
    async fn versions(&self) -> Result<Vec<(AppId, u64)>, StoreError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Ok(vec![(APP, 1)])
    }

    async fn load(&self, _: AppId) -> Result<Option<AppState>, StoreError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Ok(Some(state(self.rule.clone())))
    }

    async fn assets(&self, _: AppId, _: u64) -> Result<Vec<AssetRecord>, StoreError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Ok(Vec::new())
    }
}

fn state(rule: Option<Arc<Rule>>) -> AppState {
    let entry = Entry {
        id: UPDATE,
        group: UpdateGroupId(Uuid::from_u128(4)),
        created_at: CREATED,
        kind: EntryKind::Update,
        disabled: false,
        held: false,
        rollout: None,
        rule,
    };
    let runtime_version = RuntimeVersion::parse("1.0.0").unwrap();
    let mut branch = Branch::new(BRANCH, BranchName::parse("production").unwrap());
    for platform in Platform::ALL {
        branch.lanes_mut(platform).insert(runtime_version.clone(), Lane { entries: vec![entry.clone()] });
    }
    let channel = Channel { id: ChannelId(Uuid::from_u128(5)), target: Target::Branch(BRANCH), paused: false };
    let snapshot = AppSnapshot {
        app: APP,
        slug: AppSlug::parse("default").unwrap(),
        version: 1,
        channels: HashMap::from([(ChannelName::parse("production").unwrap(), channel)]),
        branches: HashMap::from([(BRANCH, branch)]),
        known: HashMap::from([(UPDATE, KnownUpdate { created_at: CREATED, branch: BRANCH })]),
        embedded: HashMap::new(),
    };
    let key_id = KeyId::parse("main").unwrap();
    let stored = StoredEntry {
        id: UPDATE,
        kind: EntryKind::Update,
        platform: Platform::Android,
        runtime_version,
        branch: BRANCH,
        body: Bytes::from(format!("{{\"id\":\"{UPDATE}\"}}")),
        signatures: vec![(key_id.clone(), Bytes::from(vec![7; 256]))],
    };
    let key = PublicKey { key_id, certificate_pem: "not looked at".into(), chain_pem: None };
    AppState { snapshot, entries: vec![stored], keys: vec![key] }
}
