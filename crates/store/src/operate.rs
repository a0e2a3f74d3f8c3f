//! Changing an app. Every operation, from a publish to a pause, is one [`Operation`]: edits and rendered entries that a
//! plan ([`model::control::plan`]) named, applied all at once or not at all.
//!
//! 1. The caller reads the app's [`Control`](model::control::Control) and plans on it.
//! 2. It renders the exact bytes of what is issued, and signs them.
//! 3. [`Operate::apply`] makes all of it visible at once, or says why not; when the app has changed since it was read, the
//!    caller begins again.
//!
//! A publish may be signed far away, so it can wait between 2 and 3: [`Operate::save_prepared`] stores it unseen,
//! [`Operate::commit`] applies it.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use model::control::{ContentFingerprint, Edit};
use model::{
    AppId, BlobHash, BranchId, ChannelName, EntryKind, KeyId, LaneId, Millis, Platform, Rollout, Rule, UpdateGroupId,
    UpdateId,
};
use serde_json::Value;

use crate::{Actor, AuditAction, Effect, Idempotency, IdempotencyConflict, SessionId, StoreError};

/// How long a prepared operation waits for its commit: one hour.
pub const SESSION_LIFETIME: Millis = Millis(60 * 60 * 1000);

/// What changes in an app.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The app.
    pub app: AppId,
    /// What the audit log calls it.
    pub action: AuditAction,
    /// What the audit log keeps of it.
    pub detail: Value,
    /// The app's version that it was planned at; refused at any other. A publish that edits nothing names none: it stands
    /// for itself, and only entries of its platforms and pins of its branches are in its way.
    pub at_version: Option<u64>,
    /// Applied first, in this order.
    pub edits: Vec<Edit>,
    /// The groups that the entries belong to.
    pub groups: Vec<NewGroup>,
    /// What is issued; of one platform in rising order of `created_at`.
    pub entries: Vec<NewEntry>,
}

/// A lane of a branch.
pub type Place = (BranchId, LaneId);

impl Operation {
    /// The first platform whose entries do not rise in time.
    pub fn out_of_order(&self) -> Option<Platform> {
        let mut latest: HashMap<Platform, Millis> = HashMap::new();
        let mut instants = self.entries.iter().map(|entry| (entry.lane.platform, entry.created_at));
        let sinks = |(platform, instant): &(Platform, Millis)| {
            latest.insert(*platform, *instant).is_some_and(|before| before >= *instant)
        };
        instants.find(sinks).map(|(platform, _)| platform)
    }

    /// The branch of one of its groups. Another group is the caller's mistake: [`StoreError::Constraint`].
    pub fn branch_of(&self, group: UpdateGroupId) -> Result<BranchId, StoreError> {
        let found = self.groups.iter().find(|known| known.id == group);
        found
            .map(|group| group.branch)
            .ok_or_else(|| StoreError::Constraint(format!("the operation has no group {group}").into()))
    }

    /// Where its entries go, in their order.
    pub fn places(&self) -> Result<Vec<Place>, StoreError> {
        self.entries.iter().map(|entry| Ok((self.branch_of(entry.group)?, entry.lane.clone()))).collect()
    }
}

/// Entries that are issued, shown and controlled as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
    /// Its id.
    pub id: UpdateGroupId,
    /// The branch of its entries.
    pub branch: BranchId,
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
    /// Its group, one of the operation's.
    pub group: UpdateGroupId,
    /// Where it goes on the group's branch.
    pub lane: LaneId,
    /// The manifest's `createdAt` or the directive's `commitTime`.
    pub created_at: Millis,
    /// What it is.
    pub kind: EntryKind,
    /// The exact bytes that are signed and served.
    pub body: Bytes,
    /// What it shows to a device.
    pub content: ContentFingerprint,
    /// The entry whose content it repeats.
    pub origin: Option<UpdateId>,
    /// Stored, not served yet.
    pub held: bool,
    /// Stored, and served to nobody until it is enabled.
    pub disabled: bool,
    /// Served to a share of the devices first.
    pub rollout: Option<Rollout>,
    /// Served to some devices only.
    pub rule: Option<Arc<Rule>>,
    /// Its assets that lie here, launch asset included, in the manifest's order; none for a directive. What lies on
    /// another host stands in the manifest alone.
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

/// What comes with an operation when it takes effect.
#[derive(Clone, Debug)]
pub struct Seal {
    /// For every new entry exactly one of every key that the app has. Besides, for entries that are stored already: those
    /// that the operation makes reachable and that a key has not signed yet.
    pub signatures: Vec<EntrySignature>,
    /// What the caller answers; kept for whoever asks again.
    pub outcome: Value,
    /// The request, when it came under an idempotency key.
    pub idempotency: Option<Idempotency>,
    /// Who does it.
    pub actor: Actor,
    /// Now, by the caller's clock.
    pub now: Millis,
}

/// What an operation made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The app's version that has it.
    pub version: u64,
}

/// Why a prepared operation was not stored.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// There is no such app, or a group's branch is not its own.
    #[error("the app has no such branch")]
    UnknownBranch,
    /// There is no entry.
    #[error("there is nothing to issue")]
    Empty,
    /// An entry is not later than the one before it of the same platform.
    #[error("the entries for {0} are not in rising order of time")]
    OutOfOrder(Platform),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an operation was refused. Nothing was changed, and a session stays.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// There is no such app.
    #[error("there is no such app")]
    UnknownApp,
    /// The app has no such session, or it is older than [`SESSION_LIFETIME`].
    #[error("there is no such prepared publish, or it has expired")]
    UnknownSession,
    /// The app is not at the version that the operation was planned at. Plan again.
    #[error("the app changed meanwhile: it was at version {expected} and is at {actual}")]
    VersionMoved {
        /// The version that was read.
        expected: u64,
        /// The version now.
        actual: u64,
    },
    /// An edit names what the app does not have, or a group's branch is not the app's own.
    #[error("the operation names what the app does not have")]
    UnknownTarget,
    /// An entry is not later than the one before it of the same platform.
    #[error("the entries for {0} are not in rising order of time")]
    OutOfOrder(Platform),
    /// Something later was issued for this app and platform, or the branch was pinned or unpinned. Prepare again.
    #[error("something else was issued for {platform} meanwhile")]
    HeadMoved {
        /// Where.
        platform: Platform,
    },
    /// A rollout is open in the lane. Finish or revert it first.
    #[error("a rollout is open for {} {}", .0.platform, .0.runtime_version)]
    RolloutActive(LaneId),
    /// The lane would have more entries than a walk looks at.
    #[error("too many conditional entries for {} {}", .0.platform, .0.runtime_version)]
    TooManyConditionalEntries(LaneId),
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
    /// A signature is of a key that the app does not have, over an entry that neither the operation nor the app has, or
    /// the second of one key over one entry of the operation.
    #[error("the signature of the key `{key_id}` over {update} belongs to nothing here")]
    StraySignature {
        /// The entry.
        update: UpdateId,
        /// The key.
        key_id: KeyId,
    },
    /// An update has an entry's id, or had it until it was deleted. Of any app: devices know an update by its id alone.
    #[error("there is an update {0} already")]
    IdTaken(UpdateId),
    /// The idempotency key belongs to another request.
    #[error(transparent)]
    Conflict(#[from] IdempotencyConflict),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changing an app.
#[async_trait]
pub trait Operate: Send + Sync {
    /// Applies the operation. Checked in this order: the idempotency key, whose outcome is given again;
    /// [`CommitError::UnknownApp`]; [`CommitError::VersionMoved`]; [`CommitError::OutOfOrder`];
    /// [`CommitError::HeadMoved`] (an instant that is not later than all of its platform; without `at_version` also an
    /// entry whose `held` is not whether its branch is pinned); the edits, then the groups' branches
    /// ([`CommitError::UnknownTarget`]); [`CommitError::RolloutActive`]; [`CommitError::MissingBlob`]; the signatures;
    /// [`CommitError::IdTaken`]; [`CommitError::TooManyConditionalEntries`]. An operation that edits and issues nothing still raises the version.
    async fn apply(&self, operation: Operation, seal: Seal) -> Result<Effect<Committed>, CommitError>;

    /// Stores a rendered operation that issues something, unseen by devices, for [`SESSION_LIFETIME`].
    async fn save_prepared(&self, session: SessionId, operation: Operation, now: Millis) -> Result<(), SaveError>;

    /// A prepared operation that was neither committed nor has expired at `now`, exactly as it was saved.
    async fn prepared(&self, app: AppId, session: SessionId, now: Millis) -> Result<Option<Operation>, StoreError>;

    /// Applies a prepared operation, as [`Operate::apply`] does. After the idempotency key: a session that was committed
    /// before gives its outcome again; [`CommitError::UnknownSession`].
    async fn commit(&self, app: AppId, session: SessionId, seal: Seal) -> Result<Effect<Committed>, CommitError>;
}
