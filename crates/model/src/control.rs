//! Operating an app: what each operation changes, as a plan made of nothing but the app's state and the request.
//!
//! An operation is planned here ([`plan`]), rendered and signed by its caller, and applied by a store in one
//! transaction that refuses it when the app's version has moved on. So a store knows no rules: it applies [`Edit`]s and
//! stores entries. The same edits applied to a [`Control`] in memory show the state that they lead to.

pub mod consequence;
mod edit;
pub mod plan;
mod refusal;

use std::collections::{HashMap, HashSet};

pub use consequence::{Consequence, Standing, consequences};
pub use edit::{Edit, EditError};
pub use plan::{Content, IssueGroup, Note, OnRollout, Only, Plan, PlannedEntry, RollBackTo, Selection, Terms, Why};
pub use refusal::Refusal;

use crate::{
    AppId, AppSlug, AppSnapshot, BlobHash, Branch, BranchId, BranchName, Channel, ChannelId, ChannelName,
    EmbeddedUpdate, Entry, EntryKind, KnownUpdate, Lane, LaneId, Millis, Platform, Target, TooManyConditionalEntries,
    UpdateId, next_instant,
};

/// An app as operations see it, read in one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// The app.
    pub app: AppId,
    /// Its name in URLs.
    pub slug: AppSlug,
    /// Raised by every operation.
    pub version: u64,
    /// By name.
    pub channels: Vec<ChannelState>,
    /// By name; deleted ones are left out.
    pub branches: Vec<BranchState>,
    /// Every entry that was issued, also on deleted branches: newest first by `created_at`, then by id.
    pub entries: Vec<PastEntry>,
    /// What is left of the entries that were deleted: newest first by `created_at`, then by id.
    pub deleted: Vec<DeletedEntry>,
    /// By id.
    pub embedded: Vec<RegisteredEmbedded>,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelState {
    /// Its id.
    pub id: ChannelId,
    /// The name that binaries send.
    pub name: ChannelName,
    /// Where it points.
    pub target: Target,
    /// A paused channel answers "no update".
    pub paused: bool,
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchState {
    /// Its id.
    pub id: BranchId,
    /// Its display name.
    pub name: BranchName,
    /// Whether what is published to it is held until it is unpinned.
    pub pinned: bool,
}

/// An entry as it was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastEntry {
    /// Its branch.
    pub branch: BranchId,
    /// Its platform and runtime version.
    pub lane: LaneId,
    /// Its facts.
    pub entry: Entry,
    /// The entry whose content it repeats: what was named when it was issued, which may repeat another itself.
    pub origin: Option<UpdateId>,
    /// Equal for entries that show the same to a device.
    pub content: ContentFingerprint,
    /// The app's version that its operation made: orders entries of different platforms, also within one millisecond.
    pub version: u64,
}

/// An entry that was deleted. Devices may run it, or have gone back by it, for as long as they live: what they refuse
/// since goes by its instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedEntry {
    /// Its id, which no other entry ever gets.
    pub id: UpdateId,
    /// The branch that it was on.
    pub branch: BranchId,
    /// Its platform and runtime version.
    pub lane: LaneId,
    /// The manifest's `createdAt` or the directive's `commitTime`.
    pub created_at: Millis,
    /// What it was.
    pub kind: EntryKind,
}

/// SHA-256 over what an update shows to a device, without its id and time: two updates with the same fingerprint are
/// "nothing changed". What goes in is the publisher's rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentFingerprint(pub [u8; 32]);

impl ContentFingerprint {
    /// Of nothing that was ever published.
    const UNKNOWN: Self = Self([0; 32]);
}

/// The update inside a released binary, as it was registered.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RegisteredEmbedded {
    /// Its id.
    pub id: UpdateId,
    /// The binary's platform.
    pub platform: Platform,
    /// The binary's runtime version.
    pub runtime_version: crate::RuntimeVersion,
    /// Its commit time: the build machine's clock.
    pub created_at: Millis,
    /// SHA-256 of its bundle.
    pub launch_hash: Option<BlobHash>,
    /// The channel baked into the binary, where it was told.
    pub channel: Option<ChannelName>,
}

impl RegisteredEmbedded {
    /// Fills in what was not told so far.
    pub fn complete(&mut self, told: &Self) {
        self.launch_hash = self.launch_hash.or(told.launch_hash);
        if self.channel.is_none() {
            self.channel.clone_from(&told.channel);
        }
    }
}

impl Target {
    /// The branches that it points at: one, or the old and the new one.
    pub fn branches(&self) -> impl Iterator<Item = BranchId> + use<> {
        let (first, second) = match *self {
            Self::Branch(branch) => (branch, None),
            Self::Split { old, new, .. } => (old, Some(new)),
        };
        std::iter::once(first).chain(second)
    }
}

impl Control {
    /// The channel with this name.
    pub fn channel(&self, name: &ChannelName) -> Option<&ChannelState> {
        self.channels.iter().find(|channel| channel.name == *name)
    }

    /// The branch with this name.
    pub fn branch_named(&self, name: &BranchName) -> Option<&BranchState> {
        self.branches.iter().find(|branch| branch.name == *name)
    }

    /// The branch with this id.
    pub fn branch(&self, id: BranchId) -> Option<&BranchState> {
        self.branches.iter().find(|branch| branch.id == id)
    }

    /// The entry with this id.
    pub fn entry(&self, id: UpdateId) -> Option<&PastEntry> {
        self.entries.iter().find(|past| past.entry.id == id)
    }

    /// The history of one lane, newest first.
    pub fn lane<'c>(&'c self, branch: BranchId, lane: &'c LaneId) -> impl Iterator<Item = &'c PastEntry> {
        self.entries.iter().filter(move |past| past.branch == branch && past.lane == *lane)
    }

    /// The lanes of a branch with their newest entries, whatever their state: Android before iOS, then by runtime
    /// version.
    pub fn heads(&self, branch: BranchId) -> Vec<&PastEntry> {
        let mut seen = HashSet::new();
        let mut heads: Vec<&PastEntry> =
            self.entries.iter().filter(|past| past.branch == branch && seen.insert(&past.lane)).collect();
        heads.sort_by(|one, other| one.lane.cmp(&other.lane));
        heads
    }

    /// The branches that channels point at.
    pub fn visible(&self) -> HashSet<BranchId> {
        self.channels.iter().flat_map(|channel| channel.target.branches()).collect()
    }

    /// The instant of the next entry of this platform: later than all that was issued for it, over all branches and
    /// runtime versions, also than what was deleted since (architecture.md §4 *Order*). Whoever issues several adds a
    /// millisecond for each.
    pub fn next_instant(&self, platform: Platform, now: Millis) -> Millis {
        let kept = self.entries.iter().map(|past| (past.lane.platform, past.entry.created_at));
        let deleted = self.deleted.iter().map(|past| (past.lane.platform, past.created_at));
        let instants = kept.chain(deleted).filter(|(of, _)| *of == platform).map(|(_, instant)| instant);
        next_instant(now, instants.max())
    }

    /// What a walk can reach in one lane, newest first.
    pub fn reachable(&self, branch: BranchId, lane: &LaneId) -> Result<Lane, TooManyConditionalEntries> {
        Lane::reachable(self.lane(branch, lane).map(|past| past.entry.clone()))
    }

    /// The app as a check sees it.
    pub fn snapshot(&self) -> Result<AppSnapshot, TooManyConditionalEntries> {
        let visible = self.visible();
        let mut branches: HashMap<BranchId, Branch> = self
            .branches
            .iter()
            .filter(|branch| visible.contains(&branch.id))
            .map(|branch| (branch.id, Branch::new(branch.id, branch.name.clone())))
            .collect();
        let mut histories: HashMap<(BranchId, &LaneId), Vec<&PastEntry>> = HashMap::new();
        for past in self.entries.iter().filter(|past| visible.contains(&past.branch)) {
            histories.entry((past.branch, &past.lane)).or_default().push(past);
        }
        for ((branch, lane), history) in histories {
            let reachable = Lane::reachable(history.into_iter().map(|past| past.entry.clone()))?;
            if let Some(branch) = branches.get_mut(&branch) {
                branch.lanes_mut(lane.platform).insert(lane.runtime_version.clone(), reachable);
            }
        }
        let channel = |channel: &ChannelState| {
            let value = Channel { id: channel.id, target: channel.target.clone(), paused: channel.paused };
            (channel.name.clone(), value)
        };
        let kept = self.entries.iter().map(|past| (past.entry.kind, past.entry.id, past.entry.created_at, past.branch));
        let deleted = self.deleted.iter().map(|past| (past.kind, past.id, past.created_at, past.branch));
        let known = kept
            .chain(deleted)
            .filter(|(kind, ..)| *kind == EntryKind::Update)
            .map(|(_, id, created_at, branch)| (id, KnownUpdate { created_at, branch }));
        Ok(AppSnapshot {
            app: self.app,
            slug: self.slug.clone(),
            version: self.version,
            channels: self.channels.iter().map(channel).collect(),
            branches,
            known: known.collect(),
            embedded: self
                .embedded
                .iter()
                .map(|embedded| (embedded.id, EmbeddedUpdate { created_at: embedded.created_at }))
                .collect(),
        })
    }

    /// Adds an entry that was issued, in its place.
    pub fn insert(&mut self, past: PastEntry) {
        let key = |past: &PastEntry| (past.entry.created_at, past.entry.id);
        let place = self.entries.partition_point(|known| key(known) > key(&past));
        self.entries.insert(place, past);
    }
}
