//! What the use cases ask of the outside: the time, randomness, and that a change be seen.

use async_trait::async_trait;
use model::{AppId, Millis};
use uuid::{Builder, Uuid};

use crate::PublishError;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Millis;
}

/// Gives randomness fit for secrets.
pub trait Entropy: Send + Sync {
    /// Sixteen random bytes.
    fn bytes(&self) -> [u8; 16];
}

/// Makes a change visible to devices.
#[async_trait]
pub trait Announce: Send + Sync {
    /// Returns when every check that begins from now on sees the app's stored state. An error is no failure of the
    /// change, which is stored.
    async fn changed(&self, app: AppId) -> Result<(), PublishError>;
}

/// A UUID v7 of that instant: ordered by time, for rows.
pub fn ordered_id(now: Millis, random: [u8; 16]) -> Uuid {
    let mut tail = [0; 10];
    tail.copy_from_slice(&random[..10]);
    let millis = u64::try_from(now.0).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
}

/// A UUID v4: what the client's own tools give to updates.
pub(crate) fn random_id(random: [u8; 16]) -> Uuid {
    Builder::from_random_bytes(random).into_uuid()
}
