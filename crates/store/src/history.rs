//! What was issued, with its bytes and with what people said about it.

use async_trait::async_trait;
use bytes::Bytes;
use model::control::PastEntry;
use model::{AppId, BlobHash, Millis, UpdateGroupId, UpdateId};

use crate::{Actor, NewGroup, StoreError};

/// One asset of a stored update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateAsset {
    /// Its bytes.
    pub hash: BlobHash,
    /// What the bundle's code looks it up by.
    pub key: String,
    /// The type it was first served with by this app.
    pub content_type: String,
    /// Their number.
    pub size: u64,
    /// Whether it is the bundle.
    pub launch: bool,
}

/// All that is stored about one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredUpdate {
    /// Its facts.
    pub past: PastEntry,
    /// The exact manifest or directive.
    pub body: Bytes,
    /// In the order of the publish.
    pub assets: Vec<UpdateAsset>,
}

/// A group, as it was issued; its message may have been edited since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRecord {
    /// What it is.
    pub group: NewGroup,
    /// Who issued it.
    pub issued_by: Actor,
    /// When, by the clock of who issued it.
    pub issued_at: Millis,
}

/// Reading what was issued.
#[async_trait]
pub trait History: Send + Sync {
    /// One entry with its bytes and assets.
    async fn update(&self, app: AppId, update: UpdateId) -> Result<Option<StoredUpdate>, StoreError>;

    /// These groups of the app, by id; unknown ones are left out.
    async fn groups(&self, app: AppId, groups: &[UpdateGroupId]) -> Result<Vec<GroupRecord>, StoreError>;
}
