//! What an operation means for devices: what each kind of them stands on before, and is offered after.
//!
//! Nothing here decides what anybody is served. A model device runs what [`decide`] gives it before, and asks again
//! after; where that differs, there is a consequence. Devices differ by the shares that they are inside of and by rules,
//! so there is a model device for each side of every share, and one whom all rules name.

use std::collections::BTreeSet;

use arrayvec::ArrayVec;
use uuid::Uuid;

use super::{ChannelState, Control, PastEntry};
use crate::{
    AppSnapshot, BasisPoints, BranchId, ChannelName, Decision, Device, LaneId, Outcome, Reason, Rollout, Target,
    TooManyConditionalEntries, UpdateId, decide,
};

/// What becomes of the devices of one channel, platform and runtime version that stand on the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// Their channel.
    pub channel: ChannelName,
    /// The branch that it gives them, after; before, where it gives them none any more.
    pub branch: Option<BranchId>,
    /// Their platform and runtime version.
    pub lane: LaneId,
    /// How many of the channel's devices they are, where rollouts tell them apart.
    pub share: Option<BasisPoints>,
    /// Whether these are only the devices that rules name.
    pub by_rule: bool,
    /// What they stand on before.
    pub from: Standing,
    /// What they are offered after.
    pub to: Outcome,
    /// Entries that the operation issues on that branch, for that platform and runtime version.
    pub issued: usize,
}

/// What a device runs that has checked and started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// This update.
    Update(UpdateId),
    /// The update inside its binary, because a roll back stands for it.
    Embedded,
    /// The update inside its binary, because it is offered nothing.
    Nothing,
}

/// The consequences of getting from one state to the next: by channel, Android before iOS, then by runtime version.
pub fn consequences(before: &Control, after: &Control) -> Result<Vec<Consequence>, TooManyConditionalEntries> {
    let names: BTreeSet<&ChannelName> =
        before.channels.iter().chain(&after.channels).map(|channel| &channel.name).collect();
    let mut all = Vec::new();
    for name in names {
        for lane in lanes(before, name).union(&lanes(after, name)) {
            all.extend(Change::new(before, after, name, lane).consequences()?);
        }
    }
    Ok(all)
}

fn lanes(control: &Control, channel: &ChannelName) -> BTreeSet<LaneId> {
    let branches = control.channel(channel).into_iter().flat_map(|channel| channel.target.branches());
    branches.flat_map(|branch| control.heads(branch)).map(|head| head.lane.clone()).collect()
}

/// Where a model device stands among the others: inside of every share that is larger.
#[derive(Clone, Copy)]
struct Place {
    of_channel: u16,
    of_rollout: u16,
    in_rules: bool,
}

/// Both states, as far as one channel, platform and runtime version goes.
struct Change<'c> {
    before: Control,
    after: Control,
    channel: &'c ChannelName,
    lane: &'c LaneId,
}

impl<'c> Change<'c> {
    fn new(before: &Control, after: &Control, channel: &'c ChannelName, lane: &'c LaneId) -> Self {
        Self { before: narrowed(before, channel, lane), after: narrowed(after, channel, lane), channel, lane }
    }

    fn consequences(&self) -> Result<Vec<Consequence>, TooManyConditionalEntries> {
        if self.before.channels == self.after.channels && self.before.entries == self.after.entries {
            return Ok(Vec::new());
        }
        let sides = [&self.before, &self.after];
        let served = || sides.into_iter().flat_map(|side| &side.entries).filter(|past| past.entry.is_served());
        let splits = cuts(sides.into_iter().flat_map(|side| &side.channels).filter_map(split));
        let rollouts = cuts(served().filter_map(|past| past.entry.rollout).map(|rollout| rollout.share.get()));
        let has_rules = served().any(|past| past.entry.rule.is_some());
        let mut found: Vec<Consequence> = Vec::new();
        for in_rules in [false, true].into_iter().filter(|in_rules| has_rules || !in_rules) {
            for &(of_channel, of_split) in &splits {
                for &(of_rollout, of_entry) in &rollouts {
                    let part = u32::from(of_split) * u32::from(of_entry) / u32::from(BasisPoints::ALL.get());
                    if let Some(consequence) = self.consequence(Place { of_channel, of_rollout, in_rules })? {
                        add(&mut found, consequence, u16::try_from(part).unwrap_or(BasisPoints::ALL.get()));
                    }
                }
            }
        }
        for consequence in &mut found {
            consequence.share = consequence.share.filter(|share| *share != BasisPoints::ALL);
        }
        Ok(found)
    }

    fn consequence(&self, place: Place) -> Result<Option<Consequence>, TooManyConditionalEntries> {
        let (before, after) = (seen_from(&self.before, place)?, seen_from(&self.after, place)?);
        let stood = self.ask(&resumed(&before), None);
        let (from, running) = match stood.outcome {
            Outcome::Update(update) => (Standing::Update(update), Some(update)),
            Outcome::RollBackToEmbedded(_) | Outcome::Nothing(Reason::AlreadyCurrent) => (Standing::Embedded, None),
            Outcome::Nothing(_) => (Standing::Nothing, None),
        };
        // Who runs it, and who comes new.
        let told = |snapshot| [running, None].map(|running| self.ask(snapshot, running).outcome.served());
        if told(&before) == told(&after) {
            return Ok(None);
        }
        let now = self.ask(&after, running);
        let branch = now.branch.or(stood.branch);
        let is_issued_here = |past: &&PastEntry| past.version == self.after.version && Some(past.branch) == branch;
        Ok(Some(Consequence {
            channel: self.channel.clone(),
            branch,
            lane: self.lane.clone(),
            share: None,
            by_rule: place.in_rules,
            from,
            to: now.outcome,
            issued: self.after.entries.iter().filter(is_issued_here).count(),
        }))
    }

    /// What a device is told that runs this update, or the one inside its binary.
    fn ask(&self, snapshot: &AppSnapshot, running: Option<UpdateId>) -> Decision {
        // No app issues the nil id.
        let embedded = UpdateId(Uuid::nil());
        decide(
            snapshot,
            &Device {
                platform: self.lane.platform,
                runtime_version: self.lane.runtime_version.as_str(),
                channel: self.channel.as_str(),
                id: None,
                current: Some(running.unwrap_or(embedded)),
                embedded: Some(embedded),
                recent_failed: ArrayVec::new(),
                takes_directives: true,
                facts: None,
            },
        )
    }
}

/// Adds what becomes of that part of the devices to what becomes of others that fare the same.
fn add(found: &mut Vec<Consequence>, consequence: Consequence, part: u16) {
    let fares_the_same = |other: &&mut Consequence| {
        other.branch == consequence.branch && other.from == consequence.from && other.to == consequence.to
    };
    match found.iter_mut().find(fares_the_same) {
        // Whom no rule names fares so too.
        Some(same) if same.by_rule != consequence.by_rule => {}
        Some(same) => same.share = sum(same.share, part),
        None if part == 0 => {}
        None => found.push(Consequence { share: sum(None, part), ..consequence }),
    }
}

fn sum(share: Option<BasisPoints>, part: u16) -> Option<BasisPoints> {
    BasisPoints::try_from(share.map_or(0, BasisPoints::get) + part).ok()
}

/// The parts that shares cut all devices into: where each begins, and how large it is.
fn cuts(shares: impl Iterator<Item = u16>) -> Vec<(u16, u16)> {
    let mut ends: BTreeSet<u16> = shares.collect();
    ends.insert(BasisPoints::ALL.get());
    let mut begin = 0;
    let parts = ends.into_iter().map(|end| (std::mem::replace(&mut begin, end), end));
    parts.map(|(begin, end)| (begin, end - begin)).filter(|(_, size)| *size > 0).collect()
}

fn split(channel: &ChannelState) -> Option<u16> {
    match channel.target {
        Target::Branch(_) => None,
        Target::Split { share, .. } => Some(share.get()),
    }
}

/// The state, as far as one channel, platform and runtime version goes.
fn narrowed(control: &Control, channel: &ChannelName, lane: &LaneId) -> Control {
    let channels: Vec<ChannelState> = control.channel(channel).into_iter().cloned().collect();
    Control {
        app: control.app,
        slug: control.slug.clone(),
        version: control.version,
        channels,
        branches: control.branches.clone(),
        // Of every branch: a device that the channel moves runs what another one issued.
        entries: control.entries.iter().filter(|past| past.lane == *lane).cloned().collect(),
        deleted: control.deleted.iter().filter(|past| past.lane == *lane).cloned().collect(),
        embedded: Vec::new(),
    }
}

/// What the device at that place can be served: every share is settled for it as a draw does, whose inside is below it.
fn seen_from(control: &Control, place: Place) -> Result<AppSnapshot, TooManyConditionalEntries> {
    let mut control = control.clone();
    for channel in &mut control.channels {
        if let Target::Split { old, new, share, .. } = channel.target {
            channel.target = Target::Branch(if place.of_channel < share.get() { new } else { old });
        }
    }
    for past in &mut control.entries {
        if let Some(rollout) = past.entry.rollout {
            let is_outside = place.of_rollout >= rollout.share.get();
            past.entry.rollout = is_outside.then_some(Rollout { share: BasisPoints::NONE, ..rollout });
        }
        if place.in_rules {
            past.entry.rule = None;
        }
    }
    control.snapshot()
}

/// As if no channel were paused: what devices had before a pause, they keep.
fn resumed(snapshot: &AppSnapshot) -> AppSnapshot {
    let mut snapshot = snapshot.clone();
    for channel in snapshot.channels.values_mut() {
        channel.paused = false;
    }
    snapshot
}
