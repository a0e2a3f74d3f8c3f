//! Issuing entries: publish and roll back, later republish and promote, are this one intent with other content.
//!
//! 1. [`Publish::prepare`] looks: which branch, which instants, what is there already. Nothing is stored.
//! 2. The caller renders the exact bytes with those instants.
//! 3. [`Publish::save_prepared`] stores them; they survive a restart and are not served.
//! 4. The caller, or somebody far away, signs the bytes.
//! 5. [`Publish::commit`] makes all of them visible at once, or says why not.

use async_trait::async_trait;
use bytes::Bytes;
use model::{
    AppId, BlobHash, BranchId, BranchName, ChannelName, EntryKind, KeyId, Millis, Platform, Rollout, RuntimeVersion,
    UpdateGroupId, UpdateId,
};
use serde_json::Value;

use crate::{
    Actor, AuditAction, ContentFingerprint, Effect, Idempotency, IdempotencyConflict, IssuedEntry, Once, SessionId,
    StoreError,
};

/// How long a prepared publish waits for its commit: one hour.
pub const SESSION_LIFETIME: Millis = Millis(60 * 60 * 1000);

/// Where entries go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To the branch that this channel points at.
    Channel(ChannelName),
    /// To this branch.
    Branch(BranchName),
}

/// One lane of a branch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LaneId {
    /// Its platform.
    pub platform: Platform,
    /// Its runtime version.
    pub runtime_version: RuntimeVersion,
}

/// The question before rendering.
#[derive(Clone, Debug)]
pub struct Prepare {
    /// The app.
    pub app: AppId,
    /// Where the entries go.
    pub destination: Destination,
    /// The lanes that get entries.
    pub lanes: Vec<LaneId>,
    /// Now.
    pub now: Millis,
}

/// What the caller renders with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The branch that gets the entries.
    pub branch: BranchId,
    /// Its display name.
    pub branch_name: BranchName,
    /// The app's version at this look.
    pub version: u64,
    /// In the order asked.
    pub lanes: Vec<LaneBefore>,
}

/// A lane before the new entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneBefore {
    /// The lane.
    pub lane: LaneId,
    /// The instant of the first new entry of this **app and platform**: [`model::next_instant`] over all branches and
    /// runtime versions (architecture.md §4 *Order*). Lanes of one platform have the same one; who issues several
    /// entries for a platform adds a millisecond for each.
    pub next_instant: Millis,
    /// The lane's newest entry, whatever its state.
    pub head: Option<IssuedEntry>,
    /// Whether a rollout is open in it; a commit would be refused.
    pub rollout_active: bool,
}

/// Why there is nothing to prepare.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// There is no such app.
    #[error("there is no such app")]
    UnknownApp,
    /// The app has no such channel.
    #[error("the app has no channel `{0}`")]
    UnknownChannel(ChannelName),
    /// The app has no such branch.
    #[error("the app has no branch `{0}`")]
    UnknownBranch(BranchName),
    /// The channel points at two branches, so it does not say which one is meant.
    #[error("the channel `{0}` points at two branches; name the branch instead")]
    ChannelIsSplit(ChannelName),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Rendered entries that wait for their commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedPublish {
    /// Names them in the commit.
    pub session: SessionId,
    /// The app.
    pub app: AppId,
    /// The branch that gets them.
    pub branch: BranchId,
    /// What the audit log will call it.
    pub action: AuditAction,
    /// The group that they form.
    pub group: NewGroup,
    /// The entries; of one platform in rising order of `created_at`.
    pub entries: Vec<NewEntry>,
    /// Heads that must still be the same at the commit. A publish stands for itself and names none; a roll back means
    /// "what was before this head" and names the head that it saw.
    pub expected_heads: Vec<ExpectedHead>,
}

/// Entries that are issued, shown and controlled as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
    /// Its id.
    pub id: UpdateGroupId,
    /// The channel that was named, where one was.
    pub channel: Option<ChannelName>,
    /// What changed, for people.
    pub message: Option<String>,
    /// The commit that the source stood at.
    pub git_commit: Option<String>,
    /// The branch of the source.
    pub git_branch: Option<String>,
    /// Whether the source had uncommitted changes.
    pub git_dirty: Option<bool>,
}

/// One entry to issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// Its id; the manifest's `id`.
    pub id: UpdateId,
    /// Where it goes.
    pub lane: LaneId,
    /// The manifest's `createdAt` or the directive's `commitTime`.
    pub created_at: Millis,
    /// What it is.
    pub kind: EntryKind,
    /// The exact bytes that are signed and served.
    pub body: Bytes,
    /// What it shows to a device.
    pub fingerprint: ContentFingerprint,
    /// The entry whose content it repeats.
    pub origin: Option<UpdateId>,
    /// Stored, not served yet.
    pub held: bool,
    /// Served to a share of the devices first.
    pub rollout: Option<Rollout>,
    /// Its assets, launch asset included, in the manifest's order; none for a directive.
    pub assets: Vec<NewAsset>,
}

/// One asset of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAsset {
    /// Its bytes, which the app has uploaded.
    pub hash: BlobHash,
    /// What the bundle's code looks it up by.
    pub key: String,
    /// The type it is served with, unless this app has published the same bytes before: then that type stays.
    pub content_type: String,
    /// Whether it is the bundle.
    pub launch: bool,
}

/// A head that the caller relies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedHead {
    /// The lane.
    pub lane: LaneId,
    /// Its newest entry when the caller looked; none for an empty lane.
    pub head: Option<UpdateId>,
}

/// Why a prepared publish was not stored.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// There is no such app, or the branch is not its own.
    #[error("the app has no such branch")]
    UnknownBranch,
    /// There is no entry.
    #[error("there is nothing to issue")]
    Empty,
    /// An entry is not later than the one before it of the same platform.
    #[error("the entries for {0} are not in rising order of time")]
    OutOfOrder(Platform),
    /// The idempotency key belongs to another request.
    #[error(transparent)]
    Conflict(#[from] IdempotencyConflict),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One signature over an entry's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntrySignature {
    /// The entry.
    pub update: UpdateId,
    /// The key.
    pub key_id: KeyId,
    /// Raw bytes, RSASSA-PKCS1-v1_5 with SHA-256 (protocol.md §5).
    pub signature: Bytes,
}

/// Making a prepared publish visible.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The app.
    pub app: AppId,
    /// What was prepared.
    pub session: SessionId,
    /// For every entry exactly one of every key that the app has.
    pub signatures: Vec<EntrySignature>,
    /// What the caller answers; stored with the session, which a second commit gets again.
    pub outcome: Value,
    /// The request, when it came under an idempotency key.
    pub idempotency: Option<Idempotency>,
    /// Who does it.
    pub actor: Actor,
    /// Now.
    pub now: Millis,
}

/// What a commit made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The app's version that has the entries.
    pub version: u64,
}

/// Why a commit was refused. Nothing was changed, and the session stays.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The app has no such session, or it is older than [`SESSION_LIFETIME`].
    #[error("there is no such prepared publish, or it has expired")]
    UnknownSession,
    /// Something later was issued for this app and platform, or a lane's head is not the expected one. Prepare again.
    #[error("something else was issued for {platform} meanwhile")]
    HeadMoved {
        /// Where.
        platform: Platform,
    },
    /// A rollout is open in the lane. Finish or revert it first.
    #[error("a rollout is open for {} {}", .0.platform, .0.runtime_version)]
    RolloutActive(LaneId),
    /// The app has not uploaded an asset.
    #[error("the blob {0} is not there")]
    MissingBlob(BlobHash),
    /// A key of the app has not signed an entry; it may have been added meanwhile.
    #[error("the update {update} has no signature of the key `{key_id}`")]
    MissingSignature {
        /// The entry.
        update: UpdateId,
        /// The key.
        key_id: KeyId,
    },
    /// A signature is of a key that the app does not have, over an entry that the session does not have, or the second
    /// of one key over one entry.
    #[error("the signature of the key `{key_id}` over {update} belongs to nothing here")]
    StraySignature {
        /// The entry.
        update: UpdateId,
        /// The key.
        key_id: KeyId,
    },
    /// The idempotency key belongs to another request.
    #[error(transparent)]
    Conflict(#[from] IdempotencyConflict),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Issuing entries.
#[async_trait]
pub trait Publish: Send + Sync {
    /// Looks, and stores nothing.
    async fn prepare(&self, question: Prepare) -> Result<Prepared, PrepareError>;

    /// Stores rendered entries, unseen by devices, for [`SESSION_LIFETIME`].
    async fn save_prepared(
        &self,
        prepared: PreparedPublish,
        once: Option<Once>,
        now: Millis,
    ) -> Result<Effect<()>, SaveError>;

    /// A prepared publish that was neither committed nor has expired at `now`, exactly as it was saved.
    async fn prepared(
        &self,
        app: AppId,
        session: SessionId,
        now: Millis,
    ) -> Result<Option<PreparedPublish>, StoreError>;

    /// Makes all entries of the session visible at once. Checked in this order: the idempotency key; a session that was
    /// committed before gives its outcome again; [`CommitError::UnknownSession`]; [`CommitError::HeadMoved`];
    /// [`CommitError::RolloutActive`]; [`CommitError::MissingBlob`]; the signatures.
    async fn commit(&self, commit: Commit) -> Result<Effect<Committed>, CommitError>;
}
