//! An app as operations see it.

use async_trait::async_trait;
use model::control::Control;
use model::{AppId, KeyId, Millis, UpdateId};

use crate::StoreError;

/// What an operation is planned on.
#[derive(Clone, Debug, PartialEq)]
pub struct Controlled {
    /// The app, read in one instant.
    pub control: Control,
    /// Now, by the clock that instants of new entries come from: the database's where it has one of its own, else the
    /// caller's.
    pub now: Millis,
}

/// Reading for operations and listings.
#[async_trait]
pub trait ReadControl: Send + Sync {
    /// The app as it is now, read in one instant; none when there is no such app. `now` is the caller's clock.
    async fn control(&self, app: AppId, now: Millis) -> Result<Option<Controlled>, StoreError>;

    /// Which keys of the app have not signed which of these entries of the app, in the order of the entries, then by key
    /// id. Entries of other apps are left out.
    async fn missing_signatures(&self, app: AppId, entries: &[UpdateId]) -> Result<Vec<(UpdateId, KeyId)>, StoreError>;
}
