//! Whoever operates the app: picks what could be done next, sensibly and not.

use model::control::{
    BranchState, Control, OnRollout, Only, PastEntry, RegisteredEmbedded, RollBackTo, Selection, Terms,
};
use model::{BasisPoints, BranchName, ChannelName, LaneId, Millis, Platform, Rollout, Salt, Target, UpdateId};
use uuid::Uuid;

use crate::dice::Dice;
use crate::fleet::{CHANNELS, RUNTIME_VERSIONS, channel, runtime};
use crate::operation::{Operation, rule};
use crate::oracle;
use crate::phone::Phone;

pub struct Operator<'o> {
    pub control: &'o Control,
    pub phones: &'o [Phone],
    pub dice: &'o mut Dice,
    /// Numbers what is published.
    pub published: &'o mut u64,
}

pub fn name(text: &str) -> BranchName {
    BranchName::parse(text).expect("legal")
}

/// How every sequence begins: two branches, a channel at each.
pub fn beginning(dice: &mut Dice) -> Vec<Operation> {
    let branches = ["main", "next"].map(|branch| Operation::CreateBranch(dice.uuid(), name(branch)));
    let at = [("production", "main"), ("beta", "next")];
    let channels = at.map(|(own, branch)| Operation::CreateChannel(dice.uuid(), channel(own), name(branch)));
    branches.into_iter().chain(channels).collect()
}

impl Operator<'_> {
    pub fn next(&mut self) -> Operation {
        if self.control.entries.len() < 4 {
            return self.publish();
        }
        let paused = self.control.channels.iter().any(|channel| channel.paused);
        let is_pinned = self.control.branches.iter().any(|branch| branch.pinned);
        let is_split = self.control.channels.iter().any(|channel| matches!(channel.target, Target::Split { .. }));
        let is_rolling = self.rolling().next().is_some();
        let if_so = |holds: bool, weight: usize| if holds { weight } else { 0 };
        let weights = [
            20,
            9,
            10,
            4,
            if_so(is_pinned, 8),
            7,
            if_so(is_rolling, 12),
            if_so(is_rolling, 5),
            if_so(is_rolling, 8),
            6,
            5,
            if_so(is_split, 12),
            if_so(is_split, 4),
            if_so(is_split, 4),
            if_so(paused, 10) + 2,
            8,
            7,
            8,
            4,
            2,
            2,
            4,
            8,
        ];
        match self.dice.weighted(&weights) {
            0 => self.publish(),
            1 => Operation::Republish { source: self.selection(), to: self.branch().id, terms: self.terms() },
            2 => self.roll_back(),
            3 => Operation::Pin { branch: self.branch().name, good: self.selection(), on_rollout: self.on_rollout() },
            4 => Operation::Unpin(self.pinned()),
            5 => {
                let (share, salt) = self.share();
                Operation::StartRollout(self.head(), share, salt)
            }
            6 => self.set_rollout(),
            7 => Operation::FinishRollout(self.open()),
            8 => Operation::RevertRollout(self.open()),
            9 => Operation::Point(self.channel(), self.branch().name),
            10 => {
                let (share, salt) = self.share();
                Operation::StartSplit(self.channel(), self.branch().name, share, salt)
            }
            11 => self.set_split(),
            12 => Operation::FinishSplit(self.split()),
            13 => Operation::RevertSplit(self.split()),
            14 => {
                let paused =
                    self.control.channels.iter().find(|channel| channel.paused).map(|known| known.name.clone());
                match paused {
                    Some(known) => Operation::Pause(known, false),
                    None => Operation::Pause(self.channel(), true),
                }
            }
            15 => Operation::Disable(if self.dice.percent(60) { self.head() } else { self.selection() }),
            16 => Operation::Enable(self.disabled()),
            17 => Operation::Delete(if self.dice.percent(50) { self.disabled() } else { self.selection() }),
            18 => {
                let to = name(["main", "next", "hotfix", "v2", "very new"][self.dice.below(5)]);
                Operation::RenameBranch(self.branch().name, to)
            }
            19 => Operation::CreateBranch(self.dice.uuid(), name(["hotfix", "v2"][self.dice.below(2)])),
            20 => Operation::DeleteBranch(self.branch().name),
            21 => self.register(),
            _ => self.target(),
        }
    }

    fn target(&mut self) -> Operation {
        let ids = self.phones.iter().filter_map(|phone| phone.asker.id).filter(|_| self.dice.percent(50)).collect();
        let rule = rule(ids).filter(|_| self.dice.percent(70));
        Operation::Target(if self.dice.percent(70) { self.head() } else { self.selection() }, rule)
    }

    fn publish(&mut self) -> Operation {
        *self.published += 1;
        let version = [0, 0, 0, 1, 1, 2][self.dice.below(6)];
        let lane = |platform| LaneId { platform, runtime_version: runtime(RUNTIME_VERSIONS[version]) };
        let lanes = match self.dice.below(8) {
            0 => vec![lane(Platform::Android)],
            1 => vec![lane(Platform::Ios)],
            _ => Platform::ALL.map(lane).to_vec(),
        };
        Operation::Publish { branch: self.branch().id, lanes, content: *self.published, terms: self.terms() }
    }

    fn terms(&mut self) -> Terms {
        let (share, salt) = self.share();
        let rollout = self.dice.percent(30).then_some(Rollout { share, salt });
        let ids = self.phones.iter().filter_map(|phone| phone.asker.id).filter(|_| self.dice.percent(40)).collect();
        let rule = rule(ids).filter(|_| self.dice.percent(20));
        Terms { rollout, rule, on_rollout: self.on_rollout() }
    }

    fn on_rollout(&mut self) -> OnRollout {
        [OnRollout::Refuse, OnRollout::Finish, OnRollout::Revert, OnRollout::Revert][self.dice.below(4)]
    }

    fn roll_back(&mut self) -> Operation {
        let branch = self.branch().id;
        let to = match self.dice.below(10) {
            0..4 => RollBackTo::Previous,
            4..8 => RollBackTo::Embedded,
            _ => RollBackTo::Group(self.selection().id),
        };
        let platform = self.dice.percent(20).then(|| Platform::ALL[self.dice.below(2)]);
        let version = self.dice.percent(20).then(|| runtime(RUNTIME_VERSIONS[self.dice.below(2)]));
        let on_rollout = self.on_rollout();
        Operation::RollBack { branch, to, only: Only { platform, runtime_version: version }, on_rollout }
    }

    fn set_rollout(&mut self) -> Operation {
        let rolling: Vec<_> = self.rolling().cloned().collect();
        let chosen = self.dice.pick(&rolling).expect("asked before");
        let rollout = chosen.entry.rollout.expect("it rolls");
        let share = self.share_under(rollout.salt);
        let higher = BasisPoints::try_from(share.get().max(rollout.share.get())).expect("both are legal");
        let share = if self.dice.percent(90) { higher } else { share };
        Operation::SetRollout(Selection { id: chosen.entry.group.0, platform: None }, share)
    }

    fn set_split(&mut self) -> Operation {
        let split = self.split();
        let channel = self.control.channel(&split).expect("known");
        let Target::Split { salt, .. } = channel.target else { unreachable!("it is split") };
        Operation::SetSplit(split, self.share_under(salt))
    }

    fn share(&mut self) -> (BasisPoints, Salt) {
        let salt = Salt(self.dice.uuid());
        (self.share_under(salt), salt)
    }

    /// Mostly at the very edge of some phone's bucket.
    fn share_under(&mut self, salt: Salt) -> BasisPoints {
        let share = match self.dice.below(10) {
            0 => 0,
            1 => 10_000,
            2 => self.dice.below(10_001),
            kind => {
                let phone = &self.phones[self.dice.below(self.phones.len())];
                let bucket = usize::try_from(oracle::bucket(salt.0, phone.asker.id)).expect("small");
                bucket + kind % 2
            }
        };
        BasisPoints::try_from(u16::try_from(share).expect("small")).expect("at most all")
    }

    fn branch(&mut self) -> BranchState {
        // Mostly one that devices see.
        let visible = self.control.visible();
        let seen: Vec<BranchState> =
            self.control.branches.iter().filter(|branch| visible.contains(&branch.id)).cloned().collect();
        let among = if self.dice.percent(80) { &seen } else { &self.control.branches };
        self.dice.pick(among).expect("channels point somewhere").clone()
    }

    fn channel(&mut self) -> ChannelName {
        channel(CHANNELS[usize::from(self.dice.percent(35))])
    }

    fn pinned(&mut self) -> BranchName {
        let pinned: Vec<_> = self.control.branches.iter().filter(|branch| branch.pinned).cloned().collect();
        self.dice.pick(&pinned).expect("asked before").name.clone()
    }

    fn split(&mut self) -> ChannelName {
        let is_split = |target: &Target| matches!(target, Target::Split { .. });
        let split: Vec<_> = self.control.channels.iter().filter(|channel| is_split(&channel.target)).cloned().collect();
        self.dice.pick(&split).expect("asked before").name.clone()
    }

    fn rolling(&self) -> impl Iterator<Item = &PastEntry> {
        self.control.entries.iter().filter(|past| past.entry.rollout.is_some() && !past.entry.disabled)
    }

    fn open(&mut self) -> Selection {
        let open: Vec<_> = self.rolling().map(|past| past.entry.group.0).collect();
        let id = *self.dice.pick(&open).expect("asked before");
        self.on_a_platform(id)
    }

    /// A group that stands at the head of some lane.
    fn head(&mut self) -> Selection {
        let branch = self.branch().id;
        let heads: Vec<Uuid> = self.control.heads(branch).iter().map(|head| head.entry.group.0).collect();
        match self.dice.pick(&heads).copied() {
            Some(id) => self.on_a_platform(id),
            None => self.selection(),
        }
    }

    fn disabled(&mut self) -> Selection {
        let disabled: Vec<Uuid> =
            self.control.entries.iter().filter(|past| past.entry.disabled).map(|past| past.entry.group.0).collect();
        match self.dice.pick(&disabled).copied() {
            Some(id) => self.on_a_platform(id),
            None => self.selection(),
        }
    }

    /// A group, mostly a young one.
    fn selection(&mut self) -> Selection {
        let count = self.control.entries.len();
        let young = if self.dice.percent(70) { count.min(8) } else { count };
        let past = &self.control.entries[self.dice.below(young)];
        let id = if self.dice.percent(80) { past.entry.group.0 } else { past.entry.id.0 };
        self.on_a_platform(id)
    }

    fn on_a_platform(&mut self, id: Uuid) -> Selection {
        let platform = self.dice.percent(15).then(|| Platform::ALL[self.dice.below(2)]);
        Selection { id, platform }
    }

    fn register(&mut self) -> Operation {
        let with: Vec<&Phone> = self.phones.iter().filter(|phone| phone.build.embedded.is_some()).collect();
        let phone = self.dice.pick(&with).expect("most have one");
        let (id, built) = phone.build.embedded.expect("chosen so");
        Operation::Register(RegisteredEmbedded {
            id: UpdateId(id),
            platform: phone.build.platform,
            runtime_version: phone.build.runtime_version.clone(),
            created_at: Millis(built),
            launch_hash: None,
            channel: Some(phone.build.channel.clone()),
        })
    }
}
