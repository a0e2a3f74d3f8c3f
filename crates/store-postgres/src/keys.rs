//! Signing keys.

use async_trait::async_trait;
use model::{AppId, KeyId, Millis, UpdateId};
use serde_json::json;
use sqlx::{PgConnection, query, query_scalar};
use store::{AddKey, AuditAction, KeyError, KeyRecord, Keys, NewKey, SealedKey, StoreError};
use uuid::Uuid;

use crate::columns::name;
use crate::fault::fault;
use crate::{PostgresStore, apps, audit, history};

const TABLE: &str = "signing_keys";

#[async_trait]
impl Keys for PostgresStore {
    async fn add_key(&self, intent: AddKey) -> Result<u64, KeyError> {
        let AddKey { app, key, signatures, at_version, actor, now } = intent;
        let mut tx = self.write().await?;
        let actual = apps::lock(&mut tx, app).await?.ok_or(KeyError::UnknownApp)?;
        if actual != at_version {
            return Err(KeyError::VersionMoved { expected: at_version, actual });
        }
        if all(&mut tx, app).await?.iter().any(|known| known.key_id == key.key_id) {
            return Err(KeyError::KeyIdTaken(key.key_id));
        }
        let now = self.now(&mut tx, now).await?;
        insert(&mut tx, app, &key, now).await?;
        let known = history::known(&mut tx, app, signatures.iter().map(|(update, _)| *update)).await?;
        if let Some((unknown, _)) = signatures.iter().find(|(update, _)| !known.contains(update)) {
            return Err(KeyError::UnknownUpdate(*unknown));
        }
        let rows = signatures.iter().map(|(update, signature)| (*update, &key.key_id, signature.as_slice()));
        insert_signatures(&mut tx, rows).await?;
        let version = apps::raise_version(&mut tx, app).await?;
        let detail = json!({ "key": key.key_id, "held_by_server": key.sealed.is_some(), "signed": signatures.len() });
        audit::write(&mut tx, app, &actor, AuditAction::AddKey, &detail, now).await?;
        tx.commit().await.map_err(fault)?;
        Ok(version)
    }

    async fn keys(&self, app: AppId) -> Result<Vec<KeyRecord>, StoreError> {
        let mut connection = self.pool().acquire().await.map_err(fault)?;
        all(&mut connection, app).await
    }

    async fn sealed_key(&self, app: AppId, key_id: &KeyId) -> Result<Option<SealedKey>, StoreError> {
        let sealed = query_scalar!(
            "SELECT sealed_private_key FROM signing_keys WHERE app_id = $1 AND key_id = $2",
            app.0,
            key_id.as_str()
        )
        .fetch_optional(self.pool())
        .await
        .map_err(fault)?;
        Ok(sealed.flatten().map(SealedKey))
    }
}

/// The app's keys, oldest first, then by key id.
pub(crate) async fn all(connection: &mut PgConnection, app: AppId) -> Result<Vec<KeyRecord>, StoreError> {
    let rows = query!(
        r#"SELECT key_id, certificate_pem, chain_pem, created_at, sealed_private_key IS NOT NULL AS "held_by_server!"
        FROM signing_keys WHERE app_id = $1 ORDER BY created_at, key_id"#,
        app.0
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
pub(crate) async fn insert(tx: &mut PgConnection, app: AppId, key: &NewKey, now: Millis) -> Result<(), StoreError> {
    query!(
        "INSERT INTO signing_keys (app_id, key_id, certificate_pem, chain_pem, sealed_private_key, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)",
        app.0,
        key.key_id.as_str(),
        key.certificate_pem,
        key.chain_pem.as_deref(),
        key.sealed.as_ref().map(|sealed| sealed.0.as_slice()),
        now.0
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

/// Stores signatures; one of the same key over the same entry that is there already stays.
pub(crate) async fn insert_signatures<'s>(
    tx: &mut PgConnection,
    signatures: impl Iterator<Item = (UpdateId, &'s KeyId, &'s [u8])>,
) -> Result<(), StoreError> {
    let (mut updates, mut keys, mut bytes): (Vec<Uuid>, Vec<&str>, Vec<&[u8]>) = Default::default();
    for (update, key_id, signature) in signatures {
        updates.push(update.0);
        keys.push(key_id.as_str());
        bytes.push(signature);
    }
    if updates.is_empty() {
        return Ok(());
    }
    query!(
        "INSERT INTO signatures (update_id, key_id, signature)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[]) ON CONFLICT DO NOTHING",
        &updates,
        &keys as _,
        &bytes as _
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}
