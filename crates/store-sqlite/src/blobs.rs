//! The rows about blobs.

use std::collections::HashSet;

use async_trait::async_trait;
use model::{AppId, BlobHash, Millis};
use serde_json::{Value, json};
use sqlx::{SqliteConnection, query, query_scalar};
use store::{Blobs, ContentEncoding, EncodedBlob, Encodings, StoreError};

use crate::SqliteStore;
use crate::columns::{blob_hash, hex_list, name, signed, unsigned, word};
use crate::fault::{fault, one_row};

#[async_trait]
impl Blobs for SqliteStore {
    async fn missing_blobs(&self, app: AppId, blobs: &[(BlobHash, u64)]) -> Result<Vec<BlobHash>, StoreError> {
        let app = app.0.as_bytes().as_slice();
        let asked: Value = blobs.iter().map(|(hash, size)| json!([hash, size])).collect();
        let asked = asked.to_string();
        let missing = query_scalar!(
            r#"SELECT asked.value ->> 0 AS "hash!: String" FROM json_each(?1) AS asked
            WHERE NOT EXISTS (
                SELECT 1 FROM app_blobs JOIN blobs ON blobs.hash = app_blobs.hash
                WHERE app_blobs.app_id = ?2 AND app_blobs.hash = unhex(asked.value ->> 0)
                    AND blobs.size = asked.value ->> 1
            )
            ORDER BY asked.key"#,
            asked,
            app
        )
        .fetch_all(self.readers())
        .await
        .map_err(fault)?;
        let mut seen = HashSet::new();
        let mut hashes = Vec::new();
        for text in missing {
            let hash = name("blobs", &text, str::parse::<BlobHash>)?;
            if seen.insert(hash) {
                hashes.push(hash);
            }
        }
        Ok(hashes)
    }

    async fn record_blob(&self, app: AppId, hash: BlobHash, size: u64, now: Millis) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        insert_blob(&mut tx, hash, size, now).await?;
        let (app, hash) = (app.0.as_bytes().as_slice(), hash.0.as_slice());
        query!(
            "INSERT INTO app_blobs (app_id, hash, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            app,
            hash,
            now.0
        )
        .execute(&mut *tx)
        .await
        .map_err(fault)?;
        tx.commit().await.map_err(fault)
    }

    async fn encodings(&self, blobs: &[BlobHash]) -> Result<Encodings, StoreError> {
        let asked = hex_list(blobs.iter().map(|hash| hash.0.as_slice()));
        let rows = query!(
            r#"SELECT blobs.hash, variant.encoding AS "encoding?", variant.encoded_hash AS "encoded_hash?",
                encoded.size AS "size?"
            FROM blobs
            LEFT JOIN blob_encodings AS variant ON variant.hash = blobs.hash
            LEFT JOIN blobs AS encoded ON encoded.hash = variant.encoded_hash
            WHERE blobs.encoded_at IS NOT NULL AND blobs.hash IN (SELECT unhex(value) FROM json_each(?))
            ORDER BY blobs.hash, variant.encoding"#,
            asked
        )
        .fetch_all(self.readers())
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
        let noted = query!("UPDATE blobs SET encoded_at = ? WHERE hash = ?", now.0, hash)
            .execute(&mut *tx)
            .await
            .map_err(fault)?;
        one_row("record_encodings", noted.rows_affected())?;
        query!("DELETE FROM blob_encodings WHERE hash = ?", hash).execute(&mut *tx).await.map_err(fault)?;
        for variant in encodings {
            insert_blob(&mut tx, variant.hash, variant.size, now).await?;
            let (encoding, encoded) = (variant.encoding.as_str(), variant.hash.0.as_slice());
            query!(
                "INSERT INTO blob_encodings (hash, encoding, encoded_hash) VALUES (?, ?, ?)",
                hash,
                encoding,
                encoded
            )
            .execute(&mut *tx)
            .await
            .map_err(fault)?;
        }
        tx.commit().await.map_err(fault)
    }
}

/// The row of a blob, which may be there already: bytes are stored once for all apps.
async fn insert_blob(tx: &mut SqliteConnection, hash: BlobHash, size: u64, now: Millis) -> Result<(), StoreError> {
    let (address, bytes) = (hash.0.as_slice(), signed(size)?);
    query!("INSERT INTO blobs (hash, size, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", address, bytes, now.0)
        .execute(&mut *tx)
        .await
        .map_err(fault)?;
    let stored = query_scalar!("SELECT size FROM blobs WHERE hash = ?", address).fetch_one(tx).await.map_err(fault)?;
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
