//! One app as a check sees it: immutable, complete, bounded.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    AppId, AppSlug, BasisPoints, BranchId, BranchName, ChannelId, ChannelName, Millis, Platform, Rule, RuntimeVersion,
    Salt, UpdateGroupId, UpdateId,
};

/// A lane never holds more entries than this; storing the one after it is refused (`too_many_conditional_entries`).
pub const MAX_LANE_ENTRIES: usize = 32;

/// One app at one version. A publish makes a new one; nothing changes in place.
#[derive(Clone, Debug)]
pub struct AppSnapshot {
    /// The app.
    pub app: AppId,
    /// Its name in URLs.
    pub slug: AppSlug,
    /// Raised by every operation on the app; a snapshot never goes backwards.
    pub version: u64,
    /// By the name that binaries send.
    pub channels: HashMap<ChannelName, Channel>,
    /// Every branch that a channel points at.
    pub branches: HashMap<BranchId, Branch>,
    /// Every update of the app that a device may run, also disabled, held and unreachable ones: what a device runs is
    /// compared with what it would be offered.
    pub known: HashMap<UpdateId, KnownUpdate>,
    /// Registered updates inside released binaries.
    pub embedded: HashMap<UpdateId, EmbeddedUpdate>,
}

/// The name baked into binaries, and where it points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Where it points.
    pub target: Target,
    /// A paused channel answers "no update".
    pub paused: bool,
}

/// Where a channel points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// At one branch.
    Branch(BranchId),
    /// At two: devices inside the share get `new`, the rest `old`.
    Split {
        /// For the rest.
        old: BranchId,
        /// For the devices inside.
        new: BranchId,
        /// How many are inside.
        share: BasisPoints,
        /// Makes this split independent of other rollouts.
        salt: Salt,
    },
}

/// An ordered stream of entries for each platform and runtime version.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Its id, which filters name.
    pub id: BranchId,
    /// Its display name.
    pub name: BranchName,
    /// What a walk can reach, per platform, by runtime version.
    pub android: HashMap<RuntimeVersion, Lane>,
    /// The same for iOS.
    pub ios: HashMap<RuntimeVersion, Lane>,
}

impl Branch {
    /// A branch with no lanes yet.
    pub fn new(id: BranchId, name: BranchName) -> Self {
        Self { id, name, android: HashMap::new(), ios: HashMap::new() }
    }

    /// The lanes of one platform.
    pub fn lanes(&self, platform: Platform) -> &HashMap<RuntimeVersion, Lane> {
        match platform {
            Platform::Android => &self.android,
            Platform::Ios => &self.ios,
        }
    }

    /// The lanes of one platform, to build them.
    pub fn lanes_mut(&mut self, platform: Platform) -> &mut HashMap<RuntimeVersion, Lane> {
        match platform {
            Platform::Android => &mut self.android,
            Platform::Ios => &mut self.ios,
        }
    }
}

/// The entries of one branch, platform and runtime version that a walk can reach, newest first: down to the first one
/// that stands for everyone.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    /// Newest first, at most [`MAX_LANE_ENTRIES`].
    pub entries: Vec<Entry>,
}

/// More than [`MAX_LANE_ENTRIES`] entries lie above the end of the walk (`too_many_conditional_entries`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "one branch, platform and runtime version would have more than {MAX_LANE_ENTRIES} entries that a device can reach"
)]
pub struct TooManyConditionalEntries;

impl Lane {
    /// What a walk can reach of a full history, newest first: served entries down to and with the first that stands for
    /// everyone ([`Entry::stands_for_everyone`]). Takes no more from the iterator than that, so a history may be
    /// streamed.
    ///
    /// A decision on the result is the decision on the history (architecture.md §4).
    pub fn reachable(newest_first: impl IntoIterator<Item = Entry>) -> Result<Self, TooManyConditionalEntries> {
        let mut entries = Vec::new();
        for entry in newest_first.into_iter().filter(Entry::is_served) {
            if entries.len() == MAX_LANE_ENTRIES {
                return Err(TooManyConditionalEntries);
            }
            let last = entry.stands_for_everyone();
            entries.push(entry);
            if last {
                break;
            }
        }
        Ok(Self { entries })
    }
}

/// One entry of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id; the manifest's `id` when it is an update.
    pub id: UpdateId,
    /// The group it was published with.
    pub group: UpdateGroupId,
    /// The manifest's `createdAt` or the directive's `commitTime`.
    pub created_at: Millis,
    /// What it is.
    pub kind: EntryKind,
    /// No longer served to anyone.
    pub disabled: bool,
    /// Stored behind a pin, not served yet.
    pub held: bool,
    /// Served to a share of the devices while the rest get the entry beneath.
    pub rollout: Option<Rollout>,
    /// Served to the devices that match while the rest get the entry beneath.
    pub rule: Option<Arc<Rule>>,
}

impl Entry {
    /// Whether it is served at all: neither disabled nor held behind a pin.
    pub fn is_served(&self) -> bool {
        !self.disabled && !self.held
    }

    /// Whether no walk gets past it: it has no rule, and no open rollout but one at 100 %, since the highest bucket, also
    /// that of a device without an id, is below 10,000. Reverting such a rollout needs what lies beneath, which is in the
    /// store and not here.
    pub fn stands_for_everyone(&self) -> bool {
        self.is_served() && self.rule.is_none() && self.rollout.is_none_or(|rollout| rollout.share == BasisPoints::ALL)
    }
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A manifest with its assets.
    Update,
    /// The directive that sends devices to the update inside their binary.
    RollBackToEmbedded,
}

/// An open rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// How many devices get the entry.
    pub share: BasisPoints,
    /// Belongs to this rollout alone.
    pub salt: Salt,
}

/// An update that some device may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownUpdate {
    /// Its manifest's `createdAt`.
    pub created_at: Millis,
    /// Its branch, which decides whether it passes a filter.
    pub branch: BranchId,
}

/// The update inside a released binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddedUpdate {
    /// Its commit time: the build machine's clock.
    pub created_at: Millis,
}
