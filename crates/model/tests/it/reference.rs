//! A second evaluator, written from architecture.md §4 alone: slow, in the order of the text, sharing no code with the
//! first. It lists before it picks, compares strings, and divides where the first one multiplies.

use model::{AppSnapshot, BranchId, Device, Entry, EntryKind, Platform, Target, UpdateId};
use sha2::{Digest, Sha256};

use crate::scene::Answer;

pub fn decide(app: &AppSnapshot, device: &Device<'_>) -> Answer {
    let nothing = |code| (code, None, None);

    // 1. Channel.
    let channels: Vec<_> = app.channels.iter().filter(|(name, _)| name.as_str() == device.channel).collect();
    let [(_, channel)] = channels[..] else { return nothing("unknown_channel") };
    if channel.paused {
        return nothing("channel_paused");
    }

    // 2. Branch.
    let branch_id = match channel.target {
        Target::Branch(only) => only,
        Target::Split { old, new, share, salt } => {
            if in_share(&salt.0.to_string(), device, share.get()) {
                new
            } else {
                old
            }
        }
    };

    // 3. The branch's entries, newest first. What is disabled or held is as good as not there.
    let mut entries: Vec<&Entry> = Vec::new();
    for branch in app.branches.values().filter(|branch| branch.id == branch_id) {
        let lanes = if device.platform == Platform::Ios { &branch.ios } else { &branch.android };
        for (_, lane) in lanes.iter().filter(|(version, _)| version.to_string() == device.runtime_version) {
            entries.extend(lane.entries.iter().filter(|entry| !entry.disabled).filter(|entry| !entry.held));
        }
    }
    if entries.is_empty() {
        return nothing("no_update_for_runtime");
    }

    // 4 and 5. Of those that stand for this device, the first.
    entries.retain(|entry| match entry.rollout {
        Some(rollout) => in_share(&rollout.salt.0.to_string(), device, rollout.share.get()),
        None => true,
    });
    let Some(choice) = entries.first() else { return nothing("not_targeted") };
    needed(app, device, branch_id, choice)
}

/// 6, for one choice.
fn needed(app: &AppSnapshot, device: &Device<'_>, branch: BranchId, choice: &Entry) -> Answer {
    let current = device.current;
    let healthy = |id: UpdateId| device.recent_failed.iter().all(|failed| *failed != id);
    let filter_if = |sure: bool| if sure { Some(branch) } else { None };

    let on_its_embedded = current.is_some() && current == device.embedded;
    let known = current.filter(|_| !on_its_embedded).and_then(|id| app.known.get(&id).copied());
    let registered = current.filter(|_| known.is_none()).and_then(|id| app.embedded.get(&id).copied());
    let on_embedded = on_its_embedded || (device.embedded.is_none() && registered.is_some());
    let newer_of_branch = known.filter(|known| known.branch == branch && choice.created_at <= known.created_at);

    if choice.kind == EntryKind::Update {
        if current == Some(choice.id) {
            return ("already_current", None, filter_if(healthy(choice.id)));
        }
        if !healthy(choice.id) {
            return ("failed_before", None, None);
        }
        if newer_of_branch.is_some() {
            return ("running_newer", None, filter_if(current.is_some_and(healthy)));
        }
        if registered.is_some_and(|embedded| choice.created_at <= embedded.created_at) {
            return ("embedded_newer", None, None);
        }
        return ("served_update", Some(choice.id), Some(branch));
    }

    if on_embedded {
        return ("already_current", None, filter_if(current.is_some_and(healthy)));
    }
    if newer_of_branch.is_some() {
        return ("running_newer", None, filter_if(current.is_some_and(healthy)));
    }
    if !device.takes_directives {
        return ("directive_not_deliverable", None, None);
    }
    ("served_roll_back", Some(choice.id), filter_if(device.embedded.is_some_and(healthy)))
}

fn in_share(salt: &str, device: &Device<'_>, basis_points: u16) -> bool {
    let bucket = match device.id {
        None => 9_999,
        Some(id) => {
            let digest = Sha256::digest(format!("{salt}\0{id}").to_lowercase());
            let number = digest[..8].iter().fold(0_u128, |number, byte| number * 256 + u128::from(*byte));
            // The bucket's lower edge is at bucket / 10,000 of the range.
            (0..10_000).rev().find(|bucket| (bucket << 64) <= number * 10_000).expect("0 always is")
        }
    };
    bucket < u128::from(basis_points)
}
