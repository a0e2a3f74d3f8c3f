//! Signing keys.

use async_trait::async_trait;
use model::{AppId, KeyId, Millis, UpdateId};
use serde_json::json;
use sqlx::{SqliteConnection, query, query_scalar};
use store::{AddKey, AuditAction, KeyError, KeyRecord, Keys, NewKey, SealedKey, StoreError};

use crate::columns::name;
use crate::fault::fault;
use crate::{SqliteStore, apps, audit, history};

const TABLE: &str = "signing_keys";

#[async_trait]
impl Keys for SqliteStore {
    async fn add_key(&self, intent: AddKey) -> Result<u64, KeyError> {
        let AddKey { app, key, signatures, at_version, actor, now } = intent;
        let mut tx = self.write().await?;
        let actual = apps::version(&mut tx, app).await?.ok_or(KeyError::UnknownApp)?;
        if actual != at_version {
            return Err(KeyError::VersionMoved { expected: at_version, actual });
        }
        if all(&mut tx, app).await?.iter().any(|known| known.key_id == key.key_id) {
            return Err(KeyError::KeyIdTaken(key.key_id));
        }
        insert(&mut tx, app, &key, now).await?;
        sign(&mut tx, app, &key.key_id, &signatures).await?;
        let version = apps::raise_version(&mut tx, app).await?.ok_or(KeyError::UnknownApp)?;
        let detail = json!({ "key": key.key_id, "held_by_server": key.sealed.is_some(), "signed": signatures.len() });
        audit::write(&mut tx, app, &actor, AuditAction::AddKey, &detail, now).await?;
        tx.commit().await.map_err(fault)?;
        Ok(version)
    }

    async fn keys(&self, app: AppId) -> Result<Vec<KeyRecord>, StoreError> {
        let mut connection = self.readers().acquire().await.map_err(fault)?;
        all(&mut connection, app).await
    }

    async fn sealed_key(&self, app: AppId, key_id: &KeyId) -> Result<Option<SealedKey>, StoreError> {
        let (app, key_id) = (app.0.as_bytes().as_slice(), key_id.as_str());
        let sealed =
            query_scalar!("SELECT sealed_private_key FROM signing_keys WHERE app_id = ? AND key_id = ?", app, key_id)
                .fetch_optional(self.readers())
                .await
                .map_err(fault)?;
        Ok(sealed.flatten().map(SealedKey))
    }
}

/// The app's keys, oldest first, then by key id.
pub(crate) async fn all(connection: &mut SqliteConnection, app: AppId) -> Result<Vec<KeyRecord>, StoreError> {
    let app = app.0.as_bytes().as_slice();
    let rows = query!(
        r#"SELECT key_id, certificate_pem, chain_pem, created_at,
            sealed_private_key IS NOT NULL AS "held_by_server!: bool"
        FROM signing_keys WHERE app_id = ? ORDER BY created_at, key_id"#,
        app
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            Ok(KeyRecord {
                key_id: name(TABLE, &row.key_id, KeyId::parse)?,
                certificate_pem: row.certificate_pem,
                chain_pem: row.chain_pem,
                held_by_server: row.held_by_server,
                created_at: Millis(row.created_at),
            })
        })
        .collect()
}

/// Adds a key as part of a larger intent.
pub(crate) async fn insert(tx: &mut SqliteConnection, app: AppId, key: &NewKey, now: Millis) -> Result<(), StoreError> {
    let (app, key_id) = (app.0.as_bytes().as_slice(), key.key_id.as_str());
    let sealed = key.sealed.as_ref().map(|sealed| sealed.0.as_slice());
    query!(
        "INSERT INTO signing_keys (app_id, key_id, certificate_pem, chain_pem, sealed_private_key, created_at)
        VALUES (?, ?, ?, ?, ?, ?)",
        app,
        key_id,
        key.certificate_pem,
        key.chain_pem,
        sealed,
        now.0
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

/// Stores one signature; one of the same key over the same entry that is there already stays.
pub(crate) async fn insert_signature(
    tx: &mut SqliteConnection,
    update: UpdateId,
    key_id: &KeyId,
    signature: &[u8],
) -> Result<(), StoreError> {
    let (update, key_id) = (update.0.as_bytes().as_slice(), key_id.as_str());
    query!(
        "INSERT INTO signatures (update_id, key_id, signature) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        update,
        key_id,
        signature
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

async fn sign(
    tx: &mut SqliteConnection,
    app: AppId,
    key_id: &KeyId,
    signatures: &[(UpdateId, Vec<u8>)],
) -> Result<(), KeyError> {
    for (update, signature) in signatures {
        if !history::has(tx, app, *update).await? {
            return Err(KeyError::UnknownUpdate(*update));
        }
        insert_signature(tx, *update, key_id, signature).await?;
    }
    Ok(())
}
