//! What operations change, each a row or two.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{BranchState, ChannelState, Control, DeletedEntry, PastEntry, RegisteredEmbedded};
use crate::{BranchId, BranchName, ChannelId, ChannelName, Rollout, Rule, Target, UpdateGroupId, UpdateId};

/// One change to what is stored. Each concerns things of the operation's own app; one that names nothing there is an
/// [`EditError`], and a store refuses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
pub enum Edit {
    /// A branch comes to be, empty and not pinned.
    CreateBranch {
        /// Its id.
        id: BranchId,
        /// Its name, which no other branch of the app has.
        name: BranchName,
    },
    /// A branch gets another display name.
    RenameBranch {
        /// Which.
        branch: BranchId,
        /// The new name, which no other branch of the app has.
        name: BranchName,
    },
    /// A branch is gone for operators, and its name is free. Its entries stay known: devices may run them.
    DeleteBranch {
        /// Which; no channel points at it.
        branch: BranchId,
    },
    /// A branch holds what is published to it, or no longer does.
    PinBranch {
        /// Which.
        branch: BranchId,
        /// Whether it holds.
        pinned: bool,
    },
    /// A channel comes to be.
    CreateChannel {
        /// Its id.
        id: ChannelId,
        /// Its name, which no other channel of the app has.
        name: ChannelName,
        /// The branch that it points at.
        branch: BranchId,
    },
    /// A channel points elsewhere.
    PointChannel {
        /// Which.
        channel: ChannelId,
        /// Where to.
        target: Target,
    },
    /// A channel answers "no update" to everyone, or no longer does.
    PauseChannel {
        /// Which.
        channel: ChannelId,
        /// Whether it is paused.
        paused: bool,
    },
    /// A channel is gone: devices that name it get 404.
    DeleteChannel {
        /// Which.
        channel: ChannelId,
    },
    /// An entry is served to nobody, or again.
    DisableUpdate {
        /// Which.
        update: UpdateId,
        /// Whether it is disabled.
        disabled: bool,
    },
    /// An entry that waited behind a pin is served.
    ReleaseUpdate {
        /// Which.
        update: UpdateId,
    },
    /// An entry's open rollout starts, changes or, with none, ends.
    SetRollout {
        /// Which.
        update: UpdateId,
        /// The rollout.
        rollout: Option<Rollout>,
    },
    /// An entry is served to the devices of this rule only or, with none, whatever they say.
    SetRule {
        /// Which.
        update: UpdateId,
        /// The rule.
        rule: Option<Arc<Rule>>,
    },
    /// A group gets another message.
    SetMessage {
        /// Which.
        group: UpdateGroupId,
        /// The message; none takes it away.
        message: Option<String>,
    },
    /// An entry is gone, with its signatures and its references to assets; what stays of it is a [`DeletedEntry`]. The
    /// assets stay. Its group goes with its last entry; entries that repeat it lose their origin.
    DeleteUpdate {
        /// Which.
        update: UpdateId,
    },
    /// The update inside a binary becomes known. Of one that is known, the bundle's hash and the channel are filled in
    /// where they are missing; all else stays as it is.
    RegisterEmbedded(RegisteredEmbedded),
}

/// An edit that names what the app does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an edit names what the app does not have")]
pub struct EditError;

impl Control {
    /// The state that the edit leads to. A group's message is no part of it.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), EditError> {
        match edit {
            Edit::CreateBranch { id, name } => {
                self.branches.push(BranchState { id: *id, name: name.clone(), pinned: false });
                self.branches.sort_by(|one, other| one.name.cmp(&other.name));
            }
            Edit::RenameBranch { branch, name } => {
                self.branch_mut(*branch)?.name = name.clone();
                self.branches.sort_by(|one, other| one.name.cmp(&other.name));
            }
            Edit::DeleteBranch { branch } => {
                self.branch_mut(*branch)?;
                self.branches.retain(|known| known.id != *branch);
            }
            Edit::PinBranch { branch, pinned } => self.branch_mut(*branch)?.pinned = *pinned,
            Edit::CreateChannel { id, name, branch } => {
                let target = Target::Branch(*branch);
                self.channels.push(ChannelState { id: *id, name: name.clone(), target, paused: false });
                self.channels.sort_by(|one, other| one.name.cmp(&other.name));
            }
            Edit::PointChannel { channel, target } => self.channel_mut(*channel)?.target = target.clone(),
            Edit::PauseChannel { channel, paused } => self.channel_mut(*channel)?.paused = *paused,
            Edit::DeleteChannel { channel } => {
                self.channel_mut(*channel)?;
                self.channels.retain(|known| known.id != *channel);
            }
            Edit::DisableUpdate { update, disabled } => self.entry_mut(*update)?.disabled = *disabled,
            Edit::ReleaseUpdate { update } => self.entry_mut(*update)?.held = false,
            Edit::SetRollout { update, rollout } => self.entry_mut(*update)?.rollout = *rollout,
            Edit::SetRule { update, rule } => self.entry_mut(*update)?.rule.clone_from(rule),
            Edit::SetMessage { .. } => {}
            Edit::DeleteUpdate { update } => self.delete(*update)?,
            Edit::RegisterEmbedded(embedded) => self.register(embedded),
        }
        Ok(())
    }

    fn delete(&mut self, update: UpdateId) -> Result<(), EditError> {
        let place = self.entries.iter().position(|past| past.entry.id == update).ok_or(EditError)?;
        let PastEntry { branch, lane, entry, .. } = self.entries.remove(place);
        for past in self.entries.iter_mut().filter(|past| past.origin == Some(update)) {
            past.origin = None;
        }
        let key = |past: &DeletedEntry| (past.created_at, past.id);
        let place = self.deleted.partition_point(|other| key(other) > (entry.created_at, update));
        let left = DeletedEntry { id: update, branch, lane, created_at: entry.created_at, kind: entry.kind };
        self.deleted.insert(place, left);
        Ok(())
    }

    fn register(&mut self, embedded: &RegisteredEmbedded) {
        if let Some(known) = self.embedded.iter_mut().find(|known| known.id == embedded.id) {
            known.complete(embedded);
        } else {
            self.embedded.push(embedded.clone());
            self.embedded.sort_by_key(|known| known.id);
        }
    }

    fn branch_mut(&mut self, id: BranchId) -> Result<&mut BranchState, EditError> {
        self.branches.iter_mut().find(|branch| branch.id == id).ok_or(EditError)
    }

    fn channel_mut(&mut self, id: ChannelId) -> Result<&mut ChannelState, EditError> {
        self.channels.iter_mut().find(|channel| channel.id == id).ok_or(EditError)
    }

    fn entry_mut(&mut self, id: UpdateId) -> Result<&mut crate::Entry, EditError> {
        self.entries.iter_mut().find(|past| past.entry.id == id).map(|past| &mut past.entry).ok_or(EditError)
    }
}
