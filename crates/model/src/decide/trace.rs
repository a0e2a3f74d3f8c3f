//! How a choice was reached, without a borrow of the snapshot and without an allocation.

use arrayvec::ArrayVec;

use crate::bucket::Draw;
use crate::snapshot::MAX_LANE_ENTRIES;
use crate::{BranchId, UpdateId};

/// How a choice was reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// How the branch was chosen; none when the channel is unknown or paused.
    pub branch: Option<BranchChoice>,
    /// The entries that the walk looked at, newest first. The last one is where it ended.
    pub steps: ArrayVec<Step, MAX_LANE_ENTRIES>,
    /// How many entries before the last step are left out. Zero for every lane that keeps its bound.
    pub omitted: usize,
}

impl Trace {
    /// Adds a step. When the trace is full the newest step replaces the last one, so that it always shows the end.
    pub(super) fn note(&mut self, step: Step) {
        if let Err(full) = self.steps.try_push(step) {
            self.steps.pop();
            self.steps.push(full.element());
            self.omitted += 1;
        }
    }
}

/// How the branch was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BranchChoice {
    /// The branch.
    pub branch: BranchId,
    /// Where the device fell, when the channel points at two branches: inside gets the new one.
    pub split: Option<Draw>,
}

/// One entry that the walk looked at. The walk looks at each, so the first step is the lane's newest entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its id.
    pub entry: UpdateId,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Passed over: it is served to nobody any more.
    Disabled,
    /// Passed over: it waits behind a pin.
    Held,
    /// Passed over: its rule does not match the device, or asks for what the device does not say.
    OutsideRule,
    /// Passed over: its rollout has not reached the device.
    OutsideRollout(Draw),
    /// It stands: this is the choice.
    Chosen {
        /// Where the device fell in the entry's open rollout, when it has one.
        rollout: Option<Draw>,
    },
}

impl Verdict {
    /// The stable name in the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Held => "held",
            Self::OutsideRule => "outside_rule",
            Self::OutsideRollout(_) => "outside_rollout",
            Self::Chosen { .. } => "chosen",
        }
    }
}
