//! Keeping the snapshot at the stored version, whoever changed it.

use std::sync::Arc;
use std::time::Duration;

use delivery::Delivery;
use store::{Change, Changes, StoreError, Watch};

/// How soon a change is seen that was stored and not told, such as by a process that was killed in between.
const POLL: Duration = Duration::from_secs(2);
/// Between two attempts to listen.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// Asks for the versions again and again.
pub async fn poll(delivery: Arc<Delivery>) {
    let mut ticks = tokio::time::interval(POLL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        renew(&delivery).await;
    }
}

/// Takes over what other servers change as soon as the store tells of it.
pub async fn listen(delivery: Arc<Delivery>, store: Arc<dyn Watch>) {
    loop {
        match store.changes().await {
            Ok(mut changes) => {
                // What was stored before this began is not told.
                renew(&delivery).await;
                let error = follow(&delivery, &mut *changes).await;
                tracing::warn!(error = &error as &dyn std::error::Error, "changes are no longer told; listening again");
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "changes of other servers are not told");
            }
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

async fn follow(delivery: &Arc<Delivery>, changes: &mut dyn Changes) -> StoreError {
    loop {
        match changes.next().await {
            Err(error) => return error,
            Ok(Change::Missed) => renew(delivery).await,
            Ok(Change::App { app, version }) => {
                if delivery.version(app).is_none_or(|serving| serving < version)
                    && let Err(error) = delivery.reload(app).await
                {
                    // The next poll tries again.
                    tracing::warn!(error = &error as &dyn std::error::Error, "the snapshot is not renewed");
                }
            }
        }
    }
}

async fn renew(delivery: &Arc<Delivery>) {
    let delivery = delivery.clone();
    // A failed round, whatever happened in it, is followed by the next.
    match tokio::spawn(async move { delivery.reload_all().await }).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(error = &error as &dyn std::error::Error, "the snapshot is not renewed"),
        Err(error) => tracing::error!(%error, "the snapshot is not renewed"),
    }
}
