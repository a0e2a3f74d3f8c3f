//! Who did what, when.

use async_trait::async_trait;
use model::{AppId, Millis};
use serde_json::Value;

use crate::{Actor, StoreError};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditAction {
    /// An app was created.
    CreateApp,
    /// A channel was created, and its branch unless there was one.
    CreateChannel,
    /// A signing key was added.
    AddKey,
    /// Updates were published.
    Publish,
    /// A branch went back.
    RollBack,
}

impl AuditAction {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::CreateApp, Self::CreateChannel, Self::AddKey, Self::Publish, Self::RollBack];

    /// The name that the log stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateApp => "create_app",
            Self::CreateChannel => "create_channel",
            Self::AddKey => "add_key",
            Self::Publish => "publish",
            Self::RollBack => "roll_back",
        }
    }

    /// Reads the stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditLine {
    /// When.
    pub at: Millis,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: AuditAction,
    /// The ids and names that it was done to.
    pub detail: Value,
}

/// Reading the audit log. Writing it is part of every intent.
#[async_trait]
pub trait ReadAudit: Send + Sync {
    /// The app's newest lines, newest first, at most `limit`.
    async fn audit(&self, app: AppId, limit: u32) -> Result<Vec<AuditLine>, StoreError>;
}
