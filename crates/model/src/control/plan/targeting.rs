//! Rules of entries that are there: serving them to some devices only, or to all again.

use std::sync::Arc;

use super::rollouts::repeats;
use super::{Plan, Planner, Selection, Why};
use crate::control::{Control, Edit, PastEntry, Refusal};
use crate::{BranchId, Entry, EntryKind, LaneId, Rule};

/// Serves the entries to the devices of the rule only or, with none, whatever devices say.
///
/// Nobody loses what they have: a phone goes back by nothing but something later. What lies beneath is served to those
/// who are left out, and is issued again where they would refuse it.
pub fn target(control: &Control, selection: Selection, rule: Option<&Arc<Rule>>) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    for (branch, lane, entry) in served(control, selection)? {
        if entry.rule.as_ref() == rule {
            continue;
        }
        planner.note_who_is_concerned(&lane, &entry, rule);
        if entry.kind == EntryKind::RollBackToEmbedded && !entry.held && rule.is_some() {
            planner.target_roll_back(branch, &lane, &entry, rule)?;
        } else {
            planner.edit(Edit::SetRule { update: entry.id, rule: rule.cloned() });
        }
    }
    planner.finish()
}

/// What the selection has of entries that devices reach or that wait behind a pin; at least one. A conditional entry
/// that was issued again is known by its old id too.
fn served(control: &Control, selection: Selection) -> Result<Vec<(BranchId, LaneId, Entry)>, Refusal> {
    let mut served: Vec<(BranchId, LaneId, Entry)> = Vec::new();
    for past in selection.entries_to_issue_on(control)? {
        let reachable = control.reachable(past.branch, &past.lane);
        let reachable = reachable.map_err(|_| Refusal::TooManyConditionalEntries(past.lane.clone()))?;
        let counts =
            |other: &PastEntry| !other.entry.disabled && (other.entry.held || super::has(&reachable, other.entry.id));
        let carries_on = |other: &PastEntry| {
            let is_conditional = other.entry.rule.is_some() || other.entry.rollout.is_some();
            past.entry.disabled && is_conditional && repeats(control, other, past.entry.id)
        };
        let mut lane = control.lane(past.branch, &past.lane);
        if let Some(found) = lane.find(|other| counts(other) && (other.entry.id == past.entry.id || carries_on(other)))
            && served.iter().all(|(_, _, known)| known.id != found.entry.id)
        {
            served.push((found.branch, found.lane.clone(), found.entry.clone()));
        }
    }
    if served.is_empty() { Err(Refusal::NotServed(selection.id)) } else { Ok(served) }
}

impl Planner<'_> {
    /// Devices that took the roll back refuse what is older than it, and those whom the rule leaves out get what is
    /// beneath from now on. So it stays known as one that all of them may have taken, and a copy gets the rule, with
    /// copies above it of all that stands above.
    fn target_roll_back(
        &mut self,
        branch: BranchId,
        lane: &LaneId,
        entry: &Entry,
        rule: Option<&Arc<Rule>>,
    ) -> Result<(), Refusal> {
        let mut newest_first = self.reachable(branch, lane)?;
        let place = newest_first.iter().position(|other| other.id == entry.id);
        newest_first.truncate(place.map_or(0, |place| place + 1));
        if let Some(last) = newest_first.last_mut() {
            last.rule = rule.cloned();
        }
        self.reissue(branch, Why::Asked, newest_first, lane, None);
        Ok(())
    }

    fn note_who_is_concerned(&mut self, lane: &LaneId, entry: &Entry, rule: Option<&Arc<Rule>>) {
        let LaneId { platform, runtime_version } = lane;
        let id = entry.id;
        if rule.is_some() {
            let message = format!(
                "devices of {platform} {runtime_version} that run {id} and that the rule leaves out stay on it until \
                 something later is served to them, also when a rollout of it is reverted"
            );
            self.note("devices_stay", message);
        } else if entry.rollout.is_none() {
            let message =
                format!("{id} is served to every device of {platform} {runtime_version} that nothing newer is for");
            self.note("served_to_all", message);
        }
    }
}
