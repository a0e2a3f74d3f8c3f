//! From stored state to prepared answers: at the start, and after each change.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use model::AppId;
use store::StoreError;

use crate::prepared::{NotPreparable, PreparedApp};
use crate::{Apps, Delivery};

/// Why a snapshot could not be renewed. The one before stays in service.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The store did not give it.
    #[error("the app's state could not be loaded")]
    Store(#[from] StoreError),
    /// What it gave cannot be served.
    #[error("the app's state cannot be served")]
    NotPreparable(#[from] NotPreparable),
    /// Making it ready failed.
    #[error("making the app's state ready failed")]
    Panicked(#[source] tokio::task::JoinError),
}

impl Delivery {
    /// Loads every app whose stored version is not the one in service. Returns how many were renewed.
    pub async fn reload_all(&self) -> Result<usize, RefreshError> {
        let mut renewed = 0;
        for (app, version) in self.snapshots.versions().await? {
            if self.version(app).is_none_or(|serving| serving < version) {
                self.reload(app).await?;
                renewed += 1;
            }
        }
        Ok(renewed)
    }

    /// Renews one app. When it returns, every check that begins sees at least the state at the time of the call.
    pub async fn reload(&self, app: AppId) -> Result<(), RefreshError> {
        let _one_at_a_time = self.reloading.lock().await;
        let Some(state) = self.snapshots.load(app).await? else { return Ok(()) };
        let serving = self.version(app);
        if serving.is_some_and(|serving| serving >= state.snapshot.version) {
            return Ok(());
        }
        // First the assets, then the updates that name them: a device must never be sent to an address that is unknown.
        let assets = self.snapshots.assets(app, serving.unwrap_or(0)).await?;
        {
            let mut known = self.assets.write().unwrap_or_else(PoisonError::into_inner);
            for asset in assets {
                // The type never changes under a cached address: the first app's stays.
                known.entry(asset.hash).or_insert_with(|| Arc::new(asset));
            }
        }
        // Renders and hashes every reachable entry: not on the threads that answer checks.
        let prepared = tokio::task::spawn_blocking(move || PreparedApp::new(state)).await;
        let prepared = Arc::new(prepared.map_err(RefreshError::Panicked)??);
        let mut by_slug: HashMap<_, _> = self.apps.load().by_slug.clone();
        by_slug.insert(prepared.snapshot.slug.clone(), prepared);
        self.apps.store(Arc::new(Apps { by_slug }));
        Ok(())
    }
}
