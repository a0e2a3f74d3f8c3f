//! What the use cases ask of the outside: the time, randomness, that a change be seen, and what lies on other hosts.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use model::{AppId, BlobHash, Millis};
use uuid::{Builder, Uuid};

use crate::PublishError;
use crate::remote::AssetUrl;

/// All of it.
#[derive(Clone)]
pub struct Outside {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Changes seen.
    pub announce: Arc<dyn Announce>,
    /// Other hosts.
    pub fetch: Arc<dyn FetchAsset>,
}

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

/// Fetches files from other hosts, of which nobody knows whose they are.
#[async_trait]
pub trait FetchAsset: Send + Sync {
    /// The SHA-256 of the file as a phone gets it, its content coding taken off. The implementation bounds time and size,
    /// follows no redirect, and goes to no address that is not public unless the operator allowed it; it looks a name up
    /// once and connects to what it was told then.
    async fn sha256(&self, url: &AssetUrl) -> Result<BlobHash, FetchError>;
}

/// Why a file was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The host is in nobody's or somebody's own network.
    #[error("its host {host} is at no public address")]
    PrivateAddress {
        /// Which.
        host: String,
    },
    /// The file is elsewhere. A phone would go there, with all of its headers; the manifest should name that place.
    #[error("it answers {status} and leads to {to}")]
    Redirected {
        /// 300 to 399.
        status: u16,
        /// The `location`, or what there was in its place.
        to: String,
    },
    /// Any other answer but 200.
    #[error("it answers {0} and not 200")]
    Status(u16),
    /// More bytes than a file of an update may have, encoded or not.
    #[error("it has more than {limit} bytes")]
    TooLarge {
        /// How many it may have.
        limit: u64,
    },
    /// Not all of it came in time.
    #[error("it did not arrive within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// A content coding that not every phone takes.
    #[error("its content-encoding is {0:?}, which not every phone takes")]
    UnknownEncoding(String),
    /// The bytes are not in the content coding that they are sent as, or end early.
    #[error("its bytes are not what its content-encoding says")]
    Undecodable,
    /// No connection, or a broken one.
    #[error("it cannot be fetched: {0}")]
    Unreachable(String),
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
