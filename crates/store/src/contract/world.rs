//! What contracts start from, and the words they are written in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use model::{
    AppId, AppSlug, BasisPoints, BlobHash, BranchId, BranchName, ChannelId, ChannelName, EntryKind, KeyId, Millis,
    Platform, Rollout, RuntimeVersion, Salt, UpdateGroupId, UpdateId,
};
use serde_json::json;
use uuid::Uuid;

use super::{Database, Databases};
use crate::{
    Actor, AppState, AuditAction, Bootstrap, Bootstrapped, Commit, CommitError, Committed, ContentFingerprint,
    Destination, Effect, EntrySignature, Idempotency, LaneBefore, LaneId, NewAsset, NewBranch, NewChannel, NewEntry,
    NewGroup, NewKey, NewToken, Prepare, Prepared, PreparedPublish, SealedKey, SessionId, Store, TokenHash, TokenId,
};

/// When most contracts play.
pub(super) const NOW: Millis = Millis(1_800_000_000_000);

pub(super) const ANDROID: Platform = Platform::Android;
pub(super) const IOS: Platform = Platform::Ios;

/// A database with one app: channel `production` at branch `main`, no key, no token.
pub(super) struct World {
    pub(super) database: Box<dyn Database>,
    pub(super) store: Arc<dyn Store>,
    pub(super) app: AppId,
    pub(super) branch: BranchId,
}

impl World {
    pub(super) async fn new(databases: &dyn Databases) -> Self {
        let database = databases.create().await;
        let store = database.open().await;
        let bootstrap = bootstrap("demo");
        let (app, branch) = (bootstrap.app, bootstrap.branch.id);
        let created = store.bootstrap(bootstrap).await.unwrap();
        assert!(matches!(created, Bootstrapped::Created(_)), "a new database has an app: {created:?}");
        Self { database, store, app, branch }
    }

    /// The same database with another app in it; its branch and channel have the same names.
    pub(super) async fn neighbour(&self) -> Self {
        let database = Box::new(Gone);
        let bootstrap = bootstrap("neighbour");
        let (app, branch) = (bootstrap.app, bootstrap.branch.id);
        let created = self.store.bootstrap(bootstrap).await.unwrap();
        assert!(matches!(created, Bootstrapped::Created(_)));
        Self { database, store: Arc::clone(&self.store), app, branch }
    }

    /// The same app through connections of their own.
    pub(super) async fn reopened(&self) -> Self {
        Self { database: Box::new(Gone), store: self.database.open().await, app: self.app, branch: self.branch }
    }

    pub(super) async fn version(&self) -> u64 {
        let versions = self.store.versions().await.unwrap();
        versions.into_iter().find(|(app, _)| *app == self.app).unwrap().1
    }

    pub(super) async fn load(&self) -> AppState {
        self.store.load(self.app).await.unwrap().unwrap()
    }

    pub(super) async fn look(&self, lanes: Vec<LaneId>, now: Millis) -> Prepared {
        let destination = Destination::Branch(branch_name("main"));
        self.store.prepare(Prepare { app: self.app, destination, lanes, now }).await.unwrap()
    }

    pub(super) async fn look_at(&self, lane: &LaneId, now: Millis) -> LaneBefore {
        self.look(vec![lane.clone()], now).await.lanes.remove(0)
    }

    /// A session of these entries for the app's first branch.
    pub(super) fn session(&self, entries: Vec<NewEntry>) -> PreparedPublish {
        PreparedPublish {
            session: SessionId(fresh()),
            app: self.app,
            branch: self.branch,
            action: AuditAction::Publish,
            group: NewGroup {
                id: UpdateGroupId(fresh()),
                channel: None,
                message: None,
                git_commit: None,
                git_branch: None,
                git_dirty: None,
            },
            entries,
            expected_heads: Vec::new(),
        }
    }

    pub(super) async fn save(&self, prepared: &PreparedPublish) {
        let saved = self.store.save_prepared(prepared.clone(), None, NOW).await.unwrap();
        assert_eq!(saved, Effect::Fresh(()));
    }

    /// A commit of the session without signatures.
    pub(super) fn commit(&self, session: SessionId) -> Commit {
        Commit {
            app: self.app,
            session,
            signatures: Vec::new(),
            outcome: json!({ "committed": session.0 }),
            idempotency: None,
            actor: actor(),
            now: NOW,
        }
    }

    pub(super) async fn try_commit(&self, session: SessionId) -> Result<Effect<Committed>, CommitError> {
        self.store.commit(self.commit(session)).await
    }

    /// Saves and commits; returns the app's new version.
    pub(super) async fn issue(&self, prepared: &PreparedPublish) -> u64 {
        self.save(prepared).await;
        match self.try_commit(prepared.session).await {
            Ok(Effect::Fresh(Committed { version })) => version,
            other => panic!("the commit was not taken: {other:?}"),
        }
    }

    /// Issues one entry.
    pub(super) async fn issue_one(&self, entry: NewEntry) -> UpdateId {
        let id = entry.id;
        self.issue(&self.session(vec![entry])).await;
        id
    }

    /// Issues plain updates, one commit each.
    pub(super) async fn issue_at(&self, lane: &LaneId, instants: impl IntoIterator<Item = i64>) -> Vec<UpdateId> {
        let mut ids = Vec::new();
        for instant in instants {
            ids.push(self.issue_one(entry(lane, instant)).await);
        }
        ids
    }

    pub(super) async fn upload(&self, blob: BlobHash, size: u64) {
        self.store.record_blob(self.app, blob, size, NOW).await.unwrap();
    }

    pub(super) async fn audit_actions(&self) -> Vec<AuditAction> {
        self.store.audit(self.app, 100).await.unwrap().into_iter().map(|line| line.action).collect()
    }

    /// All that an intent could have changed, to see that a refused one did not.
    pub(super) async fn trace(&self) -> Trace {
        let state = self.load().await;
        let mut known: Vec<UpdateId> = state.snapshot.known.keys().copied().collect();
        known.sort();
        let mut served = BTreeMap::new();
        for entry in state.entries {
            let mut signatures: Vec<String> = entry.signatures.iter().map(|(key, _)| key.to_string()).collect();
            signatures.sort();
            served.insert(entry.id, signatures);
        }
        Trace {
            version: state.snapshot.version,
            channels: state.snapshot.channels.len(),
            known,
            served,
            keys: state.keys.iter().map(|key| key.key_id.to_string()).collect(),
            assets: self.store.assets(self.app, 0).await.unwrap().into_iter().map(|asset| asset.hash).collect(),
            audit: self.audit_actions().await.len(),
        }
    }
}

/// See [`World::trace`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Trace {
    version: u64,
    channels: usize,
    known: Vec<UpdateId>,
    served: BTreeMap<UpdateId, Vec<String>>,
    keys: Vec<String>,
    assets: Vec<BlobHash>,
    audit: usize,
}

/// A world that shares its database cannot open it again.
struct Gone;

#[async_trait::async_trait]
impl Database for Gone {
    async fn open(&self) -> Arc<dyn Store> {
        panic!("the first world of this database opens it")
    }
}

/// An id that was not used before.
pub(super) fn fresh() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 | NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(super) fn actor() -> Actor {
    Actor("token:test".into())
}

pub(super) fn slug(text: &str) -> AppSlug {
    AppSlug::parse(text).unwrap()
}

pub(super) fn channel_name(text: &str) -> ChannelName {
    ChannelName::parse(text).unwrap()
}

pub(super) fn branch_name(text: &str) -> BranchName {
    BranchName::parse(text).unwrap()
}

pub(super) fn key_id(text: &str) -> KeyId {
    KeyId::parse(text).unwrap()
}

pub(super) fn bootstrap(named: &str) -> Bootstrap {
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

pub(super) fn key(id: &str) -> NewKey {
    NewKey {
        key_id: key_id(id),
        certificate_pem: format!("certificate of {id}"),
        chain_pem: Some(format!("chain of {id}")),
        sealed: Some(SealedKey(format!("sealed {id}").into_bytes())),
    }
}

pub(super) fn token(hash: u8) -> NewToken {
    NewToken { id: TokenId(fresh()), hash: TokenHash([hash; 32]), name: format!("token {hash}") }
}

pub(super) fn lane(platform: Platform, runtime_version: &str) -> LaneId {
    LaneId { platform, runtime_version: RuntimeVersion::parse(runtime_version).unwrap() }
}

pub(super) fn blob(number: u8) -> BlobHash {
    BlobHash([number; 32])
}

/// A plain update without assets, `instant` milliseconds after [`NOW`].
pub(super) fn entry(lane: &LaneId, instant: i64) -> NewEntry {
    let id = UpdateId(fresh());
    let mut fingerprint = [0; 32];
    fingerprint[16..].copy_from_slice(id.0.as_bytes());
    NewEntry {
        id,
        lane: lane.clone(),
        created_at: at(instant),
        kind: EntryKind::Update,
        body: Bytes::from(format!("{{\"id\":\"{id}\"}}")),
        fingerprint: ContentFingerprint(fingerprint),
        origin: None,
        held: false,
        rollout: None,
        assets: Vec::new(),
    }
}

pub(super) fn rolling(lane: &LaneId, instant: i64) -> NewEntry {
    NewEntry { rollout: Some(tenth()), ..entry(lane, instant) }
}

pub(super) fn tenth() -> Rollout {
    Rollout { share: BasisPoints::try_from(1_000).unwrap(), salt: Salt(Uuid::from_u128(7)) }
}

pub(super) fn asset(blob: BlobHash, key: &str) -> NewAsset {
    NewAsset { hash: blob, key: key.into(), content_type: "image/png".into(), launch: false }
}

/// That many milliseconds after [`NOW`].
pub(super) fn at(instant: i64) -> Millis {
    Millis(NOW.0 + instant)
}

pub(super) fn signature(entry: &NewEntry, key: &str) -> EntrySignature {
    EntrySignature {
        update: entry.id,
        key_id: key_id(key),
        signature: Bytes::from(format!("{key} signs {}", entry.id)),
    }
}

pub(super) fn request(key: &str) -> Idempotency {
    Idempotency {
        token: TokenId(Uuid::from_u128(9)),
        method: "POST".into(),
        path: "/api/v1/apps/demo/publishes".into(),
        key: key.into(),
        body_hash: [1; 32],
    }
}
