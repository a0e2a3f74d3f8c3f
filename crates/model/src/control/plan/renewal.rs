//! What becomes reachable must be acceptable.
//!
//! After a roll back to embedded, a device's embedded update carries the directive's time and belongs to no branch, so
//! the device refuses every older update of any branch (protocol.md §4.4). An operation that makes older entries
//! reachable for such devices issues them again.

use std::collections::HashSet;

use super::{Planner, Why};
use crate::control::{Control, Refusal};
use crate::{BranchId, Entry, EntryKind, LaneId, Millis, UpdateId};

impl Planner<'_> {
    pub(super) fn renew(&mut self) -> Result<(), Refusal> {
        for (branch, lane) in self.uncovered()? {
            let reachable = self.reachable(branch, &lane)?;
            let refused_until = self.newest_roll_back_outside(&reachable, &lane);
            if refused_until.is_some_and(|time| reachable.iter().any(|entry| entry.created_at < time)) {
                self.reissue(branch, Why::Renewed, reachable, &lane);
            }
        }
        Ok(())
    }

    /// The lanes that devices reach and that are not as they were for them: of channels that point elsewhere than
    /// before, and those in which other entries are reachable.
    fn uncovered(&self) -> Result<Vec<(BranchId, LaneId)>, Refusal> {
        let moved: HashSet<BranchId> = self
            .state
            .channels
            .iter()
            .filter(|channel| {
                self.before.channels.iter().all(|old| old.id != channel.id || old.target != channel.target)
            })
            .flat_map(|channel| channel.target.branches())
            .collect();
        let mut lanes = Vec::new();
        for branch in sorted(self.state.visible()) {
            for head in self.state.heads(branch) {
                if moved.contains(&branch)
                    || ids(&self.state, branch, &head.lane)? != ids(self.before, branch, &head.lane)?
                {
                    lanes.push((branch, head.lane.clone()));
                }
            }
        }
        Ok(lanes)
    }

    /// The newest roll back that devices of this platform and runtime version may have taken, on whatever branch. Those
    /// of the lane itself do not count: whoever takes one of them does not reach what is beneath.
    fn newest_roll_back_outside(&self, reachable: &[Entry], lane: &LaneId) -> Option<Millis> {
        self.state
            .entries
            .iter()
            .filter(|past| past.lane == *lane && past.entry.kind == EntryKind::RollBackToEmbedded && !past.entry.held)
            .filter(|past| reachable.iter().all(|entry| entry.id != past.entry.id))
            .map(|past| past.entry.created_at)
            .max()
    }
}

fn sorted(branches: HashSet<BranchId>) -> Vec<BranchId> {
    let mut branches: Vec<BranchId> = branches.into_iter().collect();
    branches.sort_unstable();
    branches
}

fn ids(control: &Control, branch: BranchId, lane: &LaneId) -> Result<Vec<UpdateId>, Refusal> {
    let reachable = control.reachable(branch, lane).map_err(|_| Refusal::TooManyConditionalEntries(lane.clone()))?;
    Ok(reachable.entries.iter().map(|entry| entry.id).collect())
}
