//! Apps.

use async_trait::async_trait;
use model::{AppId, AppSlug, BranchId, BranchName, ChannelId, ChannelName, Millis};

use crate::{Actor, NewKey, NewToken, StoreError};

/// A fresh server's first app with all that it needs, created together or not at all.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// The app's id.
    pub app: AppId,
    /// Its name in URLs.
    pub slug: AppSlug,
    /// Its first channel.
    pub channel: NewChannel,
    /// The branch that the channel points at.
    pub branch: NewBranch,
    /// Its first signing key.
    pub key: Option<NewKey>,
    /// The first operator's token.
    pub token: Option<NewToken>,
    /// Who does it.
    pub actor: Actor,
    /// Now.
    pub now: Millis,
}

/// A channel to create.
#[derive(Clone, Debug)]
pub struct NewChannel {
    /// Its id.
    pub id: ChannelId,
    /// Its name, which binaries send.
    pub name: ChannelName,
}

/// A branch to create.
#[derive(Clone, Debug)]
pub struct NewBranch {
    /// Its id.
    pub id: BranchId,
    /// Its display name.
    pub name: BranchName,
}

/// What [`Apps::bootstrap`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bootstrapped {
    /// Nothing; the app was created.
    Created(AppRecord),
    /// An app with this slug; nothing was changed, neither key nor token was stored.
    Existed(AppRecord),
}

/// An app, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRecord {
    /// Its id.
    pub id: AppId,
    /// Its name in URLs.
    pub slug: AppSlug,
    /// Raised by every operation on it.
    pub version: u64,
    /// When it was created.
    pub created_at: Millis,
}

/// Apps. What is in them is [`ReadControl`](crate::ReadControl)'s.
#[async_trait]
pub trait Apps: Send + Sync {
    /// Creates the app with its channel, branch, key and token at version 1, unless its slug is taken.
    async fn bootstrap(&self, bootstrap: Bootstrap) -> Result<Bootstrapped, StoreError>;

    /// The app with this slug.
    async fn app(&self, slug: &AppSlug) -> Result<Option<AppRecord>, StoreError>;

    /// All apps, by slug.
    async fn apps(&self) -> Result<Vec<AppRecord>, StoreError>;
}
