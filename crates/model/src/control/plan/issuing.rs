//! Publishing, republishing, promoting and rolling back.

use std::sync::Arc;

use super::{Content, OnRollout, Only, Plan, PlannedEntry, Planner, Selection, Why, copy_of};
use crate::control::{ContentFingerprint, Control, PastEntry, Refusal};
use crate::roll_back::{self, previous};
use crate::{BranchId, LaneId, Rollout, Rule};

/// To whom new entries are served, and what becomes of a rollout that is in the way.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// To a share of the devices first.
    pub rollout: Option<Rollout>,
    /// To some devices only.
    pub rule: Option<Arc<Rule>>,
    /// About a rollout that is open where they go.
    pub on_rollout: OnRollout,
}

/// Where a roll back goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollBackTo {
    /// To what was served before the head.
    Previous,
    /// To the update inside the binary.
    Embedded,
    /// To what this group or update of the branch shows.
    Group(uuid::Uuid),
}

/// Issues what a publisher brings: one entry for each lane, with what its manifest shows.
pub fn publish(
    control: &Control,
    branch: BranchId,
    lanes: &[(LaneId, ContentFingerprint)],
    terms: &Terms,
) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    let entries = lanes.iter().map(|(lane, content)| PlannedEntry {
        lane: lane.clone(),
        content: Content::New { content: *content },
        held: pinned(control, branch),
        rollout: terms.rollout,
        rule: terms.rule.clone(),
    });
    planner.issue_on_top(branch, entries.collect(), terms.on_rollout)?;
    planner.finish()
}

/// Issues a group's content again, on the same branch or on another.
pub fn republish(control: &Control, source: Selection, to: BranchId, terms: &Terms) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    let entries = copies(&source.entries(control)?).into_iter().map(|entry| PlannedEntry {
        held: pinned(control, to),
        rollout: terms.rollout,
        rule: terms.rule.clone(),
        ..entry
    });
    planner.issue_on_top(to, entries.collect(), terms.on_rollout)?;
    planner.finish()
}

/// Goes back. Never held: it is how a bad update is stopped, pin or not.
pub fn roll_back(
    control: &Control,
    branch: BranchId,
    to: RollBackTo,
    only: &Only,
    on_rollout: OnRollout,
) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    if let RollBackTo::Group(id) = to {
        let chosen = Selection { id, platform: only.platform }.entries(control)?;
        let wanted =
            |lane: &LaneId| only.runtime_version.as_ref().is_none_or(|version| lane.runtime_version == *version);
        let chosen: Vec<&PastEntry> =
            chosen.into_iter().filter(|past| past.branch == branch && wanted(&past.lane)).collect();
        if chosen.is_empty() {
            return Err(Refusal::OtherBranch(id));
        }
        planner.issue_on_top(branch, copies(&chosen), on_rollout)?;
        return planner.finish();
    }
    let lanes = concerned(control, branch, only);
    if lanes.is_empty() {
        let name = control.branch(branch).map(|branch| branch.name.clone());
        return Err(name.map_or(Refusal::UnknownUpdate(branch.0), Refusal::NothingPublished));
    }
    if on_rollout == OnRollout::Refuse {
        // Said first: what there is to go back to depends on what becomes of it.
        lanes.iter().try_for_each(|lane| planner.settle(branch, lane, on_rollout))?;
    }
    let mut entries = Vec::with_capacity(lanes.len());
    for lane in lanes {
        // Before a rollout is settled: what is rolling out is the head that one goes back from.
        let content = match to {
            RollBackTo::Previous => before_head(control, branch, &lane),
            RollBackTo::Embedded | RollBackTo::Group(_) => Ok(Content::Embedded(None)),
        };
        match planner.rolling(branch, &lane).filter(|_| on_rollout == OnRollout::Revert) {
            // Taking it back is going back to what was before.
            Some(rolling) if to == RollBackTo::Previous => planner.revert(branch, &lane, &rolling, Why::Asked)?,
            _ => {
                planner.settle(branch, &lane, on_rollout)?;
                entries.push(PlannedEntry { lane, content: content?, held: false, rollout: None, rule: None });
            }
        }
    }
    planner.issue(branch, Why::Asked, entries);
    planner.finish()
}

/// The lanes that go back: those that were asked for, else those of the group that was last served.
fn concerned(control: &Control, branch: BranchId, only: &Only) -> Vec<LaneId> {
    let mut heads: Vec<&PastEntry> = control
        .heads(branch)
        .into_iter()
        .filter_map(|head| control.lane(branch, &head.lane).find(|past| !past.entry.held))
        .filter(|head| only.platform.is_none_or(|platform| head.lane.platform == platform))
        .filter(|head| only.runtime_version.as_ref().is_none_or(|version| head.lane.runtime_version == *version))
        .collect();
    if only.runtime_version.is_none() {
        let newest = heads.iter().max_by_key(|head| (head.version, head.entry.created_at)).map(|head| head.entry.group);
        heads.retain(|head| Some(head.entry.group) == newest);
    }
    heads.into_iter().map(|head| head.lane.clone()).collect()
}

/// What was served to everyone before the head and shows something else than it. What went to some by a rule was never
/// meant for the rest.
fn before_head(control: &Control, branch: BranchId, lane: &LaneId) -> Result<Content, Refusal> {
    let nothing = |_| Refusal::NothingToRollBackTo(lane.clone());
    let newest = control.lane(branch, lane).find(|past| !past.entry.held).map(|past| past.entry.id);
    let history: Vec<&PastEntry> =
        control.lane(branch, lane).filter(|past| past.entry.rule.is_none() || Some(past.entry.id) == newest).collect();
    let past: Vec<roll_back::PastEntry> = history
        .iter()
        .map(|past| roll_back::PastEntry {
            id: past.entry.id,
            origin: past.origin,
            kind: past.entry.kind,
            disabled: past.entry.disabled,
            held: past.entry.held,
        })
        .collect();
    let shown = |id| history.iter().find(|past| past.entry.id == id).map(|past| (past.entry.kind, past.content));
    let head = past.iter().find(|entry| !entry.held).and_then(|entry| shown(entry.id));
    let mut from = 0;
    loop {
        let origin = previous(&past[from..]).map_err(nothing)?;
        if shown(origin.id) != head {
            return Ok(copy_of(origin.id, origin.kind));
        }
        // The same content published twice: whoever goes back wants what was before both.
        from = past.iter().position(|entry| entry.id == origin.id).unwrap_or(from + 1);
    }
}

/// One copy for each lane: of the newest entry that it has among these.
fn copies(newest_first: &[&PastEntry]) -> Vec<PlannedEntry> {
    let mut entries: Vec<PlannedEntry> = Vec::new();
    for past in newest_first {
        if entries.iter().all(|entry| entry.lane != past.lane) {
            entries.push(PlannedEntry {
                lane: past.lane.clone(),
                content: copy_of(past.entry.id, past.entry.kind),
                held: false,
                rollout: None,
                rule: None,
            });
        }
    }
    entries.sort_by(|one, other| one.lane.cmp(&other.lane));
    entries
}

fn pinned(control: &Control, branch: BranchId) -> bool {
    control.branch(branch).is_some_and(|branch| branch.pinned)
}

impl Planner<'_> {
    /// Issues entries above what is there, once the rollouts in their lanes are settled.
    pub(super) fn issue_on_top(
        &mut self,
        branch: BranchId,
        entries: Vec<PlannedEntry>,
        on_rollout: OnRollout,
    ) -> Result<(), Refusal> {
        for entry in &entries {
            self.settle(branch, &entry.lane, on_rollout)?;
        }
        self.issue(branch, Why::Asked, entries);
        Ok(())
    }

    /// Issues what these entries show above what is there, for every device at once.
    pub(super) fn issue_copies(
        &mut self,
        branch: BranchId,
        of: &[&PastEntry],
        on_rollout: OnRollout,
    ) -> Result<(), Refusal> {
        self.issue_on_top(branch, copies(of), on_rollout)
    }
}
