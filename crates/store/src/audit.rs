//! Who did what, when.

use async_trait::async_trait;
use model::{AppId, Millis};
use serde_json::Value;

use crate::{Actor, StoreError};

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident = $name:literal;)+) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AuditAction {
            $($(#[$doc])* $action,)+
        }

        impl AuditAction {
            /// All of them.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$action),+];

            /// The name that the log stores.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)+
                }
            }

            /// Reads the stored name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|action| action.as_str() == name)
            }
        }
    };
}

actions! {
    /// An app was created.
    CreateApp = "create_app";
    /// A signing key was added.
    AddKey = "add_key";
    /// A channel was created, and its branch unless there was one.
    CreateChannel = "create_channel";
    /// A channel was pointed at another branch.
    PointChannel = "point_channel";
    /// A channel was pointed at a second branch for a share of the devices.
    StartChannelRollout = "start_channel_rollout";
    /// That share was changed.
    SetChannelRollout = "set_channel_rollout";
    /// A channel was pointed at the second branch alone.
    FinishChannelRollout = "finish_channel_rollout";
    /// A channel was pointed at the first branch alone again.
    RevertChannelRollout = "revert_channel_rollout";
    /// A channel was paused.
    PauseChannel = "pause_channel";
    /// A channel was resumed.
    ResumeChannel = "resume_channel";
    /// A channel was deleted.
    DeleteChannel = "delete_channel";
    /// A branch was created.
    CreateBranch = "create_branch";
    /// A branch was renamed.
    RenameBranch = "rename_branch";
    /// A branch was deleted.
    DeleteBranch = "delete_branch";
    /// A branch was pinned to a group.
    Pin = "pin";
    /// A branch was unpinned.
    Unpin = "unpin";
    /// Updates were published.
    Publish = "publish";
    /// A group was issued again on its branch.
    Republish = "republish";
    /// A group was issued again on another branch.
    Promote = "promote";
    /// A branch went back.
    RollBack = "roll_back";
    /// A rollout was started.
    StartRollout = "start_rollout";
    /// A rollout was raised.
    SetRollout = "set_rollout";
    /// A rollout was finished.
    FinishRollout = "finish_rollout";
    /// A rollout was reverted.
    RevertRollout = "revert_rollout";
    /// Updates got a rule, or lost it.
    Target = "target";
    /// A group got another message.
    EditMessage = "edit_message";
    /// Updates were disabled.
    Disable = "disable";
    /// Updates were enabled.
    Enable = "enable";
    /// Updates were deleted.
    DeleteUpdates = "delete_updates";
    /// The update inside a binary was registered.
    RegisterEmbedded = "register_embedded";
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditLine {
    /// Rises with the app's versions, with gaps.
    pub id: u64,
    /// When.
    pub at: Millis,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: AuditAction,
    /// The ids and names that it was done to, and where something was changed that was there, `before` and `after`.
    pub detail: Value,
}

/// Reading the audit log. Writing it is part of every intent.
#[async_trait]
pub trait ReadAudit: Send + Sync {
    /// The app's newest lines, newest first, at most `limit`; with `before` those that are older than the line with that
    /// id, whether there is such a line or not.
    async fn audit(&self, app: AppId, before: Option<u64>, limit: u32) -> Result<Vec<AuditLine>, StoreError>;
}
