//! Plans: one function an operation, each a pure rule over the app's state.
//!
//! A planner works on a copy of the state and applies each edit as it notes it, so that a later step sees what the ones
//! before it lead to. [`Planner::finish`] adds what every operation owes: entries that it makes reachable are reissued
//! when they are older than a roll back to embedded that devices may have taken (architecture.md §4 *Order*), and no
//! lane has more entries than a walk may look at.

mod branches;
mod channels;
mod issuing;
mod renewal;
mod rollouts;
mod targeting;
mod updates;

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

pub use branches::{create_branch, delete_branch, pin, rename_branch, unpin};
pub use channels::{
    ChannelIds, create_channel, delete_channel, finish_split, pause_channel, point_channel, revert_split, set_split,
    start_split,
};
pub use issuing::{RollBackTo, Terms, publish, republish, roll_back};
pub use rollouts::{finish_rollout, revert_rollout, set_rollout, start_rollout};
pub use targeting::target;
pub use updates::{delete_updates, disable, edit_message, enable, newer_embedded, register_embedded};

use super::{ContentFingerprint, Control, Edit, PastEntry, Refusal};
use crate::{
    BranchId, Entry, EntryKind, Lane, LaneId, Millis, Platform, Rollout, Rule, RuntimeVersion, UpdateGroupId, UpdateId,
};

/// What an operation changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// In this order.
    pub edits: Vec<Edit>,
    /// What is issued, after the edits; instants rise in this order.
    pub issues: Vec<IssueGroup>,
    /// Worth a look.
    pub notes: Vec<Note>,
}

impl Plan {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.issues.is_empty()
    }
}

/// Entries of one branch that are issued as one group.
#[derive(Clone, Debug, PartialEq)]
pub struct IssueGroup {
    /// The branch that gets them.
    pub branch: BranchId,
    /// Why they are issued.
    pub why: Why,
    /// In the order of their instants.
    pub entries: Vec<PlannedEntry>,
}

/// Why a group is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The operation is about it.
    Asked,
    /// A rollout was reverted: this is what was beneath it.
    Reverted,
    /// It became reachable for devices that would refuse its old time.
    Renewed,
}

/// One entry to issue.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedEntry {
    /// Where it goes.
    pub lane: LaneId,
    /// What it shows.
    pub content: Content,
    /// Stored behind a pin.
    pub held: bool,
    /// Served to a share first.
    pub rollout: Option<Rollout>,
    /// Served to some.
    pub rule: Option<Arc<Rule>>,
}

/// What an entry shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// The manifest that the publisher brings for this lane.
    New {
        /// Equal for equal content.
        content: ContentFingerprint,
    },
    /// A stored update's, under a new id and time.
    Copy(UpdateId),
    /// The directive; with the entry that it repeats, where it does.
    Embedded(Option<UpdateId>),
}

/// Something worth a look that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Stable, for programs.
    pub code: &'static str,
    /// For people.
    pub message: String,
}

/// What an operation that issues does about a rollout that is open in its lanes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnRollout {
    /// Be refused.
    #[default]
    Refuse,
    /// Serve the rolling entry to everyone first.
    Finish,
    /// Take the rolling entry back first.
    Revert,
}

/// Which entries an operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// A group's id, or one entry's.
    pub id: Uuid,
    /// Only of this platform.
    pub platform: Option<Platform>,
}

impl Selection {
    /// The entries, newest first; at least one.
    pub fn entries(self, control: &Control) -> Result<Vec<&PastEntry>, Refusal> {
        let wanted = |past: &&PastEntry| {
            (past.entry.group.0 == self.id || past.entry.id.0 == self.id)
                && self.platform.is_none_or(|platform| past.lane.platform == platform)
        };
        let entries: Vec<&PastEntry> = control.entries.iter().filter(wanted).collect();
        if entries.is_empty() { Err(Refusal::UnknownUpdate(self.id)) } else { Ok(entries) }
    }

    /// The same, without those whose branch was deleted: nothing is issued there any more.
    fn entries_to_issue_on(self, control: &Control) -> Result<Vec<&PastEntry>, Refusal> {
        let mut entries = self.entries(control)?;
        entries.retain(|past| control.branch(past.branch).is_some());
        if entries.is_empty() { Err(Refusal::UnknownUpdate(self.id)) } else { Ok(entries) }
    }
}

/// Builds a plan.
struct Planner<'c> {
    before: &'c Control,
    state: Control,
    plan: Plan,
    /// What the entries that were only planned so far show, by the ids that they have in `state`.
    planned: Vec<Content>,
    /// For each group of the plan the group that it repeats, where it repeats one.
    repeats: Vec<Option<UpdateGroupId>>,
}

impl<'c> Planner<'c> {
    fn new(before: &'c Control) -> Self {
        let plan = Plan::default();
        Self { before, state: before.clone(), plan, planned: Vec::new(), repeats: Vec::new() }
    }

    fn edit(&mut self, edit: Edit) {
        // Planning names only what it found in the state.
        let applied = self.state.apply(&edit);
        debug_assert!(applied.is_ok(), "{edit:?}");
        self.plan.edits.push(edit);
    }

    fn note(&mut self, code: &'static str, message: String) {
        self.plan.notes.push(Note { code, message });
    }

    /// Issues entries as one group; nothing for none.
    fn issue(&mut self, branch: BranchId, why: Why, entries: Vec<PlannedEntry>) {
        if entries.is_empty() {
            return;
        }
        let entries = entries.into_iter().map(|entry| self.place(branch, entry)).collect();
        self.plan.issues.push(IssueGroup { branch, why, entries });
        self.repeats.push(None);
    }

    /// Issues an entry that stands for one of group `of`, together with those of other lanes that stand for one of that
    /// group too: what was shown and controlled as one stays so. Later than the group `after`. Returns the group's place.
    fn issue_again(
        &mut self,
        branch: BranchId,
        why: Why,
        of: UpdateGroupId,
        after: Option<usize>,
        entry: PlannedEntry,
    ) -> usize {
        let entry = self.place(branch, entry);
        let from = after.map_or(0, |after| after + 1);
        let mut later = self.plan.issues.iter_mut().zip(&self.repeats).enumerate().skip(from);
        let joins = later.find_map(|(place, (group, repeats))| {
            let fits = group.branch == branch && group.why == why && *repeats == Some(of);
            (fits && group.entries.iter().all(|other| other.lane != entry.lane)).then_some((place, group))
        });
        if let Some((place, group)) = joins {
            group.entries.push(entry);
            return place;
        }
        self.plan.issues.push(IssueGroup { branch, why, entries: vec![entry] });
        self.repeats.push(Some(of));
        self.plan.issues.len() - 1
    }

    /// Puts an entry into the state, above what its lane has.
    fn place(&mut self, branch: BranchId, mut entry: PlannedEntry) -> PlannedEntry {
        entry.content = self.resolved(entry.content);
        let past = self.as_if_issued(branch, &entry, self.planned.len());
        self.planned.push(entry.content);
        self.state.insert(past);
        entry
    }

    /// A copy of what is only planned shows what that shows.
    fn resolved(&self, content: Content) -> Content {
        let (Content::Copy(id) | Content::Embedded(Some(id))) = content else { return content };
        self.planned
            .iter()
            .enumerate()
            .find(|(number, _)| planned_id(*number) == id)
            .map_or(content, |(_, shown)| *shown)
    }

    fn as_if_issued(&self, branch: BranchId, entry: &PlannedEntry, number: usize) -> PastEntry {
        let origin = match entry.content {
            Content::New { .. } => None,
            Content::Copy(origin) => Some(origin),
            Content::Embedded(origin) => origin,
        };
        let content = match entry.content {
            Content::New { content } => content,
            Content::Copy(origin) | Content::Embedded(Some(origin)) => {
                self.state.entry(origin).map_or(ContentFingerprint::UNKNOWN, |past| past.content)
            }
            Content::Embedded(None) => ContentFingerprint::UNKNOWN,
        };
        PastEntry {
            branch,
            lane: entry.lane.clone(),
            entry: Entry {
                id: planned_id(number),
                group: UpdateGroupId(Uuid::max()),
                created_at: self.state.next_instant(entry.lane.platform, Millis(i64::MIN)),
                kind: match entry.content {
                    Content::New { .. } | Content::Copy(_) => EntryKind::Update,
                    Content::Embedded(_) => EntryKind::RollBackToEmbedded,
                },
                disabled: false,
                held: entry.held,
                rollout: entry.rollout,
                rule: entry.rule.clone(),
            },
            origin,
            content,
            version: self.state.version + 1,
        }
    }

    /// Issues these entries again, each with its own rule and rollout, in the order in which they came. The conditional
    /// ones among the originals are disabled: beneath a chain without an end they would go on to be looked at.
    fn reissue(&mut self, branch: BranchId, why: Why, newest_first: Vec<Entry>, lane: &LaneId, after: Option<usize>) {
        for entry in newest_first.iter().filter(|entry| entry.rule.is_some() || entry.rollout.is_some()) {
            self.end(entry);
        }
        newest_first.into_iter().rev().fold(after, |after, entry| {
            let again = PlannedEntry {
                lane: lane.clone(),
                content: copy_of(entry.id, entry.kind),
                held: false,
                rollout: entry.rollout,
                rule: entry.rule,
            };
            Some(self.issue_again(branch, why, entry.group, after, again))
        });
    }

    /// The entry is served to nobody any more, and its rollout, if it has one, is over.
    fn end(&mut self, entry: &Entry) {
        if entry.rollout.is_some() {
            self.edit(Edit::SetRollout { update: entry.id, rollout: None });
        }
        if !entry.disabled {
            self.edit(Edit::DisableUpdate { update: entry.id, disabled: true });
        }
    }

    /// The entry whose rollout is open in the lane. One that waits behind a pin is served to nobody, so nothing rolls.
    fn rolling(&self, branch: BranchId, lane: &LaneId) -> Option<Entry> {
        let open = |past: &&PastEntry| is_open(&past.entry);
        self.state.lane(branch, lane).find(open).map(|past| past.entry.clone())
    }

    fn reachable(&self, branch: BranchId, lane: &LaneId) -> Result<Vec<Entry>, Refusal> {
        let reachable = self.state.reachable(branch, lane);
        reachable.map(|lane| lane.entries).map_err(|_| Refusal::TooManyConditionalEntries(lane.clone()))
    }

    fn finish(mut self) -> Result<Plan, Refusal> {
        self.renew()?;
        for ((branch, lane), newest_first) in lanes(&self.state) {
            let history = newest_first.iter().map(|past| past.entry.clone());
            let reachable = Lane::reachable(history).map_err(|_| Refusal::TooManyConditionalEntries(lane.clone()))?;
            // A rollout that something covers would go on unseen, in the way of whoever publishes next.
            let open = newest_first.iter().filter(|past| is_open(&past.entry));
            let covered = open.clone().filter(|past| !has(&reachable, past.entry.id));
            let covers = covered.clone().any(|past| {
                let before = self.before.reachable(branch, lane);
                before.is_ok_and(|before| has(&before, past.entry.id))
            });
            if covers || open.count() > 1 {
                return Err(Refusal::RolloutActive(lane.clone()));
            }
        }
        Ok(self.plan)
    }
}

fn has(lane: &Lane, id: UpdateId) -> bool {
    lane.entries.iter().any(|entry| entry.id == id)
}

/// Whether it is served to a share of the devices.
fn is_open(entry: &Entry) -> bool {
    entry.rollout.is_some() && entry.is_served()
}

/// Every lane with its history, newest first.
fn lanes(control: &Control) -> HashMap<(BranchId, &LaneId), Vec<&PastEntry>> {
    let mut lanes: HashMap<_, Vec<_>> = HashMap::new();
    for past in &control.entries {
        lanes.entry((past.branch, &past.lane)).or_default().push(past);
    }
    lanes
}

/// The id under which an entry that is only planned stands in a planner's state.
fn planned_id(number: usize) -> UpdateId {
    UpdateId(Uuid::from_u128(u128::MAX - number as u128))
}

/// Whether this is such an id. Ids of entries are UUIDs of versions 4 and 7, which begin far below.
fn is_planned(id: UpdateId) -> bool {
    id.0.as_u128() > u128::MAX - (1 << 64)
}

fn copy_of(id: UpdateId, kind: EntryKind) -> Content {
    match kind {
        EntryKind::Update => Content::Copy(id),
        EntryKind::RollBackToEmbedded => Content::Embedded(Some(id)),
    }
}

/// Which lanes an operation on a branch is limited to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Only {
    /// This platform.
    pub platform: Option<Platform>,
    /// This runtime version.
    pub runtime_version: Option<RuntimeVersion>,
}
