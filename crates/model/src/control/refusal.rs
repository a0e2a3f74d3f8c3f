//! Why an operation is not planned.

use crate::{BasisPoints, BranchName, ChannelName, LaneId, UpdateId};

/// Why an operation is refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The app has no such channel.
    #[error("the app has no channel `{0}`")]
    UnknownChannel(ChannelName),
    /// The app has no such branch.
    #[error("the app has no branch `{0}`")]
    UnknownBranch(BranchName),
    /// The app has no update or group with this id, or it has none for the platform that was asked for.
    #[error("the app has no update or group {0} for this platform")]
    UnknownUpdate(uuid::Uuid),
    /// The app has it, but not on this branch, or not for this platform and runtime version.
    #[error("the update or group {0} has nothing here: it is of another branch, platform or runtime version")]
    OtherBranch(uuid::Uuid),
    /// The app has such a channel.
    #[error("the app has a channel `{0}` already")]
    ChannelExists(ChannelName),
    /// The app has such a branch.
    #[error("the app has a branch `{0}` already")]
    BranchExists(BranchName),
    /// A channel points at the branch.
    #[error("the branch `{branch}` cannot be deleted: the channel `{channel}` points at it")]
    BranchInUse {
        /// Which.
        branch: BranchName,
        /// One that points at it.
        channel: ChannelName,
    },
    /// The channel points at two branches where one is meant.
    #[error("the channel `{0}` points at two branches")]
    ChannelIsSplit(ChannelName),
    /// The channel points at one branch where two are meant.
    #[error("the channel `{0}` has no open rollout: it points at one branch")]
    ChannelNotSplit(ChannelName),
    /// Both branches of a channel rollout would be the same.
    #[error("the channel points at the branch `{0}` already")]
    SameBranch(BranchName),
    /// A rollout is open.
    #[error("a rollout is open for {} {}", .0.platform, .0.runtime_version)]
    RolloutActive(LaneId),
    /// None of what was asked for has an open rollout.
    #[error("the update or group {0} has no open rollout")]
    NoRollout(uuid::Uuid),
    /// A rollout only ever grows.
    #[error("the rollout for {} {} is at {} and cannot be lowered to {}",
        .lane.platform, .lane.runtime_version, .from, .to)]
    RolloutCannotLower {
        /// Where.
        lane: LaneId,
        /// What it is.
        from: BasisPoints,
        /// What was asked for.
        to: BasisPoints,
    },
    /// A rollout starts on what is served first; this is not, or no longer.
    #[error("the update {0} is not what its branch serves first, so no rollout can start on it")]
    NotTheHead(UpdateId),
    /// A rule is changed where it counts: on what is served, or waits behind a pin.
    #[error("nothing of {0} is served: it is disabled, or something later covers it")]
    NotServed(uuid::Uuid),
    /// Nothing was ever published there.
    #[error("nothing was published on the branch `{0}`")]
    NothingPublished(BranchName),
    /// Nothing served lies before the head.
    #[error("nothing that can be served was published before the current update for {} {}",
        .0.platform, .0.runtime_version)]
    NothingToRollBackTo(LaneId),
    /// The update is still needed.
    #[error("the update {update} cannot be deleted: {why}")]
    UpdateNeeded {
        /// Which.
        update: UpdateId,
        /// For whom or what.
        why: &'static str,
    },
    /// The branch holds nothing.
    #[error("the branch `{0}` is not pinned")]
    NotPinned(BranchName),
    /// One more conditional entry than a lane carries.
    #[error("{} {} would have more than {} entries that a device can reach",
        .0.platform, .0.runtime_version, crate::snapshot::MAX_LANE_ENTRIES)]
    TooManyConditionalEntries(LaneId),
    /// An embedded update with this id was registered with other facts.
    #[error("an embedded update {0} is registered with another {1}")]
    EmbeddedConflict(UpdateId, &'static str),
}
