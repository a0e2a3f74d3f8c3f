//! What the server remembers, as intents; errors by meaning; the contract every backend passes. Never knows SQL or HTTP.
//!
//! Rules of every method:
//!
//! 1. An intent is atomic inside the backend: all of it or nothing, also when the caller stops waiting half-way. No
//!    transaction crosses a trait.
//! 2. What an intent acknowledged survives a power cut.
//! 3. Time and new ids are arguments. A backend with a clock of its own, one for all servers, goes by that instead, in
//!    whatever takes a `now`: clocks of servers differ.
//! 4. "Not found" is an `Option` where the caller only looks, and a variant of the intent's own error where it acts.
//! 5. A refusal by a rule of the domain is a variant of the intent's own error; a fault of the store is a
//!    [`StoreError`] inside it.
//! 6. An intent that changes what an app is raises the app's version by one and writes one line to the audit log, in the
//!    same transaction. [`Apps::bootstrap`] makes version 1.
//!
//! To add an intent: a method on the trait that its caller holds, its contracts in the `contract` module (feature
//! `contract`), then every backend. A method without a contract does not exist.

mod apps;
mod audit;
mod blobs;
#[cfg(feature = "contract")]
pub mod contract;
mod control;
mod error;
mod history;
mod ids;
mod keys;
mod operate;
mod replay;
mod snapshots;
mod tokens;
mod watch;

pub use apps::{AppRecord, Apps, Bootstrap, Bootstrapped, NewBranch, NewChannel};
pub use audit::{AuditAction, AuditLine, ReadAudit};
pub use blobs::{Blobs, ContentEncoding, EncodedBlob, Encodings};
pub use control::{Controlled, ReadControl};
pub use error::{BoxError, StoreError};
pub use history::{GroupRecord, History, StoredUpdate, UpdateAsset};
pub use ids::{Actor, SessionId, TokenId};
pub use keys::{AddKey, KeyError, KeyRecord, Keys, NewKey, SealedKey};
pub use operate::{
    CommitError, Committed, EntrySignature, NewAsset, NewEntry, NewGroup, Operate, Operation, Place, SESSION_LIFETIME,
    SaveError, Seal,
};
pub use replay::{Effect, IDEMPOTENCY_LIFETIME, Idempotency, IdempotencyConflict, ReplayError, Replays};
pub use snapshots::{AppState, AssetRecord, PublicKey, ReadSnapshots, StoredEntry};
pub use tokens::{NewToken, TokenHash, TokenRecord, Tokens};
pub use watch::{Change, Changes, Watch};

/// Everything, for the room that wires a backend and for the contract. Other callers hold the one trait that they use;
/// an `Arc<dyn Store>` becomes an `Arc` of any of them by itself.
pub trait Store:
    Apps
    + Blobs
    + History
    + Keys
    + Operate
    + ReadAudit
    + ReadControl
    + ReadSnapshots
    + Replays
    + Tokens
    + Watch
    + std::fmt::Debug
{
}

impl<T> Store for T where
    T: Apps
        + Blobs
        + History
        + Keys
        + Operate
        + ReadAudit
        + ReadControl
        + ReadSnapshots
        + Replays
        + Tokens
        + Watch
        + std::fmt::Debug
{
}
