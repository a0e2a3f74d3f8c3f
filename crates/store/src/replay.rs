//! Requests that may arrive twice: the second gets the first one's outcome (architecture.md §5 `Idempotency-Key`).

use async_trait::async_trait;
use model::Millis;
use serde_json::Value;

use crate::{StoreError, TokenId};

/// How long an outcome is kept for replays: 24 hours.
pub const IDEMPOTENCY_LIFETIME: Millis = Millis(24 * 60 * 60 * 1000);

/// One request under an `Idempotency-Key`. The first four fields are its scope, the hash tells a repetition from another
/// request that took the same key by mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// Whose request it is.
    pub token: TokenId,
    /// Its method, e.g. `POST`.
    pub method: String,
    /// Its path.
    pub path: String,
    /// The header's value.
    pub key: String,
    /// SHA-256 of its body.
    pub body_hash: [u8; 32],
}

/// Whether the intent took effect now or had done so before.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect<T> {
    /// Now.
    Fresh(T),
    /// Before; this is the outcome that was stored then. Nothing was changed.
    Replayed(Value),
}

/// The key was used before, within the same scope, with another body. Answered 422.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the idempotency key was used before with another body")]
pub struct IdempotencyConflict;

/// Why [`Replays::replay`] has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The key belongs to another request.
    #[error(transparent)]
    Conflict(#[from] IdempotencyConflict),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A look before the work: the intents look again inside their own transactions.
#[async_trait]
pub trait Replays: Send + Sync {
    /// The stored outcome of this request, if it took effect less than [`IDEMPOTENCY_LIFETIME`] before `now`.
    async fn replay(&self, request: &Idempotency, now: Millis) -> Result<Option<Value>, ReplayError>;
}
