//! Rollouts of updates: an entry is served to a share of the devices while the rest get the one beneath.

use super::{OnRollout, Plan, Planner, Selection, Why};
use crate::control::plan::{Content, PlannedEntry};
use crate::control::{Control, Edit, PastEntry, Refusal};
use crate::{BasisPoints, BranchId, Entry, EntryKind, LaneId, Rollout, Salt, UpdateId};

/// Serves what its branch serves first to a share of the devices only. Devices that have it already keep it.
pub fn start_rollout(control: &Control, selection: Selection, share: BasisPoints, salt: Salt) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    for past in selection.entries_to_issue_on(control)? {
        if planner.rolling(past.branch, &past.lane).is_some() {
            return Err(Refusal::RolloutActive(past.lane.clone()));
        }
        let first = planner.reachable(past.branch, &past.lane)?.into_iter().next();
        if first.is_none_or(|first| first.id != past.entry.id) {
            return Err(Refusal::NotTheHead(past.entry.id));
        }
        let rollout = Some(Rollout { share, salt });
        if past.entry.kind == EntryKind::RollBackToEmbedded {
            // Devices that took it refuse what is older than it, and those outside get what is beneath from now on. So it
            // stays known as one that all of them may have taken, and a copy rolls out.
            let again = Entry { rollout, ..past.entry.clone() };
            planner.reissue(past.branch, Why::Asked, vec![again], &past.lane, None);
        } else {
            planner.edit(Edit::SetRollout { update: past.entry.id, rollout });
        }
    }
    planner.finish()
}

/// Raises the share.
pub fn set_rollout(control: &Control, selection: Selection, share: BasisPoints) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    for (_, lane, entry, rollout) in open(control, selection)? {
        if share < rollout.share {
            return Err(Refusal::RolloutCannotLower { lane, from: rollout.share, to: share });
        }
        if share > rollout.share {
            planner.edit(Edit::SetRollout { update: entry.id, rollout: Some(Rollout { share, ..rollout }) });
        }
    }
    planner.finish()
}

/// Serves the entry to everyone.
pub fn finish_rollout(control: &Control, selection: Selection) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    for (_, _, entry, _) in open(control, selection)? {
        planner.edit(Edit::SetRollout { update: entry.id, rollout: None });
    }
    planner.finish()
}

/// Takes the entry back: what is beneath it is issued again, so that devices which run the entry leave it.
pub fn revert_rollout(control: &Control, selection: Selection) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    for (branch, lane, entry, _) in open(control, selection)? {
        planner.revert(branch, &lane, &entry, Why::Reverted)?;
    }
    planner.finish()
}

/// What the selection has of open rollouts; at least one. An entry that was issued again while it rolled out is known by
/// its old id too: the copy carries the rollout on.
fn open(control: &Control, selection: Selection) -> Result<Vec<(BranchId, LaneId, Entry, Rollout)>, Refusal> {
    let mut open: Vec<(BranchId, LaneId, Entry, Rollout)> = Vec::new();
    for past in selection.entries_to_issue_on(control)? {
        let mut rolling = control.lane(past.branch, &past.lane).filter(|other| !other.entry.disabled);
        // What is issued again while it rolls out is disabled by it; a copy of anything else is another update.
        let is_meant = |other: &PastEntry| {
            other.entry.id == past.entry.id || past.entry.disabled && repeats(control, other, past.entry.id)
        };
        let carries_on = |other: &&PastEntry| other.entry.rollout.is_some() && is_meant(other);
        if let Some(found) = rolling.find(carries_on)
            && let Some(rollout) = found.entry.rollout
            && open.iter().all(|(_, _, known, _)| known.id != found.entry.id)
        {
            open.push((found.branch, found.lane.clone(), found.entry.clone(), rollout));
        }
    }
    if open.is_empty() { Err(Refusal::NoRollout(selection.id)) } else { Ok(open) }
}

/// Whether it is that entry or a copy of it, or a copy of one.
pub(super) fn repeats(control: &Control, past: &PastEntry, id: UpdateId) -> bool {
    // An origin is always older than its copy; looking only there also ends on histories that claim otherwise.
    let older = |past: &PastEntry| {
        let origin = control.entry(past.origin?)?;
        (origin.entry.created_at < past.entry.created_at).then_some(origin)
    };
    std::iter::successors(Some(past), |past| older(past)).any(|past| past.entry.id == id)
}

impl Planner<'_> {
    /// What an operation that issues in this lane does first about a rollout in it.
    pub(super) fn settle(&mut self, branch: BranchId, lane: &LaneId, on_rollout: OnRollout) -> Result<(), Refusal> {
        let Some(rolling) = self.rolling(branch, lane) else { return Ok(()) };
        match on_rollout {
            OnRollout::Refuse => Err(Refusal::RolloutActive(lane.clone())),
            OnRollout::Finish => {
                self.edit(Edit::SetRollout { update: rolling.id, rollout: None });
                Ok(())
            }
            OnRollout::Revert => self.revert(branch, lane, &rolling, Why::Reverted),
        }
    }

    pub(super) fn revert(&mut self, branch: BranchId, lane: &LaneId, rolling: &Entry, why: Why) -> Result<(), Refusal> {
        self.end(rolling);
        // One that waits behind a pin was never served.
        if rolling.held {
            return Ok(());
        }
        let beneath = self.reachable(branch, lane)?;
        // Whom nothing beneath stands for would stay on what is taken back: only the embedded update is left. Nobody
        // whom the rolling entry's own rule leaves out can run it.
        let is_enough = beneath.last().is_some_and(Entry::stands_for_everyone);
        let last_resort = (!is_enough).then(|| {
            let embedded = PlannedEntry {
                lane: lane.clone(),
                content: Content::Embedded(None),
                held: false,
                rollout: None,
                rule: rolling.rule.clone(),
            };
            self.issue_again(branch, why, rolling.group, None, embedded)
        });
        self.reissue(branch, why, beneath, lane, last_resort);
        Ok(())
    }
}
