//! Choosing what a device gets (architecture.md §4).
//!
//! [`decide`] is the one rule: a check calls it to answer, the operator's "what would this device get?" calls it to
//! explain. It reads nothing but its two arguments, answers for every value of them, and allocates nothing.
//!
//! It reads in this order, one module a step: which branch (here) → which entry (`walk`) → does the device need it, and
//! may the branch's filter go with the answer (`acceptance`).

mod acceptance;
mod outcome;
mod reason;
mod trace;
mod walk;

pub use outcome::{Decision, Outcome};
pub use reason::Reason;
pub use trace::{BranchChoice, Step, Trace, Verdict};

use crate::bucket::Draw;
use crate::{AppSnapshot, BranchId, Channel, Device, Lane, Target};

/// What the device gets, why, and how the choice was reached.
#[must_use]
pub fn decide(snapshot: &AppSnapshot, device: &Device<'_>) -> Decision {
    let Some(channel) = snapshot.channels.get(device.channel) else {
        return Decision::before_any_branch(Reason::UnknownChannel);
    };
    if channel.paused {
        return Decision::before_any_branch(Reason::ChannelPaused);
    }
    let mut trace = Trace::default();
    let branch = choose_branch(channel, device, &mut trace);
    let Some(lane) = lane(snapshot, branch, device).filter(|lane| walk::serves_anything(lane)) else {
        return Decision::nothing(Reason::NoUpdateForRuntime, branch, trace);
    };
    let Some(choice) = walk::first_standing(lane, device, &mut trace) else {
        return Decision::nothing(Reason::NotTargeted, branch, trace);
    };
    let (outcome, filter) = acceptance::answer(snapshot, device, branch, choice);
    Decision { outcome, branch: Some(branch), filter, trace }
}

fn choose_branch(channel: &Channel, device: &Device<'_>, trace: &mut Trace) -> BranchId {
    let (branch, split) = match channel.target {
        Target::Branch(branch) => (branch, None),
        Target::Split { old, new, share, salt } => {
            let draw = Draw::of(salt, share, device.id);
            (if draw.inside() { new } else { old }, Some(draw))
        }
    };
    trace.branch = Some(BranchChoice { branch, split });
    branch
}

fn lane<'s>(snapshot: &'s AppSnapshot, branch: BranchId, device: &Device<'_>) -> Option<&'s Lane> {
    snapshot.branches.get(&branch)?.lanes(device.platform).get(device.runtime_version)
}
