//! Every operation on an app that is there, as one asks for it, and the rule that plans it.

use std::sync::Arc;

use model::control::plan::{self, ChannelIds, Only};
use model::control::{Control, OnRollout, Plan, Refusal, RegisteredEmbedded, RollBackTo, Selection, Terms};
use model::{BasisPoints, BranchId, BranchName, ChannelName, Platform, Rollout, Rule, Salt};
use store::AuditAction;
use uuid::Uuid;

use crate::issue::Label;
use crate::{KnownRecord, PublishError};

/// What an operator asks for.
#[derive(Clone, Debug)]
pub enum Command {
    /// A channel at the branch named, else at the branch of its own name, which is created unless it exists.
    CreateChannel {
        /// Its name.
        channel: ChannelName,
        /// Where it points.
        branch: Option<BranchName>,
    },
    /// Points a channel at one branch.
    PointChannel {
        /// Which.
        channel: ChannelName,
        /// Where to.
        branch: BranchName,
    },
    /// Points a channel at a second branch for a share of the devices.
    StartChannelRollout {
        /// Which.
        channel: ChannelName,
        /// The second branch.
        branch: BranchName,
        /// The share.
        share: BasisPoints,
    },
    /// Changes that share.
    SetChannelRollout {
        /// Which.
        channel: ChannelName,
        /// The share.
        share: BasisPoints,
    },
    /// Points a channel at its second branch alone.
    FinishChannelRollout(ChannelName),
    /// Points a channel at its first branch alone.
    RevertChannelRollout(ChannelName),
    /// Answers "no update" to everyone on a channel, or ends that.
    PauseChannel {
        /// Which.
        channel: ChannelName,
        /// Whether it is paused.
        paused: bool,
    },
    /// Deletes a channel.
    DeleteChannel(ChannelName),
    /// Creates a branch.
    CreateBranch(BranchName),
    /// Gives a branch another name.
    RenameBranch {
        /// Which.
        branch: BranchName,
        /// The new name.
        to: BranchName,
    },
    /// Deletes a branch that no channel points at.
    DeleteBranch(BranchName),
    /// Issues a good group at the head of its branch and holds what is published there.
    Pin {
        /// Which.
        branch: BranchName,
        /// The group.
        updates: Selection,
        /// About a rollout that is open.
        on_rollout: OnRollout,
    },
    /// Serves what was held.
    Unpin(BranchName),
    /// Gives groups another message.
    EditMessage {
        /// Which.
        updates: Selection,
        /// The message.
        message: Option<String>,
    },
    /// Serves entries to nobody.
    Disable(Selection),
    /// Serves them again.
    Enable(Selection),
    /// Deletes entries that nothing needs.
    DeleteUpdates(Selection),
    /// Serves what a branch serves first to a share of the devices.
    StartRollout {
        /// Which.
        updates: Selection,
        /// The share.
        share: BasisPoints,
    },
    /// Raises the share.
    SetRollout {
        /// Which.
        updates: Selection,
        /// The share.
        share: BasisPoints,
    },
    /// Serves it to everyone.
    FinishRollout(Selection),
    /// Takes it back.
    RevertRollout(Selection),
    /// Serves entries to the devices of a rule only, or to all again.
    Target {
        /// Which.
        updates: Selection,
        /// The rule; none takes it away.
        rule: Option<Arc<Rule>>,
    },
    /// Issues content again, on its own branch.
    Republish {
        /// Which.
        updates: Selection,
        /// To whom.
        terms: TermsAsked,
        /// What changed; by default what the group said.
        message: Option<String>,
    },
    /// Issues content again, elsewhere.
    Promote {
        /// Which.
        updates: Selection,
        /// Where to.
        to: Destination,
        /// To whom.
        terms: TermsAsked,
        /// What changed; by default what the group said.
        message: Option<String>,
    },
    /// Goes back.
    RollBack {
        /// Whose branch.
        destination: Destination,
        /// Where to.
        to: RollBackTo,
        /// Which lanes.
        only: Only,
        /// About a rollout that is open.
        on_rollout: OnRollout,
        /// Why.
        message: Option<String>,
    },
    /// Makes the update inside a binary known.
    RegisterEmbedded(RegisteredEmbedded),
    /// Issues an update whose files lie on another host.
    PublishRecord(Box<KnownRecord>),
}

/// Where entries go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To the branch that this channel points at.
    Channel(ChannelName),
    /// To this branch.
    Branch(BranchName),
}

impl Destination {
    /// A channel or a branch, exactly one of them.
    pub fn parse(channel: Option<&str>, branch: Option<&str>) -> Result<Self, PublishError> {
        match (channel, branch) {
            (Some(channel), None) => ChannelName::parse(channel)
                .map(Self::Channel)
                .map_err(|source| PublishError::Name { field: "channel", source }),
            (None, Some(branch)) => BranchName::parse(branch)
                .map(Self::Branch)
                .map_err(|source| PublishError::Name { field: "branch", source }),
            _ => Err(PublishError::NoDestination),
        }
    }

    /// The branch that it means.
    pub(crate) fn branch(&self, control: &Control) -> Result<BranchId, Refusal> {
        match self {
            Self::Branch(name) => {
                let branch = control.branch_named(name).ok_or_else(|| Refusal::UnknownBranch(name.clone()))?;
                Ok(branch.id)
            }
            Self::Channel(name) => {
                let channel = control.channel(name).ok_or_else(|| Refusal::UnknownChannel(name.clone()))?;
                match channel.target {
                    model::Target::Branch(branch) => Ok(branch),
                    model::Target::Split { .. } => Err(Refusal::ChannelIsSplit(name.clone())),
                }
            }
        }
    }

    /// The channel that was named.
    pub(crate) fn channel(&self) -> Option<&ChannelName> {
        match self {
            Self::Channel(channel) => Some(channel),
            Self::Branch(_) => None,
        }
    }
}

/// [`Terms`] as they are asked for: the salt of a rollout is not the caller's.
#[derive(Clone, Debug, Default)]
pub struct TermsAsked {
    /// To a share of the devices first.
    pub rollout: Option<BasisPoints>,
    /// To some devices only.
    pub rule: Option<Rule>,
    /// About a rollout that is open.
    pub on_rollout: OnRollout,
}

impl TermsAsked {
    pub(crate) fn with_salt(&self, salt: Salt) -> Terms {
        Terms {
            rollout: self.rollout.map(|share| Rollout { share, salt }),
            rule: self.rule.clone().map(Arc::new),
            on_rollout: self.on_rollout,
        }
    }
}

/// What an operation may need to be new.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fresh {
    pub ids: ChannelIds,
    pub salt: Salt,
}

impl Command {
    /// What the audit log calls it.
    pub(crate) fn action(&self) -> AuditAction {
        match self {
            Self::CreateChannel { .. } => AuditAction::CreateChannel,
            Self::PointChannel { .. } => AuditAction::PointChannel,
            Self::StartChannelRollout { .. } => AuditAction::StartChannelRollout,
            Self::SetChannelRollout { .. } => AuditAction::SetChannelRollout,
            Self::FinishChannelRollout(_) => AuditAction::FinishChannelRollout,
            Self::RevertChannelRollout(_) => AuditAction::RevertChannelRollout,
            Self::PauseChannel { paused: true, .. } => AuditAction::PauseChannel,
            Self::PauseChannel { paused: false, .. } => AuditAction::ResumeChannel,
            Self::DeleteChannel(_) => AuditAction::DeleteChannel,
            Self::CreateBranch(_) => AuditAction::CreateBranch,
            Self::RenameBranch { .. } => AuditAction::RenameBranch,
            Self::DeleteBranch(_) => AuditAction::DeleteBranch,
            Self::Pin { .. } => AuditAction::Pin,
            Self::Unpin(_) => AuditAction::Unpin,
            Self::EditMessage { .. } => AuditAction::EditMessage,
            Self::Disable(_) => AuditAction::Disable,
            Self::Enable(_) => AuditAction::Enable,
            Self::DeleteUpdates(_) => AuditAction::DeleteUpdates,
            Self::StartRollout { .. } => AuditAction::StartRollout,
            Self::SetRollout { .. } => AuditAction::SetRollout,
            Self::FinishRollout(_) => AuditAction::FinishRollout,
            Self::RevertRollout(_) => AuditAction::RevertRollout,
            Self::Target { .. } => AuditAction::Target,
            Self::Republish { .. } => AuditAction::Republish,
            Self::Promote { .. } => AuditAction::Promote,
            Self::RollBack { .. } => AuditAction::RollBack,
            Self::RegisterEmbedded(_) => AuditAction::RegisterEmbedded,
            Self::PublishRecord(_) => AuditAction::Publish,
        }
    }

    /// What is said of what it issues.
    pub(crate) fn label(&self) -> Label<'_> {
        match self {
            Self::Republish { message, .. } => Label { message: message.as_deref(), ..Label::default() },
            Self::Promote { message, to: destination, .. } | Self::RollBack { message, destination, .. } => {
                Label { message: message.as_deref(), channel: destination.channel(), record: None }
            }
            Self::PublishRecord(record) => record.label(),
            _ => Label::default(),
        }
    }

    /// The heads that it relies on: "what was before" means before what its caller saw.
    pub(crate) fn heads(&self, control: &Control) -> Vec<Uuid> {
        let Self::RollBack { destination, to: RollBackTo::Previous, only, .. } = self else { return Vec::new() };
        let Ok(branch) = destination.branch(control) else { return Vec::new() };
        let wanted = |platform: Platform| only.platform.is_none_or(|only| only == platform);
        let heads = control.heads(branch).into_iter().filter(|head| wanted(head.lane.platform));
        heads
            .filter(|head| only.runtime_version.as_ref().is_none_or(|only| head.lane.runtime_version == *only))
            .map(|head| head.entry.id.0)
            .collect()
    }

    /// What it changes.
    pub(crate) fn plan(&self, control: &Control, fresh: Fresh) -> Result<Plan, Refusal> {
        match self {
            Self::CreateChannel { channel, branch } => {
                plan::create_channel(control, channel, branch.as_ref(), fresh.ids)
            }
            Self::PointChannel { channel, branch } => plan::point_channel(control, channel, branch),
            Self::StartChannelRollout { channel, branch, share } => {
                plan::start_split(control, channel, branch, *share, fresh.salt)
            }
            Self::SetChannelRollout { channel, share } => plan::set_split(control, channel, *share),
            Self::FinishChannelRollout(channel) => plan::finish_split(control, channel),
            Self::RevertChannelRollout(channel) => plan::revert_split(control, channel),
            Self::PauseChannel { channel, paused } => plan::pause_channel(control, channel, *paused),
            Self::DeleteChannel(channel) => plan::delete_channel(control, channel),
            Self::CreateBranch(name) => plan::create_branch(control, fresh.ids.branch, name.clone()),
            Self::RenameBranch { branch, to } => plan::rename_branch(control, branch, to.clone()),
            Self::DeleteBranch(branch) => plan::delete_branch(control, branch),
            Self::Pin { branch, updates, on_rollout } => plan::pin(control, branch, *updates, *on_rollout),
            Self::Unpin(branch) => plan::unpin(control, branch),
            Self::EditMessage { updates, message } => plan::edit_message(control, *updates, message.as_deref()),
            Self::Disable(updates) => plan::disable(control, *updates),
            Self::Enable(updates) => plan::enable(control, *updates),
            Self::DeleteUpdates(updates) => plan::delete_updates(control, *updates),
            Self::StartRollout { updates, share } => plan::start_rollout(control, *updates, *share, fresh.salt),
            Self::SetRollout { updates, share } => plan::set_rollout(control, *updates, *share),
            Self::FinishRollout(updates) => plan::finish_rollout(control, *updates),
            Self::RevertRollout(updates) => plan::revert_rollout(control, *updates),
            Self::Target { updates, rule } => plan::target(control, *updates, rule.as_ref()),
            Self::Republish { updates, terms, .. } => {
                let entries = updates.entries(control)?;
                let branch = entries.first().and_then(|past| control.branch(past.branch));
                // Of a deleted branch, it can only be promoted.
                let branch = branch.ok_or(Refusal::UnknownUpdate(updates.id))?.id;
                plan::republish(control, *updates, branch, &terms.with_salt(fresh.salt))
            }
            Self::Promote { updates, to, terms, .. } => {
                plan::republish(control, *updates, to.branch(control)?, &terms.with_salt(fresh.salt))
            }
            Self::RollBack { destination, to, only, on_rollout, .. } => {
                plan::roll_back(control, destination.branch(control)?, *to, only, *on_rollout)
            }
            Self::RegisterEmbedded(embedded) => plan::register_embedded(control, embedded.clone()),
            Self::PublishRecord(record) => {
                let branch = record.destination().branch(control)?;
                plan::publish(control, branch, &[record.lane()], &record.terms().with_salt(fresh.salt))
            }
        }
    }
}
