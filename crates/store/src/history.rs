//! What a branch holds, in the order in which it came: for roll backs, republishing and listings.

use async_trait::async_trait;
use bytes::Bytes;
use model::{AppId, BlobHash, BranchId, Entry, Platform, RuntimeVersion, UpdateId};

use crate::{Actor, ContentFingerprint, LaneId, NewGroup, StoreError};

/// An entry as it was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedEntry {
    /// Its facts.
    pub entry: Entry,
    /// The app's version that its commit made: orders entries of different platforms, also within one millisecond.
    pub version: u64,
    /// What it shows to a device.
    pub fingerprint: ContentFingerprint,
    /// The entry whose content it repeats: what was named when it was issued, which may repeat another itself.
    pub origin: Option<UpdateId>,
}

/// A lane and the newest entry in it, disabled and held ones included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneHead {
    /// Its platform and runtime version.
    pub lane: LaneId,
    /// Its newest entry.
    pub head: IssuedEntry,
}

/// One asset of a stored update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateAsset {
    /// Its bytes.
    pub hash: BlobHash,
    /// What the bundle's code looks it up by.
    pub key: String,
    /// The type it was first served with by this app.
    pub content_type: String,
    /// Whether it is the bundle.
    pub launch: bool,
}

/// All that is stored about one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredUpdate {
    /// How it was issued.
    pub issued: IssuedEntry,
    /// The group that it was issued with, as it was given then.
    pub group: NewGroup,
    /// Who issued it.
    pub issued_by: Actor,
    /// The branch it belongs to.
    pub branch: BranchId,
    /// Its lane in there.
    pub lane: LaneId,
    /// The exact manifest or directive.
    pub body: Bytes,
    /// In the order of the publish.
    pub assets: Vec<UpdateAsset>,
}

/// Reading what was issued. Nothing is left out: disabled, held and unreachable entries are all here.
#[async_trait]
pub trait History: Send + Sync {
    /// The branch's lanes with their heads: Android before iOS, then by runtime version.
    async fn lanes(&self, app: AppId, branch: BranchId) -> Result<Vec<LaneHead>, StoreError>;

    /// The lane's full history, newest first: what [`model::roll_back::previous`] takes.
    async fn lane(
        &self,
        app: AppId,
        branch: BranchId,
        platform: Platform,
        runtime_version: &RuntimeVersion,
    ) -> Result<Vec<IssuedEntry>, StoreError>;

    /// One entry with its bytes and assets.
    async fn update(&self, app: AppId, update: UpdateId) -> Result<Option<StoredUpdate>, StoreError>;
}
