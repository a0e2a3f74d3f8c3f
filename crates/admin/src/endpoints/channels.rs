//! Channels.

pub mod change;
pub mod create;
pub mod delete;
pub mod list;
pub mod rollout;
pub mod show;

use model::control::{ChannelState, Control};
use model::{BranchId, Target};

fn channel(control: &Control, channel: &ChannelState) -> api::Channel {
    let name = |id: BranchId| control.branch(id).map_or_else(|| id.to_string(), |branch| branch.name.to_string());
    let (branch, rollout) = match channel.target {
        Target::Branch(branch) => (branch, None),
        Target::Split { old, new, share, .. } => {
            (old, Some(api::ChannelRollout { branch: name(new), basis_points: share.get() }))
        }
    };
    api::Channel { name: channel.name.to_string(), branch: name(branch), rollout, paused: channel.paused }
}
