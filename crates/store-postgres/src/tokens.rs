//! Tokens, by hash.

use async_trait::async_trait;
use model::Millis;
use sqlx::{PgConnection, query};
use store::{NewToken, StoreError, TokenHash, TokenId, TokenRecord, Tokens};

use crate::PostgresStore;
use crate::fault::fault;

#[async_trait]
impl Tokens for PostgresStore {
    async fn add_token(&self, token: NewToken, now: Millis) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let now = self.now(&mut tx, now).await?;
        insert(&mut tx, &token, now).await?;
        tx.commit().await.map_err(fault)
    }

    async fn token(&self, hash: TokenHash) -> Result<Option<TokenRecord>, StoreError> {
        let row = query!("SELECT id, name, created_at FROM api_tokens WHERE hash = $1", hash.0.as_slice())
            .fetch_optional(self.pool())
            .await
            .map_err(fault)?;
        Ok(row.map(|row| TokenRecord { id: TokenId(row.id), name: row.name, created_at: Millis(row.created_at) }))
    }
}

/// Adds a token as part of a larger intent.
pub(crate) async fn insert(tx: &mut PgConnection, token: &NewToken, now: Millis) -> Result<(), StoreError> {
    query!(
        "INSERT INTO api_tokens (id, hash, name, created_at) VALUES ($1, $2, $3, $4)",
        token.id.0,
        token.hash.0.as_slice(),
        token.name,
        now.0
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}
