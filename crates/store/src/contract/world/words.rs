//! The words that contracts are written in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use model::control::ContentFingerprint;
use model::{
    AppId, AppSlug, BasisPoints, BlobHash, BranchId, BranchName, ChannelId, ChannelName, EntryKind, KeyId, LaneId,
    Millis, Platform, Rollout, Rule, RuntimeVersion, Salt, UpdateGroupId, UpdateId,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Actor, Bootstrap, EntrySignature, Idempotency, NewAsset, NewBranch, NewChannel, NewEntry, NewGroup, NewKey,
    NewToken, Seal, SealedKey, TokenHash, TokenId,
};

/// When most contracts play.
pub(in crate::contract) const NOW: Millis = Millis(1_800_000_000_000);

pub(in crate::contract) const ANDROID: Platform = Platform::Android;
pub(in crate::contract) const IOS: Platform = Platform::Ios;

/// An id that was not used before.
pub(in crate::contract) fn fresh() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 | NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(in crate::contract) fn actor() -> Actor {
    Actor("token:test".into())
}

pub(in crate::contract) fn slug(text: &str) -> AppSlug {
    AppSlug::parse(text).unwrap()
}

pub(in crate::contract) fn channel_name(text: &str) -> ChannelName {
    ChannelName::parse(text).unwrap()
}

pub(in crate::contract) fn branch_name(text: &str) -> BranchName {
    BranchName::parse(text).unwrap()
}

pub(in crate::contract) fn key_id(text: &str) -> KeyId {
    KeyId::parse(text).unwrap()
}

pub(in crate::contract) fn bootstrap(named: &str) -> Bootstrap {
    Bootstrap {
        app: AppId(fresh()),
        slug: slug(named),
        channel: NewChannel { id: ChannelId(fresh()), name: channel_name("production") },
        branch: NewBranch { id: BranchId(fresh()), name: branch_name("main") },
        key: None,
        token: None,
        actor: actor(),
        now: NOW,
    }
}

pub(in crate::contract) fn key(id: &str) -> NewKey {
    NewKey {
        key_id: key_id(id),
        certificate_pem: format!("certificate of {id}"),
        chain_pem: Some(format!("chain of {id}")),
        sealed: Some(SealedKey(format!("sealed {id}").into_bytes())),
    }
}

pub(in crate::contract) fn token(hash: u8) -> NewToken {
    NewToken { id: TokenId(fresh()), hash: TokenHash([hash; 32]), name: format!("token {hash}") }
}

pub(in crate::contract) fn lane(platform: Platform, runtime_version: &str) -> LaneId {
    LaneId { platform, runtime_version: RuntimeVersion::parse(runtime_version).unwrap() }
}

pub(in crate::contract) fn blob(number: u8) -> BlobHash {
    BlobHash([number; 32])
}

pub(in crate::contract) fn group(branch: BranchId) -> NewGroup {
    NewGroup {
        id: UpdateGroupId(fresh()),
        branch,
        channel: None,
        message: None,
        git_commit: None,
        git_branch: None,
        git_dirty: None,
    }
}

/// A plain update without assets, `instant` milliseconds after [`NOW`], that waits for a group.
pub(in crate::contract) fn entry(lane: &LaneId, instant: i64) -> NewEntry {
    let id = UpdateId(fresh());
    let mut content = [0; 32];
    content[16..].copy_from_slice(id.0.as_bytes());
    NewEntry {
        id,
        group: UpdateGroupId(Uuid::nil()),
        lane: lane.clone(),
        created_at: at(instant),
        kind: EntryKind::Update,
        body: Bytes::from(format!("{{\"id\":\"{id}\"}}")),
        content: ContentFingerprint(content),
        origin: None,
        held: false,
        disabled: false,
        rollout: None,
        rule: None,
        assets: Vec::new(),
    }
}

pub(in crate::contract) fn directive(lane: &LaneId, instant: i64) -> NewEntry {
    NewEntry { kind: EntryKind::RollBackToEmbedded, ..entry(lane, instant) }
}

pub(in crate::contract) fn rolling(lane: &LaneId, instant: i64) -> NewEntry {
    NewEntry { rollout: Some(tenth()), ..entry(lane, instant) }
}

pub(in crate::contract) fn ruled(lane: &LaneId, instant: i64) -> NewEntry {
    NewEntry { rule: Some(rule()), ..entry(lane, instant) }
}

pub(in crate::contract) fn tenth() -> Rollout {
    Rollout { share: BasisPoints::try_from(1_000).unwrap(), salt: Salt(Uuid::from_u128(7)) }
}

/// One of every node.
pub(in crate::contract) fn rule() -> Arc<Rule> {
    let ids = [0xd1, 0xd2].map(Uuid::from_u128);
    let rule = json!({ "any": [
        { "device_in": ids },
        { "all": [
            { "not": { "eq": { "fact": "param:cohort", "value": "ü 'a' \"b\" \\" } } },
            { "in": { "fact": "app_build_id", "values": ["41", "42"] } },
            { "prefix": { "fact": "locale", "value": "de" } },
            { "version": { "fact": "app_version", "range": ">=1.4.0, <2.0.0" } },
        ] },
    ] });
    Arc::new(Rule::read(&rule).unwrap())
}

/// What comes with most operations.
pub(in crate::contract) fn seal() -> Seal {
    Seal { signatures: Vec::new(), outcome: json!("done"), idempotency: None, actor: actor(), now: NOW }
}

pub(in crate::contract) fn signed(signatures: Vec<EntrySignature>) -> Seal {
    Seal { signatures, ..seal() }
}

pub(in crate::contract) fn under(request: Idempotency, outcome: impl Into<Value>) -> Seal {
    Seal { idempotency: Some(request), outcome: outcome.into(), ..seal() }
}

pub(in crate::contract) fn asset(blob: BlobHash, key: &str) -> NewAsset {
    NewAsset { hash: blob, key: key.into(), content_type: "image/png".into(), launch: false }
}

/// That many milliseconds after [`NOW`].
pub(in crate::contract) fn at(instant: i64) -> Millis {
    Millis(NOW.0 + instant)
}

pub(in crate::contract) fn signature(entry: &NewEntry, key: &str) -> EntrySignature {
    EntrySignature {
        update: entry.id,
        key_id: key_id(key),
        signature: Bytes::from(format!("{key} signs {}", entry.id)),
    }
}

pub(in crate::contract) fn request(key: &str) -> Idempotency {
    Idempotency {
        token: TokenId(Uuid::from_u128(9)),
        method: "POST".into(),
        path: "/api/v1/apps/demo/publishes".into(),
        key: key.into(),
        body_hash: [1; 32],
    }
}
