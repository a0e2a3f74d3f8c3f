//! What delivery keeps in memory.

use std::collections::HashMap;

use async_trait::async_trait;
use bytes::Bytes;
use model::{AppId, AppSnapshot, BranchId, KeyId, LaneId, UpdateId};
use sqlx::{PgConnection, query};
use store::{AppState, AssetRecord, PublicKey, ReadSnapshots, StoreError, StoredEntry};
use uuid::Uuid;

use crate::blobs::variant;
use crate::columns::{blob_hash, kind, lane, name, signed, unsigned};
use crate::fault::fault;
use crate::{PostgresStore, control, keys};

#[async_trait]
impl ReadSnapshots for PostgresStore {
    async fn versions(&self) -> Result<Vec<(AppId, u64)>, StoreError> {
        let rows = query!("SELECT id, version FROM apps ORDER BY id").fetch_all(self.pool()).await.map_err(fault)?;
        rows.into_iter().map(|row| Ok((AppId(row.id), unsigned("apps", row.version)?))).collect()
    }

    async fn load(&self, app: AppId) -> Result<Option<AppState>, StoreError> {
        let mut tx = self.read().await?;
        let Some(control) = control::read(&mut tx, app).await? else { return Ok(None) };
        let snapshot = control
            .snapshot()
            .map_err(|error| StoreError::corrupt("updates", "a lane holds what no operation lets in", error))?;
        let entries = entries(&mut tx, &snapshot).await?;
        let keys = public_keys(&mut tx, app).await?;
        Ok(Some(AppState { snapshot, entries, keys }))
    }

    async fn assets(&self, app: AppId, after: u64) -> Result<Vec<AssetRecord>, StoreError> {
        let rows = query!(
            r#"SELECT used.hash, used.content_type AS "content_type!", blobs.size,
                variant.encoding AS "encoding?", variant.encoded_hash AS "encoded_hash?", encoded.size AS "encoded_size?"
            FROM app_blobs AS used
            JOIN blobs ON blobs.hash = used.hash
            LEFT JOIN blob_encodings AS variant ON variant.hash = used.hash
            LEFT JOIN blobs AS encoded ON encoded.hash = variant.encoded_hash
            WHERE used.app_id = $1 AND used.first_used_version > $2
            ORDER BY used.hash, variant.encoding"#,
            app.0,
            signed(after)?
        )
        .fetch_all(self.pool())
        .await
        .map_err(fault)?;
        let mut assets: Vec<AssetRecord> = Vec::new();
        for row in rows {
            let hash = blob_hash("app_blobs", &row.hash)?;
            let encoding = variant(row.encoding.as_deref(), row.encoded_hash.as_deref(), row.encoded_size)?;
            match assets.last_mut().filter(|last| last.hash == hash) {
                Some(last) => last.encodings.extend(encoding),
                None => assets.push(AssetRecord {
                    hash,
                    content_type: row.content_type,
                    size: unsigned("blobs", row.size)?,
                    encodings: encoding.into_iter().collect(),
                }),
            }
        }
        Ok(assets)
    }
}

/// The bytes of every entry in the snapshot's lanes.
async fn entries(connection: &mut PgConnection, snapshot: &AppSnapshot) -> Result<Vec<StoredEntry>, StoreError> {
    const TABLE: &str = "updates";
    let lanes = snapshot.branches.values().flat_map(|branch| branch.android.values().chain(branch.ios.values()));
    let ids: Vec<Uuid> = lanes.flat_map(|lane| &lane.entries).map(|entry| entry.id.0).collect();
    let rows = query!(
        "SELECT id, kind, platform, runtime_version, branch_id, body FROM updates WHERE id = ANY ($1::uuid[])",
        &ids
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(fault)?;
    let mut signatures = signatures(connection, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let id = UpdateId(row.id);
            let LaneId { platform, runtime_version } = lane(TABLE, &row.platform, &row.runtime_version)?;
            Ok(StoredEntry {
                id,
                kind: kind(TABLE, &row.kind)?,
                platform,
                runtime_version,
                branch: BranchId(row.branch_id),
                body: row.body.into(),
                signatures: signatures.remove(&id).unwrap_or_default(),
            })
        })
        .collect()
}

async fn signatures(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<UpdateId, Vec<(KeyId, Bytes)>>, StoreError> {
    let rows = query!(
        "SELECT update_id, key_id, signature FROM signatures
        WHERE update_id = ANY ($1::uuid[]) ORDER BY update_id, key_id",
        ids
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    let mut signatures: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let key_id = name("signatures", &row.key_id, KeyId::parse)?;
        signatures.entry(UpdateId(row.update_id)).or_default().push((key_id, row.signature.into()));
    }
    Ok(signatures)
}

async fn public_keys(connection: &mut PgConnection, app: AppId) -> Result<Vec<PublicKey>, StoreError> {
    let keys = keys::all(connection, app).await?;
    let public = |key: store::KeyRecord| PublicKey {
        key_id: key.key_id,
        certificate_pem: key.certificate_pem,
        chain_pem: key.chain_pem,
    };
    Ok(keys.into_iter().map(public).collect())
}
