//! The rows about blobs.

use std::collections::HashSet;

use async_trait::async_trait;
use model::{AppId, BlobHash, Millis};
use sqlx::{PgConnection, query, query_scalar};
use store::{Blobs, ContentEncoding, EncodedBlob, Encodings, StoreError};

use crate::PostgresStore;
use crate::columns::{blob_hash, signed, unsigned, word};
use crate::fault::{fault, one_row};

#[async_trait]
impl Blobs for PostgresStore {
    async fn missing_blobs(&self, app: AppId, blobs: &[(BlobHash, u64)]) -> Result<Vec<BlobHash>, StoreError> {
        // No blob has a negative size, so one that no column can hold is missing like any other wrong one.
        let sizes: Vec<i64> = blobs.iter().map(|(_, size)| i64::try_from(*size).unwrap_or(-1)).collect();
        let hashes: Vec<[u8; 32]> = blobs.iter().map(|(hash, _)| hash.0).collect();
        let missing = query_scalar!(
            r#"SELECT asked.hash AS "hash!" FROM unnest($1::bytea[], $2::bigint[]) WITH ORDINALITY AS asked (hash, size, position)
            WHERE NOT EXISTS (
                SELECT 1 FROM app_blobs JOIN blobs ON blobs.hash = app_blobs.hash
                WHERE app_blobs.app_id = $3 AND app_blobs.hash = asked.hash AND blobs.size = asked.size
            )
            ORDER BY asked.position"#,
            &hashes as _,
            &sizes,
            app.0
        )
        .fetch_all(self.pool())
        .await
        .map_err(fault)?;
        let mut seen = HashSet::new();
        let hashes = missing.iter().map(|hash| blob_hash("blobs", hash));
        hashes.filter(|hash| hash.as_ref().map_or(true, |hash| seen.insert(*hash))).collect()
    }

    async fn record_blob(&self, app: AppId, hash: BlobHash, size: u64, now: Millis) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let now = self.now(&mut tx, now).await?;
        insert_blob(&mut tx, hash, size, now).await?;
        query!(
            "INSERT INTO app_blobs (app_id, hash, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            app.0,
            hash.0.as_slice(),
            now.0
        )
        .execute(&mut *tx)
        .await
        .map_err(fault)?;
        tx.commit().await.map_err(fault)
    }

    async fn encodings(&self, blobs: &[BlobHash]) -> Result<Encodings, StoreError> {
        let asked: Vec<[u8; 32]> = blobs.iter().map(|hash| hash.0).collect();
        let rows = query!(
            r#"SELECT blobs.hash, variant.encoding AS "encoding?", variant.encoded_hash AS "encoded_hash?",
                encoded.size AS "size?"
            FROM blobs
            LEFT JOIN blob_encodings AS variant ON variant.hash = blobs.hash
            LEFT JOIN blobs AS encoded ON encoded.hash = variant.encoded_hash
            WHERE blobs.encoded_at IS NOT NULL AND blobs.hash = ANY ($1::bytea[])
            ORDER BY blobs.hash, variant.encoding"#,
            &asked as _
        )
        .fetch_all(self.pool())
        .await
        .map_err(fault)?;
        let mut encodings = Encodings::new();
        for row in rows {
            let variants = encodings.entry(blob_hash("blobs", &row.hash)?).or_default();
            variants.extend(variant(row.encoding.as_deref(), row.encoded_hash.as_deref(), row.size)?);
        }
        Ok(encodings)
    }

    async fn record_encodings(&self, blob: BlobHash, encodings: &[EncodedBlob], now: Millis) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let hash = blob.0.as_slice();
        let now = self.now(&mut tx, now).await?;
        let noted = query!("UPDATE blobs SET encoded_at = $1 WHERE hash = $2", now.0, hash)
            .execute(&mut *tx)
            .await
            .map_err(fault)?;
        one_row("record_encodings", noted.rows_affected())?;
        query!("DELETE FROM blob_encodings WHERE hash = $1", hash).execute(&mut *tx).await.map_err(fault)?;
        // In one order for all, so that two who bring the same variants do not wait for each other.
        let mut encodings = encodings.to_vec();
        encodings.sort_by_key(|variant| variant.hash.0);
        for variant in encodings {
            insert_blob(&mut tx, variant.hash, variant.size, now).await?;
            query!(
                "INSERT INTO blob_encodings (hash, encoding, encoded_hash) VALUES ($1, $2, $3)",
                hash,
                variant.encoding.as_str(),
                variant.hash.0.as_slice()
            )
            .execute(&mut *tx)
            .await
            .map_err(fault)?;
        }
        tx.commit().await.map_err(fault)
    }
}

/// The row of a blob, which may be there already: bytes are stored once for all apps.
async fn insert_blob(tx: &mut PgConnection, hash: BlobHash, size: u64, now: Millis) -> Result<(), StoreError> {
    let (address, bytes) = (hash.0.as_slice(), signed(size)?);
    query!(
        "INSERT INTO blobs (hash, size, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        address,
        bytes,
        now.0
    )
    .execute(&mut *tx)
    .await
    .map_err(fault)?;
    let stored = query_scalar!("SELECT size FROM blobs WHERE hash = $1", address).fetch_one(tx).await.map_err(fault)?;
    if stored == bytes {
        return Ok(());
    }
    let what = format!("the blob {hash} is recorded with {stored} bytes and now with {bytes}");
    Err(StoreError::Corrupt { table: "blobs", what, source: None })
}

/// A variant from the columns of an outer join; none when the join found none.
pub(crate) fn variant(
    encoding: Option<&str>,
    encoded_hash: Option<&[u8]>,
    size: Option<i64>,
) -> Result<Option<EncodedBlob>, StoreError> {
    const TABLE: &str = "blob_encodings";
    let (Some(encoding), Some(hash), Some(size)) = (encoding, encoded_hash, size) else { return Ok(None) };
    Ok(Some(EncodedBlob {
        encoding: word(TABLE, encoding, ContentEncoding::parse)?,
        hash: blob_hash(TABLE, hash)?,
        size: unsigned(TABLE, size)?,
    }))
}
