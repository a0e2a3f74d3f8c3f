//! The words of the field and the rule that decides. Never does I/O, reads a clock or knows the wire.
//!
//! Time is [`Millis`], an id is a newtype over a UUID, and every name is parsed once, at the edge, into a type whose
//! values are all legal. [`decide`](decide::decide) is the one rule that chooses what a device gets; it is total, reads
//! nothing but its two arguments, and returns its trace.

pub mod blob_hash;
pub mod bucket;
pub mod control;
pub mod decide;
pub mod device;
pub mod ids;
mod lane;
pub mod names;
pub mod roll_back;
pub mod rule;
pub mod snapshot;
pub mod time;

pub use blob_hash::BlobHash;
pub use bucket::{BasisPoints, Draw, Salt};
pub use decide::{Decision, Outcome, Reason, decide};
pub use device::Device;
pub use ids::{AppId, BranchId, ChannelId, UpdateGroupId, UpdateId};
pub use lane::LaneId;
pub use names::{AppSlug, BranchName, ChannelName, KeyId, NameError, RuntimeVersion};
pub use rule::{DeviceIds, Fact, Facts, Rule};
pub use snapshot::{
    AppSnapshot, Branch, Channel, EmbeddedUpdate, Entry, EntryKind, KnownUpdate, Lane, Rollout, Target,
    TooManyConditionalEntries,
};
pub use time::{Millis, next_instant};

/// The platform of a device or an update. An update belongs to exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Google's.
    Android,
    /// Apple's.
    Ios,
}

impl Platform {
    /// Both, in the order in which listings name them.
    pub const ALL: [Self; 2] = [Self::Android, Self::Ios];

    /// The lower-case name that the wire, the export and the database use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Android => "android",
            Self::Ios => "ios",
        }
    }

    /// Reads the lower-case name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.as_str() == name)
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
