//! What contracts start from, and the words they are written in.

mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use model::control::{Control, Edit};
use model::{AppId, BlobHash, BranchId, ChannelId, KeyId, LaneId, UpdateGroupId, UpdateId};
use serde_json::json;

pub(super) use words::{
    ANDROID, IOS, NOW, actor, asset, at, blob, bootstrap, branch_name, channel_name, directive, entry, fresh, group,
    key, key_id, lane, request, rolling, rule, ruled, seal, signature, signed, slug, tenth, token, under,
};

use super::{Database, Databases};
use crate::{
    AddKey, AppState, AuditAction, AuditLine, Bootstrapped, CommitError, Committed, Effect, GroupRecord, KeyRecord,
    NewEntry, NewKey, Operation, Seal, SessionId, Store,
};

/// A database with one app: channel `production` at branch `main`, no key, no token.
pub(super) struct World {
    pub(super) database: Box<dyn Database>,
    pub(super) store: Arc<dyn Store>,
    pub(super) app: AppId,
    pub(super) channel: ChannelId,
    pub(super) branch: BranchId,
}

impl World {
    pub(super) async fn new(databases: &dyn Databases) -> Self {
        let database = databases.create().await;
        let store = database.open().await;
        Self::bootstrapped(database, store, "demo").await
    }

    /// The same database with another app in it; its branch and channel have the same names.
    pub(super) async fn neighbour(&self) -> Self {
        Self::bootstrapped(Box::new(Gone), Arc::clone(&self.store), "neighbour").await
    }

    async fn bootstrapped(database: Box<dyn Database>, store: Arc<dyn Store>, named: &str) -> Self {
        let bootstrap = bootstrap(named);
        let (app, channel, branch) = (bootstrap.app, bootstrap.channel.id, bootstrap.branch.id);
        let created = store.bootstrap(bootstrap).await.unwrap();
        assert!(matches!(created, Bootstrapped::Created(_)), "a new database has an app: {created:?}");
        Self { database, store, app, channel, branch }
    }

    /// The same app through connections of their own.
    pub(super) async fn reopened(&self) -> Self {
        let Self { app, channel, branch, .. } = *self;
        Self { database: Box::new(Gone), store: self.database.open().await, app, channel, branch }
    }

    /// The same app after an end and a new start.
    pub(super) async fn restarted(self) -> Self {
        let Self { database, store, app, channel, branch } = self;
        drop(store);
        Self { store: database.open().await, database, app, channel, branch }
    }

    pub(super) async fn version(&self) -> u64 {
        let versions = self.store.versions().await.unwrap();
        versions.into_iter().find(|(app, _)| *app == self.app).unwrap().1
    }

    pub(super) async fn load(&self) -> AppState {
        self.store.load(self.app).await.unwrap().unwrap()
    }

    pub(super) async fn control(&self) -> Control {
        self.store.control(self.app, NOW).await.unwrap().unwrap().control
    }

    /// A publish of these entries as one group to the app's first branch.
    pub(super) fn publish(&self, entries: Vec<NewEntry>) -> Operation {
        self.publish_to(self.branch, entries)
    }

    pub(super) fn publish_to(&self, branch: BranchId, mut entries: Vec<NewEntry>) -> Operation {
        let group = group(branch);
        for entry in &mut entries {
            entry.group = group.id;
        }
        Operation {
            app: self.app,
            action: AuditAction::Publish,
            detail: json!({ "entries": entries.len() }),
            at_version: None,
            edits: Vec::new(),
            groups: vec![group],
            entries,
        }
    }

    /// Edits without an entry, planned at the version now.
    pub(super) async fn edits(&self, edits: Vec<Edit>) -> Operation {
        Operation {
            app: self.app,
            action: AuditAction::Disable,
            detail: json!({ "edits": edits.len() }),
            at_version: Some(self.version().await),
            edits,
            groups: Vec::new(),
            entries: Vec::new(),
        }
    }

    pub(super) async fn try_apply(&self, operation: &Operation) -> Result<Effect<Committed>, CommitError> {
        self.store.apply(operation.clone(), seal()).await
    }

    /// Applies it; returns the app's new version.
    pub(super) async fn issue(&self, operation: &Operation) -> u64 {
        match self.try_apply(operation).await {
            Ok(Effect::Fresh(Committed { version })) => version,
            other => panic!("the operation was not taken: {other:?}"),
        }
    }

    /// Issues one entry.
    pub(super) async fn issue_one(&self, entry: NewEntry) -> UpdateId {
        let id = entry.id;
        self.issue(&self.publish(vec![entry])).await;
        id
    }

    /// Issues plain updates, one operation each.
    pub(super) async fn issue_at(&self, lane: &LaneId, instants: impl IntoIterator<Item = i64>) -> Vec<UpdateId> {
        let mut ids = Vec::new();
        for instant in instants {
            ids.push(self.issue_one(entry(lane, instant)).await);
        }
        ids
    }

    pub(super) async fn edit(&self, edits: Vec<Edit>) -> u64 {
        self.issue(&self.edits(edits).await).await
    }

    /// A branch of this name, that a channel of the same name points at.
    pub(super) async fn beside(&self, named: &str) -> BranchId {
        let branch = BranchId(fresh());
        let create = Edit::CreateBranch { id: branch, name: branch_name(named) };
        let point = Edit::CreateChannel { id: ChannelId(fresh()), name: channel_name(named), branch };
        self.edit(vec![create, point]).await;
        branch
    }

    pub(super) async fn save(&self, operation: &Operation) -> SessionId {
        let session = SessionId(fresh());
        self.store.save_prepared(session, operation.clone(), NOW).await.unwrap();
        session
    }

    pub(super) async fn try_commit(&self, session: SessionId) -> Result<Effect<Committed>, CommitError> {
        self.store.commit(self.app, session, seal()).await
    }

    pub(super) async fn waits(&self, session: SessionId) -> bool {
        self.store.prepared(self.app, session, NOW).await.unwrap().is_some()
    }

    /// Why it is refused at once. Nothing changed.
    pub(super) async fn refused_at_once(&self, operation: &Operation, seal: &Seal) -> CommitError {
        let before = self.trace().await;
        let refused = self.store.apply(operation.clone(), seal.clone()).await.unwrap_err();
        assert_eq!(self.trace().await, before, "{refused:?}");
        refused
    }

    /// Why it is refused, both at once and when it was prepared. Nothing changed, and the session stays as it was.
    pub(super) async fn refused(&self, operation: &Operation, seal: &Seal) -> CommitError {
        let at_once = self.refused_at_once(operation, seal).await;
        let before = self.trace().await;
        let session = self.save(operation).await;
        let prepared = self.store.commit(self.app, session, seal.clone()).await.unwrap_err();
        assert_eq!(prepared.to_string(), at_once.to_string());
        assert_eq!(self.trace().await, before, "{prepared:?}");
        let waiting = self.store.prepared(self.app, session, NOW).await.unwrap();
        assert_eq!(waiting.as_ref(), Some(operation), "{prepared:?}");
        at_once
    }

    pub(super) async fn upload(&self, blob: BlobHash, size: u64) {
        self.store.record_blob(self.app, blob, size, NOW).await.unwrap();
    }

    /// Adds a key that has signed nothing.
    pub(super) async fn add_key(&self, key: NewKey) {
        let at_version = self.version().await;
        let intent = AddKey { app: self.app, key, signatures: Vec::new(), at_version, actor: actor(), now: NOW };
        self.store.add_key(intent).await.unwrap();
    }

    pub(super) async fn group(&self, id: UpdateGroupId) -> Option<GroupRecord> {
        self.store.groups(self.app, &[id]).await.unwrap().pop()
    }

    /// The newest line of the audit log.
    pub(super) async fn last_line(&self) -> AuditLine {
        self.store.audit(self.app, None, 1).await.unwrap().remove(0)
    }

    /// All that an operation could have changed, to see that a refused one did not.
    pub(super) async fn trace(&self) -> Trace {
        let control = self.control().await;
        let groups: BTreeSet<UpdateGroupId> = control.entries.iter().map(|past| past.entry.group).collect();
        let groups: Vec<UpdateGroupId> = groups.into_iter().collect();
        let served = self.load().await.entries.into_iter().map(|entry| (entry.id, entry.signatures)).collect();
        let assets = self.store.assets(self.app, 0).await.unwrap();
        Trace {
            control,
            served,
            groups: self.store.groups(self.app, &groups).await.unwrap(),
            keys: self.store.keys(self.app).await.unwrap(),
            assets: assets.into_iter().map(|asset| (asset.hash, asset.content_type)).collect(),
            audit: self.store.audit(self.app, None, 1_000).await.unwrap(),
        }
    }
}

/// See [`World::trace`].
#[derive(Debug, PartialEq)]
pub(super) struct Trace {
    control: Control,
    served: BTreeMap<UpdateId, Vec<(KeyId, Bytes)>>,
    groups: Vec<GroupRecord>,
    keys: Vec<KeyRecord>,
    assets: Vec<(BlobHash, String)>,
    audit: Vec<AuditLine>,
}

/// A world that shares its database cannot open it again.
struct Gone;

#[async_trait::async_trait]
impl Database for Gone {
    async fn open(&self) -> Arc<dyn Store> {
        panic!("the first world of this database opens it")
    }
}
