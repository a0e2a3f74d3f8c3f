//! Signing keys.

use std::collections::HashSet;

use async_trait::async_trait;
use model::{AppId, KeyId, Millis, UpdateId};
use serde_json::json;
use sqlx::{SqliteConnection, query, query_scalar};
use store::{AddKey, AuditAction, Effect, KeyError, KeyRecord, Keys, NewKey, Once, SealedKey, StoreError};

use crate::apps::raise_version;
use crate::columns::{name, unsigned};
use crate::fault::fault;
use crate::{SqliteStore, audit, replay};

const TABLE: &str = "signing_keys";

#[async_trait]
impl Keys for SqliteStore {
    async fn add_key(&self, intent: AddKey) -> Result<Effect<u64>, KeyError> {
        let AddKey { app, key, signatures, at_version, once, actor, now } = intent;
        let mut tx = self.write().await?;
        let (request, outcome) = once.map(|Once { request, outcome }| (request, outcome)).unzip();
        if let Some(before) = replay::find::<KeyError>(&mut tx, request.as_ref(), now).await? {
            return Ok(Effect::Replayed(before));
        }
        let actual = version(&mut tx, app).await?.ok_or(KeyError::UnknownApp)?;
        if actual != at_version {
            return Err(KeyError::VersionMoved { expected: at_version, actual });
        }
        if all(&mut tx, app).await?.iter().any(|known| known.key_id == key.key_id) {
            return Err(KeyError::KeyIdTaken(key.key_id));
        }
        insert(&mut tx, app, &key, now).await?;
        sign(&mut tx, app, &key.key_id, &signatures).await?;
        let version = raise_version(&mut tx, app).await?.ok_or(KeyError::UnknownApp)?;
        if let Some(outcome) = &outcome {
            replay::keep(&mut tx, request.as_ref(), outcome, now).await?;
        }
        let detail = json!({ "key": key.key_id, "held_by_server": key.sealed.is_some(), "signed": signatures.len() });
        audit::write(&mut tx, app, &actor, AuditAction::AddKey, &detail, now).await?;
        tx.commit().await.map_err(fault)?;
        Ok(Effect::Fresh(version))
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

/// Stores one signature.
pub(crate) async fn insert_signature(
    tx: &mut SqliteConnection,
    update: UpdateId,
    key_id: &KeyId,
    signature: &[u8],
) -> Result<(), StoreError> {
    let (update, key_id) = (update.0.as_bytes().as_slice(), key_id.as_str());
    query!("INSERT INTO signatures (update_id, key_id, signature) VALUES (?, ?, ?)", update, key_id, signature)
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
    let app = app.0.as_bytes().as_slice();
    let ids = query_scalar!("SELECT id FROM updates WHERE app_id = ?", app)
        .fetch_all(&mut *tx)
        .await
        .map_err(fault)?
        .into_iter()
        .collect::<HashSet<_>>();
    for (update, signature) in signatures {
        if !ids.contains(update.0.as_bytes().as_slice()) {
            return Err(KeyError::UnknownUpdate(*update));
        }
        insert_signature(tx, *update, key_id, signature).await?;
    }
    Ok(())
}

async fn version(tx: &mut SqliteConnection, app: AppId) -> Result<Option<u64>, StoreError> {
    let app = app.0.as_bytes().as_slice();
    let found = query_scalar!("SELECT version FROM apps WHERE id = ?", app).fetch_optional(tx).await.map_err(fault)?;
    found.map(|version| unsigned("apps", version)).transpose()
}
