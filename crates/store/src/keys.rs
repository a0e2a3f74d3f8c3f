//! Signing keys of apps. Private parts come and go sealed; a store could not open them.

use std::fmt;

use async_trait::async_trait;
use model::{AppId, KeyId, Millis, UpdateId};

use crate::{Actor, StoreError};

/// A private key, encrypted by the server's master key.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedKey(pub Vec<u8>);

impl fmt::Debug for SealedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedKey({} bytes)", self.0.len())
    }
}

/// A key to add.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The `keyid` that requests name.
    pub key_id: KeyId,
    /// PEM of the certificate that apps embed, or of the leaf.
    pub certificate_pem: String,
    /// PEM of leaf and intermediates, where they travel with each manifest (protocol.md §5).
    pub chain_pem: Option<String>,
    /// The private part; none when somebody else signs.
    pub sealed: Option<SealedKey>,
}

/// A key, as it is stored, without its private part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The `keyid` that requests name.
    pub key_id: KeyId,
    /// PEM of the certificate.
    pub certificate_pem: String,
    /// PEM of leaf and intermediates.
    pub chain_pem: Option<String>,
    /// Whether the server holds the private part.
    pub held_by_server: bool,
    /// When it was added.
    pub created_at: Millis,
}

/// Adding a key to an app that serves updates already.
#[derive(Clone, Debug)]
pub struct AddKey {
    /// The app.
    pub app: AppId,
    /// The key.
    pub key: NewKey,
    /// Its signatures over the entries that devices can be offered now.
    pub signatures: Vec<(UpdateId, Vec<u8>)>,
    /// The app's version that those entries were read at.
    pub at_version: u64,
    /// Who does it.
    pub actor: Actor,
    /// Now.
    pub now: Millis,
}

/// Why a key was not added.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no such app.
    #[error("there is no such app")]
    UnknownApp,
    /// The app changed since its entries were read, so one may lack a signature. Read and sign again.
    #[error("the app changed meanwhile: it was at version {expected} and is at {actual}")]
    VersionMoved {
        /// The version that was read.
        expected: u64,
        /// The version now.
        actual: u64,
    },
    /// The app has a key with this id.
    #[error("the app has a key with the id `{0}` already")]
    KeyIdTaken(KeyId),
    /// A signature names an update that the app does not have.
    #[error("the app has no update {0}")]
    UnknownUpdate(UpdateId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An app's signing keys.
#[async_trait]
pub trait Keys: Send + Sync {
    /// Adds a key with the signatures of what is served, so that no device that asks for it meets an unsigned entry.
    /// Returns the app's new version.
    async fn add_key(&self, intent: AddKey) -> Result<u64, KeyError>;

    /// The app's keys, oldest first, then by key id.
    async fn keys(&self, app: AppId) -> Result<Vec<KeyRecord>, StoreError>;

    /// The sealed private part of a key; none when there is no such key or somebody else holds it.
    async fn sealed_key(&self, app: AppId, key_id: &KeyId) -> Result<Option<SealedKey>, StoreError>;
}
