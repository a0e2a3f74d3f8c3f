//! Channels, and rollouts from one branch to another.

use super::branches::known;
use super::{Plan, Planner};
use crate::control::{ChannelState, Control, Edit, Refusal};
use crate::{BasisPoints, BranchId, BranchName, ChannelId, ChannelName, Salt, Target};

/// The ids for what a new channel may need.
#[derive(Clone, Copy, Debug)]
pub struct ChannelIds {
    /// For the channel.
    pub channel: ChannelId,
    /// For the branch of its name, where there is none yet.
    pub branch: BranchId,
}

/// A new channel: at the branch that is named, else at the branch of its own name, which is created unless it exists.
pub fn create_channel(
    control: &Control,
    name: &ChannelName,
    branch: Option<&BranchName>,
    ids: ChannelIds,
) -> Result<Plan, Refusal> {
    if control.channel(name).is_some() {
        return Err(Refusal::ChannelExists(name.clone()));
    }
    let mut planner = Planner::new(control);
    let branch = match branch {
        Some(branch) => known(control, branch)?,
        // Both kinds of name obey the same rules.
        None => match BranchName::parse(name.as_str()) {
            Err(_) => return Err(Refusal::UnknownChannel(name.clone())),
            Ok(own) => {
                if let Some(branch) = control.branch_named(&own) {
                    branch.id
                } else {
                    planner.edit(Edit::CreateBranch { id: ids.branch, name: own });
                    ids.branch
                }
            }
        },
    };
    planner.edit(Edit::CreateChannel { id: ids.channel, name: name.clone(), branch });
    planner.finish()
}

/// Points the channel at one branch. Refused while it points at two: finish or revert that first.
pub fn point_channel(control: &Control, name: &ChannelName, branch: &BranchName) -> Result<Plan, Refusal> {
    let channel = channel(control, name)?;
    if matches!(channel.target, Target::Split { .. }) {
        return Err(Refusal::ChannelIsSplit(name.clone()));
    }
    retarget(control, channel, Target::Branch(known(control, branch)?))
}

/// Points the channel at a second branch for a share of the devices.
pub fn start_split(
    control: &Control,
    name: &ChannelName,
    branch: &BranchName,
    share: BasisPoints,
    salt: Salt,
) -> Result<Plan, Refusal> {
    let channel = channel(control, name)?;
    let Target::Branch(old) = channel.target else { return Err(Refusal::ChannelIsSplit(name.clone())) };
    let new = known(control, branch)?;
    if old == new {
        return Err(Refusal::SameBranch(branch.clone()));
    }
    retarget(control, channel, Target::Split { old, new, share, salt })
}

/// Another share. It may also be lowered: filters let devices cross in both directions.
pub fn set_split(control: &Control, name: &ChannelName, share: BasisPoints) -> Result<Plan, Refusal> {
    let channel = channel(control, name)?;
    let Target::Split { old, new, salt, .. } = channel.target else {
        return Err(Refusal::ChannelNotSplit(name.clone()));
    };
    retarget(control, channel, Target::Split { old, new, share, salt })
}

/// Points the channel at the new branch alone.
pub fn finish_split(control: &Control, name: &ChannelName) -> Result<Plan, Refusal> {
    let channel = channel(control, name)?;
    let Target::Split { new, .. } = channel.target else { return Err(Refusal::ChannelNotSplit(name.clone())) };
    retarget(control, channel, Target::Branch(new))
}

/// Points the channel at the old branch alone.
pub fn revert_split(control: &Control, name: &ChannelName) -> Result<Plan, Refusal> {
    let channel = channel(control, name)?;
    let Target::Split { old, .. } = channel.target else { return Err(Refusal::ChannelNotSplit(name.clone())) };
    retarget(control, channel, Target::Branch(old))
}

/// Answers "no update" to everyone on the channel, or ends that.
pub fn pause_channel(control: &Control, name: &ChannelName, paused: bool) -> Result<Plan, Refusal> {
    let channel = channel(control, name)?;
    let mut planner = Planner::new(control);
    if channel.paused != paused {
        planner.edit(Edit::PauseChannel { channel: channel.id, paused });
    }
    planner.finish()
}

/// Deletes the channel. Binaries that name it are told that there is none.
pub fn delete_channel(control: &Control, name: &ChannelName) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    planner.edit(Edit::DeleteChannel { channel: channel(control, name)?.id });
    planner.finish()
}

fn channel<'c>(control: &'c Control, name: &ChannelName) -> Result<&'c ChannelState, Refusal> {
    control.channel(name).ok_or_else(|| Refusal::UnknownChannel(name.clone()))
}

fn retarget(control: &Control, channel: &ChannelState, target: Target) -> Result<Plan, Refusal> {
    let mut planner = Planner::new(control);
    if channel.target != target {
        planner.edit(Edit::PointChannel { channel: channel.id, target });
    }
    planner.finish()
}
