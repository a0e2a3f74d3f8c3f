//! Learning of changes that another process made.

use async_trait::async_trait;
use model::AppId;

use crate::StoreError;

/// A change that was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The app is at this version now, or at a later one.
    App {
        /// Which.
        app: AppId,
        /// Its version.
        version: u64,
    },
    /// Some changes may have been missed: ask for the versions of all apps.
    Missed,
}

/// Changes as they come.
#[async_trait]
pub trait Changes: Send {
    /// Waits for the next one. Changes of this process may be among them. After an error the stream is of no more use.
    async fn next(&mut self) -> Result<Change, StoreError>;
}

/// A store that tells what others change in it. Whoever asks polls the versions besides: a change may be told late or,
/// across a lost connection, not at all.
#[async_trait]
pub trait Watch: Send + Sync {
    /// Begins to listen: what is stored after this returns is told. A store of one process tells nothing.
    async fn changes(&self) -> Result<Box<dyn Changes>, StoreError>;
}
