//! What becomes reachable must be acceptable.
//!
//! After a roll back to embedded, a device's embedded update carries the directive's time and belongs to no branch, so
//! the device refuses every older update of any branch (protocol.md §4.4). An operation that makes older entries
//! reachable for such devices issues them again.

use std::collections::HashSet;

use super::{Planner, Why, is_planned};
use crate::control::{Control, Refusal};
use crate::{BranchId, Entry, EntryKind, LaneId, Millis, UpdateId};

impl Planner<'_> {
    pub(super) fn renew(&mut self) -> Result<(), Refusal> {
        let due = self.due()?;
        if due.is_empty() {
            return Ok(());
        }
        // All that is planned so far stays above what is renewed.
        let above = std::mem::take(&mut self.plan.issues);
        self.repeats.clear();
        self.state.entries.retain(|past| !is_planned(past.entry.id));
        for (branch, lane, stored) in due {
            self.reissue(branch, Why::Renewed, stored, &lane, None);
        }
        for group in above {
            self.issue(group.branch, group.why, group.entries);
        }
        Ok(())
    }

    /// The lanes in which some device would refuse what it now reaches, with what they have stored. The one that got
    /// something last comes last, as it did.
    fn due(&self) -> Result<Vec<(BranchId, LaneId, Vec<Entry>)>, Refusal> {
        let moved = self.moved();
        let mut due = Vec::new();
        for branch in sorted(self.state.visible()) {
            for head in self.state.heads(branch) {
                let before = reachable(self.before, branch, &head.lane)?;
                let before = if moved.contains(&branch) { Vec::new() } else { before };
                let now = self.reachable(branch, &head.lane)?.into_iter();
                let stored: Vec<Entry> = now.filter(|entry| !is_planned(entry.id)).collect();
                if self.is_out_of_reach(&before, &stored, &head.lane) {
                    due.push((head.version, (branch, head.lane.clone(), stored)));
                }
            }
        }
        due.sort_by_key(|(version, _)| *version);
        Ok(due.into_iter().map(|(_, lane)| lane).collect())
    }

    /// The branches of channels that point elsewhere than before: all that they serve is new to some device.
    fn moved(&self) -> HashSet<BranchId> {
        let channels = self.state.channels.iter();
        let moved = channels.filter(|channel| {
            self.before.channels.iter().all(|old| old.id != channel.id || old.target != channel.target)
        });
        moved.flat_map(|channel| channel.target.branches()).collect()
    }

    /// Whether some device would refuse one of these entries, because it took a later roll back and did not have to
    /// pass that entry by before. Either the entry is new to the lane: then any roll back of that platform and runtime
    /// version counts, on whatever branch. Or it was there: then only a roll back counts that was served above it and is
    /// no longer. Those that the lane goes on serving do not: whoever takes one does not reach what is beneath.
    fn is_out_of_reach(&self, before: &[Entry], now: &[Entry], lane: &LaneId) -> bool {
        let has = |entries: &[Entry], id| entries.iter().any(|entry| entry.id == id);
        let roll_backs = self.state.entries.iter().filter(|past| {
            past.lane == *lane
                && past.entry.kind == EntryKind::RollBackToEmbedded
                && !past.entry.held
                && !is_planned(past.entry.id)
                && !has(now, past.entry.id)
        });
        // One that was deleted counts: whether it was ever served is not known any more.
        let deleted = self.state.deleted.iter();
        let deleted = deleted.filter(|past| past.lane == *lane && past.kind == EntryKind::RollBackToEmbedded);
        let roll_backs: Vec<(UpdateId, Millis)> = roll_backs
            .map(|past| (past.entry.id, past.entry.created_at))
            .chain(deleted.map(|past| (past.id, past.created_at)))
            .collect();
        now.iter().any(|entry| {
            let is_new = !has(before, entry.id);
            let mut later = roll_backs.iter().filter(|(_, instant)| *instant > entry.created_at);
            later.any(|(roll_back, _)| is_new || has(before, *roll_back))
        })
    }
}

fn sorted(branches: HashSet<BranchId>) -> Vec<BranchId> {
    let mut branches: Vec<BranchId> = branches.into_iter().collect();
    branches.sort_unstable();
    branches
}

fn reachable(control: &Control, branch: BranchId, lane: &LaneId) -> Result<Vec<Entry>, Refusal> {
    let reachable = control.reachable(branch, lane);
    reachable.map(|lane_entries| lane_entries.entries).map_err(|_| Refusal::TooManyConditionalEntries(lane.clone()))
}
