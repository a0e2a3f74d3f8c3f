//! What operators do: each operation with all that it says, and how it is planned.

use std::sync::Arc;

use model::control::plan::{self, ChannelIds};
use model::control::{
    ContentFingerprint, Control, Edit, OnRollout, Only, PastEntry, Plan, Refusal, RegisteredEmbedded, RollBackTo,
    Selection, Terms, Why,
};
use model::{BasisPoints, BranchId, BranchName, ChannelId, ChannelName, LaneId, Rollout, Rule, Salt, Target, UpdateId};
use uuid::Uuid;

#[derive(Clone, Debug)]
pub enum Operation {
    CreateBranch(Uuid, BranchName),
    CreateChannel(Uuid, ChannelName, BranchName),
    Publish {
        branch: BranchId,
        lanes: Vec<LaneId>,
        content: u64,
        terms: Terms,
    },
    /// Also promoting: to another branch.
    Republish {
        source: Selection,
        to: BranchId,
        terms: Terms,
    },
    RollBack {
        branch: BranchId,
        to: RollBackTo,
        only: Only,
        on_rollout: OnRollout,
    },
    Pin {
        branch: BranchName,
        good: Selection,
        on_rollout: OnRollout,
    },
    Unpin(BranchName),
    StartRollout(Selection, BasisPoints, Salt),
    SetRollout(Selection, BasisPoints),
    FinishRollout(Selection),
    RevertRollout(Selection),
    Target(Selection, Option<Arc<Rule>>),
    Point(ChannelName, BranchName),
    StartSplit(ChannelName, BranchName, BasisPoints, Salt),
    SetSplit(ChannelName, BasisPoints),
    FinishSplit(ChannelName),
    RevertSplit(ChannelName),
    Pause(ChannelName, bool),
    Disable(Selection),
    Enable(Selection),
    Delete(Selection),
    RenameBranch(BranchName, BranchName),
    DeleteBranch(BranchName),
    Register(RegisteredEmbedded),
}

/// Equal for what was published together, different for each platform and runtime version.
pub fn content(number: u64, lane: &LaneId) -> ContentFingerprint {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[8] = u8::from(lane.platform == model::Platform::Ios);
    bytes[9] = lane.runtime_version.as_str().as_bytes()[0];
    ContentFingerprint(bytes)
}

impl Operation {
    pub fn plan(&self, control: &Control) -> Result<Plan, Refusal> {
        match self.clone() {
            Self::CreateBranch(id, name) => plan::create_branch(control, BranchId(id), name),
            Self::CreateChannel(id, name, branch) => {
                let ids = ChannelIds { channel: ChannelId(id), branch: BranchId(id) };
                plan::create_channel(control, &name, Some(&branch), ids)
            }
            Self::Publish { branch, lanes, content: number, terms } => {
                let lanes: Vec<_> = lanes.into_iter().map(|lane| (lane.clone(), content(number, &lane))).collect();
                plan::publish(control, branch, &lanes, &terms)
            }
            Self::Republish { source, to, terms } => plan::republish(control, source, to, &terms),
            Self::RollBack { branch, to, only, on_rollout } => plan::roll_back(control, branch, to, &only, on_rollout),
            Self::Pin { branch, good, on_rollout } => plan::pin(control, &branch, good, on_rollout),
            Self::Unpin(branch) => plan::unpin(control, &branch),
            Self::StartRollout(selection, share, salt) => plan::start_rollout(control, selection, share, salt),
            Self::SetRollout(selection, share) => plan::set_rollout(control, selection, share),
            Self::FinishRollout(selection) => plan::finish_rollout(control, selection),
            Self::RevertRollout(selection) => plan::revert_rollout(control, selection),
            Self::Target(selection, rule) => plan::target(control, selection, rule.as_ref()),
            Self::Point(channel, branch) => plan::point_channel(control, &channel, &branch),
            Self::StartSplit(channel, branch, share, salt) => {
                plan::start_split(control, &channel, &branch, share, salt)
            }
            Self::SetSplit(channel, share) => plan::set_split(control, &channel, share),
            Self::FinishSplit(channel) => plan::finish_split(control, &channel),
            Self::RevertSplit(channel) => plan::revert_split(control, &channel),
            Self::Pause(channel, paused) => plan::pause_channel(control, &channel, paused),
            Self::Disable(selection) => plan::disable(control, selection),
            Self::Enable(selection) => plan::enable(control, selection),
            Self::Delete(selection) => plan::delete_updates(control, selection),
            Self::RenameBranch(from, to) => plan::rename_branch(control, &from, to),
            Self::DeleteBranch(name) => plan::delete_branch(control, &name),
            Self::Register(embedded) => plan::register_embedded(control, embedded),
        }
    }

    /// What the operation means, told on a copy of the state without issuing anything: what each device shows must be
    /// the same there and in the state that the plan leads to, unless it gets what the operation was asked to issue.
    pub fn meant(&self, before: &Control, plan: &Plan) -> Option<Control> {
        let mut meant = before.clone();
        let edits: Vec<Edit> = match self {
            Self::StartRollout(selection, share, salt) => {
                let rollout = Some(Rollout { share: *share, salt: *salt });
                on(before, *selection, |update| Edit::SetRollout { update, rollout })
            }
            Self::SetRollout(selection, share) => open(before, *selection)
                .into_iter()
                .filter_map(|past| {
                    let rollout = past.entry.rollout.map(|rollout| Rollout { share: *share, ..rollout })?;
                    Some(Edit::SetRollout { update: past.entry.id, rollout: Some(rollout) })
                })
                .collect(),
            Self::FinishRollout(selection) => {
                rolling(before, *selection, |update| vec![Edit::SetRollout { update, rollout: None }])
            }
            Self::RevertRollout(selection) => rolling(before, *selection, |update| {
                vec![Edit::SetRollout { update, rollout: None }, Edit::DisableUpdate { update, disabled: true }]
            }),
            Self::Disable(selection) => {
                let mut edits = on(before, *selection, |update| Edit::DisableUpdate { update, disabled: true });
                edits.extend(on(before, *selection, |update| Edit::SetRollout { update, rollout: None }));
                edits
            }
            Self::Enable(selection) => on(before, *selection, |update| Edit::DisableUpdate { update, disabled: false }),
            Self::Target(selection, rule) => targeted(before, *selection)
                .into_iter()
                .map(|past| Edit::SetRule { update: past.entry.id, rule: rule.clone() })
                .collect(),
            Self::Point(channel, branch) => {
                vec![point(before, channel, |_| Target::Branch(before.branch_named(branch).expect("known").id))?]
            }
            Self::StartSplit(channel, branch, share, salt) => {
                let new = before.branch_named(branch).expect("known").id;
                let (share, salt) = (*share, *salt);
                vec![point(before, channel, |target| match *target {
                    Target::Branch(old) | Target::Split { old, .. } => Target::Split { old, new, share, salt },
                })?]
            }
            Self::SetSplit(channel, share) => {
                let share = *share;
                vec![point(before, channel, |target| match *target {
                    Target::Branch(only) => Target::Branch(only),
                    Target::Split { old, new, salt, .. } => Target::Split { old, new, share, salt },
                })?]
            }
            Self::FinishSplit(channel) => vec![point(before, channel, |target| end(target, true))?],
            Self::RevertSplit(channel) => vec![point(before, channel, |target| end(target, false))?],
            Self::Pause(channel, paused) => {
                let channel = before.channel(channel)?.id;
                vec![Edit::PauseChannel { channel, paused: *paused }]
            }
            Self::RenameBranch(..)
            | Self::DeleteBranch(_)
            | Self::Delete(_)
            | Self::Register(_)
            | Self::CreateBranch(..)
            | Self::CreateChannel(..) => Vec::new(),
            Self::Publish { .. } | Self::Republish { .. } | Self::RollBack { .. } | Self::Pin { .. } => {
                self.settles(before, plan)
            }
            Self::Unpin(branch) => return Some(unpinned(before, before.branch_named(branch)?.id)),
        };
        for edit in &edits {
            meant.apply(edit).expect("of this state");
        }
        Some(meant)
    }

    /// What becomes of the rollouts in the lanes that get something.
    fn settles(&self, before: &Control, plan: &Plan) -> Vec<Edit> {
        let asked = plan.issues.iter().filter(|group| group.why == Why::Asked);
        let lanes = asked.flat_map(|group| group.entries.iter().map(|entry| (group.branch, &entry.lane)));
        let open = |past: &&model::control::PastEntry| past.entry.rollout.is_some() && past.entry.is_served();
        lanes
            .flat_map(|(branch, lane)| before.lane(branch, lane).filter(open))
            .map(|past| match self.on_rollout() {
                OnRollout::Revert => Edit::DisableUpdate { update: past.entry.id, disabled: true },
                OnRollout::Refuse | OnRollout::Finish => Edit::SetRollout { update: past.entry.id, rollout: None },
            })
            .collect()
    }

    /// Whether what it was asked to issue has to wait.
    pub fn waits(&self, before: &Control) -> bool {
        match self {
            Self::Publish { branch, .. } | Self::Republish { to: branch, .. } => {
                before.branch(*branch).is_some_and(|branch| branch.pinned)
            }
            _ => false,
        }
    }

    /// What becomes of a rollout that is in the way.
    pub fn on_rollout(&self) -> OnRollout {
        match self {
            Self::Publish { terms, .. } | Self::Republish { terms, .. } => terms.on_rollout,
            Self::RollBack { on_rollout, .. } | Self::Pin { on_rollout, .. } => *on_rollout,
            _ => OnRollout::Refuse,
        }
    }
}

/// What waited is served: where it stands, or above what was issued past all of it.
fn unpinned(before: &Control, branch: BranchId) -> Control {
    let mut meant = before.clone();
    for head in before.heads(branch) {
        let enabled = || before.lane(branch, &head.lane).filter(|past| !past.entry.disabled);
        let served = enabled().find(|past| !past.entry.held).map(|past| past.entry.created_at);
        let mut lane = enabled();
        // Of what waits, down to what would stand for everyone: the oldest says whether all of it is reached.
        let (mut oldest, mut rolls) = (None, false);
        while let Some(past) = lane.find(|past| past.entry.held) {
            let is_given_up = past.entry.rollout.is_some() && rolls;
            rolls |= past.entry.rollout.is_some();
            if !is_given_up {
                oldest = Some(past.entry.created_at);
            }
            let everyone = past.entry.rollout.is_none_or(|rollout| rollout.share == BasisPoints::ALL);
            if !is_given_up && everyone && past.entry.rule.is_none() {
                break;
            }
        }
        // Later than anything that a sequence issues.
        let lifted = if oldest < served { 1_000_000_000 } else { 0 };
        let lane = meant.entries.iter_mut().filter(|past| past.branch == branch && past.lane == head.lane);
        let mut rolls = false;
        for past in lane.filter(|past| past.entry.held) {
            past.entry.held = false;
            past.entry.created_at.0 += lifted;
            // Newest first: what was to roll out before another is given up for it.
            let is_open = past.entry.rollout.is_some() && !past.entry.disabled;
            past.entry.disabled |= is_open && rolls;
            rolls |= is_open;
        }
    }
    meant.entries.sort_by_key(|past| std::cmp::Reverse((past.entry.created_at, past.entry.id)));
    meant
}

fn on(control: &Control, selection: Selection, edit: impl Fn(model::UpdateId) -> Edit) -> Vec<Edit> {
    let entries = selection.entries(control).unwrap_or_default();
    entries.into_iter().map(|past| edit(past.entry.id)).collect()
}

fn rolling(control: &Control, selection: Selection, edits: impl Fn(model::UpdateId) -> Vec<Edit>) -> Vec<Edit> {
    open(control, selection).into_iter().flat_map(|past| edits(past.entry.id)).collect()
}

/// The open rollouts that are meant: those of the entries, and of copies that carry on what was ended by issuing it again.
fn open(control: &Control, selection: Selection) -> Vec<&PastEntry> {
    let chosen: Vec<UpdateId> =
        selection.entries(control).unwrap_or_default().into_iter().map(|past| past.entry.id).collect();
    let is_rolling = |past: &&PastEntry| past.entry.rollout.is_some() && !past.entry.disabled;
    carrying_on(control, &chosen, is_rolling)
}

/// The entries that a rule is set for: those that are served or wait, and copies of conditional ones that carry on what
/// was ended by issuing it again.
fn targeted(control: &Control, selection: Selection) -> Vec<&PastEntry> {
    let chosen: Vec<UpdateId> =
        selection.entries(control).unwrap_or_default().into_iter().map(|past| past.entry.id).collect();
    let counts = |past: &&PastEntry| {
        let above = control.lane(past.branch, &past.lane).take_while(|other| other.entry.id != past.entry.id);
        let is_covered = above.into_iter().any(|other| other.entry.stands_for_everyone());
        let is_meant = chosen.contains(&past.entry.id);
        let is_conditional = past.entry.rule.is_some() || past.entry.rollout.is_some();
        !past.entry.disabled && (past.entry.held || !is_covered) && (is_meant || is_conditional)
    };
    let mut targeted = carrying_on(control, &chosen, counts);
    // Of one that was issued again twice, the newest.
    let mut seen: Vec<(BranchId, &LaneId)> = Vec::new();
    targeted.retain(|past| {
        let is_new = !seen.contains(&(past.branch, &past.lane));
        seen.push((past.branch, &past.lane));
        is_new
    });
    targeted
}

/// Those of `counts` that are chosen, or that are copies of what was chosen and ended by issuing it again.
fn carrying_on<'c>(
    control: &'c Control,
    chosen: &[UpdateId],
    counts: impl Fn(&&PastEntry) -> bool,
) -> Vec<&'c PastEntry> {
    let stands_for = |past: &PastEntry| {
        let mut origin = past.origin;
        while let Some(older) = origin.and_then(|id| control.entry(id)) {
            let same_lane = older.branch == past.branch && older.lane == past.lane;
            if same_lane && older.entry.disabled && chosen.contains(&older.entry.id) {
                return true;
            }
            origin = older.origin;
        }
        false
    };
    let counting = control.entries.iter().filter(counts);
    counting.filter(|past| chosen.contains(&past.entry.id) || stands_for(past)).collect()
}

fn point(control: &Control, channel: &ChannelName, to: impl Fn(&Target) -> Target) -> Option<Edit> {
    let channel = control.channel(channel)?;
    Some(Edit::PointChannel { channel: channel.id, target: to(&channel.target) })
}

const fn end(target: &Target, at_new: bool) -> Target {
    match *target {
        Target::Branch(only) => Target::Branch(only),
        Target::Split { old, new, .. } => Target::Branch(if at_new { new } else { old }),
    }
}

/// A rule that names devices.
pub fn rule(ids: Vec<Uuid>) -> Option<Arc<Rule>> {
    model::DeviceIds::new(ids).ok().map(|ids| Arc::new(Rule::from(ids)))
}
