//! Delivery's only port: what it keeps in memory.

use async_trait::async_trait;
use bytes::Bytes;
use model::{AppId, AppSnapshot, BlobHash, BranchId, EntryKind, KeyId, Platform, RuntimeVersion, UpdateId};

use crate::{EncodedBlob, StoreError};

/// One app at one version: all of it was read in one instant.
#[derive(Clone, Debug)]
pub struct AppState {
    /// What deciding needs. Its lanes are [`model::Lane::reachable`] of what is stored.
    pub snapshot: AppSnapshot,
    /// The bytes of every entry in the snapshot's lanes, in no order.
    pub entries: Vec<StoredEntry>,
    /// Every signing key of the app, oldest first, then by key id.
    pub keys: Vec<PublicKey>,
}

/// An entry's prepared bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// The entry.
    pub id: UpdateId,
    /// What the body is: a manifest or a directive.
    pub kind: EntryKind,
    /// Its platform.
    pub platform: Platform,
    /// Its runtime version.
    pub runtime_version: RuntimeVersion,
    /// Its branch.
    pub branch: BranchId,
    /// The exact bytes that were signed.
    pub body: Bytes,
    /// Raw signatures over the body, by key id.
    pub signatures: Vec<(KeyId, Bytes)>,
}

/// The public part of a signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The `keyid` that requests name.
    pub key_id: KeyId,
    /// PEM of the certificate.
    pub certificate_pem: String,
    /// PEM of leaf and intermediates, for the `certificate_chain` part (protocol.md §5).
    pub chain_pem: Option<String>,
}

/// An asset that an app refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetRecord {
    /// SHA-256 of its bytes.
    pub hash: BlobHash,
    /// The type that the app first published it with. It never changes: the answer is cached for a year. Where apps
    /// differ, a URL that names no app takes the type of the app with the smallest id, so that every replica agrees.
    pub content_type: String,
    /// Bytes.
    pub size: u64,
    /// Variants, by encoding.
    pub encodings: Vec<EncodedBlob>,
}

/// Reading for the hot path: at the start and after a change, never within a check.
#[async_trait]
pub trait ReadSnapshots: Send + Sync {
    /// Every app with its version, by id. Cheap; a poll.
    async fn versions(&self) -> Result<Vec<(AppId, u64)>, StoreError>;

    /// The app as it is now, read in one instant; none when there is no such app.
    async fn load(&self, app: AppId) -> Result<Option<AppState>, StoreError>;

    /// The assets that the app's committed entries refer to and that none referred to up to version `after`: 0 gives
    /// all. Whoever holds the assets up to `after` and adds these holds at least those that the app's snapshot needs,
    /// also a snapshot that was loaded before this call; so ask first with the version of the snapshot before, then
    /// publish the new snapshot. By hash. Never a blob that is only uploaded, nor an encoded variant.
    async fn assets(&self, app: AppId, after: u64) -> Result<Vec<AssetRecord>, StoreError>;
}
