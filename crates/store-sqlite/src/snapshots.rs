//! What delivery keeps in memory.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use bytes::Bytes;
use model::{
    AppId, AppSlug, AppSnapshot, Branch, BranchId, BranchName, Channel, ChannelName, EmbeddedUpdate, Entry, EntryKind,
    KeyId, KnownUpdate, Lane, Millis, Target, UpdateId,
};
use sqlx::{SqliteConnection, query};
use store::{AppState, AssetRecord, LaneId, PublicKey, ReadSnapshots, StoreError, StoredEntry};

use crate::blobs::variant;
use crate::columns::{app_id, blob_hash, hex_list, kind, lane, name, signed, unsigned, uuid};
use crate::fault::fault;
use crate::issued::query_issued;
use crate::{SqliteStore, apps, keys};

#[async_trait]
impl ReadSnapshots for SqliteStore {
    async fn versions(&self) -> Result<Vec<(AppId, u64)>, StoreError> {
        let rows = query!("SELECT id, version FROM apps ORDER BY id").fetch_all(self.readers()).await.map_err(fault)?;
        rows.into_iter().map(|row| Ok((app_id(&row.id)?, unsigned("apps", row.version)?))).collect()
    }

    async fn load(&self, app: AppId) -> Result<Option<AppState>, StoreError> {
        let mut tx = self.read().await?;
        let id = app.0.as_bytes().as_slice();
        let row =
            query!("SELECT slug, version FROM apps WHERE id = ?", id).fetch_optional(&mut *tx).await.map_err(fault)?;
        let Some(row) = row else { return Ok(None) };
        let channels = channels(&mut tx, app).await?;
        let history = history(&mut tx, app).await?;
        let known = known(&history);
        let branches = branches(&mut tx, app, &channels, history).await?;
        let snapshot = AppSnapshot {
            app,
            slug: name("apps", &row.slug, AppSlug::parse)?,
            version: unsigned("apps", row.version)?,
            channels,
            branches,
            known,
            embedded: embedded(&mut tx, app).await?,
        };
        let entries = entries(&mut tx, &snapshot).await?;
        let keys = public_keys(&mut tx, app).await?;
        Ok(Some(AppState { snapshot, entries, keys }))
    }

    async fn assets(&self, app: AppId, after: u64) -> Result<Vec<AssetRecord>, StoreError> {
        let (app, after) = (app.0.as_bytes().as_slice(), signed(after)?);
        let rows = query!(
            r#"SELECT used.hash, used.content_type AS "content_type!", blobs.size,
                variant.encoding AS "encoding?", variant.encoded_hash AS "encoded_hash?", encoded.size AS "encoded_size?"
            FROM app_blobs AS used
            JOIN blobs ON blobs.hash = used.hash
            LEFT JOIN blob_encodings AS variant ON variant.hash = used.hash
            LEFT JOIN blobs AS encoded ON encoded.hash = variant.encoded_hash
            WHERE used.app_id = ? AND used.first_used_version > ?
            ORDER BY used.hash, variant.encoding"#,
            app,
            after
        )
        .fetch_all(self.readers())
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

async fn channels(connection: &mut SqliteConnection, app: AppId) -> Result<HashMap<ChannelName, Channel>, StoreError> {
    let records = apps::channels(connection, app).await?;
    let channel = |record: store::ChannelRecord| {
        (record.name, Channel { id: record.id, target: record.target, paused: record.paused })
    };
    Ok(records.into_iter().map(channel).collect())
}

/// Every entry of the app, newest first.
async fn history(connection: &mut SqliteConnection, app: AppId) -> Result<Vec<(BranchId, LaneId, Entry)>, StoreError> {
    let app = app.0.as_bytes().as_slice();
    let rows =
        query_issued!("WHERE app_id = ? ORDER BY created_at DESC", app).fetch_all(connection).await.map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            let (branch, lane) = row.place()?;
            Ok((branch, lane, row.issued()?.entry))
        })
        .collect()
}

fn known(history: &[(BranchId, LaneId, Entry)]) -> HashMap<UpdateId, KnownUpdate> {
    let updates = history.iter().filter(|(_, _, entry)| entry.kind == EntryKind::Update);
    updates
        .map(|(branch, _, entry)| (entry.id, KnownUpdate { created_at: entry.created_at, branch: *branch }))
        .collect()
}

/// The branches that channels point at, with what a walk can reach in them.
async fn branches(
    connection: &mut SqliteConnection,
    app: AppId,
    channels: &HashMap<ChannelName, Channel>,
    history: Vec<(BranchId, LaneId, Entry)>,
) -> Result<HashMap<BranchId, Branch>, StoreError> {
    let targets: HashSet<BranchId> = channels
        .values()
        .flat_map(|channel| match channel.target {
            Target::Branch(branch) => [branch, branch],
            Target::Split { old, new, .. } => [old, new],
        })
        .collect();
    let app = app.0.as_bytes().as_slice();
    let rows =
        query!("SELECT id, name FROM branches WHERE app_id = ?", app).fetch_all(connection).await.map_err(fault)?;
    let mut branches = HashMap::new();
    for row in rows {
        let id = BranchId(uuid("branches", &row.id)?);
        if targets.contains(&id) {
            let name = name("branches", &row.name, BranchName::parse)?;
            branches.insert(id, Branch { id, name, android: HashMap::new(), ios: HashMap::new() });
        }
    }
    let mut full: HashMap<(BranchId, LaneId), Vec<Entry>> = HashMap::new();
    for (branch, lane, entry) in history {
        full.entry((branch, lane)).or_default().push(entry);
    }
    for ((id, lane), entries) in full {
        if let Some(branch) = branches.get_mut(&id) {
            let reachable = Lane::reachable(entries)
                .map_err(|error| StoreError::corrupt("updates", "a lane holds what no commit lets in", error))?;
            branch.lanes_mut(lane.platform).insert(lane.runtime_version, reachable);
        }
    }
    Ok(branches)
}

async fn embedded(
    connection: &mut SqliteConnection,
    app: AppId,
) -> Result<HashMap<UpdateId, EmbeddedUpdate>, StoreError> {
    let app = app.0.as_bytes().as_slice();
    let rows = query!("SELECT id, created_at FROM embedded_updates WHERE app_id = ?", app)
        .fetch_all(connection)
        .await
        .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            let id = UpdateId(uuid("embedded_updates", &row.id)?);
            Ok((id, EmbeddedUpdate { created_at: Millis(row.created_at) }))
        })
        .collect()
}

/// The bytes of every entry in the snapshot's lanes.
async fn entries(connection: &mut SqliteConnection, snapshot: &AppSnapshot) -> Result<Vec<StoredEntry>, StoreError> {
    const TABLE: &str = "updates";
    let lanes = snapshot.branches.values().flat_map(|branch| branch.android.values().chain(branch.ios.values()));
    let ids = hex_list(lanes.flat_map(|lane| &lane.entries).map(|entry| entry.id.0.as_bytes().as_slice()));
    let rows = query!(
        "SELECT id, kind, platform, runtime_version, branch_id, body FROM updates
        WHERE id IN (SELECT unhex(value) FROM json_each(?))",
        ids
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(fault)?;
    let mut signatures = signatures(connection, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let id = UpdateId(uuid(TABLE, &row.id)?);
            let LaneId { platform, runtime_version } = lane(TABLE, &row.platform, &row.runtime_version)?;
            Ok(StoredEntry {
                id,
                kind: kind(TABLE, &row.kind)?,
                platform,
                runtime_version,
                branch: BranchId(uuid(TABLE, &row.branch_id)?),
                body: row.body.into(),
                signatures: signatures.remove(&id).unwrap_or_default(),
            })
        })
        .collect()
}

async fn signatures(
    connection: &mut SqliteConnection,
    ids: &str,
) -> Result<HashMap<UpdateId, Vec<(KeyId, Bytes)>>, StoreError> {
    const TABLE: &str = "signatures";
    let rows = query!(
        "SELECT update_id, key_id, signature FROM signatures
        WHERE update_id IN (SELECT unhex(value) FROM json_each(?)) ORDER BY update_id, key_id",
        ids
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    let mut signatures: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let key_id = name(TABLE, &row.key_id, KeyId::parse)?;
        signatures.entry(UpdateId(uuid(TABLE, &row.update_id)?)).or_default().push((key_id, row.signature.into()));
    }
    Ok(signatures)
}

async fn public_keys(connection: &mut SqliteConnection, app: AppId) -> Result<Vec<PublicKey>, StoreError> {
    let keys = keys::all(connection, app).await?;
    let public = |key: store::KeyRecord| PublicKey {
        key_id: key.key_id,
        certificate_pem: key.certificate_pem,
        chain_pem: key.chain_pem,
    };
    Ok(keys.into_iter().map(public).collect())
}
