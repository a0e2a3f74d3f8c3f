//! Tokens, by hash.

use async_trait::async_trait;
use model::Millis;
use sqlx::{SqliteConnection, query};
use store::{NewToken, StoreError, TokenHash, TokenId, TokenRecord, Tokens};

use crate::SqliteStore;
use crate::columns::uuid;
use crate::fault::fault;

#[async_trait]
impl Tokens for SqliteStore {
    async fn add_token(&self, token: NewToken, now: Millis) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        insert(&mut tx, &token, now).await?;
        tx.commit().await.map_err(fault)
    }

    async fn token(&self, hash: TokenHash) -> Result<Option<TokenRecord>, StoreError> {
        let hash = hash.0.as_slice();
        let row = query!("SELECT id, name, created_at FROM api_tokens WHERE hash = ?", hash)
            .fetch_optional(self.readers())
            .await
            .map_err(fault)?;
        row.map(|row| {
            let id = TokenId(uuid("api_tokens", &row.id)?);
            Ok(TokenRecord { id, name: row.name, created_at: Millis(row.created_at) })
        })
        .transpose()
    }
}

/// Adds a token as part of a larger intent.
pub(crate) async fn insert(tx: &mut SqliteConnection, token: &NewToken, now: Millis) -> Result<(), StoreError> {
    let (id, hash) = (token.id.0.as_bytes().as_slice(), token.hash.0.as_slice());
    query!("INSERT INTO api_tokens (id, hash, name, created_at) VALUES (?, ?, ?, ?)", id, hash, token.name, now.0)
        .execute(tx)
        .await
        .map_err(fault)?;
    Ok(())
}
