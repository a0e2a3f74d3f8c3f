//! What a device should get, told once more and by other means than `model::decide`: from the whole history, with
//! buckets counted out by themselves.

use model::control::{ContentFingerprint, Control, PastEntry};
use model::{BranchId, ChannelName, EntryKind, LaneId, Target};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// What a device is to the server.
#[derive(Clone, Debug)]
pub struct Asker {
    pub channel: ChannelName,
    pub lane: LaneId,
    pub id: Option<Uuid>,
}

/// What should stand for a device.
#[derive(Clone, Copy, Debug)]
pub enum Choice<'c> {
    Paused,
    /// Its branch serves nothing to anybody.
    Nothing,
    /// Its branch serves something, but not to it.
    NotTargeted,
    Entry(&'c PastEntry),
}

/// What a device that obeys shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Update(ContentFingerprint),
    Embedded,
}

impl Choice<'_> {
    pub fn shown(&self) -> Option<Shown> {
        let Self::Entry(past) = self else { return None };
        Some(match past.entry.kind {
            EntryKind::Update => Shown::Update(past.content),
            EntryKind::RollBackToEmbedded => Shown::Embedded,
        })
    }
}

pub fn branch(control: &Control, asker: &Asker) -> Option<BranchId> {
    let channel = control.channel(&asker.channel)?;
    (!channel.paused).then(|| match channel.target {
        Target::Branch(only) => only,
        Target::Split { old, new, share, salt } => {
            if bucket(salt.0, asker.id) < u64::from(share.get()) {
                new
            } else {
                old
            }
        }
    })
}

pub fn choice<'c>(control: &'c Control, asker: &Asker) -> Choice<'c> {
    let Some(branch) = branch(control, asker) else { return Choice::Paused };
    let mut served = control
        .entries
        .iter()
        .filter(|past| past.branch == branch && past.lane == asker.lane && !past.entry.disabled && !past.entry.held)
        .peekable();
    if served.peek().is_none() {
        return Choice::Nothing;
    }
    served.find(|past| stands(past, asker)).map_or(Choice::NotTargeted, Choice::Entry)
}

/// Whether an entry that is served is served to this one.
pub fn stands(past: &PastEntry, asker: &Asker) -> bool {
    let inside =
        past.entry.rollout.is_none_or(|rollout| bucket(rollout.salt.0, asker.id) < u64::from(rollout.share.get()));
    inside && is_meant_for(past, asker)
}

/// Whether its rule, if it has one, is for this one.
pub fn is_meant_for(past: &PastEntry, asker: &Asker) -> bool {
    past.entry.rule.as_ref().is_none_or(|rule| matches(rule, asker))
}

fn matches(rule: &model::Rule, asker: &Asker) -> bool {
    let device = model::Device {
        platform: asker.lane.platform,
        runtime_version: asker.lane.runtime_version.as_str(),
        channel: asker.channel.as_str(),
        id: asker.id,
        current: None,
        embedded: None,
        recent_failed: [].into_iter().collect(),
        takes_directives: true,
        facts: None,
    };
    rule.holds(&device) == Some(true)
}

/// The first 64 bits of the hash as a fraction of all that there are, in ten thousandths: long division, digit by digit
/// of base 2^16.
pub fn bucket(salt: Uuid, id: Option<Uuid>) -> u64 {
    let Some(id) = id else { return 9_999 };
    let digest = Sha256::digest(format!("{salt}\0{id}"));
    let mut carry = 0;
    for pair in digest[..8].chunks_exact(2).rev() {
        carry = (u64::from(pair[0]) * 256 + u64::from(pair[1])) * 10_000 + (carry >> 16);
    }
    carry >> 16
}
