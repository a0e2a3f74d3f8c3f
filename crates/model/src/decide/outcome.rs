//! The answer of [`decide`](super::decide).

use super::{Reason, Trace};
use crate::{BranchId, UpdateId};

/// What the device gets, why, and how the choice was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What to send.
    pub outcome: Outcome,
    /// The branch that the device's channel gave it; none when the channel is unknown or paused.
    pub branch: Option<BranchId>,
    /// The branch to name in `expo-manifest-filters`; none: send no such header, which leaves the device the filter that
    /// it has. Some only when the device then has something that passes it (architecture.md §4 *Filters*).
    pub filter: Option<BranchId>,
    /// How the choice was reached.
    pub trace: Trace,
}

impl Decision {
    /// Why the device gets this.
    pub fn reason(&self) -> Reason {
        self.outcome.reason()
    }

    /// Nothing, decided on the channel alone.
    pub(super) fn before_any_branch(reason: Reason) -> Self {
        Self { outcome: Outcome::Nothing(reason), branch: None, filter: None, trace: Trace::default() }
    }

    /// Nothing, because the branch offers the device nothing. It carries no filter: the device may have nothing of this
    /// branch, and would fall to its embedded update at the next launch.
    pub(super) fn nothing(reason: Reason, branch: BranchId, trace: Trace) -> Self {
        Self { outcome: Outcome::Nothing(reason), branch: Some(branch), filter: None, trace }
    }
}

/// What to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The manifest of this update.
    Update(UpdateId),
    /// The directive that this entry is.
    RollBackToEmbedded(UpdateId),
    /// No update. Never with [`Reason::ServedUpdate`] or [`Reason::ServedRollBack`].
    Nothing(Reason),
}

impl Outcome {
    /// Why the device gets this.
    pub fn reason(self) -> Reason {
        match self {
            Self::Update(_) => Reason::ServedUpdate,
            Self::RollBackToEmbedded(_) => Reason::ServedRollBack,
            Self::Nothing(reason) => reason,
        }
    }

    /// The entry whose prepared bytes are sent; none for [`Outcome::Nothing`].
    pub fn served(self) -> Option<UpdateId> {
        match self {
            Self::Update(entry) | Self::RollBackToEmbedded(entry) => Some(entry),
            Self::Nothing(_) => None,
        }
    }
}
