//! The real store with one fault. Operations are in `operating`, what reads apps in `reading`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use model::{AppId, AppSlug, BlobHash, KeyId, Millis};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};
use store::contract::{Database, Databases};
use store::{
    AddKey, AppRecord, Apps, Blobs, Bootstrap, Bootstrapped, Change, Changes, EncodedBlob, Encodings, KeyError,
    KeyRecord, Keys, NewToken, ReadSnapshots, SealedKey, Store, StoreError, TokenHash, TokenRecord, Tokens, Watch,
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
            return Err(StoreError::Unavailable("nobody listens here".into()));
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
