//! Operators' tokens. Only their hashes are known here.

use std::fmt;

use async_trait::async_trait;
use model::Millis;

use crate::{StoreError, TokenId};

/// SHA-256 of a token. A token has enough randomness of its own, so no salt and no slow hash is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash(pub [u8; 32]);

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// A token to add.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Its id.
    pub id: TokenId,
    /// Its hash.
    pub hash: TokenHash,
    /// What people call it.
    pub name: String,
}

/// A token, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// Its id.
    pub id: TokenId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Millis,
}

/// Tokens, by hash.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// Adds a token. A hash that is there already is a [`StoreError::Constraint`].
    async fn add_token(&self, token: NewToken, now: Millis) -> Result<(), StoreError>;

    /// The token with this hash.
    async fn token(&self, hash: TokenHash) -> Result<Option<TokenRecord>, StoreError>;
}
