//! The real store with one fault: everything but operations, which are next door.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use model::{AppId, AppSlug, BlobHash, KeyId, Millis, UpdateGroupId, UpdateId};
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};
use store::contract::{Database, Databases};
use store::{
    Actor, AddKey, AppRecord, AppState, Apps, AssetRecord, AuditLine, Blobs, Bootstrap, Bootstrapped, BoxError, Change,
    Changes, Controlled, EncodedBlob, Encodings, GroupRecord, History, Idempotency, KeyError, KeyRecord, Keys,
    NewToken, ReadAudit, ReadControl, ReadSnapshots, ReplayError, Replays, SealedKey, Store, StoreError, StoredUpdate,
    TokenHash, TokenRecord, Tokens, Watch,
};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

use crate::faults::Fault;

/// What mutants could not do: none of their faults breaks a contract by failing itself.
pub(crate) static MISTAKES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Databases whose stores have this fault.
pub(crate) struct Mutants(pub(crate) Fault);

struct Directory(TempDir, Fault);

#[async_trait]
impl Databases for Mutants {
    async fn create(&self) -> Box<dyn Database> {
        Box::new(Directory(TempDir::new().unwrap(), self.0))
    }

    fn tells_changes(&self) -> bool {
        false
    }
}

#[async_trait]
impl Database for Directory {
    async fn open(&self) -> Arc<dyn Store> {
        let file = self.0.path().join("updraft.db");
        Arc::new(Mutant { store: SqliteStore::open(&file).await.unwrap(), file, fault: self.1 })
    }
}

/// A store with a fault.
#[derive(Debug)]
pub(crate) struct Mutant {
    pub(crate) store: SqliteStore,
    file: PathBuf,
    fault: Fault,
}

impl Mutant {
    pub(crate) fn fault(&self) -> Fault {
        self.fault
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// Spoils rows behind the store's back.
    pub(crate) async fn spoil(&self, sql: String) {
        if let Err(error) = self.run(sql.clone()).await {
            MISTAKES.lock().unwrap().push(format!("{:?}: {sql}: {error}", self.fault));
        }
    }

    async fn run(&self, sql: String) -> Result<(), sqlx::Error> {
        let options = SqliteConnectOptions::new().filename(&self.file);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
        connection.close().await
    }

    pub(crate) async fn spoil_if(&self, fault: Fault, sql: impl FnOnce() -> String) {
        if self.has(fault) {
            self.spoil(sql()).await;
        }
    }

    /// For faults that take one app for another.
    pub(crate) async fn every_app(&self) -> Result<Vec<AppId>, StoreError> {
        Ok(self.store.versions().await?.into_iter().map(|(app, _)| app).collect())
    }
}

/// An id as SQL writes its bytes.
pub(crate) fn sql_id(id: uuid::Uuid) -> String {
    format!("x'{}'", id.simple())
}

pub(crate) const FORGET_THE_LINE: &str = "DELETE FROM audit_log WHERE id = (SELECT max(id) FROM audit_log)";

fn refused(why: &str) -> BoxError {
    why.to_owned().into()
}

#[async_trait]
impl Apps for Mutant {
    async fn bootstrap(&self, mut bootstrap: Bootstrap) -> Result<Bootstrapped, StoreError> {
        if self.has(Fault::BootstrapForgetsTheKey) {
            bootstrap.key = None;
        }
        if self.has(Fault::BootstrapForgetsTheToken) {
            bootstrap.token = None;
        }
        let later = if self.has(Fault::BootstrapIsTwoSteps) { bootstrap.token.take() } else { None };
        let now = bootstrap.now;
        let done = self.store.bootstrap(bootstrap).await?;
        if let Some(token) = later {
            self.store.add_token(token, now).await?;
        }
        self.spoil_if(Fault::BootstrapForgetsTheLine, || FORGET_THE_LINE.into()).await;
        match done {
            Bootstrapped::Existed(app) if self.has(Fault::BootstrapCreatesTwice) => Ok(Bootstrapped::Created(app)),
            done => Ok(done),
        }
    }

    async fn app(&self, slug: &AppSlug) -> Result<Option<AppRecord>, StoreError> {
        match self.store.app(slug).await? {
            Some(_) if self.has(Fault::AppIsNotFound) => Ok(None),
            None if self.has(Fault::AppIsTheFirst) => Ok(self.store.apps().await?.into_iter().next()),
            found => Ok(found),
        }
    }

    async fn apps(&self) -> Result<Vec<AppRecord>, StoreError> {
        let mut apps = self.store.apps().await?;
        if self.has(Fault::AppsAreUnordered) {
            apps.sort_by_key(|app| app.created_at);
        }
        if self.has(Fault::AppsAreMissing) {
            apps.clear();
        }
        Ok(apps)
    }
}

#[async_trait]
impl Blobs for Mutant {
    async fn missing_blobs(&self, app: AppId, blobs: &[(BlobHash, u64)]) -> Result<Vec<BlobHash>, StoreError> {
        let mut missing = self.store.missing_blobs(app, blobs).await?;
        if self.has(Fault::MissingBlobsIgnoresTheApp) {
            for other in self.every_app().await? {
                let of_other = self.store.missing_blobs(other, blobs).await?;
                missing.retain(|blob| of_other.contains(blob));
            }
        }
        if self.has(Fault::MissingBlobsIgnoresTheOrder) {
            missing.sort();
        }
        if self.has(Fault::MissingBlobsRepeats) {
            missing = blobs.iter().map(|(hash, _)| *hash).filter(|hash| missing.contains(hash)).collect();
        }
        Ok(missing)
    }

    async fn record_blob(&self, app: AppId, hash: BlobHash, size: u64, now: Millis) -> Result<(), StoreError> {
        if self.has(Fault::RecordBlobForgets) {
            return Ok(());
        }
        match self.store.record_blob(app, hash, size, now).await {
            Err(StoreError::Corrupt { .. }) if self.has(Fault::RecordBlobTakesAnySize) => Ok(()),
            Err(StoreError::Constraint(_)) if self.has(Fault::RecordBlobTakesAnyApp) => Ok(()),
            done => done,
        }
    }

    async fn encodings(&self, blobs: &[BlobHash]) -> Result<Encodings, StoreError> {
        let mut encodings = self.store.encodings(blobs).await?;
        if self.has(Fault::EncodingsAreForgotten) {
            encodings.clear();
        }
        if self.has(Fault::EncodingsLoseTheUseless) {
            encodings.retain(|_, variants| !variants.is_empty());
        }
        Ok(encodings)
    }

    async fn record_encodings(&self, blob: BlobHash, encodings: &[EncodedBlob], now: Millis) -> Result<(), StoreError> {
        if self.has(Fault::RecordEncodingsForgets) {
            return Ok(());
        }
        let mut all = encodings.to_vec();
        if self.has(Fault::RecordEncodingsAdds) {
            let before = self.store.encodings(&[blob]).await?.remove(&blob).unwrap_or_default();
            all = if before.is_empty() { all } else { before };
        }
        match self.store.record_encodings(blob, &all, now).await {
            Err(StoreError::WrongRowCount { .. }) if self.has(Fault::RecordEncodingsTakesAnyBlob) => Ok(()),
            done => done,
        }
    }
}

#[async_trait]
impl History for Mutant {
    async fn update(&self, app: AppId, update: UpdateId) -> Result<Option<StoredUpdate>, StoreError> {
        let mut found = self.store.update(app, update).await?;
        if self.has(Fault::UpdateIgnoresTheApp) {
            for other in self.every_app().await? {
                found = found.or(self.store.update(other, update).await?);
            }
        }
        if self.has(Fault::UpdateIsNotFound) {
            return Ok(None);
        }
        if let Some(update) = &mut found {
            if self.has(Fault::UpdateLosesTheAssets) {
                update.assets.clear();
            }
            if self.has(Fault::UpdateLosesTheRule) {
                update.past.entry.rule = None;
            }
            for asset in update.assets.iter_mut().filter(|_| self.has(Fault::UpdateLosesTheSize)) {
                asset.size = 0;
            }
        }
        Ok(found)
    }

    async fn groups(&self, app: AppId, groups: &[UpdateGroupId]) -> Result<Vec<GroupRecord>, StoreError> {
        let mut found = self.store.groups(app, groups).await?;
        if self.has(Fault::GroupsIgnoreTheApp) {
            found.clear();
            for app in self.every_app().await? {
                found.extend(self.store.groups(app, groups).await?);
            }
        }
        if self.has(Fault::GroupsIgnoreTheOrder) {
            found.sort_by_key(|found| groups.iter().position(|group| *group == found.group.id));
        }
        for record in &mut found {
            if self.has(Fault::GroupsLoseTheMessage) {
                record.group.message = None;
            }
            if self.has(Fault::GroupsLoseTheActor) {
                record.issued_by = Actor("nobody".into());
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Keys for Mutant {
    async fn add_key(&self, mut intent: AddKey) -> Result<u64, KeyError> {
        let app = intent.app;
        if self.has(Fault::AddKeyIgnoresTheVersion) {
            let versions = self.store.versions().await?;
            intent.at_version = versions.iter().find(|(known, _)| *known == app).map_or(0, |(_, version)| *version);
        }
        if self.has(Fault::AddKeyForgetsTheSignatures) {
            intent.signatures.clear();
        }
        if self.has(Fault::AddKeyKeepsTheSealedPart) {
            intent.key.sealed = None;
        }
        let version = self.store.add_key(intent).await?;
        self.spoil_if(Fault::AddKeyForgetsTheLine, || FORGET_THE_LINE.into()).await;
        let lower = || format!("UPDATE apps SET version = version - 1 WHERE id = {}", sql_id(app.0));
        self.spoil_if(Fault::AddKeyRaisesNoVersion, lower).await;
        Ok(version)
    }

    async fn keys(&self, app: AppId) -> Result<Vec<KeyRecord>, StoreError> {
        let mut keys = self.store.keys(app).await?;
        if self.has(Fault::KeysAreUnordered) {
            keys.sort_by(|one, other| one.key_id.cmp(&other.key_id));
        }
        if self.has(Fault::KeysAreMissing) {
            keys.clear();
        }
        Ok(keys)
    }

    async fn sealed_key(&self, app: AppId, key_id: &KeyId) -> Result<Option<SealedKey>, StoreError> {
        if self.has(Fault::SealedKeyIsLost) {
            return Ok(None);
        }
        if self.has(Fault::SealedKeyIsOfAnyApp) {
            for app in self.every_app().await? {
                if let Some(found) = self.store.sealed_key(app, key_id).await? {
                    return Ok(Some(found));
                }
            }
        }
        self.store.sealed_key(app, key_id).await
    }
}

#[async_trait]
impl ReadAudit for Mutant {
    async fn audit(&self, app: AppId, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
        let limit = if self.has(Fault::AuditIgnoresTheLimit) { 10_000 } else { limit };
        let mut lines = self.store.audit(app, limit).await?;
        if self.has(Fault::AuditIsOldestFirst) {
            lines.reverse();
        }
        for line in lines.iter_mut().filter(|_| self.has(Fault::AuditLosesTheDetail)) {
            line.detail = Value::Null;
        }
        Ok(lines)
    }
}

#[async_trait]
impl ReadControl for Mutant {
    async fn control(&self, app: AppId, now: Millis) -> Result<Option<Controlled>, StoreError> {
        let mut found = self.store.control(app, now).await?;
        if found.is_none() && self.has(Fault::ControlIsOfAnyApp) {
            let Some(any) = self.every_app().await?.pop() else { return Ok(None) };
            found = self.store.control(any, now).await?;
        }
        let Some(Controlled { control, now }) = &mut found else { return Ok(None) };
        if self.has(Fault::ControlTellsAnotherNow) {
            now.0 += 1;
        }
        if self.has(Fault::ControlIsBehind) {
            control.version -= 1;
        }
        if self.has(Fault::ControlLosesHeldEntries) {
            control.entries.retain(|past| !past.entry.held);
        }
        if self.has(Fault::ControlLosesEntriesOfDeletedBranches) {
            let branches: Vec<_> = control.branches.iter().map(|branch| branch.id).collect();
            control.entries.retain(|past| branches.contains(&past.branch));
        }
        if self.has(Fault::ControlIsUnordered) {
            control.entries.sort_by_key(|past| std::cmp::Reverse(past.version));
        }
        if self.has(Fault::ControlLosesEmbedded) {
            control.embedded.clear();
        }
        if self.has(Fault::ControlOrdersByLetters) {
            control.channels.sort_by_key(|channel| channel.name.as_str().to_lowercase());
        }
        for branch in control.branches.iter_mut().filter(|_| self.has(Fault::ControlLosesPins)) {
            branch.pinned = false;
        }
        for channel in control.channels.iter_mut().filter(|_| self.has(Fault::ControlLosesPauses)) {
            channel.paused = false;
        }
        for past in control.entries.iter_mut().filter(|_| self.has(Fault::ControlLosesTheRule)) {
            past.entry.rule = None;
        }
        Ok(found)
    }

    async fn missing_signatures(&self, app: AppId, entries: &[UpdateId]) -> Result<Vec<(UpdateId, KeyId)>, StoreError> {
        let mut missing = self.store.missing_signatures(app, entries).await?;
        if self.has(Fault::NoSignatureIsMissing) {
            missing.clear();
        }
        if self.has(Fault::MissingSignaturesAreUnordered) {
            missing.sort();
        }
        if self.has(Fault::MissingSignaturesAreOfOneKey) {
            missing.dedup_by_key(|(update, _)| *update);
        }
        Ok(missing)
    }
}

#[async_trait]
impl ReadSnapshots for Mutant {
    async fn versions(&self) -> Result<Vec<(AppId, u64)>, StoreError> {
        let mut versions = self.store.versions().await?;
        if self.has(Fault::VersionsAreUnordered) {
            versions.reverse();
        }
        for (_, version) in versions.iter_mut().filter(|_| self.has(Fault::VersionsStandStill)) {
            *version = 1;
        }
        Ok(versions)
    }

    async fn load(&self, app: AppId) -> Result<Option<AppState>, StoreError> {
        let served_anyway = || "UPDATE updates SET held = 0".to_owned();
        self.spoil_if(Fault::LoadServesHeldEntries, served_anyway).await;
        let mut found = self.store.load(app).await?;
        if found.is_none() && self.has(Fault::LoadIsOfAnyApp) {
            let Some(any) = self.every_app().await?.pop() else { return Ok(None) };
            found = self.store.load(any).await?;
        }
        let Some(state) = &mut found else { return Ok(None) };
        if self.has(Fault::LoadServesWhatNobodyReaches) {
            state.entries.extend(state.entries.clone());
        }
        if self.has(Fault::LoadForgetsWhatIsKnown) {
            state.snapshot.known.clear();
        }
        if self.has(Fault::LoadForgetsEmbedded) {
            state.snapshot.embedded.clear();
        }
        if self.has(Fault::LoadLosesTheKeys) {
            state.keys.clear();
        }
        for entry in state.entries.iter_mut().filter(|_| self.has(Fault::LoadLosesTheSignatures)) {
            entry.signatures.clear();
        }
        for channel in state.snapshot.channels.values_mut().filter(|_| self.has(Fault::LoadIgnoresPauses)) {
            channel.paused = false;
        }
        let branches = state.snapshot.branches.values_mut();
        let lanes = branches.flat_map(|branch| branch.android.values_mut().chain(branch.ios.values_mut()));
        for entry in lanes.flat_map(|lane| &mut lane.entries) {
            if self.has(Fault::LoadLosesTheRule) {
                entry.rule = None;
            }
            if self.has(Fault::LoadLosesTheRollout) {
                entry.rollout = None;
            }
        }
        Ok(found)
    }

    async fn assets(&self, app: AppId, after: u64) -> Result<Vec<AssetRecord>, StoreError> {
        let after = if self.has(Fault::AssetsIgnoreTheVersion) { 0 } else { after };
        let mut assets = self.store.assets(app, after).await?;
        if self.has(Fault::AssetsIgnoreTheApp) {
            assets.clear();
            for app in self.every_app().await? {
                assets.extend(self.store.assets(app, after).await?);
            }
        }
        for asset in assets.iter_mut().filter(|_| self.has(Fault::AssetsLoseTheEncodings)) {
            asset.encodings.clear();
        }
        Ok(assets)
    }
}

#[async_trait]
impl Replays for Mutant {
    async fn replay(&self, request: &Idempotency, now: Millis) -> Result<Option<Value>, ReplayError> {
        let now = if self.has(Fault::ReplayNeverForgets) { Millis(0) } else { now };
        match self.store.replay(request, now).await {
            Ok(_) if self.has(Fault::ReplayForgets) => Ok(None),
            Err(ReplayError::Conflict(_)) if self.has(Fault::ReplayIgnoresTheBody) => Ok(None),
            found => found,
        }
    }
}

#[async_trait]
impl Tokens for Mutant {
    async fn add_token(&self, token: NewToken, now: Millis) -> Result<(), StoreError> {
        if self.has(Fault::AddTokenForgets) {
            return Ok(());
        }
        let gone = || format!("DELETE FROM api_tokens WHERE hash = x'{}'", BlobHash(token.hash.0));
        self.spoil_if(Fault::AddTokenReplaces, gone).await;
        self.store.add_token(token, now).await
    }

    async fn token(&self, hash: TokenHash) -> Result<Option<TokenRecord>, StoreError> {
        let found = self.store.token(hash).await?.filter(|_| !self.has(Fault::TokenIsNotFound));
        let timeless = |token| TokenRecord { created_at: Millis(0), ..token };
        Ok(if self.has(Fault::TokenLosesItsTime) { found.map(timeless) } else { found })
    }
}

#[async_trait]
impl Watch for Mutant {
    async fn changes(&self) -> Result<Box<dyn Changes>, StoreError> {
        if self.has(Fault::ChangesAreRefused) {
            return Err(StoreError::Unavailable(refused("nobody listens here")));
        }
        if self.has(Fault::ChangesComeFromNowhere) {
            return Ok(Box::new(Noise));
        }
        self.store.changes().await
    }
}

/// Tells what nobody did.
struct Noise;

#[async_trait]
impl Changes for Noise {
    async fn next(&mut self) -> Result<Change, StoreError> {
        Ok(Change::Missed)
    }
}
