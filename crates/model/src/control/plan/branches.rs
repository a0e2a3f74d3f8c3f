//! Branches, and pins on them.

use super::{OnRollout, Plan, Planner, Selection, Why};
use crate::control::{Control, Edit, PastEntry, Refusal};
use crate::{BranchId, BranchName, Entry, Lane, LaneId};

/// A new branch.
pub fn create_branch(control: &Control, id: BranchId, name: BranchName) -> Result<Plan, Refusal> {
    if control.branch_named(&name).is_some() {
        return Err(Refusal::BranchExists(name));
    }
    let mut planner = Planner::new(control);
    planner.edit(Edit::CreateBranch { id, name });
    planner.finish()
}

/// Another display name. Filters name the id, so devices notice nothing.
pub fn rename_branch(control: &Control, name: &BranchName, to: BranchName) -> Result<Plan, Refusal> {
    let branch = known(control, name)?;
    let mut planner = Planner::new(control);
    match control.branch_named(&to) {
        Some(same) if same.id == branch => {}
        Some(_) => return Err(Refusal::BranchExists(to)),
        None => planner.edit(Edit::RenameBranch { branch, name: to }),
    }
    planner.finish()
}

/// Deletes the branch unless a channel points at it.
pub fn delete_branch(control: &Control, name: &BranchName) -> Result<Plan, Refusal> {
    let branch = known(control, name)?;
    if let Some(channel) = control.channels.iter().find(|channel| channel.target.branches().any(|at| at == branch)) {
        return Err(Refusal::BranchInUse { branch: name.clone(), channel: channel.name.clone() });
    }
    let mut planner = Planner::new(control);
    planner.edit(Edit::DeleteBranch { branch });
    planner.finish()
}

/// Issues a good group of the branch again, at its head, and holds what is published from then on.
pub fn pin(control: &Control, name: &BranchName, good: Selection, on_rollout: OnRollout) -> Result<Plan, Refusal> {
    let branch = known(control, name)?;
    let chosen: Vec<&PastEntry> = good.entries(control)?.into_iter().filter(|past| past.branch == branch).collect();
    if chosen.is_empty() {
        return Err(Refusal::OtherBranch(good.id));
    }
    let mut planner = Planner::new(control);
    planner.edit(Edit::PinBranch { branch, pinned: true });
    planner.issue_copies(branch, &chosen, on_rollout)?;
    planner.finish()
}

/// Serves what was held. Where something was issued past the pin meanwhile, such as a roll back, what was held is issued
/// again above it.
pub fn unpin(control: &Control, name: &BranchName) -> Result<Plan, Refusal> {
    let branch = known(control, name)?;
    if !control.branch(branch).is_some_and(|state| state.pinned) {
        return Err(Refusal::NotPinned(name.clone()));
    }
    let mut planner = Planner::new(control);
    planner.edit(Edit::PinBranch { branch, pinned: false });
    for head in control.heads(branch) {
        planner.release(branch, &head.lane)?;
    }
    planner.finish()
}

pub(super) fn known(control: &Control, name: &BranchName) -> Result<BranchId, Refusal> {
    control.branch_named(name).map(|branch| branch.id).ok_or_else(|| Refusal::UnknownBranch(name.clone()))
}

impl Planner<'_> {
    fn release(&mut self, branch: BranchId, lane: &LaneId) -> Result<(), Refusal> {
        let history: Vec<Entry> = self.state.lane(branch, lane).map(|past| past.entry.clone()).collect();
        let mut held: Vec<Entry> = history.iter().filter(|entry| entry.held).cloned().collect();
        // One rollout is open at a time: what was published later stands for what was to roll out before it.
        let mut rolling = held.iter_mut().filter(|entry| entry.rollout.is_some() && !entry.disabled);
        rolling.next();
        for superseded in rolling {
            self.end(superseded);
            superseded.disabled = true;
            superseded.rollout = None;
        }
        for entry in &held {
            self.edit(Edit::ReleaseUpdate { update: entry.id });
        }
        let waiting = held.into_iter().map(|entry| Entry { held: false, ..entry });
        let waiting = Lane::reachable(waiting).map_err(|_| Refusal::TooManyConditionalEntries(lane.clone()))?;
        let newest_served = history.iter().find(|entry| entry.is_served());
        // The oldest of them is what the rest lie upon: beneath something served, it would never be reached.
        let covered = waiting
            .entries
            .last()
            .zip(newest_served)
            .is_some_and(|(waiting, served)| (waiting.created_at, waiting.id) < (served.created_at, served.id));
        if covered {
            self.reissue(branch, Why::Asked, waiting.entries, lane, None);
        }
        Ok(())
    }
}
